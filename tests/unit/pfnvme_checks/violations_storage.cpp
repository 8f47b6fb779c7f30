#include "tests/unit/pfnvme_checks/violations.hpp"

namespace pf::nvmetool::test {

namespace {

// The last datastore is on SDC, the first on NVMe.
DatastoreInfo& datastore(Inventory& in) { return in.datastores.back(); }
VolumeInfo& volume(Inventory& in) { return in.volumes.back(); }
HostInfo& host_of(Inventory& in) {
    for (HostInfo& item : in.hosts) {
        if (item.id == datastore(in).mounts.front().host_id) {
            return item;
        }
    }
    return in.hosts.front();
}
PowerFlexHost& nvme_host(Inventory& in) {
    for (PowerFlexHost& item : in.powerflex_hosts) {
        if (item.nvme) {
            return item;
        }
    }
    return in.powerflex_hosts.front();
}

} // namespace

std::vector<Violation> storage_violations() {
    return {
        {"P-VER-01", [](Inventory& in) { in.powerflex.version = "3.6"; }},
        {"P-VER-02", [](Inventory& in) { in.powerflex.version = "4.0"; }},
        {"P-NQN-01", [](Inventory& in) { in.powerflex.nqn.clear(); }},
        {"P-MDM-01", [](Inventory& in) { in.powerflex.mdm_mode = "SingleNode"; }},
        {"P-SDT-01", [](Inventory& in) { in.sdts.front().serving = false; }},
        {"P-SDT-02",
         [](Inventory& in) {
             for (SdtAddress& sdt : in.sdts) {
                 sdt.protection_domain_id = "pd-other";
             }
         }},
        {"P-SDS-01", [](Inventory& in) { in.sdss.front().connection = "Disconnected"; }},
        {"P-SDS-02", [](Inventory& in) { in.pools.front().degraded_kib = 1U << 30U; }},
        {"P-PD-01", [](Inventory& in) { in.pools.front().domain_state = "Inactive"; }},
        {"P-CAP-01", [](Inventory& in) { in.pools.front().net_unused_kib = 1U << 20U; }},
        {"P-CAP-02", [](Inventory& in) { in.pools.front().net_unused_kib = 1; }},
        {"P-CAP-03", [](Inventory& in) { in.pools.front().allocation_limit_kib = 1U << 20U; }},
        {"P-LIM-01", [](Inventory& in) { in.powerflex.limits["volumesPerNvmeHost"] = 0; }},
        {"P-LIM-02", [](Inventory& in) { in.powerflex.limits["nvmeHosts"] = 1; }},
        {"P-LIM-03", [](Inventory& in) { in.powerflex.limits["volumes"] = 2; }},
        {"P-HOST-01", [](Inventory& in) { nvme_host(in).max_paths = 1; }},
        {"P-HOST-02", [](Inventory& in) { nvme_host(in).nqn = "nqn.2014-08.example:gone"; }},
        {"W-PERF-01", [](Inventory&) {},
         [](Inventory& in) {
             in.datastores.resize(1);
             in.volumes.resize(1);
         }},
        {"P-PROTO-01",
         [](Inventory& in) {
             volume(in).mappings.push_back({nvme_host(in).id, "both", true, 0, 0});
         }},
        {"P-MAP-01",
         [](Inventory& in) {
             volume(in).mappings.push_back({"sdc-of-a-linux-server", "backup01", false, 0, 0});
         }},
        {"P-MAP-02", [](Inventory& in) { volume(in).mappings.clear(); }},
        {"P-REP-01", [](Inventory& in) { volume(in).replicated = true; }},
        {"P-QOS-01", [](Inventory& in) { volume(in).mappings.front().limit_mib_per_s = 100; }},
        {"P-RO-01", [](Inventory& in) { volume(in).mappings.front().read_only = true; }},
        {"P-SNAP-01",
         [](Inventory& in) {
             VolumeInfo snapshot = volume(in);
             for (int i = 0; i < 126; ++i) {
                 snapshot.id = "snap" + std::to_string(i);
                 in.volumes.insert(in.volumes.begin(), snapshot);
             }
         }},
        {"P-SNAP-02", [](Inventory& in) { volume(in).ancestor_id = "3bd1f78800000099"; }},
        {"P-SNAP-03",
         [](Inventory& in) {
             volume(in).ancestor_id = "3bd1f78800000099";
             volume(in).consistency_group = "cg1";
         }},
        {"P-DS-01", [](Inventory& in) { in.datastores[2].extents = in.datastores[3].extents; }},
        {"D-PF-01",
         [](Inventory& in) {
             datastore(in).extents = {sdc_device_name(in.powerflex.system_id, "ffffffffffffffff")};
         }},
        {"D-SPAN-01", [](Inventory& in) { datastore(in).extents.emplace_back("naa.6000"); }},
        {"D-VMFS-01", [](Inventory& in) { datastore(in).vmfs_major = 5; }},
        {"D-ACC-01", [](Inventory& in) { datastore(in).mounts.front().accessible = false; }},
        {"D-LOCK-01", [](Inventory& in) { datastore(in).lock_mode = "ATS+SCSI"; }},
        {"D-VVOL-01", [](Inventory& in) { datastore(in).type = "VVOL"; }},
        {"D-CVMDK-01", [](Inventory& in) { datastore(in).clustered_vmdk = true; }},
        {"D-MAINT-01", [](Inventory& in) { datastore(in).maintenance_mode = "inMaintenance"; }},
        {"D-FORCE-01", [](Inventory& in) { datastore(in).force_mounted = true; }},
        {"D-DEV-01", [](Inventory& in) { host_of(in).devices.back().lost = true; }},
        {"D-NAME-01", [](Inventory& in) { datastore(in).name = in.datastores.front().name; }},
        {"D-NAME-02", [](Inventory& in) { datastore(in).name = "production datastore number 17"; }},
        {"D-FREE-01", [](Inventory& in) { datastore(in).free_bytes = 1; }},
        {"D-SIZE-01", [](Inventory& in) { datastore(in).capacity_bytes = 65ULL << 40U; }},
        {"D-SIZE-02",
         [](Inventory& in) { datastore(in).capacity_bytes = volume(in).size_kib * 1024 + 1; }},
        {"D-SHARE-01", [](Inventory& in) { host_of(in).cluster = "other-cluster"; }},
        {"D-HOST-01",
         [](Inventory& in) {
             datastore(in).mounts.push_back({"host-unseen", true, true});
         }},
        {"D-USE-03",
         [](Inventory& in) {
             in.vms.front().media.push_back({"CD/DVD drive 1",
                                             "[" + datastore(in).name + "] iso/tools.iso",
                                             datastore(in).id, true});
         }},
        {"D-USE-04", [](Inventory& in) { datastore(in).datastore_cluster = "pod-1"; }},
        {"D-USE-05", [](Inventory& in) { datastore(in).sioc_enabled = true; }},
        {"D-USE-06",
         [](Inventory& in) {
             in.clusters.front().heartbeat_datastore_ids->push_back(datastore(in).id);
         }},
        {"D-USE-07",
         [](Inventory& in) { host_of(in).diagnostic_device = datastore(in).extents.front(); }},
        {"D-USE-08",
         [](Inventory& in) {
             host_of(in).options["ScratchConfig.CurrentScratchLocation"] =
                 "/vmfs/volumes/" + datastore(in).uuid + "/.locker";
         }},
        {"D-USE-09",
         [](Inventory& in) {
             host_of(in).options["Syslog.global.logDir"] = "[" + datastore(in).name + "] logs";
         }},
        {"D-USE-10", [](Inventory& in) { host_of(in).swap_datastore_id = datastore(in).id; }},
        {"D-USE-12", [](Inventory& in) { datastore(in).content_library = true; }},
    };
}

} // namespace pf::nvmetool::test
