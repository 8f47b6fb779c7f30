#include "tools/pfnvme/run/values.hpp"

#include <array>

namespace pf::nvmetool {

namespace {

struct FactName {
    Fact fact;
    std::string_view name;
};

constexpr std::array kFactNames{
    FactName{Fact::Hosts, "hosts"},
    FactName{Fact::HostNetwork, "host-network"},
    FactName{Fact::HostStorage, "host-storage"},
    FactName{Fact::HostDevices, "host-devices"},
    FactName{Fact::HostPathAna, "host-path-ana"},
    FactName{Fact::HostModules, "host-modules"},
    FactName{Fact::HostOptions, "host-options"},
    FactName{Fact::HostServices, "host-services"},
    FactName{Fact::HostDump, "host-dump"},
    FactName{Fact::HostSwap, "host-swap"},
    FactName{Fact::HostVibs, "host-vibs"},
    FactName{Fact::HostClaimRules, "host-claim-rules"},
    FactName{Fact::Unresolved, "unresolved-volumes"},
    FactName{Fact::Clusters, "clusters"},
    FactName{Fact::Heartbeat, "ha-heartbeat"},
    FactName{Fact::DrsOverrides, "drs-overrides"},
    FactName{Fact::Networks, "networks"},
    FactName{Fact::Datastores, "datastores"},
    FactName{Fact::DatastoreCluster, "datastore-clusters"},
    FactName{Fact::LockModes, "lock-modes"},
    FactName{Fact::ContentLibraries, "content-libraries"},
    FactName{Fact::Vms, "vms"},
    FactName{Fact::VmDisks, "vm-disks"},
    FactName{Fact::VmHardware, "vm-hardware"},
    FactName{Fact::VmSnapshots, "vm-snapshots"},
    FactName{Fact::VmUsage, "vm-usage"},
    FactName{Fact::VmContext, "vm-context"},
    FactName{Fact::Tags, "tags"},
    FactName{Fact::Attributes, "attributes"},
    FactName{Fact::PowerFlex, "powerflex"},
    FactName{Fact::Sdts, "sdts"},
    FactName{Fact::Sdss, "sdss"},
    FactName{Fact::PoolCapacity, "pool-capacity"},
    FactName{Fact::MdmCluster, "mdm-cluster"},
};

} // namespace

std::string_view to_string(Fact fact) {
    for (const FactName& item : kFactNames) {
        if (item.fact == fact) {
            return item.name;
        }
    }
    return "?";
}

std::vector<Fact> all_facts() {
    std::vector<Fact> out;
    for (const FactName& item : kFactNames) {
        out.push_back(item.fact);
    }
    return out;
}

} // namespace pf::nvmetool
