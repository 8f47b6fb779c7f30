// HostStorage of one simulated ESXi host: a real SDC client and a real NVMe/TCP initiator.
#pragma once

#include "backend/rt/reactor.hpp"
#include "backend/sdc/client.hpp"
#include "libvsphere/simulator/storage.hpp"
#include "tools/pf-lab/nvme_paths.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace pf::lab {

struct HostStorageOptions {
    std::string host_nqn;
    std::string sdc_guid; // empty: the host has no SDC
    std::string sdc_name;
    std::string sdc_ip;
    std::string mdm_address; // "127.71.1.1"
    std::uint16_t mdm_port = 0;
};

class LabHostStorage final : public vim::sim::HostStorage {
  public:
    // Registers the SDC (waits for the MDM up to `timeout`). `reactor` outlives the object.
    static Result<std::shared_ptr<LabHostStorage>>
    open(rt::Reactor& reactor, HostStorageOptions options, vim::sim::Timeout timeout);
    ~LabHostStorage() override;

    std::string host_nqn() override { return options_.host_nqn; }
    std::string sdc_guid() override { return options_.sdc_guid; }
    std::string sdc_mdm_addresses() override;
    std::vector<vim::sim::Device> list_devices() override;
    Result<void> read(std::string_view device_id, std::uint64_t offset, MutByteSpan out,
                      vim::sim::Timeout timeout) override;
    Result<void> write(std::string_view device_id, std::uint64_t offset, ByteSpan data,
                       vim::sim::Timeout timeout) override;
    Result<void> rescan(vim::sim::Timeout timeout) override;
    Result<Discovery> nvme_discover(const vim::sim::NvmeTarget& target,
                                    vim::sim::Timeout timeout) override;
    Result<std::uint32_t> nvme_connect(const vim::sim::NvmeConnectRequest& request,
                                       vim::sim::Timeout timeout) override;
    Result<void> nvme_disconnect(std::uint32_t controller_number,
                                 vim::sim::Timeout timeout) override;
    std::vector<vim::sim::NvmeController> nvme_controllers() override;
    void on_change(std::function<void()> callback) override;

  private:
    LabHostStorage(rt::Reactor& reactor, HostStorageOptions options);
    void tell();
    std::vector<vim::sim::Device> sdc_devices() const;
    std::string sdc_prefix() const; // "eui." + system id, empty without an SDC

    rt::Reactor& reactor_;
    HostStorageOptions options_;
    NvmePaths nvme_;
    std::unique_ptr<sdc::Client> sdc_;
    std::recursive_mutex callback_mutex_; // held while the callback runs
    std::function<void()> callback_;
};

} // namespace pf::lab
