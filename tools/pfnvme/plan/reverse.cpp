#include "tools/pfnvme/plan/reverse.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/grouping.hpp"

#include <algorithm>

namespace pf::nvmetool {

Result<Plan> compile_reverse(const Inventory& inventory, const ReverseRequest& request) {
    Plan plan;
    plan.name = request.name;
    plan.kind = "reverse";
    plan.support =
        "The way back follows the procedure of Dell KB 000213232 in the other direction.";
    plan.created_at = request.created_at;
    plan.tool_version = request.tool_version;
    plan.inventory_sha256 = digest(inventory);
    plan.limits_version = std::string(limits_version());
    plan.vcenter_endpoint = inventory.vcenter.endpoint;
    plan.vcenter_uuid = inventory.vcenter.instance_uuid;
    plan.powerflex_endpoint = inventory.powerflex.endpoint;
    plan.powerflex_system = inventory.powerflex.system_id;
    const std::string tag =
        sha256_hex(as_bytes(request.created_at + plan.inventory_sha256)).substr(0, 6);
    std::vector<const DatastoreInfo*> asked;
    for (const std::string& id : request.datastore_ids) {
        const DatastoreInfo* datastore = inventory.datastore(id);
        if (datastore == nullptr) {
            return fail(Errc::NotFound, "vCenter has no datastore {}", id);
        }
        if (std::find(asked.begin(), asked.end(), datastore) == asked.end()) {
            asked.push_back(datastore);
        }
    }
    std::vector<Component> components = components_of(inventory, asked);
    for (const DatastoreInfo* datastore : asked) { // in the order of the request
        const auto component =
            std::find_if(components.begin(), components.end(), [&](const Component& item) {
                return std::find(item.datastores.begin(), item.datastores.end(), datastore) !=
                       item.datastores.end();
            });
        if (component == components.end()) {
            continue; // a unit before has it
        }
        PF_TRY(Unit unit, make_reverse_unit(inventory, request, component->datastores,
                                            fmt::format("rev-{:02}", plan.units.size() + 1), tag));
        components.erase(component);
        unit.fingerprint = fingerprint(inventory, unit).value_or("");
        plan.units.push_back(std::move(unit));
    }
    if (plan.units.empty()) {
        return fail(Errc::InvalidArgument, "no datastore was named");
    }
    seal(plan);
    return plan;
}

} // namespace pf::nvmetool
