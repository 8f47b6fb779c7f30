// pfnvme datastore provision NAME --size-gib N: a new volume by NVMe/TCP, formatted and mounted
// everywhere.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

namespace pf::nvmetool {

void datastore_provision_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
    table.add({.name = "size-gib",
               .type = OptionType::Integer,
               .help = "size; rounded up to PowerFlex's steps of 8 GiB",
               .value_name = "N",
               .required = true});
    table.add({.name = "volume",
               .help = "name of the volume; else the datastore's",
               .value_name = "NAME"});
    table.add({.name = "pool", .help = "storage pool; else the only one", .value_name = "NAME"});
    table.add({.name = "min-paths",
               .type = OptionType::Integer,
               .default_value = "2",
               .help = "active paths that every host must have",
               .value_name = "N"});
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

int datastore_provision(const OptionValues& values) {
    if (values.positionals().size() != 1 || values.integer("size-gib") <= 0) {
        return report_error(kExitUsage, "give the new datastore's name and --size-gib");
    }
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const Inventory& inventory = (*estate)->inventory;
    const auto hosts = hosts_in_scope(values, inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    ProvisionRequest request;
    request.datastore = values.positionals().front();
    request.volume = values.text("volume");
    request.size_gib = static_cast<std::uint64_t>(values.integer("size-gib"));
    request.hosts = *hosts;
    request.min_paths =
        static_cast<std::uint32_t>(std::max<std::int64_t>(1, values.integer("min-paths")));
    request.limit_iops = static_cast<std::uint64_t>(values.integer("limit-iops"));
    request.limit_mib_per_s = static_cast<std::uint64_t>(values.integer("limit-mib"));
    const std::string& pool = values.text("pool");
    for (const PoolInfo& item : inventory.pools) {
        if (pool.empty() ? request.pool == nullptr : item.name == pool) {
            request.pool = &item;
        } else if (pool.empty()) {
            return report_error(kExitUsage, "there are several storage pools; give --pool");
        }
    }
    if (request.pool == nullptr) {
        return report_error(kExitFailure, fmt::format("PowerFlex has no storage pool '{}'", pool));
    }
    Result<Unit> unit = make_provision_unit(inventory, request);
    if (!unit) {
        return report_error(unit.error());
    }
    std::vector<Unit> units;
    units.push_back(std::move(*unit));
    return run_units(values, **estate, "provision-" + request.datastore, "provision",
                     std::move(units));
}

} // namespace pf::nvmetool
