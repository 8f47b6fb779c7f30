// HostSystem and Datastore properties into structs.

#include "libvsphere/bulk.hpp"
#include "libvsphere/inventory_read.hpp"

#include <algorithm>

namespace pf::vim::detail {

namespace {

/// "key-vim.host.PhysicalNic-vmnic2" → "vmnic2"; other texts unchanged.
std::string nic_of_key(const std::string& key) {
    constexpr std::string_view mark = "PhysicalNic-";
    size_t at = key.find(mark);
    return at == std::string::npos ? key : key.substr(at + mark.size());
}

template<class V>
HostNetwork to_network(const V& network) {
    HostNetwork out;
    for (const auto& p : network["pnic"].items()) {
        Pnic pnic;
        pnic.key = p["key"].text_or();
        pnic.device = p["device"].text_or();
        pnic.driver = p["driver"].text_or();
        pnic.pci = p["pci"].text_or();
        pnic.mac = p["mac"].text_or();
        if (auto speed = p["linkSpeed"]["speedMb"].int_opt())
            pnic.link_mbps = static_cast<int>(*speed);
        out.pnics.push_back(std::move(pnic));
    }
    for (const auto& v : network["vnic"].items()) {
        const auto& spec = v["spec"];
        Vmk vmk;
        vmk.device = v["device"].text_or();
        vmk.key = v["key"].text_or();
        vmk.portgroup = v["portgroup"].text_or();
        vmk.ip = spec["ip"]["ipAddress"].text_or();
        vmk.netmask = spec["ip"]["subnetMask"].text_or();
        vmk.dhcp = spec["ip"]["dhcp"].bool_or(false);
        vmk.mac = spec["mac"].text_or();
        vmk.netstack = spec["netStackInstanceKey"].text_or();
        vmk.dvs_uuid = spec["distributedVirtualPort"]["switchUuid"].text_or();
        vmk.dv_portgroup_key = spec["distributedVirtualPort"]["portgroupKey"].text_or();
        vmk.pinned_pnic = nic_of_key(spec["pinnedPnic"].text_or());
        if (auto mtu = spec["mtu"].int_opt())
            vmk.mtu = static_cast<int>(*mtu);
        out.vmks.push_back(std::move(vmk));
    }
    for (const auto& s : network["vswitch"].items()) {
        VirtualSwitch sw;
        sw.name = s["name"].text_or();
        sw.key = s["key"].text_or();
        if (auto mtu = s["mtu"].int_opt())
            sw.mtu = static_cast<int>(*mtu);
        for (const std::string& key : s["pnic"].texts())
            sw.pnics.push_back(nic_of_key(key));
        out.switches.push_back(std::move(sw));
    }
    for (const auto& s : network["proxySwitch"].items()) {
        VirtualSwitch sw;
        sw.distributed = true;
        sw.name = s["dvsName"].text_or();
        sw.key = s["key"].text_or();
        sw.dvs_uuid = s["dvsUuid"].text_or();
        if (auto mtu = s["mtu"].int_opt())
            sw.mtu = static_cast<int>(*mtu);
        for (const std::string& key : s["pnic"].texts())
            sw.pnics.push_back(nic_of_key(key));
        out.switches.push_back(std::move(sw));
    }
    for (const auto& g : network["portgroup"].items()) {
        PortGroup group;
        group.name = g["spec"]["name"].text_or();
        group.vswitch = g["spec"]["vswitchName"].text_or();
        group.vlan = static_cast<int>(g["spec"]["vlanId"].int_or(0));
        // computedPolicy is the override merged with the switch's default.
        const auto& order = g["computedPolicy"]["nicTeaming"]["nicOrder"];
        group.active_nics = order["activeNic"].texts();
        group.standby_nics = order["standbyNic"].texts();
        if (group.active_nics.empty() && group.standby_nics.empty()) {
            for (const VirtualSwitch& sw : out.switches) {
                if (sw.name == group.vswitch && !sw.distributed)
                    group.active_nics = sw.pnics;
            }
        }
        out.port_groups.push_back(std::move(group));
    }
    return out;
}

template<class V>
std::optional<bool> flag(const V& value) {
    if (!value.is_set())
        return std::nullopt;
    return value.bool_or(false);
}

} // namespace

const std::vector<std::string>& host_paths() {
    static const std::vector<std::string> paths = {"name",
                                                   "parent",
                                                   "runtime.connectionState",
                                                   "runtime.powerState",
                                                   "runtime.inMaintenanceMode",
                                                   "hardware.systemInfo",
                                                   "capability",
                                                   "configManager",
                                                   "summary.config.product",
                                                   "config.network",
                                                   "config.activeDiagnosticPartition",
                                                   "config.localSwapDatastore",
                                                   "datastore",
                                                   "vm"};
    return paths;
}

template<class Props>
Host to_host(const Props& p) {
    Host h;
    h.ref = p.object;
    h.parent = p["parent"].ref();
    h.name = p["name"].text_or();
    h.version = p["summary.config.product"]["version"].text_or();
    h.build = p["summary.config.product"]["build"].text_or();
    const auto& system = p["hardware.systemInfo"];
    h.uuid = system["uuid"].text_or();
    h.vendor = system["vendor"].text_or();
    h.model = system["model"].text_or();
    for (const auto& name : system["qualifiedName"].items()) {
        std::string type = name["type"].text_or();
        if (type == "nvmeQualifiedName")
            h.nvme_nqn = name["value"].text_or();
        else if (type == "vvolNvmeQualifiedName")
            h.vvol_nvme_nqn = name["value"].text_or();
    }
    if (h.vvol_nvme_nqn.empty()) // where 8.0 has it
        h.vvol_nvme_nqn = system["vvolHostNQN"]["value"].text_or();
    h.connection_state = p["runtime.connectionState"].text_or();
    h.power_state = p["runtime.powerState"].text_or();
    h.in_maintenance = p["runtime.inMaintenanceMode"].bool_or(false);
    const auto& capability = p["capability"];
    h.nvme_over_tcp = flag(capability["nvmeOverTcpSupported"]);
    h.nvme_discovery_services = flag(capability["nvmeStorageFabricServicesSupported"]);
    h.nvme_batch = flag(capability["nvmeBatchOperationsSupported"]);
    h.storage_vmotion = flag(capability["storageVMotionSupported"]);
    h.hpp_psp = flag(capability["hppPspSupported"]);
    h.nvme_vvol = flag(capability["nvmeVvolSupported"]);
    h.vvol_nqn = flag(capability["vvolNQNSupported"]);
    h.vmotion_with_storage = flag(capability["vmotionWithStorageVMotionSupported"]);
    h.vmfs_mountable = flag(capability["vmfsDatastoreMountCapable"]);
    h.perennial_reservations = flag(capability["markPerenniallyReservedSupported"]);
    if (auto disks = capability["maxNumDisksSVMotion"].int_opt())
        h.max_disks_per_svmotion = static_cast<int>(*disks);
    for (const auto& major : capability["supportedVmfsMajorVersion"].items())
        h.vmfs_versions.push_back(static_cast<int>(major.int_or(0)));
    h.vvol_host_id = system["vvolHostId"].text_or();
    h.swap_datastore_diag_disk = p["config.activeDiagnosticPartition"]["id"]["diskName"].text_or();
    h.local_swap_datastore = p["config.localSwapDatastore"].ref();
    const auto& managers = p["configManager"];
    h.managers.storage = managers["storageSystem"].ref();
    h.managers.datastores = managers["datastoreSystem"].ref();
    h.managers.virtual_nics = managers["virtualNicManager"].ref();
    h.managers.network = managers["networkSystem"].ref();
    h.managers.advanced_options = managers["advancedOption"].ref();
    h.managers.services = managers["serviceSystem"].ref();
    h.managers.kernel_modules = managers["kernelModuleSystem"].ref();
    h.managers.firmware = managers["firmwareSystem"].ref();
    h.managers.diagnostic = managers["diagnosticSystem"].ref();
    h.network = to_network(p["config.network"]);
    h.datastores = p["datastore"].refs();
    h.vms = p["vm"].refs();
    return h;
}

const std::vector<std::string>& datastore_paths() {
    static const std::vector<std::string> paths = {
        "name", "parent", "summary", "info", "host", "vm", "capability", "iormConfiguration"};
    return paths;
}

template<class V>
DatastoreMount to_mount(const V& host_mount) {
    const auto& info = host_mount["mountInfo"];
    DatastoreMount m;
    m.host = host_mount["key"].ref();
    m.path = info["path"].text_or();
    m.access_mode = info["accessMode"].text_or();
    m.inaccessible_reason = info["inaccessibleReason"].text_or();
    // Both are optional since ancient servers did not tell; a mount that is listed without them is
    // one.
    m.mounted = info["mounted"].bool_or(true);
    m.accessible = info["accessible"].bool_or(m.mounted);
    return m;
}

template<class V>
Extent to_extent(const V& partition) {
    return {partition["diskName"].text_or(), static_cast<int>(partition["partition"].int_or(1))};
}

template<class Props>
Datastore to_datastore(const Props& p) {
    Datastore d;
    d.ref = p.object;
    d.parent = p["parent"].ref();
    const auto& summary = p["summary"];
    d.name = p["name"].is_set() ? p["name"].text_or() : summary["name"].text_or();
    d.type = summary["type"].text_or();
    d.url = summary["url"].text_or();
    d.capacity_bytes = summary["capacity"].int_or(0);
    d.free_bytes = summary["freeSpace"].int_or(0);
    d.uncommitted_bytes = summary["uncommitted"].int_or(0);
    d.accessible = summary["accessible"].bool_or(false);
    d.maintenance_mode = summary["maintenanceMode"].text_or();
    const auto& vmfs = p["info"]["vmfs"];
    d.vmfs_uuid = vmfs["uuid"].text_or();
    d.vmfs_version = vmfs["version"].text_or();
    d.force_mounted = vmfs["forceMountedInfo"].is_set();
    for (const auto& extent : vmfs["extent"].items())
        d.extents.push_back(to_extent(extent));
    d.sioc_enabled = p["iormConfiguration"]["enabled"].bool_or(false);
    d.clustered_vmdk = p["capability"]["clusteredVmdkSupported"].bool_or(false);
    for (const auto& mount : p["host"].items())
        d.mounts.push_back(to_mount(mount));
    d.vms = p["vm"].refs();
    return d;
}

template Host to_host(const ObjectProps&);
template Host to_host(const ObjectView&);
template Datastore to_datastore(const ObjectProps&);
template Datastore to_datastore(const ObjectView&);
template DatastoreMount to_mount(const Value&);
template Extent to_extent(const Value&);

} // namespace pf::vim::detail
