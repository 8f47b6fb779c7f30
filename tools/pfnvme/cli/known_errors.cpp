#include "tools/pfnvme/cli/known_errors.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

std::span<const KnownError> known_errors() {
    static const std::vector<KnownError> kErrors{
        {"object or item referred to could not be found",
         "ESXi refuses to add a controller although the target answers a ping",
         {{"the VMkernel port has no NVMe over TCP service",
           "pfnvme host nvme apply, or: esxcli network ip interface tag add -i vmkN -t NVMeTCP",
           "N-TAG-01", "nvme.connect"},
          {"adapter and VMkernel port are on different NICs",
           "compare 'esxcli nvme adapter list' with the port group's active uplink", "N-NIC-02",
           "nvme.connect"},
          {"the adapter name does not exist on this host", "esxcli nvme adapter list", "",
           "nvme.connect", "adapter"},
          {"this release has no such esxcli namespace, or a VIB is missing",
           "update the host to ESXi 7.0 U3f or 8.x", "E-VER-01", ""}}},
        {"original volume is still online",
         "a VMFS copy can't be resignatured or mounted",
         {{"the same volume is still reachable by its old device",
           "unmap it from every SDC before the copy is resignatured", "P-PROTO-01", ""},
          {"a snapshot of the volume is mapped beside it", "unmap the snapshot", "D-UNRES-01",
           ""}}},
        {"cannot be unmounted",
         "something on the host uses the datastore",
         {{"a registered VM, template or connected image", "pfnvme check run --only D-USE",
           "D-USE-03", ""},
          {"it is an HA heartbeat datastore", "choose other heartbeat datastores", "D-USE-06", ""},
          {"scratch folder, logs, core dump or swap", "pfnvme check run --only D-USE", "D-USE-08",
           ""}}},
        {"resource in use",
         "a datastore or adapter is busy",
         {{"a VM, image, heartbeat, scratch folder or dump is on the datastore",
           "pfnvme check run --only D-USE", "D-USE-01", ""},
          {"the NIC has an NVMe/TCP adapter already", "esxcli nvme adapter list", "", ""}}},
        {"connect invalid host",
         "the target refuses the host",
         {{"PowerFlex does not know the host's NQN", "pfnvme host nvme apply registers it",
           "H-NQN-05", "nvme.connect"},
          {"two hosts have one NQN", "pfnvme check run --only H-NQN", "H-NQN-01", ""}}},
        {"no discovery log entries",
         "discovery finds nothing",
         {{"PowerFlex shows a host nothing before its first volume is mapped",
           "map a volume first: pfnvme host nvme apply does", "", "nvme.discover", "mapping"},
          {"the discovery port is 8009, not 4420", "give the port", "", "nvme.discover"}}},
        {"unsupported device attributes",
         "ESXi does not register the namespace",
         {{"its blocks are not 512 bytes long", "the target has to offer 512-byte blocks",
           "E-BLK-01", ""}}},
        {"the operation is not allowed in the current state",
         "vCenter refuses a move",
         {{"the VM is suspended, asks a question or has a task", "pfnvme check run --only V-STATE",
           "V-STATE-01", ""},
          {"a disk is shared or nonpersistent", "pfnvme check run --only V-", "V-SHARE-01", ""}}},
        {"insufficient disk space",
         "the target is too small",
         {{"thin disks grew, or swap and snapshots need room too", "choose a larger target",
           "D-FREE-01", ""}}},
        {"volume is already mapped",
         "PowerFlex refuses a second mapping",
         {{"it is mapped to another host and multiple mappings were not allowed",
           "pfnvme inventory show mappings", "P-MAP-01", ""}}},
    };
    return kErrors;
}

std::vector<const KnownError*> errors_in(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::vector<const KnownError*> out;
    for (const KnownError& item : known_errors()) {
        if (lower.find(item.part) != std::string::npos) {
            out.push_back(&item);
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const KnownError* a, const KnownError* b) {
        return a->part.size() > b->part.size();
    });
    return out;
}

} // namespace pf::nvmetool
