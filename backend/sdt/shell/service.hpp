// pf-sdt as a whole: a server fed either by the MDM's map (cluster mode) or by one memory device
// (standalone mode, for interoperation runs and benchmarks).
#pragma once

#include "backend/rt/reactor.hpp"
#include "backend/sdc/client.hpp"
#include "backend/sdt/shell/server.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::sdt {

struct ListenConfig {
    std::vector<std::string> addresses;
    uint16_t nvme_port = nvme::kIoPort;             // 0: any
    uint16_t discovery_port = nvme::kDiscoveryPort; // 0: any
    std::optional<uint16_t> tls_port;               // I/O and discovery under TLS; 0: any
};

struct ClusterConfig {
    std::vector<rt::Endpoint> mdms;
    sdc::SdtIdentity identity;
    std::chrono::milliseconds io_timeout{20'000};
    std::chrono::milliseconds join_timeout{60'000};
    std::string discovery_nqn; // beside the well-known one; empty: none
};

struct StandaloneConfig {
    uint64_t device_bytes = 0;
    bool null_device = false;
    uint32_t block_bytes = nvme::kBlockBytes; // or 4096
    Secret dhchap_secret;                     // of every allowed host; empty: none is asked for
    Secret dhchap_ctrl_secret;
    Secret tls_psk; // of every allowed host: TLS listeners only
    std::string subsystem_nqn;
    std::string discovery_nqn;              // beside the well-known one; empty: none
    std::vector<std::string> allowed_hosts; // empty: any
    std::vector<std::string> advertise; // addresses in the discovery log; empty: those listened on
};

// One of the two, then `stop` before destruction.
class Service {
  public:
    explicit Service(rt::Reactor& reactor) : reactor_(reactor) {}
    ~Service();

    rt::Task<Result<void>> start(ListenConfig listen, ClusterConfig cluster);
    Result<void> start(ListenConfig listen, StandaloneConfig standalone);
    rt::Task<void> stop();

    // What is listened on, with the ports that were chosen.
    const std::vector<rt::Endpoint>& nvme_endpoints() const { return nvme_; }
    const std::vector<rt::Endpoint>& discovery_endpoints() const { return discovery_; }
    const std::vector<rt::Endpoint>& tls_endpoints() const { return tls_; }

  private:
    Result<void> listen(const ListenConfig& config);
    void apply(const sdc::View& view);
    rt::Task<nvme::Status> reserve_here(uint64_t device, nvme::ReservationCommand command);
    rt::Task<nvme::Status> reserve_at_mdm(uint64_t device, nvme::ReservationCommand command);
    rt::Task<Result<void>> fence_at_mdm(uint64_t device);
    void report();

    rt::Reactor& reactor_;
    std::unique_ptr<sdc::Client> client_;
    map::SdtId self_;
    DeviceMap devices_; // outlives the server's I/O
    std::unique_ptr<Server> server_;
    nvme::target::TargetView standalone_; // its own owner of reservations
    std::vector<rt::Endpoint> nvme_;
    std::vector<rt::Endpoint> discovery_;
    std::vector<rt::Endpoint> tls_;
};

} // namespace pf::sdt
