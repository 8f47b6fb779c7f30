// Onboarding of one host, in the order that makes discovery work: PowerFlex shows a host nothing
// before it has a first mapped volume, so the host is registered and given one before controllers
// are connected.
#include "tools/pfnvme/plan/step_builder.hpp"
#include "tools/pfnvme/plan/units.hpp"

#include <algorithm>
#include <set>

namespace pf::nvmetool {

Unit make_onboarding_unit(const Inventory& inventory, const HostInfo& host,
                          const std::vector<PathEnd>& ends, const std::vector<PlannedPath>& paths,
                          const PoolInfo& pool) {
    const std::string name = short_name(host.name);
    const Params here{{"host_id", host.id}, {"host", host.name}};
    StepBuilder steps;
    steps.add("00-preflight", "check.hosts", {});

    std::set<std::string> nics;
    std::set<std::string> vmks;
    for (const PlannedPath& path : paths) {
        nics.insert(path.nic);
        vmks.insert(path.vmk);
    }
    std::size_t index = 0;
    for (const PathEnd& end : ends) {
        if (vmks.contains(end.vmk)) {
            const Params params = with(here, {{"vmk", end.vmk}});
            steps.add(step_id(1, ++index, "tag", end.vmk), "vmk.tag", params,
                      {{"vmk.untag", params}});
        }
    }
    index = 0;
    for (const std::string& nic : nics) {
        const Params params = with(here, {{"nic", nic}});
        steps.add(step_id(2, ++index, "adapter", nic), "adapter.add", params,
                  {{"adapter.remove", params}});
    }
    const PowerFlexHost* registered = inventory.nvme_host(host.nqn);
    const std::string host_name = registered != nullptr && !registered->name.empty()
                                      ? registered->name
                                      : powerflex_name(name);
    const Params identity{{"nqn", host.nqn}, {"name", host_name}};
    steps.add("03-register", "pfhost.add", identity, {{"pfhost.remove", identity}});

    // A host that has volumes already needs no probe, and neither has one whose paths are all
    // there. The probe is taken away again when it has served.
    const std::string probe = powerflex_name("pfnvme-probe-" + name);
    const auto online = [&](const PlannedPath& path) {
        return std::any_of(host.controllers.begin(), host.controllers.end(),
                           [&](const NvmeController& controller) {
                               return controller.online && controller.address == path.address &&
                                      controller.subsystem_nqn == inventory.powerflex.nqn;
                           });
    };
    const bool connected = std::all_of(paths.begin(), paths.end(), online);
    const auto volumes = registered == nullptr ? std::vector<const VolumeInfo*>()
                                               : inventory.volumes_of(*registered);
    const bool others = std::any_of(volumes.begin(), volumes.end(), [&](const VolumeInfo* volume) {
        return volume->name != probe;
    });
    const bool needs_probe = !others && !connected;
    const bool has_probe = needs_probe || inventory.volume_named(probe) != nullptr;
    const Params probe_volume{{"volume_name", probe}};
    const Params probe_mapping = with(probe_volume, {{"nqn", host.nqn}, {"host", host_name}});
    if (needs_probe) {
        steps.add(
            "04-probe", "volume.create",
            with(probe_volume, {{"size_gib", "8"}, {"pool_id", pool.id}, {"pool", pool.name}}),
            {{"volume.remove", probe_volume}});
        steps.add("05-map-probe", "map.nvme", probe_mapping, {{"unmap.nvme", probe_mapping}});
    }
    index = 0;
    for (const PlannedPath& path : paths) {
        const Params params = with(here, {{"nic", path.nic},
                                          {"address", path.address},
                                          {"port", std::to_string(path.port)},
                                          {"subnqn", inventory.powerflex.nqn}});
        steps.add(step_id(6, ++index, "connect", path.nic + "-" + path.address), "nvme.connect",
                  params, {{"nvme.disconnect", params}});
    }
    const std::string expected = std::to_string(paths.size());
    steps.add("07-paths", "check.paths",
              with(here, {{"subnqn", inventory.powerflex.nqn}, {"expected", expected}}));
    if (needs_probe) {
        steps.add("08-probe-ready", "device.ready",
                  with(here, {{"volume_name", probe}, {"min_paths", expected}}));
    }
    if (has_probe) {
        steps.add("09-unmap-probe", "unmap.nvme", probe_mapping);
        steps.add("10-remove-probe", "volume.remove", with(probe_volume, {{"what", "volume"}}));
    }

    Unit unit;
    unit.id = "host-" + name;
    unit.strategy = "onboard";
    unit.objects.host_ids = {host.id};
    unit.objects.hosts = {host.name};
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
