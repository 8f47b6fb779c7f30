// The whole inventory of a large estate, read over HTTP from a simulator in its own process on the
// same machine.
//   bench-vsphere-inventory [HOSTS] [DATASTORES] [VMS] [RUNS]     (64 1000 20000 3)
// Prints one JSON object a line: the simulator's start, then each read: wall time, both sides' CPU
// time, what came over the wire, the client's peak memory. Read is what the toolkit's checks need
// (read_inventory with files).

#include "base/json.hpp"
#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

namespace {

using namespace pf;

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// CPU time of a process, so that figures of a busy machine can be read too.
double cpu_seconds(pid_t pid = 0) {
    clockid_t clock{};
    timespec ts{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &ts) != 0)
        return 0;
    return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

/// Peak resident memory in MB.
double peak_mb(pid_t pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    std::string word;
    while (status >> word) {
        double kib = 0;
        if (word == "VmHWM:" && status >> kib)
            return kib * 1024 / 1e6;
    }
    return 0;
}

/// The child: starts the estate, writes its port, serves until its input ends.
int serve(const std::string& estate_text, int port_fd, int end_fd) {
    auto value = parse_json(estate_text);
    if (!value)
        return 1;
    auto estate = vim::sim::Estate::from_value(*value);
    if (!estate) {
        fmt::print(stderr, "{}\n", estate.error().what);
        return 1;
    }
    auto array = vim::sim::MemoryArray::create();
    std::map<std::string, std::string> device_of;
    for (const auto& ds : estate->datastores) {
        const uint64_t volume = array->add_volume(ds.size_bytes);
        device_of[ds.name] = array->sdc_device(volume);
        for (const std::string& host : ds.hosts)
            array->map_sdc(volume, host);
    }
    vim::sim::SimulatorOptions options;
    options.paper_vms = true;
    options.page_size = 1000;
    vim::sim::Simulator simulator(
        *estate,
        [array](const std::string& name) -> Result<std::shared_ptr<vim::sim::HostStorage>> {
            return std::static_pointer_cast<vim::sim::HostStorage>(array->host(name));
        },
        options);
    if (auto started = simulator.start(); !started) {
        fmt::print(stderr, "{}\n", started.error().what);
        return 1;
    }
    if (auto seeded = simulator.seed(device_of); !seeded) {
        fmt::print(stderr, "{}\n", seeded.error().what);
        return 1;
    }
    const uint16_t port = simulator.vcenter_port();
    if (::write(port_fd, &port, sizeof port) != sizeof port)
        return 1;
    char end = 0;
    (void)!::read(end_fd, &end, 1); // until the parent closes its side
    simulator.stop();
    return 0;
}

bool read_once(uint16_t port, pid_t simulator) {
    std::atomic<size_t> bytes{0}, calls{0};
    vim::SessionOptions options;
    options.page_size = 500;
    options.trace = [&](const vim::CallTrace& call) {
        bytes += call.response_bytes;
        ++calls;
    };
    const vim::sim::SimulatorOptions defaults;
    auto session = vim::Session::connect(fmt::format("http://127.0.0.1:{}", port), net::TlsTrust{},
                                         defaults.vcenter_login.user,
                                         Secret(defaults.vcenter_login.password), options);
    if (!session) {
        fmt::print(stderr, "{}\n", session.error().what);
        return false;
    }
    const auto begin = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds(), simulator_cpu = cpu_seconds(simulator);
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
               cpu_seconds() - cpu, cpu_seconds(simulator) - simulator_cpu,
               static_cast<double>(bytes.load()) / 1e6, calls.load(), peak_mb(::getpid()));
    std::fflush(stdout);
    return true;
}

} // namespace

int main(int argc, char** argv) {
    auto number = [&](int at, int fallback) { return argc > at ? std::atoi(argv[at]) : fallback; };
    const std::string estate =
        fmt::format(R"({{"generate": {{"hosts": {}, "datastores": {}, "vms": {}}}}})",
                    number(1, 64), number(2, 1000), number(3, 20000));
    int port_pipe[2], end_pipe[2];
    if (::pipe(port_pipe) != 0 || ::pipe(end_pipe) != 0)
        return 1;
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(port_pipe[0]);
        ::close(end_pipe[1]);
        ::_exit(serve(estate, port_pipe[1], end_pipe[0]));
    }
    ::close(port_pipe[1]);
    ::close(end_pipe[0]);
    uint16_t port = 0;
    bool ok = ::read(port_pipe[0], &port, sizeof port) == sizeof port;
    if (ok) {
        fmt::print("{{\"case\":\"simulator start\",\"wall_s\":{:.1f},\"peak_mb\":{:.0f}}}\n",
                   seconds_since(begin), peak_mb(child));
        for (int run = 0; ok && run < number(4, 3); ++run)
            ok = read_once(port, child);
        fmt::print("{{\"case\":\"simulator end\",\"peak_mb\":{:.0f}}}\n", peak_mb(child));
    }
    ::close(end_pipe[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return ok && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
