// One reading of both systems: what checks and the plan compiler work on.
//
// Values only. They come from collect() (the one place that asks the ports), from an inventory file
// (inventory_db.hpp) or from an import (rvtools.hpp); `facts` says which groups of facts the source
// could tell, so that "not read" is never taken for "no".
//
// Look-ups by id use the index that index() builds. Whoever changes the vectors calls index()
// again; a look-up checks what the index says and falls back to a search, so a forgotten call costs
// time, and for the relations vms_on() and volumes_of() a stale answer.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/run/ports.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct InventoryIndex; // in inventory.cpp

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

    std::vector<ClusterInfo> clusters;
    std::vector<NetworkInfo> networks;
    std::vector<FolderInfo> folders;
    std::vector<SdsInfo> sdss;
    std::set<Fact> facts;
    std::string collected_at;      // RFC 3339
    std::string source;            // collect, rvtools, generated
    std::vector<std::string> gaps; // what could not be read, one sentence each

    // Builds (or builds again) the index behind the look-ups.
    void index();
    [[nodiscard]] bool knows(Fact fact) const { return facts.contains(fact); }

    [[nodiscard]] const HostInfo* host(const std::string& id) const;
    [[nodiscard]] const HostInfo* host_named(const std::string& name) const;
    [[nodiscard]] const DatastoreInfo* datastore(const std::string& id) const;
    [[nodiscard]] const DatastoreInfo* datastore_named(const std::string& name) const;
    [[nodiscard]] const VmInfo* vm(const std::string& id) const;
    [[nodiscard]] const VolumeInfo* volume(const std::string& id) const;
    [[nodiscard]] const VolumeInfo* volume_named(const std::string& name) const;
    [[nodiscard]] const PoolInfo* pool(const std::string& id) const;
    [[nodiscard]] const ClusterInfo* cluster(const std::string& id) const;
    [[nodiscard]] const PowerFlexHost* nvme_host(const std::string& nqn) const;
    [[nodiscard]] const PowerFlexHost* sdc_of(const HostInfo& host) const;
    // The PowerFlex volume that backs the datastore over SDC; nullptr for anything else. By device
    // name (eui.<system><volume>), never by display name.
    [[nodiscard]] const VolumeInfo* sdc_volume_of(const DatastoreInfo& datastore) const;
    [[nodiscard]] const VolumeInfo* nvme_volume_of(const DatastoreInfo& datastore) const;
    // Either of the two.
    [[nodiscard]] const VolumeInfo* volume_of(const DatastoreInfo& datastore) const;
    [[nodiscard]] const VolumeInfo* volume_of_device(const std::string& device) const;
    // VMs with a file on the datastore, by name.
    [[nodiscard]] std::vector<const VmInfo*> vms_on(const DatastoreInfo& datastore) const;
    // Volumes mapped to this host (SDC or NVMe).
    [[nodiscard]] std::vector<const VolumeInfo*> volumes_of(const PowerFlexHost& host) const;

  private:
    std::shared_ptr<const InventoryIndex> index_;
};

struct CollectScope {
    bool vms = true; // host verbs need none
    // Everything the ports can tell: devices host by host, clusters, networks, capacities. Costs
    // several calls for each host, so verbs on hosts and single objects don't ask for it.
    bool full = false;
    // With full: VMs go here batch by batch instead of into the inventory (memory stays flat).
    VmSink vm_sink{};
};

// One reading; the index is built. With scope.full a port that can't tell a group leaves the fact
// out and says so in `gaps`; without it every error is an error.
[[nodiscard]] Result<Inventory> collect(VspherePort& vsphere, PowerFlexPort& powerflex,
                                        const CollectScope& scope = {});

// What a migration is planned from: everything, since an obstacle that was not read blocks nothing.
// PermissionDenied when a fact is missing without which no object may be moved (hosts, their
// storage and network, datastores, VMs with disks and snapshots, volumes with their mappings); what
// else is missing stands in `gaps`, and its checks say "unknown".
[[nodiscard]] Result<Inventory> collect_for_plan(VspherePort& vsphere, PowerFlexPort& powerflex);

// Digest of what was read, for the plan's record of what it was compiled from.
[[nodiscard]] std::string digest(const Inventory& inventory);

} // namespace pf::nvmetool
