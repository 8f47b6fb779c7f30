// esxcli storage core ..., storage hpp ...
#include "libvsphere/simulator/esxcli/model.hpp"
#include "libvsphere/simulator/service/properties.hpp"

namespace pf::vim::sim::cli {

namespace {

Answer list_of(const char* name, bool table = false) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = table;
    answer.struct_name = name;
    return answer;
}

bool wanted(const Invocation& i, const std::string& device) {
    return !i.args.has("device") || i.args.get("device") == device;
}

bool is_nvme(const DeviceState& device) { return device.info.transport == Transport::NvmeTcp; }

// Asking for a device that is not there is an error, an empty list is not.
Outcome<Answer> checked(const Invocation& i, Answer answer) {
    if (answer.rows.empty() && i.args.has("device")) {
        return cli_error(fmt::format("Invalid device {}", i.args.get("device")));
    }
    return answer;
}

Outcome<Answer> adapter_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("StorageAdapter", true);
    for (const AdapterState& adapter : i.host.adapters) {
        std::string driver = "vmw_ahci";
        std::string uid = "sata." + adapter.name;
        std::string text = "(0000:00:11.5) Lewisburg SATA AHCI Controller";
        if (adapter.kind == AdapterKind::Scini) {
            driver = "scini";
            uid = "";
            text = "Software Defined Storage Client";
        } else if (adapter.kind == AdapterKind::NvmeTcp) {
            driver = "nvmetcp";
            text = "VMware NVMe over TCP Storage Adapter";
            for (const NicSpec& nic : i.host.spec.nics) {
                if (nic.name == adapter.pnic) {
                    uid = fmt::format("tcp.{}:{}", nic.name, nic.mac);
                }
            }
        }
        answer.rows.push_back({"",
                               {{"HBA Name", adapter.name},
                                {"Driver", driver},
                                {"Link State", std::string("link-n/a")},
                                {"UID", uid},
                                {"Capabilities", std::string()},
                                {"Description", text}}});
    }
    return answer;
}

Outcome<Answer> adapter_rescan(const Invocation& i) {
    if (!i.args.flag("all") && !i.args.has("adapter")) {
        return cli_error("Error: Missing required parameter -A|--adapter or -a|--all");
    }
    if (i.args.has("adapter")) {
        const std::lock_guard lock(i.world.mutex);
        if (i.ops().adapter_locked(i.args.get("adapter")) == nullptr) {
            return cli_error(
                fmt::format("Unable to rescan adapter {}: Not found", i.args.get("adapter")));
        }
    }
    auto scanned = i.ops().rescan_devices();
    if (scanned && !i.args.flag("skipfsscan")) {
        scanned = i.ops().rescan_vmfs();
    }
    if (!scanned) {
        return cli_fault(scanned.error(), "Rescan failed:");
    }
    return Answer{};
}

Outcome<Answer> device_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("ScsiDevice");
    for (const auto& [id, device] : i.host.devices) {
        if (!wanted(i, id)) {
            continue;
        }
        const bool nvme = is_nvme(device);
        size_t live = 0;
        for (const DevicePath& path : device.info.paths) {
            live += path.live ? 1 : 0;
        }
        const char* status = device.off          ? "off"
                             : device.lost       ? "dead timeout"
                             : nvme && live == 1 ? "degraded"
                                                 : "on";
        answer.rows.push_back(
            {id,
             {{"Device", id},
              {"Display Name", display_name(i.host, device)},
              {"Has Settable Display Name", true},
              {"Size", static_cast<int64_t>(device.info.size_bytes >> 20)},
              {"Device Type", std::string("Direct-Access")},
              {"Multipath Plugin", std::string(nvme ? "HPP" : "NMP")},
              {"Devfs Path", "/vmfs/devices/disks/" + id},
              {"Vendor", std::string(nvme ? "NVMe" : "EMC")},
              {"Model", device.info.model.empty() ? std::string("PowerFlex") : device.info.model},
              {"Revision",
               device.info.revision.empty() ? std::string("4.6") : device.info.revision},
              {"SCSI Level", int64_t{nvme ? 7 : 6}},
              {"Is Pseudo", false},
              {"Status", std::string(status)},
              {"Is RDM Capable", !nvme},
              {"Is Local", false},
              {"Is Removable", false},
              {"Is SSD", nvme},
              {"Is VVOL PE", false},
              {"Is Offline", device.off},
              {"Is Perennially Reserved", false},
              {"Queue Full Sample Size", int64_t{0}},
              {"Queue Full Threshold", int64_t{0}},
              {"Thin Provisioning Status", std::string("yes")},
              {"Attached Filters", std::string()},
              {"VAAI Status", std::string("supported")},
              {"Other UIDs", "vml." + device.uuid},
              {"Is Shared Clusterwide", true},
              {"Is SAS", false},
              {"Is USB", false},
              {"Is Boot Device", false},
              {"Device Max Queue Depth", int64_t{nvme ? 126 : 256}},
              {"No of outstanding IOs with competing worlds", int64_t{32}},
              {"Drive Type", std::string("unknown")},
              {"RAID Level", std::string("unknown")},
              {"Number of Physical Drives", std::string("unknown")},
              {"Protection Enabled", false},
              {"PI Activated", false},
              {"PI Type", int64_t{0}},
              {"PI Protection Mask", std::string("NO PROTECTION")},
              {"Supported Guard Types", std::string("NO GUARD SUPPORT")},
              {"DIX Enabled", false},
              {"DIX Guard Type", std::string("NO GUARD SUPPORT")},
              {"Emulated DIX/DIF Enabled", false}}});
    }
    return checked(i, std::move(answer));
}

Outcome<Answer> device_set(const Invocation& i) {
    std::string uuid;
    {
        const std::lock_guard lock(i.world.mutex);
        const auto found = i.host.devices.find(i.args.get("device"));
        if (found == i.host.devices.end()) {
            return cli_error(fmt::format("Invalid device {}", i.args.get("device")));
        }
        uuid = found->second.uuid;
    }
    const std::string state = i.args.get("state");
    if (state != "on" && state != "off") {
        return cli_error("Invalid data constraint for parameter 'state'.");
    }
    auto changed = state == "off" ? i.ops().detach(uuid) : i.ops().attach(uuid);
    if (!changed && !changed.error().is("InvalidState")) { // setting the same state again is fine
        return cli_error("Cannot change device state. Reason: Device is busy (" +
                         changed.error().message + ")");
    }
    return Answer{};
}

Outcome<Answer> detached_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("DetachedDevice", true);
    for (const std::string& id : i.host.kept_off) {
        answer.rows.push_back({"", {{"Device UID", id}, {"State", std::string("off")}}});
    }
    return answer;
}

Outcome<Answer> detached_remove(const Invocation& i) {
    auto gone = i.ops().forget_device(i.args.get("device"));
    if (!gone) {
        return cli_error(gone.error().message);
    }
    return Answer{};
}

Outcome<Answer> vaai_status(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("VaaiStatus");
    for (const auto& [id, device] : i.host.devices) {
        if (wanted(i, id)) {
            answer.rows.push_back({id,
                                   {{"VAAI Plugin Name", std::string()},
                                    {"ATS Status", std::string("supported")},
                                    {"Clone Status", std::string("unsupported")},
                                    {"Zero Status", std::string("supported")},
                                    {"Delete Status", std::string("supported")}}});
        }
    }
    return checked(i, std::move(answer));
}

// Who holds a device: the VMkernel by a mounted volume, VMs by their open disks.
Outcome<Answer> world_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("WorldInfo", true);
    auto add = [&](const std::string& device, int64_t id, std::string name) {
        answer.rows.push_back({"",
                               {{"Device", device},
                                {"World ID", id},
                                {"Open Count", int64_t{1}},
                                {"World Name", std::move(name)}}});
    };
    for (const auto& [uuid, volume] : i.host.volumes) {
        if (!volume.mounted || !wanted(i, volume.device_id)) {
            continue;
        }
        add(volume.device_id, 524288, "idle0");
        for (const VmState* vm : i.world.vms_on(uuid)) {
            if (vm->host == i.host.moid() && vm->power == PowerState::On) {
                add(volume.device_id, 2'000'000 + vm->number, "vmm0:" + vm->name);
            }
        }
    }
    return answer;
}

std::string mac_of(const HostState& host, const std::string& pnic) {
    for (const NicSpec& nic : host.spec.nics) {
        if (nic.name == pnic) {
            return nic.mac;
        }
    }
    return {};
}

struct PathText {
    std::string uid;
    std::string runtime;
    std::string state;
};

PathText path_text(const Invocation& i, const DeviceState& device, const DevicePath& path) {
    PathText text;
    const bool nvme = is_nvme(device);
    unsigned target = 0;
    for (const NvmeController& controller : i.host.controllers) {
        if (controller.number == path.controller_number) {
            break;
        }
        target += controller.target.adapter == path.adapter ? 1 : 0;
    }
    std::string pnic;
    for (const AdapterState& adapter : i.host.adapters) {
        pnic = adapter.name == path.adapter ? adapter.pnic : pnic;
    }
    text.uid = nvme ? fmt::format("tcp.{}:{}-tcp.{}:{}-{}", pnic, mac_of(i.host, pnic),
                                  path.address, path.port, device.info.id)
                    : fmt::format("scini.{}-{}", path.adapter, device.info.id);
    text.runtime = fmt::format("{}:C0:T{}:L{}", path.adapter, target,
                               nvme && device.info.nsid > 0 ? device.info.nsid - 1 : 0);
    text.state = !path.live                           ? "dead"
                 : device.off                         ? "off"
                 : path.ana == AnaState::Optimized    ? "active"
                 : path.ana == AnaState::NonOptimized ? "active unoptimized"
                                                      : "standby";
    return text;
}

Outcome<Answer> path_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("ScsiPath");
    for (const auto& [id, device] : i.host.devices) {
        for (const DevicePath& path : device.info.paths) {
            if (!wanted(i, id)) {
                continue;
            }
            const PathText text = path_text(i, device, path);
            const bool nvme = is_nvme(device);
            answer.rows.push_back(
                {text.uid,
                 {{"UID", text.uid},
                  {"Runtime Name", text.runtime},
                  {"Device", id},
                  {"Device Display Name", display_name(i.host, device)},
                  {"Adapter", path.adapter},
                  {"Channel", int64_t{0}},
                  {"Target", int64_t{text.runtime[text.runtime.find(":T") + 2] - '0'}},
                  {"LUN", int64_t{nvme && device.info.nsid > 0 ? device.info.nsid - 1 : 0}},
                  {"Plugin", std::string(nvme ? "HPP" : "NMP")},
                  {"State", text.state},
                  {"Transport", std::string(nvme ? "tcp" : "fc")},
                  {"Adapter Identifier", text.uid.substr(0, text.uid.find('-'))},
                  {"Target Identifier",
                   nvme ? fmt::format("tcp.{}:{}", path.address, path.port) : std::string("scini")},
                  {"Adapter Transport Details", std::string()},
                  {"Target Transport Details", std::string()},
                  {"Maximum IO Size", int64_t{1048576}}}});
        }
    }
    return checked(i, std::move(answer));
}

std::string scheme_of(const HostState& host, const std::string& device) {
    const auto scheme = host.hpp_scheme.find(device);
    return scheme == host.hpp_scheme.end() ? "LB-RR" : scheme->second;
}

Outcome<Answer> hpp_device_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("HppDevice");
    for (const auto& [id, device] : i.host.devices) {
        if (!is_nvme(device) || !wanted(i, id)) {
            continue;
        }
        std::vector<std::string> all;
        std::vector<std::string> working;
        for (const DevicePath& path : device.info.paths) {
            const PathText text = path_text(i, device, path);
            all.push_back(text.runtime);
            if (text.state == "active") {
                working.push_back(text.runtime);
            }
        }
        std::string set;
        for (const std::string& path : working) {
            set += (set.empty() ? "" : ", ") + path;
        }
        answer.rows.push_back(
            {id,
             {{"Device", id},
              {"Device Display Name", display_name(i.host, device)},
              {"Path Selection Scheme", scheme_of(i.host, id)},
              {"Path Selection Scheme Config", std::string("{iops=1000,bytes=10485760;}")},
              {"Current Path", working.empty() ? std::string() : working.front()},
              {"Working Path Set", set},
              {"Is SSD", true},
              {"Is Local", false},
              {"Paths", all},
              {"Use ANO", false}}});
    }
    return checked(i, std::move(answer));
}

Outcome<Answer> hpp_path_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("HppPath");
    for (const auto& [id, device] : i.host.devices) {
        if (!is_nvme(device) || !wanted(i, id)) {
            continue;
        }
        for (const DevicePath& path : device.info.paths) {
            const PathText text = path_text(i, device, path);
            const char* ana = path.ana == AnaState::Optimized      ? "AO"
                              : path.ana == AnaState::NonOptimized ? "ANO"
                                                                   : "UNAVAIL";
            const std::string config =
                i.host.is_version_7() ? fmt::format("{{TPG_id=0,TPG_state={},RTP_id=0,health={}}}",
                                                    ana, path.live ? "UP" : "DOWN")
                                      : fmt::format("{{ANA_GRP_id=1,ANA_GRP_state={},health={}}}",
                                                    ana, path.live ? "UP" : "DOWN");
            // A 7.0 host does not put the target into the name of the path.
            const std::string uid =
                i.host.is_version_7()
                    ? text.uid.substr(0, text.uid.find("-tcp.")) + "-tcp.unknown-" + id
                    : text.uid;
            answer.rows.push_back({uid,
                                   {{"Path", uid},
                                    {"Runtime Name", text.runtime},
                                    {"Device", id},
                                    {"Device Display Name", display_name(i.host, device)},
                                    {"Path State", text.state},
                                    {"Path Config", config}}});
        }
    }
    return checked(i, std::move(answer));
}

Outcome<Answer> hpp_device_set(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const auto found = i.host.devices.find(i.args.get("device"));
    if (found == i.host.devices.end() || !is_nvme(found->second)) {
        return cli_error(fmt::format("Invalid device {}", i.args.get("device")));
    }
    const std::string scheme = i.args.get("pss");
    for (const char* known : {"FIXED", "LB-RR", "LB-IOPS", "LB-BYTES", "LB-Latency"}) {
        if (scheme == known) {
            i.host.hpp_scheme[found->first] = scheme;
            i.world.touch();
            return Answer{};
        }
    }
    return cli_error("Invalid data constraint for parameter 'pss'.");
}

} // namespace

void add_device_commands(std::vector<Command>& out) {
    const Param device{"device", "device", 'd', false, false, "Device"};
    const Param this_device{"device", "device", 'd', true, false, "Device"};
    out.push_back({"storage.core.adapter", "list", "List storage adapters", {}, adapter_list});
    out.push_back({"storage.core.adapter",
                   "rescan",
                   "Rescan storage adapters",
                   {{"adapter", "adapter", 'A', false, false, "Adapter"},
                    {"all", "all", 'a', false, true, "All adapters"},
                    {"skipclaim", "skip-claim", 'S', false, true, "Skip claiming"},
                    {"skipfsscan", "skip-fs-scan", 'F', false, true, "Skip the VMFS scan"},
                    {"type", "type", 't', false, false, "add, all, delete or update"}},
                   adapter_rescan});
    out.push_back({"storage.core.device", "list", "List devices", {device}, device_list});
    out.push_back({"storage.core.device",
                   "set",
                   "Set device properties",
                   {this_device, {"state", "state", 0, true, false, "on or off"}},
                   device_set});
    out.push_back(
        {"storage.core.device.detached", "list", "List detached devices", {}, detached_list});
    out.push_back({"storage.core.device.detached",
                   "remove",
                   "Forget a detached device",
                   {this_device},
                   detached_remove});
    out.push_back({"storage.core.device.vaai.status", "get", "VAAI status", {device}, vaai_status});
    out.push_back({"storage.core.device.world", "list", "Users of devices", {device}, world_list});
    out.push_back({"storage.core.path", "list", "List paths", {device}, path_list});
    out.push_back({"storage.hpp.device", "list", "List HPP devices", {device}, hpp_device_list});
    out.push_back({"storage.hpp.device",
                   "set",
                   "Set the path selection scheme",
                   {this_device, {"pss", "pss", 'P', true, false, "Path selection scheme"}},
                   hpp_device_set});
    out.push_back({"storage.hpp.path", "list", "List HPP paths", {device}, hpp_path_list});
}

} // namespace pf::vim::sim::cli
