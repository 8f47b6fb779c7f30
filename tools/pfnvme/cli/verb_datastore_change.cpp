// pfnvme datastore unmount|mount|resignature|rename|retire: one part of a conversion at a time.
#include "tools/pfnvme/cli/estate_verbs.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/single_objects.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/plan/unit_common.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

Unit datastore_unit(const DatastoreInfo& datastore, const std::vector<UnitHost>& hosts,
                    std::vector<Step> steps) {
    Unit unit;
    unit.id = "ds-" + datastore.name;
    unit.strategy = "datastore";
    for (const UnitHost& host : hosts) {
        unit.objects.host_ids.push_back(host.id);
        unit.objects.hosts.push_back(host.name);
    }
    unit.steps = std::move(steps);
    return unit;
}

// Hosts of the datastore that are in scope.
Result<std::vector<UnitHost>> scope_of(const OptionValues& values, const Inventory& inventory,
                                       const DatastoreInfo& datastore) {
    PF_TRY(const auto wanted, hosts_in_scope(values, inventory));
    std::vector<UnitHost> out = hosts_of(inventory, datastore);
    std::erase_if(out, [&](const UnitHost& host) {
        return std::none_of(wanted.begin(), wanted.end(),
                            [&](const HostInfo* item) { return item->id == host.id; });
    });
    if (out.empty()) {
        return fail(Errc::NotFound, "no host in scope has datastore '{}'", datastore.name);
    }
    return out;
}

int for_datastores(
    const OptionValues& values, const std::string& plan,
    const std::function<Result<Unit>(const Inventory&, const DatastoreInfo&)>& make) {
    if (values.positionals().empty()) {
        return report_error(kExitUsage, "name the datastores");
    }
    return change_array(values, plan, [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
        std::vector<Unit> units;
        for (const std::string& name : values.positionals()) {
            PF_TRY(const DatastoreInfo* datastore, datastore_called(inventory, name));
            PF_TRY(Unit unit, make(inventory, *datastore));
            units.push_back(std::move(unit));
        }
        return units;
    });
}

// The VMFS copies that hosts in scope see under this name; exactly one device may hold it.
struct FoundCopy {
    const HostInfo* host = nullptr;
    UnresolvedVolume copy;
};

Result<FoundCopy> find_copy(const OptionValues& values, Estate& estate, const std::string& label) {
    PF_TRY(const auto hosts, hosts_in_scope(values, estate.inventory));
    FoundCopy out;
    for (const HostInfo* host : hosts) {
        PF_TRY(const auto copies, estate.connections.vsphere->unresolved_volumes(host->id));
        for (const UnresolvedVolume& copy : copies) {
            if (copy.label != label && copy.uuid != label && copy.device != label) {
                continue;
            }
            if (out.host != nullptr && out.copy.device != copy.device) {
                return fail(Errc::Conflict,
                            "D-COPY-01: '{}' is on {} and on {}; name the device instead", label,
                            out.copy.device, copy.device);
            }
            if (out.host == nullptr) {
                out = {host, copy};
            }
        }
    }
    if (out.host == nullptr) {
        return fail(Errc::NotFound,
                    "no host in scope sees an unresolved copy of '{}'; rescan, or "
                    "look with: pfnvme inventory show unresolved --live",
                    label);
    }
    return out;
}

} // namespace

void datastore_mount_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
}

int datastore_unmount(const OptionValues& values) {
    return for_datastores(
        values, "unmount",
        [&](const Inventory& inventory, const DatastoreInfo& datastore) -> Result<Unit> {
            PF_TRY(const std::vector<UnitHost> hosts, scope_of(values, inventory, datastore));
            StepBuilder steps;
            add_unmount_steps(steps, 1, datastore, hosts);
            return datastore_unit(datastore, hosts, steps.take());
        });
}

int datastore_mount(const OptionValues& values) {
    return for_datastores(
        values, "mount",
        [&](const Inventory& inventory, const DatastoreInfo& datastore) -> Result<Unit> {
            PF_TRY(const std::vector<UnitHost> hosts, scope_of(values, inventory, datastore));
            StepBuilder steps;
            for (std::size_t i = 0; i < hosts.size(); ++i) {
                const Params params = with(on_host(hosts[i]), {{"vmfs_uuid", datastore.uuid},
                                                               {"datastore", datastore.name}});
                steps.add(step_id(1, i + 1, "mount", hosts[i].short_name), "vmfs.mount", params,
                          {{"vmfs.unmount", params}});
            }
            return datastore_unit(datastore, hosts, steps.take());
        });
}

void datastore_resignature_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
    table.add({.name = "name",
               .help = "name afterwards; else ESXi's snap-…-<old name>",
               .value_name = "NAME"});
}

int datastore_resignature(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "give the copy's label, VMFS UUID or device");
    }
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const auto found = find_copy(values, **estate, values.positionals().front());
    if (!found) {
        return report_error(found.error());
    }
    const UnitHost host{found->host->id, found->host->name, short_name(found->host->name),
                        found->host->nqn};
    StepBuilder steps;
    steps.add("01-resignature", "vmfs.resignature",
              with(on_host(host), {{"old_uuid", found->copy.uuid},
                                   {"datastore", found->copy.label},
                                   {"device", found->copy.device}}));
    if (const std::string& name = values.text("name"); !name.empty()) {
        if ((*estate)->inventory.datastore_named(name) != nullptr) {
            return report_error(kExitFailure,
                                fmt::format("a datastore named '{}' already exists", name));
        }
        steps.add("02-rename", "vmfs.rename", {{"device", found->copy.device}, {"name", name}});
    }
    DatastoreInfo named;
    named.name = found->copy.label;
    std::vector<Unit> units;
    units.push_back(datastore_unit(named, {host}, steps.take()));
    return run_units(values, **estate, "resignature", "array", std::move(units));
}

int datastore_rename(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.size() != 2) {
        return report_error(kExitUsage, "give the datastore and its new name");
    }
    return change_array(
        values, "rename", [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
            PF_TRY(const DatastoreInfo* datastore, datastore_called(inventory, words[0]));
            if (datastore->extents.empty()) {
                return fail(Errc::Unsupported, "datastore '{}' is no VMFS datastore on a device",
                            datastore->name);
            }
            if (inventory.datastore_named(words[1]) != nullptr) {
                return fail(Errc::AlreadyExists, "a datastore named '{}' already exists", words[1]);
            }
            const std::string& device = datastore->extents.front();
            StepBuilder steps;
            steps.add("01-rename", "vmfs.rename", {{"device", device}, {"name", words[1]}},
                      {{"vmfs.rename", {{"device", device}, {"name", datastore->name}}}});
            std::vector<Unit> units;
            units.push_back(
                datastore_unit(*datastore, hosts_of(inventory, *datastore), steps.take()));
            return units;
        });
}

void datastore_retire_options(OptionTable& table) {
    add_apply_options(table);
    table.add({.name = "remove-volume",
               .type = OptionType::Flag,
               .help = "remove the volume too: its content is gone, there is no way back"});
}

// Nothing registered, unmount, detach, unmap, gone from every host; what the end of an online unit
// does to its source.
int datastore_retire(const OptionValues& values) {
    return for_datastores(
        values, "retire",
        [&](const Inventory& inventory, const DatastoreInfo& datastore) -> Result<Unit> {
            const VolumeInfo* volume = inventory.volume_of(datastore);
            if (volume == nullptr) {
                return fail(Errc::Unsupported, "datastore '{}' is on no volume of this PowerFlex",
                            datastore.name);
            }
            const std::vector<UnitHost> hosts = hosts_of(inventory, datastore);
            StepBuilder steps;
            steps.add("00-empty", "check.empty",
                      {{"vmfs_uuid", datastore.uuid}, {"datastore", datastore.name}});
            if (inventory.sdc_volume_of(datastore) != nullptr) {
                ReleaseIndex index;
                add_release_steps(steps, 1, datastore, *volume, hosts, index);
            } else {
                add_unmount_steps(steps, 1, datastore, hosts);
                std::size_t index = 0;
                for (const UnitHost& host : hosts) {
                    const PowerFlexHost* known = inventory.nvme_host(host.nqn);
                    const MappingInfo* mapping =
                        known == nullptr ? nullptr : volume->mapping_of(known->id);
                    if (mapping == nullptr) {
                        continue;
                    }
                    Params params = with(nvme_mapping(host), {{"volume", volume->id},
                                                              {"label", volume->name},
                                                              {"vmfs_uuid", datastore.uuid}});
                    if (mapping->limit_iops != 0) {
                        params["limit_iops"] = std::to_string(mapping->limit_iops);
                    }
                    if (mapping->limit_mib_per_s != 0) {
                        params["limit_mib_per_s"] = std::to_string(mapping->limit_mib_per_s);
                    }
                    steps.add(step_id(2, ++index, "unmap", host.short_name), "unmap.nvme", params,
                              {{"map.nvme", params}});
                }
                index = 0;
                for (const UnitHost& host : hosts) {
                    steps.add(step_id(3, ++index, "gone", host.short_name), "device.gone",
                              with(on_host(host), {{"device", datastore.extents.front()}}));
                }
            }
            if (values.flag("remove-volume")) {
                steps.add("09-remove", "volume.remove", {{"volume_name", volume->name}});
            }
            return datastore_unit(datastore, hosts, steps.take());
        });
}

} // namespace pf::nvmetool
