// Who else uses a datastore: what makes an unmount fail with "in use".
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace pf::nvmetool {

namespace {

// Datastore of a "[name] path" text.
const DatastoreInfo* datastore_of_path(const CheckRun& run, const std::string& path) {
    const std::string name = split_datastore_path(path).datastore;
    return name.empty() ? nullptr : run.inventory.datastore_named(name);
}

void guest_from_outside(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        const DatastoreInfo* home = datastore_of_path(run, vm.vmx_path);
        if (home != nullptr && !run.objects.datastore_ids.contains(home->id)) {
            run.violated(fmt::format("VM '{}' has its home on '{}', but files on a datastore that "
                                     "is to move",
                                     vm.name, home->name));
        }
    });
}

void templates(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.is_template) {
            run.violated(fmt::format("'{}' is a template", vm.name));
        }
    });
}

void media(CheckRun& run) {
    // An image keeps the datastore busy for VMs anywhere.
    for (const VmInfo& vm : run.inventory.vms) {
        for (const VmMedia& item : vm.media) {
            if (!item.connected || !run.objects.datastore_ids.contains(item.datastore_id)) {
                continue;
            }
            run.looked_at();
            run.at(vm.id, "VM " + vm.name);
            run.violated(fmt::format("VM '{}' has {} connected", vm.name, item.file),
                         fmt::format("govc device.cdrom.eject -vm '{}'", vm.name));
        }
    }
    run.vms([](const VmInfo&) {});
}

void storage_drs(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (!datastore.datastore_cluster.empty()) {
            run.violated(
                fmt::format("datastore '{}' is in the datastore cluster '{}'", datastore.name,
                            datastore.datastore_cluster),
                {}, datastore.sdrs_enabled.value_or(true) ? Severity::Blocker : Severity::Warning);
        }
    });
}

void storage_io_control(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (!datastore.sioc_enabled) {
            run.unknown(fmt::format("datastore '{}' does not tell its Storage I/O Control",
                                    datastore.name));
        } else if (*datastore.sioc_enabled) {
            run.violated(
                fmt::format("Storage I/O Control is on for datastore '{}'", datastore.name));
        }
    });
}

void heartbeat(CheckRun& run) {
    std::unordered_map<std::string, std::string> clusters; // datastore id → cluster
    bool all = true;
    for (const ClusterInfo& cluster : run.inventory.clusters) {
        if (!cluster.heartbeat_datastore_ids) {
            all = all && !cluster.ha_enabled;
            continue;
        }
        for (const std::string& id : *cluster.heartbeat_datastore_ids) {
            clusters.emplace(id, cluster.name);
        }
    }
    run.datastores([&](const DatastoreInfo& datastore) {
        const auto found = clusters.find(datastore.id);
        if (found != clusters.end()) {
            run.violated(fmt::format("HA of cluster '{}' uses datastore '{}' for heartbeats",
                                     found->second, datastore.name));
        } else if (!all) {
            run.unknown(fmt::format("a cluster with HA does not tell its heartbeat datastores, "
                                    "'{}' may be one",
                                    datastore.name));
        }
    });
}

// Does this host-side path lie on the datastore? "[name] …", "/vmfs/volumes/<uuid or name>/…"
bool on_datastore(const DatastoreInfo& datastore, const std::string& path) {
    if (path.starts_with("[" + datastore.name + "]")) {
        return true;
    }
    constexpr std::string_view kRoot = "/vmfs/volumes/";
    if (!path.starts_with(kRoot)) {
        return false;
    }
    const std::string rest = path.substr(kRoot.size());
    const std::string head = rest.substr(0, rest.find('/'));
    return head == datastore.uuid || head == datastore.name;
}

void dump(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        for (const HostInfo* host : run.hosts_of(datastore)) {
            if (!host->diagnostic_device && !host->coredump_file) {
                run.unknown(
                    fmt::format("host '{}' does not tell its core dump target", host->name));
                continue;
            }
            const bool partition = host->diagnostic_device && !host->diagnostic_device->empty() &&
                                   std::find(datastore.extents.begin(), datastore.extents.end(),
                                             *host->diagnostic_device) != datastore.extents.end();
            const bool file = host->coredump_file && on_datastore(datastore, *host->coredump_file);
            if (partition || file) {
                run.violated(fmt::format("host '{}' dumps core to datastore '{}'", host->name,
                                         datastore.name));
            }
        }
    });
}

void option_on_it(CheckRun& run, const std::string& option, std::string_view what) {
    run.datastores([&](const DatastoreInfo& datastore) {
        for (const HostInfo* host : run.hosts_of(datastore)) {
            const std::optional<std::string> path = host->option(option);
            if (!path) {
                run.unknown(fmt::format("host '{}' does not tell {}", host->name, option));
            } else if (on_datastore(datastore, *path)) {
                run.violated(fmt::format("host '{}' keeps its {} on datastore '{}'", host->name,
                                         what, datastore.name));
            }
        }
    });
}

void scratch(CheckRun& run) {
    option_on_it(run, "ScratchConfig.CurrentScratchLocation", "scratch folder");
}

void syslog(CheckRun& run) { option_on_it(run, "Syslog.global.logDir", "log files"); }

void host_swap(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        for (const HostInfo* host : run.hosts_of(datastore)) {
            if (!host->swap_datastore_id) {
                run.unknown(fmt::format("host '{}' does not tell where it swaps", host->name));
            } else if (*host->swap_datastore_id == datastore.id) {
                run.violated(fmt::format("host '{}' keeps VM swap files on datastore '{}'",
                                         host->name, datastore.name));
            }
        }
    });
}

void vcls(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.vcls) {
            run.violated(fmt::format("the cluster service VM '{}' stands here", vm.name));
        }
    });
}

void content_library(CheckRun& run) {
    run.datastores([&run](const DatastoreInfo& datastore) {
        if (!datastore.content_library) {
            run.unknown(fmt::format("whether datastore '{}' backs a content library is not known",
                                    datastore.name));
        } else if (*datastore.content_library) {
            run.violated(fmt::format("datastore '{}' backs a content library", datastore.name));
        }
    });
}

} // namespace

std::vector<CheckRule> datastore_use_rules() {
    return {
        {"D-USE-01",
         Severity::Blocker,
         Subject::Vm,
         "VM from elsewhere has files here",
         "Its home stays behind, so the unit would not take it down.",
         "bring its files to one datastore by Storage vMotion",
         "",
         {Fact::Vms, Fact::Datastores},
         guest_from_outside},
        {"D-USE-02",
         Severity::Info,
         Subject::Vm,
         "template on the datastore",
         "A template counts as a registered VM; an offline unit registers it again.",
         "nothing to do offline",
         "",
         {Fact::Vms, Fact::Datastores},
         templates,
         "",
         "",
         false,
         true},
        {"D-USE-03",
         Severity::Blocker,
         Subject::Vm,
         "image is connected",
         "A connected ISO or floppy image keeps the datastore busy.",
         "disconnect the image",
         "vSphere API: UnmountVmfsVolume, ResourceInUse",
         {Fact::Vms, Fact::VmHardware, Fact::Datastores},
         media},
        {"D-USE-04",
         Severity::Blocker,
         Subject::Datastore,
         "member of a datastore cluster",
         "Storage DRS would move VMs onto it or off it, and a member can't be unmounted.",
         "take it out of the datastore cluster",
         "vSphere API: UnmountVmfsVolume, ResourceInUse",
         {Fact::Datastores, Fact::DatastoreCluster},
         storage_drs},
        {"D-USE-05",
         Severity::Blocker,
         Subject::Datastore,
         "Storage I/O Control is on",
         "It keeps files open on the datastore.",
         "govc datastore.info; switch SIOC off for it",
         "vSphere API: UnmountVmfsVolume, ResourceInUse",
         {Fact::Datastores},
         storage_io_control},
        {"D-USE-06",
         Severity::Blocker,
         Subject::Datastore,
         "HA heartbeat datastore",
         "HA keeps a file open on it; unmounting fails or HA loses its second channel.",
         "choose other heartbeat datastores in the cluster's HA settings",
         "vSphere availability: heartbeat datastores",
         {Fact::Datastores, Fact::Clusters, Fact::Heartbeat},
         heartbeat},
        {"D-USE-07",
         Severity::Blocker,
         Subject::Datastore,
         "core dump target",
         "An active dump partition or file keeps the device open.",
         "esxcli system coredump file set --unconfigure, then remove it",
         "esxcli system coredump",
         {Fact::Datastores, Fact::HostDump},
         dump},
        {"D-USE-08",
         Severity::Blocker,
         Subject::Datastore,
         "scratch folder",
         "A host writes its state there all the time; moving it needs a reboot.",
         "set ScratchConfig.ConfiguredScratchLocation and reboot the host",
         "VMware KB 1033696",
         {Fact::Datastores, Fact::HostOptions},
         scratch},
        {"D-USE-09",
         Severity::Blocker,
         Subject::Datastore,
         "log folder",
         "A host writes its logs there.",
         "esxcli system syslog config set --logdir=…",
         "esxcli system syslog",
         {Fact::Datastores, Fact::HostOptions},
         syslog},
        {"D-USE-10",
         Severity::Blocker,
         Subject::Datastore,
         "host swap location",
         "Swap files of running VMs stand there, whatever datastore the VMs are on.",
         "choose another swap file location for the host",
         "",
         {Fact::Datastores, Fact::HostSwap},
         host_swap},
        {"D-USE-11",
         Severity::Blocker,
         Subject::Vm,
         "cluster service VM",
         "vCLS VMs come back as soon as they are gone.",
         "name other datastores for vCLS, or use retreat mode for the window",
         "vSphere cluster services",
         {Fact::Vms, Fact::Datastores},
         vcls},
        {"D-USE-12",
         Severity::Blocker,
         Subject::Datastore,
         "content library",
         "The library's items are known by datastore; a new UUID breaks them.",
         "move the library first",
         "vSphere content libraries",
         {Fact::Datastores, Fact::ContentLibraries},
         content_library},
    };
}

} // namespace pf::nvmetool
