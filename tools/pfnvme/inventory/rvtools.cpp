#include "tools/pfnvme/inventory/rvtools.hpp"

#include "base/clock.hpp"
#include "tools/pfnvme/inventory/csv.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <unordered_map>

namespace pf::nvmetool {

namespace {

enum class Tab { Info, Disk, Datastore, Host, Snapshot, Unknown };

Tab tab_of(const CsvTable& csv) {
    const auto has = [&csv](std::string_view name) { return csv.column(name) >= 0; };
    if (has("VM") && has("Powerstate") && (has("Disk Mode") || has("Raw"))) {
        return Tab::Disk;
    }
    if (has("VM") && has("Powerstate") && (has("Date / time") || has("Size MiB (vmsn)"))) {
        return Tab::Snapshot;
    }
    if (has("VM") && has("Powerstate") && (has("CPUs") || has("Memory"))) {
        return Tab::Info;
    }
    if (has("Host") && has("ESX Version")) {
        return Tab::Host;
    }
    if (has("Name") && has("Type") && (has("Capacity MB") || has("Capacity MiB"))) {
        return Tab::Datastore;
    }
    return Tab::Unknown;
}

bool truth(const std::string& text) {
    return text == "True" || text == "true" || text == "TRUE" || text == "1" || text == "Yes";
}

// "1,024" and "1.024" are thousands: RVTools writes whole MiB in the user's own notation.
std::uint64_t number(const std::string& text) {
    std::string digits;
    for (const char c : text) {
        if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            digits += c;
        }
    }
    std::uint64_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

// Newer versions title their columns MiB, older ones MB; both mean MiB.
std::uint64_t mib(const CsvTable& csv, const std::vector<std::string>& row,
                  const std::string& title) {
    const std::string& newer = csv.at(row, title + " MiB");
    return number(newer.empty() ? csv.at(row, title + " MB") : newer) << 20U;
}

class Importer {
  public:
    void info(const CsvTable& csv) {
        for (const auto& row : csv.rows) {
            VmInfo vm;
            vm.name = csv.at(row, "VM");
            vm.id = csv.at(row, "VM ID");
            if (vm.name.empty()) {
                continue;
            }
            if (vm.id.empty()) {
                vm.id = fmt::format("rv-vm-{}", out_.vms.size() + 1);
            }
            vm.power_state = csv.at(row, "Powerstate");
            vm.connection_state = csv.at(row, "Connection state");
            vm.is_template = truth(csv.at(row, "Template"));
            vm.instance_uuid = csv.at(row, "VM Instance UUID");
            if (vm.instance_uuid.empty()) {
                vm.instance_uuid = csv.at(row, "VM UUID");
            }
            vm.bios_uuid = csv.at(row, "SMBIOS UUID");
            vm.vmx_path = csv.at(row, "Path");
            vm.folder = csv.at(row, "Folder");
            vm.pool = csv.at(row, "Resource pool");
            vm.annotation = csv.at(row, "Annotation");
            vm.cpus = static_cast<std::uint32_t>(number(csv.at(row, "CPUs")));
            vm.memory_mb = static_cast<std::uint32_t>(number(csv.at(row, "Memory")));
            vm.cbt = truth(csv.at(row, "CBT"));
            vm.consolidation_needed = truth(csv.at(row, "Consolidation Needed"));
            vm.guest_id = csv.at(row, "OS according to the configuration file");
            vm.host_id = host(csv.at(row, "Host"), csv.at(row, "Cluster"));
            const std::uint64_t used = mib(csv, row, "In Use");
            const std::uint64_t provisioned = mib(csv, row, "Provisioned");
            const std::string home = datastore(split_datastore_path(vm.vmx_path).datastore);
            if (!home.empty()) {
                vm.datastore_ids.push_back(home);
                vm.usage.push_back({home, used, provisioned > used ? provisioned - used : 0, used});
            }
            vms_.emplace(key_of(csv, row), out_.vms.size());
            out_.vms.push_back(std::move(vm));
        }
    }

    void disks(const CsvTable& csv) {
        for (const auto& row : csv.rows) {
            const auto found = vms_.find(key_of(csv, row));
            if (found == vms_.end()) {
                ++strays_;
                continue;
            }
            VmInfo& vm = out_.vms[found->second];
            DiskInfo disk;
            disk.key = static_cast<std::int32_t>(2000 + vm.disks.size());
            disk.label = csv.at(row, "Disk");
            disk.file = csv.at(row, "Path");
            if (disk.file.empty()) {
                disk.file = csv.at(row, "Disk Path");
            }
            disk.capacity_bytes = mib(csv, row, "Capacity");
            disk.mode = csv.at(row, "Disk Mode");
            disk.sharing = csv.at(row, "Sharing mode");
            disk.multi_writer = disk.sharing == "sharingMultiWriter";
            disk.format = truth(csv.at(row, "Thin"))            ? "thin"
                          : truth(csv.at(row, "Eagerly Scrub")) ? "eager"
                                                                : "lazy";
            if (truth(csv.at(row, "Raw"))) {
                disk.rdm = csv.at(row, "Raw Comp. Mode") == "virtualMode" ? RdmKind::Virtual
                                                                          : RdmKind::Physical;
            }
            const std::string& bus = csv.at(row, "Shared Bus");
            vm.shared_bus = vm.shared_bus || (!bus.empty() && bus != "noSharing");
            disk.datastore_id = datastore(split_datastore_path(disk.file).datastore);
            if (!disk.datastore_id.empty() &&
                std::find(vm.datastore_ids.begin(), vm.datastore_ids.end(), disk.datastore_id) ==
                    vm.datastore_ids.end()) {
                vm.datastore_ids.push_back(disk.datastore_id);
            }
            vm.disks.push_back(std::move(disk));
        }
        out_.facts.insert(Fact::VmDisks);
    }

    void datastores(const CsvTable& csv) {
        for (const auto& row : csv.rows) {
            DatastoreInfo& item = datastore_at(datastore(csv.at(row, "Name")));
            item.type = csv.at(row, "Type");
            item.accessible = truth(csv.at(row, "Accessible"));
            item.capacity_bytes = mib(csv, row, "Capacity");
            item.free_bytes = mib(csv, row, "Free");
            item.vmfs_version = csv.at(row, "Version");
            item.vmfs_major = static_cast<std::int32_t>(number(csv.at(row, "Major Version")));
            if (csv.column("SIOC enabled") >= 0) {
                item.sioc_enabled = truth(csv.at(row, "SIOC enabled"));
            }
            item.datastore_cluster = csv.at(row, "Cluster name");
            std::string_view names = csv.at(row, "Hosts");
            // Only a list of names: a bare number counts the hosts.
            while (!names.empty() && names.find_first_not_of("0123456789") != names.npos) {
                const std::size_t end = std::min(names.find(','), names.size());
                std::string name(names.substr(0, end));
                name.erase(0, name.find_first_not_of(' '));
                if (!name.empty()) {
                    item.mounts.push_back({host(name, ""), true, item.accessible});
                }
                names.remove_prefix(std::min(end + 1, names.size()));
            }
        }
    }

    void hosts(const CsvTable& csv) {
        for (const auto& row : csv.rows) {
            const std::string id = host(csv.at(row, "Host"), csv.at(row, "Cluster"));
            for (HostInfo& item : out_.hosts) {
                if (item.id != id) {
                    continue;
                }
                // "VMware ESXi 7.0.3 build-20036589"
                const std::string& text = csv.at(row, "ESX Version");
                const std::size_t digits = text.find_first_of("0123456789");
                if (digits != std::string::npos) {
                    item.version = text.substr(digits, text.find(' ', digits) - digits);
                }
                if (const std::size_t build = text.find("build-"); build != std::string::npos) {
                    item.build = text.substr(build + 6);
                }
                item.in_maintenance = truth(csv.at(row, "in Maintenance Mode"));
                item.vendor = csv.at(row, "Vendor");
                item.model = csv.at(row, "Model");
            }
        }
    }

    void snapshots(const CsvTable& csv) {
        for (const auto& row : csv.rows) {
            const auto found = vms_.find(key_of(csv, row));
            if (found != vms_.end()) {
                VmInfo& vm = out_.vms[found->second];
                vm.has_snapshots = true;
                vm.snapshots.push_back({"", csv.at(row, "Name"), csv.at(row, "Date / time"), 0});
            }
        }
        out_.facts.insert(Fact::VmSnapshots);
    }

    Inventory finish() {
        out_.source = "rvtools";
        out_.collected_at = format_rfc3339(wall_now());
        out_.facts.insert({Fact::VmUsage, Fact::VmContext});
        out_.gaps.emplace_back("RVTools knows nothing of PowerFlex, NVMe, paths and locks");
        if (strays_ > 0) {
            out_.gaps.push_back(
                fmt::format("{} disks belong to VMs that vInfo does not have", strays_));
        }
        for (const VmInfo& vm : out_.vms) {
            for (const std::string& id : vm.datastore_ids) {
                datastore_at(id).vm_ids.push_back(vm.id);
            }
        }
        out_.index();
        return std::move(out_);
    }

  private:
    // VMs are joined by id where both tabs have it, else by name and host.
    static std::string key_of(const CsvTable& csv, const std::vector<std::string>& row) {
        const std::string& id = csv.at(row, "VM ID");
        return id.empty() ? csv.at(row, "VM") + "\n" + csv.at(row, "Host") : id;
    }

    std::string host(const std::string& name, const std::string& cluster) {
        if (name.empty()) {
            return {};
        }
        const auto known = hosts_.find(name);
        if (known != hosts_.end()) {
            HostInfo& item = out_.hosts[known->second];
            if (item.cluster.empty()) {
                assign_cluster(item, cluster);
            }
            return item.id;
        }
        HostInfo item;
        item.id = fmt::format("rv-host-{}", out_.hosts.size() + 1);
        item.name = name;
        assign_cluster(item, cluster);
        hosts_.emplace(name, out_.hosts.size());
        out_.hosts.push_back(item);
        return item.id;
    }

    void assign_cluster(HostInfo& item, const std::string& name) {
        if (name.empty()) {
            return;
        }
        item.cluster = name;
        auto found = std::find_if(out_.clusters.begin(), out_.clusters.end(),
                                  [&](const ClusterInfo& known) { return known.name == name; });
        if (found == out_.clusters.end()) {
            ClusterInfo made;
            made.id = fmt::format("rv-cluster-{}", out_.clusters.size() + 1);
            made.name = name;
            out_.clusters.push_back(made);
            found = out_.clusters.end() - 1;
        }
        item.cluster_id = found->id;
        found->host_ids.push_back(item.id);
    }

    std::string datastore(const std::string& name) {
        if (name.empty()) {
            return {};
        }
        const auto known = datastores_.find(name);
        if (known != datastores_.end()) {
            return out_.datastores[known->second].id;
        }
        DatastoreInfo item;
        item.id = fmt::format("rv-datastore-{}", out_.datastores.size() + 1);
        item.name = name;
        datastores_.emplace(name, out_.datastores.size());
        ids_.emplace(item.id, out_.datastores.size());
        out_.datastores.push_back(item);
        return item.id;
    }

    DatastoreInfo& datastore_at(const std::string& id) {
        const auto found = ids_.find(id);
        return found == ids_.end() ? nameless_ : out_.datastores[found->second];
    }

    Inventory out_;
    std::unordered_map<std::string, std::size_t> vms_;
    std::unordered_map<std::string, std::size_t> hosts_;
    std::unordered_map<std::string, std::size_t> datastores_;
    std::unordered_map<std::string, std::size_t> ids_;
    DatastoreInfo nameless_; // takes what a row without a name says
    std::size_t strays_ = 0;
};

} // namespace

Result<Inventory> import_rvtools(const std::vector<NamedText>& files) {
    std::vector<std::pair<Tab, CsvTable>> tabs;
    for (const NamedText& file : files) {
        PF_TRY(CsvTable csv, parse_csv(file.text, file.name));
        const Tab tab = tab_of(csv);
        if (tab == Tab::Unknown) {
            return fail(Errc::InvalidArgument,
                        "{} is none of the RVTools tabs vInfo, vDisk, vDatastore, vHost and "
                        "vSnapshot",
                        file.name);
        }
        tabs.emplace_back(tab, std::move(csv));
    }
    Importer importer;
    // VMs first: the other tabs refer to them.
    bool any = false;
    for (const auto& [tab, csv] : tabs) {
        if (tab == Tab::Info) {
            importer.info(csv);
            any = true;
        }
    }
    if (!any) {
        return fail(Errc::InvalidArgument, "the tab vInfo is missing (RVTools_tabvInfo.csv)");
    }
    for (const auto& [tab, csv] : tabs) {
        switch (tab) {
        case Tab::Disk:
            importer.disks(csv);
            break;
        case Tab::Datastore:
            importer.datastores(csv);
            break;
        case Tab::Host:
            importer.hosts(csv);
            break;
        case Tab::Snapshot:
            importer.snapshots(csv);
            break;
        default:
            break;
        }
    }
    return importer.finish();
}

} // namespace pf::nvmetool
