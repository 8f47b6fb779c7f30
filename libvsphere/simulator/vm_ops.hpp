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

    // One I/O of the guest: goes to the disk, and to its copy while the disk is being moved.
    Result<void> guest_write(unsigned number, int32_t disk_key, uint64_t offset, ByteSpan data);
    Result<void> guest_read(unsigned number, int32_t disk_key, uint64_t offset, MutByteSpan out);

    // Reads every byte of the VM's disks and compares with what was written.
    Result<std::vector<DiskCheck>> check(unsigned number);

  private:
    struct Moving;
    Outcome<VmState> load(HostState& host, const FileRef& vmx);
    Outcome<> change_vmx(unsigned number, const std::function<void(VmxFile&)>& change);
    Outcome<> copy_disk(unsigned number, Moving& moving, TaskContext& task, uint64_t& copied,
                        uint64_t total, MonoTime started);
    Outcome<> fill_disk(const VolumeAccess& path, const std::string& flat, const DiskSpec& disk,
                        bool counter);
    Result<DiskCheck> check_disk(const VmState& vm, const VmDisk& disk, HostState& host);

    World& world_;
};

// uuid.location of a vmx: changes when the VM's files move.
std::string vmx_location(const FileRef& vmx);

} // namespace pf::vim::sim
