#include "libvsphere/simulator/recording.hpp"

#include "base/file.hpp"
#include "libvsphere/wire/soap.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace pf::vim::sim {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr size_t kMaxFiles = 500'000;

std::string escaped(const std::string& text) {
    std::string out;
    for (const char ch : text) {
        const auto c = static_cast<unsigned char>(ch);
        const bool plain = std::isalnum(c) != 0 || ch == '-' || ch == '_' || ch == '.' || ch == '~';
        out += plain       ? std::string(1, ch)
               : ch == ' ' ? std::string("+")
                           : fmt::format("%{:02X}", c);
    }
    return out;
}

// Reads the parts of a recording that an estate has.
class Reader {
  public:
    explicit Reader(const Recording& all) : all_(all) {}

    Result<Estate> estate() {
        identity();
        dvswitches();
        for (const auto& [ref, object] : all_) {
            if (ref.type == "HostSystem") {
                host(ref, object);
            }
        }
        for (const auto& [ref, object] : all_) {
            if (ref.type == "Datastore") {
                datastore(ref, object);
            }
        }
        for (const auto& [ref, object] : all_) {
            if (ref.type == "VirtualMachine") {
                vm(ref, object);
            }
        }
        PF_CHECK(out_.complete());
        return std::move(out_);
    }

  private:
    const Value& property(const MoRef& ref, std::string_view name) const {
        static const Value unset;
        const auto found = all_.find(ref);
        return found == all_.end() ? unset : found->second[name];
    }
    std::string name_of(const MoRef& ref) const { return property(ref, "name").text(); }

    void identity() {
        std::set<std::string> clusters;
        for (const auto& [ref, object] : all_) {
            if (ref.type == "ServiceInstance") {
                const Value& about = object["content"]["about"];
                out_.vcenter_version = about["version"].text_or(out_.vcenter_version);
                out_.vcenter_build = about["build"].text_or(out_.vcenter_build);
            } else if (ref.type == "Datacenter") {
                out_.datacenter = object["name"].text_or(out_.datacenter);
            } else if (ref.type == "ClusterComputeResource" && clusters.empty()) {
                clusters.insert(ref.id);
                out_.cluster = object["name"].text_or(out_.cluster);
                const Value& config = object["configurationEx"];
                out_.ha = config["dasConfig"]["enabled"].bool_or(false);
                out_.drs = config["drsConfig"]["enabled"].bool_or(false);
            }
        }
    }

    void dvswitches() {
        for (const auto& [ref, object] : all_) {
            if (ref.type != "VmwareDistributedVirtualSwitch") {
                continue;
            }
            const Value& config = object["config"];
            DvSwitchSpec dvs;
            dvs.name = object["name"].text();
            dvs.mtu = static_cast<uint32_t>(config["maxMtu"].int_or(1500));
            dvs.uplinks = config["uplinkPortPolicy"]["uplinkPortName"].texts();
            for (const Value& member : config["host"].items()) {
                dvs.hosts.push_back(name_of(member["config"]["host"].ref()));
                if (dvs.nics.empty()) {
                    for (const Value& nic : member["config"]["backing"]["pnicSpec"].items()) {
                        dvs.nics.push_back(nic["pnicDevice"].text());
                    }
                }
            }
            const auto uplink_groups = config["uplinkPortgroup"].refs();
            for (const MoRef& group : object["portgroup"].refs()) {
                const Value& own = property(group, "config");
                dv_groups_[own["key"].text_or(group.id)] = name_of(group);
                if (std::find(uplink_groups.begin(), uplink_groups.end(), group) !=
                        uplink_groups.end() ||
                    name_of(group).empty()) {
                    continue;
                }
                DvPortGroupSpec spec;
                spec.name = name_of(group);
                const Value& setting = own["defaultPortConfig"];
                const Value& vlan = setting["vlan"]["vlanId"];
                spec.vlan = vlan.as_scalar() != nullptr ? static_cast<uint32_t>(vlan.int_or(0)) : 0;
                const Value& order = setting["uplinkTeamingPolicy"]["uplinkPortOrder"];
                spec.active_uplinks = order["activeUplinkPort"].texts();
                spec.standby_uplinks = order["standbyUplinkPort"].texts();
                dvs.portgroups.push_back(std::move(spec));
            }
            if (!dvs.name.empty()) {
                out_.dvswitches.push_back(std::move(dvs));
            }
        }
    }

    void host(const MoRef& ref, const DataObject& object) {
        const Value& config = object["config"];
        const Value& summary = object["summary"];
        HostSpec spec;
        spec.name = object["name"].text();
        const Value& product =
            config["product"].is_set() ? config["product"] : summary["config"]["product"];
        spec.version = product["version"].text_or(spec.version);
        spec.build = product["build"].text_or(spec.build);
        spec.uuid = summary["hardware"]["uuid"].text();
        const MoRef cluster = object["parent"].ref();
        spec.cluster = name_of(cluster) == out_.cluster ? "" : name_of(cluster);
        const Value& runtime = object["runtime"];
        spec.connected = runtime["connectionState"].text_or("connected") == "connected";
        spec.maintenance = runtime["inMaintenanceMode"].bool_or(false);
        network(config["network"], spec);
        std::map<std::string, std::vector<std::string>> services;
        for (const Value& type : config["virtualNicManagerInfo"]["netConfig"].items()) {
            for (const std::string& key : type["selectedVnic"].texts()) {
                services[key.substr(key.rfind('-') + 1)].push_back(type["nicType"].text());
            }
        }
        for (VmkSpec& vmk : spec.vmks) {
            vmk.services = services[vmk.name];
        }
        spec.sdc = false;
        for (const Value& adapter : config["storageDevice"]["hostBusAdapter"].items()) {
            spec.sdc = spec.sdc || adapter["driver"].text() == "scini";
        }
        host_names_[ref.id] = spec.name;
        out_.hosts.push_back(std::move(spec));
    }

    void network(const Value& net, HostSpec& spec) {
        std::map<std::string, std::string> device_of; // key -> "vmnic0"
        for (const Value& pnic : net["pnic"].items()) {
            NicSpec nic;
            nic.name = pnic["device"].text();
            nic.mac = pnic["mac"].text();
            nic.driver = pnic["driver"].text_or(nic.driver);
            nic.speed_mbps = static_cast<uint32_t>(pnic["linkSpeed"]["speedMb"].int_or(0));
            device_of[pnic["key"].text()] = nic.name;
            spec.nics.push_back(std::move(nic));
        }
        std::set<std::string> known;
        for (const NicSpec& nic : spec.nics) {
            known.insert(nic.name);
        }
        auto only_known = [&](std::vector<std::string> nics) {
            std::erase_if(nics, [&](const std::string& nic) { return !known.contains(nic); });
            return nics;
        };
        for (const Value& entry : net["vswitch"].items()) {
            VswitchSpec vswitch;
            vswitch.name = entry["name"].text();
            vswitch.mtu = static_cast<uint32_t>(entry["mtu"].int_or(1500));
            for (const std::string& key : entry["pnic"].texts()) {
                vswitch.nics.push_back(device_of[key]);
            }
            vswitch.nics = only_known(vswitch.nics);
            spec.vswitches.push_back(std::move(vswitch));
        }
        std::set<std::string> groups;
        for (const Value& entry : net["portgroup"].items()) {
            PortGroupSpec group;
            group.name = entry["spec"]["name"].text();
            group.vswitch = entry["spec"]["vswitchName"].text();
            group.vlan = static_cast<uint32_t>(entry["spec"]["vlanId"].int_or(0));
            const Value& order = entry["spec"]["policy"]["nicTeaming"]["nicOrder"];
            group.active_nics = only_known(order["activeNic"].texts());
            group.standby_nics = only_known(order["standbyNic"].texts());
            groups.insert(group.name);
            spec.portgroups.push_back(std::move(group));
        }
        for (const Value& entry : net["vnic"].items()) {
            VmkSpec vmk;
            vmk.name = entry["device"].text();
            vmk.portgroup = entry["portgroup"].text();
            const Value& own = entry["spec"];
            if (vmk.portgroup.empty()) {
                vmk.portgroup = dv_groups_[own["distributedVirtualPort"]["portgroupKey"].text()];
            }
            vmk.address = own["ip"]["ipAddress"].text();
            vmk.netmask = own["ip"]["subnetMask"].text_or(vmk.netmask);
            vmk.mac = own["mac"].text();
            vmk.mtu = static_cast<uint32_t>(own["mtu"].int_or(1500));
            const bool distributed =
                std::any_of(dv_groups_.begin(), dv_groups_.end(),
                            [&](const auto& group) { return group.second == vmk.portgroup; });
            if (groups.contains(vmk.portgroup) || (distributed && !vmk.portgroup.empty())) {
                spec.vmks.push_back(std::move(vmk));
            }
        }
    }

    void datastore(const MoRef& ref, const DataObject& object) {
        const Value& summary = object["summary"];
        DatastoreSpec spec;
        spec.name = object["name"].text_or(summary["name"].text());
        spec.size_bytes =
            static_cast<uint64_t>(std::max<int64_t>(0, summary["capacity"].int_or(0)));
        spec.size_bytes = std::max(spec.size_bytes / kMiB * kMiB, 64 * kMiB);
        for (const Value& mount : object["host"].items()) {
            const auto host = host_names_.find(mount["key"].ref().id);
            if (host != host_names_.end() && mount["mountInfo"]["mounted"].bool_or(true)) {
                spec.hosts.push_back(host->second);
            }
        }
        if (spec.hosts.empty() || spec.name.empty()) {
            return; // nobody has it: there is nothing to rehearse on it
        }
        datastore_names_[ref.id] = spec.name;
        out_.datastores.push_back(std::move(spec));
    }

    // "[ds] dir/x" -> "ds", when the estate has it.
    std::string datastore_in(const std::string& path) const {
        const size_t end = path.find(']');
        const std::string name =
            path.starts_with('[') && end != std::string::npos ? path.substr(1, end - 1) : "";
        const bool known = std::any_of(out_.datastores.begin(), out_.datastores.end(),
                                       [&](const DatastoreSpec& ds) { return ds.name == name; });
        return known ? name : std::string();
    }

    std::string folder_of(MoRef at) const {
        std::string path;
        for (int depth = 0; depth < 64 && at.type == "Folder"; ++depth) {
            const MoRef above = property(at, "parent").ref();
            if (above.type != "Folder") {
                break; // the datacenter's own "vm" folder
            }
            path = path.empty() ? name_of(at) : name_of(at) + "/" + path;
            at = above;
        }
        return path;
    }

    void vm(const MoRef& ref, const DataObject& object) {
        const Value& config = object["config"];
        const Value& summary = object["summary"]["config"];
        const Value& runtime = object["runtime"];
        VmSpec spec;
        spec.name = object["name"].text();
        const auto host = host_names_.find(runtime["host"].ref().id);
        const std::string vmx = config["files"]["vmPathName"].text_or(summary["vmPathName"].text());
        spec.datastore = datastore_in(vmx);
        if (host == host_names_.end() || spec.datastore.empty() || spec.name.empty() ||
            !names_.insert(spec.name).second) {
            return; // on no host or no datastore of the estate
        }
        spec.host = host->second;
        spec.folder = folder_of(object["parent"].ref());
        spec.cpus = static_cast<uint32_t>(summary["numCpu"].int_or(1));
        spec.memory_mb = static_cast<uint32_t>(summary["memorySizeMB"].int_or(1024));
        spec.guest = config["guestId"].text_or(summary["guestId"].text_or(spec.guest));
        spec.annotation = config["annotation"].text();
        spec.template_vm = config["template"].bool_or(summary["template"].bool_or(false));
        spec.powered_on = runtime["powerState"].text() == "poweredOn";
        spec.tools = object["guest"]["toolsStatus"].text() != "toolsNotInstalled";
        for (const Value& option : config["extraConfig"].items()) {
            spec.extra_config.emplace_back(option["key"].text(), option["value"].text());
        }
        for (const Value& device : config["hardware"]["device"].items()) {
            const Value& shared = device["sharedBus"];
            if (shared.text() == "physicalSharing" || shared.text() == "virtualSharing") {
                spec.bus_sharing = shared.text() == "physicalSharing" ? "physical" : "virtual";
            }
            const Value& backing = device["backing"];
            if (backing.type_name() == "VirtualCdromIsoBackingInfo" &&
                !datastore_in(backing["fileName"].text()).empty()) {
                spec.iso = backing["fileName"].text();
            }
            if (device.type_name() == "VirtualDisk") {
                disk(device, spec);
            }
        }
        (void)ref;
        out_.vms.push_back(std::move(spec));
    }

    void disk(const Value& device, VmSpec& spec) {
        const Value& backing = device["backing"];
        DiskSpec disk;
        const int64_t bytes = device["capacityInBytes"].is_set()
                                  ? device["capacityInBytes"].int_or(0)
                                  : device["capacityInKB"].int_or(0) * 1024;
        disk.size_bytes =
            (static_cast<uint64_t>(std::max<int64_t>(bytes, 1)) + kMiB - 1) / kMiB * kMiB;
        const std::string home = datastore_in(backing["fileName"].text());
        disk.datastore = home == spec.datastore ? "" : home;
        disk.thin = backing["thinProvisioned"].bool_or(false);
        disk.mode = backing["diskMode"].text_or(disk.mode);
        disk.sharing = backing["sharing"].text() == "sharingMultiWriter" ? "multi-writer" : "";
        const std::string mode = backing["compatibilityMode"].text();
        if (!mode.empty()) {
            disk.rdm = mode == "physicalMode" ? "physical" : "virtual";
            disk.rdm_device = backing["deviceName"].text();
        }
        spec.disks.push_back(std::move(disk));
    }

    const Recording& all_;
    Estate out_;
    std::map<std::string, std::string> dv_groups_; // key -> name
    std::map<std::string, std::string> host_names_;
    std::map<std::string, std::string> datastore_names_;
    std::set<std::string> names_;
};

} // namespace

Result<Recording> read_recording(const std::string& dir) {
    std::error_code error;
    std::vector<std::string> files;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
        if (it->is_regular_file() && it->path().extension() == ".xml") {
            files.push_back(it->path().string());
        }
        if (files.size() > kMaxFiles) {
            return fail(Errc::LimitExceeded, "{}: more than {} objects", dir, kMaxFiles);
        }
    }
    if (error) {
        return fail(Errc::NotFound, "recording {}: {}", dir, error.message());
    }
    if (files.empty()) {
        return fail(Errc::NotFound, "recording {}: there are no XML files", dir);
    }
    std::sort(files.begin(), files.end());
    Recording out;
    for (const std::string& file : files) {
        PF_TRY(const std::string text, read_file(file));
        auto content = decode_fragment(text, "ObjectContent", {});
        if (!content) {
            return fail(Errc::Corrupt, "recording {}: {}", file, content.error().what);
        }
        const MoRef ref = (*content)["obj"].ref();
        if (ref.empty()) {
            return fail(Errc::Corrupt, "recording {}: it names no object", file);
        }
        DataObject& object = out.try_emplace(ref, DataObject(ref.type)).first->second;
        for (const Value& prop : (*content)["propSet"].items()) {
            object.set(prop["name"].text(), prop["val"]);
        }
    }
    return out;
}

Result<Estate> estate_of(const Recording& recording) { return Reader(recording).estate(); }

Result<void> write_recorded(const std::string& dir, size_t number, const MoRef& object,
                            const DataObject& properties) {
    std::vector<Value> props;
    for (const Field& field : properties.fields) {
        if (field.value.is_set()) {
            props.emplace_back(
                DataObject("DynamicProperty", {{"name", field.name}, {"val", field.value}}));
        }
    }
    const Value content(DataObject(
        "ObjectContent",
        {{"obj", object}, {"propSet", Value::array("DynamicProperty", std::move(props))}}));
    PF_TRY(const std::string text, encode_fragment("ObjectContent", content, "ObjectContent", {}));
    return write_file_atomic(
        fmt::format("{}/{:04}-{}-{}.xml", dir, number, object.type, escaped(object.id)), text,
        0644);
}

} // namespace pf::vim::sim
