// Protection domains and storage pools.
#include "base/json.hpp"
#include "libpf/model_json.hpp"
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

Result<void> add_domain(Context& context) {
    PF_TRY(const std::string name, context.args().required("protection_domain_name"));
    PF_TRY(const std::string reply,
           context.client().post("/api/types/ProtectionDomain/instances",
                                 json::serialize(json::object{{"name", name}})));
    PF_TRY(const std::string id, powerflex::decode_created_id(reply));
    context.print("Successfully created protection domain {}. Object ID {}", name, id);
    return {};
}

Result<void> query_domain(Context& context) {
    PF_TRY(const powerflex::ProtectionDomain domain, context.protection_domain());
    PF_TRY(const std::vector<powerflex::Sds> all_sds, context.client().sdss());
    context.print("Protection Domain {} Name: {} State: {}", domain.id.value, domain.name,
                  domain.state);
    for (const powerflex::Sds& sds : all_sds) {
        if (sds.protection_domain == domain.id) {
            context.print("SDS ID: {} Name: {} State: {}, {}", sds.id.value, name_or_na(sds.name),
                          sds.mdm_connection_state, sds.membership_state);
        }
    }
    return {};
}

Result<void> add_pool(Context& context) {
    PF_TRY(const powerflex::ProtectionDomain domain, context.protection_domain());
    PF_TRY(const std::string name, context.args().required("storage_pool_name"));
    json::object body{{"protectionDomainId", domain.id.value}, {"name", name}};
    if (const std::string& media = context.args().value("media_type"); !media.empty()) {
        body["mediaType"] = media;
    }
    PF_TRY(const std::string reply,
           context.client().post("/api/types/StoragePool/instances", json::serialize(body)));
    PF_TRY(const std::string id, powerflex::decode_created_id(reply));
    context.print("Successfully created a storage pool. Object ID {}", id);
    return {};
}

Result<void> query_pool(Context& context) {
    PF_TRY(const powerflex::StoragePool pool, context.storage_pool());
    PF_TRY(const powerflex::StoragePoolCapacity capacity,
           context.client().storage_pool_capacity(pool.id));
    PF_TRY(const std::vector<powerflex::Volume> volumes, context.client().volumes());
    std::size_t count = 0;
    for (const powerflex::Volume& volume : volumes) {
        count += volume.storage_pool == pool.id ? 1 : 0;
    }
    context.print("Storage Pool {} (Id: {}) has {} volumes and {} available for volume allocation",
                  pool.name, pool.id.value, count, size_text(capacity.available_for_volumes_kib));
    context.print("\t{} total capacity", size_text(capacity.max_kib));
    context.print("\t{} spare capacity", size_text(capacity.spare_kib));
    context.print("\t{} in-use capacity", size_text(capacity.in_use_kib));
    context.print("\t{} unused capacity", size_text(capacity.net_unused_kib * 2));
    context.print("\t{} degraded capacity",
                  size_text(capacity.degraded_healthy_kib + capacity.degraded_failed_kib));
    context.print("\t{} failed capacity", size_text(capacity.failed_kib));
    context.print("\t{} rebuild capacity left", size_text(capacity.rebuilding_kib));
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"add_protection_domain", "protection_domain_name=", "create a protection domain", add_domain},
    {"query_protection_domain", "protection_domain_name=,protection_domain_id=",
     "a protection domain and its SDSs", query_domain},
    {"add_storage_pool",
     "protection_domain_name=,protection_domain_id=,storage_pool_name=,media_type=",
     "create a storage pool", add_pool},
    {"query_storage_pool",
     "storage_pool_id=,storage_pool_name=,protection_domain_name=,protection_domain_id=",
     "a storage pool's capacity", query_pool},
});

} // namespace

std::span<const Command> pool_commands() { return kCommands; }

} // namespace pf::scli
