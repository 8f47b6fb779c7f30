// The one place that asks the ports for a whole estate.
#include "base/clock.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"

#include <algorithm>
#include <tuple>

namespace pf::nvmetool {

namespace {

bool is_gap(const Error& error) {
    return error.code == Errc::Unsupported || error.code == Errc::PermissionDenied ||
           error.code == Errc::NotFound;
}

// Devices host by host. A group is known only when every connected host has told it.
Result<void> read_devices(VspherePort& vsphere, Inventory& out) {
    bool devices = true;
    bool unresolved = true;
    for (HostInfo& host : out.hosts) {
        if (host.connection_state != "connected") {
            continue;
        }
        Result<std::vector<DeviceInfo>> read = vsphere.devices(host.id);
        if (read) {
            host.devices = std::move(*read);
        } else if (is_gap(read.error())) {
            devices = false;
            out.gaps.push_back(
                fmt::format("devices of host '{}': {}", host.name, read.error().what));
        } else {
            return fail(read.error());
        }
        Result<std::vector<UnresolvedVolume>> copies = vsphere.unresolved_volumes(host.id);
        if (copies) {
            host.unresolved = std::move(*copies);
        } else if (is_gap(copies.error())) {
            unresolved = false;
            out.gaps.push_back(
                fmt::format("unresolved volumes of host '{}': {}", host.name, copies.error().what));
        } else {
            return fail(copies.error());
        }
    }
    if (devices) {
        out.facts.insert(Fact::HostDevices);
    }
    if (unresolved) {
        out.facts.insert(Fact::Unresolved);
    }
    return {};
}

Result<void> compose_vsphere(VspherePort& vsphere, const CollectScope& scope, Inventory& out) {
    PF_TRY(out.hosts, vsphere.hosts());
    out.facts.insert({Fact::Hosts, Fact::HostNetwork, Fact::HostStorage, Fact::HostModules});
    if (scope.vms) {
        PF_TRY(out.datastores, vsphere.datastores());
        PF_TRY(out.vms, vsphere.vms());
        out.facts.insert({Fact::Datastores, Fact::Vms, Fact::VmDisks, Fact::VmSnapshots});
    }
    return scope.full ? read_devices(vsphere, out) : Result<void>{};
}

Result<void> read_vsphere(VspherePort& vsphere, const CollectScope& scope, Inventory& out) {
    if (!scope.full) {
        return compose_vsphere(vsphere, scope, out);
    }
    Result<VsphereEstate> estate = vsphere.estate(scope.vm_sink);
    if (!estate) {
        return estate.error().code == Errc::Unsupported ? compose_vsphere(vsphere, scope, out)
                                                        : fail(estate.error());
    }
    out.hosts = std::move(estate->hosts);
    out.datastores = std::move(estate->datastores);
    out.vms = std::move(estate->vms);
    out.clusters = std::move(estate->clusters);
    out.networks = std::move(estate->networks);
    out.folders = std::move(estate->folders);
    out.facts.merge(estate->facts);
    out.gaps.insert(out.gaps.end(), estate->gaps.begin(), estate->gaps.end());
    return {};
}

Result<void> read_powerflex(PowerFlexPort& powerflex, const CollectScope& scope, Inventory& out) {
    if (scope.full) {
        Result<PowerFlexEstate> estate = powerflex.estate();
        if (estate) {
            out.powerflex = std::move(estate->info);
            out.powerflex_hosts = std::move(estate->hosts);
            out.sdts = std::move(estate->sdts);
            out.pools = std::move(estate->pools);
            out.volumes = std::move(estate->volumes);
            out.sdss = std::move(estate->sdss);
            out.facts.merge(estate->facts);
            out.gaps.insert(out.gaps.end(), estate->gaps.begin(), estate->gaps.end());
            return {};
        }
        if (estate.error().code != Errc::Unsupported) {
            return fail(estate.error());
        }
    }
    PF_TRY(out.powerflex, powerflex.about());
    PF_TRY(out.powerflex_hosts, powerflex.hosts());
    PF_TRY(out.sdts, powerflex.sdt_addresses());
    PF_TRY(out.pools, powerflex.pools());
    PF_TRY(out.volumes, powerflex.volumes());
    out.facts.insert({Fact::PowerFlex, Fact::Sdts});
    return {};
}

} // namespace

Result<Inventory> collect(VspherePort& vsphere, PowerFlexPort& powerflex,
                          const CollectScope& scope) {
    Inventory out;
    out.source = "collect";
    out.collected_at = format_rfc3339(wall_now());
    PF_TRY(out.vcenter, vsphere.about());
    PF_CHECK(read_vsphere(vsphere, scope, out));
    PF_CHECK(read_powerflex(powerflex, scope, out));
    // Systems answer in an order of their own; what is shown and planned has the same each time.
    std::sort(out.hosts.begin(), out.hosts.end(),
              [](const HostInfo& a, const HostInfo& b) { return a.name < b.name; });
    std::sort(out.sdts.begin(), out.sdts.end(), [](const SdtAddress& a, const SdtAddress& b) {
        return std::tie(a.sdt_name, a.ip) < std::tie(b.sdt_name, b.ip);
    });
    std::sort(out.volumes.begin(), out.volumes.end(), [](const VolumeInfo& a, const VolumeInfo& b) {
        return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    });
    std::sort(out.pools.begin(), out.pools.end(), [](const PoolInfo& a, const PoolInfo& b) {
        return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    });
    std::sort(out.powerflex_hosts.begin(), out.powerflex_hosts.end(),
              [](const PowerFlexHost& a, const PowerFlexHost& b) {
                  return std::tie(a.name, a.id) < std::tie(b.name, b.id);
              });
    out.index();
    return out;
}

Result<Inventory> collect_for_plan(VspherePort& vsphere, PowerFlexPort& powerflex) {
    CollectScope scope;
    scope.full = true;
    PF_TRY(Inventory out, collect(vsphere, powerflex, scope));
    for (const Fact fact :
         {Fact::Hosts, Fact::HostNetwork, Fact::HostStorage, Fact::HostModules, Fact::Datastores,
          Fact::Vms, Fact::VmDisks, Fact::VmSnapshots, Fact::PowerFlex, Fact::Sdts}) {
        if (!out.facts.contains(fact)) {
            return fail(Errc::PermissionDenied,
                        "no plan can be made without {}, which could not be read ({}); check the "
                        "accounts with: pfnvme check permissions --live",
                        to_string(fact),
                        out.gaps.empty() ? std::string("no reason given")
                                         : fmt::format("{}", fmt::join(out.gaps, "; ")));
        }
    }
    return out;
}

} // namespace pf::nvmetool
