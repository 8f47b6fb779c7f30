#include "tools/pfnvme/cli/single_objects.hpp"

#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/inventory/views.hpp"

namespace pf::nvmetool {

Result<Inventory> read_powerflex(const OptionValues& values) {
    PF_TRY(const std::unique_ptr<PowerFlexPort> port, open_powerflex(values));
    Inventory out;
    PF_TRY(out.powerflex, port->about());
    PF_TRY(out.sdts, port->sdt_addresses());
    PF_TRY(out.pools, port->pools());
    PF_TRY(out.powerflex_hosts, port->hosts());
    PF_TRY(out.volumes, port->volumes());
    out.facts = {Fact::PowerFlex, Fact::Sdts};
    out.index();
    return out;
}

int show_view(const OptionValues& values, std::string_view view, std::vector<std::string> shown) {
    const View* found = inventory_view(view);
    if (found == nullptr) {
        return report_error(kExitInternal, fmt::format("there is no view '{}'", view));
    }
    const Result<Inventory> inventory = read_powerflex(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    TableOut table{
        found->name, found->columns, {}, shown.empty() ? found->shown : std::move(shown)};
    found->each(*inventory, [&table](const Row& row) { table.rows.push_back(row); });
    const Result<void> printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

Unit array_unit(const std::string& id, std::vector<Step> steps) {
    Unit unit;
    unit.id = "pf-" + id;
    unit.strategy = "array";
    unit.steps = std::move(steps);
    return unit;
}

int change_array(const OptionValues& values, const std::string& plan,
                 const std::function<Result<std::vector<Unit>>(const Inventory&)>& make) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    Result<std::vector<Unit>> units = make((*estate)->inventory);
    if (!units) {
        return report_error(units.error());
    }
    return run_units(values, **estate, plan, "array", std::move(*units));
}

Result<const VolumeInfo*> volume_called(const Inventory& inventory, const std::string& name) {
    const VolumeInfo* found = inventory.volume_named(name);
    found = found == nullptr ? inventory.volume(name) : found;
    if (found == nullptr) {
        return fail(Errc::NotFound,
                    "PowerFlex has no volume '{}'; list them with: pfnvme array volume list", name);
    }
    return found;
}

Result<const DatastoreInfo*> datastore_called(const Inventory& inventory, const std::string& name) {
    const DatastoreInfo* found = inventory.datastore_named(name);
    found = found == nullptr ? inventory.datastore(name) : found;
    if (found == nullptr) {
        return fail(Errc::NotFound,
                    "vCenter has no datastore '{}'; list them with: pfnvme datastore list", name);
    }
    return found;
}

} // namespace pf::nvmetool
