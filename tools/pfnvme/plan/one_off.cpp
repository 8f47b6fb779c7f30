#include "tools/pfnvme/plan/one_off.hpp"

#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/unit_common.hpp"

#include <utility>

namespace pf::nvmetool {

namespace {

constexpr std::uint64_t kVolumeStepGib = 8; // PowerFlex allocates in steps of 8 GiB

} // namespace

Plan one_off_plan(const Inventory& inventory, OneOff request) {
    Plan plan;
    plan.name = std::move(request.name);
    plan.kind = std::move(request.kind);
    plan.created_at = std::move(request.created_at);
    plan.tool_version = std::move(request.tool_version);
    plan.inventory_sha256 = digest(inventory);
    plan.limits_version = std::string(limits_version());
    plan.vcenter_endpoint = inventory.vcenter.endpoint;
    plan.vcenter_uuid = inventory.vcenter.instance_uuid;
    plan.powerflex_endpoint = inventory.powerflex.endpoint;
    plan.powerflex_system = inventory.powerflex.system_id;
    plan.units = std::move(request.units);
    for (Unit& unit : plan.units) {
        unit.fingerprint = fingerprint(inventory, unit).value_or("");
    }
    seal(plan);
    return plan;
}

Unit host_unit(const HostInfo& host, std::vector<Step> steps) {
    Unit unit;
    unit.id = "host-" + short_name(host.name);
    unit.strategy = "onboard";
    unit.objects.host_ids = {host.id};
    unit.objects.hosts = {host.name};
    unit.steps = std::move(steps);
    return unit;
}

Result<Unit> make_provision_unit(const Inventory& inventory, const ProvisionRequest& request) {
    const std::string volume =
        powerflex_name(request.volume.empty() ? request.datastore : request.volume);
    if (inventory.datastore_named(request.datastore) != nullptr) {
        return fail(Errc::AlreadyExists, "a datastore named '{}' already exists",
                    request.datastore);
    }
    if (const VolumeInfo* known = inventory.volume_named(volume); known != nullptr) {
        return fail(Errc::AlreadyExists, "PowerFlex already has a volume named '{}'; give --volume",
                    known->name);
    }
    const std::uint64_t size =
        (request.size_gib + kVolumeStepGib - 1) / kVolumeStepGib * kVolumeStepGib;
    std::vector<UnitHost> hosts;
    for (const HostInfo* host : request.hosts) {
        if (inventory.nvme_host(host->nqn) == nullptr) {
            return fail(Errc::Conflict,
                        "host {} is not registered on PowerFlex; run: pfnvme host nvme apply "
                        "--host {}",
                        host->name, host->name);
        }
        hosts.push_back({host->id, host->name, short_name(host->name), host->nqn});
    }
    StepBuilder steps;
    steps.add("00-preflight", "check.hosts", {});
    const Params named{{"volume_name", volume}};
    steps.add("02-volume", "volume.create",
              with(named, {{"size_gib", std::to_string(size)},
                           {"pool_id", request.pool->id},
                           {"pool", request.pool->name}}),
              {{"volume.remove", named}});
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        Params mapping = with(nvme_mapping(hosts[i]), {{"volume_name", volume}});
        if (request.limit_iops != 0) {
            mapping["limit_iops"] = std::to_string(request.limit_iops);
        }
        if (request.limit_mib_per_s != 0) {
            mapping["limit_mib_per_s"] = std::to_string(request.limit_mib_per_s);
        }
        steps.add(step_id(3, i + 1, "map", hosts[i].short_name), "map.nvme", mapping,
                  {{"unmap.nvme", mapping}});
    }
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        steps.add(step_id(4, i + 1, "ready", hosts[i].short_name), "device.ready",
                  with(on_host(hosts[i]), {{"volume_name", volume},
                                           {"min_paths", std::to_string(request.min_paths)}}));
    }
    const Params create = with(
        on_host(hosts.front()),
        {{"volume_name", volume}, {"name", request.datastore}, {"datastore", request.datastore}});
    steps.add("05-datastore", "vmfs.create", create, {{"vmfs.remove", create}});
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        steps.add(
            step_id(6, i + 1, "mounted", hosts[i].short_name), "vmfs.present",
            with(on_host(hosts[i]), {{"volume_name", volume}, {"datastore", request.datastore}}));
    }
    steps.add(
        "07-verify-mapping", "check.volume",
        {{"volume_name", volume}, {"label", volume}, {"mappings", std::to_string(hosts.size())}});
    Unit unit;
    unit.id = "new-" + powerflex_name(request.datastore);
    unit.strategy = "provision";
    unit.objects.target_volume = volume;
    for (const UnitHost& host : hosts) {
        unit.objects.host_ids.push_back(host.id);
        unit.objects.hosts.push_back(host.name);
    }
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
