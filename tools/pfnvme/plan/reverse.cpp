#include "tools/pfnvme/plan/reverse.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/compile.hpp"

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
    for (const std::string& id : request.datastore_ids) {
        const DatastoreInfo* datastore = inventory.datastore(id);
        if (datastore == nullptr) {
            return fail(Errc::NotFound, "vCenter has no datastore {}", id);
        }
        PF_TRY(Unit unit, make_reverse_unit(inventory, request, *datastore,
                                            fmt::format("rev-{:02}", plan.units.size() + 1), tag));
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
