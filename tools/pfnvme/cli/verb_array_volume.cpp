// pfnvme array volume list|create|map|unmap|snapshot|restore|rm. Mapping goes through the protocol
// guard of the operations: a volume that one protocol reaches is not mapped by the other.
#include "base/clock.hpp"
#include "tools/pfnvme/cli/estate_verbs.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/single_objects.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

constexpr std::int64_t kVolumeStepGib = 8; // PowerFlex allocates in steps of 8 GiB

Result<const PoolInfo*> choose_pool(const Inventory& inventory, const std::string& name) {
    const PoolInfo* found = nullptr;
    for (const PoolInfo& pool : inventory.pools) {
        if (name.empty() && found != nullptr) {
            return fail(Errc::InvalidArgument, "there are several storage pools; give --pool");
        }
        found = name.empty() || pool.name == name || pool.id == name ? &pool : found;
    }
    if (found == nullptr) {
        return fail(Errc::NotFound, "PowerFlex has no storage pool '{}'", name);
    }
    return found;
}

// Parameters of one mapping of `volume` to `host` by `protocol`.
Result<Params> mapping_of(const Inventory& inventory, const VolumeInfo& volume,
                          const HostInfo& host, bool nvme) {
    Params out{{"volume", volume.id}, {"label", volume.name}};
    if (nvme) {
        if (inventory.nvme_host(host.nqn) == nullptr) {
            return fail(Errc::Conflict,
                        "host {} is not registered on PowerFlex; run: pfnvme array nvme-host add "
                        "--host {}",
                        host.name, host.name);
        }
        out["host"] = short_name(host.name);
        out["nqn"] = host.nqn;
        out["device"] = nvme_device_name(inventory.powerflex.system_id, volume.id);
    } else {
        const PowerFlexHost* sdc = inventory.sdc_of(host);
        if (sdc == nullptr) {
            return fail(Errc::Conflict, "host {} has no SDC that PowerFlex knows", host.name);
        }
        out["sdc_id"] = sdc->id;
        out["sdc"] = sdc->name.empty() ? sdc->id : sdc->name;
        out["device"] = sdc_device_name(inventory.powerflex.system_id, volume.id);
    }
    out["host_id"] = host.id; // only this host loses the volume when it is unmapped
    return out;
}

void keep_limits(Params& params, const MappingInfo& mapping) {
    if (mapping.limit_iops != 0) {
        params["limit_iops"] = std::to_string(mapping.limit_iops);
    }
    if (mapping.limit_mib_per_s != 0) {
        params["limit_mib_per_s"] = std::to_string(mapping.limit_mib_per_s);
    }
}

Result<Unit> map_unit(const OptionValues& values, const Inventory& inventory,
                      const VolumeInfo& volume, const std::vector<const HostInfo*>& hosts,
                      bool nvme) {
    // The operation looks again right before the call; here it spares a run that can't end well.
    for (const MappingInfo& mapping : volume.mappings) {
        if (mapping.nvme != nvme) {
            return fail(Errc::Conflict,
                        "P-PROTO-01: volume '{}' is mapped by {} to {}; a volume is reached by one "
                        "protocol at a time: unmap it there first",
                        volume.name, mapping.nvme ? "NVMe" : "SDC", mapping.host_name);
        }
    }
    StepBuilder steps;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        PF_TRY(Params params, mapping_of(inventory, volume, *hosts[i], nvme));
        keep_limits(params, {"", "", nvme, static_cast<std::uint64_t>(values.integer("limit-iops")),
                             static_cast<std::uint64_t>(values.integer("limit-mib")), false});
        steps.add(step_id(1, i + 1, "map", short_name(hosts[i]->name)),
                  nvme ? "map.nvme" : "map.sdc", params,
                  {{nvme ? "unmap.nvme" : "unmap.sdc", params}});
    }
    return array_unit(volume.name, steps.take());
}

// By the protocol that each mapping has.
Result<Unit> unmap_unit(const Inventory& inventory, const VolumeInfo& volume,
                        const std::vector<const HostInfo*>& hosts) {
    StepBuilder steps;
    std::size_t index = 0;
    for (const HostInfo* host : hosts) {
        for (const bool nvme : {false, true}) {
            const PowerFlexHost* known =
                nvme ? inventory.nvme_host(host->nqn) : inventory.sdc_of(*host);
            const MappingInfo* mapping = known == nullptr ? nullptr : volume.mapping_of(known->id);
            if (mapping == nullptr || mapping->nvme != nvme) {
                continue;
            }
            PF_TRY(Params params, mapping_of(inventory, volume, *host, nvme));
            keep_limits(params, *mapping);
            steps.add(step_id(1, ++index, "unmap", short_name(host->name)),
                      nvme ? "unmap.nvme" : "unmap.sdc", params,
                      {{nvme ? "map.nvme" : "map.sdc", params}});
        }
    }
    return array_unit(volume.name, steps.take());
}

int map_or_unmap(const OptionValues& values, bool map) {
    const std::string& protocol = values.text("protocol");
    if (values.positionals().empty() || (protocol != "nvme" && protocol != "sdc")) {
        return report_error(kExitUsage, "name the volumes; --protocol is nvme or sdc");
    }
    return change_array(values, map ? "volume-map" : "volume-unmap",
                        [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
                            PF_TRY(const auto hosts, hosts_in_scope(values, inventory));
                            std::vector<Unit> units;
                            for (const std::string& name : values.positionals()) {
                                PF_TRY(const VolumeInfo* volume, volume_called(inventory, name));
                                PF_TRY(Unit unit, map ? map_unit(values, inventory, *volume, hosts,
                                                                 protocol == "nvme")
                                                      : unmap_unit(inventory, *volume, hosts));
                                units.push_back(std::move(unit));
                            }
                            return units;
                        });
}

// 20261122-184500
std::string stamp() {
    std::string out;
    for (const char c : format_rfc3339(wall_now()).substr(0, 19)) {
        if (c == 'T') {
            out += '-';
        } else if (c != '-' && c != ':') {
            out += c;
        }
    }
    return out;
}

} // namespace

int array_volume_list(const OptionValues& values) { return show_view(values, "volumes"); }

void array_volume_create_options(OptionTable& table) {
    add_apply_options(table);
    table.add({.name = "size-gib",
               .type = OptionType::Integer,
               .help = "size; rounded up to PowerFlex's steps of 8 GiB",
               .value_name = "N",
               .required = true,
               .min = 1,
               .max = 1 << 20});
    table.add({.name = "pool", .help = "storage pool; else the only one", .value_name = "NAME"});
}

int array_volume_create(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "give the new volume's name");
    }
    const std::string& name = values.positionals().front();
    if (powerflex_name(name) != name) {
        return report_error(kExitUsage, "a PowerFlex name has at most 31 characters, no spaces");
    }
    return change_array(
        values, "volume-create", [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
            PF_TRY(const PoolInfo* pool, choose_pool(inventory, values.text("pool")));
            if (inventory.volume_named(name) != nullptr) {
                return fail(Errc::AlreadyExists, "PowerFlex already has a volume named '{}'", name);
            }
            const std::int64_t size =
                (values.integer("size-gib") + kVolumeStepGib - 1) / kVolumeStepGib * kVolumeStepGib;
            StepBuilder steps;
            steps.add("01-create", "volume.create",
                      {{"volume_name", name},
                       {"size_gib", std::to_string(size)},
                       {"pool_id", pool->id},
                       {"pool", pool->name}},
                      {{"volume.remove", {{"volume_name", name}}}});
            std::vector<Unit> units;
            units.push_back(array_unit(name, steps.take()));
            return units;
        });
}

void array_volume_map_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
    table.add({.name = "protocol",
               .default_value = "nvme",
               .help = "of a new mapping: nvme or sdc; an unmapping takes what is there",
               .value_name = "WORD"});
    table.add({.name = "limit-iops",
               .type = OptionType::Integer,
               .default_value = "0",
               .help = "I/O operations a second of each mapping; 0: no limit",
               .value_name = "N"});
    table.add({.name = "limit-mib",
               .type = OptionType::Integer,
               .default_value = "0",
               .help = "MiB a second of each mapping; 0: no limit",
               .value_name = "N"});
}

int array_volume_map(const OptionValues& values) { return map_or_unmap(values, true); }
int array_volume_unmap(const OptionValues& values) { return map_or_unmap(values, false); }

void array_volume_snapshot_options(OptionTable& table) { add_apply_options(table); }

int array_volume_snapshot(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.empty() || words.size() > 2) {
        return report_error(kExitUsage, "give the volume, and a name for its snapshot");
    }
    return change_array(
        values, "volume-snapshot", [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
            PF_TRY(const VolumeInfo* volume, volume_called(inventory, words.front()));
            const std::string name =
                words.size() == 2 ? words[1]
                                  : powerflex_name(volume->name.substr(0, 15) + "-" + stamp());
            if (powerflex_name(name) != name) {
                return fail(Errc::InvalidArgument,
                            "a PowerFlex name has at most 31 characters, no spaces: '{}'", name);
            }
            if (inventory.volume_named(name) != nullptr) {
                return fail(Errc::AlreadyExists, "PowerFlex already has a volume named '{}'", name);
            }
            StepBuilder steps;
            steps.add("01-snapshot", "snapshot.create",
                      {{"volume", volume->id}, {"label", volume->name}, {"snapshot", name}},
                      {{"volume.remove", {{"volume_name", name}, {"what", "snapshot"}}}});
            std::vector<Unit> units;
            units.push_back(array_unit(volume->name, steps.take()));
            return units;
        });
}

int array_volume_restore(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.size() != 2) {
        return report_error(kExitUsage, "give the volume and the snapshot it is to look like");
    }
    return change_array(
        values, "volume-restore", [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
            PF_TRY(const VolumeInfo* volume, volume_called(inventory, words[0]));
            PF_TRY(const VolumeInfo* snapshot, volume_called(inventory, words[1]));
            if (snapshot->vtree_id != volume->vtree_id || snapshot->id == volume->id) {
                return fail(Errc::Conflict, "'{}' is not a snapshot of volume {}", snapshot->name,
                            volume->name);
            }
            StepBuilder steps;
            steps.add(
                "01-restore", "snapshot.restore",
                {{"volume", volume->id}, {"label", volume->name}, {"snapshot", snapshot->name}});
            std::vector<Unit> units;
            units.push_back(array_unit(volume->name, steps.take()));
            return units;
        });
}

int array_volume_rm(const OptionValues& values) {
    if (values.positionals().empty()) {
        return report_error(kExitUsage, "name the volumes or snapshots");
    }
    return change_array(
        values, "volume-rm", [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
            std::vector<Unit> units;
            for (const std::string& name : values.positionals()) {
                PF_TRY(const VolumeInfo* volume, volume_called(inventory, name));
                StepBuilder steps;
                steps.add("01-remove", "volume.remove",
                          {{"volume_name", volume->name},
                           {"what", volume->ancestor_id.empty() ? "volume" : "snapshot"}});
                units.push_back(array_unit(volume->name, steps.take()));
            }
            return units;
        });
}

} // namespace pf::nvmetool
