// What hangs on a VM's registration and has to be captured before, and restored after.
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <unordered_map>

namespace pf::nvmetool {

namespace {

void site_recovery(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        const bool placeholder = vm.managed_by.find("vcDr") != std::string::npos;
        const bool tagged = std::any_of(vm.tags.begin(), vm.tags.end(), [](const std::string& tag) {
            return tag.starts_with("SRM") || tag.find("com.vmware.vcDr") != std::string::npos;
        });
        if (placeholder || tagged) {
            run.violated(fmt::format("VM '{}' belongs to Site Recovery Manager", vm.name), {},
                         placeholder ? Severity::Blocker : Severity::Warning);
        }
    });
}

void vsphere_replication(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.replicated) {
            run.violated(fmt::format("VM '{}' is replicated by vSphere Replication", vm.name));
        }
    });
}

void change_tracking(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.cbt) {
            run.violated(fmt::format("VM '{}' tracks changed blocks", vm.name));
        }
    });
}

void managed(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (!vm.managed_by.empty() && !vm.vcls && vm.managed_by.find("vcDr") == std::string::npos) {
            run.violated(fmt::format("VM '{}' is managed by {}", vm.name, vm.managed_by));
        }
    });
}

void swap_elsewhere(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (vm.swap_placement == "hostLocal") {
            run.violated(fmt::format("VM '{}' swaps to its host's own location", vm.name));
        }
    });
}

void duplicate_uuid(CheckRun& run) {
    std::unordered_map<std::string, int> seen;
    for (const VmInfo& vm : run.inventory.vms) {
        ++seen[vm.instance_uuid];
    }
    run.vms([&](const VmInfo& vm) {
        if (vm.instance_uuid.empty()) {
            run.unknown(fmt::format("VM '{}' tells no instance UUID", vm.name));
        } else if (seen[vm.instance_uuid] > 1) {
            run.violated(fmt::format("{} VMs have the instance UUID {} of VM '{}'",
                                     seen[vm.instance_uuid], vm.instance_uuid, vm.name));
        }
    });
}

void overrides(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        const bool drs = vm.drs_override && !vm.drs_override->empty();
        const bool ha = vm.ha_override && !vm.ha_override->empty();
        if (!vm.drs_override || !vm.ha_override) {
            run.unknown(fmt::format("the DRS and HA overrides of VM '{}' are not known", vm.name));
        } else if (drs || ha || !vm.drs_rules.empty()) {
            run.violated(fmt::format("VM '{}' has {}", vm.name,
                                     !vm.drs_rules.empty() ? "the rule " + vm.drs_rules.front()
                                     : drs                 ? "the DRS override " + *vm.drs_override
                                                           : "the HA override " + *vm.ha_override));
        }
    });
}

void tags(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (!vm.tags.empty()) {
            run.violated(fmt::format("VM '{}' has {} tags", vm.name, vm.tags.size()));
        }
    });
}

void attributes(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        if (!vm.attributes.empty()) {
            run.violated(
                fmt::format("VM '{}' has {} custom attributes", vm.name, vm.attributes.size()));
        }
    });
}

// Paths that name a datastore by UUID break when the UUID changes.
void absolute_path(CheckRun& run) {
    run.vms([&run](const VmInfo& vm) {
        for (const DiskInfo& disk : vm.disks) {
            const auto absolute = [](const std::string& file) {
                return file.starts_with("/vmfs/volumes/");
            };
            if (absolute(disk.file) ||
                std::any_of(disk.parents.begin(), disk.parents.end(), absolute)) {
                run.violated(fmt::format("disk {} of VM '{}' is named by an absolute path",
                                         disk.label, vm.name));
                return;
            }
        }
    });
}

} // namespace

std::vector<CheckRule> vm_context_rules() {
    const std::vector<Fact> vms{Fact::Vms, Fact::Datastores};
    return {
        {"V-SRM-01", Severity::Blocker, Subject::Vm, "Site Recovery Manager",
         "Array-based protection does not cover NVMe-oF; a protection group is broken by a new "
         "registration.",
         "take the VM out of its protection group, or waive with the owner's consent",
         "vSphere storage: NVMe-oF requirements", vms, site_recovery},
        {"V-VR-01", Severity::Warning, Subject::Vm, "vSphere Replication",
         "Registering the VM again breaks its replication; the seed stays useful.",
         "pause the replication, configure it again afterwards", "vSphere Replication", vms,
         vsphere_replication, "", "", false, true},
        {"V-CBT-01", Severity::Info, Subject::Vm, "changed block tracking",
         "Backups that go by managed object id start with a full one after an offline move.",
         "tell the backup team", "", vms, change_tracking, "", "", false, true},
        {"V-MGR-01", Severity::Warning, Subject::Vm, "VM is managed by an extension",
         "Its manager knows it by managed object id and may undo or refuse the change.",
         "ask the extension's owner", "vSphere API: ManagedByInfo", vms, managed},
        {"V-SWAP-01", Severity::Warning, Subject::Vm, "swap file elsewhere",
         "A swap file on another datastore keeps that datastore busy while the VM runs.",
         "use the VM's own folder for swap", "", vms, swap_elsewhere},
        {"V-UUID-01", Severity::Blocker, Subject::Vm, "instance UUID is not unique",
         "A unit finds its VMs again by instance UUID.",
         "give the copy its own: govc vm.change -uuid", "", vms, duplicate_uuid},
        {"V-CTX-01",
         Severity::Info,
         Subject::Vm,
         "DRS or HA settings of its own",
         "They hang on the registration; pfnvme captures and restores them.",
         "nothing to do",
         "",
         {Fact::Vms, Fact::Datastores, Fact::DrsOverrides},
         overrides,
         "",
         "",
         false,
         true},
        {"V-TAG-01",
         Severity::Info,
         Subject::Vm,
         "tags",
         "They hang on the registration and are set again where the account may do so.",
         "nothing to do; verify in the report",
         "",
         {Fact::Vms, Fact::Datastores, Fact::Tags},
         tags,
         "",
         "",
         false,
         true},
        {"V-ATTR-01",
         Severity::Info,
         Subject::Vm,
         "custom attributes",
         "They hang on the registration; pfnvme captures and restores them.",
         "nothing to do",
         "",
         {Fact::Vms, Fact::Datastores, Fact::Attributes},
         attributes,
         "",
         "",
         false,
         true},
        {"V-PATH-01",
         Severity::Warning,
         Subject::Vm,
         "absolute path",
         "A path by datastore UUID breaks when the datastore gets a new one.",
         "move it online, or name the disk by a relative path",
         "",
         {Fact::Vms, Fact::VmDisks, Fact::Datastores},
         absolute_path,
         "",
         "",
         false,
         true},
    };
}

} // namespace pf::nvmetool
