// The rest of what clients ask of a server: managers with little behind them, options, custom
// fields, host connection, queries about disks and policies.
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/simulator/vm_ops.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<Value> nothing(MethodContext&, const Call&) { return Value(); }

Value element(const char* key, const char* label) {
    return make("ElementDescription", {{"label", label}, {"summary", label}, {"key", key}});
}

Value type_description(const char* key) {
    return make("TypeDescription", {{"label", key}, {"summary", key}, {"key", key}});
}

// --- options ------------------------------------------------------------------------------------

Outcome<Value> update_options(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    HostState* host = c.world.host_numbered(trailing_number(call.self.id));
    if (host == nullptr) {
        return raise("NotSupported", "The options of this server are read only here.");
    }
    for (const Value& change : call.arg("changedValue").items()) {
        const std::string key = change["key"].text();
        std::string text = change["value"].text();
        const bool location =
            key == "ScratchConfig.ConfiguredScratchLocation" || key == "Syslog.global.logDir";
        if (!location) {
            return raise("InvalidName", fmt::format("Option '{}' can't be changed.", key),
                         {{"name", Value(key)}});
        }
        // "[ds] dir" or "/vmfs/volumes/ds/dir" names a datastore; anything else is elsewhere.
        std::string datastore;
        if (text.starts_with('[')) {
            datastore = text.substr(1, text.find(']') - 1);
        } else if (text.starts_with("/vmfs/volumes/")) {
            datastore = text.substr(14, text.find('/', 14) - 14);
        }
        if (c.world.datastore_named(datastore) == nullptr) {
            datastore.clear();
        }
        (key == "Syslog.global.logDir" ? host->spec.syslog_datastore
                                       : host->spec.scratch_datastore) = datastore;
    }
    c.world.touch();
    return Value();
}

// --- custom fields ------------------------------------------------------------------------------

Outcome<Value> change_field(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const int key = static_cast<int>(call.arg("key").int_or(0));
    const auto found = c.world.custom_fields.find(key);
    if (found == c.world.custom_fields.end()) {
        return raise_not_found("The custom field does not exist.");
    }
    if (call.method == "RenameCustomFieldDef") {
        found->second = call.arg("name").text();
    } else {
        c.world.custom_fields.erase(found);
        for (auto& [entity, values] : c.world.custom_values) {
            values.erase(key);
        }
    }
    c.world.touch();
    return Value();
}

Outcome<Value> set_custom_value(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    for (const auto& [key, name] : c.world.custom_fields) {
        if (name == call.arg("key").text()) {
            c.world.custom_values[call.self][key] = call.arg("value").text();
            c.world.touch();
            return Value();
        }
    }
    return raise_invalid_argument("key", "key");
}

// --- hosts --------------------------------------------------------------------------------------

Method connection(bool wanted) {
    return [wanted](MethodContext& c, const Call& call) -> Outcome<Value> {
        HostState* host = nullptr;
        {
            const std::lock_guard lock(c.world.mutex);
            host = c.world.host(call.self.id);
        }
        if (!c.scope.is_vcenter()) {
            return raise("NotSupported", "The operation is not supported on the object.");
        }
        World& world = c.world;
        auto work = [&world, host, wanted, user = c.user()](TaskContext&) -> Outcome<Value> {
            const std::lock_guard lock(world.mutex);
            if (host->connected == wanted) {
                return raise("InvalidState", "The operation is not allowed in the current state.");
            }
            host->connected = wanted;
            post_event(world, wanted ? "HostConnectedEvent" : "HostDisconnectedEvent", user,
                       host->ref(),
                       fmt::format("{} host {}", wanted ? "Connected to" : "Disconnected from",
                                   host->spec.name),
                       wanted ? std::vector<Field>{}
                              : std::vector<Field>{{"reason", Value("userRequest")}});
            world.touch();
            return Value();
        };
        return start_task(c, wanted ? "HostSystem.reconnect" : "HostSystem.disconnect", call.self,
                          work);
    };
}

Value lba(uint64_t block) {
    return make("HostDiskDimensionsLba",
                {{"blockSize", int_value(512)}, {"block", long_value(block)}});
}

Outcome<Value> disk_partitions(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    std::vector<Value> out;
    for (const std::string& path : call.arg("devicePath").texts()) {
        const std::string id = path.substr(path.rfind('/') + 1);
        const auto device = host->devices.find(id);
        if (device == host->devices.end()) {
            return raise_not_found("");
        }
        const uint64_t sectors = device->second.info.size_bytes / 512;
        const bool used = std::any_of(host->volumes.begin(), host->volumes.end(),
                                      [&](auto& v) { return v.second.device_id == id; });
        DataObject spec("HostDiskPartitionSpec",
                        {{"partitionFormat", "gpt"}, {"totalSectors", long_value(sectors)}});
        DataObject layout("HostDiskPartitionLayout", {{"total", lba(sectors)}});
        std::vector<Value> ranges;
        if (used) {
            spec.set("partition",
                     Value::array("HostDiskPartitionAttributes",
                                  {make("HostDiskPartitionAttributes",
                                        {{"partition", int_value(1)},
                                         {"startSector", long_value(2048)},
                                         {"endSector", long_value(sectors - 34)},
                                         {"type", "vmfs"},
                                         {"logical", false},
                                         {"attributes", Value::scalar("byte", "0")}})}));
            ranges.push_back(make("HostDiskPartitionBlockRange", {{"partition", int_value(1)},
                                                                  {"type", "vmfs"},
                                                                  {"start", lba(2048)},
                                                                  {"end", lba(sectors - 34)}}));
        } else {
            ranges.push_back(
                make("HostDiskPartitionBlockRange",
                     {{"type", "none"}, {"start", lba(2048)}, {"end", lba(sectors - 34)}}));
        }
        layout.set("partition", Value::array("HostDiskPartitionBlockRange", std::move(ranges)));
        out.push_back(make("HostDiskPartitionInfo", {{"deviceName", path},
                                                     {"spec", Value(std::move(spec))},
                                                     {"layout", Value(std::move(layout))}}));
    }
    return Value::array("HostDiskPartitionInfo", std::move(out));
}

Outcome<Value> path_policies(MethodContext&, const Call&) {
    std::vector<Value> out;
    for (const auto& [key, label] : {std::pair{"VMW_PSP_MRU", "Most Recently Used (VMware)"},
                                     std::pair{"VMW_PSP_RR", "Round Robin (VMware)"},
                                     std::pair{"VMW_PSP_FIXED", "Fixed (VMware)"}}) {
        out.push_back(make("HostPathSelectionPolicyOption", {{"policy", element(key, label)}}));
    }
    return Value::array("HostPathSelectionPolicyOption", std::move(out));
}

Outcome<Value> array_policies(MethodContext&, const Call&) {
    std::vector<Value> out;
    for (const char* key : {"VMW_SATP_LOCAL", "VMW_SATP_DEFAULT_AA", "VMW_SATP_ALUA"}) {
        out.push_back(make("HostStorageArrayTypePolicyOption", {{"policy", element(key, key)}}));
    }
    return Value::array("HostStorageArrayTypePolicyOption", std::move(out));
}

// --- virtual machines ---------------------------------------------------------------------------

Outcome<Value> reset_vm(MethodContext& c, const Call& call) {
    World& world = c.world;
    {
        const std::lock_guard lock(world.mutex);
        if (world.vm(call.self.id)->power != PowerState::On) {
            return raise_power_state(PowerState::On, PowerState::Off);
        }
    }
    auto work = [&world, ref = call.self](TaskContext& task) -> Outcome<Value> {
        task.sleep(world.options.timings.power);
        const std::lock_guard lock(world.mutex);
        if (VmState* vm = world.vm(ref.id)) {
            vm->boot_time = wall_now();
            world.touch();
        }
        return Value();
    };
    return start_task(c, "VirtualMachine.reset", call.self, work, false,
                      trailing_number(call.self.id));
}

Outcome<Value> config_descriptors(MethodContext& c, const Call&) {
    std::vector<MoRef> hosts;
    for (const auto& host : c.world.hosts) {
        hosts.push_back(host->ref());
    }
    return Value::array("VirtualMachineConfigOptionDescriptor",
                        {make("VirtualMachineConfigOptionDescriptor",
                              {{"key", "vmx-19"},
                               {"description", "ESXi 7.0 U2 virtual machine"},
                               {"host", Value::refs(hosts)},
                               {"createSupported", true},
                               {"defaultConfigOption", true},
                               {"runSupported", true},
                               {"upgradeSupported", true}})});
}

// What a host of the browser can do; a client that saves an inventory asks it.
Outcome<Value> target_capabilities(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef wanted = call.arg("host").ref();
    HostState* host = wanted.empty() ? c.world.hosts.front().get() : c.world.host(wanted.id);
    return host == nullptr
               ? raise_missing_object(wanted)
               : Outcome<Value>(host_property({c.world, c.scope, nullptr}, *host, "capability"));
}

Outcome<Value> no_hints(MethodContext&, const Call&) { return Value::array("PhysicalNicHintInfo"); }
Outcome<Value> no_ports(MethodContext&, const Call&) {
    return Value::array("DistributedVirtualPort");
}

Outcome<Value> reboot_guest(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    VmState* vm = c.world.vm(call.self.id);
    if (vm->power != PowerState::On) {
        return raise_power_state(PowerState::On, PowerState::Off);
    }
    if (!vm->tools) {
        return raise("ToolsUnavailable",
                     "Cannot complete operation because VMware Tools is not running in this "
                     "virtual machine.");
    }
    vm->boot_time = wall_now();
    c.world.touch();
    return Value();
}

// --- clusters -----------------------------------------------------------------------------------

Outcome<Value> no_rdma(MethodContext& c, const Call& call) {
    SIM_CHECK(host_of(c, call.self));
    return raise_not_found(""); // no host here has an RDMA device
}

// --- searches and views -------------------------------------------------------------------------

Outcome<Value> find_all(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    std::vector<MoRef> out;
    const bool vms = call.arg("vmSearch").bool_or(false);
    const bool by_ip = call.method == "FindAllByIp";
    const std::string wanted = call.arg(by_ip ? "ip" : "dnsName").text();
    for (const auto& [number, vm] : c.world.vms) {
        if (vms && !by_ip && vm.name == wanted && vm.tools && vm.power == PowerState::On) {
            out.push_back(vm.ref());
        }
    }
    for (const auto& host : c.world.hosts) {
        const auto& vmks = host->spec.vmks;
        const bool has = by_ip ? std::any_of(vmks.begin(), vmks.end(),
                                             [&](const VmkSpec& v) { return v.address == wanted; })
                               : host->spec.name == wanted;
        if (!vms && has) {
            out.push_back(host->ref());
        }
    }
    std::erase_if(out, [&](const MoRef& m) { return !c.scope.visible_locked(c.world, m); });
    return Value::refs(out);
}

Outcome<Value> find_extension(MethodContext&, const Call&) { return Value(); }

Outcome<Value> no_components(MethodContext&, const Call&) {
    return Value::array("ProductComponentInfo");
}
Outcome<Value> no_schedule(MethodContext&, const Call&) { return Value::array("ScheduledTask"); }
Outcome<Value> no_services(MethodContext&, const Call&) {
    return Value::array("ServiceManagerServiceInfo");
}

Outcome<Value> date_time(MethodContext&, const Call&) { return time_value(wall_now()); }

Value task_description() {
    std::vector<Value> methods;
    for (const MethodInfo* method : Schema::get().methods()) {
        if (!method->name.ends_with("_Task")) {
            continue;
        }
        const std::string name = method->name.substr(0, method->name.size() - 5);
        methods.push_back(
            make("ElementDescription",
                 {{"label", name}, {"summary", name}, {"key", method->owner + "." + name}}));
    }
    return make(
        "TaskDescription",
        {{"methodInfo", Value::array("ElementDescription", std::move(methods))},
         {"state", Value::array("ElementDescription",
                                {element("queued", "Queued"), element("running", "Running"),
                                 element("success", "Success"), element("error", "Error")})},
         {"reason", Value::array("TypeDescription", {type_description("TaskReasonUser")})}});
}

Value license_info() {
    return make("LicenseManagerLicenseInfo", {{"licenseKey", "00000-00000-00000-00000-00000"},
                                              {"editionKey", "eval"},
                                              {"name", "Evaluation Mode"},
                                              {"total", int_value(0)},
                                              {"used", int_value(0)},
                                              {"costUnit", "cpuPackage"}});
}

} // namespace

Value more_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    const Schema& schema = Schema::get();
    if (object.type == "TaskManager" && name == "description") {
        return task_description();
    }
    if (object.type == "EventManager") {
        const auto& events = c.world.extras->events;
        if (name == "maxCollector") {
            return Value(int32_t{32});
        }
        if (name == "latestEvent") {
            return events.empty() ? Value() : events.back().event;
        }
    }
    if (object.type == "LicenseManager") {
        if (name == "licenses") {
            return Value::array("LicenseManagerLicenseInfo", {license_info()});
        }
        if (name == "licensedEdition") {
            return Value("eval");
        }
        if (name == "sourceAvailable") {
            return Value(true);
        }
        if (name == "evaluation") {
            return make("LicenseManagerEvaluationInfo",
                        {{"properties",
                          Value::array("KeyAnyValue",
                                       {make("KeyAnyValue", {{"key", "expirationHours"},
                                                             {"value", Value(int64_t{1440})}})})}});
        }
    }
    if (object.type == "PerformanceManager" && name == "perfCounter") {
        return Value::array("PerfCounterInfo", perf_counters(c.world));
    }
    if (object.type == "ExtensionManager" && name == "extensionList") {
        return Value::array("Extension");
    }
    if (object.type == "AlarmManager" && name == "lastTriggerId") {
        return Value(int32_t{0});
    }
    if (object.type == "EnvironmentBrowser" && name == "datastoreBrowser") {
        return object.id == "envbrowser-8"
                   ? Value()
                   : Value(MoRef{"HostDatastoreBrowser",
                                 "datastoreBrowser-" + c.world.hosts.front()->moid()});
    }
    if (object.type == "ViewManager" && name == "viewList" && c.session != nullptr) {
        std::vector<MoRef> views;
        for (const auto& [id, view] : c.session->views) {
            views.push_back({view.list ? "ListView" : "ContainerView", id});
        }
        return Value::refs(views);
    }
    if (object.type == "PropertyCollector" && name == "filter" && c.session != nullptr) {
        std::vector<MoRef> filters;
        const auto found = c.session->collectors.find(object.id);
        if (found != c.session->collectors.end()) {
            for (const auto& [id, filter] : found->second.filters) {
                filters.push_back({"PropertyFilter", id});
            }
        }
        return Value::refs(filters);
    }
    if (object.type == "PropertyFilter" && c.session != nullptr) {
        for (const auto& [id, collector] : c.session->collectors) {
            const auto filter = collector.filters.find(object.id);
            if (filter != collector.filters.end()) {
                return name == "spec" ? filter->second.spec : Value(false);
            }
        }
    }
    if (object.type == "HostAutoStartManager" && name == "config") {
        return autostart_config(c.world, object);
    }
    if (schema.is_a(object.type, "HostDateTimeSystem") && name == "dateTimeInfo") {
        return make("HostDateTimeInfo", {{"timeZone", make("HostDateTimeSystemTimeZone",
                                                           {{"key", "UTC"},
                                                            {"name", "UTC"},
                                                            {"description", "UTC"},
                                                            {"gmtOffset", int_value(0)}})},
                                         {"ntpConfig", make("HostNtpConfig", {})}});
    }
    if (object.type == "HostDiagnosticSystem" && name == "activePartition") {
        const HostState* host = c.world.host_numbered(trailing_number(object.id));
        return host == nullptr || host->dump_device.empty() ? Value()
                                                            : dump_partition(host->dump_device);
    }
    if (object.type == "HostFirewallSystem" && name == "firewallInfo") {
        return make(
            "HostFirewallInfo",
            {{"defaultPolicy", make("HostFirewallDefaultPolicy",
                                    {{"incomingBlocked", true}, {"outgoingBlocked", true}})}});
    }
    return {};
}

void add_more_methods(MethodTable& t) {
    t.add("OptionManager", "UpdateOptions", update_options);
    t.add("CustomFieldsManager", "RemoveCustomFieldDef", change_field);
    t.add("CustomFieldsManager", "RenameCustomFieldDef", change_field);
    t.add("ExtensibleManagedObject", "setCustomValue", set_custom_value);
    t.add("HostSystem", "DisconnectHost_Task", connection(false));
    t.add("HostSystem", "ReconnectHost_Task", connection(true));
    constexpr const char* s = "HostStorageSystem";
    t.add(s, "RetrieveDiskPartitionInfo", disk_partitions);
    t.add(s, "QueryPathSelectionPolicyOptions", path_policies);
    t.add(s, "QueryStorageArrayTypePolicyOptions", array_policies);
    t.add("HostNetworkSystem", "RefreshNetworkSystem", nothing);
    t.add("HostDateTimeSystem", "QueryDateTime", date_time);
    t.add("VirtualMachine", "ResetVM_Task", reset_vm);
    t.add("VirtualMachine", "RebootGuest", reboot_guest);
    t.add(s, "CreateNvmeOverRdmaAdapter", no_rdma);
    t.add(s, "RemoveNvmeOverRdmaAdapter", no_rdma);
    t.add("ManagedEntity", "Reload", nothing);
    t.add("ResourcePool", "RefreshRuntime", nothing);
    t.add("EnvironmentBrowser", "QueryConfigOptionDescriptor", config_descriptors);
    t.add("EnvironmentBrowser", "QueryConfigOption", nothing);
    t.add("EnvironmentBrowser", "QueryConfigTarget", nothing);
    t.add("EnvironmentBrowser", "QueryTargetCapabilities", target_capabilities);
    t.add("HostNetworkSystem", "QueryNetworkHint", no_hints);
    t.add("DistributedVirtualSwitch", "FetchDVPorts", no_ports);
    t.add("SearchIndex", "FindAllByDnsName", find_all);
    t.add("SearchIndex", "FindAllByIp", find_all);
    t.add("ExtensionManager", "FindExtension", find_extension);
    t.add("ServiceInstance", "RetrieveProductComponents", no_components);
    t.add("ScheduledTaskManager", "RetrieveEntityScheduledTask", no_schedule);
    t.add("ServiceManager", "QueryServiceList", no_services);
}

} // namespace pf::vim::sim
