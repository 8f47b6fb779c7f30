#include "tests/component/storage/cluster.hpp"

#include "base/log.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace pf::test {

using namespace std::chrono_literals;

namespace {

template<class T>
auto must(T result, const char* what) {
    if (!result) {
        throw std::runtime_error(fmt::format("{}: {}", what, result.error().what));
    }
    if constexpr (!std::is_void_v<typename T::value_type>) {
        return std::move(*result);
    }
}

constexpr std::uint64_t kDeviceKb = 512 * 1024;

} // namespace

StorageCluster::StorageCluster(std::size_t servers) {
    servers_.resize(servers);
    start_mdm();
    mdm::ClientOptions options;
    options.addresses = {mdm_address_};
    options.timeout = 30s;
    management_ = std::make_unique<mdm::Client>(options);
    for (std::size_t i = 0; i < servers; ++i) {
        start_process(i, "127.0.0.1:0");
    }
    add_topology();
    connect_client();
}

StorageCluster::~StorageCluster() {
    if (client_) {
        loop_->run_sync(client_->stop());
        client_.reset();
    }
    for (Server& server : servers_) {
        server.process.reset();
    }
    mdm_.reset();
    if (std::getenv("PF_KEEP_LOGS") != nullptr) {
        const std::string name = dir_.path().substr(dir_.path().rfind('/'));
        (void)make_dirs(std::getenv("PF_KEEP_LOGS") + name);
        (void)run_command({"find", dir_.path(), "-maxdepth", "1", "-name", "*.log", "-exec", "cp",
                           "{}", std::getenv("PF_KEEP_LOGS") + name, ";"},
                          10s);
    }
}

void StorageCluster::give_up(const std::string& what) const {
    std::string logs;
    if (auto text = read_file(dir_ / "mdm.log")) {
        logs += *text;
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        if (auto text = read_file(dir_ / fmt::format("sds{}.log", i))) {
            logs += *text;
        }
    }
    throw std::runtime_error(what + "\n" + logs);
}

std::string StorageCluster::wait_for_file(const std::string& path) const {
    for (const MonoTime end = mono_now() + 20s; mono_now() < end;) {
        if (auto text = read_file(path); text && !text->empty()) {
            return text->substr(0, text->find('\n'));
        }
        std::this_thread::sleep_for(10ms); // a poll with a deadline
    }
    give_up(path + " does not appear");
}

void StorageCluster::start_mdm() {
    const std::string port_file = dir_ / "mdm.port";
    (void)remove_tree(port_file);
    SpawnOptions options;
    options.stderr_file = dir_ / "mdm.log";
    options.die_with_parent = true;
    mdm_ = must(
        ChildProcess::spawn({executable_dir() + "/pf-mdm", "--listen", mdm_address_, "--data-dir",
                             dir_ / "mdm", "--port-file", port_file, "--lease", "1500ms",
                             "--lease-margin", "200ms", "--heartbeat", "200ms", "--startup-grace",
                             "1700ms", "--rebuild-retry", "300ms", "--combs-per-pool", "64"},
                            options),
        "pf-mdm");
    mdm_address_ = wait_for_file(port_file);
}

void StorageCluster::start_process(std::size_t index, const std::string& listen) {
    const std::string port_file = dir_ / fmt::format("sds{}.port", index);
    (void)remove_tree(port_file);
    SpawnOptions options;
    options.stderr_file = dir_ / fmt::format("sds{}.log", index);
    options.die_with_parent = true;
    servers_[index].process = must(
        ChildProcess::spawn({executable_dir() + "/pf-sds", "--name", fmt::format("sds-{}", index),
                             "--listen", listen, "--mdm", mdm_address_, "--state-dir",
                             dir_ / fmt::format("sds{}", index), "--port-file", port_file},
                            options),
        "pf-sds");
    servers_[index].address = wait_for_file(port_file);
}

void StorageCluster::add_topology() {
    const auto domain = must(management_->add_protection_domain("pd1"), "protection domain");
    mdm::AddStoragePool pool;
    pool.name = "pool1";
    pool.protection_domain = domain;
    pool_ = must(management_->add_storage_pool(pool), "pool");
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        const rt::Endpoint at = must(rt::parse_endpoint(servers_[i].address), "endpoint");
        mdm::AddSds sds;
        sds.name = fmt::format("sds-{}", i);
        sds.protection_domain = domain;
        sds.ips.push_back(mdm::SdsIp{at.host});
        sds.port = at.port;
        servers_[i].id = must(management_->add_sds(sds), "SDS");
    }
    const MonoTime end = mono_now() + 20s;
    for (bool all = false; !all;) {
        all = true;
        for (const auto& sds : must(management_->query(), "query")->sds) {
            all = all && sds.joined;
        }
        if (!all && mono_now() > end) {
            give_up("the SDSs do not join");
        }
        std::this_thread::sleep_for(20ms);
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        mdm::AddDevice device;
        device.sds = servers_[i].id;
        device.storage_pool = pool_;
        device.path = device_path(i);
        device.capacity_limit_kb = kDeviceKb;
        if (auto added = management_->add_device(device); !added) {
            give_up("device: " + added.error().what);
        }
    }
}

void StorageCluster::connect_client() {
    loop_ = must(rt::ReactorThread::create(), "reactor");
    sdc::ClientOptions options;
    options.mdms = {must(rt::parse_endpoint(mdm_address_), "endpoint")};
    sdc::SdcIdentity identity;
    identity.guid = "6C9A1F52-0B1E-4C63-9C58-0D7A5B0E1F23";
    identity.ip = "127.0.0.1";
    options.identity = identity;
    auto connecting = [&]() -> rt::Task<Result<std::unique_ptr<sdc::Client>>> {
        rt::Reactor& reactor = loop_->reactor();
        auto task = sdc::Client::connect(reactor, reactor.network(), options,
                                         reactor.now() + std::chrono::seconds(20));
        co_return co_await std::move(task);
    };
    auto client = loop_->run_sync(connecting());
    if (!client) {
        give_up("client: " + client.error().what);
    }
    client_ = std::move(*client);
}

map::VolumeId StorageCluster::make_volume(const std::string& name, std::uint64_t size_gib) {
    mdm::CreateVolume request;
    request.storage_pool = pool_;
    request.name = name;
    request.size_kb = size_gib << 20;
    auto volume = management_->create_volume(request);
    if (!volume) {
        give_up("volume: " + volume.error().what);
    }
    map_to_client(*volume);
    return *volume;
}

void StorageCluster::map_to_client(map::VolumeId volume) {
    const auto view = [&] {
        auto get = [&]() -> rt::Task<std::shared_ptr<const sdc::View>> {
            co_return client_->view();
        };
        return loop_->run_sync(get());
    };
    if (auto mapped = management_->map(volume, view()->client_id, {}); !mapped) {
        give_up("map: " + mapped.error().what);
    }
    if (view()->find(volume) == nullptr) {
        give_up("the map call returned before the client saw the volume");
    }
}

void StorageCluster::kill_server(std::size_t index) {
    servers_[index].process->signal(SIGKILL);
    (void)servers_[index].process->wait(10s);
    servers_[index].process.reset();
}

void StorageCluster::signal_server(std::size_t index, int number) {
    servers_[index].process->signal(number);
}

void StorageCluster::stop_server(std::size_t index) {
    if (servers_[index].process->stop(15s) != 0) {
        give_up("pf-sds does not stop cleanly");
    }
    servers_[index].process.reset();
}

void StorageCluster::start_server(std::size_t index) {
    start_process(index, servers_[index].address);
}

void StorageCluster::pause_server(std::size_t index) { servers_[index].process->signal(SIGSTOP); }

void StorageCluster::resume_server(std::size_t index) { servers_[index].process->signal(SIGCONT); }

std::string StorageCluster::device_path(std::size_t index) const {
    return dir_ / fmt::format("device{}.img", index);
}

std::string StorageCluster::mdm_log() const { return read_file(dir_ / "mdm.log").value_or(""); }

std::string StorageCluster::server_log(std::size_t index) const {
    return read_file(dir_ / fmt::format("sds{}.log", index)).value_or("");
}

void StorageCluster::restart_mdm() {
    mdm_->signal(SIGKILL);
    (void)mdm_->wait(10s);
    mdm_.reset();
    start_mdm();
}

mdm::PoolStats StorageCluster::pool_stats() {
    const auto snapshot = management_->query();
    return snapshot && !(*snapshot)->storage_pools.empty() ? (*snapshot)->storage_pools[0].stats
                                                           : mdm::PoolStats{};
}

bool StorageCluster::wait_healthy(Duration timeout) {
    for (const MonoTime end = mono_now() + timeout; mono_now() < end;) {
        const mdm::PoolStats stats = pool_stats();
        if (stats.combs_normal > 0 && stats.combs_degraded == 0 && stats.combs_rebuilding == 0 &&
            stats.combs_failed == 0) {
            return true;
        }
        std::this_thread::sleep_for(50ms);
    }
    return false;
}

Result<void> StorageCluster::write(map::VolumeId volume, std::uint64_t offset, ByteSpan bytes) {
    return loop_->run_sync(client_->write(volume, offset, bytes));
}

Result<void> StorageCluster::read(map::VolumeId volume, std::uint64_t offset, MutByteSpan into) {
    return loop_->run_sync(client_->read(volume, offset, into));
}

} // namespace pf::test
