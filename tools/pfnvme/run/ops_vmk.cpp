// VMkernel ports for NVMe over TCP: made with their tag in one step, and taken away again.
//
// ESXi names a port itself, so a step can't name it: a port is known by its port group and its
// address (by DHCP: that it is there and takes its address from DHCP).
#include "tools/pfnvme/run/lookups.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

VmkRequest request_of(const Params& p) {
    VmkRequest out;
    out.group.name = param(p, "portgroup");
    out.group.switch_name = param_or(p, "switch", "");
    out.group.switch_uuid = param_or(p, "switch_uuid", "");
    out.group.key = param_or(p, "portgroup_key", "");
    out.address = param_or(p, "address", "");
    out.netmask = param_or(p, "netmask", "");
    const std::string mtu = param(p, "mtu");
    std::from_chars(mtu.data(), mtu.data() + mtu.size(), out.mtu);
    return out;
}

bool on_group(const VmkNic& vmk, const PortGroupInfo& group) {
    return group.key.empty() ? vmk.dv_portgroup_key.empty() && vmk.portgroup == group.name
                             : vmk.dv_portgroup_key == group.key;
}

std::string address_text(const Params& p) {
    const std::string address = param_or(p, "address", "");
    return address.empty() ? "DHCP" : address + "/" + param(p, "netmask");
}

std::string create_describe(const Params& p) {
    return fmt::format("{}: add a VMkernel port on '{}' with {}, MTU {}, for NVMe over TCP",
                       param(p, "host"), param(p, "portgroup"), address_text(p), param(p, "mtu"));
}
std::string create_pre(const Params& p) {
    return fmt::format("port group '{}' exists; nothing else has the address",
                       param(p, "portgroup"));
}
std::string create_post(const Params& p) {
    return fmt::format("a port on '{}' has {} and service nvmeTcp", param(p, "portgroup"),
                       address_text(p));
}
Commands create_commands(const Params& p) {
    const std::string vmk = param_or(p, "vmk", "vmkN");
    const std::string where =
        p.contains("portgroup_key")
            ? fmt::format("-s {} -P <free port of {}>", param(p, "switch"), param(p, "portgroup"))
            : fmt::format("-p '{}'", param(p, "portgroup"));
    const std::string address = param_or(p, "address", "");
    const std::string ip = address.empty()
                               ? "-t dhcp"
                               : fmt::format("-t static -I {} -N {}", address, param(p, "netmask"));
    const std::string command = param(p, "host") + "# esxcli network ip interface ";
    return {command + fmt::format("add -i {} -m {} {}", vmk, param(p, "mtu"), where),
            command + fmt::format("ipv4 set -i {} {}", vmk, ip),
            command + fmt::format("tag add -i {} -t NVMeTCP", vmk)};
}
Result<void> create_guard(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    return refuse_vmk(host, request_of(p));
}
Result<Observation> create_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const VmkRequest request = request_of(p);
    const VmkNic* vmk = vmk_made_of(host, request);
    if (vmk == nullptr) {
        return absent("no such VMkernel port");
    }
    PF_CHECK(refuse_vmk(host, request));
    return vmk->nvme_tagged ? present(vmk->name)
                            : partial(fmt::format("{} has no tag nvmeTcp", vmk->name));
}
Result<CallOutcome> create_execute(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const VmkRequest request = request_of(p);
    CallOutcome out;
    if (const VmkNic* vmk = vmk_made_of(host, request); vmk != nullptr) {
        out.evidence["vmk"] = vmk->name;
    } else {
        PF_TRY(out.evidence["vmk"], c.vsphere.add_vmk(host.id, request));
    }
    PF_CHECK(c.vsphere.tag_vmk(host.id, out.evidence["vmk"]));
    return out;
}

std::string remove_describe(const Params& p) {
    return fmt::format("{}: remove the VMkernel port on '{}' with {}", param(p, "host"),
                       param(p, "portgroup"), address_text(p));
}
std::string remove_pre(const Params&) { return "no controller is reached through it"; }
std::string remove_post(const Params& p) {
    return fmt::format("no port on '{}' has {}", param(p, "portgroup"), address_text(p));
}
Commands remove_commands(const Params& p) {
    return {fmt::format("{}# esxcli network ip interface remove -i {}", param(p, "host"),
                        param_or(p, "vmk", "vmkN"))};
}
// The way to controllers is not taken from under them.
Result<void> remove_guard(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const VmkNic* vmk = vmk_made_of(host, request_of(p));
    if (vmk == nullptr || !vmk->nvme_tagged) {
        return {};
    }
    for (const NvmeAdapter& adapter : host.adapters) {
        const auto carries = [&](const VmkNic& item) {
            return item.nvme_tagged && std::find(item.uplinks.begin(), item.uplinks.end(),
                                                 adapter.nic) != item.uplinks.end();
        };
        const auto used = std::any_of(
            host.controllers.begin(), host.controllers.end(),
            [&](const NvmeController& controller) { return controller.adapter == adapter.name; });
        const auto others =
            std::any_of(host.vmks.begin(), host.vmks.end(),
                        [&](const VmkNic& item) { return &item != vmk && carries(item); });
        if (used && carries(*vmk) && !others) {
            return fail(Errc::Busy,
                        "{} of host {} is the way to the controllers of {}; disconnect them first: "
                        "pfnvme host nvme disconnect --host {}",
                        vmk->name, host.name, adapter.name, host.name);
        }
    }
    return {};
}
Result<Observation> remove_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const VmkNic* vmk = vmk_made_of(host, request_of(p));
    return vmk != nullptr ? absent(vmk->name + " is there") : present("no such VMkernel port");
}
Result<CallOutcome> remove_execute(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    if (const VmkNic* vmk = vmk_made_of(host, request_of(p)); vmk != nullptr) {
        PF_CHECK(c.vsphere.remove_vmk(host.id, vmk->name));
    }
    return CallOutcome{};
}

} // namespace

const VmkNic* vmk_made_of(const HostInfo& host, const VmkRequest& request) {
    for (const VmkNic& vmk : host.vmks) {
        const bool same = request.address.empty() ? vmk.dhcp : vmk.address == request.address;
        if (same && on_group(vmk, request.group)) {
            return &vmk;
        }
    }
    return nullptr;
}

Result<void> refuse_vmk(const HostInfo& host, const VmkRequest& request) {
    if (request.group.mtu != 0 && request.mtu > request.group.mtu) {
        return fail(Errc::InvalidArgument,
                    "switch {} of host {} has MTU {}, less than {}; raise it first, or give --mtu",
                    request.group.switch_name, host.name, request.group.mtu, request.mtu);
    }
    if (const VmkNic* vmk = vmk_made_of(host, request); vmk != nullptr) {
        const bool mask = request.address.empty() || vmk->netmask == request.netmask;
        if (mask && vmk->mtu == request.mtu) {
            return {};
        }
        return fail(Errc::Conflict,
                    "{} of host {} is on '{}' with this address, but with netmask {} and MTU {}; "
                    "change it in vSphere, or ask for those",
                    vmk->name, host.name, request.group.name, vmk->netmask, vmk->mtu);
    }
    for (const VmkNic& vmk : host.vmks) {
        if (!request.address.empty() && vmk.address == request.address) {
            return fail(Errc::Conflict, "{} of host {} has the address {}, on port group '{}'",
                        vmk.name, host.name, vmk.address, vmk.portgroup);
        }
        if (request.group.key.empty() && on_group(vmk, request.group)) {
            return fail(Errc::Conflict,
                        "port group '{}' of host {} carries {} with {}; one of a standard switch "
                        "carries one VMkernel port: choose another with --portgroup",
                        request.group.name, host.name, vmk.name, vmk.address);
        }
    }
    return {};
}

Params vmk_params(const VmkRequest& request) {
    Params out{{"portgroup", request.group.name},
               {"switch", request.group.switch_name},
               {"mtu", std::to_string(request.mtu)}};
    if (!request.group.key.empty()) {
        out["switch_uuid"] = request.group.switch_uuid;
        out["portgroup_key"] = request.group.key;
    }
    if (!request.address.empty()) {
        out["address"] = request.address;
        out["netmask"] = request.netmask;
    }
    return out;
}

std::span<const Op> vmk_ops() {
    using namespace std::chrono_literals;
    static const std::array<Op, 2> kOps{{
        {"vmk.create", OpKind::Change, false, 60s, create_describe, create_commands, create_pre,
         create_post, create_guard, create_observe, create_execute, nullptr, nullptr},
        {"vmk.remove", OpKind::Change, false, 60s, remove_describe, remove_commands, remove_pre,
         remove_post, remove_guard, remove_observe, remove_execute, nullptr, nullptr},
    }};
    return kOps;
}

} // namespace pf::nvmetool
