// pfnvme host nqn list
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <cstdio>

namespace pf::nvmetool {

void host_nqn_list_options(OptionTable& table) {
    add_host_scope_options(table);
    add_table_options(table);
}

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
    std::vector<std::vector<std::string>> rows{{"host", "id", "cluster", "version", "build", "nqn",
                                                "powerflex_host", "powerflex_host_id", "check",
                                                "message"}};
    for (const HostInfo* host : *hosts) {
        const PowerFlexHost* registered = inventory->nvme_host(host->nqn);
        const std::vector<PlanFinding> findings = check_host(*inventory, *host);
        rows.push_back({host->name, host->id, host->cluster, host->version, host->build, host->nqn,
                        registered == nullptr ? "" : registered->name,
                        registered == nullptr ? "" : registered->id,
                        findings.empty() ? "ok" : findings.front().check,
                        findings.empty() ? "" : findings.front().message});
    }
    return print_rows(values, "hosts", rows,
                      {"host", "version", "build", "nqn", "powerflex_host", "check", "message"});
}

} // namespace pf::nvmetool
