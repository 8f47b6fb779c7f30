// HostSystem and the parts of its configuration that are not storage or network.
#include "libvsphere/simulator/service/dvs.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

Value runtime_info(const HostState& host) {
    return make("HostRuntimeInfo",
                {{"connectionState", enum_value("HostSystemConnectionState",
                                                host.connected ? "connected" : "notResponding")},
                 {"powerState", enum_value("HostSystemPowerState", "poweredOn")},
                 {"inMaintenanceMode", host.maintenance},
                 {"inQuarantineMode", false},
                 {"bootTime", time_value(host.boot_time)}});
}

Value system_info(HostState& host) {
    DataObject info("HostSystemInfo");
    info.set("vendor", "Simulated");
    info.set("model", "ESXi host");
    info.set("uuid", host.spec.uuid);
    info.set("serialNumber", host.spec.uuid.substr(0, 8));
    const std::string nqn = host.nqn;
    if (!nqn.empty()) {
        info.set("qualifiedName",
                 Value::array(
                     "HostQualifiedName",
                     {make("HostQualifiedName", {{"value", nqn}, {"type", "nvmeQualifiedName"}})}));
    }
    return Value(std::move(info));
}

constexpr int64_t kCpuHz = 2'600'000'000;

Value cpu_package(int index) {
    std::vector<Value> threads;
    for (int thread = 0; thread < 32; ++thread) {
        threads.push_back(short_value(index * 32 + thread));
    }
    return make("HostCpuPackage", {{"index", short_value(index)},
                                   {"vendor", "intel"},
                                   {"hz", long_value(kCpuHz)},
                                   {"busHz", long_value(100'000'000)},
                                   {"description", "Simulated CPU @ 2.60GHz"},
                                   {"threadId", Value::array("short", std::move(threads))}});
}

Value hardware_info(HostState& host) {
    return make("HostHardwareInfo",
                {{"systemInfo", system_info(host)},
                 {"cpuInfo", make("HostCpuInfo", {{"numCpuPackages", short_value(2)},
                                                  {"numCpuCores", short_value(32)},
                                                  {"numCpuThreads", short_value(64)},
                                                  {"hz", long_value(kCpuHz)}})},
                 {"cpuPkg", Value::array("HostCpuPackage", {cpu_package(0), cpu_package(1)})},
                 {"memorySize", long_value(uint64_t{256} << 30)},
                 {"smcPresent", false}});
}

Value capability(const HostState& host) {
    const bool eight = !host.is_version_7();
    const bool nvme_tcp = eight || host.spec.version >= "7.0.3";
    DataObject c("HostCapability");
    for (const char* yes : {"recursiveResourcePoolsSupported",
                            "cpuMemoryResourceConfigurationSupported",
                            "rebootSupported",
                            "shutdownSupported",
                            "vmotionSupported",
                            "sanSupported",
                            "nfsSupported",
                            "iscsiSupported",
                            "vlanTaggingSupported",
                            "nicTeamingSupported",
                            "highGuestMemSupported",
                            "maintenanceModeSupported",
                            "suspendedRelocateSupported",
                            "perVmSwapFiles",
                            "localSwapDatastoreSupported",
                            "unsharedSwapVMotionSupported",
                            "backgroundSnapshotsSupported",
                            "preAssignedPCIUnitNumbersSupported",
                            "screenshotSupported",
                            "scaledScreenshotSupported",
                            "storageVMotionSupported",
                            "vmotionWithStorageVMotionSupported",
                            "vmfsDatastoreMountCapable",
                            "hppPspSupported",
                            "markPerenniallyReservedSupported"}) {
        c.set(yes, true);
    }
    for (const char* no : {"standbySupported", "datastorePrincipalSupported",
                           "restrictedSnapshotRelocateSupported"}) {
        c.set(no, false);
    }
    c.set("maxNumDisksSVMotion", int_value(248));
    c.set("supportedVmfsMajorVersion", Value::array("int", {int_value(5), int_value(6)}));
    c.set("clusteredVmdkSupported", eight);
    c.set("nvmeOverTcpSupported", nvme_tcp);
    c.set("nvmeStorageFabricServicesSupported", nvme_tcp);
    c.set("nvmeBatchOperationsSupported", nvme_tcp);
    c.set("nvmeVvolSupported", eight);
    return filled(std::move(c));
}

Value config_manager(const HostState& host) {
    auto ref = [&](const char* type, const char* prefix) {
        return Value(MoRef{type, fmt::format("{}-{}", prefix, host.number)});
    };
    return make("HostConfigManager",
                {{"datastoreSystem", ref("HostDatastoreSystem", "datastoreSystem")},
                 {"storageSystem", ref("HostStorageSystem", "storageSystem")},
                 {"networkSystem", ref("HostNetworkSystem", "networkSystem")},
                 {"virtualNicManager", ref("HostVirtualNicManager", "virtualNicManager")},
                 {"serviceSystem", ref("HostServiceSystem", "serviceSystem")},
                 {"firewallSystem", ref("HostFirewallSystem", "firewallSystem")},
                 {"dateTimeSystem", ref("HostDateTimeSystem", "dateTimeSystem")},
                 {"autoStartManager", ref("HostAutoStartManager", "autoStartManager")},
                 {"advancedOption", ref("OptionManager", "EsxHostAdvSettings")},
                 {"diagnosticSystem", ref("HostDiagnosticSystem", "diagnosticSystem")},
                 {"kernelModuleSystem", ref("HostKernelModuleSystem", "kernelModuleSystem")}});
}

// The fields of HostConfigInfo that hosts here have.
constexpr std::array<std::string_view, 10> kConfigFields = {
    "host",          "product",
    "storageDevice", "fileSystemVolume",
    "network",       "virtualNicManagerInfo",
    "service",       "activeDiagnosticPartition",
    "option",        "lockdownMode"};

// One of them; unset for any other name.
Value config_field(const PropertyContext& c, HostState& host, std::string_view name) {
    if (name == "host") {
        return Value(host.ref());
    }
    if (name == "product") {
        return host_about(host);
    }
    if (name == "storageDevice") {
        return storage_device_info(c, host);
    }
    if (name == "fileSystemVolume") {
        return file_system_volume_info(c, host);
    }
    if (name == "network") {
        return network_info(c, host);
    }
    if (name == "virtualNicManagerInfo") {
        const MoRef manager{"HostVirtualNicManager",
                            fmt::format("virtualNicManager-{}", host.number)};
        return make("HostVirtualNicManagerInfo",
                    {{"netConfig", object_property(c, manager, "info")["netConfig"]}});
    }
    if (name == "service") {
        return make("HostServiceInfo", {{"service", host_services(host)}});
    }
    if (name == "activeDiagnosticPartition") {
        return host.dump_device.empty() ? Value() : dump_partition(host.dump_device);
    }
    if (name == "option") {
        return Value::array("OptionValue", advanced_options(c.world, host));
    }
    if (name == "lockdownMode") {
        return enum_value("HostLockdownMode", "lockdownDisabled");
    }
    return {};
}

Value config_info(const PropertyContext& c, HostState& host) {
    DataObject config("HostConfigInfo");
    for (const std::string_view name : kConfigFields) {
        config.set(name, config_field(c, host, name));
    }
    return Value(std::move(config));
}

Value summary(const PropertyContext& c, HostState& host) {
    const Value hardware =
        make("HostHardwareSummary", {{"vendor", "Simulated"},
                                     {"model", "ESXi host"},
                                     {"uuid", host.spec.uuid},
                                     {"memorySize", long_value(uint64_t{256} << 30)},
                                     {"cpuModel", "Simulated CPU @ 2.60GHz"},
                                     {"cpuMhz", int_value(2600)},
                                     {"numCpuPkgs", short_value(2)},
                                     {"numCpuCores", short_value(32)},
                                     {"numCpuThreads", short_value(64)},
                                     {"numNics", int_value(host.spec.nics.size())},
                                     {"numHBAs", int_value(host.adapters.size())}});
    (void)c;
    return make("HostListSummary",
                {{"host", host.ref()},
                 {"hardware", hardware},
                 {"runtime", runtime_info(host)},
                 {"config", make("HostConfigSummary", {{"name", host.spec.name},
                                                       {"port", int_value(443)},
                                                       {"product", host_about(host)},
                                                       {"vmotionEnabled", true},
                                                       {"faultToleranceEnabled", false}})},
                 {"quickStats",
                  make("HostListSummaryQuickStats", {{"overallCpuUsage", int_value(400)},
                                                     {"overallMemoryUsage", int_value(4096)}})},
                 {"overallStatus", enum_value("ManagedEntityStatus", "green")},
                 {"rebootRequired", false}});
}

} // namespace

Value host_about(const HostState& host) {
    const std::string& version = host.spec.version;
    return make("AboutInfo",
                {{"name", "VMware ESXi"},
                 {"fullName", fmt::format("VMware ESXi {} build-{}", version, host.spec.build)},
                 {"vendor", "VMware, Inc."},
                 {"version", version},
                 {"patchLevel", "0"},
                 {"build", host.spec.build},
                 {"localeVersion", "INTL"},
                 {"localeBuild", "000"},
                 {"osType", "vmnix-x86"},
                 {"productLineId", "embeddedEsx"},
                 {"apiType", "HostAgent"},
                 {"apiVersion", version + ".0"},
                 {"licenseProductName", "VMware ESX Server"},
                 {"licenseProductVersion", version.substr(0, 1) + ".0"}});
}

static std::string service_policy(const HostState& host, const std::string& service) {
    const auto set = host.service_policies.find(service);
    return set == host.service_policies.end() ? "on" : set->second;
}

Value host_services(const HostState& host) {
    std::vector<Value> services;
    for (const auto& [key, label] : {std::pair{"TSM", "ESXi Shell"}, std::pair{"TSM-SSH", "SSH"},
                                     std::pair{"ntpd", "NTP Daemon"},
                                     std::pair{"vmware-fdm", "vSphere High Availability Agent"}}) {
        services.push_back(make("HostService", {{"key", key},
                                                {"label", label},
                                                {"required", false},
                                                {"uninstallable", false},
                                                {"running", host.running_services.contains(key)},
                                                {"policy", service_policy(host, key)}}));
    }
    return Value::array("HostService", std::move(services));
}

std::vector<Value> advanced_options(World& world, const HostState& host) {
    const DatastoreState* scratch = world.datastore_named(host.spec.scratch_datastore);
    const std::string& logs = host.spec.syslog_datastore;
    auto number = [&](const char* path, int64_t otherwise) { // set by esxcli, or as it came
        const auto set = host.advanced.find(path);
        return Value(set == host.advanced.end() ? otherwise : set->second);
    };
    std::vector<Value> options;
    for (const auto& [key, value] :
         {std::pair{"ScratchConfig.CurrentScratchLocation",
                    Value(scratch == nullptr
                              ? std::string("/tmp/scratch")
                              : fmt::format("/vmfs/volumes/{}/.locker", scratch->uuid))},
          std::pair{"Syslog.global.logDir",
                    Value(logs.empty() ? std::string("[] /scratch/log")
                                       : fmt::format("[{}] logs/{}", logs, host.spec.name))},
          std::pair{"UserVars.SuppressShellWarning", Value(int64_t{0})},
          std::pair{"Misc.HostName", Value(host.spec.name)},
          std::pair{"Disk.MaxLUN", number("/Disk/MaxLUN", 1024)},
          std::pair{"Disk.AutoremoveOnPDL", number("/Disk/AutoremoveOnPDL", 1)},
          std::pair{"Misc.APDHandlingEnable", number("/Misc/APDHandlingEnable", 1)},
          std::pair{"Misc.APDTimeout",
                    number("/Misc/APDTimeout", world.options.timings.apd_timeout.count())},
          std::pair{"Scsi.NVmeUseDsmTp4040", number("/Scsi/NVmeUseDsmTp4040", 0)}}) {
        options.push_back(make("OptionValue", {{"key", key}, {"value", value}}));
    }
    return options;
}

Value module_list(const HostState& host) {
    std::vector<Value> modules;
    const Value section = make("KernelModuleSectionInfo",
                               {{"address", long_value(0x41800000)}, {"length", int_value(4096)}});
    int32_t id = 0;
    for (const auto& [name, present] :
         {std::pair{"vmkernel", true}, std::pair{"vmknvme", true}, std::pair{"nvmetcp", true},
          std::pair{"scini", host.spec.sdc}, std::pair{"nmlx5_core", true}}) {
        if (!present) {
            continue;
        }
        const auto options = host.module_options.find(name);
        modules.push_back(
            make("KernelModuleInfo",
                 {{"id", int_value(++id)},
                  {"name", name},
                  {"version", "1.0"},
                  {"filename", name},
                  {"optionString",
                   options == host.module_options.end() ? std::string() : options->second},
                  {"loaded", true},
                  {"enabled", true},
                  {"useCount", int_value(1)},
                  {"readOnlySection", section},
                  {"writableSection", section},
                  {"textSection", section},
                  {"dataSection", section},
                  {"bssSection", section}}));
    }
    return Value::array("KernelModuleInfo", std::move(modules));
}

Value host_property(const PropertyContext& c, HostState& host, std::string_view name) {
    if (name == "name") {
        return Value(host.spec.name);
    }
    if (name == "parent") {
        return Value(cluster_ref(host.cluster));
    }
    if (name == "runtime") {
        return runtime_info(host);
    }
    if (name == "summary") {
        return summary(c, host);
    }
    if (name == "hardware") {
        return hardware_info(host);
    }
    if (name == "capability") {
        return capability(host);
    }
    if (name == "configManager") {
        return config_manager(host);
    }
    if (name == "config") {
        return config_info(c, host);
    }
    if (name == "datastoreBrowser") {
        return Value(MoRef{"HostDatastoreBrowser", "datastoreBrowser-" + host.moid()});
    }
    if (name == "vm") {
        std::vector<MoRef> vms;
        const std::string moid = host.moid();
        for (const auto& [number, vm] : c.world.vms) {
            if (vm.host == moid) {
                vms.push_back(vm.ref());
            }
        }
        return Value::refs(vms);
    }
    if (name == "datastore") {
        std::vector<MoRef> all;
        for (const auto& [number, ds] : c.world.datastores) {
            if (host.volumes.contains(ds.uuid)) {
                all.push_back(ds.ref());
            }
        }
        return Value::refs(all);
    }
    if (name == "network") {
        std::vector<MoRef> networks{{"Network", "network-7"}};
        for (const MoRef& object : dvs_objects(c.world)) {
            const auto at = dvs_object(c.world, object);
            if (c.scope.is_vcenter() && object.type == "DistributedVirtualPortgroup" &&
                on_switch(c.world.estate.dvswitches[at->first], host.spec.name)) {
                networks.push_back(object);
            }
        }
        return Value::refs(networks);
    }
    if (name == "licensableResource") {
        return make(
            "HostLicensableResourceInfo",
            {{"resource",
              Value::array("KeyAnyValue", {make("KeyAnyValue", {{"key", "numCpuPackages"},
                                                                {"value", Value(int32_t{2})}})})}});
    }
    return {};
}

std::optional<Value> host_part(const PropertyContext& c, HostState& host, std::string_view path) {
    if (!path.starts_with("config.")) {
        return std::nullopt;
    }
    const std::string_view rest = path.substr(7);
    const std::string_view field = rest.substr(0, rest.find_first_of(".["));
    if (field.empty()) {
        return std::nullopt;
    }
    return take_part(make("HostConfigInfo", {{field, config_field(c, host, field)}}), rest);
}

} // namespace pf::vim::sim
