// Online: a new volume takes the VMs by Storage vMotion while they run; the source ends empty and
// unmapped, but is not deleted. Every step can be undone without loss, so the unit has no commit
// point. Several datastores are one unit when VMs tie them together or when one namespace takes
// them all.
#include "tools/pfnvme/plan/unit_common.hpp"
#include "tools/pfnvme/plan/units.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

constexpr const char* kRecordStep = "01-record";

struct Build {
    const Inventory& inventory;
    const Intent& intent;
    const OnlinePlan& plan;
    std::vector<std::vector<UnitHost>> hosts; // of each target

    // Numbers only where there are several: a plain unit keeps its plain step ids.
    [[nodiscard]] std::size_t index(std::size_t i) const {
        return plan.targets.size() == 1 ? 0 : i + 1;
    }
    [[nodiscard]] std::string label(std::size_t i) const {
        return plan.targets.size() == 1 ? std::string() : plan.targets[i].datastore;
    }
};

// A new volume may do what its sources together were allowed to.
Params map_params(const Build& build, const OnlineTarget& target, const UnitHost& host) {
    std::vector<Limits> limits;
    for (const DatastoreInfo* source : target.sources) {
        limits.push_back(
            sdc_limits(build.inventory, *build.inventory.sdc_volume_of(*source), host));
    }
    return with_limits(with(nvme_mapping(host), {{"volume_name", target.volume}}),
                       joined_limits(limits));
}

void add_target_steps(StepBuilder& steps, const Build& build) {
    const std::string min_paths = std::to_string(build.intent.require_min_paths);
    const std::vector<OnlineTarget>& targets = build.plan.targets;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const Params new_volume{{"volume_name", targets[i].volume}};
        steps.add(step_id(2, build.index(i), "volume", build.label(i)), "volume.create",
                  with(new_volume, {{"size_gib", std::to_string(targets[i].size_gib)},
                                    {"pool_id", targets[i].pool->id},
                                    {"pool", targets[i].pool->name}}),
                  {{"volume.remove", new_volume}});
    }
    std::size_t index = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        for (const UnitHost& host : build.hosts[i]) {
            const Params mapping = map_params(build, targets[i], host);
            steps.add(step_id(3, ++index, "map", host.short_name), "map.nvme", mapping,
                      {{"unmap.nvme", mapping}});
        }
    }
    index = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        for (const UnitHost& host : build.hosts[i]) {
            steps.add(step_id(4, ++index, "ready", host.short_name), "device.ready",
                      with(on_host(host),
                           {{"volume_name", targets[i].volume}, {"min_paths", min_paths}}));
        }
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const Params create =
            with(on_host(build.hosts[i].front()), {{"volume_name", targets[i].volume},
                                                   {"name", targets[i].datastore},
                                                   {"datastore", targets[i].datastore}});
        steps.add(step_id(5, build.index(i), "datastore", build.label(i)), "vmfs.create", create,
                  {{"vmfs.remove", create}});
    }
    index = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        for (const UnitHost& host : build.hosts[i]) {
            // Removing the datastore takes it from every host: the mount needs no undo of its own.
            steps.add(step_id(6, ++index, "mounted", host.short_name), "vmfs.present",
                      with(on_host(host), {{"volume_name", targets[i].volume},
                                           {"datastore", targets[i].datastore}}));
        }
    }
}

struct Home {
    const DatastoreInfo* source = nullptr;
    const OnlineTarget* target = nullptr;
};

// The datastore with the VM's configuration decides; a VM whose configuration is elsewhere goes
// where its first disk is.
Home home_of(const OnlinePlan& plan, const VmInfo& vm) {
    const std::string configured = split_datastore_path(vm.vmx_path).datastore;
    Home by_disk;
    for (const OnlineTarget& target : plan.targets) {
        for (const DatastoreInfo* source : target.sources) {
            if (source->name == configured) {
                return {source, &target};
            }
            const bool has_disk =
                std::any_of(vm.disks.begin(), vm.disks.end(),
                            [&](const DiskInfo& disk) { return disk.datastore_id == source->id; });
            if (by_disk.source == nullptr && has_disk) {
                by_disk = {source, &target};
            }
        }
    }
    return by_disk.source != nullptr
               ? by_disk
               : Home{plan.targets.front().sources.front(), &plan.targets.front()};
}

void add_move_steps(StepBuilder& steps, const Build& build) {
    const std::vector<const VmInfo*>& vms = build.plan.vms;
    for (std::size_t i = 0; i < vms.size(); ++i) {
        const VmInfo& vm = *vms[i];
        const Home home = home_of(build.plan, vm);
        const Params base{{"vm", vm.name}, {"vm_uuid", vm.instance_uuid}};
        Step& step = steps.add(
            step_id(7, i + 1, "move", vm.name), "vm.relocate",
            with(base, {{"volume_name", home.target->volume}, {"target", home.target->datastore}}),
            {{"vm.relocate", with(base, {{"device", home.source->extents.front()},
                                         {"target", home.source->name}})}});
        step.work =
            StepWork{vm.committed_bytes(), vm.host_id, home.source->name, home.target->datastore};
    }
    for (std::size_t i = 0; i < vms.size(); ++i) {
        steps.add(step_id(8, i + 1, "verify", vms[i]->name), "check.vm",
                  {{"vm", vms[i]->name},
                   {"vm_uuid", vms[i]->instance_uuid},
                   {"record_step", kRecordStep},
                   {"volume_name", home_of(build.plan, *vms[i]).target->volume}});
    }
}

void add_end_steps(StepBuilder& steps, const Build& build,
                   const std::vector<const DatastoreInfo*>& sources) {
    if (build.plan.release) {
        std::size_t number = 0;
        for (const DatastoreInfo* source : sources) {
            const std::size_t at = sources.size() == 1 ? 0 : ++number;
            steps.add(step_id(9, at, "empty", sources.size() == 1 ? "" : source->name),
                      "check.empty", {{"vmfs_uuid", source->uuid}, {"datastore", source->name}});
        }
        ReleaseIndex index;
        for (const DatastoreInfo* source : sources) {
            add_release_steps(steps, 10, *source, *build.inventory.sdc_volume_of(*source),
                              hosts_of(build.inventory, *source), index);
        }
    }
    for (std::size_t i = 0; i < build.plan.targets.size(); ++i) {
        const OnlineTarget& target = build.plan.targets[i];
        steps.add(step_id(13, build.index(i), "verify-mapping", build.label(i)), "check.volume",
                  {{"volume_name", target.volume},
                   {"label", target.volume},
                   {"mappings", std::to_string(build.hosts[i].size())}});
    }
}

} // namespace

Unit make_online_unit(const Inventory& inventory, const Intent& intent, const OnlinePlan& plan,
                      const std::string& unit_id) {
    Build build{inventory, intent, plan, {}};
    std::vector<const DatastoreInfo*> sources;
    for (const OnlineTarget& target : plan.targets) {
        build.hosts.push_back(hosts_of(inventory, *target.sources.front()));
        sources.insert(sources.end(), target.sources.begin(), target.sources.end());
    }
    StepBuilder steps;
    steps.add("00-preflight", "check.hosts", {});
    steps.add(kRecordStep, "unit.record", {});
    add_target_steps(steps, build);
    add_move_steps(steps, build);
    add_end_steps(steps, build, sources);

    Unit unit;
    unit.id = unit_id;
    unit.strategy = "online";
    std::vector<OnVolume> on_volumes;
    for (const DatastoreInfo* source : sources) {
        on_volumes.push_back({source, inventory.sdc_volume_of(*source)});
    }
    unit.objects = objects_of(inventory, on_volumes, plan.vms);
    unit.objects.partial = !plan.release;
    unit.objects.target_volume = plan.targets.front().volume;
    std::size_t part = 0;
    for (const OnlineTarget& target : plan.targets) {
        for (std::size_t i = 0; i < target.sources.size(); ++i) {
            unit.objects.parts[part].target_volume = target.volume;
            unit.objects.parts[part++].target_datastore = target.datastore;
        }
    }
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
