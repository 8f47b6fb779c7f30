// Onboarding of one host, in the order that makes discovery work: PowerFlex shows a host nothing
// before it has a first mapped volume, so the host is registered and given one before controllers
// are connected.
#include "tools/pfnvme/plan/step_builder.hpp"
#include "tools/pfnvme/plan/units.hpp"

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

    // A host that has volumes already needs no probe.
    const std::string probe = powerflex_name("pfnvme-probe-" + name);
    bool needs_probe = registered == nullptr;
    if (registered != nullptr) {
        const auto volumes = inventory.volumes_of(*registered);
        needs_probe = volumes.empty() || (volumes.size() == 1 && volumes.front()->name == probe);
    }
    if (needs_probe) {
        const Params volume{{"volume_name", probe}};
        steps.add("04-probe", "volume.create",
                  with(volume, {{"size_gib", "8"}, {"pool_id", pool.id}, {"pool", pool.name}}),
                  {{"volume.remove", volume}});
        const Params mapping = with(volume, {{"nqn", host.nqn}, {"host", host_name}});
        steps.add("05-map-probe", "map.nvme", mapping, {{"unmap.nvme", mapping}});
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

    Unit unit;
    unit.id = "host-" + name;
    unit.strategy = "onboard";
    unit.objects.host_ids = {host.id};
    unit.objects.hosts = {host.name};
    unit.steps = steps.take();
    return unit;
}

} // namespace pf::nvmetool
