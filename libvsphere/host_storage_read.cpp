// HostStorageSystem properties into HostStorage.

#include "libvsphere/esxcli_types.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/inventory_read.hpp"
#include "libvsphere/storage_read.hpp"

#include <algorithm>
#include <unordered_map>

namespace pf::vim {

namespace detail {

ScsiDevice to_device(const Value& lun) {
    ScsiDevice d;
    d.key = lun["key"].text_or();
    d.uuid = lun["uuid"].text_or();
    d.canonical_name = lun["canonicalName"].text_or();
    d.display_name = lun["displayName"].text_or();
    d.device_path = lun["devicePath"].text_or();
    d.vendor = lun["vendor"].text_or();
    d.model = lun["model"].text_or();
    d.revision = lun["revision"].text_or();
    d.serial = lun["serialNumber"].text_or();
    d.lun_type = lun["lunType"].text_or();
    d.vstorage_support = lun["vStorageSupport"].text_or();
    d.application_protocol = lun["applicationProtocol"].text_or();
    d.disk_type = lun["scsiDiskType"].text_or();
    d.operational_state = lun["operationalState"].texts();
    d.block_size = lun["capacity"]["blockSize"].int_or(0);
    d.blocks = lun["capacity"]["block"].int_or(0);
    if (auto depth = lun["queueDepth"].int_opt())
        d.queue_depth = static_cast<int>(*depth);
    if (lun["ssd"].is_set())
        d.ssd = lun["ssd"].bool_or(false);
    if (lun["localDisk"].is_set())
        d.local = lun["localDisk"].bool_or(false);
    if (lun["perenniallyReserved"].is_set())
        d.perennially_reserved = lun["perenniallyReserved"].bool_or(false);
    if (lun["clusteredVmdkSupported"].is_set())
        d.clustered_vmdk = lun["clusteredVmdkSupported"].bool_or(false);
    if (lun["protocolEndpoint"].is_set())
        d.protocol_endpoint = lun["protocolEndpoint"].bool_or(false);
    d.reservation = lun["deviceReservation"].text_or();
    d.is_disk = lun.type_name() == "HostScsiDisk" || d.lun_type == "disk";
    return d;
}

} // namespace detail

namespace {

Hba to_hba(const Value& value) {
    Hba h;
    h.kind = value.type_name();
    h.key = value["key"].text_or();
    h.device = value["device"].text_or();
    h.driver = value["driver"].text_or();
    h.model = value["model"].text_or();
    h.status = value["status"].text_or();
    h.protocol = value["storageProtocol"].text_or();
    h.pci = value["pci"].text_or();
    h.associated_nic = value["associatedPnic"].is_set() ? value["associatedPnic"].text_or()
                                                        : value["associatedRdmaDevice"].text_or();
    return h;
}

/// Adapter names by HBA key; a key that is not listed falls back to its "…-vmhbaN" tail.
class HbaNames {
  public:
    explicit HbaNames(const std::vector<Hba>& hbas) {
        for (const Hba& hba : hbas)
            names_[hba.key] = hba.device;
    }
    std::string operator()(const std::string& key) const {
        auto found = names_.find(key);
        if (found != names_.end())
            return found->second;
        size_t dash = key.rfind('-');
        return dash == std::string::npos ? key : key.substr(dash + 1);
    }

  private:
    std::unordered_map<std::string, std::string> names_;
};

NvmeController to_controller(const Value& value, const HbaNames& names,
                             const std::string& interface_adapter) {
    NvmeController c;
    c.key = value["key"].text_or();
    c.name = value["name"].text_or();
    c.subnqn = value["subnqn"].text_or();
    c.transport = value["transportType"].text_or();
    c.number = static_cast<int>(value["controllerNumber"].int_or(0));
    c.fused_supported = value["fusedOperationSupported"].bool_or(false);
    c.queues = static_cast<int>(value["numberOfQueues"].int_or(0));
    c.queue_size = static_cast<int>(value["queueSize"].int_or(0));
    c.model = value["model"].text_or();
    c.serial = value["serialNumber"].text_or();
    c.firmware = value["firmwareVersion"].text_or();
    c.vendor_id = value["vendorId"].text_or();
    std::string key = value["associatedAdapter"].text_or();
    c.adapter = names(key.empty() ? interface_adapter : key);
    std::string nqn, adapter;
    cli::split_controller_name(c.name, nqn, adapter, c.address, c.port);
    for (const Value& ns : value["attachedNamespace"].items()) {
        c.namespaces.push_back({ns["key"].text_or(), ns["name"].text_or(),
                                static_cast<uint32_t>(ns["id"].int_or(0)),
                                ns["blockSize"].int_or(0), ns["capacityInBlocks"].int_or(0)});
    }
    return c;
}

void add_multipath(HostStorage& out, const Value& info, const HbaNames& names) {
    std::unordered_map<std::string, std::string> devices;
    for (const ScsiDevice& d : out.devices)
        devices[d.key] = d.canonical_name;
    for (const Value& lun : info["lun"].items()) {
        MultipathDevice m;
        m.key = lun["key"].text_or();
        m.id = lun["id"].text_or();
        std::string key = lun["lun"].text_or();
        auto device = devices.find(key);
        m.device = device == devices.end() ? key : device->second;
        m.policy_kind = lun["policy"].type_name();
        m.policy = lun["policy"]["policy"].text_or();
        m.iops = lun["policy"]["iops"].int_opt();
        m.bytes = lun["policy"]["bytes"].int_opt();
        m.latency_eval_ms = lun["policy"]["latencyEvalTime"].int_opt();
        m.samples_per_path = lun["policy"]["samplingIosPerPath"].int_opt();
        m.preferred_path = lun["policy"]["path"].text_or();
        m.satp = lun["storageArrayTypePolicy"]["policy"].text_or();
        for (const Value& path : lun["path"].items()) {
            StoragePath p;
            p.key = path["key"].text_or();
            p.name = path["name"].text_or();
            p.state =
                path["state"].is_set() ? path["state"].text_or() : path["pathState"].text_or();
            p.working = path["isWorkingPath"].bool_or(false);
            p.adapter = names(path["adapter"].text_or());
            p.transport = path["transport"].type_name();
            m.paths.push_back(std::move(p));
        }
        out.multipath.push_back(std::move(m));
    }
}

MountedVolume to_volume(const Value& entry) {
    const Value& mount = entry["mountInfo"];
    const Value& volume = entry["volume"];
    MountedVolume v;
    v.kind = volume["type"].text_or();
    v.name = volume["name"].text_or();
    v.uuid = volume["uuid"].text_or();
    v.version = volume["version"].text_or();
    v.capacity_bytes = volume["capacity"].int_or(0);
    v.force_mounted = volume["forceMountedInfo"].is_set();
    for (const Value& extent : volume["extent"].items())
        v.extents.push_back(detail::to_extent(extent));
    v.path = mount["path"].text_or();
    v.mounted = mount["mounted"].bool_or(true);
    v.accessible = mount["accessible"].bool_or(v.mounted);
    v.inaccessible_reason = mount["inaccessibleReason"].text_or();
    v.vstorage_support = entry["vStorageSupport"].text_or();
    v.mount_failed_reason = mount["mountFailedReason"].text_or();
    v.unmap_priority = volume["unmapPriority"].text_or();
    v.vmfs_major = static_cast<int>(volume["majorVersion"].int_or(0));
    if (volume["ssd"].is_set())
        v.ssd = volume["ssd"].bool_or(false);
    if (volume["local"].is_set())
        v.local = volume["local"].bool_or(false);
    return v;
}

template<class T, class Matches>
const T* find_in(const std::vector<T>& list, Matches matches) {
    auto found = std::find_if(list.begin(), list.end(), matches);
    return found == list.end() ? nullptr : &*found;
}

} // namespace

Result<HostStorage> read_storage(Session& session, const Host& host) {
    if (host.managers.storage.empty())
        return fail(Errc::Unreachable, "host {} has no storage system now (state: {})", host.name,
                    host.connection_state);
    PF_TRY(ObjectProps props, retrieve_one(session, host.managers.storage,
                                           {"storageDeviceInfo", "fileSystemVolumeInfo"}));
    const Value& info = props["storageDeviceInfo"];
    if (!info.as_object())
        return fail(Errc::NotReady, "host {} does not report its storage now", host.name);
    HostStorage out;
    for (const Value& hba : info["hostBusAdapter"].items())
        out.hbas.push_back(to_hba(hba));
    for (const Value& lun : info["scsiLun"].items())
        out.devices.push_back(detail::to_device(lun));
    HbaNames names(out.hbas);
    for (const Value& adapter : info["nvmeTopology"]["adapter"].items()) {
        std::string key = adapter["adapter"].text_or();
        for (const Value& controller : adapter["connectedController"].items())
            out.controllers.push_back(to_controller(controller, names, key));
    }
    add_multipath(out, info["multipathInfo"], names);
    for (const Value& entry : props["fileSystemVolumeInfo"]["mountInfo"].items())
        out.volumes.push_back(to_volume(entry));
    return out;
}

bool ScsiDevice::detached() const {
    return std::find(operational_state.begin(), operational_state.end(), "off") !=
           operational_state.end();
}

bool ScsiDevice::ok() const {
    return std::find(operational_state.begin(), operational_state.end(), "ok") !=
           operational_state.end();
}

const Hba* HostStorage::hba(std::string_view device) const {
    return find_in(hbas, [&](const Hba& h) { return h.device == device; });
}
const Hba* HostStorage::tcp_hba_on(std::string_view pnic) const {
    return find_in(hbas, [&](const Hba& h) { return h.is_nvme_tcp() && h.associated_nic == pnic; });
}
const ScsiDevice* HostStorage::device(std::string_view canonical_name) const {
    return find_in(devices,
                   [&](const ScsiDevice& d) { return d.canonical_name == canonical_name; });
}
const MultipathDevice* HostStorage::paths_of(std::string_view canonical_name) const {
    return find_in(multipath, [&](const MultipathDevice& m) { return m.device == canonical_name; });
}
const MountedVolume* HostStorage::volume(std::string_view vmfs_uuid) const {
    return find_in(volumes, [&](const MountedVolume& v) { return v.uuid == vmfs_uuid; });
}
std::vector<const NvmeController*>
HostStorage::controllers_of(std::string_view namespace_name) const {
    std::vector<const NvmeController*> out;
    for (const NvmeController& c : controllers) {
        if (find_in(c.namespaces, [&](const NvmeNamespace& n) { return n.name == namespace_name; }))
            out.push_back(&c);
    }
    return out;
}

} // namespace pf::vim
