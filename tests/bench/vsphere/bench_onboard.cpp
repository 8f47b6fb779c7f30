// Hosts made ready for NVMe/TCP: one alone, then all the others at once, against a simulator in its
// own process on the same machine, over HTTPS with one session.
//   bench-vsphere-onboard [HOSTS] [RESCAN_MS]     (64 500)
// Onboarding is what the toolkit does: VMkernel tags read, set and read back, a software adapter on
// each of two NICs, discovery and a connection to both portals through each, rescan of adapters and
// of VMFS, and the state read until all four controllers and the namespace are there. A simulated
// host takes RESCAN_MS for each of the two rescans; a real one takes several seconds.
// Prints one JSON object a line: wall time, CPU time of both sides, calls; at the end the ratio.
// Fails when the ratio is 3 or more.

#include "libvsphere/host.hpp"
#include "tests/bench/vsphere/estate_process.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

namespace {

using namespace pf;
using namespace pf::bench;
using namespace std::chrono_literals;

constexpr std::array<const char*, 2> kPortals = {"192.0.2.11", "192.0.2.12"};
constexpr std::array<const char*, 2> kVmks = {"vmk1", "vmk2"};
constexpr std::array<const char*, 2> kNics = {"vmnic0", "vmnic1"};
constexpr auto kReadBack = 30s;

/// Reads the host's storage until it shows what is expected.
template<class Shows>
Result<vim::HostStorage> read_until(vim::Session& session, const vim::Host& host, Shows shows,
                                    const char* what) {
    const auto end = std::chrono::steady_clock::now() + kReadBack;
    for (auto pause = 20ms; std::chrono::steady_clock::now() < end; pause = pause * 3 / 2) {
        PF_TRY(vim::HostStorage now, vim::read_storage(session, host));
        if (shows(now))
            return now;
        std::this_thread::sleep_for(pause);
    }
    return fail(Errc::Timeout, "host {} does not show {}", host.name, what);
}

Result<void> onboard(vim::Session& session, const vim::Host& host) {
    for (const char* vmk : kVmks)
        PF_CHECK(vim::select_vnic(session, host, vmk));
    PF_TRY(vim::VnicSelection tags, vim::query_vnics(session, host));
    for (const char* vmk : kVmks) {
        if (!tags.is_selected(vmk))
            return fail(Errc::Failed, "host {}: {} has no tag", host.name, vmk);
    }
    for (const char* nic : kNics)
        PF_CHECK(vim::create_tcp_adapter(session, host, nic));
    auto both = [](const vim::HostStorage& now) {
        return std::all_of(kNics.begin(), kNics.end(),
                           [&](const char* nic) { return now.tcp_hba_on(nic) != nullptr; });
    };
    PF_TRY(vim::HostStorage storage, read_until(session, host, both, "its adapters"));
    size_t connected = 0;
    for (const char* nic : kNics) {
        const std::string hba = storage.tcp_hba_on(nic)->device;
        for (const char* portal : kPortals) {
            const vim::NvmeTarget target{hba, portal, 4420, ""};
            PF_TRY(vim::DiscoveryLog found, vim::nvme_discover(session, host, target));
            for (const vim::DiscoveryEntry& entry : found.entries) {
                if (entry.address != portal || entry.connected)
                    continue;
                vim::NvmeConnect spec;
                spec.target = target;
                spec.subnqn = entry.subnqn;
                PF_CHECK(vim::nvme_connect(session, host, spec));
                ++connected;
            }
        }
    }
    if (connected != kNics.size() * kPortals.size())
        return fail(Errc::Failed, "host {} found {} targets", host.name, connected);
    PF_CHECK(vim::rescan_all(session, host));
    PF_CHECK(vim::rescan_vmfs(session, host));
    auto ready = [&](const vim::HostStorage& now) {
        return now.controllers.size() == connected &&
               std::all_of(now.controllers.begin(), now.controllers.end(), [&](const auto& c) {
                   return c.namespaces.size() == 1 && now.device(c.namespaces.front().name);
               });
    };
    PF_CHECK(read_until(session, host, ready, "its controllers and the namespace"));
    return {};
}

/// All of them at once, a thread for each. Nothing when one failed.
std::optional<double> onboard_all(const EstateProcess& estate, vim::Session& session,
                                  const std::vector<vim::Host>& hosts, std::atomic<size_t>& calls) {
    const size_t calls_before = calls;
    const double cpu = cpu_seconds(), simulator_cpu = cpu_seconds(estate.pid());
    const auto begin = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::vector<double> each;
    std::vector<std::string> failed;
    {
        std::vector<std::jthread> threads;
        threads.reserve(hosts.size());
        for (const vim::Host& host : hosts) {
            threads.emplace_back([&] {
                const Result<void> done = onboard(session, host);
                const std::lock_guard lock(mutex);
                each.push_back(seconds_since(begin));
                if (!done)
                    failed.push_back(done.error().what);
            });
        }
    }
    const double wall = seconds_since(begin);
    for (const std::string& what : failed)
        fmt::print(stderr, "{}\n", what);
    std::sort(each.begin(), each.end());
    fmt::print("{{\"case\":\"onboard\",\"hosts\":{},\"wall_s\":{:.2f},\"median_host_s\":{:.2f},"
               "\"client_cpu_s\":{:.2f},\"simulator_cpu_s\":{:.2f},\"calls\":{}}}\n",
               hosts.size(), wall, each.empty() ? 0.0 : each[each.size() / 2], cpu_seconds() - cpu,
               cpu_seconds(estate.pid()) - simulator_cpu, calls - calls_before);
    std::fflush(stdout);
    if (!failed.empty())
        return std::nullopt;
    return wall;
}

Result<std::vector<vim::Host>> list_hosts(vim::Session& session) {
    vim::InventoryOptions only_hosts;
    only_hosts.vms = only_hosts.datastores = false;
    PF_TRY(vim::Inventory inventory, vim::read_inventory(session, only_hosts));
    return std::move(inventory.hosts);
}

} // namespace

int main(int argc, char** argv) {
    auto number = [&](int at, int fallback) { return argc > at ? std::atoi(argv[at]) : fallback; };
    const int count = std::max(1, number(1, 64));
    EstateSetup setup;
    // One more than asked for: the one that is onboarded alone.
    setup.estate =
        fmt::format(R"({{"generate": {{"hosts": {}, "datastores": 10, "vms": 100}}}})", count + 1);
    setup.tls = true;
    setup.rescan = std::chrono::milliseconds(number(2, 500));
    setup.portals.assign(kPortals.begin(), kPortals.end());
    setup.nvme_volumes = 1;
    auto estate = EstateProcess::start(setup);
    if (!estate) {
        fmt::print(stderr, "{}\n", estate.error().what);
        return 1;
    }
    std::atomic<size_t> calls{0};
    vim::SessionOptions options;
    options.trace = [&](const vim::CallTrace&) { ++calls; };
    auto session = (*estate)->connect(options);
    auto hosts = session ? list_hosts(**session) : fail(session.error());
    if (!hosts) {
        fmt::print(stderr, "{}\n", hosts.error().what);
        return 1;
    }
    const std::vector<vim::Host> first(hosts->begin(), hosts->begin() + 1);
    const std::vector<vim::Host> rest(hosts->begin() + 1, hosts->end());
    const auto one = onboard_all(**estate, **session, first, calls);
    const auto all = one ? onboard_all(**estate, **session, rest, calls) : std::nullopt;
    session->reset();
    const bool ended = (*estate)->stop();
    if (!one || !all)
        return 1;
    const double ratio = *all / *one;
    fmt::print("{{\"case\":\"ratio\",\"one_s\":{:.2f},\"hosts\":{},\"all_s\":{:.2f},"
               "\"ratio\":{:.2f}}}\n",
               *one, rest.size(), *all, ratio);
    return ended && ratio < 3 ? 0 : 1;
}
