#include "tools/pfnvme/adapters/vsphere_estate.hpp"

#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_types.hpp"
#include "libvsphere/properties.hpp"
#include "tools/pfnvme/adapters/vsphere_distributed.hpp"
#include "tools/pfnvme/adapters/vsphere_missing.hpp"
#include "tools/pfnvme/adapters/vsphere_tags.hpp"
#include "tools/pfnvme/adapters/vsphere_values.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::milliseconds kEsxcliTimeout{60'000};

// A lost connection ends the collection; anything else is a gap.
bool is_fatal(const Error& error) {
    switch (error.code) {
    case Errc::Unreachable:
    case Errc::Timeout:
    case Errc::Cancelled:
    case Errc::AuthFailed:
    case Errc::Untrusted:
        return true;
    default:
        return false;
    }
}

// What one host has told, beside the struct itself.
struct HostReading {
    HostInfo info;
    std::set<Fact> lacking; // groups that this host could not tell
    std::vector<std::string> gaps;
    std::map<std::string, std::string> lock_modes; // VMFS UUID → mode
    std::optional<Error> fatal;

    // True when the result is there; else notes the gap.
    template<class T>
    bool has(const Result<T>& result, Fact fact, std::string_view what) {
        if (result) {
            return true;
        }
        lacking.insert(fact);
        gaps.push_back(fmt::format("host '{}', {}: {}", info.name, what, result.error().what));
        if (is_fatal(result.error()) && !fatal) {
            fatal = result.error();
        }
        return false;
    }
};

void read_storage_of(vim::Session& session, const vim::Host& host, HostReading& out) {
    if (const auto tags = vim::query_vnics(session, host);
        out.has(tags, Fact::HostNetwork, "VMkernel services")) {
        for (VmkNic& vmk : out.info.vmks) {
            vmk.nvme_tagged = tags->is_selected(vmk.name);
        }
    }
    const Result<vim::HostStorage> storage = vim::read_storage(session, host);
    if (!out.has(storage, Fact::HostStorage, "storage")) {
        out.lacking.insert(Fact::HostDevices);
        return;
    }
    add_storage(*storage, out.info);
    for (const vim::ScsiDevice& device : storage->devices) {
        if (device.is_disk) {
            out.info.devices.push_back(device_info(*storage, device));
        }
    }
    out.info.sdc_loaded = std::any_of(storage->hbas.begin(), storage->hbas.end(),
                                      [](const vim::Hba& hba) { return hba.driver == "scini"; });
    if (const auto copies = vim::query_unresolved(session, host);
        out.has(copies, Fact::Unresolved, "unresolved volumes")) {
        for (const vim::UnresolvedVolume& volume : *copies) {
            out.info.unresolved.push_back(unresolved_volume(volume));
        }
    }
}

void read_options(vim::Session& session, const vim::Host& host, HostReading& out) {
    for (const char* name : {"ScratchConfig.CurrentScratchLocation", "Syslog.global.logDir",
                             "Disk.MaxLUN", "Disk.AutoremoveOnPDL"}) {
        const Result<vim::Value> read =
            session.call(host.managers.advanced_options, "QueryOptions", {{"name", name}});
        if (!read) {
            // An option that a release does not have is a fault; the option stays unread.
            if (is_fatal(read.error())) {
                (void)out.has(read, Fact::HostOptions, "advanced options");
            }
            continue;
        }
        for (const vim::Value& item : read->items()) {
            out.info.options[item["key"].text_or()] = item["value"].text_or();
        }
    }
    if (out.info.options.empty()) {
        out.lacking.insert(Fact::HostOptions);
        out.gaps.push_back(fmt::format("host '{}' tells no advanced options", host.name));
    }
    if (const auto services = vim::retrieve_property(session, host.ref, "config.service");
        out.has(services, Fact::HostServices, "services")) {
        for (const vim::Value& item : (*services)["service"].items()) {
            out.info.services.push_back(
                {item["key"].text_or(), item["running"].bool_or(false), item["policy"].text_or()});
        }
    }
}

void read_sdc(vim::Session& session, const vim::Host& host, vim::EsxcliExecutor* esxcli,
              HostReading& out) {
    std::string guid;
    if (!host.managers.kernel_modules.empty()) {
        if (const Result<vim::Value> options =
                session.call(host.managers.kernel_modules, "QueryConfiguredModuleOptionString",
                             {{"name", "scini"}})) {
            guid = guid_of_options(options->text());
        }
    }
    if (guid.empty() && esxcli != nullptr) {
        vim::EsxcliCommand command("system module parameters list");
        command.opt("module", "scini");
        if (const auto output = esxcli->run(command, kEsxcliTimeout)) {
            for (const vim::cli::ModuleParameter& item : vim::cli::module_parameters(*output)) {
                guid = item.name == "IoctlIniGuidStr" ? item.value : guid;
            }
        }
    }
    out.info.sdc_guid = guid;
    if (guid.empty() && out.info.sdc_loaded.value_or(false)) {
        out.lacking.insert(Fact::HostModules);
        out.gaps.push_back(
            fmt::format("host '{}' has an SDC, but does not tell its GUID", host.name));
    }
}

// What only esxcli tells. Runs on connected hosts; an unknown command is a gap.
void read_esxcli(vim::EsxcliExecutor& esxcli, HostReading& out) {
    const auto ask = [&esxcli](const char* words) {
        const vim::EsxcliCommand command(words);
        return esxcli.run(command, kEsxcliTimeout);
    };
    HostInfo& info = out.info;
    if (!info.controllers.empty()) {
        if (const auto rows = ask("nvme controller list");
            out.has(rows, Fact::HostStorage, "controllers")) {
            for (const vim::cli::NvmeControllerRow& row : vim::cli::nvme_controllers(*rows)) {
                for (NvmeController& controller : info.controllers) {
                    controller.online =
                        controller.number == row.number ? row.online : controller.online;
                }
            }
        }
    }
    const bool nvme = std::any_of(info.devices.begin(), info.devices.end(),
                                  [](const DeviceInfo& item) { return item.nvme; });
    if (nvme) {
        if (const auto rows = ask("storage hpp path list");
            out.has(rows, Fact::HostPathAna, "ANA states")) {
            for (const vim::cli::HppPathRow& row : vim::cli::hpp_paths(*rows)) {
                for (DeviceInfo& device : info.devices) {
                    for (DevicePath& path : device.paths) {
                        if (device.name == row.device && path.name == row.runtime_name) {
                            path.ana = row.ana_state;
                        }
                    }
                }
            }
        }
    }
    if (const auto rows = ask("storage vmfs lockmode list");
        out.has(rows, Fact::LockModes, "VMFS lock modes")) {
        for (const vim::cli::LockModeRow& row : vim::cli::vmfs_lock_modes(*rows)) {
            out.lock_modes.emplace(row.uuid, row.mode);
        }
    }
    if (const auto rows = ask("software vib list"); out.has(rows, Fact::HostVibs, "packages")) {
        info.powerpath = std::any_of(
            rows->records.begin(), rows->records.end(), [](const vim::EsxcliRecord& record) {
                return record.get("Name").find("powerpath") != std::string::npos;
            });
    }
    if (const auto rows = ask("storage core claimrule list");
        out.has(rows, Fact::HostClaimRules, "claim rules")) {
        for (const vim::EsxcliRecord& record : rows->records) {
            // Rules up to 101 (the mask of a Dell array's own LUN) and above 65000 are the
            // system's.
            const std::int64_t number = record.get_int("Rule");
            if (number > 101 && number < 65000 && record.get("Class") == "runtime") {
                info.claim_rules.push_back(fmt::format("{} {} {} {}", number, record.get("Plugin"),
                                                       record.get("Type"), record.get("Matches")));
            }
        }
    }
    if (const auto rows = ask("system coredump file list");
        out.has(rows, Fact::HostDump, "core dump file")) {
        info.coredump_file = "";
        for (const vim::EsxcliRecord& record : rows->records) {
            if (record.get_bool("Active") || record.get_bool("Configured")) {
                info.coredump_file = record.get("Path");
            }
        }
    }
}

HostReading read_one(vim::Session& session, const vim::Host& host) {
    HostReading out;
    out.info = host_values(host);
    if (!host.connected()) {
        return out; // nothing more can be asked of it
    }
    read_storage_of(session, host, out);
    read_options(session, host, out);
    const auto esxcli = vim::make_soap_esxcli(session, host.ref);
    if (esxcli) {
        read_esxcli(**esxcli, out);
    } else {
        for (const Fact fact : {Fact::HostPathAna, Fact::LockModes, Fact::HostVibs,
                                Fact::HostClaimRules, Fact::HostDump}) {
            (void)out.has(esxcli, fact, "esxcli");
        }
    }
    read_sdc(session, host, esxcli ? esxcli->get() : nullptr, out);
    return out;
}

std::vector<HostReading> read_hosts(vim::Session& session, const std::vector<vim::Host>& hosts) {
    std::vector<HostReading> out(hosts.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < hosts.size(); i = next++) {
            out[i] = read_one(session, hosts[i]);
        }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(kHostsAtOnce, hosts.size()); ++i) {
        threads.emplace_back(work);
    }
    work();
    threads.clear(); // joins
    return out;
}

void read_clusters(vim::Session& session, const vim::Inventory& inventory, VsphereEstate& out,
                   std::map<std::string, VmInfo>& overrides) {
    bool heartbeat = true;
    bool settings = true;
    for (const vim::Cluster& cluster : inventory.clusters) {
        ClusterInfo item;
        item.id = cluster.ref.id;
        item.name = cluster.name;
        item.is_cluster = cluster.is_cluster;
        item.ha_enabled = cluster.ha_enabled;
        item.drs_enabled = cluster.drs_enabled;
        item.drs_behavior = cluster.drs_behavior;
        item.pool_id = cluster.resource_pool.id;
        if (const vim::Datacenter* center = inventory.datacenter_of(cluster.ref)) {
            item.datacenter = center->name;
        }
        for (const vim::MoRef& host : cluster.hosts) {
            item.host_ids.push_back(host.id);
        }
        if (!cluster.is_cluster || !cluster.ha_enabled) {
            item.heartbeat_datastore_ids.emplace();
        } else if (const auto info = session.call(cluster.ref, "RetrieveDasAdvancedRuntimeInfo")) {
            item.heartbeat_datastore_ids.emplace();
            for (const vim::Value& datastore : (*info)["heartbeatDatastoreInfo"].items()) {
                item.heartbeat_datastore_ids->push_back(datastore["datastore"].ref().id);
            }
        } else {
            heartbeat = false;
            out.gaps.push_back(fmt::format("cluster '{}', HA heartbeat datastores: {}",
                                           cluster.name, info.error().what));
        }
        if (cluster.is_cluster) {
            const auto config = vim::retrieve_property(session, cluster.ref, "configurationEx");
            if (!config) {
                settings = false;
                out.gaps.push_back(fmt::format("cluster '{}', DRS and HA overrides: {}",
                                               cluster.name, config.error().what));
            } else {
                for (const vim::Value& vm : (*config)["drsVmConfig"].items()) {
                    overrides[vm["key"].ref().id].drs_override =
                        vm["enabled"].bool_or(true) ? vm["behavior"].text_or("default")
                                                    : "disabled";
                }
                for (const vim::Value& vm : (*config)["dasVmConfig"].items()) {
                    overrides[vm["key"].ref().id].ha_override =
                        vm["dasSettings"]["restartPriority"].text_or(
                            vm["restartPriority"].text_or("default"));
                }
                for (const vim::Value& rule : (*config)["rule"].items()) {
                    for (const vim::MoRef& vm : rule["vm"].refs()) {
                        overrides[vm.id].drs_rules.push_back(rule["name"].text_or());
                    }
                }
            }
        }
        out.clusters.push_back(std::move(item));
    }
    out.facts.insert(Fact::Clusters);
    if (heartbeat) {
        out.facts.insert(Fact::Heartbeat);
    }
    if (settings) {
        out.facts.insert(Fact::DrsOverrides);
    }
}

void read_pods(vim::Session& session, VsphereEstate& out) {
    const auto pods = vim::retrieve_below(
        session, {}, {{"StoragePod", {"name", "parent", "podStorageDrsEntry"}}});
    if (!pods) {
        out.gaps.push_back("datastore clusters: " + pods.error().what);
        return;
    }
    out.facts.insert(Fact::DatastoreCluster);
    for (const vim::ObjectProps& pod : *pods) {
        note_missing(pod.missing, out);
        const std::string name = pod["name"].text_or();
        out.folders.push_back({pod.object.id, name, pod["parent"].ref().id, "StoragePod"});
        for (DatastoreInfo& datastore : out.datastores) {
            if (datastore.parent_id == pod.object.id) {
                datastore.datastore_cluster = name;
                datastore.sdrs_enabled =
                    pod["podStorageDrsEntry"]["storageDrsConfig"]["podConfig"]["enabled"].bool_or(
                        true);
            }
        }
    }
}

void read_networks(vim::Session& session, const vim::Inventory& inventory, VsphereEstate& out) {
    for (const vim::Host& host : inventory.hosts) {
        for (const vim::PortGroup& group : host.network.port_groups) {
            out.networks.push_back({host.ref.id + "/" + group.name, group.name, "standard",
                                    group.vswitch, host.ref.id, group.vlan, group.active_nics,
                                    group.standby_nics});
        }
    }
    const auto groups = vim::retrieve_below(
        session, {}, {{"DistributedVirtualPortgroup", {"name", "key", "config"}}});
    if (!groups) {
        out.gaps.push_back("distributed port groups: " + groups.error().what);
        return;
    }
    out.facts.insert(Fact::Networks);
    for (const vim::ObjectProps& group : *groups) {
        note_missing(group.missing, out);
        const vim::Value& port = group["config"]["defaultPortConfig"];
        const vim::Value& order = port["uplinkTeamingPolicy"]["uplinkPortOrder"];
        NetworkInfo item{group.object.id,
                         group["name"].text_or(),
                         "distributed",
                         group["config"]["distributedVirtualSwitch"].ref().id,
                         "",
                         std::nullopt,
                         order["activeUplinkPort"].texts(),
                         order["standbyUplinkPort"].texts()};
        if (const auto vlan = port["vlan"]["vlanId"].int_opt()) {
            item.vlan = static_cast<std::int32_t>(*vlan);
        }
        out.networks.push_back(std::move(item));
    }
    if (const Result<void> read = read_distributed_ports(session, out.hosts); !read) {
        out.gaps.push_back("uplinks of distributed port groups: " + read.error().what);
    }
}

// Path of a folder below its datacenter's root folder.
std::string folder_path(const std::map<std::string, const vim::Folder*>& folders,
                        const std::set<std::string>& roots, const std::string& id) {
    std::string out;
    std::string at = id;
    for (int level = 0; level < 100 && !at.empty() && !roots.contains(at); ++level) {
        const auto found = folders.find(at);
        if (found == folders.end()) {
            break;
        }
        out = found->second->name + (out.empty() ? "" : "/") + out;
        at = found->second->parent.id;
    }
    return out;
}

// Keys of custom attributes and their values, VM by VM.
std::map<std::string, std::map<std::string, std::string>> read_attributes(vim::Session& session,
                                                                          VsphereEstate& out) {
    std::map<std::string, std::map<std::string, std::string>> values;
    const vim::MoRef& manager = session.content().custom_fields_manager;
    if (manager.empty()) {
        out.gaps.emplace_back("custom attributes: this vCenter has no custom fields manager");
        return values;
    }
    const auto fields = vim::retrieve_property(session, manager, "field");
    if (!fields) {
        out.gaps.push_back("custom attributes: " + fields.error().what);
        return values;
    }
    std::map<std::int64_t, std::string> names;
    for (const vim::Value& item : fields->items()) {
        names[item["key"].int_or(0)] = item["name"].text_or();
    }
    if (names.empty()) {
        out.facts.insert(Fact::Attributes);
        return values;
    }
    const auto read = vim::retrieve_below(session, {}, {{"VirtualMachine", {"customValue"}}});
    if (!read) {
        out.gaps.push_back("custom attributes: " + read.error().what);
        return values;
    }
    out.facts.insert(Fact::Attributes);
    std::vector<vim::MissingProperty> missing;
    for (const vim::ObjectProps& vm : *read) {
        missing.insert(missing.end(), vm.missing.begin(), vm.missing.end());
        for (const vim::Value& item : vm["customValue"].items()) {
            values[vm.object.id][names[item["key"].int_or(0)]] = item["value"].text_or();
        }
    }
    note_missing(missing, out);
    return values;
}

} // namespace

Result<VsphereEstate> read_estate(vim::Session& session, const VmSink& vm_sink) {
    vim::InventoryOptions options;
    options.vms = false;
    PF_TRY(const vim::Inventory inventory, vim::read_inventory(session, options));
    VsphereEstate out;
    for (const vim::Datastore& datastore : inventory.datastores) {
        DatastoreInfo item = datastore_info(datastore);
        if (const vim::Datacenter* center = inventory.datacenter_of(datastore.ref)) {
            item.datacenter = center->name;
        }
        out.datastores.push_back(std::move(item));
    }
    out.facts = {Fact::Hosts,       Fact::HostNetwork, Fact::HostStorage,    Fact::HostDevices,
                 Fact::HostModules, Fact::HostOptions, Fact::HostServices,   Fact::HostSwap,
                 Fact::HostPathAna, Fact::HostVibs,    Fact::HostClaimRules, Fact::HostDump,
                 Fact::Unresolved,  Fact::LockModes,   Fact::Datastores};
    std::map<std::string, std::string> lock_modes;
    for (HostReading& reading : read_hosts(session, inventory.hosts)) {
        if (reading.fatal) {
            return fail(*reading.fatal);
        }
        for (const Fact fact : reading.lacking) {
            out.facts.erase(fact);
        }
        out.gaps.insert(out.gaps.end(), reading.gaps.begin(), reading.gaps.end());
        lock_modes.merge(reading.lock_modes);
        out.hosts.push_back(std::move(reading.info));
    }
    for (std::size_t i = 0; i < inventory.hosts.size(); ++i) {
        if (const vim::Cluster* cluster = inventory.cluster(inventory.hosts[i].parent)) {
            out.hosts[i].cluster = cluster->name;
            out.hosts[i].cluster_id = cluster->ref.id;
        }
    }
    for (DatastoreInfo& datastore : out.datastores) {
        if (const auto found = lock_modes.find(datastore.uuid); found != lock_modes.end()) {
            datastore.lock_mode = found->second;
        }
    }
    std::map<std::string, VmInfo> overrides;
    read_clusters(session, inventory, out, overrides);
    read_pods(session, out);
    read_networks(session, inventory, out);
    const auto attributes = read_attributes(session, out);
    read_content_libraries(session, out);
    EstateTags tags(session);
    tags.add_to(out.datastores);

    std::map<std::string, const vim::Folder*> folders;
    std::set<std::string> roots;
    for (const vim::Folder& folder : inventory.folders) {
        folders.emplace(folder.ref.id, &folder);
        out.folders.push_back({folder.ref.id, folder.name, folder.parent.id, "Folder"});
    }
    for (const vim::Datacenter& center : inventory.datacenters) {
        roots.insert(center.vm_folder.id);
        out.folders.push_back({center.ref.id, center.name, center.parent.id, "Datacenter"});
    }
    std::map<std::string, std::string> pools;
    for (const vim::ResourcePool& pool : inventory.pools) {
        pools.emplace(pool.ref.id, pool.name);
        out.folders.push_back({pool.ref.id, pool.name, pool.parent.id, "ResourcePool"});
    }
    std::vector<vim::MissingProperty> missing;
    PF_CHECK(vim::stream_vms(
        session, kVmsAtOnce,
        [&](std::vector<vim::Vm>&& batch) -> Result<void> {
            std::vector<VmInfo> vms;
            for (const vim::Vm& vm : batch) {
                VmInfo item = vm_info(vm);
                item.folder = folder_path(folders, roots, item.folder_id);
                if (const auto pool = pools.find(item.pool_id); pool != pools.end()) {
                    item.pool = pool->second;
                }
                if (out.facts.contains(Fact::DrsOverrides)) {
                    item.drs_override = "";
                    item.ha_override = "";
                }
                if (const auto found = overrides.find(item.id); found != overrides.end()) {
                    item.drs_override =
                        found->second.drs_override ? found->second.drs_override : item.drs_override;
                    item.ha_override =
                        found->second.ha_override ? found->second.ha_override : item.ha_override;
                    item.drs_rules = found->second.drs_rules;
                }
                if (const auto found = attributes.find(item.id); found != attributes.end()) {
                    item.attributes = found->second;
                }
                vms.push_back(std::move(item));
            }
            tags.add_to(vms);
            if (vm_sink) {
                return vm_sink(std::move(vms));
            }
            std::move(vms.begin(), vms.end(), std::back_inserter(out.vms));
            return {};
        },
        missing));
    out.facts.insert({Fact::Vms, Fact::VmDisks, Fact::VmHardware, Fact::VmSnapshots, Fact::VmUsage,
                      Fact::VmContext});
    missing.insert(missing.end(), inventory.missing.begin(), inventory.missing.end());
    note_missing(missing, out);
    tags.note(out);
    return out;
}

Result<std::vector<bool>> root_privileges(vim::Session& session,
                                          const std::vector<std::string>& names) {
    const vim::ServiceContent& content = session.content();
    PF_TRY(const vim::Value current,
           vim::retrieve_property(session, content.session_manager, "currentSession"));
    PF_TRY(const vim::Value answer,
           session.call(content.authorization_manager, "HasPrivilegeOnEntity",
                        {{"entity", content.root_folder},
                         {"sessionId", current["key"].text_or()},
                         {"privId", vim::Value::strings(names)}}));
    std::vector<bool> out;
    for (const vim::Value& item : answer.items()) {
        out.push_back(item.bool_or(false));
    }
    if (out.size() != names.size()) {
        return fail(Errc::Protocol, "vCenter answered {} of {} questions about privileges",
                    out.size(), names.size());
    }
    return out;
}

} // namespace pf::nvmetool
