// Starts a storage system of processes (one pf-mdm, three pf-sds, two pf-sdt), maps a volume to a
// host, runs a command with the place of the target in its environment, and ends with the command's
// result. usage: interop-replicated HOST-NQN SECONDS COMMAND [ARGUMENT...] The command gets
// IO_PORT, DISCOVERY_PORT, SECOND_PORT (I/O at the second SDT), all on 127.0.0.1, and NQN.
//
// Whatever the command connects to CONTROL_PORT may ask for changes, one line a connection: "kill",
// "start", "maintain" and "serve" (the first SDT), "add" and "remove" (a second volume), "grow"
// (the first one). The answer is "ok", or what went wrong.
#include "backend/rt/reactor.hpp"
#include "base/options.hpp"
#include "base/process.hpp"
#include "tests/component/storage/cluster.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <thread>
#include <type_traits>

namespace {

using namespace pf;

constexpr const char* kOtherHost =
    "nqn.2014-08.org.nvmexpress:uuid:6b1d2f3e-4c5a-4b6c-8d7e-9fa0b1c2d3e4";

Result<uint16_t> free_port() {
    PF_TRY(const auto reactor, rt::Reactor::create());
    PF_TRY(const auto listener, reactor->network().listen(rt::Endpoint{"127.0.0.1", 0}));
    const uint16_t port = listener->local().port;
    listener->close();
    return port;
}

template<class T>
Result<T> plain(mdm::MgmtResult<T> result) {
    if (!result)
        return fail(result.error().code, "{}", result.error().what);
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return std::move(*result);
}

struct Target {
    std::string name;
    uint16_t nvme_port = 0;
    uint16_t discovery_port = 0;
    mdm::SdtId id;
    std::optional<ChildProcess> process;
};

class System {
  public:
    Result<void> start(const std::string& host_nqn) {
        mdm::Client& management = cluster_.management();
        PF_TRY(const auto system, plain(management.query()));
        nqn_ = system->system.nqn;
        pool_ = system->storage_pools.at(0).id;
        for (int i = 0; i < 2; ++i) {
            Target& target = targets_[i];
            target.name = "sdt-" + std::to_string(i + 1);
            PF_TRY(target.nvme_port, free_port());
            PF_TRY(target.discovery_port, free_port());
            mdm::AddSdt sdt;
            sdt.name = target.name;
            sdt.protection_domain = system->protection_domains.at(0).id;
            sdt.ips = {{"127.0.0.1", mdm::SdtIpRole::StorageAndHost}};
            sdt.nvme_port = target.nvme_port;
            sdt.discovery_port = target.discovery_port;
            PF_TRY(target.id, plain(management.add_sdt(sdt)));
        }
        PF_TRY(host_, plain(management.add_host({.nqn = host_nqn, .name = "linux"})));
        PF_TRY(volume_, plain(management.create_volume(
                            {.storage_pool = pool_, .name = "linux", .size_kb = kSizeKb})));
        PF_CHECK(map(volume_, host_));
        // The second name under which the guest's kernel connects (guest/initiator).
        PF_TRY(const auto other, plain(management.add_host({.nqn = kOtherHost, .name = "other"})));
        PF_CHECK(map(volume_, other));
        for (Target& target : targets_)
            PF_CHECK(start_target(target));
        return {};
    }
    Result<void> stop() {
        for (Target& target : targets_)
            if (target.process && target.process->stop() != 0)
                return fail(Errc::Failed, "{} did not survive", target.name);
        return {};
    }
    Result<void> carry_out(const std::string& wish) {
        mdm::Client& management = cluster_.management();
        Target& first = targets_[0];
        if (wish == "kill") {
            first.process->signal(SIGKILL);
            first.process.reset();
            return {};
        }
        if (wish == "start")
            return start_target(first);
        if (wish == "maintain" || wish == "serve")
            return plain(management.set_sdt_maintenance(first.id, wish == "maintain"));
        if (wish == "add") {
            PF_TRY(second_, plain(management.create_volume(
                                {.storage_pool = pool_, .name = "second", .size_kb = kSizeKb})));
            return map(second_, host_);
        }
        if (wish == "remove") {
            PF_CHECK(plain(management.unmap(second_, host_.value, mdm::MapVerb::Host)));
            return plain(management.remove_volume(second_, mdm::RemoveMode::OnlyMe));
        }
        if (wish == "grow")
            return plain(management.resize_volume(volume_, 2 * kSizeKb));
        return fail(Errc::InvalidArgument, "unknown wish '{}'", wish);
    }
    const Target& target(size_t index) const { return targets_[index]; }
    const std::string& nqn() const { return nqn_; }

  private:
    static constexpr uint64_t kSizeKb = 8u << 20;

    Result<void> map(mdm::VolumeId volume, mdm::HostId host) {
        mdm::MapOptions options;
        options.verb = mdm::MapVerb::Host;
        options.allow_multiple = true;
        if (const auto mapped = cluster_.management().map(volume, host.value, options); !mapped)
            return fail(mapped.error().code, "{}", mapped.error().what);
        return {};
    }
    Result<void> start_target(Target& target) {
        const std::string ready = dir_ / (target.name + ".ready");
        PF_CHECK(remove_tree(ready));
        SpawnOptions options;
        options.die_with_parent = true;
        PF_TRY(auto child,
               ChildProcess::spawn({executable_dir() + "/pf-sdt", "--name", target.name, "--mdm",
                                    cluster_.mdm_address(), "--nvme-port",
                                    std::to_string(target.nvme_port), "--discovery-port",
                                    std::to_string(target.discovery_port), "--ready-file", ready,
                                    "--log-level", "warn"},
                                   options));
        target.process.emplace(std::move(child));
        for (const MonoTime end = mono_now() + 30s; !file_exists(ready);) {
            if (!target.process->running() || mono_now() > end)
                return fail(Errc::Failed, "{} does not start", target.name);
            std::this_thread::sleep_for(20ms); // a poll with a deadline
        }
        return {};
    }

    test::StorageCluster cluster_{3};
    TempDir dir_{"pf-interop"};
    Target targets_[2];
    std::string nqn_;
    mdm::StoragePoolId pool_;
    mdm::HostId host_;
    mdm::VolumeId volume_;
    mdm::VolumeId second_;
};

// One wish a connection, until `over`.
rt::Task<void> serve_wishes(rt::Reactor& reactor, rt::Listener& listener, System& system,
                            const std::atomic<bool>& over) {
    while (!over) {
        auto accepting = listener.accept(reactor.now() + 200ms);
        auto stream = co_await std::move(accepting);
        if (!stream)
            continue;
        Bytes line(64);
        auto got = co_await (*stream)->read_some(line, reactor.now() + 5s);
        if (!got)
            continue;
        std::string wish(reinterpret_cast<const char*>(line.data()), *got);
        wish.resize(std::min(wish.find('\n'), wish.size()));
        const Result<void> done = system.carry_out(wish);
        const Bytes answer = to_bytes((done ? "ok" : done.error().what) + "\n");
        (void)co_await (*stream)->write_all(ByteSpan(answer), reactor.now() + 5s);
        (*stream)->close();
    }
}

Result<int> run(const std::vector<std::string>& args) {
    System system;
    PF_CHECK(system.start(args[0]));
    PF_TRY(const auto reactor, rt::Reactor::create());
    PF_TRY(const auto listener, reactor->network().listen(rt::Endpoint{"127.0.0.1", 0}));
    std::atomic<bool> over = false;
    Result<void> stopped;
    // The targets that are started by a wish die with this thread: it ends them properly before.
    std::jthread wishes([&] {
        reactor->block_on(serve_wishes(*reactor, *listener, system, over));
        stopped = system.stop();
    });
    SpawnOptions options;
    options.die_with_parent = true;
    options.extra_env = {{"IO_PORT", std::to_string(system.target(0).nvme_port)},
                         {"SECOND_PORT", std::to_string(system.target(1).nvme_port)},
                         {"DISCOVERY_PORT", std::to_string(system.target(0).discovery_port)},
                         {"CONTROL_PORT", std::to_string(listener->local().port)},
                         {"NQN", system.nqn()}};
    auto command = ChildProcess::spawn({args.begin() + 2, args.end()}, options);
    std::optional<int> result;
    if (command)
        if (const auto ended = command->wait(std::chrono::seconds(std::stoi(args[1]))))
            result = *ended;
    over = true;
    wishes.join();
    if (!command)
        return fail(std::move(command).error());
    if (!result)
        return fail(Errc::Timeout, "{} takes too long", args[2]);
    PF_CHECK(stopped);
    return *result;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() < 3) {
        std::fprintf(stderr, "usage: interop-replicated HOST-NQN SECONDS COMMAND [ARGUMENT...]\n");
        return 2;
    }
    try {
        const auto result = run(args);
        if (result)
            return *result;
        std::fprintf(stderr, "interop-replicated: %s\n", result.error().what.c_str());
    } catch (const std::exception& e) { // the fixture's way to say that something did not start
        std::fprintf(stderr, "interop-replicated: %s\n", e.what());
    }
    return 1;
}
