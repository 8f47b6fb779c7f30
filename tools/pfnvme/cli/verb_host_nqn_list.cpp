// pfnvme host nqn list
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <cstdio>

namespace pf::nvmetool {

void host_nqn_list_options(OptionTable& table) { add_host_scope_options(table); }

int host_nqn_list(const OptionValues& values) {
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    CollectScope scope;
    scope.vms = false;
    const Result<Inventory> inventory =
        collect(*connections->vsphere, *connections->powerflex, scope);
    if (!inventory) {
        return report_error(inventory.error());
    }
    const auto hosts = hosts_in_scope(values, *inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    json::array list;
    std::vector<std::vector<std::string>> rows{{"HOST", "BUILD", "HOST NQN", "PF HOST", "CHECK"}};
    for (const HostInfo* host : *hosts) {
        const PowerFlexHost* registered = inventory->nvme_host(host->nqn);
        const std::vector<PlanFinding> findings = check_host(*inventory, *host);
        const std::string check =
            findings.empty() ? "ok" : findings.front().check + " " + findings.front().message;
        rows.push_back({host->name, host->version + "-" + host->build,
                        host->nqn.empty() ? "-" : host->nqn,
                        registered == nullptr ? "-" : registered->name, check});
        json::object item;
        item["host"] = host->name;
        item["id"] = host->id;
        item["cluster"] = host->cluster;
        item["version"] = host->version;
        item["build"] = host->build;
        item["nqn"] = host->nqn;
        item["powerflexHost"] = registered == nullptr ? "" : registered->name;
        item["powerflexHostId"] = registered == nullptr ? "" : registered->id;
        item["check"] = findings.empty() ? "ok" : findings.front().check;
        list.emplace_back(std::move(item));
    }
    if (output_of(values) == Output::Json) {
        json::object out;
        out["schemaVersion"] = 1;
        out["hosts"] = std::move(list);
        std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    } else {
        std::fputs(format_table(rows).c_str(), stdout);
    }
    return kExitOk;
}

} // namespace pf::nvmetool
