// query_all, query_cluster, query_system_limits
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <algorithm>
#include <array>

namespace pf::scli {
namespace {

using powerflex::MdmNode;

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : ", ") + word;
    }
    return out;
}

void print_node(Context& context, const MdmNode& node) {
    context.print("    Name: {}, ID: 0x{}", name_or_na(node.name), node.id);
    context.print("        IPs: {}, Role: {}", joined(node.ips), node.role);
    context.print("        Version: {}, Status: {}",
                  node.version_info.starts_with("R") ? node.version_info.substr(1)
                                                     : node.version_info,
                  node.status);
}

// "R4_6.0.0" is written "4.6.0" here.
std::string cluster_mode(const std::string& rest) {
    if (rest == "SingleNode") {
        return "1_node";
    }
    return rest == "ThreeNodes" ? "3_node" : rest == "FiveNodes" ? "5_node" : rest;
}

Result<void> query_cluster(Context& context) {
    PF_TRY(const powerflex::System system, context.client().system());
    if (!system.mdm_cluster) {
        return fail(Errc::NotFound, "the system reports no MDM cluster");
    }
    const powerflex::MdmCluster& cluster = *system.mdm_cluster;
    const std::size_t nodes =
        (cluster.primary ? 1 : 0) + cluster.secondaries.size() + cluster.tie_breakers.size();
    context.print("Cluster:");
    context.print("    Mode: {}, State: {}, Active: {}/{}, Replicas: {}/{}",
                  cluster_mode(cluster.mode),
                  cluster.state == "ClusteredNormal" ? "Normal" : cluster.state, cluster.good_nodes,
                  nodes, cluster.good_replicas, nodes - cluster.tie_breakers.size());
    if (cluster.primary) {
        context.print("Primary MDM:");
        print_node(context, *cluster.primary);
    }
    const auto section = [&](const char* title, const std::vector<MdmNode>& list) {
        if (!list.empty()) {
            context.print("{}", title);
        }
        for (const MdmNode& node : list) {
            print_node(context, node);
        }
    };
    section("Secondary MDMs:", cluster.secondaries);
    section("Tie-Breakers:", cluster.tie_breakers);
    return {};
}

Result<void> query_all(Context& context) {
    powerflex::Client& client = context.client();
    PF_TRY(const powerflex::System system, client.system());
    PF_TRY(const std::vector<powerflex::ProtectionDomain> domains, client.protection_domains());
    PF_TRY(const std::vector<powerflex::StoragePool> pools, client.storage_pools());
    PF_TRY(const std::vector<powerflex::Volume> volumes, client.volumes());
    context.print("System Info:");
    context.print("\tProduct:  {}", system.version_name);
    context.print("\tID:      {}", system.id.value);
    context.print("\tName:    {}", name_or_na(system.name));
    context.print("\tNQN:     {}", system.nqn);
    context.print("\tInstallation ID: {}", system.install_id);
    for (const powerflex::ProtectionDomain& domain : domains) {
        context.print("\nProtection Domain {} (Id: {}), State: {}", domain.name, domain.id.value,
                      domain.state);
        for (const powerflex::StoragePool& pool : pools) {
            if (pool.protection_domain != domain.id) {
                continue;
            }
            PF_TRY(const powerflex::StoragePoolCapacity capacity,
                   client.storage_pool_capacity(pool.id));
            const auto count =
                std::count_if(volumes.begin(), volumes.end(), [&](const powerflex::Volume& volume) {
                    return volume.storage_pool == pool.id;
                });
            context.print("Storage Pool {} (Id: {}) has {} volumes and {} available for volume "
                          "allocation",
                          pool.name, pool.id.value, count,
                          size_text(capacity.available_for_volumes_kib));
            context.print("\t{} total capacity", size_text(capacity.max_kib));
            context.print("\t{} in-use capacity", size_text(capacity.in_use_kib));
            context.print("\t{} degraded capacity",
                          size_text(capacity.degraded_healthy_kib + capacity.degraded_failed_kib));
            context.print("\t{} failed capacity", size_text(capacity.failed_kib));
        }
    }
    return {};
}

Result<void> query_limits(Context& context) {
    PF_TRY(const std::vector<powerflex::SystemLimit> limits, context.client().system_limits());
    for (const powerflex::SystemLimit& limit : limits) {
        context.print("{:<45} {}", limit.type,
                      limit.max ? fmt::to_string(*limit.max) : std::string("Unlimited"));
    }
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"query_all", "", "system, protection domains and pools with their capacity", query_all},
    {"query_cluster", "", "the MDM cluster", query_cluster},
    {"query_system_limits", "", "the system's limits", query_limits},
});

} // namespace

std::span<const Command> system_commands() { return kCommands; }

} // namespace pf::scli
