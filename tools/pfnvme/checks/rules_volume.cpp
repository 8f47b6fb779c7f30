// The volumes behind datastores: protocols, mappings, replication, snapshots.
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace pf::nvmetool {

namespace {

void wrong_protocol(CheckRun& run) {
    if (!run.scope.gate()) {
        // The estate's rule: nothing may be mapped by both.
        for (const VolumeInfo& volume : run.inventory.volumes) {
            run.looked_at();
            run.at(volume.id, "volume " + volume.name);
            if (volume.protocol() == Protocol::Mixed) {
                run.violated(
                    fmt::format("volume '{}' is mapped by SDC and by NVMe at once", volume.name));
            }
        }
        return;
    }
    run.volumes([&run](const VolumeInfo& volume) {
        if (volume.protocol() != Protocol::Sdc) {
            run.violated(fmt::format("volume '{}' is mapped by {}; SDC was expected", volume.name,
                                     to_string(volume.protocol())));
        }
    });
}

// SDCs that the datastores on a volume account for; nullopt: a host's SDC is not known.
struct Expected {
    std::set<std::string> ids;
    bool complete = true;
    std::size_t hosts = 0;
};

Expected expected_hosts(const CheckRun& run, const VolumeInfo& volume) {
    Expected out;
    for (const DatastoreInfo* datastore : run.objects.datastores) {
        if (run.inventory.volume_of(*datastore) != &volume) {
            continue;
        }
        for (const DatastoreMount& mount : datastore->mounts) {
            const HostInfo* host = run.inventory.host(mount.host_id);
            const PowerFlexHost* sdc = host == nullptr ? nullptr : run.inventory.sdc_of(*host);
            ++out.hosts;
            if (sdc == nullptr) {
                out.complete = false;
            } else {
                out.ids.insert(sdc->id);
            }
        }
    }
    return out;
}

void stranger(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        if (volume.protocol() != Protocol::Sdc) {
            return;
        }
        const Expected expected = expected_hosts(run, volume);
        if (expected.complete) {
            for (const MappingInfo& mapping : volume.mappings) {
                if (!mapping.nvme && !expected.ids.contains(mapping.host_id)) {
                    run.violated(fmt::format("volume '{}' is also mapped to SDC '{}', which is "
                                             "none of the datastore's hosts",
                                             volume.name, mapping.host_name));
                }
            }
        } else if (volume.mappings.size() > expected.hosts) {
            run.violated(fmt::format("volume '{}' is mapped to {} SDCs, its datastore is on {} "
                                     "hosts",
                                     volume.name, volume.mappings.size(), expected.hosts));
        } else {
            run.unknown(fmt::format("the SDC of a host with volume '{}' is not known, so a "
                                    "stranger among its mappings can't be told",
                                    volume.name));
        }
    });
}

void replicated(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        if (volume.replicated) {
            run.violated(fmt::format("volume '{}' is replicated", volume.name));
        }
    });
}

void limited(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        for (const MappingInfo& mapping : volume.mappings) {
            if (mapping.limit_iops != 0 || mapping.limit_mib_per_s != 0) {
                run.violated(fmt::format("volume '{}' is limited to {} IOPS and {} MiB/s for "
                                         "'{}'",
                                         volume.name, mapping.limit_iops, mapping.limit_mib_per_s,
                                         mapping.host_name));
                return;
            }
        }
    });
}

void read_only(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        const bool any = std::any_of(volume.mappings.begin(), volume.mappings.end(),
                                     [](const MappingInfo& item) { return item.read_only; });
        if (any || volume.access_limit == "ReadOnly") {
            run.violated(fmt::format("volume '{}' is mapped read-only", volume.name));
        }
    });
}

void many_snapshots(CheckRun& run) {
    std::unordered_map<std::string, std::size_t> trees;
    for (const VolumeInfo& volume : run.inventory.volumes) {
        ++trees[volume.vtree_id];
    }
    const std::uint64_t limit = run.powerflex_limit("volumePerVtree", 126);
    run.volumes([&](const VolumeInfo& volume) {
        if (volume.vtree_id.empty()) {
            run.unknown(fmt::format("volume '{}' does not tell its V-Tree", volume.name));
        } else if (trees[volume.vtree_id] + 2 > limit) {
            run.violated(fmt::format("the V-Tree of volume '{}' has {} members; {} are allowed",
                                     volume.name, trees[volume.vtree_id], limit));
        }
    });
}

void is_snapshot(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        if (!volume.ancestor_id.empty()) {
            run.violated(
                fmt::format("volume '{}' is a snapshot of '{}'", volume.name, volume.ancestor_id));
        }
    });
}

void no_restore(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        if (!volume.consistency_group.empty() && !volume.ancestor_id.empty()) {
            run.violated(fmt::format("volume '{}' belongs to the consistency group {}", volume.name,
                                     volume.consistency_group));
        }
    });
}

void two_datastores(CheckRun& run) {
    std::unordered_map<std::string, const DatastoreInfo*> first;
    for (const DatastoreInfo* datastore : run.objects.datastores) {
        const VolumeInfo* volume = run.inventory.volume_of(*datastore);
        if (volume == nullptr) {
            continue;
        }
        run.looked_at();
        run.at(volume->id, "volume " + volume->name);
        const auto [known, added] = first.emplace(volume->id, datastore);
        if (!added) {
            run.violated(fmt::format("datastores '{}' and '{}' are on the one volume '{}'",
                                     known->second->name, datastore->name, volume->name));
        }
    }
}

void not_mapped(CheckRun& run) {
    run.volumes([&run](const VolumeInfo& volume) {
        if (volume.mappings.empty()) {
            run.violated(fmt::format("volume '{}' is behind a datastore, but mapped to nobody",
                                     volume.name));
        }
    });
}

} // namespace

std::vector<CheckRule> volume_rules() {
    return {
        {"P-PROTO-01",
         Severity::Blocker,
         Subject::Volume,
         "volume is reached by the wrong protocol",
         "A volume is mapped by SDC or by NVMe, never by both: two ways of locking would "
         "corrupt it.",
         "unmap one protocol first",
         "PowerFlex: one protocol for a volume",
         {Fact::PowerFlex},
         wrong_protocol},
        {"P-MAP-01",
         Severity::Blocker,
         Subject::Volume,
         "volume is mapped to a stranger",
         "Another machine uses the volume; it would lose it.",
         "unmap it there, or bring that host into the scope",
         "",
         {Fact::PowerFlex, Fact::HostModules, Fact::Datastores},
         stranger},
        {"P-MAP-02",
         Severity::Warning,
         Subject::Volume,
         "volume is mapped to nobody",
         "vCenter still shows the datastore; it is gone for the hosts.",
         "map the volume again, or remove the stale datastore",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         not_mapped},
        {"P-REP-01",
         Severity::Blocker,
         Subject::Volume,
         "volume is replicated",
         "A replicated volume can't be mapped to NVMe hosts, and a snapshot of it can't be "
         "restored during rollback.",
         "remove it from its replication group",
         "OpenStack Cinder, PowerFlex driver",
         {Fact::PowerFlex, Fact::Datastores},
         replicated},
        {"P-QOS-01",
         Severity::Warning,
         Subject::Volume,
         "mapping has limits",
         "IOPS and bandwidth limits belong to a mapping; pfnvme sets them again on the new one.",
         "nothing to do; verify after the move",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         limited},
        {"P-RO-01",
         Severity::Blocker,
         Subject::Volume,
         "volume is read-only",
         "A datastore needs read and write access.",
         "allow writes: setVolumeMappingAccessMode",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         read_only},
        {"P-SNAP-01",
         Severity::Blocker,
         Subject::Volume,
         "no room in the V-Tree for a snapshot",
         "A V-Tree has a limited number of members; the two safety snapshots would be more.",
         "remove old snapshots of the volume",
         "PowerFlex system limits: volumePerVtree",
         {Fact::PowerFlex, Fact::Datastores},
         many_snapshots,
         "",
         "",
         false,
         true},
        {"P-SNAP-02",
         Severity::Warning,
         Subject::Volume,
         "datastore is on a snapshot",
         "Its origin may carry the same signature elsewhere.",
         "make sure that the origin is not mapped to the same hosts",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         is_snapshot},
        {"P-SNAP-03",
         Severity::Info,
         Subject::Volume,
         "member of a consistency group",
         "Restoring one member breaks the group's consistency.",
         "convert all members in one window",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         no_restore,
         "",
         "",
         false,
         true},
        {"P-DS-01",
         Severity::Blocker,
         Subject::Volume,
         "one volume behind two datastores",
         "Two objects of vCenter on one device: one of them is stale.",
         "remove the stale datastore from vCenter",
         "",
         {Fact::PowerFlex, Fact::Datastores},
         two_datastores},
    };
}

} // namespace pf::nvmetool
