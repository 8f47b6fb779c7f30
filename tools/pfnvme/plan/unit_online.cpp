// Online: a new volume takes the VMs by Storage vMotion while they run; the source ends empty and
// unmapped, but is not deleted. Every step can be undone without loss, so the unit has no commit
// point.
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/units.hpp"

namespace pf::nvmetool {

namespace {

constexpr const char* kRecordStep = "01-record";
constexpr std::uint64_t kKibPerGib = 1024 * 1024;
constexpr std::uint64_t kVolumeStepGib = 8; // PowerFlex allocates in steps of 8 GiB

std::uint64_t rounded_gib(std::uint64_t kib) {
    const std::uint64_t gib = (kib + kKibPerGib - 1) / kKibPerGib;
    return (gib + kVolumeStepGib - 1) / kVolumeStepGib * kVolumeStepGib;
}

} // namespace

Unit make_online_unit(const Inventory& inventory, const Intent& intent,
                      const DatastoreInfo& datastore, const PoolInfo& pool,
                      const std::string& unit_id) {
    const VolumeInfo& source = *inventory.sdc_volume_of(datastore);
    const std::vector<UnitHost> hosts = hosts_of(inventory, datastore);
    const std::string volume = powerflex_name(expand_name(intent.volume_name, datastore.name));
    const std::string target = expand_name(intent.datastore_online, datastore.name);
    const Params new_volume{{"volume_name", volume}};
    const std::string min_paths = std::to_string(intent.require_min_paths);

    StepBuilder steps;
    steps.add("00-preflight", "check.hosts", {});
    steps.add(kRecordStep, "unit.record", {});
    steps.add("02-volume", "volume.create",
              with(new_volume, {{"size_gib", std::to_string(rounded_gib(source.size_kib))},
                                {"pool_id", pool.id},
                                {"pool", pool.name}}),
              {{"volume.remove", new_volume}});
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const Params mapping = with(nvme_mapping(hosts[i]), {{"volume_name", volume}});
        steps.add(step_id(3, i + 1, "map", hosts[i].short_name), "map.nvme", mapping,
                  {{"unmap.nvme", mapping}});
    }
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        steps.add(step_id(4, i + 1, "ready", hosts[i].short_name), "device.ready",
                  with(on_host(hosts[i]), {{"volume_name", volume}, {"min_paths", min_paths}}));
    }
    const Params create = with(on_host(hosts.front()),
                               {{"volume_name", volume}, {"name", target}, {"datastore", target}});
    steps.add("05-datastore", "vmfs.create", create, {{"vmfs.remove", create}});
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const Params mounted =
            with(on_host(hosts[i]), {{"volume_name", volume}, {"datastore", target}});
        // Removing the datastore takes it from every host, so the mount needs no undo of its own.
        steps.add(step_id(6, i + 1, "mounted", hosts[i].short_name), "vmfs.present", mounted);
    }
    const std::vector<const VmInfo*> vms = inventory.vms_on(datastore);
    for (std::size_t i = 0; i < vms.size(); ++i) {
        const Params vm{{"vm", vms[i]->name}, {"vm_uuid", vms[i]->instance_uuid}};
        steps.add(step_id(7, i + 1, "move", vms[i]->name), "vm.relocate",
                  with(vm, {{"volume_name", volume}, {"target", target}}),
                  {{"vm.relocate", with(vm, {{"device", datastore.extents.front()},
                                             {"target", datastore.name}})}});
    }
    for (std::size_t i = 0; i < vms.size(); ++i) {
        steps.add(step_id(8, i + 1, "verify", vms[i]->name), "check.vm",
                  {{"vm", vms[i]->name},
                   {"vm_uuid", vms[i]->instance_uuid},
                   {"record_step", kRecordStep},
                   {"volume_name", volume}});
    }
    steps.add("09-empty", "check.empty",
              {{"vmfs_uuid", datastore.uuid}, {"datastore", datastore.name}});
    add_release_steps(steps, 10, datastore, source, hosts);
    steps.add(
        "13-verify-mapping", "check.volume",
        {{"volume_name", volume}, {"label", volume}, {"mappings", std::to_string(hosts.size())}});

    Unit unit;
    unit.id = unit_id;
    unit.strategy = "online";
    unit.objects = objects_of(inventory, datastore, source);
    unit.objects.target_volume = volume;
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
