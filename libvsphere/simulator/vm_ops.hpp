// Virtual machines: their files on datastores, registration, power, disks, relocation.
//
// Functions lock World::mutex themselves and do I/O without it; `_locked` ones want it held.
#pragma once

#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/tasks.hpp"
#include "libvsphere/simulator/vmx.hpp"

namespace pf::vim::sim {

// Where a relocation puts things; UUIDs of VMFS volumes.
struct RelocatePlan {
    std::string home;                     // empty: the VM's files stay
    std::map<int32_t, std::string> disks; // disk key -> volume; others stay
    std::map<int32_t, bool> thin;         // wanted form, where the caller says so
    std::string host;                     // HostSystem moid; empty: stays
};

// A frozen file that no snapshot asks for any more: `index` into the disk's parents.
struct LooseLink {
    int32_t disk = 0;
    size_t index = 0;
};
// The first one of the VM. World::mutex held.
std::optional<LooseLink> loose_link_locked(World& world, const VmState& vm);

class VmOps {
  public:
    explicit VmOps(World& world) : world_(world) {}

    // Creates the files of a described VM (known data included) and registers it. Disks that are
    // shared with another VM must exist already.
    Outcome<unsigned> create(const VmSpec& spec);

    // Adds the described VMs to the inventory alone: no files, no guests.
    Result<void> create_on_paper(const std::vector<VmSpec>& specs);

    // Reads the vmx and adds the VM to the inventory; its number. Faults as RegisterVM_Task's.
    Outcome<unsigned> register_vm(HostState& host, const FileRef& vmx, const std::string& name,
                                  bool as_template, const std::string& folder,
                                  const std::string& pool);
    Outcome<> unregister(unsigned number);
    // Re-reads a registered, powered-off VM from another vmx, keeping its identity.
    Outcome<> reload(unsigned number, const FileRef& vmx);
    // Its files are on other volumes now (old VMFS UUID -> new one), at the same paths.
    Outcome<> follow_volumes(unsigned number, const std::map<std::string, std::string>& moved);
    // The same for the files of VMs that nobody has registered, on this volume; the configuration
    // files that could not be changed, with the fault.
    Outcome<std::vector<std::pair<FileRef, Fault>>>
    follow_unregistered(const std::string& volume, const std::map<std::string, std::string>& moved);

    Outcome<> power_on(unsigned number, TaskContext& task);
    Outcome<> power_off(unsigned number);
    Outcome<> suspend(unsigned number);
    Outcome<> answer(unsigned number, const std::string& question, const std::string& choice);
    Outcome<> set_extra_config(unsigned number,
                               const std::vector<std::pair<std::string, std::string>>& options);
    Outcome<> rename(unsigned number, const std::string& name);
    Outcome<> mark_template(unsigned number, bool as_template);

    // Checked at submission, and again by CheckRelocate: everything that can be known beforehand.
    Outcome<> check_relocate_locked(const VmState& vm, const RelocatePlan& plan);
    Outcome<> relocate(unsigned number, const RelocatePlan& plan, TaskContext& task);

    // Freezes the disks and goes on in new delta files; the snapshot's number.
    Outcome<unsigned> take_snapshot(unsigned number, const std::string& name,
                                    const std::string& description);
    // Takes them off the tree, their children going up; `merge` also consolidates.
    Outcome<> drop_snapshots(unsigned number, const std::set<unsigned>& snapshots, bool merge,
                             TaskContext& task);
    // Merges every loose link. What fails leaves the VM as it was, in need of consolidation.
    Outcome<> consolidate(unsigned number, TaskContext& task);
    // The tree to and from the .vmsd beside the vmx.
    Outcome<> write_snapshot_list(unsigned number);
    Outcome<> read_snapshot_list(unsigned number);

    // One I/O of the guest: goes to the disk, and to its copy while the disk is being moved.
    Result<void> guest_write(unsigned number, int32_t disk_key, uint64_t offset, ByteSpan data);
    Result<void> guest_read(unsigned number, int32_t disk_key, uint64_t offset, MutByteSpan out);

    // Reads every byte of the VM's disks and compares with what was written.
    Result<std::vector<DiskCheck>> check(unsigned number);

  private:
    struct Moving;
    Outcome<VmState> load(HostState& host, const FileRef& vmx);
    Outcome<std::map<int32_t, DiskLink>> freeze_disks(unsigned number);
    Outcome<> merge_link(unsigned number, const LooseLink& loose, TaskContext& task);
    Outcome<> write_beside(unsigned number, const FileRef& file, const std::string& text);
    Result<void> load_chain(HostState& host, VmDisk& disk);
    static Outcome<> rewrite_paths(const VolumeAccess& path, const std::string& folder,
                                   const std::map<std::string, std::string>& moved);
    Outcome<> change_vmx(unsigned number, const std::function<void(VmxFile&)>& change);
    struct CopyMeter;
    Outcome<> copy_disk(Moving& moving, TaskContext& task, CopyMeter& meter);
    Outcome<> copy_file(Moving& moving, const FileRef& source, const FileRef& target, bool thick,
                        bool top, TaskContext& task, CopyMeter& meter);
    Outcome<> describe(const Moving& moving, HostState& host);
    static std::vector<std::string> target_files(const Moving& moving);
    Outcome<> fill_disk(const VolumeAccess& path, const std::string& flat, const DiskSpec& disk,
                        bool counter);
    Result<DiskCheck> check_disk(const VmState& vm, const VmDisk& disk, HostState& host);

    World& world_;
};

// "scsi0:1": the disk's name in the vmx and among the performance counters' instances.
inline std::string disk_device(const VmDisk& disk) {
    return fmt::format("scsi{}:{}", disk.controller - 1000, disk.unit);
}
// Faults that many operations on a VM begin with.
tl::unexpected<Fault> raise_no_vm(unsigned number);
tl::unexpected<Fault> raise_power_state(PowerState wanted, PowerState existing);
// uuid.location of a vmx: changes when the VM's files move.
std::string vmx_location(const FileRef& vmx);

} // namespace pf::vim::sim
