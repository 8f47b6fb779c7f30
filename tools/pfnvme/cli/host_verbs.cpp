#include "tools/pfnvme/cli/host_verbs.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <cctype>
#include <cstdio>

namespace pf::nvmetool {

namespace {

// "HOST NQN" → "hostNqn"
std::string key_of(const std::string& column) {
    std::string out;
    bool upper = false;
    for (const char c : column) {
        if (c == ' ') {
            upper = !out.empty();
            continue;
        }
        const int lower = std::tolower(static_cast<unsigned char>(c));
        out += static_cast<char>(upper ? c : lower);
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
               const std::vector<std::vector<std::string>>& rows) {
    if (output_of(values) != Output::Json) {
        std::fputs(format_table(rows).c_str(), stdout);
        return kExitOk;
    }
    json::array list;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        json::object item;
        for (std::size_t j = 0; j < rows[i].size() && j < rows.front().size(); ++j) {
            item[key_of(rows.front()[j])] = rows[i][j];
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
