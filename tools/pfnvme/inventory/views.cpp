#include "tools/pfnvme/inventory/views.hpp"

#include <algorithm>
#include <set>

namespace pf::nvmetool {

namespace {

using Extras = std::function<void(const Inventory&, const Row&, Row& out)>;

std::string text_at(const Row& row, std::size_t at) {
    const auto* text = at < row.size() ? std::get_if<std::string>(&row[at]) : nullptr;
    return text == nullptr ? std::string() : *text;
}

std::string text_of(const Table& table, const Row& row, std::string_view column) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].name == column) {
            return text_at(row, i);
        }
    }
    return {};
}

// A table with computed columns in front.
View joined(std::string name, std::string summary, std::string_view table_name,
            std::vector<Column> extra, std::vector<std::string> shown, Extras extras,
            std::function<bool(const Table&, const Row&)> filter = {}) {
    const Table* table = inventory_table(table_name);
    View view{std::move(name), std::move(summary), std::move(extra), std::move(shown), {}};
    const std::size_t front = view.columns.size();
    view.columns.insert(view.columns.end(), table->columns.begin(), table->columns.end());
    view.each = [table, front, extras = std::move(extras), filter = std::move(filter)](
                    const Inventory& inventory, const std::function<void(const Row&)>& sink) {
        Row out;
        Row computed;
        table->each(inventory, [&](const Row& row) {
            if (filter && !filter(*table, row)) {
                return;
            }
            computed.assign(front, FieldValue{});
            if (extras) {
                extras(inventory, row, computed);
            }
            out = computed;
            out.insert(out.end(), row.begin(), row.end());
            sink(out);
        });
    };
    return view;
}

FieldValue host_name(const Inventory& inventory, const std::string& id) {
    const HostInfo* host = inventory.host(id);
    return host == nullptr ? id : host->name;
}

FieldValue count(std::size_t number) { return static_cast<std::int64_t>(number); }
FieldValue bytes(std::uint64_t number) { return static_cast<std::int64_t>(number); }

// host, volume and protocol of a device on a host
void volume_of(const Inventory& inventory, const std::string& device, FieldValue& volume,
               FieldValue& protocol) {
    if (const VolumeInfo* found = inventory.volume_of_device(device)) {
        volume = found->name;
        protocol = volume_of_nvme_device(inventory.powerflex.system_id, device)
                       ? std::string("nvme")
                       : std::string("sdc");
    }
}

void vm_extras(const Inventory& inventory, const Row& row, Row& out) {
    const VmInfo* vm = inventory.vm(text_at(row, 0));
    if (vm == nullptr) {
        return;
    }
    out[0] = host_name(inventory, vm->host_id);
    std::vector<std::string> names;
    std::set<std::string> protocols;
    for (const std::string& id : vm->datastore_ids) {
        const DatastoreInfo* datastore = inventory.datastore(id);
        names.push_back(datastore == nullptr ? id : datastore->name);
        if (datastore != nullptr) {
            protocols.insert(inventory.sdc_volume_of(*datastore) != nullptr    ? "sdc"
                             : inventory.nvme_volume_of(*datastore) != nullptr ? "nvme"
                                                                               : "other");
        }
    }
    out[1] = encode_list(names);
    out[2] = encode_list({protocols.begin(), protocols.end()});
    out[3] = count(vm->disks.size());
    out[4] = bytes(vm->provisioned_bytes());
    out[5] = bytes(vm->committed_bytes());
    out[6] = count(vm->snapshots.size());
}

void datastore_extras(const Inventory& inventory, const Row& row, Row& out) {
    const DatastoreInfo* datastore = inventory.datastore(text_at(row, 0));
    if (datastore == nullptr) {
        return;
    }
    if (!datastore->extents.empty()) {
        out[0] = datastore->extents.front();
        volume_of(inventory, datastore->extents.front(), out[1], out[3]);
    }
    if (const VolumeInfo* volume = inventory.volume_of(*datastore)) {
        out[2] = volume->id;
    }
    std::vector<std::string> hosts;
    for (const DatastoreMount& mount : datastore->mounts) {
        hosts.push_back(std::get<std::string>(host_name(inventory, mount.host_id)));
    }
    out[4] = encode_list(hosts);
    out[5] = count(inventory.vms_on(*datastore).size());
}

void host_extras(const Inventory& inventory, const Row& row, Row& out) {
    const HostInfo* host = inventory.host(text_at(row, 0));
    if (host == nullptr) {
        return;
    }
    out[0] = host_role(inventory, *host);
    const PowerFlexHost* registered = inventory.nvme_host(host->nqn);
    out[1] = registered == nullptr ? FieldValue{} : FieldValue{registered->name};
    out[2] = count(static_cast<std::size_t>(
        std::count_if(host->controllers.begin(), host->controllers.end(),
                      [](const NvmeController& item) { return item.online; })));
}

void volume_extras(const Inventory& inventory, const Row& row, Row& out) {
    const VolumeInfo* volume = inventory.volume(text_at(row, 0));
    if (volume == nullptr) {
        return;
    }
    const PoolInfo* pool = inventory.pool(volume->pool_id);
    out[0] = pool == nullptr ? FieldValue{} : FieldValue{pool->name};
    out[1] = to_string(volume->protocol());
    std::vector<std::string> hosts;
    for (const MappingInfo& mapping : volume->mappings) {
        hosts.push_back(mapping.host_name.empty() ? mapping.host_id : mapping.host_name);
    }
    out[2] = encode_list(hosts);
}

const Column kHost{"host", FieldKind::Text};

Extras host_of_first(std::size_t at = 0) {
    return [at](const Inventory& inventory, const Row& row, Row& out) {
        out[0] = host_name(inventory, text_at(row, at));
    };
}

// host in front, volume and protocol of the device in `column`
Extras host_and_volume(std::string_view table_name, std::string column) {
    const Table* table = inventory_table(table_name);
    return
        [table, column = std::move(column)](const Inventory& inventory, const Row& row, Row& out) {
            out[0] = host_name(inventory, text_at(row, 0));
            volume_of(inventory, text_of(*table, row, column), out[1], out[2]);
        };
}

const std::vector<Column> kHostVolume{
    {"host", FieldKind::Text}, {"volume", FieldKind::Text}, {"protocol", FieldKind::Text}};

Extras vm_name() {
    return [](const Inventory& inventory, const Row& row, Row& out) {
        const VmInfo* vm = inventory.vm(text_at(row, 0));
        out[0] = vm == nullptr ? text_at(row, 0) : vm->name;
    };
}

bool is_nvme_host(const Table& table, const Row& row) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].name == "nvme") {
            const auto* flag = std::get_if<bool>(&row[i]);
            return flag != nullptr && *flag;
        }
    }
    return false;
}

void powerflex_host_extras(const Inventory& inventory, const Row& row, Row& out) {
    for (const PowerFlexHost& item : inventory.powerflex_hosts) {
        if (item.id != text_at(row, 0)) {
            continue;
        }
        for (const HostInfo& host : inventory.hosts) {
            const PowerFlexHost* other =
                item.nvme ? inventory.nvme_host(host.nqn) : inventory.sdc_of(host);
            if (other != nullptr && other->id == item.id) {
                out[0] = host.name;
            }
        }
        out[1] = count(inventory.volumes_of(item).size());
    }
}

void mapping_extras(const Inventory& inventory, const Row& row, Row& out) {
    const VolumeInfo* volume = inventory.volume(text_at(row, 0));
    out[0] = volume == nullptr ? text_at(row, 0) : volume->name;
}

void add_host_views(std::vector<View>& out) {
    out.push_back(joined("hosts", "ESXi hosts", "hosts",
                         {{"role", FieldKind::Text},
                          {"powerflex_host", FieldKind::Text},
                          {"controllers_online", FieldKind::Integer}},
                         {"name", "cluster", "version", "build", "connection_state", "role",
                          "controllers_online", "nqn"},
                         host_extras));
    out.push_back(joined("nics", "physical NICs", "host_nics", {kHost},
                         {"host", "name", "driver", "speed_mbit", "mac"}, host_of_first()));
    out.push_back(joined("vmks", "VMkernel ports", "host_vmks", {kHost},
                         {"host", "name", "address", "netmask", "mtu", "portgroup", "vlan",
                          "uplinks", "nvme_tagged"},
                         host_of_first()));
    out.push_back(joined("adapters", "storage adapters", "host_storage_adapters", {kHost},
                         {"host", "name", "driver", "nic", "status", "model"}, host_of_first()));
    out.push_back(joined("nvme-adapters", "software NVMe/TCP adapters", "host_nvme_adapters",
                         {kHost}, {"host", "name", "nic"}, host_of_first()));
    out.push_back(
        joined("controllers", "NVMe controllers (paths to SDTs)", "host_controllers", {kHost},
               {"host", "number", "adapter", "address", "port", "online", "subsystem_nqn"},
               host_of_first()));
    out.push_back(joined("namespaces", "NVMe namespaces, controller by controller",
                         "host_namespaces", kHostVolume,
                         {"host", "controller", "nsid", "name", "block_bytes", "blocks", "volume"},
                         host_and_volume("host_namespaces", "name")));
    out.push_back(joined("devices", "block devices, host by host", "host_devices", kHostVolume,
                         {"host", "name", "volume", "protocol", "plugin", "policy", "paths_active",
                          "paths_total", "attached", "lost"},
                         host_and_volume("host_devices", "name")));
    out.push_back(joined("paths", "paths of block devices", "host_paths", kHostVolume,
                         {"host", "device", "name", "adapter", "state", "ana", "volume"},
                         host_and_volume("host_paths", "device")));
    out.push_back(joined("unresolved", "VMFS copies that wait for a decision", "host_unresolved",
                         {kHost}, {"host", "label", "uuid", "device", "resolvable"},
                         host_of_first()));
    out.push_back(joined("services", "services of the hosts", "host_services", {kHost},
                         {"host", "name", "running", "policy"}, host_of_first()));
}

void add_vm_views(std::vector<View>& out) {
    out.push_back(joined(
        "vms", "virtual machines and templates", "vms",
        {{"host", FieldKind::Text},
         {"datastores", FieldKind::List},
         {"protocols", FieldKind::List},
         {"disk_count", FieldKind::Integer},
         {"provisioned_bytes", FieldKind::Integer},
         {"committed_bytes", FieldKind::Integer},
         {"snapshot_count", FieldKind::Integer}},
        {"name", "power_state", "host", "datastores", "protocols", "disk_count", "committed_bytes"},
        vm_extras));
    out.push_back(joined("disks", "virtual disks", "vm_disks", {{"vm", FieldKind::Text}},
                         {"vm", "label", "file", "capacity_bytes", "format", "rdm", "sharing"},
                         vm_name()));
    out.push_back(joined("snapshots", "VM snapshots", "vm_snapshots", {{"vm", FieldKind::Text}},
                         {"vm", "name", "created_at", "depth"}, vm_name()));
    out.push_back(joined("media", "ISO and floppy images of VMs", "vm_media",
                         {{"vm", FieldKind::Text}}, {"vm", "label", "file", "connected"},
                         vm_name()));
    out.push_back(joined("datastores", "datastores with the volume behind them", "datastores",
                         {{"device", FieldKind::Text},
                          {"volume", FieldKind::Text},
                          {"volume_id", FieldKind::Text},
                          {"protocol", FieldKind::Text},
                          {"hosts", FieldKind::List},
                          {"vm_count", FieldKind::Integer}},
                         {"name", "type", "vmfs_version", "capacity_bytes", "free_bytes", "volume",
                          "protocol", "vm_count", "device"},
                         datastore_extras));
    out.push_back(joined("clusters", "clusters", "clusters", {},
                         {"name", "ha_enabled", "drs_enabled", "drs_behavior", "host_ids"}, {}));
    out.push_back(joined("networks", "port groups", "networks", {},
                         {"name", "kind", "switch_name", "vlan", "active", "standby"}, {}));
}

void add_powerflex_views(std::vector<View>& out) {
    out.push_back(joined(
        "volumes", "PowerFlex volumes and snapshots", "volumes",
        {{"pool", FieldKind::Text}, {"protocol", FieldKind::Text}, {"hosts", FieldKind::List}},
        {"id", "name", "size_kib", "type", "pool", "protocol", "hosts"}, volume_extras));
    const std::vector<Column> matched{{"esxi_host", FieldKind::Text},
                                      {"volumes", FieldKind::Integer}};
    out.push_back(joined("nvme-hosts", "NVMe hosts that PowerFlex knows", "powerflex_hosts",
                         matched, {"id", "name", "nqn", "max_paths", "esxi_host", "volumes"},
                         powerflex_host_extras, is_nvme_host));
    out.push_back(joined(
        "sdcs", "SDCs that PowerFlex knows", "powerflex_hosts", matched,
        {"id", "name", "guid", "ip", "connected", "esxi_host", "volumes"}, powerflex_host_extras,
        [](const Table& table, const Row& row) { return !is_nvme_host(table, row); }));
    out.push_back(joined("sdts", "NVMe targets, address by address", "sdts", {},
                         {"sdt_name", "ip", "nvme_port", "discovery_port", "role", "serving"}, {}));
    out.push_back(joined("sdss", "data servers", "sdss", {},
                         {"name", "state", "connection", "maintenance", "ips"}, {}));
    out.push_back(joined(
        "pools", "storage pools", "pools", {},
        {"name", "protection_domain", "media", "available_kib", "in_use_kib", "degraded_kib"}, {}));
    out.push_back(joined("mappings", "volume mappings", "mappings", {{"volume", FieldKind::Text}},
                         {"volume", "host_name", "nvme", "limit_iops", "limit_mib_per_s"},
                         mapping_extras));
}

std::vector<View> make_views() {
    std::vector<View> out;
    add_host_views(out);
    add_vm_views(out);
    add_powerflex_views(out);
    return out;
}

} // namespace

std::string host_role(const Inventory& inventory, const HostInfo& host) {
    if (!inventory.knows(Fact::HostModules) && host.sdc_guid.empty()) {
        return {};
    }
    const bool sdc = !host.sdc_guid.empty() || host.sdc_loaded.value_or(false);
    const bool nvme = std::any_of(
        host.controllers.begin(), host.controllers.end(), [&](const NvmeController& item) {
            return item.subsystem_nqn == inventory.powerflex.nqn && !item.subsystem_nqn.empty();
        });
    return sdc && nvme ? "both" : sdc ? "sdc" : nvme ? "nvme" : "none";
}

std::span<const View> inventory_views() {
    static const std::vector<View> views = make_views();
    return views;
}

const View* inventory_view(std::string_view name) {
    const auto views = inventory_views();
    const auto found = std::find_if(views.begin(), views.end(),
                                    [&](const View& item) { return item.name == name; });
    return found == views.end() ? nullptr : &*found;
}

} // namespace pf::nvmetool
