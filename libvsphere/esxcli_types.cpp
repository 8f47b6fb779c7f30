#include "libvsphere/esxcli_types.hpp"

#include "libvsphere/esxcli_read.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace pf::vim::cli {

namespace {

std::vector<std::string> split_list(const std::vector<std::string>& values) {
    std::vector<std::string> out;
    for (const std::string& value : values) {
        std::string_view rest = value;
        while (!rest.empty()) {
            size_t comma = std::min(rest.find(','), rest.size());
            std::string_view part = rest.substr(0, comma);
            while (!part.empty() && part.front() == ' ')
                part.remove_prefix(1);
            if (!part.empty())
                out.emplace_back(part);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return out;
}

/// "{ANA_GRP_id=6,ANA_GRP_state=AO,health=UP}" → value of a key.
std::string config_value(const std::string& config, std::string_view key) {
    size_t at = 0;
    while ((at = config.find(key, at)) != std::string::npos) {
        bool starts =
            at == 0 || config[at - 1] == '{' || config[at - 1] == ',' || config[at - 1] == ' ';
        size_t equals = at + key.size();
        if (starts && equals < config.size() && config[equals] == '=') {
            size_t end = std::min(config.find_first_of(",}", equals), config.size());
            return config.substr(equals + 1, end - equals - 1);
        }
        at = equals;
    }
    return {};
}

/// A count that may carry a unit ("10000 Mbps").
int leading_int(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

Result<std::string> host_nqn(const EsxcliOutput& out) {
    for (const EsxcliRecord& r : out.records) {
        std::string nqn = r.get("HostNQN");
        if (nqn.substr(0, 4) == "nqn.")
            return nqn;
    }
    // Some captures break the line after the label.
    size_t at = out.raw.find("nqn.");
    if (at == std::string::npos)
        return fail(Errc::NotFound, "\"nvme info get\" shows no host NQN");
    size_t end = at;
    while (end < out.raw.size() && !std::isspace(static_cast<unsigned char>(out.raw[end])) &&
           out.raw[end] != '"' && out.raw[end] != '<')
        ++end;
    return out.raw.substr(at, end - at);
}

std::vector<NvmeAdapter> nvme_adapters(const EsxcliOutput& out) {
    std::vector<NvmeAdapter> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Adapter"), r.get("AdapterQualifiedName"), r.get("TransportType"),
                        r.get("Driver"), split_list(r.list("AssociatedDevices"))});
    return rows;
}

bool split_controller_name(const std::string& name, std::string& subnqn, std::string& adapter,
                           std::string& address, uint16_t& port) {
    size_t last = name.rfind('#');
    size_t first = last == std::string::npos ? last : name.rfind('#', last - 1);
    if (last == std::string::npos || first == std::string::npos || last == 0)
        return false;
    std::string endpoint = name.substr(last + 1);
    size_t colon = endpoint.rfind(':');
    if (colon == std::string::npos)
        return false;
    unsigned number = 0;
    const char* begin = endpoint.data() + colon + 1;
    const char* end = endpoint.data() + endpoint.size();
    auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc{} || stop != end || number == 0 || number > 65535)
        return false;
    subnqn = name.substr(0, first);
    adapter = name.substr(first + 1, last - first - 1);
    address = endpoint.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
    port = static_cast<uint16_t>(number);
    return true;
}

std::vector<NvmeControllerRow> nvme_controllers(const EsxcliOutput& out) {
    std::vector<NvmeControllerRow> rows;
    for (const EsxcliRecord& r : out.records) {
        NvmeControllerRow row;
        row.name = r.get("Name");
        row.number = as_int(r, "ControllerNumber");
        row.adapter = r.get("Adapter");
        row.transport = r.get("TransportType");
        row.online = r.get_bool("IsOnline");
        row.vvol = r.get_bool("IsVVOL");
        row.type = r.get("ControllerType");
        row.keep_alive_s = leading_int(first_of(r, {"KeepAlive", "KeepAliveTimeout"}));
        row.io_queues = as_int(r, "IOQueues");
        row.queue_size = as_int(r, "QueueSize");
        std::string adapter;
        split_controller_name(row.name, row.subnqn, adapter, row.address, row.port);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<NvmeNamespaceRow> nvme_namespaces(const EsxcliOutput& out) {
    std::vector<NvmeNamespaceRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), as_int(r, "ControllerNumber"),
                        static_cast<uint32_t>(r.get_int("NamespaceID")), r.get_int("BlockSize"),
                        r.get_int("CapacityinMB")});
    return rows;
}

std::vector<NvmeDiscoveryRow> nvme_discovery(const EsxcliOutput& out) {
    std::vector<NvmeDiscoveryRow> rows;
    for (const EsxcliRecord& r : out.records) {
        NvmeDiscoveryRow row;
        row.transport = r.get("TransportType");
        row.family = r.get("AddressFamily");
        row.subsystem_type = r.get("SubsystemType");
        row.controller_id = as_int(r, "ControllerID");
        row.admin_queue_max = as_int(r, "AdminQueueMaxSize");
        row.address = r.get("TransportAddress");
        row.port = static_cast<uint16_t>(leading_int(r.get("TransportServiceID")));
        row.subnqn = r.get("SubsystemNQN");
        row.connected = r.get_bool("Connected");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<StorageAdapterRow> storage_adapters(const EsxcliOutput& out) {
    std::vector<StorageAdapterRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("HBAName"), r.get("Driver"), r.get("LinkState"), r.get("UID"),
                        r.get("Capabilities"), r.get("Description")});
    return rows;
}

std::vector<StorageDeviceRow> storage_devices(const EsxcliOutput& out) {
    std::vector<StorageDeviceRow> rows;
    for (const EsxcliRecord& r : out.records) {
        StorageDeviceRow row;
        row.device = r.key.empty() ? first_of(r, {"Device", "DeviceUID"}) : r.key;
        row.display_name = r.get("DisplayName");
        row.size_mb = r.get_int("Size");
        row.device_type = r.get("DeviceType");
        row.multipath_plugin = r.get("MultipathPlugin");
        row.devfs_path = r.get("DevfsPath");
        row.vendor = r.get("Vendor");
        row.model = r.get("Model");
        row.revision = r.get("Revision");
        row.status = r.get("Status");
        row.rdm_capable = r.get_bool("IsRDMCapable");
        row.local = r.get_bool("IsLocal");
        row.ssd = r.get_bool("IsSSD");
        row.offline = r.get_bool("IsOffline");
        row.thin_status = r.get("ThinProvisioningStatus");
        row.vaai_status = r.get("VAAIStatus");
        row.max_queue_depth = as_int(r, "DeviceMaxQueueDepth");
        // Structured forms carry the device only in its path and display name.
        if (row.device.empty() && !row.devfs_path.empty())
            row.device = row.devfs_path.substr(row.devfs_path.rfind('/') + 1);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<StoragePathRow> storage_paths(const EsxcliOutput& out) {
    std::vector<StoragePathRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back(
            {first_of(r, {"UID", "PathUID"}).empty() ? r.key : first_of(r, {"UID", "PathUID"}),
             r.get("RuntimeName"), r.get("Device"), r.get("Adapter"), r.get("Plugin"),
             r.get("State"), r.get("Transport")});
    return rows;
}

std::vector<HppDeviceRow> hpp_devices(const EsxcliOutput& out) {
    std::vector<HppDeviceRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.key.empty() ? r.get("Device") : r.key, r.get("PathSelectionScheme"),
                        r.get("PathSelectionSchemeConfig"), split_list(r.list("Paths")),
                        split_list(r.list("WorkingPathSet"))});
    return rows;
}

std::vector<HppPathRow> hpp_paths(const EsxcliOutput& out) {
    std::vector<HppPathRow> rows;
    for (const EsxcliRecord& r : out.records) {
        HppPathRow row;
        row.key = r.key.empty() ? first_of(r, {"PathUID", "UID", "Path"}) : r.key;
        row.runtime_name = r.get("RuntimeName");
        row.device = r.get("Device");
        row.state = r.get("PathState");
        std::string config = r.get("PathConfig");
        row.ana_state = config_value(config, "ANA_GRP_state");
        if (row.ana_state.empty())
            row.ana_state = config_value(config, "TPG_state"); // 7.0
        row.health = config_value(config, "health");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<FilesystemRow> filesystems(const EsxcliOutput& out) {
    std::vector<FilesystemRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("MountPoint"), r.get("VolumeName"), r.get("UUID"), r.get("Type"),
                        r.get_bool("Mounted"), r.get_int("Size"), r.get_int("Free")});
    return rows;
}

std::vector<VmfsExtentRow> vmfs_extents(const EsxcliOutput& out) {
    std::vector<VmfsExtentRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("VolumeName"), r.get("VMFSUUID"), r.get("DeviceName"),
                        as_int(r, "ExtentNumber"), as_int(r, "Partition")});
    return rows;
}

std::vector<VmfsSnapshotRow> vmfs_snapshots(const EsxcliOutput& out) {
    std::vector<VmfsSnapshotRow> rows;
    for (const EsxcliRecord& r : out.records) {
        VmfsSnapshotRow row;
        row.vmfs_uuid = r.has("VMFSUUID") ? r.get("VMFSUUID") : r.key;
        row.volume_name = r.get("VolumeName");
        row.can_mount = r.get_bool("Canmount");
        row.mount_reason = r.get("Reasonforun-mountability");
        row.can_resignature = r.get_bool("Canresignature");
        row.resignature_reason = r.get("Reasonfornon-resignaturability");
        row.unresolved_extents = as_int(r, "UnresolvedExtentCount");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<LockModeRow> vmfs_lock_modes(const EsxcliOutput& out) {
    std::vector<LockModeRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("VolumeName"), r.get("UUID"), r.get("Type"), r.get("LockingMode"),
                        r.get("ATSIncompatibilityReason")});
    return rows;
}

std::vector<NicRow> nics(const EsxcliOutput& out) {
    std::vector<NicRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), r.get("Driver"), r.get("AdminStatus"),
                        first_of(r, {"LinkStatus", "Link"}), r.get("MACAddress"),
                        r.get("Description"), leading_int(r.get("Speed")), as_int(r, "MTU")});
    return rows;
}

std::vector<VmkAddressRow> vmk_addresses(const EsxcliOutput& out) {
    std::vector<VmkAddressRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), r.get("IPv4Address"), r.get("IPv4Netmask"),
                        r.get("IPv4Broadcast"), r.get("AddressType"), r.get("Gateway")});
    return rows;
}

std::vector<std::string> vmk_tags(const EsxcliOutput& out) {
    for (const EsxcliRecord& r : out.records) {
        if (r.has("Tags"))
            return split_list(r.list("Tags"));
    }
    return {};
}

SystemVersion system_version(const EsxcliOutput& out) {
    SystemVersion version;
    if (out.records.empty())
        return version;
    const EsxcliRecord& r = out.records.front();
    version.product = r.get("Product");
    version.version = r.get("Version");
    std::string build = r.get("Build"); // "Releasebuild-24022510"
    size_t digit = build.find_first_of("0123456789");
    version.build = digit == std::string::npos ? build : build.substr(digit);
    version.update = r.get("Update");
    version.patch = r.get("Patch");
    return version;
}

std::vector<ModuleParameter> module_parameters(const EsxcliOutput& out) {
    std::vector<ModuleParameter> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), r.get("Type"), r.get("Value"), r.get("Description")});
    return rows;
}

} // namespace pf::vim::cli
