// esxcli system {coredump, settings advanced, maintenanceMode set, module parameters set}, vm
// process kill, software vib get, storage vmfs {unmap, reclaim}.
#include "libvsphere/simulator/esxcli/model.hpp"
#include "libvsphere/simulator/service/properties.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim::cli {

namespace {

Answer list_of(const char* name, bool table) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = table;
    answer.struct_name = name;
    return answer;
}

Answer one(const char* name, Row row) {
    Answer answer;
    answer.kind = Answer::Kind::Struct;
    answer.struct_name = name;
    answer.rows.push_back(std::move(row));
    return answer;
}

// --- dumps --------------------------------------------------------------------------------------

constexpr int64_t kDumpBytes = int64_t{2} << 30;

// The dump file of the host, where it has one. World::mutex held.
std::string dump_file(const Invocation& i) {
    const DatastoreState* ds = i.world.datastore_named(i.host.spec.coredump_datastore);
    std::string id = i.host.spec.uuid;
    std::erase(id, '-');
    std::transform(id.begin(), id.end(), id.begin(),
                   [](unsigned char ch) { return static_cast<char>(std::toupper(ch)); });
    return ds == nullptr ? std::string()
                         : fmt::format("/vmfs/volumes/{}/vmkdump/{}.dumpfile", ds->uuid, id);
}

Outcome<Answer> dump_file_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("CoreDumpFile", true);
    const std::string path = dump_file(i);
    if (!path.empty()) {
        answer.rows.push_back(
            {"", {{"Path", path}, {"Active", true}, {"Configured", true}, {"Size", kDumpBytes}}});
    }
    return answer;
}

Outcome<Answer> dump_file_get(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string path = dump_file(i);
    return one("CoreDumpFileConfig", {"", {{"Active", path}, {"Configured", path}}});
}

// "add" makes the file where --datastore says; "remove" takes the datastore free again.
Outcome<Answer> dump_file_add(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string wanted = i.args.get("datastore");
    const DatastoreState* ds = i.world.datastore_named(wanted);
    ds = ds == nullptr ? i.world.datastore_of(wanted) : ds;
    const auto volume = ds == nullptr ? i.host.volumes.end() : i.host.volumes.find(ds->uuid);
    if (volume == i.host.volumes.end() || !volume->second.mounted) {
        return cli_error(fmt::format("Unable to find datastore {}", wanted));
    }
    if (!i.host.spec.coredump_datastore.empty()) {
        return cli_error("A dump file is configured already; remove it first.");
    }
    i.host.spec.coredump_datastore = ds->name;
    i.world.touch();
    return Answer{};
}

Outcome<Answer> dump_file_remove(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    if (dump_file(i).empty()) {
        return cli_error("No dump file is configured.");
    }
    if (!i.args.flag("force")) {
        return cli_error("The dump file is active; use --force to remove it.");
    }
    i.host.spec.coredump_datastore.clear();
    i.world.touch();
    return Answer{};
}

Outcome<Answer> dump_partition_get(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string name = i.host.dump_device.empty() ? "" : i.host.dump_device + ":1";
    return one("CoreDumpPartition", {"", {{"Active", name}, {"Configured", name}}});
}

Outcome<Answer> dump_partition_list(const Invocation& i) {
    std::vector<std::string> devices;
    auto available = i.ops().available_disks();
    if (!available) {
        return cli_fault(available.error(), "Unable to list devices:");
    }
    for (const Device& device : *available) {
        devices.push_back(device.id);
    }
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("CoreDumpPartitionInfo", true);
    for (const std::string& id : devices) {
        const bool active = id == i.host.dump_device;
        answer.rows.push_back({"",
                               {{"Name", id + ":1"},
                                {"Path", "/vmfs/devices/disks/" + id + ":1"},
                                {"Active", active},
                                {"Configured", active}}});
    }
    return answer;
}

// --- advanced settings --------------------------------------------------------------------------

struct Setting {
    const char* path;
    bool text;
    int64_t number;
    int64_t low;
    int64_t high;
    const char* about;
};

constexpr Setting kSettings[] = {
    {"/Disk/AutoremoveOnPDL", false, 1, 0, 1, "Remove devices in permanent loss"},
    {"/Disk/MaxLUN", false, 1024, 1, 16384, "Highest LUN that is scanned, plus one"},
    {"/Misc/APDHandlingEnable", false, 1, 0, 1, "Time out all-paths-down devices"},
    {"/Misc/APDTimeout", false, 140, 20, 99999, "Seconds until a device is timed out"},
    {"/Misc/HostName", true, 0, 0, 0, "Name of the host"},
    {"/Scsi/NVmeUseDsmTp4040", false, 0, 0, 1, "NVMe deallocate by TP4040"},
    {"/ScratchConfig/CurrentScratchLocation", true, 0, 0, 0, "Scratch directory in use"},
    {"/Syslog/global/logDir", true, 0, 0, 0, "Datastore path of logs"},
    {"/UserVars/SuppressShellWarning", false, 0, 0, 1, "No warning about the shell"},
};

std::string key_of(std::string_view path) { // "/Disk/MaxLUN" -> "Disk.MaxLUN"
    std::string key(path.substr(1));
    std::replace(key.begin(), key.end(), '/', '.');
    return key;
}

Outcome<Answer> settings_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string wanted = i.args.get("option");
    Answer answer = list_of("SettingsAdvancedOption", false);
    const std::vector<Value> shown = advanced_options(i.world, i.host);
    for (const Setting& setting : kSettings) {
        if (!wanted.empty() && wanted != setting.path) {
            continue;
        }
        std::string text;
        int64_t number = setting.number;
        if (std::string_view(setting.path) == "/Misc/APDTimeout") {
            number = i.world.options.timings.apd_timeout.count();
        }
        for (const Value& option : shown) {
            if (option["key"].text() == key_of(setting.path)) {
                text = setting.text ? option["value"].text() : "";
                number = setting.text ? 0 : option["value"].int_or(number);
            }
        }
        const auto changed = i.host.advanced.find(setting.path);
        if (!setting.text && changed != i.host.advanced.end()) {
            number = changed->second;
        }
        answer.rows.push_back({"",
                               {{"Path", std::string(setting.path)},
                                {"Type", std::string(setting.text ? "string" : "integer")},
                                {"Int Value", number},
                                {"Default Int Value", setting.number},
                                {"Min Value", setting.low},
                                {"Max Value", setting.high},
                                {"String Value", text},
                                {"Default String Value", std::string()},
                                {"Valid Characters", std::string(setting.text ? "*" : "")},
                                {"Description", std::string(setting.about)}}});
    }
    if (answer.rows.empty()) {
        return cli_error(fmt::format("Unable to find option {}", wanted));
    }
    return answer;
}

Outcome<Answer> settings_set(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    for (const Setting& setting : kSettings) {
        if (i.args.get("option") != setting.path) {
            continue;
        }
        const int64_t number = i.args.number("intvalue", INT64_MIN);
        if (setting.text || number < setting.low || number > setting.high) {
            return cli_error(fmt::format("Unable to set option {}: value out of range or read only",
                                         setting.path));
        }
        i.host.advanced[setting.path] = number;
        i.world.touch();
        return Answer{};
    }
    return cli_error(fmt::format("Unable to find option {}", i.args.get("option")));
}

// --- maintenance, modules, packages, VMs ---------------------------------------------------------

Outcome<Answer> maintenance_set(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string enable = i.args.get("enable");
    if (enable != "true" && enable != "false") {
        return cli_error("Invalid data constraint for parameter 'enable'.");
    }
    if (i.host.maintenance == (enable == "true")) {
        return cli_error(fmt::format("Maintenance mode is already {}.",
                                     i.host.maintenance ? "enabled" : "disabled"));
    }
    for (const auto& [number, vm] : i.world.vms) {
        if (enable == "true" && vm.host == i.host.moid() && vm.power == PowerState::On) {
            return cli_error(fmt::format("Timed out: VM {} is powered on.", vm.name));
        }
    }
    i.host.maintenance = enable == "true";
    i.world.touch();
    return Answer{};
}

Outcome<Answer> parameters_set(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string module = i.args.get("module");
    const Value modules = module_list(i.host);
    for (const Value& known : modules.items()) {
        if (known["name"].text() == module) {
            i.host.module_options[module] = i.args.get("parameterstring");
            i.world.touch();
            return Answer{};
        }
    }
    return cli_error(fmt::format("Unable to find module {}: Not found", module));
}

Outcome<Answer> module_load(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const Value modules = module_list(i.host);
    for (const Value& known : modules.items()) {
        if (known["name"].text() == i.args.get("module")) {
            return cli_error(fmt::format("Unable to load module {}: Busy", i.args.get("module")));
        }
    }
    return cli_error(fmt::format("Unable to load module {}: Not found", i.args.get("module")));
}

Outcome<Answer> vib_get(const Invocation& i) {
    Answer answer = list_of("VIBExt", false);
    const std::string wanted = i.args.get("vibname");
    for (const auto& [name, version, vendor, present] :
         {std::tuple{"esx-base", i.host.spec.version.c_str(), "VMware", true},
          std::tuple{"nvmetcp", "1.0", "VMW", true},
          std::tuple{"sdc", "4.6-0.0", "EMC", i.host.spec.sdc}}) {
        if (present && (wanted.empty() || wanted == name)) {
            answer.rows.push_back({fmt::format("{}_{}", name, version),
                                   {{"Name", std::string(name)},
                                    {"Version", std::string(version)},
                                    {"Vendor", std::string(vendor)},
                                    {"Acceptance Level", std::string("VMwareCertified")},
                                    {"Live Install Allowed", false},
                                    {"Maintenance Mode Required", true}}});
        }
    }
    if (answer.rows.empty()) {
        return cli_error("[NoMatchError] No VIB matching VIB search specification '" + wanted +
                         "'.");
    }
    return answer;
}

Outcome<Answer> process_kill(const Invocation& i) {
    unsigned number = 0;
    {
        const std::lock_guard lock(i.world.mutex);
        const std::string type = i.args.get("type");
        if (type != "soft" && type != "hard" && type != "force") {
            return cli_error("Invalid data constraint for parameter 'type'.");
        }
        for (const auto& [key, vm] : i.world.vms) {
            if (int64_t{2'000'000} + key == i.args.number("worldid", 0) &&
                vm.host == i.host.moid() && vm.power == PowerState::On) {
                number = key;
            }
        }
    }
    if (number == 0) {
        return cli_error(fmt::format("Unable to find a virtual machine with the world ID {}",
                                     i.args.get("worldid")));
    }
    auto off = VmOps(i.world).power_off(number);
    if (!off) {
        return cli_fault(off.error(), "Unable to kill:");
    }
    return Answer{};
}

// --- reclaiming ---------------------------------------------------------------------------------

// The datastore that -l or -u names, mounted here. World::mutex held.
Outcome<DatastoreState*> volume_of(const Invocation& i) {
    DatastoreState* ds = i.args.has("volumeuuid")
                             ? i.world.datastore_of(i.args.get("volumeuuid"))
                             : i.world.datastore_named(i.args.get("volumelabel"));
    const auto volume = ds == nullptr ? i.host.volumes.end() : i.host.volumes.find(ds->uuid);
    if (volume == i.host.volumes.end() || !volume->second.mounted) {
        return cli_error("Volume was not found.");
    }
    return ds;
}

Outcome<Answer> unmap(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    SIM_CHECK(volume_of(i));
    return Answer{};
}

Outcome<Answer> reclaim_get(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    SIM_TRY(const DatastoreState* ds, volume_of(i));
    return one("ReclaimConfig", {"",
                                 {{"Reclaim Granularity", int64_t{1048576}},
                                  {"Reclaim Priority", ds->unmap_priority},
                                  {"Reclaim Method", std::string("priority")},
                                  {"Reclaim Bandwidth", int64_t{26}}}});
}

Outcome<Answer> reclaim_set(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    SIM_TRY(DatastoreState * ds, volume_of(i));
    const std::string priority = i.args.get("reclaimpriority");
    if (priority != "none" && priority != "low") {
        return cli_error("Invalid data constraint for parameter 'reclaim-priority'.");
    }
    ds->unmap_priority = priority;
    i.world.touch();
    return Answer{};
}

} // namespace

void add_settings_commands(std::vector<Command>& out) {
    const Param module{"module", "module", 'm', true, false, "Module"};
    const Param label{"volumelabel", "volume-label", 'l', false, false, "Label"};
    const Param uuid{"volumeuuid", "volume-uuid", 'u', false, false, "VMFS UUID"};
    out.push_back({"system.coredump.file", "list", "List dump files", {}, dump_file_list});
    out.push_back({"system.coredump.file", "get", "The dump file in use", {}, dump_file_get});
    out.push_back({"system.coredump.file",
                   "add",
                   "Make a dump file",
                   {{"datastore", "datastore", 'd', true, false, "Datastore"}},
                   dump_file_add});
    out.push_back({"system.coredump.file",
                   "remove",
                   "Remove the dump file",
                   {{"force", "force", 'F', false, true, "Also an active one"}},
                   dump_file_remove});
    out.push_back(
        {"system.coredump.partition", "get", "The dump partition in use", {}, dump_partition_get});
    out.push_back(
        {"system.coredump.partition", "list", "List dump partitions", {}, dump_partition_list});
    out.push_back({"system.settings.advanced",
                   "list",
                   "List advanced options",
                   {{"option", "option", 'o', false, false, "Path of one"}},
                   settings_list});
    out.push_back({"system.settings.advanced",
                   "set",
                   "Set an advanced option",
                   {{"option", "option", 'o', true, false, "Path"},
                    {"intvalue", "int-value", 'i', true, false, "Number"}},
                   settings_set});
    out.push_back({"system.maintenanceMode",
                   "set",
                   "Enter or leave maintenance mode",
                   {{"enable", "enable", 'e', true, false, "true or false"},
                    {"timeout", "timeout", 't', false, false, "Seconds"},
                    {"vsanmode", "vsanmode", 'm', false, false, "vSAN evacuation"}},
                   maintenance_set});
    out.push_back({"system.module.parameters",
                   "set",
                   "Set parameters of a module",
                   {module, {"parameterstring", "parameter-string", 'p', true, false, "k=v ..."}},
                   parameters_set});
    out.push_back({"system.module", "load", "Load a module", {module}, module_load});
    out.push_back({"software.vib",
                   "get",
                   "About a package",
                   {{"vibname", "vibname", 'n', false, false, "Name"}},
                   vib_get});
    out.push_back({"vm.process",
                   "kill",
                   "Stop a running VM",
                   {{"type", "type", 't', true, false, "soft, hard or force"},
                    {"worldid", "world-id", 'w', true, false, "World ID"}},
                   process_kill});
    out.push_back({"storage.vmfs",
                   "unmap",
                   "Reclaim free space",
                   {label, uuid, {"reclaimunit", "reclaim-unit", 'n', false, false, "Blocks"}},
                   unmap});
    out.push_back(
        {"storage.vmfs.reclaim.config", "get", "Reclaim settings", {label, uuid}, reclaim_get});
    out.push_back(
        {"storage.vmfs.reclaim.config",
         "set",
         "Change reclaim settings",
         {label, uuid, {"reclaimpriority", "reclaim-priority", 'p', true, false, "none or low"}},
         reclaim_set});
}

} // namespace pf::vim::sim::cli
