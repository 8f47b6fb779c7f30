// One simulated vCenter and its ESXi hosts, each speaking vim25 SOAP over HTTPS, with real effects
// on the storage behind them (storage.hpp). Made for rehearsals and tests of vSphere clients.
//
// Life cycle: construct, start() (binds, asks the factory for each host's storage), seed(), serve
// until stop(). All methods are thread-safe; stop() waits for running calls and tasks with a
// deadline and is idempotent. What is on the volumes survives the process; what hosts and vCenter
// remember beyond that survives only in SimulatorOptions::state_file.
//
// What is real: datastores, files and virtual disks live in the devices' bytes (docs/formats/
// lab-vmfs.md); Storage vMotion copies bytes; NVMe connects go through HostStorage. What is
// simulated: CPU, guests, networks.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "libvsphere/simulator/estate.hpp"
#include "libvsphere/simulator/storage.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::sim {

struct EndpointOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 0; // 0: any free one
    std::string cert_pem;
    std::string key_pem; // without a certificate the endpoint speaks plain HTTP
};

struct Credentials {
    std::string user;
    std::string password;
};

// How long simulated work takes. Real work (copying, connecting) adds its own time.
struct Timings {
    std::chrono::milliseconds task_start{5};      // queued -> running
    std::chrono::milliseconds power{20};          // power operations
    std::chrono::milliseconds guest_shutdown{50}; // ShutdownGuest until poweredOff
    std::chrono::milliseconds rescan{10};         // on top of the real rescan
    std::chrono::seconds apd_timeout{140};        // Misc.APDTimeout: from no path to timed out
    std::chrono::milliseconds register_vm{5};
    std::chrono::milliseconds counter_interval{20};   // one block of the counter workload
    std::chrono::milliseconds storage_timeout{15000}; // each device I/O, connect, discovery
    std::chrono::seconds session_idle{1800};
    std::chrono::seconds question_timeout{300}; // an unanswered VM question
    std::chrono::seconds task_retention{600};
    uint64_t copy_bytes_per_second = 0;     // Storage vMotion stream ceiling; 0: none
    std::chrono::seconds perf_interval{20}; // one real-time sample of the performance counters
};

// vCenter's concurrency cost model (Storage vMotion: host 4 of 8, datastore 16 of 128).
struct CostLimits {
    uint32_t relocations_per_host = 2;
    uint32_t relocations_per_datastore = 8;
};

// hostd runs one rescan of a host at a time; a busy estate may let only one run at all.
enum class RescanOrder { PerHost, WholeEstate };

struct SimulatorOptions {
    EndpointOptions vcenter;
    std::map<std::string, EndpointOptions> hosts; // by host name; a host left out has no endpoint
    Credentials vcenter_login{"administrator@vsphere.local", "VMware1!"};
    Credentials host_login{"root", "VMware1!"};
    Timings timings;
    CostLimits limits;
    RescanOrder rescan_order = RescanOrder::PerHost;
    // What APD timeouts go by; empty: the machine's clock. Called from any thread.
    std::function<MonoTime()> clock;
    uint32_t page_size = 100;    // RetrievePropertiesEx default page
    uint32_t max_sessions = 100; // per endpoint
    // The first power-on of a VM whose files have moved asks "moved or copied?" (msg.uuid.altered)
    // unless its vmx says uuid.action = "keep".
    bool moved_question = true;
    uint32_t task_threads = 8;
    uint32_t max_queued_tasks = 2000;
    // VMs stand in the inventory only: no files, no guests. For plans over large estates.
    bool paper_vms = false;
    // Faults on purpose (base/net/fault_rules.hpp); empty: none.
    std::string fault_rules_file;
    std::string fault_log_file;
    // What hosts and vCenter remember is kept here, so that the next process with the same storage
    // goes on where this one ended (docs/formats/lab-estate-state.md); empty: nothing is kept.
    std::string state_file;
};

// What `esxcli` would do on the host: exit status and the two output streams.
struct EsxcliResult {
    int exit_status = 0;
    std::string out;
    std::string err;
};

// Result of reading a virtual disk back, byte for byte, through a host's own paths.
struct DiskCheck {
    std::string vm;
    int32_t disk_key = 0;
    std::string file;      // "[ds] dir/x.vmdk"
    std::string datastore; // where the disk lives now
    std::string device_id; // the device behind it
    Transport transport = Transport::Sdc;
    uint64_t bytes = 0;            // compared bytes
    uint64_t bad_bytes = 0;        // bytes that differ from the known data
    uint64_t counters_checked = 0; // slots of the counter workload
    uint64_t counters_lost = 0;    // slots older than the last acknowledged write
    std::string sha256;            // of the whole disk as read
    bool ok() const { return bad_bytes == 0 && counters_lost == 0; }
};

struct InventorySummary {
    struct DatastoreRow {
        std::string name, uuid, device_id;
        bool accessible = false;
        std::vector<std::string> mounted_on;
    };
    struct VmRow {
        std::string name, host, vmx_path, power_state;
        std::vector<std::string> datastores;
    };
    std::vector<DatastoreRow> datastores;
    std::vector<VmRow> vms;
};

class Simulator {
  public:
    Simulator(Estate estate, HostStorageFactory storage, SimulatorOptions options);
    ~Simulator();
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    Result<void> start();
    void stop();

    uint16_t vcenter_port() const;
    uint16_t host_port(std::string_view host_name) const; // 0: no such endpoint
    const Estate& estate() const;

    // --- seeding: makes the estate's datastores and VMs exist on freshly mapped devices ---------
    // device_of maps datastore name -> canonical device name as the first of its hosts sees it.
    // Formats each device (unless it already carries a datastore of that label, then it is
    // mounted as it is), creates the VMs' files with their known data, registers and powers on.
    // With a state file of an earlier process nothing is made: the estate comes up as it was left.
    Result<void> seed(const std::map<std::string, std::string>& device_of);

    // --- command line of one host, for an SSH forced command ------------------------------------
    // argv without the leading "esxcli". Unknown host: NotFound. Command errors are in the result.
    Result<EsxcliResult> esxcli_execute(std::string_view host_name,
                                        const std::vector<std::string>& argv);
    // A whole shell line as sshd passes it in SSH_ORIGINAL_COMMAND ("esxcli nvme info get").
    // Only esxcli is known; simple quoting is honoured, several commands may be joined by ';'.
    Result<EsxcliResult> shell_execute(std::string_view host_name, std::string_view line);

    // --- checks for labs and tests --------------------------------------------------------------
    Result<std::vector<DiskCheck>> check_vm(std::string_view vm_name);
    InventorySummary inventory() const;

    // Writes the vCenter's inventory as a recording (recording.hpp); how many objects.
    Result<size_t> record(const std::string& dir) const;

    // A host loses all its connections and forgets what a reboot forgets; persistent NVMe
    // connections, tags, adapters and remembered unmounts come back.
    Result<void> reboot_host(std::string_view host_name);

  private:
    Result<void> make_estate(const std::map<std::string, std::string>& device_of);
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::vim::sim
