// pfnvme host nvme status|discover, host nvme adapter list, host nvme vmk list, host nqn check:
// look, and change nothing.
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

using Rows = std::vector<std::vector<std::string>>;

// Reads, then lets `add` make the rows of each host in scope.
int list_hosts(const OptionValues& values, const std::string& what, Rows rows,
               const std::function<void(Estate&, const HostInfo&, Rows&)>& add) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const auto hosts = hosts_in_scope(values, (*estate)->inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    for (const HostInfo* host : *hosts) {
        add(**estate, *host, rows);
    }
    return print_rows(values, what, rows);
}

} // namespace

int host_nvme_status(const OptionValues& values) {
    return list_hosts(
        values, "controllers", {{"host", "adapter", "vmnic", "target", "state", "namespaces"}},
        [](Estate& estate, const HostInfo& host, Rows& rows) {
            for (const NvmeController& controller : host.controllers) {
                if (controller.subsystem_nqn != estate.inventory.powerflex.nqn) {
                    continue;
                }
                std::string nic = "-";
                for (const NvmeAdapter& adapter : host.adapters) {
                    nic = adapter.name == controller.adapter ? adapter.nic : nic;
                }
                rows.push_back({host.name, controller.adapter, nic,
                                fmt::format("{}:{}", controller.address, controller.port),
                                controller.online ? "online" : "offline",
                                std::to_string(controller.devices.size())});
            }
        });
}

int host_adapter_list(const OptionValues& values) {
    return list_hosts(
        values, "adapters", {{"host", "adapter", "vmnic", "driver", "link", "state"}},
        [](Estate&, const HostInfo& host, Rows& rows) {
            for (const PhysicalNic& nic : host.nics) {
                std::string adapter;
                for (const NvmeAdapter& known : host.adapters) {
                    adapter = known.nic == nic.name ? known.name : adapter;
                }
                rows.push_back(
                    {host.name, adapter.empty() ? "-" : adapter, nic.name, nic.driver,
                     nic.speed_mbit == 0 ? "down" : fmt::format("{} Mbit/s", nic.speed_mbit),
                     adapter.empty() ? "free" : "NVMe/TCP"});
            }
        });
}

int host_vmk_list(const OptionValues& values) {
    return list_hosts(
        values, "vmks", {{"host", "vmk", "address", "portgroup", "uplinks", "mtu", "nvme_tcp"}},
        [](Estate&, const HostInfo& host, Rows& rows) {
            for (const VmkNic& vmk : host.vmks) {
                rows.push_back({host.name, vmk.name, vmk.address, vmk.portgroup,
                                fmt::format("{}", fmt::join(vmk.uplinks, ",")),
                                std::to_string(vmk.mtu), vmk.nvme_tagged ? "tagged" : "-"});
            }
        });
}

int host_nvme_discover(const OptionValues& values) {
    return list_hosts(
        values, "entries", {{"host", "adapter", "asked", "subsystem", "target", "state"}},
        [](Estate& estate, const HostInfo& host, Rows& rows) {
            std::size_t found = 0;
            std::string problem = "an empty log: PowerFlex shows a host nothing before it has a "
                                  "mapped volume";
            for (const NvmeAdapter& adapter : host.adapters) {
                for (const SdtAddress& sdt : estate.inventory.sdts) {
                    const std::uint16_t port =
                        sdt.discovery_port == 0 ? std::uint16_t{8009} : sdt.discovery_port;
                    const auto log =
                        estate.connections.vsphere->discover(host.id, adapter.name, sdt.ip, port);
                    if (!log) {
                        problem = log.error().what;
                        continue;
                    }
                    for (const DiscoveredTarget& entry : *log) {
                        ++found;
                        rows.push_back({host.name, adapter.name, sdt.ip, entry.subsystem_nqn,
                                        fmt::format("{}:{}", entry.address, entry.port),
                                        entry.connected ? "connected" : "not connected"});
                    }
                    if (!log->empty()) {
                        break; // every target of a system gives the same log
                    }
                }
            }
            if (found == 0) {
                rows.push_back({host.name, "-", "-", "-", "-",
                                host.adapters.empty() ? "no NVMe/TCP adapter" : problem});
            }
        });
}

// Like `host nqn list`, but the exit code says whether every name will do.
int host_nqn_check(const OptionValues& values) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const auto hosts = hosts_in_scope(values, (*estate)->inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    Rows rows{{"host", "build", "host_nqn", "pf_host", "severity", "check", "message"}};
    bool blocked = false;
    bool unsupported = false;
    for (const HostInfo* host : *hosts) {
        const PowerFlexHost* registered = (*estate)->inventory.nvme_host(host->nqn);
        const std::vector<PlanFinding> findings = check_host((*estate)->inventory, *host);
        blocked = blocked || has_blocker(findings);
        for (const PlanFinding& finding : findings) {
            unsupported = unsupported || finding.check == "E-VER-01";
        }
        const auto add = [&](const std::string& severity, const std::string& check,
                             const std::string& message) {
            rows.push_back(
                {host->name, host->version + "-" + host->build, host->nqn.empty() ? "-" : host->nqn,
                 registered == nullptr ? "-" : registered->name, severity, check, message});
        };
        for (const PlanFinding& finding : findings) {
            add(finding.severity, finding.check, finding.message + "; fix: " + finding.fix);
        }
        if (findings.empty()) {
            add("ok", "ok", "");
        }
    }
    if (const int code = print_rows(values, "hosts", rows); code != kExitOk) {
        return code;
    }
    return unsupported ? kExitUnsupported : blocked ? kExitBlockers : kExitOk;
}

} // namespace pf::nvmetool
