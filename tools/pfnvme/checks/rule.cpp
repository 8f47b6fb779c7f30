#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>

namespace pf::nvmetool {

const std::string& called(const PowerFlexInfo& system) {
    return system.name.empty() ? system.system_id : system.name;
}

namespace {

bool in_clusters(const std::vector<std::string>& clusters, const std::string& name) {
    return clusters.empty() || std::find(clusters.begin(), clusters.end(), name) != clusters.end();
}

} // namespace

CheckObjects objects_in_scope(const Inventory& inventory, const CheckScope& scope) {
    CheckObjects out;
    if (scope.host != nullptr) {
        out.hosts.push_back(scope.host);
        return out;
    }
    std::set<std::string> host_ids;
    if (scope.datastores.empty()) {
        for (const HostInfo& host : inventory.hosts) {
            if (in_clusters(scope.clusters, host.cluster)) {
                out.hosts.push_back(&host);
                host_ids.insert(host.id);
            }
        }
    }
    std::vector<const DatastoreInfo*> candidates = scope.datastores;
    if (candidates.empty()) {
        for (const DatastoreInfo& datastore : inventory.datastores) {
            const bool here = scope.clusters.empty() ||
                              std::any_of(datastore.mounts.begin(), datastore.mounts.end(),
                                          [&](const DatastoreMount& mount) {
                                              return host_ids.contains(mount.host_id);
                                          });
            if (here) {
                candidates.push_back(&datastore);
            }
        }
    }
    std::set<const VmInfo*> vms;
    std::set<const VolumeInfo*> volumes;
    for (const DatastoreInfo* datastore : candidates) {
        const VolumeInfo* volume = inventory.volume_of(*datastore);
        if (volume == nullptr && scope.datastores.empty()) {
            out.others.push_back(datastore);
            continue;
        }
        out.datastores.push_back(datastore);
        out.datastore_ids.insert(datastore->id);
        if (volume != nullptr && volumes.insert(volume).second) {
            out.volumes.push_back(volume);
        }
        for (const VmInfo* vm : inventory.vms_on(*datastore)) {
            if (vms.insert(vm).second) {
                out.vms.push_back(vm);
            }
        }
    }
    return out;
}

CheckRun::CheckRun(const Inventory& inventory_, const CheckScope& scope_,
                   const CheckObjects& objects_, const LimitTable& limits_, bool online_,
                   bool offline_)
    : inventory(inventory_), scope(scope_), objects(objects_), limits(limits_), online(online_),
      offline(offline_) {}

void CheckRun::at(std::string id, std::string name) {
    object_id_ = std::move(id);
    object_ = std::move(name);
}

void CheckRun::hosts(const std::function<void(const HostInfo&)>& look) {
    for (const HostInfo* host : objects.hosts) {
        if (host->connection_state != "connected" || !applies_to(*rule, host->version)) {
            continue;
        }
        looked_at();
        at(host->id, "host " + host->name);
        look(*host);
    }
}

void CheckRun::datastores(const std::function<void(const DatastoreInfo&)>& look) {
    for (const DatastoreInfo* datastore : objects.datastores) {
        looked_at();
        at(datastore->id, "datastore " + datastore->name);
        look(*datastore);
    }
}

void CheckRun::vms(const std::function<void(const VmInfo&)>& look) {
    for (const VmInfo* vm : objects.vms) {
        looked_at();
        object_id_ = vm->id;
        object_.clear(); // made when something is to be said: most VMs are fine
        look(*vm);
    }
}

void CheckRun::volumes(const std::function<void(const VolumeInfo&)>& look) {
    for (const VolumeInfo* volume : objects.volumes) {
        looked_at();
        at(volume->id, "volume " + volume->name);
        look(*volume);
    }
}

void CheckRun::clusters(const std::function<void(const ClusterInfo&)>& look) {
    if (scope.gate()) {
        return;
    }
    for (const ClusterInfo& cluster : inventory.clusters) {
        if (cluster.is_cluster && in_clusters(scope.clusters, cluster.name)) {
            looked_at();
            at(cluster.id, "cluster " + cluster.name);
            look(cluster);
        }
    }
}

void CheckRun::add(Verdict verdict, std::string message, std::string fix,
                   std::optional<Severity> severity) {
    if (object_.empty() && rule->subject == Subject::Vm) {
        const VmInfo* vm = inventory.vm(object_id_);
        object_ = "VM " + (vm == nullptr ? object_id_ : vm->name);
    }
    findings.push_back({std::string(rule->id), severity.value_or(rule->severity), verdict,
                        rule->subject, object_id_, object_, std::move(message),
                        fix.empty() ? std::string(rule->fix) : std::move(fix), ""});
    ++(verdict == Verdict::Unknown ? tally.unknown : tally.violated);
}

void CheckRun::violated(std::string message, std::string fix, std::optional<Severity> severity) {
    add(Verdict::Violated, std::move(message), std::move(fix), severity);
}

void CheckRun::unknown(std::string message) { add(Verdict::Unknown, std::move(message), {}, {}); }

std::vector<const HostInfo*> CheckRun::hosts_of(const DatastoreInfo& datastore) const {
    std::vector<const HostInfo*> out;
    for (const DatastoreMount& mount : datastore.mounts) {
        if (const HostInfo* host = inventory.host(mount.host_id)) {
            out.push_back(host);
        }
    }
    return out;
}

std::string CheckRun::lowest_version(const std::vector<const HostInfo*>& list) const {
    std::string out;
    for (const HostInfo* host : list) {
        if (!host->version.empty() && (out.empty() || compare_versions(host->version, out) < 0)) {
            out = host->version;
        }
    }
    return out;
}

std::uint64_t CheckRun::powerflex_limit(const std::string& name, std::uint64_t fallback) const {
    const auto told = inventory.powerflex.limits.find(name);
    return told != inventory.powerflex.limits.end() ? told->second
                                                    : limits.for_powerflex(name, fallback);
}

bool CheckRun::in_unit(const std::string& datastore_id) const {
    return scope.datastores.empty() || objects.datastore_ids.contains(datastore_id);
}

} // namespace pf::nvmetool
