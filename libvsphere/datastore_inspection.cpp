#include "libvsphere/datastore_inspection.hpp"

#include "libvsphere/datastore.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pf::vim {

namespace {

/// "[ds01] vm/vm.vmx" → "[ds01] vm/"
std::string folder_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(0, slash + 1);
}

class Findings {
  public:
    explicit Findings(const Vm& vm) : vm_(vm) {}

    void add(VmObstacle obstacle, std::string detail = {}) {
        out_.push_back({obstacle, std::move(detail)});
    }

    void disk(const VirtualDisk& disk) {
        const DiskBacking& backing = disk.backing;
        if (backing.is_rdm())
            add(VmObstacle::RawDevice, disk.label + ": " + backing.rdm_mode);
        if (backing.multi_writer())
            add(VmObstacle::MultiWriter, disk.label);
        if (backing.disk_mode.starts_with("independent"))
            add(VmObstacle::IndependentDisk, disk.label + ": " + backing.disk_mode);
        if (!backing.backing_object_id.empty())
            add(VmObstacle::VirtualVolume, disk.label);
        if (!disk.fcd_id.empty())
            add(VmObstacle::FirstClassDisk, disk.label + ": " + disk.fcd_id);
        if (backing.encrypted)
            add(VmObstacle::Encrypted, disk.label);
        for (const std::string& filter : disk.io_filters)
            add(VmObstacle::IoFilter, disk.label + ": " + filter);
        const std::string home = folder_of(vm_.vmx_path);
        const auto foreign = std::find_if(
            backing.parents.begin(), backing.parents.end(), [&](const std::string& parent) {
                // The chain of a snapshot lies beside its disk; that of a clone does not.
                return folder_of(parent) != home &&
                       folder_of(parent) != folder_of(backing.file_name);
            });
        if (foreign != backing.parents.end())
            add(VmObstacle::LinkedClone, disk.label + ": " + *foreign);
        else if (disk.linked_clone)
            add(VmObstacle::LinkedClone, disk.label);
    }

    void files() {
        const std::string home = folder_of(vm_.vmx_path);
        for (const VmFile& file : vm_.files) {
            if ((file.type == "swap" || file.type == "uwswap") && folder_of(file.name) != home)
                add(VmObstacle::SwapElsewhere, file.name);
        }
        if (vm_.swap_placement == "hostLocal")
            add(VmObstacle::SwapElsewhere, "hostLocal");
    }

    std::vector<VmFinding> take() { return std::move(out_); }

  private:
    const Vm& vm_;
    std::vector<VmFinding> out_;
};

} // namespace

std::string_view to_string(VmObstacle obstacle) {
    switch (obstacle) {
    case VmObstacle::RawDevice:
        return "raw device mapping";
    case VmObstacle::MultiWriter:
        return "multi-writer disk";
    case VmObstacle::SharedBus:
        return "shared bus";
    case VmObstacle::LinkedClone:
        return "linked clone";
    case VmObstacle::Snapshots:
        return "snapshots";
    case VmObstacle::Consolidation:
        return "disks to be consolidated";
    case VmObstacle::SeveralDatastores:
        return "several datastores";
    case VmObstacle::IndependentDisk:
        return "independent disk";
    case VmObstacle::VirtualVolume:
        return "virtual volume";
    case VmObstacle::FirstClassDisk:
        return "first class disk";
    case VmObstacle::MountedMedia:
        return "image in a drive";
    case VmObstacle::Replicated:
        return "vSphere Replication";
    case VmObstacle::Placeholder:
        return "placeholder of Site Recovery Manager";
    case VmObstacle::ClusterService:
        return "cluster service VM";
    case VmObstacle::FaultTolerant:
        return "fault tolerance";
    case VmObstacle::IoFilter:
        return "I/O filter";
    case VmObstacle::Encrypted:
        return "encryption";
    case VmObstacle::PendingQuestion:
        return "pending question";
    case VmObstacle::SwapElsewhere:
        return "swap file elsewhere";
    case VmObstacle::NotReachable:
        return "not reachable";
    case VmObstacle::TiedToHost:
        return "device of its host";
    }
    return "?";
}

std::vector<VmFinding> vm_obstacles(const Vm& vm) {
    Findings found(vm);
    for (const VirtualDisk& disk : vm.disks)
        found.disk(disk);
    for (const VmController& controller : vm.controllers) {
        if (!controller.shared_bus.empty() && controller.shared_bus != "noSharing")
            found.add(VmObstacle::SharedBus, controller.label + ": " + controller.shared_bus);
    }
    if (!vm.snapshots.empty())
        found.add(VmObstacle::Snapshots, std::to_string(vm.snapshots.size()));
    if (vm.consolidation_needed)
        found.add(VmObstacle::Consolidation);
    if (vm.datastores.size() > 1)
        found.add(VmObstacle::SeveralDatastores, std::to_string(vm.datastores.size()));
    for (const VmMedia& media : vm.media)
        found.add(VmObstacle::MountedMedia, media.label + ": " + media.file_name);
    if (vm.replicated)
        found.add(VmObstacle::Replicated);
    if (vm.managed_by.starts_with("com.vmware.vcDr"))
        found.add(VmObstacle::Placeholder, vm.managed_by);
    if (vm.is_vcls)
        found.add(VmObstacle::ClusterService);
    if (!vm.fault_tolerance.empty() && vm.fault_tolerance != "notConfigured")
        found.add(VmObstacle::FaultTolerant, vm.fault_tolerance);
    if (vm.encrypted)
        found.add(VmObstacle::Encrypted);
    if (vm.question)
        found.add(VmObstacle::PendingQuestion, vm.question->text);
    found.files();
    if (!vm.connection_state.empty() && vm.connection_state != "connected")
        found.add(VmObstacle::NotReachable, vm.connection_state);
    for (const VmHostDevice& device : vm.host_devices)
        found.add(VmObstacle::TiedToHost, device.label + ": " + device.kind);
    return found.take();
}

Result<HostPlaces> host_places(Session& session, const Host& host) {
    HostPlaces places;
    const std::array<std::pair<const char*, std::string*>, 4> options = {
        {{"ScratchConfig.CurrentScratchLocation", &places.scratch},
         {"ScratchConfig.ConfiguredScratchLocation", &places.scratch_after_reboot},
         {"Syslog.global.logDir", &places.log_dir},
         {"UserVars.ProductLockerLocation", &places.tools_dir}}};
    for (const auto& [name, target] : options) {
        Result<Value> read =
            session.call(host.managers.advanced_options, "QueryOptions", {{"name", Value(name)}},
                         {.object = fmt::format("host {}: read {}", host.name, name)});
        // A release without the option answers with a fault about the name; what else goes wrong
        // ends the reading.
        if (!read && (is_fault(read.error(), "InvalidName") || is_fault(read.error(), "NotFound") ||
                      read.error().code == Errc::PermissionDenied)) {
            places.unread.push_back(fmt::format("{}: {}", name, read.error().what));
            continue;
        }
        if (!read)
            return fail(read.error());
        for (const Value& option : read->items())
            *target = option["value"].text_or();
    }
    places.dump_device = host.swap_datastore_diag_disk;
    places.swap_datastore = host.local_swap_datastore;
    PF_TRY(Value swap, retrieve_property(session, host.ref, "config.systemSwapConfiguration"));
    for (const Value& option : swap["option"].items()) {
        if (option.type_name() == "HostSystemSwapConfigurationDatastoreOption")
            places.system_swap_datastore = option["datastore"].text_or();
    }
    return places;
}

bool path_is_on(const Datastore& datastore, std::string_view path) {
    if (path.starts_with("ds://"))
        path.remove_prefix(5);
    constexpr std::string_view volumes = "/vmfs/volumes/";
    std::string_view volume;
    if (path.starts_with(volumes)) {
        path.remove_prefix(volumes.size());
        volume = path.substr(0, path.find('/'));
    } else if (path.starts_with("[")) {
        const size_t close = path.find(']');
        if (close == std::string_view::npos)
            return false;
        volume = path.substr(1, close - 1);
    }
    return !volume.empty() && (volume == datastore.name || volume == datastore.vmfs_uuid);
}

std::string_view to_string(DatastoreUse use) {
    switch (use) {
    case DatastoreUse::HaHeartbeat:
        return "HA heartbeats";
    case DatastoreUse::DistributedSwitch:
        return "distributed switch state";
    case DatastoreUse::IoControl:
        return "storage I/O control";
    case DatastoreUse::ContentLibrary:
        return "content library";
    case DatastoreUse::FirstClassDisks:
        return "first class disks";
    case DatastoreUse::CoreDumps:
        return "core dumps";
    case DatastoreUse::Scratch:
        return "scratch of a host";
    case DatastoreUse::HostSwap:
        return "swap of a host";
    case DatastoreUse::FileShares:
        return "file shares or iSCSI targets";
    case DatastoreUse::ClusterServices:
        return "cluster service VMs";
    case DatastoreUse::Replication:
        return "vSphere Replication";
    }
    return "?";
}

std::optional<DatastoreUse> use_of_entry(std::string_view name) {
    struct Known {
        std::string_view begin;
        bool whole; ///< the name, or only its beginning
        DatastoreUse use;
    };
    static constexpr std::array known = {
        Known{".vsphere-ha", true, DatastoreUse::HaHeartbeat},
        Known{".dvsdata", true, DatastoreUse::DistributedSwitch},
        Known{".naa.", false, DatastoreUse::IoControl},
        Known{".eui.", false, DatastoreUse::IoControl},
        Known{".iormstats.sf", true, DatastoreUse::IoControl},
        Known{"contentlib-", false, DatastoreUse::ContentLibrary},
        Known{"fcd", true, DatastoreUse::FirstClassDisks},
        Known{"catalog", true, DatastoreUse::FirstClassDisks},
        Known{"vmkdump", true, DatastoreUse::CoreDumps},
        Known{".locker", false, DatastoreUse::Scratch},
        Known{"scratch", true, DatastoreUse::Scratch},
        Known{"sysswap-", false, DatastoreUse::HostSwap},
        Known{".vdfs", false, DatastoreUse::FileShares},
        Known{".iscsi", false, DatastoreUse::FileShares},
        Known{"vcls-", false, DatastoreUse::ClusterServices},
        Known{"vcls (", false, DatastoreUse::ClusterServices},
        Known{"hbrcfg", false, DatastoreUse::Replication},
        Known{"hbrdisk", false, DatastoreUse::Replication},
    };
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const Known& entry : known) {
        if (entry.whole ? lower == entry.begin : lower.starts_with(entry.begin))
            return entry.use;
    }
    return std::nullopt;
}

Result<std::vector<ForeignEntry>> datastore_uses(Session& session, const Datastore& datastore) {
    if (!datastore.accessible)
        return fail(Errc::NotReady, "datastore {} is not accessible, nobody can look into it",
                    datastore.name);
    PF_TRY(std::vector<BrowsedFile> entries,
           browse_datastore(session, datastore.ref, "[" + datastore.name + "]", "*", false));
    std::vector<ForeignEntry> out;
    for (BrowsedFile& entry : entries) {
        if (const auto use = use_of_entry(entry.name))
            out.push_back({*use, std::move(entry.name)});
    }
    return out;
}

} // namespace pf::vim
