// Operations that only read and judge. They fail with one sentence; on resume they are asked again.
#include "tools/pfnvme/run/lookups.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

std::uint64_t number_of(const Params& p, const std::string& name, std::uint64_t fallback) {
    std::uint64_t value = fallback;
    if (const auto found = p.find(name); found != p.end()) {
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), value);
    }
    return value;
}

Commands no_commands(const Params&) { return {}; }

// Evidence of the paths of a host, one entry for each controller; the report's path matrix.
void record_paths(const HostInfo& host, Params& evidence) {
    for (const NvmeController& controller : host.controllers) {
        evidence[fmt::format("path.{}|{}|{}:{}", host.name, controller.adapter, controller.address,
                             controller.port)] = controller.online ? "online" : "offline";
    }
}

// ---- check.hosts: every host of the unit answers
// ------------------------------------------------------

std::string hosts_describe(const Params&) { return "every host of the unit is connected"; }
Result<CallOutcome> hosts_execute(OpContext& c, const Params&) {
    CallOutcome out;
    for (const std::string& id : c.unit.objects.host_ids) {
        PF_TRY(const HostInfo host, c.vsphere.host(id));
        if (host.connection_state != "connected") {
            return fail(Errc::Conflict,
                        "E-CONN-01: host {} is {}; connect it again before anything is "
                        "changed",
                        host.name, host.connection_state);
        }
        if (host.in_maintenance) {
            out.evidence["maintenance." + host.name] = "true";
        }
        record_paths(host, out.evidence);
    }
    out.evidence["hosts"] = std::to_string(c.unit.objects.host_ids.size());
    return out;
}

// ---- unit.record: what is needed to put everything back
// ------------------------------------------------

std::string record_describe(const Params&) {
    return "record registration, power state, disks and mapping limits";
}
Result<CallOutcome> record_execute(OpContext& c, const Params&) {
    CallOutcome out;
    for (const std::string& id : c.unit.objects.vm_ids) {
        PF_TRY(const VmInfo vm, c.vsphere.vm(id));
        const std::string& uuid = vm.instance_uuid;
        if (vm.folder_id.empty() && c.unit.strategy != "online") {
            return fail(Errc::Conflict,
                        "VM '{}' is in no folder (it belongs to a vApp), so it could not be "
                        "registered again; take it out of the vApp, or move it online",
                        vm.name);
        }
        out.evidence["power." + uuid] = vm.power_state;
        out.evidence["vmx." + uuid] = vm.vmx_path;
        out.evidence["moref." + uuid] = vm.id;
        out.evidence["folder." + uuid] = vm.folder_id;
        out.evidence["pool." + uuid] = vm.pool_id;
        for (const DiskInfo& disk : vm.disks) {
            out.evidence[fmt::format("disk.{}.{}", uuid, disk.key)] = disk.file;
        }
    }
    std::vector<std::string> volume_ids;
    for (const UnitPart& part : c.unit.objects.parts) {
        volume_ids.push_back(part.volume_id);
    }
    for (const std::string& id : volume_ids) {
        PF_TRY(const VolumeInfo volume, c.powerflex.volume(id));
        const std::string which = volume_ids.size() == 1 ? "" : volume.name + ".";
        for (const MappingInfo& mapping : volume.mappings) {
            out.evidence["mapping." + which + mapping.host_id] =
                fmt::format("{} iops={} mib_per_s={}", mapping.nvme ? "NVMe" : "SDC",
                            mapping.limit_iops, mapping.limit_mib_per_s);
        }
    }
    return out;
}

// ---- check.unmapped: no host of either protocol
// --------------------------------------------------------

std::string unmapped_describe(const Params& p) {
    return fmt::format("PowerFlex: volume {} has no mapping left",
                       param_or(p, "label", param(p, "volume")));
}
Commands unmapped_commands(const Params& p) {
    return {fmt::format("GET /api/instances/Volume::{}", param_or(p, "volume", "<id>"))};
}
Result<CallOutcome> unmapped_execute(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, c.powerflex.volume(param(p, "volume")));
    if (!volume.mappings.empty()) {
        return fail(Errc::Conflict, "volume '{}' is still mapped to {} host(s), first {}",
                    volume.name, volume.mappings.size(), volume.mappings.front().host_name);
    }
    return CallOutcome{{}, {{"mappings", "0"}}};
}

// ---- check.vmfs: metadata check on one host
// ------------------------------------------------------------

std::string vmfs_describe(const Params& p) {
    return fmt::format("{}: VMFS metadata check of {} (read-only)", param(p, "host"),
                       param(p, "device"));
}
Commands vmfs_commands(const Params& p) {
    return {fmt::format("{}# voma -m vmfs -f check -d /vmfs/devices/disks/{}:1", param(p, "host"),
                        param(p, "device"))};
}
Result<CallOutcome> vmfs_execute(OpContext& c, const Params& p) {
    PF_TRY(const MetadataCheck check,
           c.vsphere.check_metadata(param(p, "host_id"), param(p, "device")));
    if (!check.performed) {
        if (param(p, "require") == "true") {
            return fail(Errc::Unsupported,
                        "the VMFS metadata check of {} could not run on host {}: {}; give SSH "
                        "access or set "
                        "safety.voma to if-available",
                        param(p, "device"), param(p, "host"), check.text);
        }
        return CallOutcome{{}, {{"voma", "not performed: " + check.text}}};
    }
    if (check.errors != 0) {
        return fail(Errc::Corrupt, "VMFS on {} has {} metadata error(s): {}", param(p, "device"),
                    check.errors, check.text);
    }
    return CallOutcome{{}, {{"voma", check.text}}};
}

// ---- check.shell: a metadata check that must be made can be made, before anything is stopped
// ------------------------------------------------------

std::string shell_describe(const Params& p) {
    return fmt::format("{}: its shell answers by SSH (for the VMFS metadata check)",
                       param(p, "host"));
}
Commands shell_commands(const Params& p) { return {fmt::format("ssh {}", param(p, "host"))}; }
Result<CallOutcome> shell_execute(OpContext& c, const Params& p) {
    if (const Result<void> probed = c.vsphere.probe_shell(param(p, "host_id")); !probed) {
        // Not Unreachable: the run is not to wait for a service that nobody started.
        return fail(Errc::Unsupported,
                    "the VMFS metadata check that the plan requires cannot run on host {}: {}",
                    param(p, "host"), probed.error().what);
    }
    return CallOutcome{{}, {{"shell", "answers"}}};
}

// ---- check.empty: nothing is registered on the source
// --------------------------------------------------

std::string empty_describe(const Params& p) {
    return fmt::format("datastore {} holds no registered VM", param(p, "datastore"));
}
Result<CallOutcome> empty_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, datastore_with_uuid(c, param(p, "vmfs_uuid")));
    if (datastore && !datastore->vm_ids.empty()) {
        const Result<VmInfo> vm = c.vsphere.vm(datastore->vm_ids.front());
        return fail(
            Errc::Busy, "datastore '{}' still holds {} VM(s), first '{}'; it is not retired",
            datastore->name, datastore->vm_ids.size(), vm ? vm->name : datastore->vm_ids.front());
    }
    return CallOutcome{{}, {{"vms", "0"}}};
}

// ---- check.vm: the VM is whole on the new device
// -------------------------------------------------------

std::string vm_describe(const Params& p) {
    return fmt::format("VM {}: registered, connected, every disk on its new datastore",
                       param(p, "vm"));
}
Result<CallOutcome> vm_execute(OpContext& c, const Params& p) {
    PF_TRY(const std::string device, lookup_device_name(c, p));
    PF_TRY(const auto datastore, datastore_on_device(c, device));
    PF_TRY(const auto vm, registered_vm(c, param(p, "vm_uuid")));
    if (!datastore || !vm) {
        return fail(Errc::Failed, "VM '{}' is {} after the migration", param(p, "vm"),
                    vm ? "without its datastore" : "not registered");
    }
    if (vm->connection_state != "connected") {
        return fail(Errc::Failed, "VM '{}' is {} after the migration", vm->name,
                    vm->connection_state);
    }
    for (const DiskInfo& disk : vm->disks) {
        std::optional<DatastoreInfo> home = datastore;
        if (const auto other = p.find(fmt::format("disk.{}", disk.key)); other != p.end()) {
            PF_TRY(home, datastore_on_device(c, other->second));
        }
        if (!home || disk.datastore_id != home->id) {
            return fail(Errc::Failed, "disk '{}' of VM '{}' is not on datastore '{}'", disk.label,
                        vm->name, home ? home->name : p.at(fmt::format("disk.{}", disk.key)));
        }
    }
    const Params* record = c.result_of(param(p, "record_step"));
    const std::string was =
        record == nullptr ? "" : param_or(*record, "power." + vm->instance_uuid, "");
    if (was == "poweredOn" && vm->power_state != "poweredOn") {
        return fail(Errc::Failed, "VM '{}' was on before the migration and is {} now", vm->name,
                    vm->power_state);
    }
    return CallOutcome{{},
                       {{"power", vm->power_state},
                        {"disks", std::to_string(vm->disks.size())},
                        {"datastore", datastore->name},
                        {"moref", vm->id}}};
}

// ---- check.volume: mapped by one protocol only, to every host
// --------------------------------------------------

std::string volume_describe(const Params& p) {
    return fmt::format("PowerFlex: volume {} is mapped by {} only",
                       param_or(p, "label", "of the unit"), param_or(p, "protocol", "NVMe"));
}
Result<CallOutcome> volume_execute(OpContext& c, const Params& p) {
    PF_TRY(const VolumeInfo volume, lookup_volume(c, p));
    const std::uint64_t want = number_of(p, "mappings", 0);
    const std::string protocol = param_or(p, "protocol", to_string(Protocol::Nvme));
    if (to_string(volume.protocol()) != protocol || volume.mappings.size() < want) {
        return fail(Errc::Failed, "volume '{}' is mapped by {} to {} host(s); expected {} to {}",
                    volume.name, to_string(volume.protocol()), volume.mappings.size(), protocol,
                    want);
    }
    CallOutcome out{{},
                    {{"protocol", to_string(volume.protocol())},
                     {"mappings", std::to_string(volume.mappings.size())},
                     {"volume", volume.id}}};
    for (const std::string& id : c.unit.objects.host_ids) {
        PF_TRY(const HostInfo host, c.vsphere.host(id));
        record_paths(host, out.evidence);
    }
    return out;
}

// ---- check.paths: the host's controllers
// ---------------------------------------------------------------

std::string paths_describe(const Params& p) {
    return fmt::format("{}: {} controllers of {} are online", param(p, "host"),
                       param(p, "expected"), param(p, "subnqn"));
}
Commands paths_commands(const Params& p) {
    return {fmt::format("{}# esxcli nvme controller list", param(p, "host"))};
}
Result<CallOutcome> paths_execute(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    std::uint64_t online = 0;
    for (const NvmeController& controller : host.controllers) {
        if (controller.subsystem_nqn == param(p, "subnqn") && controller.online) {
            ++online;
        }
    }
    if (online < number_of(p, "expected", 1)) {
        return fail(Errc::Failed, "E-PATH-03: host {} has {} of {} controllers online", host.name,
                    online, param(p, "expected"));
    }
    CallOutcome out{{}, {{"online", std::to_string(online)}}};
    record_paths(host, out.evidence);
    return out;
}

constexpr Op check(std::string_view name, bool on_powerflex, std::string (*describe)(const Params&),
                   Commands (*commands)(const Params&),
                   Result<CallOutcome> (*execute)(OpContext&, const Params&)) {
    Op op;
    op.name = name;
    op.kind = OpKind::Check;
    op.on_powerflex = on_powerflex;
    op.describe = describe;
    op.commands = commands;
    op.execute = execute;
    return op;
}

} // namespace

std::span<const Op> check_ops() {
    static const std::array<Op, 9> kOps{{
        check("check.hosts", false, hosts_describe, no_commands, hosts_execute),
        check("unit.record", false, record_describe, no_commands, record_execute),
        check("check.unmapped", true, unmapped_describe, unmapped_commands, unmapped_execute),
        check("check.vmfs", false, vmfs_describe, vmfs_commands, vmfs_execute),
        check("check.shell", false, shell_describe, shell_commands, shell_execute),
        check("check.empty", false, empty_describe, no_commands, empty_execute),
        check("check.vm", false, vm_describe, no_commands, vm_execute),
        check("check.volume", true, volume_describe, unmapped_commands, volume_execute),
        check("check.paths", false, paths_describe, paths_commands, paths_execute),
    }};
    return kOps;
}

} // namespace pf::nvmetool
