#include "tools/pfnvme/plan/compile.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/units.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kMigrationSupport =
    "Online units use Storage vMotion, which VMware supports. Offline units follow the joint Dell "
    "and VMware "
    "procedure of Dell KB 000213232.";
constexpr std::string_view kOnboardingSupport =
    "NVMe/TCP with PowerFlex is supported on ESXi 7.0 U3f and later.";

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, name); });
}

bool in_clusters(const Inventory& inventory, const Intent& intent, const DatastoreInfo& datastore) {
    if (intent.clusters.empty()) {
        return true;
    }
    return std::any_of(datastore.mounts.begin(), datastore.mounts.end(),
                       [&](const DatastoreMount& mount) {
                           const HostInfo* host = inventory.host(mount.host_id);
                           return host != nullptr && matches_any(intent.clusters, host->cluster);
                       });
}

std::vector<const DatastoreInfo*> datastores_in_scope(const Inventory& inventory,
                                                      const Intent& intent) {
    std::vector<const DatastoreInfo*> out;
    for (const DatastoreInfo& datastore : inventory.datastores) {
        if (matches_any(intent.include_datastores, datastore.name) &&
            !matches_any(intent.exclude_datastores, datastore.name) &&
            in_clusters(inventory, intent, datastore)) {
            out.push_back(&datastore);
        }
    }
    std::sort(out.begin(), out.end(),
              [](const DatastoreInfo* a, const DatastoreInfo* b) { return a->name < b->name; });
    return out;
}

void fill_header(Plan& plan, const Inventory& inventory, const std::string& created_at,
                 const std::string& tool_version) {
    plan.created_at = created_at;
    plan.tool_version = tool_version;
    plan.inventory_sha256 = digest(inventory);
    plan.limits_version = std::string(limits_version());
    plan.vcenter_endpoint = inventory.vcenter.endpoint;
    plan.vcenter_uuid = inventory.vcenter.instance_uuid;
    plan.powerflex_endpoint = inventory.powerflex.endpoint;
    plan.powerflex_system = inventory.powerflex.system_id;
}

Result<const PoolInfo*> target_pool(const Inventory& inventory, const Intent& intent,
                                    const VolumeInfo& source) {
    if (intent.storage_pool.empty()) {
        const PoolInfo* pool = inventory.pool(source.pool_id);
        if (pool == nullptr) {
            return fail(Errc::InvalidArgument, "the pool of volume '{}' is not known", source.name);
        }
        return pool;
    }
    for (const PoolInfo& pool : inventory.pools) {
        if (pool.name == intent.storage_pool &&
            (intent.protection_domain.empty() ||
             pool.protection_domain == intent.protection_domain)) {
            return &pool;
        }
    }
    return fail(Errc::InvalidArgument,
                "PowerFlex has no storage pool '{}' in protection domain '{}'", intent.storage_pool,
                intent.protection_domain);
}

void append(std::vector<PlanFinding>& to, const std::vector<PlanFinding>& from) {
    for (const PlanFinding& item : from) {
        if (std::find(to.begin(), to.end(), item) == to.end()) {
            to.push_back(item);
        }
    }
}

struct Chosen {
    const DatastoreInfo* datastore;
    Strategy strategy;
};

// All that judges one datastore: itself, its VMs and its hosts.
std::vector<PlanFinding> judge(const Inventory& inventory, const Intent& intent,
                               const Chosen& chosen,
                               const std::map<std::string, std::uint32_t>& new_namespaces) {
    std::vector<PlanFinding> out = check_datastore(inventory, *chosen.datastore, chosen.strategy);
    for (const DatastoreMount& mount : chosen.datastore->mounts) {
        const HostInfo* host = inventory.host(mount.host_id);
        if (host == nullptr) {
            out.push_back(
                finding("E-CONN-01", "host " + mount.host_id,
                        fmt::format("host {} of datastore '{}' is not visible in this vCenter",
                                    mount.host_id, chosen.datastore->name)));
            continue;
        }
        const auto count = new_namespaces.find(host->id);
        append(out,
               check_host_ready(inventory, *host, count == new_namespaces.end() ? 0 : count->second,
                                intent.require_min_paths));
    }
    const VolumeInfo* source = inventory.sdc_volume_of(*chosen.datastore);
    if (chosen.strategy == Strategy::Online && source != nullptr) {
        const std::string volume_name = expand_name(intent.volume_name, chosen.datastore->name);
        const VolumeInfo* volume = inventory.volume_named(volume_name);
        if (volume != nullptr && volume->protocol() != Protocol::None) {
            out.push_back(finding(
                "P-PROTO-01", "volume " + volume_name,
                fmt::format("volume '{}', which is to be created for datastore '{}', "
                            "exists and is mapped by {}",
                            volume_name, chosen.datastore->name, to_string(volume->protocol())),
                "change target.naming.volume, or unmap and remove that volume"));
        }
        const std::string target = expand_name(intent.datastore_online, chosen.datastore->name);
        if (inventory.datastore_named(target) != nullptr) {
            out.push_back(finding("D-PF-01", "datastore " + target,
                                  fmt::format("a datastore named '{}' already exists", target),
                                  "change target.naming.datastore_online"));
        }
    }
    return out;
}

} // namespace

Result<Plan> compile_migration(const Inventory& inventory, const Intent& intent,
                               const CompileOptions& options) {
    Plan plan;
    plan.name = intent.name;
    plan.kind = "migration";
    plan.intent_sha256 = intent.sha256;
    plan.support = kMigrationSupport;
    fill_header(plan, inventory, options.created_at, options.tool_version);

    const std::vector<const DatastoreInfo*> scope = datastores_in_scope(inventory, intent);
    if (scope.empty()) {
        return fail(Errc::InvalidArgument,
                    "no datastore matches scope.datastores.include ({}); list them with: govc ls "
                    "datastore",
                    fmt::join(intent.include_datastores, ", "));
    }
    std::vector<Chosen> chosen;
    std::map<std::string, std::uint32_t> new_namespaces;
    for (const DatastoreInfo* datastore : scope) {
        const Use use = classify(intent, datastore->name);
        if (use == Use::Skip) {
            plan.left_behind.push_back(
                {"datastore " + datastore->name, "", "the intent classifies it as skip"});
            continue;
        }
        chosen.push_back({datastore, use == Use::Offline ? Strategy::Offline : Strategy::Online});
        for (const DatastoreMount& mount : datastore->mounts) {
            ++new_namespaces[mount.host_id];
        }
    }
    const bool any_offline = std::any_of(chosen.begin(), chosen.end(), [](const Chosen& item) {
        return item.strategy == Strategy::Offline;
    });
    if (any_offline && intent.accepted_kb.empty()) {
        return fail(Errc::InvalidArgument,
                    "the plan has offline units: read Dell KB 000213232 and set "
                    "strategy.offline.accept_kb: \"Dell 000213232\"");
    }

    // Names of snapshots need something of this compilation's own, short enough for PowerFlex.
    const std::string tag =
        sha256_hex(as_bytes(options.created_at + plan.inventory_sha256)).substr(0, 6);
    int online = 0;
    int offline = 0;
    for (const Strategy strategy : {Strategy::Online, Strategy::Offline}) {
        for (const Chosen& item : chosen) {
            if (item.strategy != strategy) {
                continue;
            }
            const std::vector<PlanFinding> findings =
                judge(inventory, intent, item, new_namespaces);
            append(plan.findings, findings);
            if (has_blocker(findings)) {
                const PlanFinding& blocker =
                    *std::find_if(findings.begin(), findings.end(),
                                  [](const PlanFinding& f) { return f.severity == "blocker"; });
                plan.left_behind.push_back(
                    {"datastore " + item.datastore->name, blocker.check, blocker.message});
                continue;
            }
            if (strategy == Strategy::Offline) {
                plan.units.push_back(make_offline_unit(inventory, intent, *item.datastore,
                                                       fmt::format("off-{:02}", ++offline), tag));
            } else {
                PF_TRY(const PoolInfo* pool,
                       target_pool(inventory, intent, *inventory.sdc_volume_of(*item.datastore)));
                plan.units.push_back(make_online_unit(inventory, intent, *item.datastore, *pool,
                                                      fmt::format("on-{:02}", ++online)));
            }
        }
    }
    if (has_blocker(plan.findings) && !options.skip_blocked) {
        plan.units.clear();
    }
    for (Unit& unit : plan.units) {
        unit.fingerprint = fingerprint(inventory, unit).value_or("");
    }
    seal(plan);
    return plan;
}

std::vector<PlannedPath> expected_paths(const Inventory& inventory, const HostInfo& host,
                                        const OnboardOptions& options) {
    std::size_t limit = limits_for(host.version).paths_per_namespace;
    if (const PowerFlexHost* registered = inventory.nvme_host(host.nqn);
        registered != nullptr && registered->max_paths > 0) {
        limit = std::min(limit, static_cast<std::size_t>(registered->max_paths));
    } else {
        limit = std::min<std::size_t>(limit, 4); // PowerFlex's default maxNumPaths of a new host
    }
    return plan_paths(choose_path_ends(host, inventory.sdts, options.vmks, options.nics),
                      inventory.sdts, limit);
}

Result<Plan> compile_onboarding(const Inventory& inventory, const OnboardOptions& options) {
    Plan plan;
    plan.name = "host-nvme";
    plan.kind = "onboarding";
    plan.support = kOnboardingSupport;
    fill_header(plan, inventory, options.created_at, options.tool_version);
    const PoolInfo* pool = nullptr;
    for (const PoolInfo& item : inventory.pools) {
        if (options.pool.empty() ? pool == nullptr : item.name == options.pool) {
            pool = &item;
        }
    }
    if (pool == nullptr) {
        return fail(Errc::InvalidArgument, "PowerFlex has no storage pool '{}' for probe volumes",
                    options.pool);
    }
    for (const std::string& id : options.host_ids) {
        const HostInfo* host = inventory.host(id);
        if (host == nullptr) {
            return fail(Errc::NotFound, "vCenter has no host {}", id);
        }
        std::vector<PlanFinding> findings = check_host(inventory, *host);
        const std::vector<PathEnd> ends =
            choose_path_ends(*host, inventory.sdts, options.vmks, options.nics);
        const std::vector<PlannedPath> paths = expected_paths(inventory, *host, options);
        if (!has_blocker(findings) && paths.empty()) {
            findings.push_back(finding(
                "N-TAG-01", "host " + host->name,
                fmt::format("host '{}' has no VMkernel port and NIC for NVMe/TCP", host->name)));
        }
        append(plan.findings, findings);
        if (has_blocker(findings)) {
            plan.left_behind.push_back({"host " + host->name, "", "a check blocks it"});
            continue;
        }
        if (paths.size() < 2) {
            append(plan.findings,
                   {finding("N-RED-01", "host " + host->name,
                            fmt::format("host '{}' gets a single path", host->name))});
        }
        plan.units.push_back(make_onboarding_unit(inventory, *host, ends, paths, *pool));
    }
    if (has_blocker(plan.findings)) {
        plan.units.clear();
    }
    for (Unit& unit : plan.units) {
        unit.fingerprint = fingerprint(inventory, unit).value_or("");
    }
    seal(plan);
    return plan;
}

} // namespace pf::nvmetool
