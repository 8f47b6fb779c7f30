// pfnvme array nvme-host list|add|sync|rename|limits|rm
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/single_objects.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

// By PowerFlex name, NQN, or the ESXi host's name.
const PowerFlexHost* find_host(const Inventory& inventory, const std::string& name) {
    for (const PowerFlexHost& host : inventory.powerflex_hosts) {
        if (host.nvme && (host.name == name || host.nqn == name || host.id == name)) {
            return &host;
        }
    }
    for (const HostInfo& host : inventory.hosts) {
        if (host.name == name || short_name(host.name) == name) {
            return inventory.nvme_host(host.nqn);
        }
    }
    return nullptr;
}

// One unit for each host that is named on the command line.
int for_named(const OptionValues& values, const std::string& plan,
              const std::function<Result<std::vector<Step>>(const PowerFlexHost&)>& make) {
    if (values.positionals().empty()) {
        return report_error(kExitUsage, "name at least one NVMe host");
    }
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    std::vector<Unit> units;
    for (const std::string& name : values.positionals()) {
        const PowerFlexHost* host = find_host((*estate)->inventory, name);
        if (host == nullptr) {
            return report_error(kExitFailure,
                                fmt::format("PowerFlex has no NVMe host '{}'; list them with: "
                                            "pfnvme array nvme-host list",
                                            name));
        }
        Result<std::vector<Step>> steps = make(*host);
        if (!steps) {
            return report_error(steps.error());
        }
        units.push_back(array_unit(host->name, std::move(*steps)));
    }
    return run_units(values, **estate, plan, "array", std::move(units));
}

int add_missing(const OptionValues& values, bool sync) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const Inventory& inventory = (*estate)->inventory;
    const auto hosts = hosts_in_scope(values, inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    std::vector<Unit> units;
    for (const HostInfo* host : *hosts) {
        if (host->nqn.empty()) {
            return report_error(kExitFailure,
                                fmt::format("H-NQN-02: host {} reports no NQN", host->name));
        }
        const std::string name = powerflex_name(short_name(host->name));
        const PowerFlexHost* known = inventory.nvme_host(host->nqn);
        StepBuilder steps;
        if (known == nullptr) {
            const Params identity{{"nqn", host->nqn}, {"name", name}};
            steps.add("01-register", "pfhost.add", identity, {{"pfhost.remove", identity}});
        } else if (sync && known->name != name) {
            const Params there{{"id", known->id}, {"old_name", known->name}, {"name", name}};
            const Params back{{"id", known->id}, {"old_name", name}, {"name", known->name}};
            steps.add("01-rename", "pfhost.rename", there, {{"pfhost.rename", back}});
        }
        units.push_back(array_unit(name, steps.take()));
    }
    if (sync && output_of(values) != Output::Json) {
        for (const PowerFlexHost& host : inventory.powerflex_hosts) {
            const bool ours = std::any_of(
                inventory.hosts.begin(), inventory.hosts.end(), [&](const HostInfo& esx) {
                    const PowerFlexHost* known = inventory.nvme_host(esx.nqn);
                    return known != nullptr && known->id == host.id;
                });
            if (host.nvme && !ours) {
                std::printf("not in this vCenter, left alone: %s (%s)\n", host.name.c_str(),
                            host.nqn.c_str());
            }
        }
    }
    return run_units(values, **estate, sync ? "nvme-host-sync" : "nvme-host-add", "array",
                     std::move(units));
}

} // namespace

void array_host_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
}

void array_host_limits_options(OptionTable& table) {
    add_apply_options(table);
    table.add({.name = "max-paths",
               .type = OptionType::Integer,
               .default_value = "0",
               .help = "paths a volume; 0 leaves it",
               .value_name = "N"});
    table.add({.name = "max-system-ports",
               .type = OptionType::Integer,
               .default_value = "0",
               .help = "target ports the host may use; 0 leaves it",
               .value_name = "N"});
}

int array_host_list(const OptionValues& values) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const Inventory& inventory = (*estate)->inventory;
    std::vector<std::vector<std::string>> rows{
        {"name", "id", "nqn", "esxi_host", "volumes", "max_paths", "connected"}};
    for (const PowerFlexHost& host : inventory.powerflex_hosts) {
        if (!host.nvme) {
            continue;
        }
        std::string esx = "-";
        for (const HostInfo& item : inventory.hosts) {
            const PowerFlexHost* known = inventory.nvme_host(item.nqn);
            esx = known != nullptr && known->id == host.id ? item.name : esx;
        }
        rows.push_back({host.name, host.id, host.nqn, esx,
                        std::to_string(inventory.volumes_of(host).size()),
                        std::to_string(host.max_paths), host.connected ? "yes" : "no"});
    }
    std::sort(rows.begin() + 1, rows.end()); // PowerFlex has an order of its own
    return print_rows(values, "nvmeHosts", rows);
}

int array_host_add(const OptionValues& values) { return add_missing(values, false); }
int array_host_sync(const OptionValues& values) { return add_missing(values, true); }

int array_host_rename(const OptionValues& values) {
    if (values.positionals().size() != 2) {
        return report_error(kExitUsage, "give the NVMe host and its new name");
    }
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const PowerFlexHost* host = find_host((*estate)->inventory, values.positionals()[0]);
    if (host == nullptr) {
        return report_error(
            kExitFailure, fmt::format("PowerFlex has no NVMe host '{}'", values.positionals()[0]));
    }
    const std::string& name = values.positionals()[1];
    if (powerflex_name(name) != name) {
        return report_error(kExitUsage, "a PowerFlex name has at most 31 characters, no spaces");
    }
    const Params there{{"id", host->id}, {"old_name", host->name}, {"name", name}};
    const Params back{{"id", host->id}, {"old_name", name}, {"name", host->name}};
    StepBuilder steps;
    if (host->name != name) {
        steps.add("01-rename", "pfhost.rename", there, {{"pfhost.rename", back}});
    }
    return run_units(values, **estate, "nvme-host-rename", "array",
                     {array_unit(host->name, steps.take())});
}

int array_host_limits(const OptionValues& values) {
    const std::int64_t paths = values.integer("max-paths");
    const std::int64_t ports = values.integer("max-system-ports");
    if (paths <= 0 && ports <= 0) {
        return report_error(kExitUsage, "give --max-paths or --max-system-ports");
    }
    return for_named(values, "nvme-host-limits",
                     [&](const PowerFlexHost& host) -> Result<std::vector<Step>> {
                         Params there{{"id", host.id}, {"name", host.name}};
                         Params back = there;
                         if (paths > 0) {
                             there["max_paths"] = std::to_string(paths);
                             back["max_paths"] = std::to_string(host.max_paths);
                         }
                         if (ports > 0) {
                             there["max_system_ports"] = std::to_string(ports);
                             back["max_system_ports"] = std::to_string(host.max_system_ports);
                         }
                         StepBuilder steps;
                         steps.add("01-limits", "pfhost.limits", there, {{"pfhost.limits", back}});
                         return steps.take();
                     });
}

int array_host_rm(const OptionValues& values) {
    return for_named(
        values, "nvme-host-rm", [](const PowerFlexHost& host) -> Result<std::vector<Step>> {
            const Params identity{{"nqn", host.nqn}, {"name", host.name}};
            StepBuilder steps;
            steps.add("01-remove", "pfhost.remove", identity, {{"pfhost.add", identity}});
            return steps.take();
        });
}

} // namespace pf::nvmetool
