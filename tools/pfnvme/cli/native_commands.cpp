#include "tools/pfnvme/cli/native_commands.hpp"

#include "libpf/operations.hpp"
#include "libvsphere/equivalent.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace pf::nvmetool {

namespace {

namespace eq = vim::equivalent;
namespace px = powerflex;

using Commands = std::vector<std::string>;
using Make = Commands (*)(const Params&, std::string_view style);

std::string text_of(const vim::Equivalent& all, std::string_view style) {
    return style == "esxcli"     ? all.esxcli
           : style == "govc"     ? all.govc
           : style == "powercli" ? all.powercli
                                 : std::string();
}

// esxcli runs in the host's own shell, so the host stands before it.
void add(Commands& out, const vim::Equivalent& all, std::string_view style,
         const std::string& host) {
    std::string text = text_of(all, style);
    if (!text.empty()) {
        out.push_back(style == "esxcli" && !host.empty() ? host + "# " + text : std::move(text));
    }
}
Commands one(const vim::Equivalent& all, std::string_view style, const std::string& host = {}) {
    Commands out;
    add(out, all, style, host);
    return out;
}

std::uint64_t number_of(const Params& p, const std::string& name) {
    std::uint64_t value = 0;
    const std::string text = param_or(p, name, "0");
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// ---- PowerFlex: ids that nobody knows yet are stood in for by valid ones, and named afterwards
// ----

class Ids {
  public:
    // The id itself, or a stand-in that show() replaces by "<id of name>".
    std::string of(const std::string& id, const std::string& name) {
        if (!id.empty()) {
            return id;
        }
        std::string stand_in = fmt::format("fffffffffffffff{:x}", names_.size());
        names_[stand_in] = fmt::format("<id of {}>", name);
        return stand_in;
    }
    std::string show(std::string text) const {
        for (const auto& [id, name] : names_) {
            for (std::size_t at = 0; (at = text.find(id, at)) != std::string::npos;
                 at += name.size()) {
                text.replace(at, id.size(), name);
            }
        }
        return text;
    }

  private:
    std::map<std::string, std::string> names_;
};

void add(Commands& out, const Result<px::RequestPreview>& preview, const Ids& ids,
         std::string_view style) {
    if (!preview) {
        return; // what PowerFlex would refuse is said when it is tried
    }
    std::string text = style == "rest"   ? preview->rest()
                       : style == "scli" ? preview->scli
                                         : std::string();
    if (!text.empty()) {
        out.push_back(ids.show(std::move(text)));
    }
}

std::string volume_id(Ids& ids, const Params& p) {
    return ids.of(param_or(p, "volume", ""), param_or(p, "volume_name", "the volume"));
}

Commands add_host(const Params& p, std::string_view style) {
    Ids ids;
    px::CreateNvmeHost op;
    op.nqn = param(p, "nqn");
    op.name = param(p, "name");
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands remove_host(const Params& p, std::string_view style) {
    Ids ids;
    px::RemoveHost op;
    op.host.id = px::HostId(ids.of("", param(p, "name")));
    op.kind = px::HostKind::Nvme;
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands rename_host(const Params& p, std::string_view style) {
    Ids ids;
    px::RenameHost op;
    op.host.id = px::HostId(param(p, "id"));
    op.new_name = param(p, "name");
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands limit_host(const Params& p, std::string_view style) {
    Ids ids;
    Commands out;
    if (number_of(p, "max_paths") != 0) {
        px::SetHostMaxPaths op;
        op.host.id = px::HostId(param(p, "id"));
        op.max_paths = static_cast<int>(number_of(p, "max_paths"));
        add(out, px::prepare(op), ids, style);
    }
    if (number_of(p, "max_system_ports") != 0) {
        px::SetHostMaxSystemPorts op;
        op.host.id = px::HostId(param(p, "id"));
        op.max_system_ports = static_cast<int>(number_of(p, "max_system_ports"));
        add(out, px::prepare(op), ids, style);
    }
    return out;
}
Commands remove_sdc(const Params& p, std::string_view style) {
    Ids ids;
    px::RemoveHost op;
    op.host.id = px::HostId(param(p, "sdc_id"));
    op.kind = px::HostKind::Sdc;
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands sdt_maintenance(const Params& p, std::string_view style) {
    if (style == "rest") {
        return {fmt::format("POST /api/instances/Sdt::{}/action/{}MaintenanceMode {{}}",
                            param(p, "id"), param(p, "mode"))};
    }
    return {};
}

Commands create_volume(const Params& p, std::string_view style) {
    Ids ids;
    px::CreateVolume op;
    op.name = param(p, "volume_name");
    op.size_kib = number_of(p, "size_gib") * 1024 * 1024;
    op.pool.id = px::StoragePoolId(param(p, "pool_id"));
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands remove_volume(const Params& p, std::string_view style) {
    Ids ids;
    px::RemoveVolume op;
    op.volume.id = px::VolumeId(volume_id(ids, p));
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands snapshot(const Params& p, std::string_view style) {
    Ids ids;
    px::CreateSnapshots op;
    op.system = px::SystemId(ids.of("", "the system"));
    const std::vector<std::string> volumes = list_of(param(p, "volume"));
    const std::vector<std::string> names = list_of(param(p, "snapshot"));
    for (std::size_t i = 0; i < std::min(volumes.size(), names.size()); ++i) {
        px::SnapshotItem item;
        item.volume.id = px::VolumeId(volumes[i]);
        item.snapshot_name = names[i];
        op.items.push_back(std::move(item));
    }
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}
Commands restore(const Params& p, std::string_view style) {
    Ids ids;
    px::OverwriteVolume op;
    op.volume.id = px::VolumeId(param(p, "volume"));
    op.source.id = px::VolumeId(ids.of("", param(p, "snapshot")));
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}

px::HostRef host_ref(Ids& ids, const Params& p, bool nvme) {
    return px::HostRef(nvme ? px::HostId(ids.of("", param(p, "host")))
                            : px::HostId(param(p, "sdc_id")));
}
Commands map_volume(const Params& p, std::string_view style, bool nvme) {
    Ids ids;
    px::MapVolume op;
    op.volume.id = px::VolumeId(volume_id(ids, p));
    op.host = host_ref(ids, p, nvme);
    op.kind = nvme ? px::HostKind::Nvme : px::HostKind::Sdc;
    Commands out;
    add(out, px::prepare(op), ids, style);
    if (number_of(p, "limit_iops") != 0 || number_of(p, "limit_mib_per_s") != 0) {
        px::SetMappingLimits limits;
        limits.volume = op.volume;
        limits.host = op.host;
        limits.limits = {number_of(p, "limit_iops"), number_of(p, "limit_mib_per_s")};
        add(out, px::prepare(limits), ids, style);
    }
    return out;
}
Commands unmap_volume(const Params& p, std::string_view style, bool nvme) {
    Ids ids;
    px::UnmapVolume op;
    op.volume.id = px::VolumeId(volume_id(ids, p));
    op.host = host_ref(ids, p, nvme);
    op.kind = nvme ? px::HostKind::Nvme : px::HostKind::Sdc;
    Commands out;
    add(out, px::prepare(op), ids, style);
    return out;
}

// ---- vSphere

std::string device_of(const Params& p) {
    return param_or(p, "device",
                    fmt::format("<device of {}>", param_or(p, "volume_name", "the volume")));
}
std::string uuid_of(const Params& p) {
    return param_or(p, "vmfs_uuid",
                    fmt::format("<VMFS UUID of {}>", param_or(p, "datastore", "the datastore")));
}
std::string hba_of(const Params& p) {
    return param_or(p, "adapter", fmt::format("<vmhba of {}>", param_or(p, "nic", "the NIC")));
}

Commands rescan_and(const vim::Equivalent& then, const Params& p, std::string_view style) {
    Commands out;
    add(out, eq::rescan_all(param(p, "host")), style, param(p, "host"));
    add(out, then, style, param(p, "host"));
    return out;
}

Commands connect(const Params& p, std::string_view style) {
    vim::NvmeConnect spec;
    spec.target.hba = hba_of(p);
    spec.target.address = param(p, "address");
    spec.target.port = static_cast<std::uint16_t>(number_of(p, "port"));
    spec.subnqn = param(p, "subnqn");
    return one(eq::nvme_connect(param(p, "host"), spec), style, param(p, "host"));
}
// By subsystem all controllers of the adapter would go; the number is known when it is done.
Commands disconnect(const Params& p, std::string_view style) {
    vim::NvmeDisconnect spec;
    spec.hba = hba_of(p);
    spec.subnqn = param(p, "subnqn");
    spec.controller_number = 0;
    const std::string number =
        fmt::format("<number of controller {}:{}>", param(p, "address"), param(p, "port"));
    Commands out = one(eq::nvme_disconnect(param(p, "host"), spec), style, param(p, "host"));
    for (std::string& text : out) {
        for (const std::string_view ends :
             {"controller-number=0", "controller-number 0", "controllernumber='0'"}) {
            if (const std::size_t at = text.find(ends); at != std::string::npos) {
                text.replace(text.find('0', at), 1, number);
            }
        }
    }
    return out;
}

Commands nqn_format(const Params& p, std::string_view style) {
    const std::string option = "vmknvme_hostnqn_format=" + param(p, "format");
    if (style == "esxcli") {
        return {fmt::format("{}# esxcli system module parameters set -m vmknvme -p {}",
                            param(p, "host"), option)};
    }
    if (style == "powercli") {
        return {fmt::format("Get-VMHostModule -VMHost '{}' -Name vmknvme | Set-VMHostModule "
                            "-Options '{}'",
                            param(p, "host"), option)};
    }
    if (style == "govc") {
        return {fmt::format("govc host.esxcli -host {} -- system module parameters set -m vmknvme "
                            "-p {}",
                            param(p, "host"), option)};
    }
    return {};
}

Commands create_vmk(const Params& p, std::string_view style) {
    eq::VmkernelPort port;
    port.vmk = param(p, "vmk");
    port.portgroup = param(p, "portgroup");
    port.on_switch = param(p, "switch");
    port.distributed = p.contains("portgroup_key");
    port.address = param_or(p, "address", "");
    port.netmask = param_or(p, "netmask", "");
    port.mtu = static_cast<int>(number_of(p, "mtu"));
    Commands out = one(eq::add_vnic(param(p, "host"), port), style, param(p, "host"));
    const auto tag = eq::select_vnic(param(p, "host"), port.vmk);
    add(out, tag, style, param(p, "host"));
    return out;
}

const std::map<std::string_view, Make>& makers() {
    static const std::map<std::string_view, Make> kMakers{
        {"pfhost.add", add_host},
        {"pfhost.remove", remove_host},
        {"pfhost.rename", rename_host},
        {"pfhost.limits", limit_host},
        {"sdc.remove", remove_sdc},
        {"sdt.maintenance", sdt_maintenance},
        {"volume.create", create_volume},
        {"volume.remove", remove_volume},
        {"snapshot.create", snapshot},
        {"snapshot.restore", restore},
        {"map.nvme", [](const Params& p, std::string_view s) { return map_volume(p, s, true); }},
        {"map.sdc", [](const Params& p, std::string_view s) { return map_volume(p, s, false); }},
        {"unmap.nvme",
         [](const Params& p, std::string_view s) { return unmap_volume(p, s, true); }},
        {"unmap.sdc",
         [](const Params& p, std::string_view s) { return unmap_volume(p, s, false); }},
        {"vmk.tag",
         [](const Params& p, std::string_view s) {
             return one(eq::select_vnic(param(p, "host"), param(p, "vmk")), s, param(p, "host"));
         }},
        {"vmk.untag",
         [](const Params& p, std::string_view s) {
             return one(eq::deselect_vnic(param(p, "host"), param(p, "vmk")), s, param(p, "host"));
         }},
        {"vmk.create", create_vmk},
        {"vmk.remove",
         [](const Params& p, std::string_view s) {
             return one(eq::remove_vnic(param(p, "host"), param(p, "vmk")), s, param(p, "host"));
         }},
        {"adapter.add",
         [](const Params& p, std::string_view s) {
             return one(eq::create_tcp_adapter(param(p, "host"), param(p, "nic")), s,
                        param(p, "host"));
         }},
        {"adapter.remove",
         [](const Params& p, std::string_view s) {
             return one(eq::remove_tcp_adapter(param(p, "host"), hba_of(p), param(p, "nic")), s,
                        param(p, "host"));
         }},
        {"nvme.connect", connect},
        {"nvme.disconnect", disconnect},
        {"nqn.format", nqn_format},
        {"vmfs.unmount",
         [](const Params& p, std::string_view s) {
             return one(
                 eq::unmount_vmfs(param(p, "host"), param_or(p, "datastore", ""), uuid_of(p)), s,
                 param(p, "host"));
         }},
        {"vmfs.mount",
         [](const Params& p, std::string_view s) {
             return rescan_and(
                 eq::mount_vmfs(param(p, "host"), param_or(p, "datastore", ""), uuid_of(p)), p, s);
         }},
        {"vmfs.present", [](const Params& p, std::string_view s) { return rescan_and({}, p, s); }},
        {"device.gone", [](const Params& p, std::string_view s) { return rescan_and({}, p, s); }},
        {"device.ready", [](const Params& p, std::string_view s) { return rescan_and({}, p, s); }},
        {"device.detach",
         [](const Params& p, std::string_view s) {
             return one(eq::detach_lun(param(p, "host"), device_of(p)), s, param(p, "host"));
         }},
        {"device.attach",
         [](const Params& p, std::string_view s) {
             return rescan_and(eq::attach_lun(param(p, "host"), device_of(p)), p, s);
         }},
        {"vmfs.resignature",
         [](const Params& p, std::string_view s) {
             return one(eq::resignature(param(p, "host"), param(p, "datastore")), s,
                        param(p, "host"));
         }},
        {"vmfs.rename",
         [](const Params& p, std::string_view s) {
             return one(eq::rename_datastore(fmt::format("<the datastore on {}>", device_of(p)),
                                             param(p, "name")),
                        s);
         }},
        {"vmfs.update_paths",
         [](const Params& p, std::string_view s) {
             std::vector<std::pair<std::string, std::string>> moved;
             for (const std::string& item : list_of(param(p, "moves"))) { // old UUID=device
                 const std::size_t equals = std::min(item.find('='), item.size() - 1);
                 moved.emplace_back("/vmfs/volumes/" + item.substr(0, equals),
                                    "<the datastore on " + item.substr(equals + 1) + ">");
             }
             return one(
                 eq::update_vm_files(fmt::format("<the datastore on {}>", device_of(p)), moved), s);
         }},
        {"vmfs.create",
         [](const Params& p, std::string_view s) {
             return one(eq::create_vmfs_datastore(param(p, "host"), device_of(p), param(p, "name")),
                        s);
         }},
        {"vmfs.remove",
         [](const Params& p, std::string_view s) {
             return one(eq::destroy_datastore(param(p, "name")), s);
         }},
        {"vm.shutdown",
         [](const Params& p, std::string_view s) {
             return one(eq::shutdown_guest(param(p, "vm")), s);
         }},
        {"vm.off",
         [](const Params& p, std::string_view s) { return one(eq::power_off(param(p, "vm")), s); }},
        {"vm.restore_power",
         [](const Params& p, std::string_view s) { return one(eq::power_on(param(p, "vm")), s); }},
        {"vm.unregister",
         [](const Params& p, std::string_view s) {
             return one(eq::unregister_vm(param(p, "vm")), s);
         }},
        {"vm.register",
         [](const Params& p, std::string_view s) {
             return one(
                 eq::register_vm(param_or(p, "vm_host", "<host>"),
                                 fmt::format("[{}] {}", param(p, "datastore"), param(p, "path")),
                                 param(p, "vm")),
                 s);
         }},
        {"vm.relocate",
         [](const Params& p, std::string_view s) {
             return one(eq::relocate(param(p, "vm"), param(p, "target")), s);
         }},
    };
    return kMakers;
}

} // namespace

Commands native_commands(const Op& op, const Params& params, std::string_view style) {
    const auto found = makers().find(op.name);
    return found == makers().end() ? Commands{} : found->second(params, style);
}

void add_command_options(OptionTable& table) {
    table.add({.name = "print-commands",
               .type = OptionType::Flag,
               .help = "with every step the commands of the same effect; =esxcli,govc,powercli,"
                       "rest,scli chooses the tools"});
    table.add({.name = "command-style",
               .type = OptionType::List,
               .help = "tools of --print-commands: esxcli, govc, powercli, rest, scli",
               .value_name = "STYLE,…"});
}

Result<std::vector<std::string>> command_styles(const OptionValues& values) {
    std::vector<std::string> out;
    for (const std::string& item : values.list("command-style")) {
        std::size_t at = 0;
        while (at <= item.size()) {
            const std::size_t end = std::min(item.find(',', at), item.size());
            const std::string word = item.substr(at, end - at);
            if (std::find(kCommandStyles.begin(), kCommandStyles.end(), word) ==
                kCommandStyles.end()) {
                return fail(Errc::InvalidArgument, "--print-commands knows {}; not '{}'",
                            fmt::join(kCommandStyles, ", "), word);
            }
            out.push_back(word);
            at = end + 1;
        }
    }
    return out;
}

Commands shown_commands(const Op& op, const Params& params,
                        const std::vector<std::string>& styles) {
    Commands out;
    for (const std::string& style : styles) {
        for (const std::string& command : native_commands(op, params, style)) {
            out.push_back(styles.size() > 1 ? style + ": " + command : command);
        }
    }
    return out.empty() ? op.commands(params) : out;
}

} // namespace pf::nvmetool
