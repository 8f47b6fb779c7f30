#include "tools/pfnvme/adapters/vsphere_missing.hpp"

#include <map>
#include <tuple>

namespace pf::nvmetool {

namespace {

struct Stands {
    std::string_view type, path; // of a property or of what is below it; empty: all others
    std::set<Fact> facts;
};

// First match counts.
const std::vector<Stands>& table() {
    static const std::vector<Stands> rows = {
        {"VirtualMachine", "config.annotation", {}},
        {"VirtualMachine", "config.changeVersion", {}},
        {"VirtualMachine", "guestHeartbeatStatus", {}},
        {"VirtualMachine", "config.hardware.device", {Fact::VmDisks, Fact::VmHardware}},
        {"VirtualMachine", "config.hardware", {Fact::VmHardware}},
        {"VirtualMachine", "snapshot", {Fact::VmSnapshots}},
        {"VirtualMachine", "storage", {Fact::VmUsage}},
        {"VirtualMachine", "layoutEx", {Fact::VmUsage}},
        {"VirtualMachine", "customValue", {Fact::Attributes}},
        {"VirtualMachine", "parent", {Fact::VmContext}},
        {"VirtualMachine", "resourcePool", {Fact::VmContext}},
        {"VirtualMachine", "", {Fact::Vms}},
        {"HostSystem", "config.network", {Fact::HostNetwork}},
        {"HostSystem", "config.activeDiagnosticPartition", {Fact::HostDump}},
        {"HostSystem", "config.localSwapDatastore", {Fact::HostSwap}},
        {"HostSystem", "config.service", {Fact::HostServices}},
        {"HostSystem",
         "configManager",
         {Fact::HostNetwork, Fact::HostStorage, Fact::HostDevices, Fact::HostOptions,
          Fact::HostModules, Fact::Unresolved}},
        {"HostSystem", "", {Fact::Hosts}},
        {"Datastore", "", {Fact::Datastores}},
        {"ComputeResource", "configurationEx", {Fact::Clusters, Fact::DrsOverrides}},
        {"ComputeResource", "", {Fact::Clusters}},
        {"StoragePod", "", {Fact::DatastoreCluster}},
        {"DistributedVirtualPortgroup", "", {Fact::Networks}},
        {"Folder", "", {Fact::VmContext}},
        {"Datacenter", "", {Fact::VmContext}},
        {"ResourcePool", "", {Fact::VmContext}},
    };
    return rows;
}

bool is_or_below(std::string_view path, std::string_view above) {
    return path == above ||
           (path.starts_with(above) && (path[above.size()] == '.' || path[above.size()] == '['));
}

} // namespace

std::set<Fact> facts_of_property(const std::string& type, const std::string& path) {
    std::string_view known = type;
    if (known == "ClusterComputeResource") {
        known = "ComputeResource";
    }
    for (const Stands& row : table()) {
        if (row.type == known && (row.path.empty() || is_or_below(path, row.path))) {
            return row.facts;
        }
    }
    return {};
}

void note_missing(const std::vector<vim::MissingProperty>& missing, VsphereEstate& estate) {
    // By kind of object, property and reason.
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::string>> groups;
    for (const vim::MissingProperty& item : missing) {
        const std::string why =
            item.fault + (item.privilege.empty() ? "" : ", needs " + item.privilege);
        groups[{item.object.type, item.path, why}].push_back(item.object.id);
        for (const Fact fact : facts_of_property(item.object.type, item.path)) {
            estate.facts.erase(fact);
        }
    }
    for (const auto& [key, objects] : groups) {
        const auto& [type, path, why] = key;
        estate.gaps.push_back(objects.size() == 1
                                  ? fmt::format("{} of {} {}: {}", path, type, objects.front(), why)
                                  : fmt::format("{} of {} objects of type {} (the first: {}): {}",
                                                path, objects.size(), type, objects.front(), why));
    }
}

} // namespace pf::nvmetool
