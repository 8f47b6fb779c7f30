// SDTs, the NVMe/TCP targets.
#include "base/json.hpp"
#include "libpf/model_json.hpp"
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

Result<std::string> rest_role(std::string_view role) {
    if (role.empty() || role == "storage_and_host") {
        return std::string("StorageAndHost");
    }
    if (role == "storage_only") {
        return std::string("StorageOnly");
    }
    if (role == "host_only") {
        return std::string("HostOnly");
    }
    return fail(Errc::InvalidArgument,
                "'{}' is not an SDT IP role (storage_and_host, storage_only, host_only)", role);
}

Result<void> add(Context& context) {
    PF_TRY(const powerflex::ProtectionDomain domain, context.protection_domain());
    PF_TRY(const std::string name, context.args().required("sdt_name"));
    PF_CHECK(context.args().required("sdt_ip"));
    const auto roles = context.args().list("sdt_ip_role");
    json::array ips;
    for (const std::string& ip : context.args().list("sdt_ip")) {
        PF_TRY(const std::string role,
               rest_role(ips.size() < roles.size() ? roles[ips.size()] : std::string()));
        ips.emplace_back(json::object{{"ip", ip}, {"role", role}});
    }
    json::object body{
        {"protectionDomainId", domain.id.value}, {"name", name}, {"ips", std::move(ips)}};
    for (const auto& [option, key] :
         {std::pair{"storage_port", "storagePort"}, std::pair{"nvme_port", "nvmePort"},
          std::pair{"discovery_port", "discoveryPort"}}) {
        if (context.args().flag(option)) {
            PF_TRY(const std::uint64_t port, context.args().number(option, 65535));
            body[key] = fmt::to_string(port);
        }
    }
    PF_TRY(const std::string reply,
           context.client().post("/api/types/Sdt/instances", json::serialize(body)));
    PF_TRY(const std::string id, powerflex::decode_created_id(reply));
    context.print("Successfully created SDT {}. Object ID {}", name, id);
    return {};
}

Result<void> remove(Context& context) {
    PF_TRY(const powerflex::Sdt sdt, context.sdt());
    PF_CHECK(context.client().post(
        fmt::format("/api/instances/Sdt::{}/action/removeSdt", sdt.id.value), "{}"));
    context.print("Successfully removed SDT {}", name_or_na(sdt.name));
    return {};
}

void print(Context& context, const powerflex::Sdt& sdt) {
    std::string ips;
    for (const powerflex::IpRole& ip : sdt.ips) {
        ips += fmt::format("{}{} ({})", ips.empty() ? "" : ", ", ip.ip, ip.role);
    }
    context.print("SDT ID: {} Name: {} State: {}, {} IP: {} Storage port: {} NVMe port: {} "
                  "Discovery port: {} Maintenance: {}",
                  sdt.id.value, name_or_na(sdt.name), sdt.mdm_connection_state,
                  sdt.membership_state, ips, sdt.storage_port, sdt.nvme_port, sdt.discovery_port,
                  sdt.maintenance_state);
}

Result<void> query_all(Context& context) {
    PF_TRY(const std::vector<powerflex::Sdt> all, context.client().sdts());
    context.print("Query-all-SDT returned {} SDT nodes.", all.size());
    for (const powerflex::Sdt& sdt : all) {
        print(context, sdt);
    }
    return {};
}

Result<void> query_one(Context& context) {
    PF_TRY(const powerflex::Sdt sdt, context.sdt());
    print(context, sdt);
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"query_all_sdt", "", "every SDT with its addresses and ports", query_all},
    {"query_sdt", "sdt_id=,sdt_name=", "one SDT", query_one},
    {"add_sdt",
     "sdt_ip=,sdt_ip_role=,storage_port=,nvme_port=,discovery_port=,sdt_name=,"
     "protection_domain_name=,protection_domain_id=",
     "add an SDT", add},
    {"remove_sdt", "sdt_id=,sdt_name=", "remove an SDT", remove, true},
});

} // namespace

std::span<const Command> sdt_commands() { return kCommands; }

} // namespace pf::scli
