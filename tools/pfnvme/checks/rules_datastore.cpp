// Datastores: what they stand on, how they lock, who sees them.
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <unordered_map>

namespace pf::nvmetool {

namespace {

constexpr std::size_t kVolumeNameLength = 31;

// In gate mode every named datastore; in the estate those that look like ours and are not found.
void not_ours(CheckRun& run) {
    if (run.scope.gate()) {
        run.datastores([&run](const DatastoreInfo& datastore) {
            if (run.inventory.sdc_volume_of(datastore) != nullptr) {
                return;
            }
            const bool moved = run.inventory.nvme_volume_of(datastore) != nullptr;
            run.violated(moved
                             ? fmt::format("datastore '{}' is on NVMe already", datastore.name)
                             : fmt::format("datastore '{}' is not on an SDC volume of PowerFlex {}",
                                           datastore.name, run.inventory.powerflex.system_id));
        });
        return;
    }
    const std::string& system = run.inventory.powerflex.system_id;
    for (const DatastoreInfo* datastore : run.objects.others) {
        run.looked_at();
        run.at(datastore->id, "datastore " + datastore->name);
        for (const std::string& device : datastore->extents) {
            if (volume_of_sdc_device(system, device) || volume_of_nvme_device(system, device)) {
                run.violated(fmt::format("datastore '{}' is on {}, a volume that PowerFlex {} does "
                                         "not have",
                                         datastore->name, device, called(run.inventory.powerflex)));
            }
        }
    }
}

void spanned(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (datastore.extents.size() > 1) {
            run.violated(fmt::format("datastore '{}' spans {} devices", datastore.name,
                                     datastore.extents.size()));
        }
    });
}

void not_vmfs6(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (datastore.vmfs_major == 0) {
            run.unknown(
                fmt::format("datastore '{}' does not tell its VMFS version", datastore.name));
        } else if (datastore.vmfs_major != 6) {
            run.violated(
                fmt::format("datastore '{}' is VMFS {}", datastore.name, datastore.vmfs_major));
        }
    });
}

void not_accessible(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        for (const DatastoreMount& mount : datastore.mounts) {
            if (!mount.mounted || !mount.accessible) {
                const HostInfo* host = run.inventory.host(mount.host_id);
                run.violated(fmt::format("datastore '{}' is not accessible on host '{}'",
                                         datastore.name,
                                         host == nullptr ? mount.host_id : host->name));
            }
        }
    });
}

void not_ats(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (!datastore.lock_mode) {
            run.unknown(fmt::format("datastore '{}' does not tell its lock mode", datastore.name));
        } else if (*datastore.lock_mode != "ATS" && *datastore.lock_mode != "ATS-only") {
            run.violated(
                fmt::format("datastore '{}' locks by {}", datastore.name, *datastore.lock_mode));
        }
    });
}

void vvol(CheckRun& run) {
    for (const auto* list : {&run.objects.datastores, &run.objects.others}) {
        for (const DatastoreInfo* datastore : *list) {
            run.looked_at();
            run.at(datastore->id, "datastore " + datastore->name);
            if (datastore->type == "VVOL" || datastore->type == "vVol") {
                run.violated(fmt::format("datastore '{}' holds virtual volumes", datastore->name));
            }
        }
    }
}

void clustered_vmdk(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (!datastore.clustered_vmdk) {
            run.unknown(fmt::format("datastore '{}' does not tell whether it holds clustered disks",
                                    datastore.name));
            return;
        }
        const std::string lowest = run.lowest_version(run.hosts_of(datastore));
        if (*datastore.clustered_vmdk) {
            const bool supported = !lowest.empty() && compare_versions(lowest, "8.0.3") >= 0;
            run.violated(fmt::format("datastore '{}' allows clustered disks; its hosts run ESXi "
                                     "{}",
                                     datastore.name, lowest.empty() ? "?" : lowest),
                         {}, supported ? Severity::Warning : Severity::Blocker);
        }
    });
}

void maintenance(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (!datastore.maintenance_mode.empty() && datastore.maintenance_mode != "normal") {
            run.violated(fmt::format("datastore '{}' is in maintenance ({})", datastore.name,
                                     datastore.maintenance_mode));
        }
    });
}

void force_mounted(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (datastore.force_mounted) {
            run.violated(fmt::format("datastore '{}' is force-mounted with a foreign signature",
                                     datastore.name));
        }
    });
}

void device_state(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        for (const HostInfo* host : run.hosts_of(datastore)) {
            for (const std::string& name : datastore.extents) {
                const DeviceInfo* device = host->device(name);
                if (device == nullptr) {
                    run.violated(fmt::format("host '{}' mounts datastore '{}', but does not list "
                                             "its device {}",
                                             host->name, datastore.name, name));
                } else if (device->lost || !device->attached) {
                    run.violated(fmt::format("on host '{}' the device of datastore '{}' is {}",
                                             host->name, datastore.name,
                                             device->lost ? "lost" : "detached"));
                }
            }
        }
    });
}

void same_name(CheckRun& run) {
    std::unordered_map<std::string, int> names;
    for (const DatastoreInfo& item : run.inventory.datastores) {
        ++names[item.name];
    }
    run.datastores([&](const DatastoreInfo& datastore) {
        if (names[datastore.name] > 1) {
            run.violated(
                fmt::format("{} datastores are named '{}'", names[datastore.name], datastore.name));
        }
    });
}

void long_name(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        // The intent's default names the new volume "nvme-<datastore>".
        if (datastore.name.size() + 5 > kVolumeNameLength ||
            datastore.name.find(' ') != std::string::npos) {
            run.violated(fmt::format("'nvme-{}' is no name for a PowerFlex volume (at most {} "
                                     "characters, no space)",
                                     datastore.name, kVolumeNameLength));
        }
    });
}

void nearly_full(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (datastore.capacity_bytes == 0) {
            run.unknown(fmt::format("datastore '{}' does not tell its capacity", datastore.name));
        } else if (datastore.free_bytes < datastore.capacity_bytes / 20) {
            run.violated(fmt::format("datastore '{}' has {} % free", datastore.name,
                                     datastore.free_bytes * 100 / datastore.capacity_bytes));
        }
    });
}

void too_large(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        const std::string lowest = run.lowest_version(run.hosts_of(datastore));
        const std::uint64_t limit = run.limits.for_esxi(lowest).max_device_tib << 40U;
        if (datastore.capacity_bytes > limit) {
            run.violated(fmt::format("datastore '{}' has {} TiB; a VMFS datastore has at most {}",
                                     datastore.name, datastore.capacity_bytes >> 40U,
                                     limit >> 40U));
        }
    });
}

void wrong_capacity(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        const VolumeInfo* volume = run.inventory.volume_of(datastore);
        if (volume != nullptr && datastore.capacity_bytes > volume->size_kib * 1024) {
            run.violated(fmt::format("datastore '{}' ({} GiB) is larger than its volume '{}' ({} "
                                     "GiB)",
                                     datastore.name, datastore.capacity_bytes >> 30U, volume->name,
                                     volume->size_kib >> 20U));
        }
    });
}

void several_clusters(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        std::set<std::string> clusters;
        for (const HostInfo* host : run.hosts_of(datastore)) {
            clusters.insert(host->cluster.empty() ? host->name : host->cluster);
        }
        if (clusters.size() > 1) {
            run.violated(fmt::format("datastore '{}' is mounted by hosts of {}", datastore.name,
                                     fmt::join(clusters, ", ")));
        }
    });
}

void unknown_host(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        for (const DatastoreMount& mount : datastore.mounts) {
            if (run.inventory.host(mount.host_id) == nullptr) {
                run.violated(fmt::format("datastore '{}' is mounted by host {}, which the "
                                         "inventory does not have",
                                         datastore.name, mount.host_id));
            }
        }
        if (datastore.mounts.empty()) {
            run.violated(fmt::format("datastore '{}' is mounted by no host", datastore.name));
        }
    });
}

} // namespace

std::vector<CheckRule> datastore_rules() {
    return {
        {"D-PF-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is not on a PowerFlex SDC volume",
         "Only datastores on volumes of this PowerFlex system are moved.",
         "leave it out of the scope, or name the right PowerFlex system",
         "",
         {Fact::Datastores, Fact::PowerFlex},
         not_ours},
        {"D-SPAN-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore spans several devices",
         "All extents would have to change together; with one missing it can't be resignatured.",
         "move its VMs by Storage vMotion to a datastore on one device",
         "",
         {Fact::Datastores},
         spanned,
         "",
         "",
         false,
         true},
        {"D-VMFS-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is not VMFS 6",
         "Conversion needs VMFS 6 with ATS-only locking.",
         "move its VMs to a VMFS 6 datastore",
         "Dell KB 000213232",
         {Fact::Datastores},
         not_vmfs6,
         "",
         "",
         false,
         true},
        {"D-ACC-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is not accessible on every host",
         "A host that has lost the datastore can't release it.",
         "repair the access first",
         "",
         {Fact::Datastores},
         not_accessible},
        {"D-LOCK-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is not ATS-only",
         "NVMe-oF has no SCSI-2 reservations; the datastore must lock by ATS alone.",
         "esxcli storage vmfs lockmode set --ats --volume-label NAME (all hosts, no I/O)",
         "Dell KB 000213232; vSphere storage: VMFS locking",
         {Fact::Datastores, Fact::LockModes},
         not_ats,
         "",
         "",
         false,
         true},
        {"D-VVOL-01",
         Severity::Blocker,
         Subject::Datastore,
         "virtual volumes",
         "PowerFlex has no virtual volumes over NVMe-oF.",
         "move its VMs to a VMFS datastore",
         "vSphere storage: vVols and NVMe",
         {Fact::Datastores},
         vvol},
        {"D-CVMDK-01",
         Severity::Blocker,
         Subject::Datastore,
         "clustered disks are allowed",
         "Clustered virtual disks on NVMe/TCP need ESXi 8.0 U3 and target reservations.",
         "move the clusters away, or update all hosts to 8.0 U3",
         "vSphere 8.0 U3 storage: clustered VMDK",
         {Fact::Datastores, Fact::Hosts},
         clustered_vmdk},
        {"D-MAINT-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is in maintenance",
         "Storage DRS empties it at this moment.",
         "wait, or end the maintenance",
         "",
         {Fact::Datastores},
         maintenance},
        {"D-FORCE-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is force-mounted",
         "It keeps a signature that belongs to another device.",
         "unmount it and resignature it first",
         "vSphere storage: duplicate VMFS",
         {Fact::Datastores},
         force_mounted},
        {"D-DEV-01",
         Severity::Blocker,
         Subject::Datastore,
         "device is lost or detached",
         "The host can't release cleanly what it can't reach.",
         "attach the device or repair the path, then rescan",
         "",
         {Fact::Datastores, Fact::HostDevices},
         device_state},
        {"D-NAME-01",
         Severity::Warning,
         Subject::Datastore,
         "datastore name is not unique",
         "Two datacenters may use one name; a plan names datastores.",
         "rename one of them",
         "",
         {Fact::Datastores},
         same_name},
        {"D-NAME-02",
         Severity::Info,
         Subject::Datastore,
         "name does not fit a volume",
         "PowerFlex names have at most 31 characters and no space; the target volume gets a "
         "shortened name.",
         "nothing to do, or set target.naming.volume in the intent",
         "PowerFlex: names",
         {Fact::Datastores},
         long_name,
         "",
         "",
         true,
         false},
        {"D-FREE-01",
         Severity::Warning,
         Subject::Datastore,
         "datastore is nearly full",
         "Power-on needs room for swap files; snapshots need room for what is written.",
         "free some space first",
         "",
         {Fact::Datastores},
         nearly_full},
        {"D-SIZE-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is too large",
         "VMFS 6 ends at 64 TiB.",
         "split it over several datastores",
         "VMware configuration maximums",
         {Fact::Datastores, Fact::Hosts},
         too_large},
        {"D-SIZE-02",
         Severity::Blocker,
         Subject::Datastore,
         "datastore is larger than its volume",
         "The file system reaches beyond its device: data at the end is lost.",
         "do not touch it; compare the volume with its history",
         "",
         {Fact::Datastores, Fact::PowerFlex},
         wrong_capacity},
        {"D-SHARE-01",
         Severity::Warning,
         Subject::Datastore,
         "datastore of several clusters",
         "All their hosts must be onboarded before it changes its protocol.",
         "plan the clusters together",
         "",
         {Fact::Datastores, Fact::Hosts},
         several_clusters},
        {"D-HOST-01",
         Severity::Blocker,
         Subject::Datastore,
         "datastore has an unknown host",
         "A host outside the inventory would keep it mounted while it changes.",
         "collect with an account that sees every host",
         "",
         {Fact::Datastores, Fact::Hosts},
         unknown_host},
    };
}

} // namespace pf::nvmetool
