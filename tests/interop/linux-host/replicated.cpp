// Starts a storage system of processes (one pf-mdm, three pf-sds, one pf-sdt), maps a volume to a
// host, runs a command with the place of the target in its environment, and ends with the command's
// result. usage: interop-replicated HOST-NQN SECONDS COMMAND [ARGUMENT...] The command gets
// IO_PORT, DISCOVERY_PORT (on 127.0.0.1) and NQN.
#include "backend/rt/reactor.hpp"
#include "base/options.hpp"
#include "base/process.hpp"
#include "tests/component/storage/cluster.hpp"

#include <cstdio>
#include <exception>
#include <thread>

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
    return std::move(*result);
}

Result<int> run(const std::vector<std::string>& args) {
    PF_TRY(const uint16_t nvme_port, free_port());
    PF_TRY(const uint16_t discovery_port, free_port());
    test::StorageCluster cluster(3);
    mdm::Client& management = cluster.management();
    PF_TRY(const auto system, plain(management.query()));
    mdm::AddSdt sdt;
    sdt.name = "sdt-1";
    sdt.protection_domain = system->protection_domains.at(0).id;
    sdt.ips = {{"127.0.0.1", mdm::SdtIpRole::StorageAndHost}};
    sdt.nvme_port = nvme_port;
    sdt.discovery_port = discovery_port;
    PF_CHECK(plain(management.add_sdt(sdt)));
    PF_TRY(const auto host, plain(management.add_host({.nqn = args[0], .name = "linux"})));
    PF_TRY(const auto volume,
           plain(management.create_volume({.storage_pool = system->storage_pools.at(0).id,
                                           .name = "linux",
                                           .size_kb = 8u << 20})));
    mdm::MapOptions options;
    options.verb = mdm::MapVerb::Host;
    if (const auto mapped = management.map(volume, host.value, options); !mapped)
        return fail(mapped.error().code, "{}", mapped.error().what);

    // The second name under which the guest's kernel connects (guest/initiator).
    PF_TRY(const auto other, plain(management.add_host({.nqn = kOtherHost, .name = "linux-2"})));
    options.allow_multiple = true;
    if (const auto mapped = management.map(volume, other.value, options); !mapped)
        return fail(mapped.error().code, "{}", mapped.error().what);

    const TempDir dir("pf-interop");
    SpawnOptions spawn_options;
    spawn_options.die_with_parent = true;
    PF_TRY(auto target,
           ChildProcess::spawn({executable_dir() + "/pf-sdt", "--name", "sdt-1", "--mdm",
                                cluster.mdm_address(), "--nvme-port", std::to_string(nvme_port),
                                "--discovery-port", std::to_string(discovery_port), "--ready-file",
                                dir / "ready", "--log-level", "warn"},
                               spawn_options));
    for (const MonoTime end = mono_now() + 30s; !file_exists(dir / "ready");) {
        if (!target.running() || mono_now() > end)
            return fail(Errc::Failed, "pf-sdt does not start");
        std::this_thread::sleep_for(20ms); // a poll with a deadline
    }
    spawn_options.extra_env = {{"IO_PORT", std::to_string(nvme_port)},
                               {"DISCOVERY_PORT", std::to_string(discovery_port)},
                               {"NQN", system->system.nqn}};
    PF_TRY(auto command, ChildProcess::spawn({args.begin() + 2, args.end()}, spawn_options));
    const auto result = command.wait(std::chrono::seconds(std::stoi(args[1])));
    if (!result)
        return fail(Errc::Timeout, "{} takes too long", args[2]);
    if (target.stop() != 0)
        return fail(Errc::Failed, "pf-sdt did not survive");
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
