// Hosts: release, connection, NQN, SDC driver, SSH-independent settings.
#include "tools/pfnvme/checks/rule.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

namespace {

void not_connected(CheckRun& run) {
    for (const HostInfo* host : run.objects.hosts) {
        run.looked_at();
        run.at(host->id, "host " + host->name);
        if (host->connection_state != "connected") {
            run.violated(fmt::format("host '{}' is {}", host->name, host->connection_state));
        }
    }
}

void too_old(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (host.version.empty()) {
            run.unknown(fmt::format("host '{}' does not tell its release", host.name));
        } else if (compare_versions(host.version, run.limits.min_esxi) < 0) {
            run.violated(fmt::format("host '{}' runs ESXi {} (build {}), below 7.0 U3", host.name,
                                     host.version, host.build));
        }
    });
}

void old_build(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (compare_versions(host.version, "7.0.3") != 0) {
            return;
        }
        if (host.build.empty()) {
            run.unknown(fmt::format("host '{}' does not tell its build", host.name));
        } else if (compare_versions(host.build, std::to_string(run.limits.min_build_70u3)) < 0) {
            run.violated(fmt::format("host '{}' runs ESXi 7.0 U3 build {}", host.name, host.build));
        }
    });
}

void mixed_releases(CheckRun& run) {
    run.clusters([&run](const ClusterInfo& cluster) {
        std::set<std::string> releases;
        for (const std::string& id : cluster.host_ids) {
            if (const HostInfo* host = run.inventory.host(id)) {
                releases.insert(host->version);
            }
        }
        if (releases.size() > 1) {
            run.violated(fmt::format("cluster '{}' mixes ESXi {}; the lowest one's limits count",
                                     cluster.name, fmt::join(releases, ", ")));
        }
    });
}

void maintenance(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (host.in_maintenance) {
            run.violated(fmt::format("host '{}' is in maintenance mode", host.name));
        }
    });
}

void no_tcp(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (!host.nvme_tcp_supported) {
            run.violated(fmt::format("host '{}' does not support NVMe over TCP", host.name));
        }
    });
}

void no_discovery(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (!host.discovery_supported) {
            run.unknown(fmt::format("host '{}' does not tell whether it discovers", host.name));
        } else if (!*host.discovery_supported) {
            run.violated(fmt::format("host '{}' has no NVMe discovery services", host.name));
        }
    });
}

void no_nqn(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (host.nqn.empty()) {
            run.violated(fmt::format("host '{}' reports no NQN", host.name));
        }
    });
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

void duplicate_nqn(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const HostInfo& other : run.inventory.hosts) {
            if (other.id != host.id && !host.nqn.empty() && lower(other.nqn) == lower(host.nqn)) {
                run.violated(fmt::format("hosts '{}' and '{}' have the same NQN {}", host.name,
                                         other.name, host.nqn));
                return;
            }
        }
    });
}

void default_nqn(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (host.nqn.find("localhost") != std::string::npos) {
            run.violated(fmt::format("host '{}' has the default NQN {}", host.name, host.nqn));
        }
    });
}

// "nqn.yyyy-mm." and a reversed domain, at most 223 bytes (NVMe base specification, names).
bool well_formed(const std::string& nqn) {
    if (nqn.size() > 223 || nqn.size() < 13 || !nqn.starts_with("nqn.")) {
        return false;
    }
    const auto digit = [&nqn](std::size_t at) {
        return std::isdigit(static_cast<unsigned char>(nqn[at])) != 0;
    };
    return digit(4) && digit(5) && digit(6) && digit(7) && nqn[8] == '-' && digit(9) && digit(10) &&
           nqn[11] == '.';
}

void malformed_nqn(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (!host.nqn.empty() && !well_formed(host.nqn)) {
            run.violated(fmt::format("host '{}' has the NQN '{}', which is not of the form "
                                     "nqn.yyyy-mm.domain:name",
                                     host.name, host.nqn));
        }
    });
}

void changed_nqn(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (host.nqn.empty() || run.inventory.nvme_host(host.nqn) != nullptr) {
            return;
        }
        const std::string name = host.name.substr(0, host.name.find('.'));
        for (const PowerFlexHost& item : run.inventory.powerflex_hosts) {
            if (item.nvme && lower(item.name) == lower(name)) {
                run.violated(fmt::format("PowerFlex knows host '{}' by the NQN {}, but the host "
                                         "now says {}",
                                         item.name, item.nqn, host.nqn));
                return;
            }
        }
    });
}

void no_sdc(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const bool loaded = !host.sdc_guid.empty() || host.sdc_loaded.value_or(false);
        if (loaded && run.inventory.sdc_of(host) == nullptr) {
            run.violated(fmt::format("host '{}' runs the SDC driver (GUID {}), but PowerFlex {} "
                                     "does not know it",
                                     host.name, host.sdc_guid.empty() ? "unknown" : host.sdc_guid,
                                     called(run.inventory.powerflex)));
        }
    });
}

void sdc_disconnected(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const PowerFlexHost* sdc = run.inventory.sdc_of(host);
        if (sdc != nullptr && !sdc->connected) {
            run.violated(fmt::format("the SDC of host '{}' ({}) is not connected to the MDM",
                                     host.name, sdc->name));
        }
    });
}

void powerpath(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (!host.powerpath) {
            run.unknown(fmt::format("host '{}' does not tell its packages", host.name));
        } else if (*host.powerpath) {
            run.violated(fmt::format("host '{}' has PowerPath/VE", host.name));
        }
    });
}

void claim_rules(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const std::string& text : host.claim_rules) {
            run.violated(fmt::format("host '{}' has the own claim rule '{}'", host.name, text));
        }
    });
}

void max_lun(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const std::optional<std::string> text = host.option("Disk.MaxLUN");
        if (!text) {
            run.unknown(fmt::format("host '{}' does not tell Disk.MaxLUN", host.name));
        } else if (compare_versions(*text, "1024") < 0) {
            run.violated(fmt::format("host '{}' looks only for LUNs below {} (Disk.MaxLUN)",
                                     host.name, *text));
        }
    });
}

void autoremove(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const std::optional<std::string> text = host.option("Disk.AutoremoveOnPDL");
        if (!text) {
            run.unknown(fmt::format("host '{}' does not tell Disk.AutoremoveOnPDL", host.name));
        } else if (*text == "0") {
            run.violated(
                fmt::format("host '{}' keeps lost devices (Disk.AutoremoveOnPDL is 0)", host.name));
        }
    });
}

void no_svmotion(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        if (!host.storage_vmotion) {
            run.unknown(
                fmt::format("host '{}' does not tell whether it can Storage vMotion", host.name));
        } else if (!*host.storage_vmotion) {
            run.violated(fmt::format("host '{}' can't do Storage vMotion", host.name));
        }
    });
}

void ssh_running(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const HostService& service : host.services) {
            if (service.name == "TSM-SSH" && service.running && service.policy == "on") {
                run.violated(fmt::format("SSH of host '{}' runs always", host.name));
            }
        }
    });
}

// A storage VM of PowerFlex on an ESXi host: its SDS goes away with the host.
void hyper_converged(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const auto found =
            std::find_if(run.inventory.vms.begin(), run.inventory.vms.end(), [&](const VmInfo& vm) {
                return vm.host_id == host.id && vm.power_state == "poweredOn" && vm.passthrough &&
                       (lower(vm.name).find("svm") != std::string::npos ||
                        lower(vm.name).find("powerflex") != std::string::npos);
            });
        if (found != run.inventory.vms.end()) {
            run.violated(fmt::format("host '{}' runs the storage VM '{}'", host.name, found->name));
        }
    });
}

} // namespace

std::vector<CheckRule> host_rules() {
    return {
        {"E-CONN-01",
         Severity::Blocker,
         Subject::Host,
         "host is not connected",
         "A host that vCenter can't reach can't be changed or verified, and would lose a "
         "datastore unseen.",
         "connect the host in vCenter or leave it out",
         "",
         {Fact::Hosts},
         not_connected},
        {"E-VER-01",
         Severity::Blocker,
         Subject::Host,
         "ESXi is below 7.0 U3",
         "NVMe/TCP exists from ESXi 7.0 U3 on.",
         "update the host to ESXi 7.0 U3f or 8.x",
         "vSphere 7.0 U3 release notes; Broadcom KB 312201",
         {Fact::Hosts},
         too_old},
        {"E-VER-02",
         Severity::Warning,
         Subject::Host,
         "ESXi 7.0 U3 before patch level f",
         "PowerFlex supports NVMe/TCP from 7.0 U3f (build 20036589) on.",
         "update the host to 7.0 U3f",
         "Broadcom KB 312201",
         {Fact::Hosts},
         old_build,
         "7.0.3",
         "8.0.0"},
        {"E-VER-03",
         Severity::Warning,
         Subject::Cluster,
         "cluster mixes ESXi releases",
         "Limits of namespaces and paths differ by release; a VM may move to the lower one.",
         "bring all hosts to one release, or plan by the lowest one's limits",
         "",
         {Fact::Clusters, Fact::Hosts},
         mixed_releases},
        {"E-MAINT-01",
         Severity::Warning,
         Subject::Host,
         "host is in maintenance mode",
         "It takes part in storage changes, but no VM can be checked on it.",
         "take it out of maintenance mode, or leave it out",
         "",
         {Fact::Hosts},
         maintenance},
        {"E-TCP-01",
         Severity::Blocker,
         Subject::Host,
         "host does not support NVMe over TCP",
         "The host's capability nvmeOverTcpSupported is false.",
         "check the NIC driver and the release",
         "vSphere API: HostCapability",
         {Fact::Hosts},
         no_tcp,
         "7.0.3"},
        {"E-DISC-01",
         Severity::Info,
         Subject::Host,
         "host has no NVMe discovery services",
         "Without them every controller is connected by address.",
         "nothing to do: pfnvme host nvme apply connects by address",
         "",
         {Fact::Hosts},
         no_discovery,
         "7.0.3"},
        {"H-NQN-01",
         Severity::Blocker,
         Subject::Host,
         "duplicate host NQN",
         "Two hosts with one NQN see each other's volumes: data corruption. Cloned boot media "
         "are the usual cause.",
         "give the hosts own names, then reboot the clone: its NQN is made of the name",
         "NVMe base specification: host identification",
         {Fact::Hosts},
         duplicate_nqn},
        {"H-NQN-02",
         Severity::Blocker,
         Subject::Host,
         "host NQN is not known",
         "PowerFlex registers NVMe hosts by NQN.",
         "check hardware.systemInfo.qualifiedName of the host, or: esxcli nvme info get",
         "",
         {Fact::Hosts},
         no_nqn,
         "7.0.3"},
        {"H-NQN-03",
         Severity::Warning,
         Subject::Host,
         "default host NQN",
         "An NQN made of 'localhost' changes when the host gets its name; PowerFlex would then "
         "not know the host any more.",
         "name the host first, then reboot it",
         "",
         {Fact::Hosts},
         default_nqn},
        {"H-NQN-04",
         Severity::Blocker,
         Subject::Host,
         "malformed host NQN",
         "A target refuses a host name that is not of the form nqn.yyyy-mm.domain:name.",
         "set the host's name to a valid DNS name and reboot it",
         "NVMe base specification: NVMe qualified names",
         {Fact::Hosts},
         malformed_nqn},
        {"H-NQN-05",
         Severity::Blocker,
         Subject::Host,
         "host NQN changed since registration",
         "PowerFlex serves a host by the NQN it was registered with, which can't be changed.",
         "register the host again: pfnvme host nvme apply, then remove the old host object",
         "",
         {Fact::Hosts, Fact::PowerFlex},
         changed_nqn},
        {"H-SDC-01",
         Severity::Warning,
         Subject::Host,
         "PowerFlex does not know the host's SDC",
         "The driver has another GUID than any SDC of this system: its volumes can't be "
         "attributed.",
         "compare: esxcli system module parameters list -m scini",
         "PowerFlex SDC: IoctlIniGuidStr",
         {Fact::HostModules, Fact::PowerFlex},
         no_sdc},
        {"N-SDC-01",
         Severity::Warning,
         Subject::Host,
         "SDC is not connected",
         "A broken SDC connection before the change would be blamed on the change.",
         "repair the network between host and MDM/SDS first",
         "",
         {Fact::HostModules, Fact::PowerFlex},
         sdc_disconnected},
        {"E-PPVE-01",
         Severity::Info,
         Subject::Host,
         "PowerPath/VE is installed",
         "NVMe devices may be claimed by PowerPath/VE; verification reads whichever claims.",
         "nothing to do",
         "",
         {Fact::HostVibs},
         powerpath},
        {"E-HPP-02",
         Severity::Warning,
         Subject::Host,
         "own claim rules",
         "A user-made claim rule may take NVMe devices away from the high-performance plug-in.",
         "look at: esxcli storage core claimrule list",
         "vSphere storage: claim rules",
         {Fact::HostClaimRules},
         claim_rules},
        {"E-MAXLUN-01",
         Severity::Warning,
         Subject::Host,
         "Disk.MaxLUN is low",
         "Devices with a LUN number above it are not found.",
         "esxcli system settings advanced set -o /Disk/MaxLUN -i 1024",
         "",
         {Fact::HostOptions},
         max_lun},
        {"E-PDL-01",
         Severity::Warning,
         Subject::Host,
         "lost devices are kept",
         "A device that PowerFlex has unmapped stays as a dead one until the next reboot.",
         "esxcli system settings advanced set -o /Disk/AutoremoveOnPDL -i 1",
         "",
         {Fact::HostOptions},
         autoremove},
        {"E-SVM-01",
         Severity::Blocker,
         Subject::Host,
         "no Storage vMotion",
         "Online moves need it.",
         "license Storage vMotion, or move offline",
         "",
         {Fact::Hosts},
         no_svmotion,
         "",
         "",
         true,
         false},
        {"E-SSH-01",
         Severity::Info,
         Subject::Host,
         "SSH runs always",
         "pfnvme opens SSH only for the step that needs it, if at all.",
         "stop the service and set it to start manually",
         "",
         {Fact::HostServices},
         ssh_running},
        {"P-HCI-01",
         Severity::Warning,
         Subject::Host,
         "hyper-converged host",
         "The host runs a storage VM: draining or rebooting it takes its SDS away too.",
         "enter PowerFlex maintenance mode for its SDS first",
         "",
         {Fact::Vms, Fact::VmHardware, Fact::Hosts},
         hyper_converged},
    };
}

} // namespace pf::nvmetool
