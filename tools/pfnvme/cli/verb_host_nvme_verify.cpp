// pfnvme host nvme verify: expected paths against the controllers that are there. Changes nothing.
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

const NvmeController* controller_of(const HostInfo& host, const PlannedPath& path) {
    for (const NvmeController& controller : host.controllers) {
        const bool same_nic = std::any_of(
            host.adapters.begin(), host.adapters.end(), [&](const NvmeAdapter& adapter) {
                return adapter.name == controller.adapter && adapter.nic == path.nic;
            });
        if (same_nic && controller.address == path.address && controller.port == path.port) {
            return &controller;
        }
    }
    return nullptr;
}

} // namespace

int host_nvme_verify(const OptionValues& values) {
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
    const Result<OnboardOptions> options = onboard_options(values, *inventory);
    if (!options) {
        return report_error(options.error());
    }
    json::array list;
    std::vector<std::vector<std::string>> rows{
        {"HOST", "PF HOST", "PATHS", "NAMESPACES", "RESULT"}};
    int bad = 0;
    std::string first_problem;
    for (const std::string& id : options->host_ids) {
        const HostInfo& host = *inventory->host(id);
        const PowerFlexHost* registered = inventory->nvme_host(host.nqn);
        const std::vector<PlannedPath> expected = expected_paths(*inventory, host, *options);
        std::size_t online = 0;
        std::string problem;
        json::array paths;
        for (const PlannedPath& path : expected) {
            const NvmeController* controller = controller_of(host, path);
            const bool good = controller != nullptr && controller->online &&
                              controller->subsystem_nqn == inventory->powerflex.nqn;
            online += good ? 1U : 0U;
            if (!good && problem.empty()) {
                problem = fmt::format("{} to {}:{} is {}", path.nic, path.address, path.port,
                                      controller == nullptr ? "missing" : "not online");
            }
            json::object item;
            item["nic"] = path.nic;
            item["vmk"] = path.vmk;
            item["sdt"] = path.sdt_name;
            item["address"] = fmt::format("{}:{}", path.address, path.port);
            item["online"] = good;
            paths.emplace_back(std::move(item));
        }
        const std::vector<PlanFinding> findings = check_host(*inventory, host);
        for (const PlanFinding& item : findings) {
            if (item.severity == "blocker" && problem.empty()) {
                problem = item.check + ": " + item.message;
            }
        }
        if (problem.empty() && registered == nullptr) {
            problem = "not registered on PowerFlex";
        }
        if (problem.empty() && expected.empty()) {
            problem = "no VMkernel port and NIC for NVMe/TCP";
        }
        const std::size_t namespaces =
            registered == nullptr ? 0 : inventory->volumes_of(*registered).size();
        rows.push_back({host.name, registered == nullptr ? "-" : registered->name,
                        fmt::format("{}/{}", online, expected.size()), std::to_string(namespaces),
                        problem.empty() ? "ok" : "E-PATH-03 " + problem});
        json::object item;
        item["host"] = host.name;
        item["pathsOnline"] = static_cast<std::int64_t>(online);
        item["pathsExpected"] = static_cast<std::int64_t>(expected.size());
        item["namespaces"] = static_cast<std::int64_t>(namespaces);
        item["ok"] = problem.empty();
        item["problem"] = problem;
        item["paths"] = std::move(paths);
        list.emplace_back(std::move(item));
        if (!problem.empty()) {
            ++bad;
            if (first_problem.empty()) {
                first_problem = fmt::format("host '{}': {}", host.name, problem);
            }
        }
    }
    if (output_of(values) == Output::Json) {
        json::object out;
        out["schemaVersion"] = 1;
        out["ok"] = bad == 0;
        out["hosts"] = std::move(list);
        std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    } else {
        std::fputs(format_table(rows).c_str(), stdout);
    }
    if (bad != 0) {
        return report_error(
            kExitBlockers, fmt::format("{} of {} hosts fail, first {}; fix: pfnvme host nvme apply",
                                       bad, options->host_ids.size(), first_problem));
    }
    return kExitOk;
}

} // namespace pf::nvmetool
