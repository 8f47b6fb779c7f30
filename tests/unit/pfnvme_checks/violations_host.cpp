#include "tests/unit/pfnvme_checks/violations.hpp"

namespace pf::nvmetool::test {

namespace {

HostInfo& host(Inventory& in) { return in.hosts.front(); }

DeviceInfo& nvme_device(Inventory& in) {
    for (DeviceInfo& device : host(in).devices) {
        if (device.nvme) {
            return device;
        }
    }
    return host(in).devices.front();
}

} // namespace

std::vector<Violation> host_violations() {
    return {
        {"E-CONN-01", [](Inventory& in) { host(in).connection_state = "notResponding"; }},
        {"E-VER-01", [](Inventory& in) { host(in).version = "7.0.2"; }},
        {"E-VER-02",
         [](Inventory& in) {
             host(in).version = "7.0.3";
             host(in).build = "19193900";
         }},
        {"E-VER-03", [](Inventory& in) { host(in).version = "8.0.2"; }},
        {"E-MAINT-01", [](Inventory& in) { host(in).in_maintenance = true; }},
        {"E-TCP-01", [](Inventory& in) { host(in).nvme_tcp_supported = false; }},
        {"E-DISC-01", [](Inventory& in) { host(in).discovery_supported = false; }},
        {"H-NQN-01", [](Inventory& in) { host(in).nqn = in.hosts[1].nqn; }},
        {"H-NQN-02", [](Inventory& in) { host(in).nqn.clear(); }},
        {"H-NQN-03",
         [](Inventory& in) { host(in).nqn = "nqn.2014-08.localdomain:nvme:localhost"; }},
        {"H-NQN-04", [](Inventory& in) { host(in).nqn = "nqn.14-08.example:esx"; }},
        {"H-NQN-05", [](Inventory& in) { host(in).nqn = "nqn.2014-08.example:nvme:renamed"; }},
        {"H-SDC-01",
         [](Inventory& in) { host(in).sdc_guid = "FFFFFFFF-0000-4000-8000-000000000000"; }},
        {"N-SDC-01", [](Inventory& in) { in.powerflex_hosts.front().connected = false; }},
        {"E-PPVE-01", [](Inventory& in) { host(in).powerpath = true; }},
        {"E-HPP-02", [](Inventory& in) { host(in).claim_rules = {"120 MASK_PATH vendor=NVMe"}; }},
        {"E-MAXLUN-01", [](Inventory& in) { host(in).options["Disk.MaxLUN"] = "256"; }},
        {"E-PDL-01", [](Inventory& in) { host(in).options["Disk.AutoremoveOnPDL"] = "0"; }},
        {"E-SVM-01", [](Inventory& in) { host(in).storage_vmotion = false; }},
        {"E-SSH-01",
         [](Inventory& in) {
             host(in).services.front() = {"TSM-SSH", true, "on"};
         }},
        {"P-HCI-01",
         [](Inventory& in) {
             in.vms.front().name = "PowerFlex-SVM-1";
             in.vms.front().passthrough = true;
         }},
        {"E-ANA-01",
         [](Inventory& in) {
             for (DevicePath& path : nvme_device(in).paths) {
                 path.ana = "inaccessible";
             }
         }},
        {"E-HPP-01", [](Inventory& in) { nvme_device(in).plugin = "NMP"; }},
        {"E-PATH-01", [](Inventory& in) { --nvme_device(in).paths_active; }},
        {"E-BLK-01", [](Inventory& in) { nvme_device(in).block_bytes = 4096; }},
        {"E-SIZE-01", [](Inventory& in) { --nvme_device(in).blocks; }},
        {"E-VAAI-01", [](Inventory& in) { nvme_device(in).vaai = "vStorageUnsupported"; }},
        {"E-FUSED-01", [](Inventory& in) { host(in).controllers.front().fused = false; }},
        {"E-PATH-02", [](Inventory& in) { host(in).controllers.front().online = false; }},
        {"E-STALE-01", [](Inventory& in) { host(in).controllers.front().address = "10.10.1.99"; }},
        {"E-FOREIGN-01",
         [](Inventory& in) {
             host(in).controllers.front().subsystem_nqn = "nqn.1992-08.com.other:array1";
         }},
        {"E-PATH-03", [](Inventory& in) { host(in).controllers.pop_back(); }},
        {"D-UNRES-01",
         [](Inventory& in) {
             host(in).unresolved.push_back({"snap", "65-1", "eui.1", "/vmfs/devices", true, false});
         }},
        {"E-NIC-01", [](Inventory& in) { host(in).nics.front().speed_mbit = 0; }},
        {"N-TAG-01",
         [](Inventory& in) {
             for (VmkNic& vmk : host(in).vmks) {
                 vmk.nvme_tagged = false;
             }
         }},
        {"N-NIC-02",
         [](Inventory& in) {
             host(in).vmks.front().uplinks = {"vmnic0", "vmnic1"};
         }},
        {"N-RED-01",
         [](Inventory& in) {
             host(in).vmks.pop_back();
             host(in).nics.pop_back();
         }},
        {"N-NET-01", [](Inventory& in) { host(in).vmks.front().address = "192.168.7.20"; }},
        {"N-MTU-01", [](Inventory& in) { host(in).vmks.front().switch_mtu = 1500; }},
        {"N-MTU-02", [](Inventory& in) { host(in).vmks.front().mtu = 1500; }},
        {"L-PATH-01",
         [](Inventory& in) {
             while (host(in).controllers.size() <= 8) {
                 host(in).controllers.push_back(host(in).controllers.front());
             }
         }},
        {"L-NS-01",
         [](Inventory& in) {
             for (int i = 0; i < 257; ++i) {
                 host(in).controllers.front().devices.push_back("eui." + std::to_string(i));
             }
         }},
        {"L-NS-02",
         [](Inventory& in) {
             for (HostInfo& item : in.hosts) {
                 item.version = "7.0.3"; // 32 namespaces
             }
             for (int i = 0; i < 40; ++i) {
                 VolumeInfo volume = in.volumes.back();
                 volume.id = "3bd1f788000010" + std::to_string(10 + i);
                 DatastoreInfo datastore = in.datastores.back();
                 datastore.id = "datastore-x" + std::to_string(i);
                 datastore.extents = {sdc_device_name(in.powerflex.system_id, volume.id)};
                 in.volumes.push_back(volume);
                 in.datastores.push_back(datastore);
             }
         }},
        {"L-PATH-02",
         [](Inventory& in) {
             for (NvmeController& controller : host(in).controllers) {
                 for (int i = 0; i < 600; ++i) {
                     controller.devices.push_back("eui." + std::to_string(i));
                 }
             }
         }},
        {"L-VMFS-01",
         [](Inventory& in) {
             const DatastoreInfo one = in.datastores.back();
             in.datastores.resize(1025, one);
             for (DatastoreInfo& item : in.datastores) {
                 item.mounts = {{host(in).id, true, true}};
             }
         }},
    };
}

} // namespace pf::nvmetool::test
