#include "tests/bench/vsphere/estate_process.hpp"

#include "base/json.hpp"
#include "base/net/tls.hpp"
#include "base/secret.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <map>

namespace pf::bench {

namespace {

using vim::sim::MemoryArray;

/// The child: starts the estate, writes its port, serves until its input ends.
Result<void> serve(const EstateSetup& setup, const vim::sim::EndpointOptions& endpoint, int port_fd,
                   int end_fd) {
    PF_TRY(auto value, parse_json(setup.estate));
    PF_TRY(auto estate, vim::sim::Estate::from_value(value));
    auto array = MemoryArray::create();
    for (const std::string& portal : setup.portals)
        array->add_portal(portal, 4420);
    std::map<std::string, std::string> device_of;
    for (const auto& ds : estate.datastores) {
        const uint64_t volume = array->add_volume(ds.size_bytes);
        device_of[ds.name] = array->sdc_device(volume);
        for (const std::string& host : ds.hosts)
            array->map_sdc(volume, host);
    }
    for (unsigned i = 0; i < setup.nvme_volumes; ++i) {
        const uint64_t volume = array->add_volume(uint64_t{1} << 40);
        for (const auto& host : estate.hosts)
            array->map_nvme(volume, array->host(host.name)->host_nqn());
    }
    vim::sim::SimulatorOptions options;
    options.vcenter = endpoint;
    options.timings.rescan = setup.rescan;
    options.paper_vms = true;
    options.page_size = 1000;
    vim::sim::Simulator simulator(
        estate,
        [array](const std::string& name) -> Result<std::shared_ptr<vim::sim::HostStorage>> {
            return std::static_pointer_cast<vim::sim::HostStorage>(array->host(name));
        },
        options);
    PF_CHECK(simulator.start());
    PF_CHECK(simulator.seed(device_of));
    const uint16_t port = simulator.vcenter_port();
    if (::write(port_fd, &port, sizeof port) != sizeof port)
        return fail(Errc::Io, "nobody reads the port");
    char end = 0;
    (void)!::read(end_fd, &end, 1); // until the parent closes its side
    simulator.stop();
    return {};
}

} // namespace

Result<std::unique_ptr<EstateProcess>> EstateProcess::start(const EstateSetup& setup) {
    auto process = std::unique_ptr<EstateProcess>(new EstateProcess);
    vim::sim::EndpointOptions endpoint;
    if (setup.tls) {
        PF_TRY(auto ca, net::CertificateAuthority::create("bench"));
        PF_TRY(auto certificate, ca.issue("vcenter", {"127.0.0.1"}));
        PF_TRY(std::string pin, net::sha256_fingerprint(certificate.cert_pem));
        process->trust_.sha256_pins = {pin};
        process->tls_ = true;
        endpoint.cert_pem = certificate.cert_pem;
        endpoint.key_pem = certificate.key_pem;
    }
    int port_pipe[2], end_pipe[2];
    if (::pipe(port_pipe) != 0 || ::pipe(end_pipe) != 0)
        return fail(Errc::Io, "no pipes");
    process->child_ = ::fork();
    if (process->child_ == 0) {
        ::close(port_pipe[0]);
        ::close(end_pipe[1]);
        const Result<void> served = serve(setup, endpoint, port_pipe[1], end_pipe[0]);
        if (!served)
            fmt::print(stderr, "simulator: {}\n", served.error().what);
        ::_exit(served ? 0 : 1);
    }
    ::close(port_pipe[1]);
    ::close(end_pipe[0]);
    process->end_fd_ = end_pipe[1];
    const bool up =
        process->child_ > 0 && ::read(port_pipe[0], &process->port_, sizeof process->port_) ==
                                   static_cast<ssize_t>(sizeof process->port_);
    ::close(port_pipe[0]);
    if (!up)
        return fail(Errc::Failed, "the simulator does not start");
    return process;
}

EstateProcess::~EstateProcess() { (void)stop(); }

bool EstateProcess::stop() {
    if (end_fd_ >= 0)
        ::close(end_fd_);
    end_fd_ = -1;
    int status = 1;
    if (child_ > 0)
        ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<std::unique_ptr<vim::Session>> EstateProcess::connect(vim::SessionOptions options) const {
    const vim::sim::SimulatorOptions defaults;
    return vim::Session::connect(fmt::format("{}://127.0.0.1:{}", tls_ ? "https" : "http", port_),
                                 trust_, defaults.vcenter_login.user,
                                 Secret(defaults.vcenter_login.password), std::move(options));
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds(pid_t pid) {
    clockid_t clock{};
    timespec ts{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &ts) != 0)
        return 0;
    return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

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

} // namespace pf::bench
