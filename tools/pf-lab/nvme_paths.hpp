// One host's NVMe/TCP controllers: connects them, keeps their namespaces and ANA states, picks the
// path of each I/O. Everything runs on the reactor's thread; HostStorage brings calls here.
#pragma once

#include "backend/nvme/host/host.hpp"
#include "backend/rt/gate.hpp"
#include "libvsphere/simulator/storage.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pf::lab {

class NvmePaths {
  public:
    // `changed` is called on the reactor's thread after the picture changed by itself.
    NvmePaths(rt::Executor& executor, rt::Network& network, std::string host_nqn,
              std::function<void()> changed);

    rt::Task<Result<nvme::DiscoveryLog>> discover(vim::sim::NvmeTarget target);
    rt::Task<Result<std::uint32_t>> connect(vim::sim::NvmeConnectRequest request);
    rt::Task<Result<void>> disconnect(std::uint32_t number);
    // Reads namespaces and ANA states of every live controller again.
    rt::Task<void> refresh_all();
    rt::Task<Result<void>> read(std::string device, std::uint64_t offset, MutByteSpan out);
    rt::Task<Result<void>> write(std::string device, std::uint64_t offset, ByteSpan data);
    rt::Task<void> stop();

    std::vector<vim::sim::NvmeController> controllers() const;
    std::vector<vim::sim::Device> devices() const;

  private:
    struct Controller {
        std::uint32_t number = 0;
        vim::sim::NvmeConnectRequest request;
        std::unique_ptr<nvme::HostController> session;
        std::vector<nvme::NamespaceInfo> namespaces;
        std::map<std::uint32_t, nvme::AnaState> ana; // by group
        bool refreshing = false;
        bool refresh_again = false;
        bool leaving = false;
    };
    struct Path {
        std::shared_ptr<Controller> controller;
        std::uint32_t nsid = 0;
        bool optimized = false;
    };

    rt::Task<void> refresh(std::shared_ptr<Controller> controller);
    rt::Task<void> refresh_and_tell(std::shared_ptr<Controller> controller);
    std::vector<Path> paths_of(const std::string& device);
    static bool is_live(const Controller& controller);

    rt::Gate gate_;
    nvme::Host host_;
    std::function<void()> changed_;
    std::vector<std::shared_ptr<Controller>> controllers_;
    std::uint32_t next_number_ = 256;
    std::size_t turn_ = 0; // round robin over equal paths
};

// "eui." + the namespace's NGUID in lower-case hex, as ESXi names an NVMe device.
std::string device_name(const nvme::Nguid& nguid);

} // namespace pf::lab
