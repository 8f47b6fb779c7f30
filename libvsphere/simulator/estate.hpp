// Description of a simulated estate: one vCenter, one datacenter, one cluster, its hosts,
// datastores and virtual machines. A plain value; from_value() reads it from parsed YAML/JSON and
// refuses unknown keys, bad numbers and dangling names with the path of the offending key.
//
// docs/operating/ describes the file format for users; the key names are the member names below.
#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pf::vim::sim {

struct NicSpec {
    std::string name; // "vmnic0"
    std::string mac;  // filled in when empty
    std::string driver = "nmlx5_core";
    uint32_t speed_mbps = 25000; // 0 = link down
    uint32_t mtu = 1500;
};

struct PortGroupSpec {
    std::string name; // "Storage-A"
    std::string vswitch = "vSwitch0";
    uint32_t vlan = 0;
    std::vector<std::string> active_nics;  // empty: every NIC of the switch
    std::vector<std::string> standby_nics; // anything else is unused
};

struct VmkSpec {
    std::string name; // "vmk2"
    std::string portgroup;
    std::string address;
    std::string netmask = "255.255.255.0";
    std::string mac; // filled in when empty
    uint32_t mtu = 1500;
    bool dhcp = false;                 // the address is what a DHCP server gave it
    std::vector<std::string> services; // vim nicType names: management, vmotion, nvmeTcp ...
};

struct VswitchSpec {
    std::string name = "vSwitch0";
    std::vector<std::string> nics;
    uint32_t mtu = 1500;
};

struct HostSpec {
    std::string name;    // FQDN
    std::string cluster; // empty: the estate's first
    std::string version = "7.0.3";
    std::string build = "20036589";
    std::string uuid; // derived from the name when empty
    std::vector<NicSpec> nics;
    std::vector<VswitchSpec> vswitches;
    std::vector<PortGroupSpec> portgroups;
    std::vector<VmkSpec> vmks;
    bool sdc = true; // has the scini module and its vmhba
    bool maintenance = false;
    bool connected = true;
    // Datastores that the host itself uses: they can't be unmounted meanwhile.
    std::string coredump_datastore;
    std::string scratch_datastore;
    std::string syslog_datastore;
};

struct DatastoreSpec {
    std::string name;
    std::string volume;             // name of the backend volume; resolved by the lab, not here
    uint64_t size_bytes = 0;        // only where the storage is made from the estate alone
    std::vector<std::string> hosts; // empty: every host
    std::vector<std::string> tags;  // "category:name"
    // Small files that something else left there: "contentlib-…/x.ovf", "fcd/x.vmdk", "x.iso".
    std::vector<std::string> files;
};

struct DiskSpec {
    uint64_t size_bytes = 0;
    std::string datastore; // empty: the VM's
    bool thin = true;
    uint64_t seed = 0;       // known data; 0: the disk starts empty
    uint64_t data_bytes = 0; // how much of it is filled; 0: all
    std::string sharing;     // "" or "multi-writer"
    std::string rdm;         // "", "physical" or "virtual": a raw device mapping
    std::string rdm_device;  // canonical name of the mapped device
    std::string
        shared_with; // reuse the disk `owner_vm:index` of another VM instead of creating one
    std::string mode = "persistent"; // vmdk disk mode
    std::string fcd;                 // id of the first class disk that it is
};

struct VmSpec {
    std::string name;
    std::string host;      // empty: the first host
    std::string datastore; // home
    uint32_t cpus = 1;
    uint32_t memory_mb = 1024;
    std::string guest = "other5xLinux64Guest";
    std::string folder; // "apps/web" below the datacenter's VM folder; made when it is missing
    std::string annotation;
    std::vector<std::string> tags; // "category:name"
    std::string iso;               // "[ds] path.iso" in its CD drive
    bool powered_on = false;
    bool tools = true; // guest shutdown works
    bool template_vm = false;
    std::string bus_sharing;       // "", "virtual" or "physical"
    bool counter_workload = false; // writes numbered blocks into its first disk while powered on
    std::vector<DiskSpec> disks;
    std::vector<std::string> snapshots; // their names, each taken on top of the one before
    std::vector<std::pair<std::string, std::string>> extra_config;
};

// A distributed switch; its n-th uplink is the n-th of `nics` on each of its hosts.
struct DvPortGroupSpec {
    std::string name;
    uint32_t vlan = 0;
    std::vector<std::string> active_uplinks; // empty: all
    std::vector<std::string> standby_uplinks;
};
struct DvSwitchSpec {
    std::string name;
    uint32_t mtu = 1500;
    std::vector<std::string> uplinks; // "Uplink 1" ...
    std::vector<std::string> nics;    // "vmnic2" ...
    std::vector<std::string> hosts;   // empty: every host
    std::vector<DvPortGroupSpec> portgroups;
};

// A role of vCenter beside the built-in ones, and users who have it.
struct RoleSpec {
    std::string name;
    std::vector<std::string> privileges;
};
struct UserSpec {
    std::string name; // "migrator@vsphere.local"
    std::string password;
    std::string role;            // of the estate's, or "Admin", "ReadOnly", "NoAccess"
    std::vector<std::string> on; // inventory paths ("/Datacenter/vm/apps"); empty: everything
};

struct ContentLibrarySpec {
    std::string name;
    std::string datastore; // that its items are on
};

struct Estate {
    std::string vcenter_name = "vcenter.lab.local";
    std::string vcenter_version = "8.0.3";
    std::string vcenter_build = "24022515";
    std::string datacenter = "Datacenter";
    std::string cluster = "Cluster";
    bool ha = true;
    bool drs = false;
    std::vector<std::string> heartbeat_datastores; // that HA has elected
    std::vector<HostSpec> hosts;
    std::vector<DatastoreSpec> datastores;
    std::vector<VmSpec> vms;
    std::vector<DvSwitchSpec> dvswitches;
    std::vector<RoleSpec> roles;
    std::vector<UserSpec> users;
    std::vector<ContentLibrarySpec> content_libraries;

    // Refuses unknown keys. `generate: {hosts, datastores, vms, ...}` stands for lists of that
    // length; docs/operating/lab.md has its keys.
    static Result<Estate> from_value(const boost::json::value& value);

    // Fills in derived values (MACs, UUIDs, default networks) and checks every cross-reference.
    Result<void> complete();

    // The founding estate's network shape: two vmnics, management on vmk0, one storage vmk per
    // data network, on which an NVMe/TCP adapter may be added.
    static HostSpec default_host(unsigned index, std::string domain = "lab.local");
};

} // namespace pf::vim::sim
