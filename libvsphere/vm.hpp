#pragma once
// What the toolkit does to virtual machines: move, register, unregister, power, answer.
//
// *_task functions return the task's MoRef at once: journal it, then wait_task(). The spec builders
// keep the API's sharp edges in one place (host is mandatory for a powered-on storage move; a
// partial move names every disk).

#include "libvsphere/inventory.hpp"
#include "libvsphere/session.hpp"
#include "libvsphere/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pf::vim {

struct DiskMove {
    int disk_key = 0;
    MoRef datastore;
    std::optional<bool> thin, eager_zero; ///< set: convert the format while moving
    std::string disk_mode = "persistent"; ///< only used with a conversion
    std::vector<std::string> profiles;    ///< storage policies of the disk, by id
};

struct Relocation {
    MoRef datastore; ///< VM home and every disk without a locator; empty: the home stays
    MoRef host, pool, folder;
    std::vector<DiskMove> disks;
    /// Storage policies of the VM home, by id. Without them a VM keeps its old policy and may not
    /// comply on the new datastore.
    std::vector<std::string> profiles;
    std::string disk_move_type; ///< empty: server default (moveAllDiskBackingsAndDisallowSharing)
    std::string priority;       ///< empty | lowPriority | highPriority | defaultPriority
};

/// The relocation that moves everything of `vm` from `source` to `target` and leaves what is on
/// other datastores where it is: a locator for every disk, the home only if the vmx is on `source`,
/// host = current host when powered on.
Relocation relocation_off(const Vm& vm, const Datastore& source, const MoRef& target);

Result<MoRef> relocate_task(Session& session, const MoRef& vm, const Relocation& relocation);

struct RelocationFinding {
    bool is_error = false;
    std::string fault, message;
};
/// vCenter's own precheck; Unsupported on a single ESXi.
Result<std::vector<RelocationFinding>> check_relocate(Session& session, const MoRef& vm,
                                                      const Relocation& relocation);

struct Registration {
    std::string vmx_path, name;
    MoRef folder, pool, host;
    bool as_template = false;
};
Result<MoRef> register_task(Session& session, const Registration& registration);
/// The new VM of a finished register task.
Result<MoRef> registered_vm(const TaskInfo& finished);
Result<void> unregister_vm(Session& session, const MoRef& vm);
/// Points a registered, powered-off VM at another vmx; keeps moref, folder, permissions.
Result<MoRef> reload_from_path_task(Session& session, const MoRef& vm, const std::string& vmx_path);
Result<void> mark_as_template(Session& session, const MoRef& vm);
Result<void> mark_as_vm(Session& session, const MoRef& vm, const MoRef& pool, const MoRef& host);

Result<MoRef> power_on_task(Session& session, const MoRef& vm, const MoRef& host = {});
Result<MoRef> power_off_task(Session& session, const MoRef& vm);
/// Asks the guest; returns at once. ToolsUnavailable comes back as NotReady.
Result<void> shutdown_guest(Session& session, const MoRef& vm);
Result<void> answer_vm(Session& session, const MoRef& vm, const std::string& question_id,
                       const std::string& choice);
/// Choice key for "I moved it" of the moved-or-copied question; empty when `question` is another
/// one.
std::string moved_choice(const VmQuestion& question);

Result<MoRef> create_snapshot_task(Session& session, const MoRef& vm, const std::string& name,
                                   const std::string& description, bool memory, bool quiesce);
Result<MoRef> remove_all_snapshots_task(Session& session, const MoRef& vm, bool consolidate = true);
/// Sets advanced options ("uuid.action" = "keep").
Result<MoRef>
set_extra_config_task(Session& session, const MoRef& vm,
                      const std::vector<std::pair<std::string, std::string>>& options);

} // namespace pf::vim
