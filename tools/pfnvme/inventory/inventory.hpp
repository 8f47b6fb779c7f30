// One reading of both systems: what checks and the plan compiler work on.
//
// Values only; collect() is the one place that asks the ports. Devices are read for each host,
// because a device is seen host by host.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/run/ports.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <map>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct Inventory {
    VcenterInfo vcenter;
    PowerFlexInfo powerflex;
    std::vector<HostInfo> hosts;
    std::vector<DatastoreInfo> datastores;
    std::vector<VmInfo> vms;
    std::vector<PowerFlexHost> powerflex_hosts;
    std::vector<SdtAddress> sdts;
    std::vector<PoolInfo> pools;
    std::vector<VolumeInfo> volumes;

    [[nodiscard]] const HostInfo* host(const std::string& id) const;
    [[nodiscard]] const HostInfo* host_named(const std::string& name) const;
    [[nodiscard]] const DatastoreInfo* datastore(const std::string& id) const;
    [[nodiscard]] const DatastoreInfo* datastore_named(const std::string& name) const;
    [[nodiscard]] const VmInfo* vm(const std::string& id) const;
    [[nodiscard]] const VolumeInfo* volume(const std::string& id) const;
    [[nodiscard]] const VolumeInfo* volume_named(const std::string& name) const;
    [[nodiscard]] const PoolInfo* pool(const std::string& id) const;
    [[nodiscard]] const PowerFlexHost* nvme_host(const std::string& nqn) const;
    [[nodiscard]] const PowerFlexHost* sdc_of(const HostInfo& host) const;
    // The PowerFlex volume that backs the datastore over SDC; nullptr for anything else.
    [[nodiscard]] const VolumeInfo* sdc_volume_of(const DatastoreInfo& datastore) const;
    [[nodiscard]] const VolumeInfo* nvme_volume_of(const DatastoreInfo& datastore) const;
    [[nodiscard]] std::vector<const VmInfo*> vms_on(const DatastoreInfo& datastore) const;
    // Volumes mapped to this NVMe host.
    [[nodiscard]] std::vector<const VolumeInfo*> volumes_of(const PowerFlexHost& host) const;
};

struct CollectScope {
    bool vms = true; // host verbs need none
};

[[nodiscard]] Result<Inventory> collect(VspherePort& vsphere, PowerFlexPort& powerflex,
                                        const CollectScope& scope = {});

// Digest of what was read, for the plan's record of what it was compiled from.
[[nodiscard]] std::string digest(const Inventory& inventory);

} // namespace pf::nvmetool
