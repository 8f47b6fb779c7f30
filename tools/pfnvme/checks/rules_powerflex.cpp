// The PowerFlex system: release, targets, servers, capacity, limits; and its volumes.
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <map>

namespace pf::nvmetool {

namespace {

// Rules about the system answer once, and not at all in gate mode of a host or unit.
void system_object(CheckRun& run) {
    run.looked_at();
    run.at(run.inventory.powerflex.system_id, "PowerFlex " + called(run.inventory.powerflex));
}

void old_system(CheckRun& run) {
    system_object(run);
    const std::string& version = run.inventory.powerflex.version;
    if (version.empty()) {
        run.unknown("PowerFlex does not tell its version");
    } else if (compare_versions(version, run.limits.min_powerflex) < 0) {
        run.violated(fmt::format("PowerFlex {} has version {}; NVMe/TCP exists from {} on",
                                 called(run.inventory.powerflex), version,
                                 run.limits.min_powerflex));
    }
}

void unsupported_system(CheckRun& run) {
    system_object(run);
    const std::string& version = run.inventory.powerflex.version;
    if (version.empty()) {
        run.unknown("PowerFlex does not tell its version");
    } else if (compare_versions(version, run.limits.min_powerflex) >= 0 &&
               compare_versions(version, run.limits.recommended_powerflex) < 0) {
        run.violated(fmt::format("PowerFlex {} has version {}; ESXi is supported from {} on",
                                 called(run.inventory.powerflex), version,
                                 run.limits.recommended_powerflex));
    }
}

void no_system_nqn(CheckRun& run) {
    system_object(run);
    if (run.inventory.powerflex.nqn.empty()) {
        run.violated(fmt::format("PowerFlex {} tells no NQN", called(run.inventory.powerflex)));
    }
}

void mdm_not_redundant(CheckRun& run) {
    system_object(run);
    const PowerFlexInfo& info = run.inventory.powerflex;
    if (info.mdm_mode.empty() && info.mdm_state.empty()) {
        run.unknown("PowerFlex does not tell the state of its MDM cluster");
    } else if (info.mdm_mode == "SingleNode" || info.mdm_state == "NotClustered" ||
               info.mdm_state.find("Degraded") != std::string::npos ||
               info.mdm_state.find("NotSynced") != std::string::npos) {
        run.violated(fmt::format("the MDM of PowerFlex {} is {} ({})", called(info), info.mdm_mode,
                                 info.mdm_state));
    }
}

void no_target(CheckRun& run) {
    system_object(run);
    const auto serving = [](const SdtAddress& sdt) { return sdt.serving; };
    if (std::none_of(run.inventory.sdts.begin(), run.inventory.sdts.end(), serving)) {
        run.violated(fmt::format("PowerFlex system {} has no SDT that serves hosts",
                                 run.inventory.powerflex.system_id));
        return;
    }
    std::set<std::string> served;
    for (const SdtAddress& sdt : run.inventory.sdts) {
        if (sdt.serving) {
            served.insert(sdt.protection_domain_id);
        }
    }
    std::set<std::string> named;
    for (const VolumeInfo* volume : run.objects.volumes) {
        const PoolInfo* pool = run.inventory.pool(volume->pool_id);
        if (pool != nullptr && !served.contains(pool->protection_domain_id) &&
            named.insert(pool->protection_domain_id).second) {
            run.violated(fmt::format("protection domain '{}' of volume '{}' has no SDT",
                                     pool->protection_domain, volume->name));
        }
    }
}

void target_down(CheckRun& run) {
    for (const SdtAddress& sdt : run.inventory.sdts) {
        run.looked_at();
        run.at(sdt.sdt_id, "SDT " + sdt.sdt_name);
        if (!sdt.serving) {
            run.violated(fmt::format("SDT '{}' ({}) does not serve: {}{}", sdt.sdt_name, sdt.ip,
                                     sdt.state.empty() ? "disconnected" : sdt.state,
                                     sdt.maintenance.empty() || sdt.maintenance == "NoMaintenance"
                                         ? ""
                                         : ", " + sdt.maintenance));
        }
    }
}

void server_down(CheckRun& run) {
    for (const SdsInfo& sds : run.inventory.sdss) {
        run.looked_at();
        run.at(sds.id, "SDS " + sds.name);
        const bool maintained = !sds.maintenance.empty() && sds.maintenance != "NoMaintenance";
        if (sds.connection != "Connected" || maintained ||
            (!sds.state.empty() && sds.state != "Normal")) {
            run.violated(fmt::format("SDS '{}' is {}{}", sds.name,
                                     sds.connection == "Connected" ? sds.state : sds.connection,
                                     maintained ? ", " + sds.maintenance : ""));
        }
    }
}

void pool_degraded(CheckRun& run) {
    for (const PoolInfo& pool : run.inventory.pools) {
        run.looked_at();
        run.at(pool.id, "pool " + pool.name);
        if (!pool.capacity_known) {
            run.unknown(fmt::format("pool '{}' does not tell its capacity", pool.name));
        } else if (pool.failed_kib > 0 || pool.degraded_kib > 0) {
            run.violated(fmt::format("pool '{}' has {} GiB degraded and {} GiB failed", pool.name,
                                     pool.degraded_kib >> 20U, pool.failed_kib >> 20U));
        } else if (pool.rebuilding_kib > 0) {
            run.violated(
                fmt::format("pool '{}' rebuilds {} GiB", pool.name, pool.rebuilding_kib >> 20U));
        }
    }
}

void domain_inactive(CheckRun& run) {
    for (const PoolInfo& pool : run.inventory.pools) {
        run.looked_at();
        run.at(pool.protection_domain_id, "protection domain " + pool.protection_domain);
        if (pool.domain_state.empty()) {
            run.unknown(fmt::format("protection domain '{}' does not tell its state",
                                    pool.protection_domain));
        } else if (pool.domain_state != "Active") {
            run.violated(fmt::format("protection domain '{}' is {}", pool.protection_domain,
                                     pool.domain_state));
        }
    }
}

// Room for the copies of online moves: pool by pool, what candidates hold on it.
void no_room_online(CheckRun& run) {
    std::map<std::string, std::uint64_t> needed; // KiB by pool
    for (const VolumeInfo* volume : run.objects.volumes) {
        if (volume->protocol() == Protocol::Sdc) {
            needed[volume->pool_id] += volume->size_kib;
        }
    }
    for (const PoolInfo& pool : run.inventory.pools) {
        run.looked_at();
        run.at(pool.id, "pool " + pool.name);
        if (!pool.capacity_known) {
            run.unknown(fmt::format("pool '{}' does not tell its capacity", pool.name));
        } else if (needed[pool.id] > pool.net_unused_kib) {
            run.violated(fmt::format("pool '{}' has {} GiB free; a second copy of every volume "
                                     "on it would take {} GiB",
                                     pool.name, pool.net_unused_kib >> 20U,
                                     needed[pool.id] >> 20U));
        }
    }
}

// A safety snapshot costs what is written while it exists; a tenth of the volume is assumed.
void no_room_snapshot(CheckRun& run) {
    std::map<std::string, std::uint64_t> needed;
    for (const VolumeInfo* volume : run.objects.volumes) {
        if (volume->protocol() == Protocol::Sdc) {
            needed[volume->pool_id] += volume->size_kib / 10;
        }
    }
    for (const PoolInfo& pool : run.inventory.pools) {
        run.looked_at();
        run.at(pool.id, "pool " + pool.name);
        if (!pool.capacity_known) {
            run.unknown(fmt::format("pool '{}' does not tell its capacity", pool.name));
        } else if (needed[pool.id] > pool.net_unused_kib) {
            run.violated(fmt::format("pool '{}' has {} GiB free; safety snapshots of its volumes "
                                     "may take {} GiB",
                                     pool.name, pool.net_unused_kib >> 20U,
                                     needed[pool.id] >> 20U));
        }
    }
}

// Snapshots count with their whole size; both of a conversion stay until they are retired.
void over_allocated(CheckRun& run) {
    std::map<std::string, std::uint64_t> needed;
    for (const VolumeInfo* volume : run.objects.volumes) {
        if (volume->protocol() == Protocol::Sdc) {
            needed[volume->pool_id] += 2 * volume->size_kib;
        }
    }
    for (const PoolInfo& pool : run.inventory.pools) {
        run.looked_at();
        run.at(pool.id, "pool " + pool.name);
        if (!pool.allocation_limit_kib) {
            run.unknown(
                fmt::format("pool '{}' does not tell its volume allocation limit", pool.name));
        } else if (needed[pool.id] > *pool.allocation_limit_kib) {
            run.violated(fmt::format("pool '{}' may allocate {} GiB more; two safety snapshots of "
                                     "each of its volumes take {} GiB",
                                     pool.name, *pool.allocation_limit_kib >> 20U,
                                     needed[pool.id] >> 20U));
        }
    }
}

void too_many_volumes_of_host(CheckRun& run) {
    const std::uint64_t limit = run.powerflex_limit("volumesPerNvmeHost", 8192);
    for (const PowerFlexHost& host : run.inventory.powerflex_hosts) {
        if (!host.nvme) {
            continue;
        }
        run.looked_at();
        run.at(host.id, "NVMe host " + host.name);
        const std::size_t count = run.inventory.volumes_of(host).size();
        if (count > limit) {
            run.violated(fmt::format("NVMe host '{}' has {} volumes; PowerFlex allows {}",
                                     host.name, count, limit));
        }
    }
}

void too_many_hosts(CheckRun& run) {
    system_object(run);
    const std::uint64_t limit = run.powerflex_limit("nvmeHosts", 1024);
    std::size_t count = 0;
    for (const PowerFlexHost& host : run.inventory.powerflex_hosts) {
        count += host.nvme ? 1U : 0U;
    }
    for (const HostInfo& host : run.inventory.hosts) {
        count += !host.nqn.empty() && run.inventory.nvme_host(host.nqn) == nullptr ? 1U : 0U;
    }
    if (count > limit) {
        run.violated(
            fmt::format("{} NVMe hosts would be registered; PowerFlex allows {}", count, limit));
    }
}

void too_many_volumes(CheckRun& run) {
    system_object(run);
    const std::uint64_t limit = run.powerflex_limit("volumes", 131072);
    // An online move makes a volume; a conversion takes two snapshots, which count as volumes.
    const std::size_t more = run.objects.volumes.size() * (run.offline ? 2 : run.online ? 1 : 0);
    if (run.inventory.volumes.size() + more > limit) {
        run.violated(fmt::format("PowerFlex has {} volumes and would get {} more; it allows {}",
                                 run.inventory.volumes.size(), more, limit));
    }
}

void few_paths(CheckRun& run) {
    for (const PowerFlexHost& host : run.inventory.powerflex_hosts) {
        if (!host.nvme) {
            continue;
        }
        run.looked_at();
        run.at(host.id, "NVMe host " + host.name);
        if (host.max_paths > 0 && host.max_paths < 2) {
            run.violated(fmt::format("NVMe host '{}' may use {} path for a volume", host.name,
                                     host.max_paths));
        }
    }
}

void host_gone(CheckRun& run) {
    for (const PowerFlexHost& host : run.inventory.powerflex_hosts) {
        if (!host.nvme) {
            continue;
        }
        run.looked_at();
        run.at(host.id, "NVMe host " + host.name);
        const bool here = std::any_of(
            run.inventory.hosts.begin(), run.inventory.hosts.end(),
            [&](const HostInfo& item) { return run.inventory.nvme_host(item.nqn) == &host; });
        if (!here) {
            run.violated(
                fmt::format("NVMe host '{}' ({}) is no host of this vCenter", host.name, host.nqn));
        }
    }
}

void slow_first_hop(CheckRun& run) {
    system_object(run);
    const bool any =
        std::any_of(run.objects.volumes.begin(), run.objects.volumes.end(),
                    [](const VolumeInfo* volume) { return volume->protocol() == Protocol::Sdc; });
    if (any) {
        run.violated("a host reaches data over an SDT instead of straight from its data server: "
                     "one network hop more");
    }
}

} // namespace

std::vector<CheckRule> powerflex_rules() {
    return {
        {"P-VER-01",
         Severity::Blocker,
         Subject::PowerFlex,
         "PowerFlex is too old",
         "NVMe targets exist from PowerFlex 4.0 on.",
         "update PowerFlex",
         "PowerFlex 4.0 notes",
         {Fact::PowerFlex},
         old_system},
        {"P-VER-02",
         Severity::Warning,
         Subject::PowerFlex,
         "PowerFlex before 4.5",
         "ESXi over NVMe/TCP is supported with PowerFlex 4.5 and later.",
         "update PowerFlex",
         "Broadcom KB 312201",
         {Fact::PowerFlex},
         unsupported_system},
        {"P-NQN-01",
         Severity::Blocker,
         Subject::PowerFlex,
         "system NQN is not known",
         "Controllers are connected by the system's NQN.",
         "read it: scli --query_properties --object_type SYSTEM --properties NQN",
         "",
         {Fact::PowerFlex},
         no_system_nqn},
        {"P-MDM-01",
         Severity::Warning,
         Subject::PowerFlex,
         "MDM is not redundant",
         "Losing the only MDM stops every mapping change, in the middle of a unit too.",
         "bring the MDM cluster to three or five nodes: scli --switch_cluster_mode",
         "",
         {Fact::MdmCluster},
         mdm_not_redundant},
        {"P-SDT-01",
         Severity::Blocker,
         Subject::PowerFlex,
         "NVMe target is down",
         "Paths over it would be missing right after the change.",
         "start the SDT or end its maintenance",
         "",
         {Fact::Sdts},
         target_down},
        {"P-SDT-02",
         Severity::Blocker,
         Subject::PowerFlex,
         "no NVMe target",
         "Without an SDT in the volume's protection domain no host reaches it over NVMe.",
         "install or enable SDTs in the protection domain",
         "",
         {Fact::Sdts, Fact::PowerFlex},
         no_target},
        {"P-SDS-01",
         Severity::Blocker,
         Subject::PowerFlex,
         "data server is down",
         "With an SDS missing another failure loses data; changes wait.",
         "bring the SDS back and let the rebuild end",
         "",
         {Fact::Sdss},
         server_down},
        {"P-SDS-02",
         Severity::Blocker,
         Subject::PowerFlex,
         "pool is degraded or rebuilds",
         "Data stands in one copy; load and changes wait until it stands in two.",
         "wait for the rebuild's end",
         "",
         {Fact::PoolCapacity, Fact::PowerFlex},
         pool_degraded},
        {"P-PD-01",
         Severity::Blocker,
         Subject::PowerFlex,
         "protection domain is not active",
         "Its volumes can't be changed.",
         "activate the protection domain",
         "",
         {Fact::PowerFlex},
         domain_inactive},
        {"P-CAP-01",
         Severity::Warning,
         Subject::PowerFlex,
         "no room for second copies",
         "Online moves need source and target side by side.",
         "move in waves and retire sources, or move offline",
         "",
         {Fact::PoolCapacity, Fact::PowerFlex, Fact::Datastores},
         no_room_online,
         "",
         "",
         true,
         false},
        {"P-CAP-02",
         Severity::Blocker,
         Subject::PowerFlex,
         "no room for safety snapshots",
         "A pool that runs full stops every write on it.",
         "free space, or convert fewer datastores at once",
         "",
         {Fact::PoolCapacity, Fact::PowerFlex, Fact::Datastores},
         no_room_snapshot,
         "",
         "",
         false,
         true},
        {"P-CAP-03",
         Severity::Blocker,
         Subject::PowerFlex,
         "over the pool's volume allocation limit",
         "A pool allocates thin volumes and snapshots up to a limit, each with its whole size; "
         "above "
         "it PowerFlex refuses the snapshot or the new volume.",
         "remove old volumes and snapshots (pfnvme run cleanup), raise the pool's "
         "over-provisioning, or convert fewer datastores at once",
         "PowerFlex storage pool statistics: volumeAllocationLimitInKb",
         {Fact::PoolCapacity, Fact::PowerFlex, Fact::Datastores},
         over_allocated,
         "",
         "",
         false,
         true},
        {"P-LIM-01",
         Severity::Blocker,
         Subject::PowerFlex,
         "too many volumes for an NVMe host",
         "PowerFlex limits the volumes mapped to one NVMe host.",
         "map fewer volumes",
         "PowerFlex system limits: volumesPerNvmeHost",
         {Fact::PowerFlex},
         too_many_volumes_of_host},
        {"P-LIM-02",
         Severity::Blocker,
         Subject::PowerFlex,
         "too many NVMe hosts",
         "PowerFlex limits the NVMe hosts of a system.",
         "register fewer hosts",
         "PowerFlex system limits: nvmeHosts",
         {Fact::PowerFlex, Fact::Hosts},
         too_many_hosts},
        {"P-LIM-03",
         Severity::Blocker,
         Subject::PowerFlex,
         "too many volumes",
         "Online moves create one volume for each target datastore, conversions take two "
         "snapshots.",
         "consolidate datastores or remove old volumes",
         "PowerFlex system limits: volumes",
         {Fact::PowerFlex, Fact::Datastores},
         too_many_volumes},
        {"P-HOST-01",
         Severity::Warning,
         Subject::PowerFlex,
         "NVMe host is limited to one path",
         "maxNumPaths bounds the paths to each volume.",
         "pfnvme array nvme-host limits --max-paths 4",
         "",
         {Fact::PowerFlex},
         few_paths},
        {"P-HOST-02",
         Severity::Info,
         Subject::PowerFlex,
         "NVMe host is no host of this vCenter",
         "It may belong to another vCenter, or be left over.",
         "check it, then: pfnvme array nvme-host rm",
         "",
         {Fact::PowerFlex, Fact::Hosts},
         host_gone},
        {"W-PERF-01",
         Severity::Info,
         Subject::PowerFlex,
         "one network hop more",
         "An SDC asks the right data server itself; an NVMe host asks an SDT, which asks it. "
         "Compare latency before and after.",
         "pfnvme run report shows both",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         slow_first_hop},
    };
}

} // namespace pf::nvmetool
