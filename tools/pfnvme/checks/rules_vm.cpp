// Virtual machines: what Storage vMotion or an offline conversion can't take along.
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <unordered_map>

namespace pf::nvmetool {

namespace {

void rdm(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            if (disk.rdm != RdmKind::None) {
                run.violated(fmt::format("VM '{}' has a {} raw device mapping ({})", vm.name,
                                         disk.rdm == RdmKind::Virtual ? "virtual" : "physical",
                                         disk.label));
            }
        }
    });
}

void shared_disk(CheckRun& run) {
    // Who else uses each multi-writer file.
    std::unordered_map<std::string, std::vector<const VmInfo*>> users;
    for (const VmInfo& vm : run.inventory.vms) {
        for (const DiskInfo& disk : vm.disks) {
            if (disk.multi_writer) {
                users[disk.file].push_back(&vm);
            }
        }
    }
    run.vms([&](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            if (!disk.multi_writer) {
                continue;
            }
            if (run.online && !run.offline) {
                run.violated(fmt::format("VM '{}' shares the disk {}; Storage vMotion can't move "
                                         "it",
                                         vm.name, disk.label));
                continue;
            }
            const std::vector<const VmInfo*>& sharers = users[disk.file];
            const auto outside =
                std::find_if(sharers.begin(), sharers.end(), [&](const VmInfo* other) {
                    return std::any_of(other->datastore_ids.begin(), other->datastore_ids.end(),
                                       [&](const std::string& id) { return !run.in_unit(id); });
                });
            if (outside != sharers.end()) {
                run.violated(fmt::format("VM '{}' shares the disk {} with '{}', which is not in "
                                         "the same unit",
                                         vm.name, disk.label, (*outside)->name));
            } else if (!run.scope.gate()) {
                run.violated(fmt::format("VM '{}' shares the disk {}", vm.name, disk.label), {},
                             run.offline && !run.online ? Severity::Warning : Severity::Blocker);
            }
        }
    });
}

void bus_sharing(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.shared_bus) {
            run.violated(fmt::format("VM '{}' has SCSI bus sharing", vm.name));
        }
    });
}

// Failover clusters on shared disks: physical bus sharing, or clustered disks.
void failover_cluster(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        const bool physical =
            std::any_of(vm.controllers.begin(), vm.controllers.end(), [](const VmController& item) {
                return item.shared_bus == "physicalSharing";
            });
        if (!physical) {
            return;
        }
        std::string lowest;
        for (const std::string& id : vm.datastore_ids) {
            if (const DatastoreInfo* datastore = run.inventory.datastore(id)) {
                lowest = run.lowest_version(run.hosts_of(*datastore));
            }
        }
        const bool supported = !lowest.empty() && compare_versions(lowest, "8.0.3") >= 0;
        run.violated(
            fmt::format("VM '{}' is a node of a failover cluster on shared disks", vm.name), {},
            supported ? Severity::Warning : Severity::Blocker);
    });
}

void several_datastores(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.datastore_ids.size() < 2) {
            return;
        }
        const auto outside = std::find_if(vm.datastore_ids.begin(), vm.datastore_ids.end(),
                                          [&](const std::string& id) { return !run.in_unit(id); });
        if (outside != vm.datastore_ids.end()) {
            // Half a VM can't change its protocol, and its other half would be left behind.
            const DatastoreInfo* datastore = run.inventory.datastore(*outside);
            run.violated(fmt::format("VM '{}' uses {} datastores, '{}' among them, which is not "
                                     "in the same unit",
                                     vm.name, vm.datastore_ids.size(),
                                     datastore == nullptr ? *outside : datastore->name),
                         "move the datastores together, or bring its disks to one datastore",
                         Severity::Blocker);
        } else {
            run.violated(
                fmt::format("VM '{}' uses {} datastores", vm.name, vm.datastore_ids.size()));
        }
    });
}

void state(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        std::string text;
        if (vm.connection_state != "connected") {
            text = vm.connection_state.empty() ? "in an unknown state" : vm.connection_state;
        } else if (vm.power_state == "suspended") {
            text = "suspended";
        } else if (!vm.question.empty()) {
            text = "waiting for an answer";
        }
        if (!text.empty()) {
            run.violated(fmt::format("VM '{}' is {}", vm.name, text));
        }
    });
}

void template_online(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.is_template) {
            run.violated(
                fmt::format("VM '{}' is a template, which Storage vMotion does not move", vm.name));
        }
    });
}

void fault_tolerance(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.fault_tolerant) {
            run.violated(fmt::format("VM '{}' is protected by Fault Tolerance", vm.name));
        }
    });
}

void no_tools(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.power_state == "poweredOn" && !vm.tools_running && !vm.vcls) {
            run.violated(fmt::format("VM '{}' runs without VMware Tools", vm.name));
        }
    });
}

void tools_installer(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.tools_installer) {
            run.violated(fmt::format("VM '{}' has the VMware Tools installer mounted", vm.name));
        }
    });
}

void snapshots(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.has_snapshots || !vm.snapshots.empty()) {
            run.violated(fmt::format("VM '{}' has {} snapshots", vm.name,
                                     vm.snapshots.empty() ? std::string("some")
                                                          : std::to_string(vm.snapshots.size())));
        }
    });
}

void consolidation(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.consolidation_needed) {
            run.violated(fmt::format("VM '{}' needs disk consolidation", vm.name));
        }
    });
}

std::string folder_of(const std::string& file) {
    return file.substr(0, file.rfind('/') == std::string::npos ? 0 : file.rfind('/'));
}

// A parent disk that stands in another VM's folder: a linked clone.
void linked_clone(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            const auto foreign = std::find_if(disk.parents.begin(), disk.parents.end(),
                                              [&](const std::string& parent) {
                                                  return folder_of(parent) != folder_of(disk.file);
                                              });
            if (foreign == disk.parents.end() && !disk.linked_clone) {
                continue;
            }
            const DatastoreInfo* parent_home =
                foreign == disk.parents.end()
                    ? nullptr
                    : run.inventory.datastore_named(split_datastore_path(*foreign).datastore);
            const bool outside = parent_home != nullptr && !run.in_unit(parent_home->id);
            run.violated(fmt::format("VM '{}' is a linked clone{}{}", vm.name,
                                     foreign == disk.parents.end() ? "" : " of " + *foreign,
                                     outside ? ", which is not in the same unit" : ""),
                         {}, outside ? std::optional(Severity::Blocker) : std::nullopt);
            return;
        }
    });
}

void nonpersistent(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            if (disk.mode == "independent_nonpersistent" && vm.power_state == "poweredOn") {
                run.violated(fmt::format("disk {} of VM '{}' is independent and nonpersistent",
                                         disk.label, vm.name));
            }
        }
    });
}

void first_class_disk(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            if (!disk.fcd_id.empty()) {
                run.violated(
                    fmt::format("disk {} of VM '{}' is a first class disk", disk.label, vm.name));
            }
        }
    });
}

void io_filter(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            if (!disk.io_filters.empty()) {
                run.violated(fmt::format("disk {} of VM '{}' has the I/O filter {}", disk.label,
                                         vm.name, disk.io_filters.front()));
            }
        }
    });
}

void encrypted(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        const bool any = std::any_of(vm.disks.begin(), vm.disks.end(),
                                     [](const DiskInfo& disk) { return disk.encrypted; });
        if (vm.encrypted || any) {
            run.violated(fmt::format("VM '{}' is encrypted", vm.name));
        }
    });
}

void passthrough(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.passthrough && !vm.vgpu) {
            run.violated(fmt::format("VM '{}' has a passthrough device", vm.name));
        }
    });
}

void vgpu(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.vgpu) {
            run.violated(fmt::format("VM '{}' has a vGPU", vm.name));
        }
    });
}

void many_disks(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.disks.size() > 64) {
            run.violated(fmt::format("VM '{}' has {} disks", vm.name, vm.disks.size()));
        }
    });
}

} // namespace

std::vector<CheckRule> vm_rules() {
    const std::vector<Fact> disks{Fact::Vms, Fact::VmDisks, Fact::Datastores};
    const std::vector<Fact> hardware{Fact::Vms, Fact::VmHardware, Fact::Datastores};
    const std::vector<Fact> vms{Fact::Vms, Fact::Datastores};
    return {
        {"V-RDM-01", Severity::Blocker, Subject::Vm, "VM has a raw device mapping",
         "RDM is not supported on NVMe-oF, in any release.",
         "convert a virtual RDM to a VMDK by Storage vMotion; a physical one stays on SDC",
         "vSphere storage: NVMe-oF requirements", disks, rdm},
        {"V-SHARE-01", Severity::Blocker, Subject::Vm, "VM shares a disk",
         "Storage vMotion can't move a VM with a multi-writer disk; offline all sharers must "
         "move together.",
         "move offline with all sharers in one unit, or take them out of the scope",
         "vSphere Storage vMotion requirements", disks, shared_disk},
        {"V-BUS-01", Severity::Blocker, Subject::Vm, "VM has SCSI bus sharing",
         "Shared buses need reservations, and Storage vMotion does not move them.",
         "take the VM out of the scope", "vSphere Storage vMotion requirements", vms, bus_sharing},
        {"V-WSFC-01", Severity::Blocker, Subject::Vm, "node of a failover cluster",
         "Clustered disks on NVMe/TCP need ESXi 8.0 U3 and NVMe reservations of the target.",
         "leave the cluster on SDC, or update all hosts to 8.0 U3 and test failover",
         "vSphere 8.0 U3 storage: clustered VMDK", hardware, failover_cluster},
        {"V-MULTI-01", Severity::Warning, Subject::Vm, "VM uses several datastores",
         "Its files refer to each other by datastore; the datastores have to move together.",
         "plan the datastores as one unit, or bring its disks to one datastore", "", vms,
         several_datastores},
        {"V-STATE-01", Severity::Blocker, Subject::Vm, "VM is not in a state to be moved",
         "Suspended, inaccessible or asking VMs can't be moved safely.",
         "bring the VM into a plain state first", "", vms, state},
        {"V-TMPL-01", Severity::Blocker, Subject::Vm, "template can't move online",
         "RelocateVM refuses templates.", "convert it to a VM first, or move offline",
         "vSphere API: RelocateVM_Task", vms, template_online, "", "", true, false},
        {"V-FT-01", Severity::Blocker, Subject::Vm, "VM is fault tolerant",
         "Both copies would have to move at once.", "switch Fault Tolerance off for the window",
         "vSphere fault tolerance", vms, fault_tolerance},
        {"V-TOOLS-01", Severity::Warning, Subject::Vm, "VM runs without VMware Tools",
         "Its guest can't be shut down cleanly.",
         "install VMware Tools, or accept strategy.offline.shutdown.then: power-off", "", vms,
         no_tools, "", "", false, true},
        {"V-INST-01", Severity::Blocker, Subject::Vm, "VMware Tools installer is mounted",
         "Storage vMotion refuses a VM while the installer is mounted.",
         "end the installation: govc vm.guest.tools -unmount",
         "vSphere Storage vMotion requirements", hardware, tools_installer, "", "", true, false},
        {"V-SNAP-01",
         Severity::Warning,
         Subject::Vm,
         "VM has snapshots",
         "They move along, but slow a Storage vMotion and lengthen the chain of references.",
         "delete snapshots that nobody needs",
         "",
         {Fact::Vms, Fact::VmSnapshots, Fact::Datastores},
         snapshots},
        {"V-CONS-01", Severity::Blocker, Subject::Vm, "disks need consolidation",
         "Redo logs without a snapshot: a failed backup left them; they may be locked.",
         "consolidate the disks first", "vSphere snapshots", vms, consolidation},
        {"V-LINK-01", Severity::Warning, Subject::Vm, "linked clone",
         "Clone and parent refer to each other; Storage vMotion copies the parent's blocks for "
         "every clone.",
         "keep parent and clones in one unit", "vSphere API: diskMoveType", disks, linked_clone},
        {"V-IND-01", Severity::Blocker, Subject::Vm, "independent nonpersistent disk",
         "Storage vMotion refuses a running VM with such a disk.",
         "power the VM off first, or move offline", "vSphere Storage vMotion requirements", disks,
         nonpersistent, "", "", true, false},
        {"V-FCD-01", Severity::Blocker, Subject::Vm, "first class disk",
         "Container volumes are catalogued by datastore URL; a new signature breaks them.",
         "move it online, or leave it out", "vSphere first class disks", disks, first_class_disk,
         "", "", false, true},
        {"V-IOF-01", Severity::Warning, Subject::Vm, "I/O filter",
         "The filter's vendor has to support the move and NVMe.",
         "ask the filter's vendor, or remove the filter policy", "vSphere I/O filters", disks,
         io_filter},
        {"V-ENC-01", Severity::Warning, Subject::Vm, "VM is encrypted",
         "The host that registers it needs the key provider.",
         "check that the key provider answers every host", "vSphere VM encryption", disks,
         encrypted},
        {"V-PASS-01", Severity::Warning, Subject::Vm, "passthrough device",
         "The VM is bound to its host: it can't be moved away, and starts there only.",
         "move it offline, on the same host", "", hardware, passthrough},
        {"V-GPU-01", Severity::Warning, Subject::Vm, "vGPU",
         "A Storage vMotion stuns such a VM for long.", "move it offline", "", hardware, vgpu},
        {"V-DISK-01", Severity::Blocker, Subject::Vm, "too many disks for one move",
         "A Storage vMotion moves at most 64 disks.", "move offline",
         "vSphere API: maxNumDisksSVMotion", disks, many_disks, "", "", true, false},
    };
}

} // namespace pf::nvmetool
