#include "tools/pfnvme/cli/host_verbs.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <cctype>
#include <cstdio>

namespace pf::nvmetool {

namespace {

// "host_nqn" → "hostNqn"
std::string key_of(const std::string& column) {
    std::string out;
    bool upper = false;
    for (const char c : column) {
        if (c == '_') {
            upper = !out.empty();
            continue;
        }
        out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        upper = false;
    }
    return out;
}

} // namespace

Result<std::unique_ptr<Estate>> read_estate(const OptionValues& values) {
    auto out = std::make_unique<Estate>();
    PF_TRY(out->connections, open_both(values));
    CollectScope scope;
    scope.vms = false;
    PF_TRY(out->inventory, collect(*out->connections.vsphere, *out->connections.powerflex, scope));
    PF_TRY(out->inventory.datastores, out->connections.vsphere->datastores());
    out->inventory.facts.insert(Fact::Datastores);
    out->inventory.index();
    return out;
}

int run_units(const OptionValues& values, Estate& estate, const std::string& name,
              const std::string& kind, std::vector<Unit> units) {
    std::erase_if(units, [](const Unit& unit) { return unit.steps.empty(); });
    if (units.empty()) {
        if (output_of(values) == Output::Json) {
            std::printf("{\"schemaVersion\": 1, \"verdict\": \"nothing to do\", \"units\": []}\n");
        } else {
            std::printf("Nothing to do.\n");
        }
        return kExitOk;
    }
    OneOff request;
    request.name = name;
    request.kind = kind;
    request.created_at = format_rfc3339(wall_now());
    request.tool_version = std::string(version());
    request.units = std::move(units);
    const Plan plan = one_off_plan(estate.inventory, std::move(request));
    return values.flag("dry-run") ? dry_run_plan(values, plan, estate.connections)
                                  : apply_plan(values, plan, estate.connections);
}

int run_on_hosts(
    const OptionValues& values, const std::string& name,
    const std::function<Result<std::vector<Step>>(const Inventory&, const HostInfo&)>& make) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const auto hosts = hosts_in_scope(values, (*estate)->inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    std::vector<Unit> units;
    for (const HostInfo* host : *hosts) {
        Result<std::vector<Step>> steps = make((*estate)->inventory, *host);
        if (!steps) {
            return report_error(steps.error());
        }
        units.push_back(host_unit(*host, std::move(*steps)));
    }
    return run_units(values, **estate, name, "onboarding", std::move(units));
}

int print_rows(const OptionValues& values, const std::string& what,
               const std::vector<std::vector<std::string>>& rows, std::vector<std::string> shown) {
    TableOut table{what, {}, {}, std::move(shown)};
    for (const std::string& column : rows.front()) {
        table.columns.push_back({column, FieldKind::Text});
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
        table.rows.emplace_back(rows[i].begin(), rows[i].end());
    }
    if (output_of(values) != Output::Json) {
        const Result<void> printed = print_table(values, std::move(table));
        return printed ? kExitOk : report_error(printed.error());
    }
    if (const Result<void> selected = select_rows(values, table); !selected) {
        return report_error(selected.error());
    }
    json::array list;
    for (const Row& row : table.rows) {
        json::object item;
        for (std::size_t i = 0; i < row.size(); ++i) {
            item[key_of(table.columns[i].name)] = field_text(row[i], FieldKind::Text);
        }
        list.emplace_back(std::move(item));
    }
    json::object out;
    out["schemaVersion"] = 1;
    out[what] = std::move(list);
    std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
