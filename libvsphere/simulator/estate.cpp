#include "libvsphere/simulator/estate.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "libvsphere/simulator/service/access.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace pf::vim::sim {

namespace {

// Reads one object of the description: every key is taken by name, leftovers are errors.
class ObjectReader {
  public:
    ObjectReader(const json::value& value, std::string path) : path_(std::move(path)) {
        object_ = value.if_object();
        if (object_ == nullptr) {
            error_ = path_ + " must be a mapping";
        }
    }

    void read(const char* key, std::string& out) {
        if (const json::value* v = take(key)) {
            if (const auto* text = v->if_string()) {
                out = std::string(*text);
            } else if (v->is_int64()) {
                out = std::to_string(v->get_int64()); // build: 20036589
            } else {
                bad(key, "a text");
            }
        }
    }
    void read(const char* key, bool& out) {
        if (const json::value* v = take(key)) {
            if (v->is_bool()) {
                out = v->get_bool();
            } else {
                bad(key, "true or false");
            }
        }
    }
    template<class T>
    void read_number(const char* key, T& out) {
        if (const json::value* v = take(key)) {
            const bool fits =
                (v->is_int64() && v->get_int64() >= 0 &&
                 static_cast<uint64_t>(v->get_int64()) <= std::numeric_limits<T>::max()) ||
                (v->is_uint64() && v->get_uint64() <= std::numeric_limits<T>::max());
            if (fits) {
                out = static_cast<T>(v->is_int64() ? static_cast<uint64_t>(v->get_int64())
                                                   : v->get_uint64());
            } else {
                bad(key, "a number in range");
            }
        }
    }
    void read(const char* key, std::vector<std::string>& out) {
        if (const json::value* v = take(key)) {
            const auto* array = v->if_array();
            if (array == nullptr) {
                return bad(key, "a list");
            }
            out.clear();
            for (const auto& item : *array) {
                if (!item.is_string()) {
                    return bad(key, "a list of texts");
                }
                out.emplace_back(item.get_string());
            }
        }
    }
    void read_map(const char* key, std::vector<std::pair<std::string, std::string>>& out) {
        if (const json::value* v = take(key)) {
            const auto* object = v->if_object();
            if (object == nullptr) {
                return bad(key, "a mapping");
            }
            for (const auto& [name, item] : *object) {
                if (!item.is_string()) {
                    return bad(key, "a mapping of texts");
                }
                out.emplace_back(std::string(name), std::string(item.get_string()));
            }
        }
    }
    template<class T>
    void
    read_list(const char* key, std::vector<T>& out,
              const std::function<std::string(const json::value&, const std::string&, T&)>& one) {
        if (const json::value* v = take(key)) {
            const auto* array = v->if_array();
            if (array == nullptr) {
                return bad(key, "a list");
            }
            out.clear();
            for (size_t i = 0; i < array->size(); ++i) {
                T item;
                const std::string where = fmt::format("{}.{}[{}]", path_, key, i);
                const std::string problem = one((*array)[i], where, item);
                if (!problem.empty() && error_.empty()) {
                    error_ = problem;
                }
                out.push_back(std::move(item));
            }
        }
    }
    const json::value* sub(const char* key) { return take(key); }
    std::string finish() {
        if (error_.empty() && object_ != nullptr) {
            for (const auto& [key, value] : *object_) {
                if (!known_.contains(std::string(key))) {
                    return fmt::format("{}: unknown key '{}'", path_, std::string_view(key));
                }
            }
        }
        return error_;
    }

  private:
    const json::value* take(const char* key) {
        known_.insert(key);
        return object_ == nullptr ? nullptr : object_->if_contains(key);
    }
    void bad(const char* key, const char* wanted) {
        if (error_.empty()) {
            error_ = fmt::format("{}.{} must be {}", path_, key, wanted);
        }
    }

    const json::object* object_ = nullptr;
    std::string path_;
    std::string error_;
    std::set<std::string> known_;
};

std::string read_nic(const json::value& v, const std::string& where, NicSpec& nic) {
    ObjectReader r(v, where);
    r.read("name", nic.name);
    r.read("mac", nic.mac);
    r.read("driver", nic.driver);
    r.read_number("speed_mbps", nic.speed_mbps);
    r.read_number("mtu", nic.mtu);
    return r.finish();
}

std::string read_switch(const json::value& v, const std::string& where, VswitchSpec& vswitch) {
    ObjectReader r(v, where);
    r.read("name", vswitch.name);
    r.read("nics", vswitch.nics);
    r.read_number("mtu", vswitch.mtu);
    return r.finish();
}

std::string read_portgroup(const json::value& v, const std::string& where, PortGroupSpec& group) {
    ObjectReader r(v, where);
    r.read("name", group.name);
    r.read("vswitch", group.vswitch);
    r.read_number("vlan", group.vlan);
    r.read("active_nics", group.active_nics);
    r.read("standby_nics", group.standby_nics);
    return r.finish();
}

std::string read_vmk(const json::value& v, const std::string& where, VmkSpec& vmk) {
    ObjectReader r(v, where);
    r.read("name", vmk.name);
    r.read("portgroup", vmk.portgroup);
    r.read("address", vmk.address);
    r.read("netmask", vmk.netmask);
    r.read("mac", vmk.mac);
    r.read_number("mtu", vmk.mtu);
    r.read("dhcp", vmk.dhcp);
    r.read("services", vmk.services);
    return r.finish();
}

std::string read_host(const json::value& v, const std::string& where, HostSpec& host) {
    ObjectReader r(v, where);
    r.read("name", host.name);
    r.read("cluster", host.cluster);
    r.read("version", host.version);
    r.read("build", host.build);
    r.read("uuid", host.uuid);
    r.read_list<NicSpec>("nics", host.nics, read_nic);
    r.read_list<VswitchSpec>("vswitches", host.vswitches, read_switch);
    r.read_list<PortGroupSpec>("portgroups", host.portgroups, read_portgroup);
    r.read_list<VmkSpec>("vmks", host.vmks, read_vmk);
    r.read("sdc", host.sdc);
    r.read("maintenance", host.maintenance);
    r.read("connected", host.connected);
    r.read("coredump_datastore", host.coredump_datastore);
    r.read("scratch_datastore", host.scratch_datastore);
    r.read("syslog_datastore", host.syslog_datastore);
    return r.finish();
}

std::string read_datastore(const json::value& v, const std::string& where, DatastoreSpec& ds) {
    ObjectReader r(v, where);
    r.read("name", ds.name);
    r.read("volume", ds.volume);
    r.read_number("size_bytes", ds.size_bytes);
    r.read("hosts", ds.hosts);
    r.read("files", ds.files);
    r.read("tags", ds.tags);
    return r.finish();
}

std::string read_role(const json::value& v, const std::string& where, RoleSpec& role) {
    ObjectReader r(v, where);
    r.read("name", role.name);
    r.read("privileges", role.privileges);
    return r.finish();
}

std::string read_user(const json::value& v, const std::string& where, UserSpec& user) {
    ObjectReader r(v, where);
    r.read("name", user.name);
    r.read("password", user.password);
    r.read("role", user.role);
    r.read("on", user.on);
    return r.finish();
}

std::string read_library(const json::value& v, const std::string& where,
                         ContentLibrarySpec& library) {
    ObjectReader r(v, where);
    r.read("name", library.name);
    r.read("datastore", library.datastore);
    return r.finish();
}

std::string read_disk(const json::value& v, const std::string& where, DiskSpec& disk) {
    ObjectReader r(v, where);
    r.read_number("size_bytes", disk.size_bytes);
    r.read("datastore", disk.datastore);
    r.read("thin", disk.thin);
    r.read_number("seed", disk.seed);
    r.read_number("data_bytes", disk.data_bytes);
    r.read("sharing", disk.sharing);
    r.read("rdm", disk.rdm);
    r.read("rdm_device", disk.rdm_device);
    r.read("shared_with", disk.shared_with);
    r.read("mode", disk.mode);
    r.read("fcd", disk.fcd);
    return r.finish();
}

std::string read_vm(const json::value& v, const std::string& where, VmSpec& vm) {
    ObjectReader r(v, where);
    r.read("name", vm.name);
    r.read("host", vm.host);
    r.read("datastore", vm.datastore);
    r.read_number("cpus", vm.cpus);
    r.read_number("memory_mb", vm.memory_mb);
    r.read("guest", vm.guest);
    r.read("folder", vm.folder);
    r.read("annotation", vm.annotation);
    r.read("tags", vm.tags);
    r.read("iso", vm.iso);
    r.read("powered_on", vm.powered_on);
    r.read("tools", vm.tools);
    r.read("template", vm.template_vm);
    r.read("bus_sharing", vm.bus_sharing);
    r.read("counter_workload", vm.counter_workload);
    r.read_list<DiskSpec>("disks", vm.disks, read_disk);
    r.read("snapshots", vm.snapshots);
    r.read_map("extra_config", vm.extra_config);
    return r.finish();
}

std::string read_dv_portgroup(const json::value& v, const std::string& where,
                              DvPortGroupSpec& group) {
    ObjectReader r(v, where);
    r.read("name", group.name);
    r.read_number("vlan", group.vlan);
    r.read("active_uplinks", group.active_uplinks);
    r.read("standby_uplinks", group.standby_uplinks);
    return r.finish();
}

std::string read_dvswitch(const json::value& v, const std::string& where, DvSwitchSpec& dvs) {
    ObjectReader r(v, where);
    r.read("name", dvs.name);
    r.read_number("mtu", dvs.mtu);
    r.read("uplinks", dvs.uplinks);
    r.read("nics", dvs.nics);
    r.read("hosts", dvs.hosts);
    r.read_list<DvPortGroupSpec>("portgroups", dvs.portgroups, read_dv_portgroup);
    return r.finish();
}

// `generate`: a large estate in a few words. VMs are spread evenly over the datastores of their
// group of hosts; every tenth VM has a second disk on the next datastore.
struct Generator {
    uint32_t hosts = 4;
    uint32_t hosts_per_group = 16;
    uint32_t datastores = 10;
    uint32_t vms = 100;
    uint64_t datastore_bytes = uint64_t{2} << 40;
    uint64_t disk_bytes = uint64_t{64} << 30;
    uint32_t powered_on_percent = 80;
    uint32_t rdm_every = 0; // one VM in this many has a raw device mapping
    std::string version = "7.0.3";
};

std::string read_generator(const json::value& v, Generator& g) {
    ObjectReader r(v, "estate.generate");
    r.read_number("hosts", g.hosts);
    r.read_number("hosts_per_group", g.hosts_per_group);
    r.read_number("datastores", g.datastores);
    r.read_number("vms", g.vms);
    r.read_number("datastore_bytes", g.datastore_bytes);
    r.read_number("disk_bytes", g.disk_bytes);
    r.read_number("powered_on_percent", g.powered_on_percent);
    r.read_number("rdm_every", g.rdm_every);
    r.read("version", g.version);
    std::string problem = r.finish();
    if (problem.empty() &&
        (g.hosts == 0 || g.hosts > 1000 || g.hosts_per_group == 0 || g.hosts_per_group > 64 ||
         g.datastores == 0 || g.datastores > 10'000 || g.vms > 100'000 ||
         g.disk_bytes % (1u << 20) != 0 || g.disk_bytes == 0)) {
        problem = "estate.generate: a number is out of range";
    }
    return problem;
}

void generate(const Generator& g, Estate& estate) {
    const uint32_t groups = (g.hosts + g.hosts_per_group - 1) / g.hosts_per_group;
    std::vector<std::vector<std::string>> group_hosts(groups);
    for (uint32_t i = 0; i < g.hosts; ++i) {
        HostSpec host = Estate::default_host(i + 1);
        host.name = fmt::format("esx{:03}.lab.local", i + 1);
        host.version = g.version;
        for (size_t k = 0; k < host.vmks.size(); ++k) { // more hosts than one /24 holds
            host.vmks[k].address = fmt::format("10.{}.{}.{}", 10 + k, i / 250, 1 + i % 250);
            host.vmks[k].netmask = "255.255.0.0";
        }
        group_hosts[i / g.hosts_per_group].push_back(host.name);
        estate.hosts.push_back(std::move(host));
    }
    std::vector<std::vector<std::string>> group_stores(groups);
    for (uint32_t i = 0; i < g.datastores; ++i) {
        DatastoreSpec ds;
        ds.name = fmt::format("ds-{:04}", i + 1);
        ds.size_bytes = g.datastore_bytes;
        ds.hosts = group_hosts[i % groups];
        group_stores[i % groups].push_back(ds.name);
        estate.datastores.push_back(std::move(ds));
    }
    for (uint32_t i = 0; i < g.vms; ++i) {
        const uint32_t group = i % std::min(groups, g.datastores);
        const uint32_t turn = i / groups;
        const auto& stores = group_stores[group];
        VmSpec vm;
        vm.name = fmt::format("vm-{:05}", i + 1);
        vm.host = group_hosts[group][turn % group_hosts[group].size()];
        vm.datastore = stores[turn % stores.size()];
        vm.cpus = 1 + i % 8;
        vm.memory_mb = 1024u << (i % 5);
        vm.powered_on = i % 100 < g.powered_on_percent;
        DiskSpec disk;
        disk.size_bytes = g.disk_bytes;
        vm.disks.push_back(disk);
        if (i % 10 == 9) {
            disk.datastore = stores[(turn + 1) % stores.size()];
            vm.disks.push_back(disk);
        }
        if (g.rdm_every != 0 && i % g.rdm_every == 0) {
            disk.rdm = "physical";
            disk.rdm_device = fmt::format("eui.{:032x}", i);
            vm.disks.push_back(disk);
        }
        estate.vms.push_back(std::move(vm));
    }
}

std::string stable_mac(const std::string& seed) {
    const auto hash = sha256(as_bytes(seed));
    return fmt::format("00:50:56:{:02x}:{:02x}:{:02x}", std::to_integer<int>(hash[0]) & 0x3f,
                       std::to_integer<int>(hash[1]), std::to_integer<int>(hash[2]));
}

std::string stable_uuid(const std::string& seed) {
    const std::string hex = to_hex(sha256(as_bytes(seed)));
    return fmt::format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                       hex.substr(17, 3), hex.substr(20, 12));
}

Result<void> complete_host(HostSpec& host, const std::set<std::string>& dv_groups) {
    if (host.name.empty()) {
        return fail(Errc::InvalidArgument, "a host has no name");
    }
    if (host.uuid.empty()) {
        host.uuid = stable_uuid("host " + host.name);
    }
    std::set<std::string> nics;
    for (NicSpec& nic : host.nics) {
        if (nic.name.empty() || !nics.insert(nic.name).second) {
            return fail(Errc::InvalidArgument, "host {}: NIC '{}' is unnamed or stands twice",
                        host.name, nic.name);
        }
        if (nic.mac.empty()) {
            nic.mac = stable_mac(host.name + nic.name);
        }
    }
    if (host.vswitches.empty()) {
        VswitchSpec vswitch;
        vswitch.nics.assign(nics.begin(), nics.end());
        host.vswitches.push_back(std::move(vswitch));
    }
    auto known_nics = [&](const std::vector<std::string>& names) {
        return std::all_of(names.begin(), names.end(), [&](auto& n) { return nics.contains(n); });
    };
    std::set<std::string> switches;
    for (const VswitchSpec& vswitch : host.vswitches) {
        switches.insert(vswitch.name);
        if (!known_nics(vswitch.nics)) {
            return fail(Errc::InvalidArgument, "host {}: {} names a NIC that does not exist",
                        host.name, vswitch.name);
        }
    }
    std::set<std::string> groups = dv_groups;
    for (const PortGroupSpec& group : host.portgroups) {
        groups.insert(group.name);
        if (!switches.contains(group.vswitch) || !known_nics(group.active_nics) ||
            !known_nics(group.standby_nics)) {
            return fail(Errc::InvalidArgument,
                        "host {}: port group {} names a switch or NIC that does not exist",
                        host.name, group.name);
        }
    }
    for (VmkSpec& vmk : host.vmks) {
        if (!groups.contains(vmk.portgroup)) {
            return fail(Errc::InvalidArgument, "host {}: {} names port group '{}', not defined",
                        host.name, vmk.name, vmk.portgroup);
        }
        if (vmk.mac.empty()) {
            vmk.mac = stable_mac(host.name + vmk.name);
        }
    }
    return {};
}

} // namespace

HostSpec Estate::default_host(unsigned index, std::string domain) {
    HostSpec host;
    host.name = fmt::format("esx{:02}.{}", index, domain);
    for (unsigned n = 0; n < 2; ++n) {
        NicSpec nic;
        nic.name = fmt::format("vmnic{}", n);
        host.nics.push_back(nic);
    }
    VswitchSpec vswitch;
    vswitch.nics = {"vmnic0", "vmnic1"};
    vswitch.mtu = 9000;
    host.vswitches = {vswitch};
    PortGroupSpec management;
    management.name = "Management Network";
    PortGroupSpec vms;
    vms.name = "VM Network";
    host.portgroups = {management, vms};
    VmkSpec vmk0;
    vmk0.name = "vmk0";
    vmk0.portgroup = management.name;
    vmk0.address = fmt::format("192.168.10.{}", 10 + index);
    vmk0.services = {"management", "vmotion"};
    host.vmks = {vmk0};
    for (unsigned n = 0; n < 2; ++n) {
        PortGroupSpec storage;
        storage.name = fmt::format("Storage-{}", static_cast<char>('A' + n));
        storage.vlan = 151 + n;
        storage.active_nics = {fmt::format("vmnic{}", n)};
        host.portgroups.push_back(storage);
        VmkSpec vmk;
        vmk.name = fmt::format("vmk{}", n + 1);
        vmk.portgroup = storage.name;
        vmk.address = fmt::format("192.168.{}.{}", 151 + n, 10 + index);
        vmk.mtu = 9000;
        host.vmks.push_back(vmk);
    }
    return host;
}

namespace {

Result<void> check_users(const std::vector<RoleSpec>& roles, const std::vector<UserSpec>& users) {
    std::set<std::string> names{"Admin", "ReadOnly", "View", "NoAccess"};
    for (const RoleSpec& role : roles) {
        if (role.name.empty() || !names.insert(role.name).second) {
            return fail(Errc::InvalidArgument, "role '{}' is unnamed or stands twice", role.name);
        }
        for (const std::string& privilege : role.privileges) {
            const auto& known = all_privileges();
            if (std::find(known.begin(), known.end(), privilege) == known.end()) {
                return fail(Errc::InvalidArgument, "role {}: no privilege is called '{}'",
                            role.name, privilege);
            }
        }
    }
    std::set<std::string> seen;
    for (const UserSpec& user : users) {
        if (user.name.empty() || user.password.empty() || !seen.insert(user.name).second) {
            return fail(Errc::InvalidArgument,
                        "user '{}' has no name or no password, or stands twice", user.name);
        }
        if (!names.contains(user.role)) {
            return fail(Errc::InvalidArgument, "user {} has role '{}', not defined", user.name,
                        user.role);
        }
    }
    return {};
}

} // namespace

Result<void> Estate::complete() {
    PF_CHECK(check_users(roles, users));
    std::set<std::string> host_names;
    std::set<std::string> dv_groups;
    for (DvSwitchSpec& dvs : dvswitches) {
        if (dvs.name.empty()) {
            return fail(Errc::InvalidArgument, "a distributed switch has no name");
        }
        for (size_t i = dvs.uplinks.size(); i < dvs.nics.size(); ++i) {
            dvs.uplinks.push_back(fmt::format("Uplink {}", i + 1));
        }
        for (const DvPortGroupSpec& group : dvs.portgroups) {
            dv_groups.insert(group.name);
            for (const auto* list : {&group.active_uplinks, &group.standby_uplinks}) {
                for (const std::string& uplink : *list) {
                    if (std::find(dvs.uplinks.begin(), dvs.uplinks.end(), uplink) ==
                        dvs.uplinks.end()) {
                        return fail(Errc::InvalidArgument,
                                    "port group {} names uplink '{}', which {} does not have",
                                    group.name, uplink, dvs.name);
                    }
                }
            }
        }
    }
    for (HostSpec& host : hosts) {
        PF_CHECK(complete_host(host, dv_groups));
        if (!host_names.insert(host.name).second) {
            return fail(Errc::InvalidArgument, "host {} stands twice", host.name);
        }
    }
    if (hosts.empty()) {
        return fail(Errc::InvalidArgument, "the estate has no host");
    }
    std::set<std::string> datastore_names;
    for (const DatastoreSpec& ds : datastores) {
        if (ds.name.empty() || !datastore_names.insert(ds.name).second) {
            return fail(Errc::InvalidArgument, "datastore '{}' is unnamed or stands twice",
                        ds.name);
        }
        for (const std::string& host : ds.hosts) {
            if (!host_names.contains(host)) {
                return fail(Errc::InvalidArgument, "datastore {} names host '{}', not defined",
                            ds.name, host);
            }
        }
    }
    std::set<std::string> vm_names;
    for (VmSpec& vm : vms) {
        if (vm.name.empty() || !vm_names.insert(vm.name).second) {
            return fail(Errc::InvalidArgument, "VM '{}' is unnamed or stands twice", vm.name);
        }
        if (vm.host.empty()) {
            vm.host = hosts.front().name;
        }
        if (!host_names.contains(vm.host)) {
            return fail(Errc::InvalidArgument, "VM {} names host '{}', not defined", vm.name,
                        vm.host);
        }
        if (!datastore_names.contains(vm.datastore)) {
            return fail(Errc::InvalidArgument, "VM {} names datastore '{}', not defined", vm.name,
                        vm.datastore);
        }
        for (const DiskSpec& disk : vm.disks) {
            if (!disk.datastore.empty() && !datastore_names.contains(disk.datastore)) {
                return fail(Errc::InvalidArgument,
                            "VM {} has a disk on datastore '{}', not defined", vm.name,
                            disk.datastore);
            }
            if (disk.shared_with.empty() && disk.rdm.empty() &&
                (disk.size_bytes == 0 || disk.size_bytes % (1u << 20) != 0)) {
                return fail(Errc::InvalidArgument,
                            "VM {}: a disk's size must be a positive multiple of 1 MiB", vm.name);
            }
        }
    }
    return {};
}

Result<Estate> Estate::from_value(const json::value& value) {
    Estate estate;
    ObjectReader r(value, "estate");
    r.read("vcenter_name", estate.vcenter_name);
    r.read("vcenter_version", estate.vcenter_version);
    r.read("vcenter_build", estate.vcenter_build);
    r.read("datacenter", estate.datacenter);
    r.read("cluster", estate.cluster);
    r.read("ha", estate.ha);
    r.read("drs", estate.drs);
    r.read_list<HostSpec>("hosts", estate.hosts, read_host);
    r.read_list<DatastoreSpec>("datastores", estate.datastores, read_datastore);
    r.read_list<VmSpec>("vms", estate.vms, read_vm);
    r.read_list<DvSwitchSpec>("dvswitches", estate.dvswitches, read_dvswitch);
    r.read("heartbeat_datastores", estate.heartbeat_datastores);
    r.read_list<RoleSpec>("roles", estate.roles, read_role);
    r.read_list<UserSpec>("users", estate.users, read_user);
    r.read_list<ContentLibrarySpec>("content_libraries", estate.content_libraries, read_library);
    std::string problem;
    if (const json::value* description = r.sub("generate")) {
        Generator generator;
        problem = read_generator(*description, generator);
        if (problem.empty()) {
            generate(generator, estate);
        }
    }
    problem = problem.empty() ? r.finish() : problem;
    if (!problem.empty()) {
        return fail(Errc::InvalidArgument, "{}", problem);
    }
    PF_CHECK(estate.complete());
    return estate;
}

} // namespace pf::vim::sim
