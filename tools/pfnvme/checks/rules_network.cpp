// The storage network of a host: NICs, VMkernel ports, tags, MTU; and the limits of hosts.
#include "tools/pfnvme/checks/rule.hpp"
#include "tools/pfnvme/inventory/path_plan.hpp"

#include <algorithm>
#include <map>

namespace pf::nvmetool {

namespace {

const PhysicalNic* nic_named(const HostInfo& host, const std::string& name) {
    const auto found = std::find_if(host.nics.begin(), host.nics.end(),
                                    [&](const PhysicalNic& nic) { return nic.name == name; });
    return found == host.nics.end() ? nullptr : &*found;
}

std::vector<PathEnd> ends_of(const CheckRun& run, const HostInfo& host) {
    return choose_path_ends(host, run.inventory.sdts, {}, {});
}

void bad_nic(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const PathEnd& end : ends_of(run, host)) {
            const PhysicalNic* nic = nic_named(host, end.nic);
            if (nic == nullptr) {
                run.violated(fmt::format("host '{}' has no NIC {} behind {}", host.name,
                                         end.nic.empty() ? "at all" : end.nic, end.vmk));
            } else if (nic->speed_mbit == 0) {
                run.violated(
                    fmt::format("host '{}': the link of {} is down", host.name, nic->name));
            } else if (nic->speed_mbit < 10'000) {
                run.violated(fmt::format("host '{}': {} has only {} Mbit/s", host.name, nic->name,
                                         nic->speed_mbit),
                             "use a NIC of 10 Gbit/s or more for storage", Severity::Warning);
            }
        }
    });
}

void no_tag(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const bool tagged = std::any_of(host.vmks.begin(), host.vmks.end(),
                                        [](const VmkNic& vmk) { return vmk.nvme_tagged; });
        if (!tagged) {
            run.violated(fmt::format("no VMkernel port of host '{}' has the NVMe over TCP service",
                                     host.name));
        }
    });
}

void wrong_uplink(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const VmkNic& vmk : host.vmks) {
            if (!vmk.nvme_tagged) {
                continue;
            }
            if (vmk.uplinks.size() != 1) {
                run.violated(fmt::format("{} of host '{}' carries NVMe/TCP, but its port group "
                                         "'{}' has {} active uplinks; exactly one is needed",
                                         vmk.name, host.name, vmk.portgroup, vmk.uplinks.size()));
                continue;
            }
            const auto on_it = [&](const NvmeAdapter& adapter) {
                return adapter.nic == vmk.uplinks.front();
            };
            if (!host.adapters.empty() &&
                std::none_of(host.adapters.begin(), host.adapters.end(), on_it)) {
                run.violated(fmt::format("{} of host '{}' uses {}, but no NVMe/TCP adapter is on "
                                         "that NIC",
                                         vmk.name, host.name, vmk.uplinks.front()));
            }
        }
    });
}

void no_redundancy(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const std::vector<PathEnd> ends = ends_of(run, host);
        std::set<std::string> nics;
        for (const PathEnd& end : ends) {
            nics.insert(end.nic);
        }
        std::set<std::string> targets;
        for (const SdtAddress& sdt : run.inventory.sdts) {
            if (sdt.serving) {
                targets.insert(sdt.sdt_id);
            }
        }
        if (nics.size() < 2 || targets.size() < 2) {
            run.violated(fmt::format("host '{}' would reach {} SDTs over {} NICs", host.name,
                                     targets.size(), nics.size()));
        }
    });
}

void no_subnet(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const VmkNic& vmk : host.vmks) {
            if (!vmk.nvme_tagged) {
                continue;
            }
            const auto reachable = [&](const SdtAddress& sdt) {
                return same_network(vmk.address, sdt.ip, vmk.netmask);
            };
            if (std::none_of(run.inventory.sdts.begin(), run.inventory.sdts.end(), reachable)) {
                run.violated(fmt::format("{} of host '{}' ({}) shares no network with an SDT",
                                         vmk.name, host.name, vmk.address));
            }
        }
    });
}

void mtu(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        for (const VmkNic& vmk : host.vmks) {
            if (!vmk.nvme_tagged) {
                continue;
            }
            if (vmk.mtu == 0 || vmk.switch_mtu == 0) {
                run.unknown(fmt::format("host '{}' does not tell the MTU of {} and its switch",
                                        host.name, vmk.name));
            } else if (vmk.mtu > vmk.switch_mtu) {
                run.violated(fmt::format("{} of host '{}' has MTU {}, its switch '{}' only {}",
                                         vmk.name, host.name, vmk.mtu, vmk.switch_name,
                                         vmk.switch_mtu));
            }
        }
    });
}

void mixed_mtu(CheckRun& run) {
    run.clusters([&run](const ClusterInfo& cluster) {
        std::map<std::uint32_t, std::string> sizes;
        for (const std::string& id : cluster.host_ids) {
            const HostInfo* host = run.inventory.host(id);
            for (const VmkNic& vmk : host == nullptr ? std::vector<VmkNic>{} : host->vmks) {
                if (vmk.nvme_tagged && vmk.mtu != 0) {
                    sizes.emplace(vmk.mtu, host->name);
                }
            }
        }
        if (sizes.size() > 1) {
            run.violated(fmt::format("storage ports of cluster '{}' have MTU {} (host '{}') and "
                                     "{} (host '{}')",
                                     cluster.name, sizes.begin()->first, sizes.begin()->second,
                                     sizes.rbegin()->first, sizes.rbegin()->second));
        }
    });
}

// ---- limits ----

bool of_powerflex(const CheckRun& run, const NvmeController& controller) {
    return !controller.subsystem_nqn.empty() &&
           controller.subsystem_nqn == run.inventory.powerflex.nqn;
}

// Namespaces and paths of all NVMe-oF storage on the host as it is now.
struct Use {
    std::set<std::string> namespaces;
    std::size_t paths = 0;
    std::size_t most_paths = 0;
};

Use use_of(const HostInfo& host) {
    Use out;
    std::map<std::string, std::size_t> paths;
    for (const NvmeController& controller : host.controllers) {
        for (const std::string& device : controller.devices) {
            out.namespaces.insert(device);
            ++out.paths;
            out.most_paths = std::max(out.most_paths, ++paths[device]);
        }
    }
    return out;
}

void too_many_paths_each(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const std::uint32_t limit = run.limits.for_esxi(host.version).paths_per_namespace;
        std::size_t controllers = 0;
        for (const NvmeController& controller : host.controllers) {
            controllers += of_powerflex(run, controller) && controller.online ? 1U : 0U;
        }
        const std::size_t most = std::max(use_of(host).most_paths, controllers);
        if (most > limit) {
            run.violated(fmt::format("host '{}' has {} controllers; ESXi {} allows {} paths for "
                                     "each namespace",
                                     host.name, most, host.version, limit));
        }
    });
}

void too_many_namespaces(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const ReleaseLimits& limits = run.limits.for_esxi(host.version);
        const PowerFlexHost* registered = run.inventory.nvme_host(host.nqn);
        std::size_t count = use_of(host).namespaces.size();
        if (registered != nullptr) {
            count = std::max(count, run.inventory.volumes_of(*registered).size());
        }
        if (count > limits.namespaces_per_host) {
            run.violated(fmt::format("host '{}' has {} NVMe-oF namespaces; ESXi {} allows {}",
                                     host.name, count, host.version, limits.namespaces_per_host));
        }
    });
}

void too_many_paths(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const ReleaseLimits& limits = run.limits.for_esxi(host.version);
        const std::size_t paths = use_of(host).paths;
        if (paths > limits.paths_per_host) {
            run.violated(fmt::format("host '{}' has {} NVMe-oF paths; ESXi {} allows {}", host.name,
                                     paths, host.version, limits.paths_per_host));
        }
    });
}

// What the host would have after every candidate datastore has moved to NVMe.
void namespaces_after(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const ReleaseLimits& limits = run.limits.for_esxi(host.version);
        std::set<std::string> after = use_of(host).namespaces;
        for (const DatastoreInfo* datastore : run.objects.datastores) {
            if (datastore->mount_on(host.id) != nullptr &&
                run.inventory.sdc_volume_of(*datastore) != nullptr) {
                after.insert(datastore->id);
            }
        }
        if (after.size() > limits.namespaces_per_host) {
            run.violated(fmt::format("host '{}' would have {} namespaces if every datastore "
                                     "became one; ESXi {} allows {}",
                                     host.name, after.size(), host.version,
                                     limits.namespaces_per_host));
        }
    });
}

void too_many_datastores(CheckRun& run) {
    run.hosts([&run](const HostInfo& host) {
        const std::uint32_t limit = run.limits.for_esxi(host.version).vmfs_per_host;
        const auto count =
            std::count_if(run.inventory.datastores.begin(), run.inventory.datastores.end(),
                          [&](const DatastoreInfo& item) {
                              return item.type == "VMFS" && item.mount_on(host.id) != nullptr;
                          });
        if (static_cast<std::size_t>(count) > limit) {
            run.violated(fmt::format("host '{}' has {} VMFS datastores; ESXi {} allows {}",
                                     host.name, count, host.version, limit));
        }
    });
}

} // namespace

std::vector<CheckRule> network_rules() {
    return {
        {"E-NIC-01",
         Severity::Blocker,
         Subject::Host,
         "storage NIC is not usable",
         "An NVMe/TCP adapter stands on a physical NIC with link.",
         "choose another NIC: --vmnics vmnicM",
         "vSphere storage: NVMe over TCP",
         {Fact::HostNetwork, Fact::Sdts},
         bad_nic,
         "7.0.3"},
        {"N-TAG-01",
         Severity::Blocker,
         Subject::Host,
         "no VMkernel port for NVMe/TCP",
         "Controllers can't be added without a VMkernel port with the NVMe over TCP service, "
         "although the target answers a ping.",
         "pfnvme host nvme apply, or name port and NIC: --vmks vmkN --vmnics vmnicM",
         "vSphere storage: NVMe over TCP",
         {Fact::HostNetwork},
         no_tag,
         "7.0.3"},
        {"N-NIC-02",
         Severity::Blocker,
         Subject::Host,
         "adapter and VMkernel port disagree",
         "The adapter's NIC must be the only active uplink of the tagged port's port group.",
         "set the port group's failover order to one active uplink",
         "vSphere storage: NVMe over TCP",
         {Fact::HostNetwork, Fact::HostStorage},
         wrong_uplink,
         "7.0.3"},
        {"N-RED-01",
         Severity::Warning,
         Subject::Host,
         "no redundancy in the storage network",
         "With one NIC or one SDT a single failure takes all paths.",
         "add a second NIC or SDT",
         "",
         {Fact::HostNetwork, Fact::Sdts},
         no_redundancy,
         "7.0.3"},
        {"N-NET-01",
         Severity::Warning,
         Subject::Host,
         "storage port shares no network with SDTs",
         "Its traffic would be routed, or go nowhere.",
         "give the port an address in the SDTs' "
         "network",
         "",
         {Fact::HostNetwork, Fact::Sdts},
         no_subnet,
         "7.0.3"},
        {"N-MTU-01",
         Severity::Blocker,
         Subject::Host,
         "MTU is larger than the switch's",
         "Large frames are dropped: small commands work, data hangs.",
         "set the switch's MTU, then test: vmkping -d -s 8972",
         "",
         {Fact::HostNetwork},
         mtu},
        {"N-MTU-02",
         Severity::Warning,
         Subject::Cluster,
         "storage ports differ in MTU",
         "One host with another MTU is found when its VMs stall.",
         "use one MTU on all storage ports",
         "",
         {Fact::Clusters, Fact::HostNetwork},
         mixed_mtu},
    };
}

std::vector<CheckRule> limit_rules() {
    return {
        {"L-PATH-01",
         Severity::Blocker,
         Subject::Host,
         "too many paths for a namespace",
         "Each namespace may have a limited number of paths per host.",
         "connect fewer targets",
         "VMware configuration maximums",
         {Fact::HostStorage, Fact::PowerFlex},
         too_many_paths_each,
         "7.0.3"},
        {"L-NS-01",
         Severity::Blocker,
         Subject::Host,
         "too many namespaces",
         "A host may see a limited number of NVMe-oF namespaces.",
         "consolidate datastores or update to vSphere 8",
         "VMware configuration maximums",
         {Fact::HostStorage, Fact::PowerFlex},
         too_many_namespaces,
         "7.0.3"},
        {"L-NS-02",
         Severity::Warning,
         Subject::Host,
         "too many namespaces after the migration",
         "One namespace for each datastore would pass the host's limit.",
         "let the plan consolidate datastores, or update to vSphere 8",
         "VMware configuration maximums",
         {Fact::HostStorage, Fact::Datastores, Fact::PowerFlex},
         namespaces_after,
         "7.0.3"},
        {"L-PATH-02",
         Severity::Blocker,
         Subject::Host,
         "too many paths",
         "A host has a limited number of NVMe-oF paths.",
         "connect fewer targets or consolidate datastores",
         "VMware configuration maximums",
         {Fact::HostStorage},
         too_many_paths,
         "7.0.3"},
        {"L-VMFS-01",
         Severity::Warning,
         Subject::Host,
         "too many VMFS datastores",
         "Online moves need source and target side by side.",
         "move in waves and retire sources",
         "VMware configuration maximums",
         {Fact::Hosts, Fact::Datastores},
         too_many_datastores},
    };
}

} // namespace pf::nvmetool
