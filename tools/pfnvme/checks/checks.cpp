#include "tools/pfnvme/checks/checks.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kMinimumVersion = "7.0.3";
constexpr std::int64_t kRecommendedBuild703 = 20036589; // 7.0 U3f

constexpr std::array<CheckRule, 26> kChecks{{
    {"E-VER-01", Severity::Blocker, "ESXi is below 7.0 U3", "NVMe/TCP exists from ESXi 7.0 U3 on.",
     "update the host to ESXi 7.0 U3f or 8.x"},
    {"E-VER-02", Severity::Warning, "ESXi 7.0 U3 before patch level f",
     "PowerFlex supports NVMe/TCP from 7.0 U3f (build 20036589) on.", "update the host to 7.0 U3f"},
    {"E-CONN-01", Severity::Blocker, "host is not connected",
     "A host that vCenter can't reach can't be changed or verified.",
     "connect the host in vCenter or leave it out"},
    {"E-TCP-01", Severity::Blocker, "host does not support NVMe over TCP",
     "The host's capability nvmeOverTcpSupported is false.",
     "check the NIC driver and the release"},
    {"H-NQN-01", Severity::Blocker, "duplicate host NQN",
     "Two hosts with one NQN see each other's volumes: data corruption.",
     "give the hosts own NQNs: pfnvme explain H-NQN-01"},
    {"H-NQN-02", Severity::Blocker, "host NQN is not known",
     "PowerFlex registers NVMe hosts by NQN.",
     "check hardware.systemInfo.qualifiedName of the host"},
    {"H-NQN-03", Severity::Warning, "default host NQN",
     "An NQN made of 'localhost' changes when the host gets its name.",
     "name the host first, then reboot it"},
    {"N-TAG-01", Severity::Blocker, "no VMkernel port for NVMe/TCP",
     "Controllers can't be added without a VMkernel port with the NVMe over TCP service.",
     "name port and NIC: --vmks vmkN --vmnics vmnicM"},
    {"N-RED-01", Severity::Warning, "no redundancy in the storage network",
     "With one NIC or one SDT a single failure takes all paths.", "add a second NIC or SDT"},
    {"P-SDT-02", Severity::Blocker, "no NVMe target", "No SDT of the system serves hosts.",
     "install or enable SDTs in the protection domain"},
    {"P-PROTO-01", Severity::Blocker, "volume is reached by the wrong protocol",
     "A volume is mapped by SDC or by NVMe, never by both.", "unmap one protocol first"},
    {"P-MAP-01", Severity::Blocker, "volume is mapped to a stranger",
     "Another machine uses the volume; it would lose it.",
     "unmap it there, or bring that host into the scope"},
    {"P-REP-01", Severity::Blocker, "volume is replicated",
     "A replicated volume can't be mapped to NVMe hosts.", "remove it from its replication group"},
    {"E-PATH-03", Severity::Blocker, "host is not onboarded",
     "Fewer controllers are online than asked for.", "run: pfnvme host nvme apply"},
    {"L-PATH-01", Severity::Blocker, "too many paths",
     "Each namespace may have a limited number of paths per host.", "connect fewer targets"},
    {"L-NS-01", Severity::Blocker, "too many namespaces",
     "A host may see a limited number of NVMe-oF namespaces.",
     "consolidate datastores or update to vSphere 8"},
    {"D-PF-01", Severity::Blocker, "datastore is not on a PowerFlex SDC volume",
     "Only datastores on volumes of this PowerFlex system are moved.", "leave it out of the scope"},
    {"D-SPAN-01", Severity::Blocker, "datastore spans several devices",
     "All extents would have to change together.", "move its VMs by Storage vMotion"},
    {"D-VMFS-01", Severity::Blocker, "datastore is not VMFS 6",
     "Conversion needs VMFS 6 with ATS-only locking.", "move its VMs to a VMFS 6 datastore"},
    {"D-ACC-01", Severity::Blocker, "datastore is not accessible on every host",
     "A host that has lost the datastore can't release it.", "repair the access first"},
    {"V-RDM-01", Severity::Blocker, "VM has a raw device mapping",
     "RDM is not supported on NVMe-oF, in any release.",
     "convert a virtual RDM to a VMDK by Storage vMotion; a physical one stays on SDC"},
    {"V-SHARE-01", Severity::Blocker, "VM shares a disk",
     "Storage vMotion can't move a VM with a multi-writer disk, and its partners must move "
     "together.",
     "take the VM out of the scope"},
    {"V-BUS-01", Severity::Blocker, "VM has SCSI bus sharing",
     "Clustered disks need reservations that NVMe/TCP offers only from 8.0 U3 on.",
     "take the VM out of the scope"},
    {"V-MULTI-01", Severity::Blocker, "VM uses several datastores",
     "Its files refer to each other by datastore; the datastores would have to move together.",
     "bring its disks to one datastore by Storage vMotion"},
    {"V-STATE-01", Severity::Blocker, "VM is not in a state to be moved",
     "Suspended, inaccessible, asking a question or fault tolerant VMs can't be moved safely.",
     "bring the VM into a plain state first"},
    {"V-TOOLS-01", Severity::Warning, "VM runs without VMware Tools",
     "Its guest can't be shut down cleanly.",
     "install VMware Tools, or accept strategy.offline.shutdown.then: power-off"},
}};

// From VMware's configuration maximums as far as public; see docs/operating/limits.md.
constexpr std::string_view kLimitsVersion = "2026-11-22";
constexpr std::array<ReleaseLimits, 2> kLimits{{{"8.0.0", 256, 2048, 8}, {"0", 32, 128, 4}}};

void check_vm(const VmInfo& vm, Strategy strategy, std::vector<PlanFinding>& out) {
    const std::string object = "VM " + vm.name;
    for (const DiskInfo& disk : vm.disks) {
        if (disk.rdm != RdmKind::None) {
            out.push_back(finding("V-RDM-01", object,
                                  fmt::format("VM '{}' has a {} raw device mapping ({})", vm.name,
                                              disk.rdm == RdmKind::Virtual ? "virtual" : "physical",
                                              disk.label)));
        }
        if (disk.multi_writer) {
            out.push_back(finding("V-SHARE-01", object,
                                  fmt::format("VM '{}' shares the disk {}", vm.name, disk.label)));
        }
    }
    if (vm.shared_bus) {
        out.push_back(
            finding("V-BUS-01", object, fmt::format("VM '{}' has SCSI bus sharing", vm.name)));
    }
    if (vm.datastore_ids.size() > 1) {
        out.push_back(
            finding("V-MULTI-01", object,
                    fmt::format("VM '{}' uses {} datastores", vm.name, vm.datastore_ids.size())));
    }
    std::string state;
    if (vm.connection_state != "connected") {
        state = vm.connection_state;
    } else if (vm.power_state == "suspended") {
        state = "suspended";
    } else if (!vm.question.empty()) {
        state = "waiting for an answer";
    } else if (vm.fault_tolerant) {
        state = "protected by Fault Tolerance";
    } else if (vm.is_template && strategy == Strategy::Online) {
        state = "a template, which Storage vMotion does not move";
    }
    if (!state.empty()) {
        out.push_back(finding("V-STATE-01", object, fmt::format("VM '{}' is {}", vm.name, state)));
    }
    if (strategy == Strategy::Offline && vm.power_state == "poweredOn" && !vm.tools_running) {
        out.push_back(finding("V-TOOLS-01", object,
                              fmt::format("VM '{}' runs without VMware Tools", vm.name)));
    }
}

void check_mappings(const Inventory& inventory, const DatastoreInfo& datastore,
                    const VolumeInfo& volume, std::vector<PlanFinding>& out) {
    const std::string object = "volume " + volume.name;
    if (volume.protocol() != Protocol::Sdc) {
        out.push_back(
            finding("P-PROTO-01", object,
                    fmt::format("volume '{}' of datastore '{}' is mapped by {}; SDC was "
                                "expected",
                                volume.name, datastore.name, to_string(volume.protocol()))));
    }
    std::set<std::string> expected;
    bool all_known = true;
    for (const DatastoreMount& mount : datastore.mounts) {
        const HostInfo* host = inventory.host(mount.host_id);
        const PowerFlexHost* sdc = host == nullptr ? nullptr : inventory.sdc_of(*host);
        if (sdc == nullptr) {
            all_known = false;
        } else {
            expected.insert(sdc->id);
        }
    }
    for (const MappingInfo& mapping : volume.mappings) {
        if (!mapping.nvme && all_known && !expected.contains(mapping.host_id)) {
            out.push_back(
                finding("P-MAP-01", object,
                        fmt::format("volume '{}' is also mapped to SDC '{}', which is none of "
                                    "the datastore's hosts",
                                    volume.name, mapping.host_name)));
        }
    }
    if (!all_known && volume.mappings.size() > datastore.mounts.size()) {
        out.push_back(
            finding("P-MAP-01", object,
                    fmt::format("volume '{}' is mapped to {} SDCs, its datastore is on {} hosts",
                                volume.name, volume.mappings.size(), datastore.mounts.size())));
    }
    if (volume.replicated) {
        out.push_back(
            finding("P-REP-01", object, fmt::format("volume '{}' is replicated", volume.name)));
    }
}

} // namespace

std::span<const CheckRule> all_checks() { return kChecks; }

const CheckRule* find_check(std::string_view id) {
    const auto* found = std::find_if(kChecks.begin(), kChecks.end(),
                                     [&](const CheckRule& rule) { return rule.id == id; });
    return found == kChecks.end() ? nullptr : found;
}

std::string_view to_string(Severity severity) {
    switch (severity) {
    case Severity::Blocker:
        return "blocker";
    case Severity::Warning:
        return "warning";
    case Severity::Info:
        return "info";
    }
    return "?";
}

const ReleaseLimits& limits_for(const std::string& esxi_version) {
    for (const ReleaseLimits& limits : kLimits) {
        if (compare_versions(esxi_version, std::string(limits.from_version)) >= 0) {
            return limits;
        }
    }
    return kLimits.back();
}

std::string_view limits_version() { return kLimitsVersion; }

PlanFinding finding(std::string_view check, std::string object, std::string message,
                    std::string fix) {
    const CheckRule* rule = find_check(check);
    PlanFinding out;
    out.check = check;
    out.severity = rule == nullptr ? "blocker" : std::string(to_string(rule->severity));
    out.object = std::move(object);
    out.message = std::move(message);
    out.fix = fix.empty() && rule != nullptr ? std::string(rule->fix) : std::move(fix);
    return out;
}

bool has_blocker(const std::vector<PlanFinding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const PlanFinding& item) { return item.severity == "blocker"; });
}

std::vector<PlanFinding> check_host(const Inventory& inventory, const HostInfo& host) {
    std::vector<PlanFinding> out;
    const std::string object = "host " + host.name;
    if (host.connection_state != "connected") {
        out.push_back(finding("E-CONN-01", object,
                              fmt::format("host '{}' is {}", host.name, host.connection_state)));
        return out;
    }
    if (compare_versions(host.version, std::string(kMinimumVersion)) < 0) {
        out.push_back(finding("E-VER-01", object,
                              fmt::format("host '{}' runs ESXi {} (build {}), below 7.0 U3",
                                          host.name, host.version, host.build)));
        return out;
    }
    if (compare_versions(host.version, std::string(kMinimumVersion)) == 0 && !host.build.empty() &&
        compare_versions(host.build, std::to_string(kRecommendedBuild703)) < 0) {
        out.push_back(
            finding("E-VER-02", object,
                    fmt::format("host '{}' runs ESXi 7.0 U3 build {}", host.name, host.build)));
    }
    if (!host.nvme_tcp_supported) {
        out.push_back(finding("E-TCP-01", object,
                              fmt::format("host '{}' does not support NVMe over TCP", host.name)));
    }
    if (host.nqn.empty()) {
        out.push_back(
            finding("H-NQN-02", object, fmt::format("host '{}' reports no NQN", host.name)));
    } else if (host.nqn.find("localhost") != std::string::npos) {
        out.push_back(
            finding("H-NQN-03", object,
                    fmt::format("host '{}' has the default NQN {}", host.name, host.nqn)));
    }
    for (const HostInfo& other : inventory.hosts) {
        if (other.id != host.id && !host.nqn.empty() && other.nqn == host.nqn) {
            out.push_back(finding("H-NQN-01", object,
                                  fmt::format("hosts '{}' and '{}' have the same NQN {}", host.name,
                                              other.name, host.nqn)));
        }
    }
    const bool any_target = std::any_of(inventory.sdts.begin(), inventory.sdts.end(),
                                        [](const SdtAddress& sdt) { return sdt.serving; });
    if (!any_target) {
        out.push_back(finding("P-SDT-02", "PowerFlex " + inventory.powerflex.name,
                              fmt::format("PowerFlex system {} has no SDT that serves hosts",
                                          inventory.powerflex.system_id)));
    }
    return out;
}

std::vector<PlanFinding> check_host_ready(const Inventory& inventory, const HostInfo& host,
                                          std::uint32_t new_namespaces, std::uint32_t min_paths) {
    std::vector<PlanFinding> out = check_host(inventory, host);
    if (has_blocker(out)) {
        return out;
    }
    const std::string object = "host " + host.name;
    const ReleaseLimits& limits = limits_for(host.version);
    std::uint32_t online = 0;
    for (const NvmeController& controller : host.controllers) {
        if (controller.online && controller.subsystem_nqn == inventory.powerflex.nqn) {
            ++online;
        }
    }
    const PowerFlexHost* registered = inventory.nvme_host(host.nqn);
    if (registered == nullptr || online < min_paths) {
        out.push_back(finding(
            "E-PATH-03", object,
            fmt::format("host '{}' has {} of {} NVMe/TCP controllers online{}", host.name, online,
                        min_paths,
                        registered == nullptr ? " and is not registered on PowerFlex" : "")));
        return out;
    }
    if (online > limits.paths_per_namespace) {
        out.push_back(
            finding("L-PATH-01", object,
                    fmt::format("host '{}' has {} controllers; ESXi {} allows {} paths for each "
                                "namespace",
                                host.name, online, host.version, limits.paths_per_namespace)));
    }
    const std::size_t after = inventory.volumes_of(*registered).size() + new_namespaces;
    if (after > limits.namespaces_per_host || after * online > limits.paths_per_host) {
        out.push_back(
            finding("L-NS-01", object,
                    fmt::format("host '{}' would have {} namespaces and {} paths; ESXi {} allows "
                                "{} and {}",
                                host.name, after, after * online, host.version,
                                limits.namespaces_per_host, limits.paths_per_host)));
    }
    if (online < 2) {
        out.push_back(
            finding("N-RED-01", object, fmt::format("host '{}' has a single path", host.name)));
    }
    return out;
}

std::vector<PlanFinding> check_datastore(const Inventory& inventory, const DatastoreInfo& datastore,
                                         Strategy strategy) {
    std::vector<PlanFinding> out;
    const std::string object = "datastore " + datastore.name;
    if (datastore.extents.size() > 1) {
        out.push_back(finding("D-SPAN-01", object,
                              fmt::format("datastore '{}' spans {} devices", datastore.name,
                                          datastore.extents.size())));
    }
    const VolumeInfo* volume = inventory.sdc_volume_of(datastore);
    if (volume == nullptr) {
        const VolumeInfo* moved = inventory.nvme_volume_of(datastore);
        out.push_back(finding(
            "D-PF-01", object,
            moved != nullptr ? fmt::format("datastore '{}' is on NVMe already", datastore.name)
                             : fmt::format("datastore '{}' is not on an SDC volume of PowerFlex {}",
                                           datastore.name, inventory.powerflex.system_id)));
        return out;
    }
    if (strategy == Strategy::Offline && datastore.vmfs_major != 6) {
        out.push_back(finding(
            "D-VMFS-01", object,
            fmt::format("datastore '{}' is VMFS {}", datastore.name, datastore.vmfs_major)));
    }
    for (const DatastoreMount& mount : datastore.mounts) {
        if (!mount.mounted || !mount.accessible) {
            const HostInfo* host = inventory.host(mount.host_id);
            out.push_back(
                finding("D-ACC-01", object,
                        fmt::format("datastore '{}' is not accessible on host '{}'", datastore.name,
                                    host == nullptr ? mount.host_id : host->name)));
        }
    }
    check_mappings(inventory, datastore, *volume, out);
    for (const VmInfo* vm : inventory.vms_on(datastore)) {
        check_vm(*vm, strategy, out);
    }
    return out;
}

} // namespace pf::nvmetool
