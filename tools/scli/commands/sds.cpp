// SDSs and their devices.
#include "base/json.hpp"
#include "libpf/model_json.hpp"
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

Result<std::string> rest_role(std::string_view role) {
    if (role.empty() || role == "all") {
        return std::string("all");
    }
    if (role == "sds_only") {
        return std::string("sdsOnly");
    }
    if (role == "sdc_only") {
        return std::string("sdcOnly");
    }
    return fail(Errc::InvalidArgument, "'{}' is not an SDS IP role (all, sds_only, sdc_only)",
                role);
}

Result<std::string> add_one_device(Context& context, const std::string& sds,
                                   const std::string& path, const std::string& pool,
                                   const std::string& name) {
    json::object body{{"deviceCurrentPathname", path}, {"sdsId", sds}, {"storagePoolId", pool}};
    if (!name.empty()) {
        body["name"] = name;
    }
    PF_TRY(const std::string reply,
           context.client().post("/api/types/Device/instances", json::serialize(body)));
    return powerflex::decode_created_id(reply);
}

Result<void> add_sds(Context& context) {
    PF_TRY(const powerflex::ProtectionDomain domain, context.protection_domain());
    PF_TRY(const std::string name, context.args().required("sds_name"));
    PF_CHECK(context.args().required("sds_ip"));
    const auto roles = context.args().list("sds_ip_role");
    json::array ips;
    for (const std::string& ip : context.args().list("sds_ip")) {
        PF_TRY(const std::string role,
               rest_role(ips.size() < roles.size() ? roles[ips.size()] : std::string()));
        ips.emplace_back(json::object{{"ip", ip}, {"role", role}});
    }
    json::object body{
        {"protectionDomainId", domain.id.value}, {"name", name}, {"sdsIpList", std::move(ips)}};
    if (context.args().flag("sds_port")) {
        PF_TRY(const std::uint64_t port, context.args().number("sds_port", 65535));
        body["sdsPort"] = fmt::to_string(port);
    }
    PF_TRY(const std::string reply,
           context.client().post("/api/types/Sds/instances", json::serialize(body)));
    PF_TRY(const std::string id, powerflex::decode_created_id(reply));
    context.print("Successfully created SDS {}. Object ID {}", name, id);
    if (context.args().flag("device_path")) {
        PF_TRY(const powerflex::StoragePool pool, context.storage_pool());
        for (const std::string& path : context.args().list("device_path")) {
            PF_TRY(const std::string device, add_one_device(context, id, path, pool.id.value, {}));
            context.print("Successfully added device {} to SDS. New device ID: {}", path, device);
        }
    }
    return {};
}

Result<void> add_device(Context& context) {
    PF_TRY(const powerflex::Sds sds, context.sds());
    PF_TRY(const powerflex::StoragePool pool, context.storage_pool());
    PF_TRY(const std::string path, context.args().required("device_path"));
    PF_TRY(const std::string id, add_one_device(context, sds.id.value, path, pool.id.value,
                                                context.args().value("device_name")));
    context.print("Successfully added device {} to SDS. New device ID: {}", path, id);
    return {};
}

void print_sds(Context& context, const powerflex::Sds& sds) {
    std::string ips;
    for (const powerflex::IpRole& ip : sds.ips) {
        ips += (ips.empty() ? "" : ",") + ip.ip;
    }
    context.print("SDS ID: {} Name: {} State: {}, {} IP: {} Port: {}", sds.id.value,
                  name_or_na(sds.name), sds.mdm_connection_state, sds.membership_state, ips,
                  sds.port);
}

Result<void> query_all(Context& context) {
    PF_TRY(const std::vector<powerflex::Sds> all, context.client().sdss());
    PF_TRY(const std::vector<powerflex::ProtectionDomain> domains,
           context.client().protection_domains());
    context.print("Query-all-SDS returned {} SDS nodes.", all.size());
    for (const powerflex::ProtectionDomain& domain : domains) {
        context.print("\nProtection Domain {} Name: {}", domain.id.value, domain.name);
        for (const powerflex::Sds& sds : all) {
            if (sds.protection_domain == domain.id) {
                print_sds(context, sds);
            }
        }
    }
    return {};
}

Result<void> query_one(Context& context) {
    PF_TRY(const powerflex::Sds sds, context.sds());
    print_sds(context, sds);
    PF_TRY(const std::vector<powerflex::Device> devices, context.client().devices());
    for (const powerflex::Device& device : devices) {
        if (device.sds == sds.id) {
            context.print("\tDevice ID: {} Path: {} Capacity: {} State: {} Error: {}",
                          device.id.value, device.path, size_text(device.max_capacity_kib),
                          device.state, device.error_state);
        }
    }
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"query_all_sds", "", "every SDS and its state", query_all},
    {"query_sds", "sds_id=,sds_name=", "one SDS and its devices", query_one},
    {"add_sds",
     "sds_ip=,sds_ip_role=,sds_name=,sds_port=,device_path=,protection_domain_name=,"
     "protection_domain_id=,storage_pool_name=,storage_pool_id=",
     "add an SDS, with devices if given", add_sds},
    {"add_sds_device",
     "sds_id=,sds_name=,device_path=,device_name=,storage_pool_name=,storage_pool_id=,"
     "protection_domain_name=,protection_domain_id=",
     "give a device of an SDS to a pool", add_device},
});

} // namespace

std::span<const Command> sds_commands() { return kCommands; }

} // namespace pf::scli
