// pfnvme host nvme verify: expected paths against the controllers that are there. Changes nothing.
#include "base/json.hpp"
#include "base/xml.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
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

// One test case for each path that there should be, and one for the host itself, for CI: a suite is
// a host.
std::string junit(const json::array& hosts) {
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::string suites;
    for (const json::value& value : hosts) {
        const json::object& host = value.as_object();
        const std::string name = xml_escaped(std::string(host.at("host").as_string()));
        const json::array& paths = host.at("paths").as_array();
        std::size_t failed = host.at("ok").as_bool() ? 0 : 1;
        std::string cases = fmt::format("    <testcase classname=\"{}\" name=\"host\">", name);
        if (failed != 0) {
            cases += fmt::format("<failure type=\"E-PATH-03\" message=\"{}\"/>",
                                 xml_escaped(std::string(host.at("problem").as_string())));
        }
        cases += "</testcase>\n";
        for (const json::value& item : paths) {
            const json::object& path = item.as_object();
            const auto word = [&](const char* key) {
                return xml_escaped(std::string(path.at(key).as_string()));
            };
            const bool online = path.at("online").as_bool();
            failed += online ? 0U : 1U;
            cases += fmt::format("    <testcase classname=\"{}\" name=\"{} to {}\">{}</testcase>\n",
                                 name, word("nic"), word("address"),
                                 online ? ""
                                        : "<failure type=\"E-PATH-03\" message=\"missing or not "
                                          "online\"/>");
        }
        suites += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}"
                              "  </testsuite>\n",
                              name, paths.size() + 1, failed, cases);
        tests += paths.size() + 1;
        failures += failed;
    }
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pfnvme.host."
                       "nvme.verify\" tests=\"{}\" failures=\"{}\">\n{}</testsuites>\n",
                       tests, failures, suites);
}

} // namespace

void host_nvme_verify_options(OptionTable& table) {
    host_nvme_options(table);
    table.add({.name = "detailed-exitcode",
               .type = OptionType::Flag,
               .help = "exit 2, not 11, when a path differs from the expected ones"});
}

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
        {"host", "pf_host", "paths", "namespaces", "result"}};
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
    } else if (values.text("output") == "junit") {
        std::fputs(junit(list).c_str(), stdout);
    } else if (const int code = print_rows(values, "hosts", rows); code != kExitOk) {
        return code;
    }
    if (bad != 0) {
        return report_error(
            values.flag("detailed-exitcode") ? kExitChanges : kExitBlockers,
            fmt::format("{} of {} hosts fail, first {}; fix: pfnvme host nvme apply", bad,
                        options->host_ids.size(), first_problem));
    }
    return kExitOk;
}

} // namespace pf::nvmetool
