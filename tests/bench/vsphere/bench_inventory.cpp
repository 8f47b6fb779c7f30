// The whole inventory of a large estate, read over HTTP from a simulator in its own process on the
// same machine.
//   bench-vsphere-inventory [HOSTS] [DATASTORES] [VMS] [RUNS]     (64 1000 20000 3)
// Prints one JSON object a line: the simulator's start, then each read: wall time, both sides' CPU
// time, what came over the wire, the client's peak memory. Read is what the toolkit's checks need
// (read_inventory with files).

#include "libvsphere/inventory.hpp"
#include "tests/bench/vsphere/estate_process.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace {

using namespace pf;
using namespace pf::bench;

bool read_once(const EstateProcess& estate) {
    std::atomic<size_t> bytes{0}, calls{0};
    vim::SessionOptions options;
    options.page_size = 500;
    options.trace = [&](const vim::CallTrace& call) {
        bytes += call.response_bytes;
        ++calls;
    };
    auto session = estate.connect(options);
    if (!session) {
        fmt::print(stderr, "{}\n", session.error().what);
        return false;
    }
    const auto begin = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds(), simulator_cpu = cpu_seconds(estate.pid());
    auto inventory = vim::read_inventory(**session);
    if (!inventory) {
        fmt::print(stderr, "{}\n", inventory.error().what);
        return false;
    }
    const double wall = seconds_since(begin);
    fmt::print("{{\"case\":\"inventory\",\"hosts\":{},\"datastores\":{},\"vms\":{},"
               "\"wall_s\":{:.2f},\"client_cpu_s\":{:.2f},\"simulator_cpu_s\":{:.2f},\"wire_mb\":{:"
               ".1f},\"calls\":{},"
               "\"client_peak_mb\":{:.0f}}}\n",
               inventory->hosts.size(), inventory->datastores.size(), inventory->vms.size(), wall,
               cpu_seconds() - cpu, cpu_seconds(estate.pid()) - simulator_cpu,
               static_cast<double>(bytes.load()) / 1e6, calls.load(), peak_mb(::getpid()));
    std::fflush(stdout);
    return true;
}

} // namespace

int main(int argc, char** argv) {
    auto number = [&](int at, int fallback) { return argc > at ? std::atoi(argv[at]) : fallback; };
    EstateSetup setup;
    setup.estate = fmt::format(R"({{"generate": {{"hosts": {}, "datastores": {}, "vms": {}}}}})",
                               number(1, 64), number(2, 1000), number(3, 20000));
    const auto begin = std::chrono::steady_clock::now();
    auto estate = EstateProcess::start(setup);
    if (!estate) {
        fmt::print(stderr, "{}\n", estate.error().what);
        return 1;
    }
    fmt::print("{{\"case\":\"simulator start\",\"wall_s\":{:.1f},\"peak_mb\":{:.0f}}}\n",
               seconds_since(begin), peak_mb((*estate)->pid()));
    bool ok = true;
    for (int run = 0; ok && run < number(4, 3); ++run)
        ok = read_once(**estate);
    fmt::print("{{\"case\":\"simulator end\",\"peak_mb\":{:.0f}}}\n", peak_mb((*estate)->pid()));
    return (*estate)->stop() && ok ? 0 : 1;
}
