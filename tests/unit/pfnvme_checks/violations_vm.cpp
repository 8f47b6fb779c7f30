#include "tests/unit/pfnvme_checks/violations.hpp"

namespace pf::nvmetool::test {

namespace {

VmInfo& vm(Inventory& in) { return in.vms.front(); }
DiskInfo& disk(Inventory& in) { return vm(in).disks.front(); }

} // namespace

std::vector<Violation> vm_violations() {
    return {
        {"D-USE-01",
         [](Inventory& in) {
             DatastoreInfo local;
             local.id = "datastore-local";
             local.name = "local-1";
             local.type = "VMFS";
             local.mounts = {{in.hosts.front().id, true, true}};
             in.datastores.push_back(local);
             vm(in).vmx_path = "[local-1] app/app.vmx";
         }},
        {"D-USE-02", [](Inventory& in) { vm(in).is_template = true; }},
        {"D-USE-11", [](Inventory& in) { vm(in).vcls = true; }},
        {"V-RDM-01", [](Inventory& in) { disk(in).rdm = RdmKind::Physical; }},
        {"V-SHARE-01", [](Inventory& in) { disk(in).multi_writer = true; }},
        {"V-BUS-01", [](Inventory& in) { vm(in).shared_bus = true; }},
        {"V-WSFC-01",
         [](Inventory& in) { vm(in).controllers.front().shared_bus = "physicalSharing"; }},
        {"V-MULTI-01",
         [](Inventory& in) { vm(in).datastore_ids.push_back(in.datastores.back().id); }},
        {"V-STATE-01", [](Inventory& in) { vm(in).connection_state = "orphaned"; }},
        {"V-TMPL-01", [](Inventory& in) { vm(in).is_template = true; }},
        {"V-FT-01", [](Inventory& in) { vm(in).fault_tolerant = true; }},
        {"V-TOOLS-01", [](Inventory& in) { vm(in).tools_running = false; }},
        {"V-INST-01", [](Inventory& in) { vm(in).tools_installer = true; }},
        {"V-SNAP-01", [](Inventory& in) { vm(in).has_snapshots = true; }},
        {"V-CONS-01", [](Inventory& in) { vm(in).consolidation_needed = true; }},
        {"V-LINK-01",
         [](Inventory& in) { disk(in).parents = {"[gold] gold-image/gold-image.vmdk"}; }},
        {"V-IND-01", [](Inventory& in) { disk(in).mode = "independent_nonpersistent"; }},
        {"V-FCD-01", [](Inventory& in) { disk(in).fcd_id = "4f5b"; }},
        {"V-IOF-01", [](Inventory& in) { disk(in).io_filters = {"vendor_cache"}; }},
        {"V-ENC-01", [](Inventory& in) { disk(in).encrypted = true; }},
        {"V-PASS-01", [](Inventory& in) { vm(in).passthrough = true; }},
        {"V-GPU-01", [](Inventory& in) { vm(in).vgpu = true; }},
        {"V-DISK-01", [](Inventory& in) { vm(in).disks.resize(65, disk(in)); }},
        {"V-SRM-01", [](Inventory& in) { vm(in).managed_by = "com.vmware.vcDr"; }},
        {"V-VR-01", [](Inventory& in) { vm(in).replicated = true; }},
        {"V-CBT-01", [](Inventory& in) { vm(in).cbt = true; }},
        {"V-MGR-01", [](Inventory& in) { vm(in).managed_by = "com.example.appliance"; }},
        {"V-SWAP-01", [](Inventory& in) { vm(in).swap_placement = "hostLocal"; }},
        {"V-UUID-01", [](Inventory& in) { vm(in).instance_uuid = in.vms[1].instance_uuid; }},
        {"V-CTX-01", [](Inventory& in) { vm(in).drs_override = "manual"; }},
        {"V-TAG-01", [](Inventory& in) { vm(in).tags = {"sla:24x7"}; }},
        {"V-ATTR-01",
         [](Inventory& in) {
             vm(in).attributes = {{"owner", "web team"}};
         }},
        {"V-PATH-01", [](Inventory& in) { disk(in).file = "/vmfs/volumes/65-1/a/a.vmdk"; }},
    };
}

} // namespace pf::nvmetool::test
