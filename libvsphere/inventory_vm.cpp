// VirtualMachine properties into structs.

#include "libvsphere/bulk.hpp"
#include "libvsphere/inventory_read.hpp"
#include "libvsphere/wire/schema.hpp"

namespace pf::vim::detail {

// Every function here reads a Value (one object, decoded) or a View (bulk reads), see bulk.hpp.

namespace {

constexpr int kMaxChain = 256; ///< of backings or snapshots; real ones end at 32

template<class V>
void add_parents(std::vector<std::string>& files, const V& parent, int depth) {
    if (!parent.is_object() || depth > kMaxChain)
        return;
    files.push_back(parent["fileName"].text_or());
    add_parents(files, parent["parent"], depth + 1);
}

template<class V>
DiskBacking to_backing(const V& backing) {
    DiskBacking b;
    b.kind = backing.type_view();
    b.file_name = backing["fileName"].text_or();
    b.datastore = backing["datastore"].ref();
    b.disk_mode = backing["diskMode"].text_or();
    b.uuid = backing["uuid"].text_or();
    b.sharing = backing["sharing"].text_or();
    b.change_id = backing["changeId"].text_or();
    b.backing_object_id = backing["backingObjectId"].text_or();
    if (backing["thinProvisioned"].is_set())
        b.thin = backing["thinProvisioned"].bool_or(false);
    if (backing["eagerlyScrub"].is_set())
        b.eager_zero = backing["eagerlyScrub"].bool_or(false);
    b.encrypted = backing["keyId"].is_set();
    if (b.kind == "VirtualDiskRawDiskMappingVer1BackingInfo" ||
        b.kind == "VirtualDiskRawDiskVer2BackingInfo") {
        b.rdm_device = backing["deviceName"].text_or();
        b.rdm_lun_uuid = backing["lunUuid"].text_or();
        b.rdm_mode = backing["compatibilityMode"].text_or("physicalMode");
        if (b.kind == "VirtualDiskRawDiskVer2BackingInfo")
            b.file_name = backing["descriptorFileName"].text_or();
    }
    add_parents(b.parents, backing["parent"], 0);
    return b;
}

/// How a device ties its VM to a host; empty: it does not.
template<class V>
std::string_view host_tie(const V& device) {
    const Schema& schema = Schema::get();
    const std::string_view kind = device.type_view();
    const auto& backing = device["backing"];
    const std::string_view backed_by = backing.type_view();
    if (kind == "VirtualPCIPassthrough")
        return backed_by == "VirtualPCIPassthroughVmiopBackingInfo" ? "vGPU" : "PCI passthrough";
    if (kind == "VirtualSriovEthernetCard")
        return "SR-IOV";
    if (kind == "VirtualSCSIPassthrough")
        return "SCSI passthrough";
    if (kind == "VirtualUSB")
        return "USB";
    // Disks and network cards have such backings too, and are no tie.
    const bool drive = kind == "VirtualCdrom" || kind == "VirtualFloppy";
    const bool port = kind == "VirtualSerialPort" || kind == "VirtualParallelPort";
    const bool physical = schema.is_a(backed_by, "VirtualDeviceDeviceBackingInfo") ||
                          schema.is_a(backed_by, "VirtualDeviceRemoteDeviceBackingInfo");
    const bool in_use = device["connectable"]["connected"].bool_or(false) ||
                        device["connectable"]["startConnected"].bool_or(false);
    if ((drive || port) && physical && in_use)
        return drive ? "drive" : "port";
    return {};
}

template<class V>
void add_device(Vm& vm, const V& device) {
    const Schema& schema = Schema::get();
    const std::string_view kind = device.type_view();
    const int key = static_cast<int>(device["key"].int_or(0));
    auto label = [&] { return device["deviceInfo"]["label"].text_or(); };
    if (const std::string_view tie = host_tie(device); !tie.empty())
        vm.host_devices.push_back({label(), std::string(tie)});
    if (kind == "VirtualDisk") {
        VirtualDisk disk;
        disk.key = key;
        disk.controller_key = static_cast<int>(device["controllerKey"].int_or(0));
        disk.unit_number = static_cast<int>(device["unitNumber"].int_or(-1));
        disk.label = label();
        disk.capacity_bytes =
            device["capacityInBytes"].int_or(device["capacityInKB"].int_or(0) * 1024);
        disk.fcd_id = device["vDiskId"]["id"].text_or();
        disk.io_filters = device["iofilter"].texts();
        disk.linked_clone = device["nativeUnmanagedLinkedClone"].bool_or(false);
        disk.backing = to_backing(device["backing"]);
        vm.disks.push_back(std::move(disk));
    } else if (kind == "VirtualCdrom" || kind == "VirtualFloppy") {
        const auto& backing = device["backing"];
        if (!schema.is_a(backing.type_view(), "VirtualDeviceFileBackingInfo"))
            return;
        VmMedia media;
        media.key = key;
        media.label = label();
        media.file_name = backing["fileName"].text_or();
        media.datastore = backing["datastore"].ref();
        media.connected = device["connectable"]["connected"].bool_or(false);
        media.start_connected = device["connectable"]["startConnected"].bool_or(false);
        vm.media.push_back(std::move(media));
    } else if (kind == "VirtualPCIPassthrough") {
        vm.has_passthrough = true;
    } else if (schema.is_a(kind, "VirtualController") || kind.ends_with("Controller")) {
        vm.controllers.push_back({key, std::string(kind), label(), device["sharedBus"].text_or()});
    }
}

template<class V>
void add_snapshots(Vm& vm, const V& list, int depth) {
    if (depth > kMaxChain || !list.is_set())
        return;
    for (const auto& node : list.items()) {
        vm.snapshots.push_back({node["snapshot"].ref(), static_cast<int>(node["id"].int_or(0)),
                                depth, node["name"].text_or(), node["createTime"].text_or()});
        add_snapshots(vm, node["childSnapshotList"], depth + 1);
    }
}

template<class V>
std::optional<VmQuestion> to_question(const V& question) {
    if (!question.is_object())
        return std::nullopt;
    VmQuestion q;
    q.id = question["id"].text_or();
    q.text = question["text"].text_or();
    for (const auto& choice : question["choice"]["choiceInfo"].items())
        q.choices.push_back({choice["key"].text_or(), choice["label"].text_or()});
    int64_t index = question["choice"]["defaultIndex"].int_or(-1);
    if (index >= 0 && static_cast<size_t>(index) < q.choices.size())
        q.default_choice = q.choices[static_cast<size_t>(index)].key;
    return q;
}

} // namespace

std::vector<std::string> vm_paths(bool with_files) {
    std::vector<std::string> paths = {"name",
                                      "parent",
                                      "resourcePool",
                                      "datastore",
                                      "snapshot",
                                      "storage.perDatastoreUsage",
                                      "guestHeartbeatStatus",
                                      "guest.toolsRunningStatus",
                                      "runtime.host",
                                      "runtime.powerState",
                                      "runtime.connectionState",
                                      "runtime.faultToleranceState",
                                      "runtime.consolidationNeeded",
                                      "runtime.question",
                                      "config.template",
                                      "config.uuid",
                                      "config.instanceUuid",
                                      "config.guestId",
                                      "config.version",
                                      "config.changeVersion",
                                      "config.annotation",
                                      "config.files",
                                      "config.hardware.device",
                                      "config.hardware.memoryMB",
                                      "config.hardware.numCPU",
                                      "config.managedBy",
                                      "config.swapPlacement",
                                      "config.changeTrackingEnabled",
                                      "config.repConfig",
                                      "config.keyId",
                                      "config.extraConfig"};
    if (with_files)
        paths.emplace_back("layoutEx.file");
    return paths;
}

template<class Props>
Vm to_vm(const Props& p) {
    Vm v;
    v.ref = p.object;
    v.folder = p["parent"].ref();
    v.pool = p["resourcePool"].ref();
    v.name = p["name"].text_or();
    v.uuid = p["config.uuid"].text_or();
    v.instance_uuid = p["config.instanceUuid"].text_or();
    v.guest_id = p["config.guestId"].text_or();
    v.hardware_version = p["config.version"].text_or();
    v.change_version = p["config.changeVersion"].text_or();
    v.annotation = p["config.annotation"].text_or();
    v.is_template = p["config.template"].bool_or(false);
    const auto& files = p["config.files"];
    v.vmx_path = files["vmPathName"].text_or();
    v.snapshot_dir = files["snapshotDirectory"].text_or();
    v.suspend_dir = files["suspendDirectory"].text_or();
    v.log_dir = files["logDirectory"].text_or();
    v.host = p["runtime.host"].ref();
    v.power_state = p["runtime.powerState"].text_or();
    v.connection_state = p["runtime.connectionState"].text_or();
    v.fault_tolerance = p["runtime.faultToleranceState"].text_or("notConfigured");
    v.consolidation_needed = p["runtime.consolidationNeeded"].bool_or(false);
    v.question = to_question(p["runtime.question"]);
    v.tools_state = p["guest.toolsRunningStatus"].text_or();
    v.guest_heartbeat = p["guestHeartbeatStatus"].text_or();
    v.managed_by = p["config.managedBy"]["extensionKey"].text_or();
    v.swap_placement = p["config.swapPlacement"].text_or();
    v.changed_block_tracking = p["config.changeTrackingEnabled"].bool_or(false);
    v.encrypted = p["config.keyId"].is_set();
    v.replicated = p["config.repConfig"].is_object();
    v.memory_mb = static_cast<int>(p["config.hardware.memoryMB"].int_or(0));
    v.num_cpu = static_cast<int>(p["config.hardware.numCPU"].int_or(0));
    for (const auto& device : p["config.hardware.device"].items())
        add_device(v, device);
    add_snapshots(v, p["snapshot"]["rootSnapshotList"], 0);
    for (const auto& file : p["layoutEx.file"].items())
        v.files.push_back({static_cast<int>(file["key"].int_or(0)), file["name"].text_or(),
                           file["type"].text_or(), file["size"].int_or(0)});
    v.datastores = p["datastore"].refs();
    for (const auto& usage : p["storage.perDatastoreUsage"].items())
        v.usage.push_back({usage["datastore"].ref(), usage["committed"].int_or(0),
                           usage["uncommitted"].int_or(0), usage["unshared"].int_or(0)});
    for (const auto& option : p["config.extraConfig"].items()) {
        std::string key = option["key"].text_or();
        std::string value = option["value"].text_or();
        if (key == "HDCS.agent" && (value == "true" || value == "TRUE"))
            v.is_vcls = true;
        if (key.substr(0, 11) == "hbr_filter.")
            v.replicated = true;
        v.extra_config.emplace_back(std::move(key), std::move(value));
    }
    if (v.name.substr(0, 5) == "vCLS-" || v.name.substr(0, 6) == "vCLS (")
        v.is_vcls = true;
    return v;
}

template Vm to_vm(const ObjectProps&);
template Vm to_vm(const ObjectView&);

} // namespace pf::vim::detail
