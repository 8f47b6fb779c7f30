#include "libvsphere/inventory.hpp"

#include "libvsphere/bulk.hpp"
#include "libvsphere/inventory_read.hpp"

#include <algorithm>

namespace pf::vim {

namespace {

template<class T>
const T* by_ref(const std::vector<T>& list, const MoRef& ref) {
    auto found = std::find_if(list.begin(), list.end(), [&](const T& x) { return x.ref == ref; });
    return found == list.end() ? nullptr : &*found;
}

template<class T>
const T* by_name(const std::vector<T>& list, std::string_view name) {
    auto found = std::find_if(list.begin(), list.end(), [&](const T& x) { return x.name == name; });
    return found == list.end() ? nullptr : &*found;
}

Datacenter to_datacenter(const ObjectView& p) {
    Datacenter d;
    d.ref = p.object;
    d.parent = p["parent"].ref();
    d.name = p["name"].text_or();
    d.vm_folder = p["vmFolder"].ref();
    d.host_folder = p["hostFolder"].ref();
    d.datastore_folder = p["datastoreFolder"].ref();
    d.network_folder = p["networkFolder"].ref();
    return d;
}

Cluster to_cluster(const ObjectView& p) {
    Cluster c;
    c.ref = p.object;
    c.parent = p["parent"].ref();
    c.name = p["name"].text_or();
    c.resource_pool = p["resourcePool"].ref();
    c.hosts = p["host"].refs();
    c.is_cluster = p.object.type == "ClusterComputeResource";
    const View config = p["configurationEx"];
    c.ha_enabled = config["dasConfig"]["enabled"].bool_or(false);
    c.drs_enabled = config["drsConfig"]["enabled"].bool_or(false);
    c.drs_behavior = config["drsConfig"]["defaultVmBehavior"].text_or();
    c.heartbeat_policy = config["dasConfig"]["hBDatastoreCandidatePolicy"].text_or();
    c.heartbeat_choice = config["dasConfig"]["heartbeatDatastore"].refs();
    c.service_vms_allowed = config["systemVMsConfig"]["allowedDatastores"].refs();
    c.service_vms_refused = config["systemVMsConfig"]["notAllowedDatastores"].refs();
    return c;
}

ResourcePool to_pool(const ObjectView& p) {
    ResourcePool r;
    r.ref = p.object;
    r.parent = p["parent"].ref();
    r.owner = p["owner"].ref();
    r.name = p["name"].text_or();
    return r;
}

std::vector<PropertySpec> specs_for(const InventoryOptions& options) {
    std::vector<PropertySpec> specs = {
        {"Folder", {"name", "parent"}},
        {"Datacenter",
         {"name", "parent", "vmFolder", "hostFolder", "datastoreFolder", "networkFolder"}},
        {"ComputeResource", {"name", "parent", "resourcePool", "host", "configurationEx"}},
        {"ResourcePool", {"name", "parent", "owner"}},
    };
    if (options.hosts)
        specs.push_back({"HostSystem", detail::host_paths()});
    if (options.datastores)
        specs.push_back({"Datastore", detail::datastore_paths()});
    if (options.vms)
        specs.push_back({"VirtualMachine", detail::vm_paths(options.vm_files)});
    return specs;
}

void add_object(Inventory& inventory, std::string_view type, const ObjectView& p) {
    if (type == "Folder")
        inventory.folders.push_back({p.object, p["parent"].ref(), p["name"].text_or()});
    else if (type == "Datacenter")
        inventory.datacenters.push_back(to_datacenter(p));
    else if (type == "ComputeResource")
        inventory.clusters.push_back(to_cluster(p));
    else if (type == "ResourcePool")
        inventory.pools.push_back(to_pool(p));
    else if (type == "HostSystem")
        inventory.hosts.push_back(detail::to_host(p));
    else if (type == "Datastore")
        inventory.datastores.push_back(detail::to_datastore(p));
    else
        inventory.vms.push_back(detail::to_vm(p));
}

void forget(Inventory& inventory, std::string_view type) {
    if (type == "Folder")
        inventory.folders.clear();
    else if (type == "Datacenter")
        inventory.datacenters.clear();
    else if (type == "ComputeResource")
        inventory.clusters.clear();
    else if (type == "ResourcePool")
        inventory.pools.clear();
    else if (type == "HostSystem")
        inventory.hosts.clear();
    else if (type == "Datastore")
        inventory.datastores.clear();
    else
        inventory.vms.clear();
}

} // namespace

Result<Inventory> read_inventory(Session& session, const InventoryOptions& options) {
    Inventory inventory;
    inventory.about = session.about();
    // One view per type: an object below a subtree is paged with its own kind, and a type's failure
    // names it.
    for (const PropertySpec& spec : specs_for(options)) {
        const size_t missing_before = inventory.missing.size();
        BulkSink sink;
        sink.object = [&](const ObjectView& p) {
            inventory.missing.insert(inventory.missing.end(), p.missing.begin(), p.missing.end());
            add_object(inventory, spec.type, p);
        };
        sink.restart = [&] {
            inventory.missing.resize(missing_before);
            forget(inventory, spec.type);
        };
        Result<BulkStats> read = stream_below(session, options.root, spec, sink);
        if (!read)
            return fail_while(read.error(), "reading {} objects", spec.type);
    }
    return inventory;
}

Result<void> stream_vms(Session& session, size_t batch,
                        const std::function<Result<void>(std::vector<Vm>&&)>& sink,
                        std::vector<MissingProperty>& missing) {
    Result<std::vector<ObjectProps>> all =
        retrieve_below(session, {}, {{"VirtualMachine", {"name"}}});
    if (!all)
        return fail_while(all.error(), "listing VirtualMachine objects");
    const PropertySpec spec{"VirtualMachine", detail::vm_paths(false)};
    for (size_t at = 0; at < all->size(); at += batch) {
        std::vector<MoRef> refs;
        for (size_t i = at; i < std::min(at + batch, all->size()); ++i)
            refs.push_back((*all)[i].object);
        Result<std::vector<ObjectProps>> read = retrieve(session, refs, spec);
        if (!read)
            return fail_while(read.error(), "reading VirtualMachine objects");
        std::vector<Vm> vms;
        for (ObjectProps& props : *read) {
            vms.push_back(detail::to_vm(props));
            std::move(props.missing.begin(), props.missing.end(), std::back_inserter(missing));
        }
        PF_CHECK(sink(std::move(vms)));
    }
    return {};
}

Result<Host> read_host(Session& session, const MoRef& host) {
    PF_TRY(ObjectProps props, retrieve_one(session, host, detail::host_paths()));
    return detail::to_host(props);
}

Result<Datastore> read_datastore(Session& session, const MoRef& datastore) {
    PF_TRY(ObjectProps props, retrieve_one(session, datastore, detail::datastore_paths()));
    return detail::to_datastore(props);
}

Result<Vm> read_vm(Session& session, const MoRef& vm) {
    PF_TRY(ObjectProps props, retrieve_one(session, vm, detail::vm_paths(true)));
    return detail::to_vm(props);
}

Result<std::string> read_power_state(Session& session, const MoRef& vm) {
    PF_TRY(Value state, retrieve_property(session, vm, "runtime.powerState"));
    return state.require_text(fmt::format("power state of {}", vm.id));
}

Result<std::vector<DatastoreMount>> read_datastore_mounts(Session& session,
                                                          const MoRef& datastore) {
    PF_TRY(Value hosts, retrieve_property(session, datastore, "host"));
    std::vector<DatastoreMount> mounts;
    for (const Value& mount : hosts.items())
        mounts.push_back(detail::to_mount(mount));
    return mounts;
}

Result<std::pair<std::string, std::string>> split_datastore_path(std::string_view path) {
    size_t close = path.find(']');
    if (path.empty() || path.front() != '[' || close == std::string_view::npos || close == 1)
        return fail(Errc::InvalidArgument, "\"{}\" is not a datastore path like [ds] dir/file",
                    path);
    std::string_view file = path.substr(close + 1);
    while (!file.empty() && file.front() == ' ')
        file.remove_prefix(1);
    return std::pair{std::string(path.substr(1, close - 1)), std::string(file)};
}

const Host* Inventory::host(const MoRef& ref) const { return by_ref(hosts, ref); }
const Host* Inventory::host_by_name(std::string_view name) const { return by_name(hosts, name); }
const Datastore* Inventory::datastore(const MoRef& ref) const { return by_ref(datastores, ref); }
const Datastore* Inventory::datastore_by_name(std::string_view name) const {
    return by_name(datastores, name);
}
const Vm* Inventory::vm(const MoRef& ref) const { return by_ref(vms, ref); }
const Cluster* Inventory::cluster(const MoRef& ref) const { return by_ref(clusters, ref); }
const Cluster* Inventory::cluster_by_name(std::string_view name) const {
    return by_name(clusters, name);
}

const Datacenter* Inventory::datacenter_of(const MoRef& object) const {
    MoRef at = object;
    // Real trees are a few levels deep; the bound only guards against a cycle of parents.
    for (int level = 0; level < 100 && !at.empty(); ++level) {
        if (const Datacenter* found = by_ref(datacenters, at))
            return found;
        if (const Folder* f = by_ref(folders, at))
            at = f->parent;
        else if (const Host* h = host(at))
            at = h->parent;
        else if (const Cluster* c = cluster(at))
            at = c->parent;
        else if (const Datastore* d = datastore(at))
            at = d->parent;
        else if (const Vm* v = vm(at))
            at = v->folder;
        else if (const ResourcePool* p = by_ref(pools, at))
            at = p->parent;
        else
            return nullptr;
    }
    return nullptr;
}

std::string Inventory::name_of(const MoRef& object) const {
    if (const Host* h = host(object))
        return h->name;
    if (const Datastore* d = datastore(object))
        return d->name;
    if (const Vm* v = vm(object))
        return v->name;
    if (const Cluster* c = cluster(object))
        return c->name;
    if (const Folder* f = by_ref(folders, object))
        return f->name;
    if (const ResourcePool* p = by_ref(pools, object))
        return p->name;
    if (const Datacenter* d = by_ref(datacenters, object))
        return d->name;
    return object.id;
}

bool Datastore::mounted_on(const MoRef& host) const {
    return std::any_of(mounts.begin(), mounts.end(), [&](const DatastoreMount& m) {
        return m.host == host && m.mounted && m.accessible;
    });
}

const Pnic* HostNetwork::pnic(std::string_view device) const {
    auto found =
        std::find_if(pnics.begin(), pnics.end(), [&](const Pnic& p) { return p.device == device; });
    return found == pnics.end() ? nullptr : &*found;
}

const Vmk* HostNetwork::vmk(std::string_view device) const {
    auto found =
        std::find_if(vmks.begin(), vmks.end(), [&](const Vmk& v) { return v.device == device; });
    return found == vmks.end() ? nullptr : &*found;
}

std::vector<std::string> HostNetwork::uplinks_of(const Vmk& vmk) const {
    if (!vmk.pinned_pnic.empty())
        return {vmk.pinned_pnic};
    for (const PortGroup& group : port_groups) {
        if (group.name == vmk.portgroup && !vmk.portgroup.empty())
            return group.active_nics;
    }
    for (const VirtualSwitch& sw : switches) {
        if (sw.distributed && !vmk.dvs_uuid.empty() && sw.dvs_uuid == vmk.dvs_uuid)
            return sw.pnics;
    }
    return {};
}

} // namespace pf::vim
