#include "tools/pfnvme/inventory/tables.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

template<class T>
void append_columns(Table& table) {
    for (const Field<T>& item : fields<T>()) {
        table.columns.push_back({std::string(item.name), item.kind});
    }
}

template<class T>
void fill_row(Row& row, std::size_t at, const T& item) {
    for (const Field<T>& field : fields<T>()) {
        row[at++] = field.get(item);
    }
}

template<class T>
T item_of(const Row& row, std::size_t at) {
    T item;
    for (const Field<T>& field : fields<T>()) {
        if (at < row.size()) {
            field.set(item, row[at++]);
        }
    }
    return item;
}

// A single object of the inventory: one row.
template<class T>
Table single(std::string name, T Inventory::*member) {
    Table table{std::move(name), {}, {}, {}, {}};
    append_columns<T>(table);
    table.each = [member, size = table.columns.size()](const Inventory& in, const auto& sink) {
        Row row(size);
        fill_row(row, 0, in.*member);
        sink(row);
    };
    table.add = [member](Inventory& in, const Row& row, RowCursor&) {
        in.*member = item_of<T>(row, 0);
        return true;
    };
    return table;
}

template<class T>
Table list(std::string name, std::vector<T> Inventory::*member) {
    Table table{std::move(name), {}, {}, {}, {}};
    append_columns<T>(table);
    table.each = [member, size = table.columns.size()](const Inventory& in, const auto& sink) {
        Row row(size);
        for (const T& item : in.*member) {
            fill_row(row, 0, item);
            sink(row);
        }
    };
    table.add = [member](Inventory& in, const Row& row, RowCursor&) {
        (in.*member).push_back(item_of<T>(row, 0));
        return true;
    };
    return table;
}

// Index of the item with this key, looked for from `from` on and then from the start.
template<class T, class Key>
std::size_t find_from(const std::vector<T>& items, std::size_t from, const std::string& key,
                      Key key_of) {
    for (std::size_t step = 0; step < items.size(); ++step) {
        const std::size_t at = (from + step) % items.size();
        if (key_of(items[at]) == key) {
            return at;
        }
    }
    return items.size();
}

std::string text_of(const FieldValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : *text;
}

template<class O, class T>
Table children(std::string name, std::string key, std::vector<O> Inventory::*owners,
               std::vector<T> O::*member) {
    Table table{std::move(name), {key}, {{key, FieldKind::Text}}, {}, {}};
    append_columns<T>(table);
    table.each = [owners, member, size = table.columns.size()](const Inventory& in,
                                                               const auto& sink) {
        Row row(size);
        for (const O& owner : in.*owners) {
            for (const T& item : owner.*member) {
                row[0] = owner.id;
                fill_row(row, 1, item);
                sink(row);
            }
        }
    };
    table.add = [owners, member](Inventory& in, const Row& row, RowCursor& cursor) {
        std::vector<O>& all = in.*owners;
        cursor.owner = find_from(all, cursor.owner, text_of(row[0]),
                                 [](const O& item) -> const std::string& { return item.id; });
        if (cursor.owner == all.size()) {
            cursor.owner = 0;
            return false;
        }
        (all[cursor.owner].*member).push_back(item_of<T>(row, 1));
        return true;
    };
    return table;
}

// Children of children of hosts: namespaces of controllers, paths of devices.
template<class M, class T>
Table grandchildren(std::string name, std::string key, std::vector<M> HostInfo::*middle,
                    std::vector<T> M::*member) {
    Table table{std::move(name),
                {"host_id", key},
                {{"host_id", FieldKind::Text}, {key, FieldKind::Text}},
                {},
                {}};
    append_columns<T>(table);
    table.each = [middle, member, size = table.columns.size()](const Inventory& in,
                                                               const auto& sink) {
        Row row(size);
        for (const HostInfo& host : in.hosts) {
            for (const M& owner : host.*middle) {
                for (const T& item : owner.*member) {
                    row[0] = host.id;
                    row[1] = owner.name;
                    fill_row(row, 2, item);
                    sink(row);
                }
            }
        }
    };
    table.add = [middle, member](Inventory& in, const Row& row, RowCursor& cursor) {
        const std::size_t host =
            find_from(in.hosts, cursor.owner, text_of(row[0]),
                      [](const HostInfo& item) -> const std::string& { return item.id; });
        if (host == in.hosts.size()) {
            return false;
        }
        std::vector<M>& all = in.hosts[host].*middle;
        const std::size_t owner =
            find_from(all, host == cursor.owner ? cursor.child : 0, text_of(row[1]),
                      [](const M& item) -> const std::string& { return item.name; });
        if (owner == all.size()) {
            return false;
        }
        cursor = {host, owner};
        (all[owner].*member).push_back(item_of<T>(row, 2));
        return true;
    };
    return table;
}

std::vector<Table> make_tables() {
    std::vector<Table> out;
    out.push_back(single("vcenter", &Inventory::vcenter));
    out.push_back(single("powerflex", &Inventory::powerflex));
    out.push_back(list("folders", &Inventory::folders));
    out.push_back(list("clusters", &Inventory::clusters));
    out.push_back(list("networks", &Inventory::networks));
    out.push_back(list("hosts", &Inventory::hosts));
    out.push_back(children("host_nics", "host_id", &Inventory::hosts, &HostInfo::nics));
    out.push_back(children("host_vmks", "host_id", &Inventory::hosts, &HostInfo::vmks));
    out.push_back(
        children("host_nvme_adapters", "host_id", &Inventory::hosts, &HostInfo::adapters));
    out.push_back(children("host_storage_adapters", "host_id", &Inventory::hosts,
                           &HostInfo::storage_adapters));
    out.push_back(
        children("host_controllers", "host_id", &Inventory::hosts, &HostInfo::controllers));
    out.push_back(grandchildren("host_namespaces", "controller", &HostInfo::controllers,
                                &NvmeController::namespaces));
    out.push_back(children("host_devices", "host_id", &Inventory::hosts, &HostInfo::devices));
    out.push_back(grandchildren("host_paths", "device", &HostInfo::devices, &DeviceInfo::paths));
    out.push_back(children("host_unresolved", "host_id", &Inventory::hosts, &HostInfo::unresolved));
    out.push_back(children("host_services", "host_id", &Inventory::hosts, &HostInfo::services));
    out.push_back(list("datastores", &Inventory::datastores));
    out.push_back(children("datastore_mounts", "datastore_id", &Inventory::datastores,
                           &DatastoreInfo::mounts));
    out.push_back(list("vms", &Inventory::vms));
    out.push_back(children("vm_disks", "vm_id", &Inventory::vms, &VmInfo::disks));
    out.push_back(children("vm_controllers", "vm_id", &Inventory::vms, &VmInfo::controllers));
    out.push_back(children("vm_media", "vm_id", &Inventory::vms, &VmInfo::media));
    out.push_back(children("vm_snapshots", "vm_id", &Inventory::vms, &VmInfo::snapshots));
    out.push_back(children("vm_usage", "vm_id", &Inventory::vms, &VmInfo::usage));
    out.push_back(list("powerflex_hosts", &Inventory::powerflex_hosts));
    out.push_back(list("sdts", &Inventory::sdts));
    out.push_back(list("sdss", &Inventory::sdss));
    out.push_back(list("pools", &Inventory::pools));
    out.push_back(list("volumes", &Inventory::volumes));
    out.push_back(children("mappings", "volume_id", &Inventory::volumes, &VolumeInfo::mappings));
    return out;
}

} // namespace

std::span<const Table> inventory_tables() {
    static const std::vector<Table> tables = make_tables();
    return tables;
}

const Table* inventory_table(std::string_view name) {
    const auto tables = inventory_tables();
    const auto found = std::find_if(tables.begin(), tables.end(),
                                    [&](const Table& item) { return item.name == name; });
    return found == tables.end() ? nullptr : &*found;
}

} // namespace pf::nvmetool
