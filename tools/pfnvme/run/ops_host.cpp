// Operations that make an ESXi host an NVMe/TCP host: VMkernel tag, software adapter, controllers.
#include "tools/pfnvme/run/lookups.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

std::string on_host(const Params& p, std::string_view command) {
    return fmt::format("{}# {}", param(p, "host"), command);
}

Result<const VmkNic*> find_vmk(const HostInfo& host, const std::string& name) {
    for (const VmkNic& vmk : host.vmks) {
        if (vmk.name == name) {
            return &vmk;
        }
    }
    return fail(Errc::InvalidArgument, "host {} has no VMkernel adapter {}", host.name, name);
}

const NvmeAdapter* find_adapter(const HostInfo& host, const std::string& nic) {
    for (const NvmeAdapter& adapter : host.adapters) {
        if (adapter.nic == nic) {
            return &adapter;
        }
    }
    return nullptr;
}

std::uint16_t port_of(const Params& p) {
    unsigned port = 0;
    const std::string& text = param(p, "port");
    std::from_chars(text.data(), text.data() + text.size(), port);
    return static_cast<std::uint16_t>(port);
}

// ---- vmk.tag / vmk.untag
// -----------------------------------------------------------------------------

std::string tag_describe(const Params& p) {
    return fmt::format("{}: tag {} for NVMe over TCP", param(p, "host"), param(p, "vmk"));
}
Commands tag_commands(const Params& p) {
    return {on_host(
        p, fmt::format("esxcli network ip interface tag add -i {} -t NVMeTCP", param(p, "vmk")))};
}
std::string tag_pre(const Params& p) { return fmt::format("{} exists", param(p, "vmk")); }
std::string tag_post(const Params& p) {
    return fmt::format("{} has service nvmeTcp", param(p, "vmk"));
}
Result<Observation> tag_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    PF_TRY(const VmkNic* vmk, find_vmk(host, param(p, "vmk")));
    return vmk->nvme_tagged ? present("tagged") : absent("not tagged");
}
Result<CallOutcome> tag_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.vsphere.tag_vmk(param(p, "host_id"), param(p, "vmk")));
    return CallOutcome{};
}

std::string untag_describe(const Params& p) {
    return fmt::format("{}: remove the NVMe over TCP tag of {}", param(p, "host"), param(p, "vmk"));
}
Commands untag_commands(const Params& p) {
    return {on_host(p, fmt::format("esxcli network ip interface tag remove -i {} -t NVMeTCP",
                                   param(p, "vmk")))};
}
std::string untag_post(const Params& p) {
    return fmt::format("{} has no service nvmeTcp", param(p, "vmk"));
}
Result<Observation> untag_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    PF_TRY(const VmkNic* vmk, find_vmk(host, param(p, "vmk")));
    return vmk->nvme_tagged ? absent("still tagged") : present("not tagged");
}
Result<CallOutcome> untag_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.vsphere.untag_vmk(param(p, "host_id"), param(p, "vmk")));
    return CallOutcome{};
}

// ---- adapter.add / adapter.remove
// --------------------------------------------------------------------

std::string adapter_describe(const Params& p) {
    return fmt::format("{}: add the software NVMe/TCP adapter on {}", param(p, "host"),
                       param(p, "nic"));
}
Commands adapter_commands(const Params& p) {
    return {on_host(p, fmt::format("esxcli nvme fabrics enable -p TCP -d {}", param(p, "nic")))};
}
std::string adapter_pre(const Params& p) {
    return fmt::format("{} exists, link up", param(p, "nic"));
}
std::string adapter_post(const Params& p) {
    return fmt::format("an NVMe/TCP adapter is bound to {}", param(p, "nic"));
}
Result<void> adapter_guard(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    for (const PhysicalNic& nic : host.nics) {
        if (nic.name == param(p, "nic")) {
            if (nic.speed_mbit == 0) {
                return fail(Errc::Conflict,
                            "{} of host {} has no link; plug it in or choose another "
                            "NIC with --vmnics",
                            nic.name, host.name);
            }
            return {};
        }
    }
    return fail(Errc::InvalidArgument, "host {} has no physical NIC {}", host.name,
                param(p, "nic"));
}
Result<Observation> adapter_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    if (const NvmeAdapter* adapter = find_adapter(host, param(p, "nic"))) {
        return present(adapter->name);
    }
    return absent("no NVMe/TCP adapter on this NIC");
}
Result<CallOutcome> adapter_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.vsphere.add_nvme_adapter(param(p, "host_id"), param(p, "nic")));
    return CallOutcome{};
}

std::string adapter_remove_describe(const Params& p) {
    return fmt::format("{}: remove the software NVMe/TCP adapter on {}", param(p, "host"),
                       param(p, "nic"));
}
Commands adapter_remove_commands(const Params& p) {
    return {on_host(p, fmt::format("esxcli nvme fabrics disable -p TCP -d {}", param(p, "nic")))};
}
std::string adapter_remove_pre(const Params&) { return "the adapter has no connected controller"; }
std::string adapter_remove_post(const Params& p) {
    return fmt::format("no NVMe/TCP adapter is bound to {}", param(p, "nic"));
}
Result<void> adapter_remove_guard(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const NvmeAdapter* adapter = find_adapter(host, param(p, "nic"));
    for (const NvmeController& controller : host.controllers) {
        if (adapter != nullptr && controller.adapter == adapter->name) {
            return fail(Errc::Busy, "adapter {} of host {} still has the controller {}",
                        adapter->name, host.name, controller.name);
        }
    }
    return {};
}
Result<Observation> adapter_remove_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    return find_adapter(host, param(p, "nic")) != nullptr ? absent("the adapter is there")
                                                          : present("no adapter on this NIC");
}
Result<CallOutcome> adapter_remove_execute(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    if (const NvmeAdapter* adapter = find_adapter(host, param(p, "nic"))) {
        PF_CHECK(c.vsphere.remove_nvme_adapter(host.id, adapter->name));
    }
    return CallOutcome{};
}

// ---- nvme.connect / nvme.disconnect
// ------------------------------------------------------------------

const NvmeController* find_controller(const HostInfo& host, const Params& p) {
    const NvmeAdapter* adapter = find_adapter(host, param(p, "nic"));
    for (const NvmeController& controller : host.controllers) {
        if (adapter != nullptr && controller.adapter == adapter->name &&
            controller.address == param(p, "address") && controller.port == port_of(p) &&
            controller.subsystem_nqn == param(p, "subnqn")) {
            return &controller;
        }
    }
    return nullptr;
}

std::string connect_describe(const Params& p) {
    return fmt::format("{}: connect {} to {}:{}", param(p, "host"), param(p, "nic"),
                       param(p, "address"), param(p, "port"));
}
Commands connect_commands(const Params& p) {
    const std::string adapter =
        param_or(p, "adapter", fmt::format("<vmhba of {}>", param(p, "nic")));
    return {on_host(p, fmt::format("esxcli nvme fabrics connect -a {} -i {} -p {} -s {}", adapter,
                                   param(p, "address"), param(p, "port"), param(p, "subnqn")))};
}
std::string connect_pre(const Params& p) {
    return fmt::format("an NVMe/TCP adapter is bound to {}", param(p, "nic"));
}
std::string connect_post(const Params& p) {
    return fmt::format("controller {}:{} is online", param(p, "address"), param(p, "port"));
}
Result<Observation> connect_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const NvmeController* controller = find_controller(host, p);
    if (controller == nullptr) {
        return absent("no such controller");
    }
    return controller->online ? present(controller->name)
                              : in_progress("connected, but not online");
}
Result<CallOutcome> connect_execute(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const NvmeAdapter* adapter = find_adapter(host, param(p, "nic"));
    if (adapter == nullptr) {
        return fail(Errc::Conflict, "host {} has no NVMe/TCP adapter on {}", host.name,
                    param(p, "nic"));
    }
    PF_CHECK(c.vsphere.connect_controller(host.id, adapter->name, param(p, "address"), port_of(p),
                                          param(p, "subnqn")));
    return CallOutcome{};
}

std::string disconnect_describe(const Params& p) {
    return fmt::format("{}: disconnect {} from {}:{}", param(p, "host"), param(p, "nic"),
                       param(p, "address"), param(p, "port"));
}
Commands disconnect_commands(const Params& p) {
    return {on_host(p, fmt::format("esxcli nvme fabrics disconnect -a <vmhba of {}> -n <number of "
                                   "controller {}:{}>",
                                   param(p, "nic"), param(p, "address"), param(p, "port")))};
}
std::string disconnect_post(const Params& p) {
    return fmt::format("controller {}:{} is gone", param(p, "address"), param(p, "port"));
}
// The last path is not taken from under a mounted datastore.
Result<void> disconnect_guard(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    const NvmeController* ours = find_controller(host, p);
    if (ours == nullptr) {
        return {};
    }
    for (const NvmeController& other : host.controllers) {
        if (&other != ours && other.online && other.subsystem_nqn == ours->subsystem_nqn) {
            return {};
        }
    }
    PF_TRY(const std::vector<DatastoreInfo> datastores, c.vsphere.datastores());
    for (const DatastoreInfo& datastore : datastores) {
        const DatastoreMount* mount = datastore.mount_on(host.id);
        const bool on_nvme =
            !datastore.extents.empty() &&
            volume_of_nvme_device(c.plan.powerflex_system, datastore.extents.front()).has_value();
        if (mount != nullptr && mount->mounted && on_nvme) {
            return fail(Errc::Busy,
                        "{}:{} is the last path of host {}, which has datastore '{}' mounted; "
                        "unmount it or connect another path first",
                        param(p, "address"), param(p, "port"), host.name, datastore.name);
        }
    }
    return {};
}
Result<Observation> disconnect_observe(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    return find_controller(host, p) != nullptr ? absent("connected") : present("not connected");
}
Result<CallOutcome> disconnect_execute(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    if (const NvmeController* controller = find_controller(host, p)) {
        PF_CHECK(c.vsphere.disconnect_controller(host.id, controller->adapter, controller->number,
                                                 controller->subsystem_nqn));
    }
    return CallOutcome{};
}

} // namespace

std::span<const Op> host_ops() {
    using namespace std::chrono_literals;
    static const std::array<Op, 6> kOps{{
        {"vmk.tag", OpKind::Change, false, 60s, tag_describe, tag_commands, tag_pre, tag_post,
         nullptr, tag_observe, tag_execute, nullptr, nullptr},
        {"vmk.untag", OpKind::Change, false, 60s, untag_describe, untag_commands, nullptr,
         untag_post, nullptr, untag_observe, untag_execute, nullptr, nullptr},
        {"adapter.add", OpKind::Change, false, 120s, adapter_describe, adapter_commands,
         adapter_pre, adapter_post, adapter_guard, adapter_observe, adapter_execute, nullptr,
         nullptr},
        {"adapter.remove", OpKind::Change, false, 120s, adapter_remove_describe,
         adapter_remove_commands, adapter_remove_pre, adapter_remove_post, adapter_remove_guard,
         adapter_remove_observe, adapter_remove_execute, nullptr, nullptr},
        {"nvme.connect", OpKind::Change, false, 120s, connect_describe, connect_commands,
         connect_pre, connect_post, nullptr, connect_observe, connect_execute, nullptr, nullptr},
        {"nvme.disconnect", OpKind::Change, false, 120s, disconnect_describe, disconnect_commands,
         nullptr, disconnect_post, disconnect_guard, disconnect_observe, disconnect_execute,
         nullptr, nullptr},
    }};
    return kOps;
}

} // namespace pf::nvmetool
