// Operations on devices and VMFS datastores, each on one host.
#include "tools/pfnvme/run/lookups.hpp"

#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

std::string on_host(const Params& p, std::string_view command) {
    return fmt::format("{}# {}", param(p, "host"), command);
}

std::uint64_t number_of(const Params& p, const std::string& name, std::uint64_t fallback) {
    std::uint64_t value = fallback;
    if (const auto found = p.find(name); found != p.end()) {
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), value);
    }
    return value;
}

std::string device_label(const Params& p) {
    return param_or(p, "device", fmt::format("<device of {}>", param_or(p, "volume_name", "?")));
}
std::string datastore_label(const Params& p) { return param_or(p, "datastore", device_label(p)); }

// By "vmfs_uuid" if the step knows it, else by device.
Result<std::optional<DatastoreInfo>> lookup_datastore(OpContext& c, const Params& p) {
    if (const auto uuid = p.find("vmfs_uuid"); uuid != p.end()) {
        return datastore_with_uuid(c, uuid->second);
    }
    const Result<std::string> device = lookup_device_name(c, p);
    if (!device) {
        if (is_not_found(device.error())) {
            return std::optional<DatastoreInfo>();
        }
        return fail(device.error());
    }
    return datastore_on_device(c, *device);
}

// ---- vmfs.unmount / vmfs.mount
// -----------------------------------------------------------------------

std::string unmount_describe(const Params& p) {
    return fmt::format("{}: unmount datastore {}", param(p, "host"), datastore_label(p));
}
Commands unmount_commands(const Params& p) {
    return {on_host(p, fmt::format("esxcli storage filesystem unmount -l {}", datastore_label(p)))};
}
std::string unmount_pre(const Params&) { return "no VM is registered on the datastore"; }
std::string unmount_post(const Params& p) {
    return fmt::format("{} is not mounted on {}", datastore_label(p), param(p, "host"));
}
Result<void> unmount_guard(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (datastore && !datastore->vm_ids.empty()) {
        const Result<VmInfo> vm = c.vsphere.vm(datastore->vm_ids.front());
        return fail(
            Errc::Busy,
            "datastore '{}' still has {} registered VM(s), first '{}'; move or unregister them "
            "before it is unmounted",
            datastore->name, datastore->vm_ids.size(), vm ? vm->name : datastore->vm_ids.front());
    }
    return {};
}
Result<Observation> unmount_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (!datastore) {
        return present("the datastore is not known");
    }
    const DatastoreMount* mount = datastore->mount_on(param(p, "host_id"));
    return mount == nullptr || !mount->mounted ? present("not mounted") : absent("mounted");
}
Result<CallOutcome> unmount_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (datastore) {
        PF_CHECK(c.vsphere.unmount(param(p, "host_id"), datastore->uuid));
    }
    return CallOutcome{};
}

std::string mount_describe(const Params& p) {
    return fmt::format("{}: mount datastore {}", param(p, "host"), datastore_label(p));
}
Commands mount_commands(const Params& p) {
    return {on_host(p, "esxcli storage core adapter rescan --all"),
            on_host(p, fmt::format("esxcli storage filesystem mount -l {}", datastore_label(p)))};
}
std::string mount_post(const Params& p) {
    return fmt::format("{} is mounted and accessible on {}", datastore_label(p), param(p, "host"));
}
Result<Observation> mount_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (!datastore) {
        return absent("the datastore is not known");
    }
    const DatastoreMount* mount = datastore->mount_on(param(p, "host_id"));
    return mount != nullptr && mount->mounted && mount->accessible ? present("mounted")
                                                                   : absent("not mounted");
}
// A volume that was unmounted by hand before stays unmounted when its device comes back, so a
// rescan is followed by a mount where the rescan did not mount it.
Result<void> mount_now(OpContext& c, const Params& p) {
    PF_CHECK(c.vsphere.rescan(param(p, "host_id")));
    PF_TRY(const Observation seen, mount_observe(c, p));
    if (seen.effect == Effect::Present) {
        return {};
    }
    std::string uuid = param_or(p, "vmfs_uuid", "");
    if (uuid.empty()) {
        PF_TRY(const auto datastore, lookup_datastore(c, p));
        if (!datastore) {
            return {}; // not there yet; the poll comes back
        }
        uuid = datastore->uuid;
    }
    Result<void> mounted = c.vsphere.mount(param(p, "host_id"), uuid);
    if (!mounted &&
        (mounted.error().code == Errc::AlreadyExists || is_not_found(mounted.error()))) {
        return {}; // mounted meanwhile, or the scan has not found it yet
    }
    return mounted;
}
Result<CallOutcome> mount_execute(OpContext& c, const Params& p) {
    PF_CHECK(mount_now(c, p));
    return CallOutcome{};
}

// ---- device.detach / device.attach / device.gone / device.ready
// --------------------------------------

std::string detach_describe(const Params& p) {
    return fmt::format("{}: detach device {}", param(p, "host"), device_label(p));
}
Commands detach_commands(const Params& p) {
    return {on_host(
        p, fmt::format("esxcli storage core device set -d {} --state=off", device_label(p)))};
}
std::string detach_pre(const Params& p) {
    return fmt::format("{} is not mounted on {}", datastore_label(p), param(p, "host"));
}
std::string detach_post(const Params&) { return "device state is off"; }
Result<Observation> detach_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto device, device_on_host(c, param(p, "host_id"), param(p, "device")));
    if (!device) {
        return present("the host does not see the device");
    }
    return device->attached ? absent("attached") : present("off");
}
Result<CallOutcome> detach_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto device, device_on_host(c, param(p, "host_id"), param(p, "device")));
    if (device) {
        PF_CHECK(c.vsphere.detach_device(param(p, "host_id"), device->uuid));
    }
    return CallOutcome{};
}

std::string attach_describe(const Params& p) {
    return fmt::format("{}: attach device {}", param(p, "host"), device_label(p));
}
Commands attach_commands(const Params& p) {
    return {on_host(p, "esxcli storage core adapter rescan --all"),
            on_host(p, fmt::format("esxcli storage core device set -d {} --state=on",
                                   device_label(p)))};
}
std::string attach_post(const Params&) { return "device state is on"; }
Result<Observation> attach_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto device, device_on_host(c, param(p, "host_id"), param(p, "device")));
    if (!device || device->lost) {
        return absent("the host does not see the device");
    }
    return device->attached ? present("attached") : absent("off");
}
Result<void> attach_now(OpContext& c, const Params& p) {
    PF_TRY(auto device, device_on_host(c, param(p, "host_id"), param(p, "device")));
    if (!device || device->lost) {
        PF_CHECK(c.vsphere.rescan(param(p, "host_id")));
        PF_TRY(device, device_on_host(c, param(p, "host_id"), param(p, "device")));
    }
    if (device && !device->attached) {
        PF_CHECK(c.vsphere.attach_device(param(p, "host_id"), device->uuid));
    }
    return {};
}
Result<CallOutcome> attach_execute(OpContext& c, const Params& p) {
    PF_CHECK(attach_now(c, p));
    return CallOutcome{};
}

Result<void> rescan_again(OpContext& c, const Params& p) {
    return c.vsphere.rescan(param(p, "host_id"));
}
Result<CallOutcome> rescan_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.vsphere.rescan(param(p, "host_id")));
    return CallOutcome{};
}
Commands rescan_commands(const Params& p) {
    return {on_host(p, "esxcli storage core adapter rescan --all")};
}

std::string gone_describe(const Params& p) {
    return fmt::format("{}: device {} is gone", param(p, "host"), device_label(p));
}
std::string gone_post(const Params& p) {
    return fmt::format("{} does not see {}", param(p, "host"), device_label(p));
}
Result<Observation> gone_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto device, device_on_host(c, param(p, "host_id"), param(p, "device")));
    if (!device) {
        return present("not seen");
    }
    return device->lost ? present("no communication") : absent("still seen");
}

std::string ready_describe(const Params& p) {
    return fmt::format("{}: device {} appears by NVMe", param(p, "host"), device_label(p));
}
std::string ready_post(const Params& p) {
    return fmt::format("512-byte blocks, claimed by HPP, at least {} active paths",
                       param_or(p, "min_paths", "1"));
}
Result<Observation> ready_observe(OpContext& c, const Params& p) {
    const Result<std::string> name = lookup_device_name(c, p);
    if (!name) {
        return is_not_found(name.error()) ? Result<Observation>(absent("no such volume"))
                                          : Result<Observation>(fail(name.error()));
    }
    PF_TRY(const auto device, device_on_host(c, param(p, "host_id"), *name));
    if (!device) {
        return absent("not seen");
    }
    if (device->block_bytes != 512) {
        return fail(Errc::Conflict,
                    "E-BLK-01: device {} has {}-byte blocks; VMFS on NVMe/TCP needs 512",
                    device->name, device->block_bytes);
    }
    if (!device->plugin.empty() && device->plugin != "HPP") {
        return fail(
            Errc::Conflict,
            "E-HPP-01: device {} on host {} is claimed by {}, not HPP; look for claim rules with: "
            "esxcli storage core claimrule list",
            device->name, param(p, "host"), device->plugin);
    }
    const std::uint64_t want_bytes = number_of(p, "size_bytes", 0);
    if (want_bytes != 0 && device->size_bytes() != want_bytes) {
        return fail(Errc::Conflict, "device {} has {} bytes, its volume {}; nothing is done on it",
                    device->name, device->size_bytes(), want_bytes);
    }
    if (device->paths_active < number_of(p, "min_paths", 1)) {
        return absent(
            fmt::format("{} of {} paths", device->paths_active, number_of(p, "min_paths", 1)));
    }
    return present(fmt::format("{} paths", device->paths_active));
}

// ---- vmfs.resignature
// --------------------------------------------------------------------------------

std::string resignature_describe(const Params& p) {
    return fmt::format("{}: resignature the copy of {} on {}", param(p, "host"),
                       param(p, "datastore"), device_label(p));
}
Commands resignature_commands(const Params& p) {
    return {
        on_host(p, fmt::format("esxcli storage vmfs snapshot list -u {}", param(p, "old_uuid"))),
        on_host(p, fmt::format("esxcli storage vmfs snapshot resignature -u {}",
                               param(p, "old_uuid")))};
}
std::string resignature_pre(const Params& p) {
    return fmt::format("exactly one unresolved copy with UUID {}, on {}", param(p, "old_uuid"),
                       device_label(p));
}
std::string resignature_post(const Params& p) {
    return fmt::format("a datastore with a new UUID is on {}", device_label(p));
}
Result<UnresolvedVolume> the_copy(OpContext& c, const Params& p) {
    PF_TRY(const auto copies, c.vsphere.unresolved_volumes(param(p, "host_id")));
    std::vector<UnresolvedVolume> matches;
    for (const UnresolvedVolume& copy : copies) {
        if (copy.uuid == param(p, "old_uuid")) {
            matches.push_back(copy);
        }
    }
    if (matches.empty()) {
        return fail(Errc::NotFound, "host {} sees no unresolved copy of datastore '{}' (UUID {})",
                    param(p, "host"), param(p, "datastore"), param(p, "old_uuid"));
    }
    if (matches.size() > 1 || matches.front().multiple_copies) {
        return fail(
            Errc::Conflict,
            "D-COPY-01: host {} sees several copies of datastore '{}'; leave only {} visible "
            "before it is resignatured",
            param(p, "host"), param(p, "datastore"), device_label(p));
    }
    if (matches.front().device != param(p, "device")) {
        return fail(Errc::Conflict, "the unresolved copy of datastore '{}' is on {}, not on {}",
                    param(p, "datastore"), matches.front().device, param(p, "device"));
    }
    if (!matches.front().resolvable) {
        return fail(Errc::Conflict,
                    "the copy of datastore '{}' on {} can't be resignatured: extents are "
                    "missing",
                    param(p, "datastore"), param(p, "device"));
    }
    return std::move(matches.front());
}
Result<void> resignature_guard(OpContext& c, const Params& p) {
    PF_CHECK(the_copy(c, p));
    return {};
}
Result<Observation> resignature_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, datastore_on_device(c, param(p, "device")));
    if (datastore && datastore->uuid != param(p, "old_uuid")) {
        const DatastoreMount* mount = datastore->mount_on(param(p, "host_id"));
        return mount != nullptr && mount->mounted ? present("new UUID " + datastore->uuid)
                                                  : in_progress("resignatured, not mounted yet");
    }
    PF_TRY(const auto tasks, c.vsphere.active_tasks(param(p, "host_id")));
    for (const TaskInfo& task : tasks) {
        if (task.operation.find("esignature") != std::string::npos) {
            return perhaps_in_progress("a resignature task is running", task.id);
        }
    }
    return absent("not resignatured");
}
Result<CallOutcome> resignature_execute(OpContext& c, const Params& p) {
    PF_TRY(const UnresolvedVolume copy, the_copy(c, p));
    PF_TRY(std::string task, c.vsphere.start_resignature(param(p, "host_id"), copy.device_path));
    CallOutcome out;
    out.task = std::move(task);
    out.evidence["device_path"] = copy.device_path;
    return out;
}

// ---- vmfs.rename
// -------------------------------------------------------------------------------------

std::string rename_describe(const Params& p) {
    return fmt::format("vCenter: rename the datastore on {} to {}", device_label(p),
                       param(p, "name"));
}
Commands rename_commands(const Params& p) {
    return {fmt::format("govc datastore.rename snap-*-{} {}", param(p, "name"), param(p, "name"))};
}
std::string rename_pre(const Params& p) {
    return fmt::format("no other datastore is named {}", param(p, "name"));
}
std::string rename_post(const Params& p) {
    return fmt::format("the datastore on {} is named {}", device_label(p), param(p, "name"));
}
Result<Observation> rename_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, datastore_on_device(c, param(p, "device")));
    if (!datastore) {
        return absent("no datastore on the device");
    }
    return datastore->name == param(p, "name") ? present("named")
                                               : absent("named " + datastore->name);
}
Result<CallOutcome> rename_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, datastore_on_device(c, param(p, "device")));
    if (!datastore) {
        return fail(Errc::Conflict, "there is no datastore on device {}", param(p, "device"));
    }
    Result<void> renamed = c.vsphere.rename_datastore(datastore->id, param(p, "name"));
    if (renamed) {
        return CallOutcome{};
    }
    if (renamed.error().code != Errc::AlreadyExists) {
        return fail(renamed.error());
    }
    // vCenter may still list the old, unmounted datastore under this name until its hosts look
    // again.
    for (const std::string& host_id : c.unit.objects.host_ids) {
        PF_CHECK(c.vsphere.rescan(host_id));
    }
    PF_CHECK(c.vsphere.rename_datastore(datastore->id, param(p, "name")));
    return CallOutcome{};
}

// ---- vmfs.present
// ------------------------------------------------------------------------------------

std::string present_describe(const Params& p) {
    return fmt::format("{}: rescan, datastore {} is mounted", param(p, "host"), datastore_label(p));
}
Commands present_commands(const Params& p) {
    return {on_host(p, "esxcli storage core adapter rescan --all"),
            on_host(p, "esxcli storage filesystem list")};
}

// ---- vmfs.update_paths
// -------------------------------------------------------------------------------

// "old UUID=device" for each volume of the unit.
std::vector<std::pair<std::string, std::string>> moves_of(const Params& p) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& item : list_of(param(p, "moves"))) {
        const std::size_t equals = item.find('=');
        out.emplace_back(item.substr(0, equals), item.substr(std::min(equals + 1, item.size())));
    }
    return out;
}
std::string update_describe(const Params& p) {
    return fmt::format("vCenter: files of VMs on datastore {} name the new UUID{}",
                       datastore_label(p), moves_of(p).size() == 1 ? "" : "s");
}
Commands update_commands(const Params& p) {
    std::string pairs;
    for (const auto& [uuid, device] : moves_of(p)) {
        pairs += fmt::format("{}/vmfs/volumes/{} = the datastore on {}", pairs.empty() ? "" : ", ",
                             uuid, device);
    }
    return {fmt::format("vim25: UpdateVirtualMachineFiles_Task of datastore {} ({})",
                        datastore_label(p), pairs)};
}
std::string update_pre(const Params& p) {
    return fmt::format("no VM is registered on {}, and every datastore of the unit is back",
                       datastore_label(p));
}
std::string update_post(const Params&) {
    return "vCenter names no file of the unit's VMs that failed";
}
// Path of a VM's configuration file without its datastore.
std::string path_in(const std::string& file) { return split_datastore_path(file).path; }

Result<CallOutcome> update_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto here, datastore_on_device(c, param(p, "device")));
    std::vector<MovedVmfs> moved;
    for (const auto& [uuid, device] : moves_of(p)) {
        PF_TRY(const auto now, datastore_on_device(c, device));
        if (!now || now->uuid == uuid) {
            return fail(Errc::Conflict,
                        "the datastore on {} does not have a new UUID; the files of VMs that name "
                        "it are not changed",
                        device);
        }
        moved.push_back({uuid, now->id});
    }
    if (!here) {
        return fail(Errc::Conflict, "there is no datastore on device {}", param(p, "device"));
    }
    // One that a lost answer left behind; two at a time would spoil each other's work.
    PF_TRY(const auto tasks, c.vsphere.active_tasks(here->id));
    for (const TaskInfo& task : tasks) {
        if (task.operation.find("pdateVirtualMachineFiles") != std::string::npos) {
            return fail(Errc::Timeout, "vCenter still changes the files of VMs on datastore '{}'",
                        here->name);
        }
    }
    PF_TRY(const auto failures, c.vsphere.update_vm_paths(here->id, moved));
    std::set<std::string> own;
    if (const Params* record = c.result_of(param(p, "record_step")); record != nullptr) {
        for (const auto& [key, value] : *record) {
            if (key.starts_with("vmx.")) {
                own.insert(path_in(value));
            }
        }
    }
    CallOutcome out;
    std::string others;
    for (const FileFailure& failure : failures) {
        if (own.contains(path_in(failure.file))) {
            return fail(Errc::Fault, "the paths in {} could not be changed: {}", failure.file,
                        failure.why);
        }
        others += fmt::format("{}{}: {}", others.empty() ? "" : "; ", failure.file, failure.why);
    }
    out.evidence["seen"] = others.empty() ? "no file failed" : "not of this unit: " + others;
    return out;
}

// ---- vmfs.create / vmfs.remove
// -----------------------------------------------------------------------

std::string create_describe(const Params& p) {
    return fmt::format("{}: create VMFS 6 datastore {} on {}", param(p, "host"), param(p, "name"),
                       device_label(p));
}
Commands create_commands(const Params& p) {
    return {fmt::format("govc datastore.create -type vmfs -name {} -disk {} -version 6 {}",
                        param(p, "name"), device_label(p), param(p, "host"))};
}
std::string create_pre(const Params& p) {
    return fmt::format("{} holds no VMFS volume and no copy of one", device_label(p));
}
std::string create_post(const Params& p) {
    return fmt::format("datastore {} is on {}", param(p, "name"), device_label(p));
}
Result<void> create_guard(OpContext& c, const Params& p) {
    PF_TRY(const std::string device, lookup_device_name(c, p));
    PF_TRY(const auto copies, c.vsphere.unresolved_volumes(param(p, "host_id")));
    for (const UnresolvedVolume& copy : copies) {
        if (copy.device == device) {
            return fail(
                Errc::Conflict,
                "device {} holds a copy of datastore '{}'; it is not formatted. Resignature or "
                "remove it",
                device, copy.label);
        }
    }
    PF_TRY(const auto datastores, c.vsphere.datastores());
    for (const DatastoreInfo& datastore : datastores) {
        if (datastore.name == param(p, "name")) {
            return fail(Errc::Conflict,
                        "a datastore named '{}' already exists; change target.naming",
                        datastore.name);
        }
    }
    return {};
}
Result<Observation> create_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (!datastore) {
        return absent("no datastore on the device");
    }
    if (datastore->name != param(p, "name")) {
        return fail(Errc::Conflict, "device {} already holds the datastore '{}'",
                    datastore->extents.front(), datastore->name);
    }
    return present(datastore->uuid);
}
Result<CallOutcome> create_execute(OpContext& c, const Params& p) {
    PF_TRY(const std::string device, lookup_device_name(c, p));
    PF_CHECK(c.vsphere.create_datastore(param(p, "host_id"), device, param(p, "name")));
    return CallOutcome{};
}

std::string remove_describe(const Params& p) {
    return fmt::format("{}: remove the empty datastore {}", param(p, "host"), param(p, "name"));
}
Commands remove_commands(const Params& p) {
    return {fmt::format("govc datastore.remove -ds {} {}", param(p, "name"), param(p, "host"))};
}
std::string remove_pre(const Params&) { return "no VM is registered on it"; }
std::string remove_post(const Params& p) {
    return fmt::format("no datastore {}", param(p, "name"));
}
Result<void> remove_guard(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (datastore && !datastore->vm_ids.empty()) {
        return fail(Errc::Busy, "datastore '{}' has {} registered VM(s); it is not removed",
                    datastore->name, datastore->vm_ids.size());
    }
    return {};
}
Result<Observation> remove_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    return datastore ? absent("it exists") : present("no such datastore");
}
Result<CallOutcome> remove_execute(OpContext& c, const Params& p) {
    PF_TRY(const auto datastore, lookup_datastore(c, p));
    if (datastore) {
        PF_CHECK(c.vsphere.remove_datastore(param(p, "host_id"), datastore->id));
    }
    return CallOutcome{};
}

} // namespace

std::span<const Op> datastore_ops() {
    using namespace std::chrono_literals;
    static const std::array<Op, 12> kOps{{
        {"vmfs.unmount", OpKind::Change, false, 180s, unmount_describe, unmount_commands,
         unmount_pre, unmount_post, unmount_guard, unmount_observe, unmount_execute, nullptr,
         nullptr},
        {"vmfs.mount", OpKind::Change, false, 300s, mount_describe, mount_commands, nullptr,
         mount_post, nullptr, mount_observe, mount_execute, mount_now, nullptr},
        {"device.detach", OpKind::Change, false, 120s, detach_describe, detach_commands, detach_pre,
         detach_post, nullptr, detach_observe, detach_execute, nullptr, nullptr},
        {"device.attach", OpKind::Change, false, 180s, attach_describe, attach_commands, nullptr,
         attach_post, nullptr, attach_observe, attach_execute, attach_now, nullptr},
        {"device.gone", OpKind::Change, false, 300s, gone_describe, rescan_commands, nullptr,
         gone_post, nullptr, gone_observe, rescan_execute, rescan_again, nullptr},
        {"device.ready", OpKind::Change, false, 300s, ready_describe, rescan_commands, nullptr,
         ready_post, nullptr, ready_observe, rescan_execute, rescan_again, nullptr},
        {"vmfs.resignature", OpKind::Change, false, 600s, resignature_describe,
         resignature_commands, resignature_pre, resignature_post, resignature_guard,
         resignature_observe, resignature_execute, nullptr, nullptr},
        {"vmfs.rename", OpKind::Change, false, 60s, rename_describe, rename_commands, rename_pre,
         rename_post, nullptr, rename_observe, rename_execute, nullptr, nullptr},
        {"vmfs.present", OpKind::Change, false, 300s, present_describe, present_commands, nullptr,
         mount_post, nullptr, mount_observe, mount_execute, mount_now, nullptr},
        {"vmfs.update_paths", OpKind::Renew, false, 1800s, update_describe, update_commands,
         update_pre, update_post, nullptr, nullptr, update_execute, nullptr, nullptr},
        {"vmfs.create", OpKind::Change, false, 180s, create_describe, create_commands, create_pre,
         create_post, create_guard, create_observe, create_execute, nullptr, nullptr},
        {"vmfs.remove", OpKind::Change, false, 180s, remove_describe, remove_commands, remove_pre,
         remove_post, remove_guard, remove_observe, remove_execute, nullptr, nullptr},
    }};
    return kOps;
}

} // namespace pf::nvmetool
