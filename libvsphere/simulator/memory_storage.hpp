// HostStorage over shared RAM: an array of volumes that hosts reach by SDC and by NVMe/TCP.
//
// For tests and for a quick simulator without a backend. One MemoryArray is shared by all hosts;
// volumes are mapped per host and per protocol, exactly one protocol at a time unless a test says
// otherwise. Faults on demand: unreachable targets, failing I/O. Thread-safe.
#pragma once

#include "libvsphere/simulator/storage.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace pf::vim::sim {

class MemoryHost;

class MemoryArray : public std::enable_shared_from_this<MemoryArray> {
  public:
    static std::shared_ptr<MemoryArray> create(uint64_t system_id = 0x2aeb41c6b05f4a0fULL);

    uint64_t add_volume(uint64_t size_bytes);
    void grow_volume(uint64_t volume, uint64_t size_bytes);
    // Portals of the one subsystem; any may be made unreachable.
    void add_portal(const std::string& address, uint16_t port);
    void set_reachable(const std::string& address, bool reachable);

    void map_sdc(uint64_t volume, const std::string& host);
    void unmap_sdc(uint64_t volume, const std::string& host);
    void map_nvme(uint64_t volume, const std::string& host_nqn);
    void unmap_nvme(uint64_t volume, const std::string& host_nqn);
    void fail_io(uint64_t volume, bool failing);

    std::string subsystem_nqn() const;
    std::string sdc_device(uint64_t volume) const;
    std::string nvme_device(uint64_t volume) const;

    std::shared_ptr<MemoryHost> host(const std::string& name);

  private:
    friend class MemoryHost;
    explicit MemoryArray(uint64_t system_id) : system_id_(system_id) {}
    struct Volume {
        uint64_t size = 0;
        uint32_t nsid = 0;
        bool failing = false;
        std::map<uint64_t, Bytes> chunks; // sparse, 64 KiB
        std::set<std::string> sdc_hosts;
        std::set<std::string> nvme_hosts; // by NQN
    };
    struct Portal {
        std::string address;
        uint16_t port = 0;
        bool reachable = true;
    };
    void notify_all();

    mutable std::mutex mutex_;
    uint64_t system_id_;
    uint64_t next_volume_ = 0x0001000000000001ULL;
    std::map<uint64_t, Volume> volumes_;
    std::vector<Portal> portals_;
    std::map<std::string, std::shared_ptr<MemoryHost>> hosts_;
};

class MemoryHost : public HostStorage {
  public:
    MemoryHost(std::weak_ptr<MemoryArray> array, std::string name);

    std::string host_nqn() override;
    std::string sdc_guid() override;
    std::string sdc_mdm_addresses() override;
    std::vector<Device> list_devices() override;
    Result<void> read(std::string_view device_id, uint64_t offset, MutByteSpan out,
                      Timeout timeout) override;
    Result<void> write(std::string_view device_id, uint64_t offset, ByteSpan data,
                       Timeout timeout) override;
    Result<void> rescan(Timeout timeout) override;
    Result<Discovery> nvme_discover(const NvmeTarget& target, Timeout timeout) override;
    Result<uint32_t> nvme_connect(const NvmeConnectRequest& request, Timeout timeout) override;
    Result<void> nvme_disconnect(uint32_t controller_number, Timeout timeout) override;
    std::vector<NvmeController> nvme_controllers() override;
    void on_change(std::function<void()> callback) override;

  private:
    friend class MemoryArray;
    template<class Move>
    Result<void> transfer(std::string_view device_id, uint64_t offset, uint64_t length, Move move);
    std::weak_ptr<MemoryArray> array_;
    std::string name_;
    uint32_t next_number_ = 256;
    std::vector<NvmeController> controllers_; // under the array's mutex
    std::mutex callback_mutex_;
    std::function<void()> callback_;
};

} // namespace pf::vim::sim
