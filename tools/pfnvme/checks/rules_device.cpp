// NVMe devices, controllers and paths as the hosts see them.
#include "tools/pfnvme/checks/rule.hpp"
#include "tools/pfnvme/inventory/path_plan.hpp"

#include <algorithm>
#include <set>

namespace pf::nvmetool {

namespace {

bool of_powerflex(const CheckRun& run, const NvmeController& controller) {
    return !controller.subsystem_nqn.empty() &&
           controller.subsystem_nqn == run.inventory.powerflex.nqn;
}

// Devices of this PowerFlex's volumes over NVMe, on every host of the run.
void nvme_devices(CheckRun& run,
                  const std::function<void(const HostInfo&, const DeviceInfo&)>& look) {
    run.hosts([&](const HostInfo& host) {
        for (const DeviceInfo& device : host.devices) {
            if (volume_of_nvme_device(run.inventory.powerflex.system_id, device.name)) {
                look(host, device);
            }
        }
    });
}

void no_optimized_path(CheckRun& run) {
    nvme_devices(run, [&run](const HostInfo& host, const DeviceInfo& device) {
        bool told = false;
        bool optimized = false;
        for (const DevicePath& path : device.paths) {
            told = told || !path.ana.empty();
            optimized = optimized || path.ana == "optimized" || path.ana == "AO";
        }
        if (!told) {
            run.unknown(
                fmt::format("host '{}' does not tell the ANA state of {}", host.name, device.name));
        } else if (!optimized) {
            run.violated(
                fmt::format("host '{}' has no optimized path to {}", host.name, device.name));
        }
    });
}

void not_hpp(CheckRun& run) {
    nvme_devices(run, [&run](const HostInfo& host, const DeviceInfo& device) {
        if (device.plugin.empty()) {
            run.unknown(
                fmt::format("host '{}' does not tell what claims {}", host.name, device.name));
        } else if (device.plugin != "HPP" && !host.powerpath.value_or(false)) {
            run.violated(fmt::format("on host '{}' {} is claimed by {}, not by HPP", host.name,
                                     device.name, device.plugin));
        }
    });
}

void dead_paths(CheckRun& run) {
    nvme_devices(run, [&run](const HostInfo& host, const DeviceInfo& device) {
        if (device.paths_active < device.paths_total) {
            run.violated(fmt::format("host '{}': {} of {} paths to {} are active", host.name,
                                     device.paths_active, device.paths_total, device.name));
        }
    });
}

void wrong_block_size(CheckRun& run) {
    nvme_devices(run, [&run](const HostInfo& host, const DeviceInfo& device) {
        if (device.block_bytes != 0 && device.block_bytes != 512) {
            run.violated(fmt::format("host '{}': {} has blocks of {} bytes", host.name, device.name,
                                     device.block_bytes));
        }
    });
}

void wrong_size(CheckRun& run) {
    nvme_devices(run, [&run](const HostInfo& host, const DeviceInfo& device) {
        const VolumeInfo* volume = run.inventory.volume_of_device(device.name);
        if (volume != nullptr && device.size_bytes() != 0 &&
            device.size_bytes() != volume->size_kib * 1024) {
            run.violated(fmt::format("host '{}' sees {} with {} bytes, volume '{}' has {}",
                                     host.name, device.name, device.size_bytes(), volume->name,
                                     volume->size_kib * 1024));
        }
    });
}

void no_xcopy(CheckRun& run) {
    nvme_devices(run, [&run](const HostInfo& host, const DeviceInfo& device) {
        if (device.vaai.empty() || device.vaai == "vStorageUnknown") {
            run.unknown(fmt::format("host '{}' does not tell the acceleration of {}", host.name,
                                    device.name));
        } else if (device.vaai == "vStorageUnsupported") {
            run.violated(
                fmt::format("host '{}': {} has no hardware acceleration", host.name, device.name));
        }
    });
}

void no_fused(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const NvmeController& controller : host.controllers) {
            if (!of_powerflex(run, controller)) {
                continue;
            }
            if (!controller.fused) {
                run.unknown(fmt::format("host '{}' does not tell whether {} can fuse commands",
                                        host.name, controller.name));
            } else if (!*controller.fused) {
                run.violated(fmt::format("controller {} of host '{}' has no fused "
                                         "compare-and-write",
                                         controller.name, host.name));
            }
        }
    });
}

void offline_controller(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const NvmeController& controller : host.controllers) {
            if (of_powerflex(run, controller) && !controller.online) {
                run.violated(fmt::format("controller {} of host '{}' is offline", controller.name,
                                         host.name),
                             fmt::format("pfnvme host nvme reconnect --host {}", host.name));
            }
        }
    });
}

// A connection to an address that no SDT has any more: ESXi remembers it over reboots.
void stale_connection(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const NvmeController& controller : host.controllers) {
            const auto same = [&](const SdtAddress& sdt) { return sdt.ip == controller.address; };
            if (of_powerflex(run, controller) && !controller.address.empty() &&
                std::none_of(run.inventory.sdts.begin(), run.inventory.sdts.end(), same)) {
                run.violated(fmt::format("host '{}' is connected to {}, which is no SDT address",
                                         host.name, controller.address),
                             fmt::format("pfnvme host nvme forget --host {} --address {}",
                                         host.name, controller.address));
            }
        }
    });
}

void foreign_controllers(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        std::set<std::string> names;
        for (const NvmeController& controller : host.controllers) {
            if (!of_powerflex(run, controller)) {
                names.insert(controller.subsystem_nqn);
            }
        }
        if (!names.empty()) {
            run.violated(fmt::format("host '{}' is connected to other NVMe storage: {}", host.name,
                                     fmt::join(names, ", ")));
        }
    });
}

void missing_paths(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const PowerFlexHost* registered = run.inventory.nvme_host(host.nqn);
        std::size_t limit = run.limits.for_esxi(host.version).paths_per_namespace;
        if (registered != nullptr && registered->max_paths > 0) {
            limit = std::min(limit, static_cast<std::size_t>(registered->max_paths));
        }
        const std::vector<PlannedPath> expected = plan_paths(
            choose_path_ends(host, run.inventory.sdts, {}, {}), run.inventory.sdts, limit);
        std::size_t online = 0;
        for (const NvmeController& controller : host.controllers) {
            online += of_powerflex(run, controller) && controller.online ? 1U : 0U;
        }
        if (registered == nullptr || online == 0 || online < expected.size()) {
            run.violated(
                fmt::format("host '{}' has {} of {} NVMe/TCP controllers online{}", host.name,
                            online, expected.size(),
                            registered == nullptr ? " and is not registered on PowerFlex" : ""));
        }
    });
}

void unresolved(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const UnresolvedVolume& volume : host.unresolved) {
            run.violated(fmt::format("host '{}' sees a copy of '{}' on {} that waits for a "
                                     "decision{}",
                                     host.name, volume.label, volume.device,
                                     volume.multiple_copies ? " (several copies)" : ""));
        }
    });
}

} // namespace

std::vector<CheckRule> device_rules() {
    return {
        {"E-ANA-01",
         Severity::Blocker,
         Subject::Host,
         "namespace without an optimized path",
         "A namespace whose paths are all inaccessible is not registered by ESXi; one with only "
         "non-optimized paths is slow.",
         "check SDTs and their data servers; then rescan",
         "vSphere storage: NVMe multipathing",
         {Fact::HostDevices, Fact::HostPathAna},
         no_optimized_path,
         "7.0.3"},
        {"E-HPP-01",
         Severity::Blocker,
         Subject::Host,
         "NVMe device is not claimed by HPP",
         "NMP does not support NVMe-oF; the high-performance plug-in claims NVMe targets by "
         "default.",
         "remove the claim rule that takes it, then: esxcli storage core claiming reclaim",
         "vSphere storage: HPP",
         {Fact::HostDevices},
         not_hpp,
         "7.0.3"},
        {"E-PATH-01",
         Severity::Warning,
         Subject::Host,
         "dead paths",
         "A path that is down before the change would be blamed on the change.",
         "repair the path, or: pfnvme host nvme reconnect",
         "",
         {Fact::HostDevices},
         dead_paths,
         "7.0.3"},
        {"E-BLK-01",
         Severity::Blocker,
         Subject::Host,
         "namespace without 512-byte blocks",
         "ESXi registers NVMe-oF namespaces with 512-byte blocks only.",
         "the target has to offer 512-byte blocks",
         "vSphere storage: NVMe-oF requirements",
         {Fact::HostDevices},
         wrong_block_size,
         "7.0.3"},
        {"E-SIZE-01",
         Severity::Blocker,
         Subject::Host,
         "device and volume differ in size",
         "A device that is shorter than the volume it was formatted on has lost its end.",
         "rescan the host; then compare the volume in PowerFlex",
         "",
         {Fact::HostDevices, Fact::PowerFlex},
         wrong_size,
         "7.0.3"},
        {"E-VAAI-01",
         Severity::Info,
         Subject::Host,
         "no hardware acceleration",
         "NVMe has no XCOPY on ESXi: clones and Storage vMotion copy through the host. "
         "Estimates use the host's copy rate.",
         "nothing to do",
         "vSphere storage: NVMe-oF and VAAI",
         {Fact::HostDevices},
         no_xcopy,
         "7.0.3"},
        {"E-FUSED-01",
         Severity::Blocker,
         Subject::Host,
         "controller without fused commands",
         "VMFS locks by compare-and-write (ATS), a fused pair of NVMe commands.",
         "update the NVMe target",
         "vSphere storage: NVMe-oF requirements",
         {Fact::HostStorage},
         no_fused,
         "7.0.3"},
        {"E-PATH-02",
         Severity::Warning,
         Subject::Host,
         "controller is offline",
         "It counts as a path that is not there.",
         "pfnvme host nvme reconnect",
         "",
         {Fact::HostStorage, Fact::PowerFlex},
         offline_controller,
         "7.0.3"},
        {"E-STALE-01",
         Severity::Warning,
         Subject::Host,
         "remembered connection to nowhere",
         "ESXi reconnects to remembered targets at every start; one that is gone delays it.",
         "pfnvme host nvme forget",
         "",
         {Fact::HostStorage, Fact::Sdts, Fact::PowerFlex},
         stale_connection,
         "7.0.3"},
        {"E-FOREIGN-01",
         Severity::Info,
         Subject::Host,
         "other NVMe storage",
         "Its namespaces and paths count against the host's limits. pfnvme leaves it alone.",
         "nothing to do",
         "",
         {Fact::HostStorage, Fact::PowerFlex},
         foreign_controllers,
         "7.0.3"},
        {"E-PATH-03",
         Severity::Blocker,
         Subject::Host,
         "host is not onboarded",
         "Fewer controllers are online than the path plan asks for.",
         "pfnvme host nvme apply",
         "",
         {Fact::HostStorage, Fact::HostNetwork, Fact::Sdts, Fact::PowerFlex},
         missing_paths,
         "7.0.3"},
        {"D-UNRES-01",
         Severity::Warning,
         Subject::Host,
         "unresolved VMFS copy",
         "A snapshot of a datastore is mapped beside its original; a resignature might take the "
         "wrong one.",
         "unmap the copy, or resignature it first: esxcli storage vmfs snapshot list",
         "",
         {Fact::Unresolved},
         unresolved},
    };
}

} // namespace pf::nvmetool
