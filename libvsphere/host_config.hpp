#pragma once
// One host's configuration beyond storage and network: services, kernel modules, advanced options,
// maintenance mode, the core dump partition; and the batch and device calls of its storage system
// that the migration needs less often than those of host.hpp.
//
// Synchronous like host.hpp, with the same errors. *_task functions return at once.

#include "libvsphere/host.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::vim {

// ---- Services (TSM-SSH, TSM, ntpd, …)

inline constexpr std::string_view kServiceSsh = "TSM-SSH";

struct HostService {
    std::string key, label, policy; ///< policy: on | off | automatic
    bool running = false, required = false;
};
Result<std::vector<HostService>> host_services(Session& session, const Host& host);
enum class ServiceAction { Start, Stop, Restart };
/// Starting what runs and stopping what is stopped is no error.
Result<void> control_service(Session& session, const Host& host, const std::string& service,
                             ServiceAction action);
Result<void> set_service_policy(Session& session, const Host& host, const std::string& service,
                                const std::string& policy);

// ---- Kernel modules

struct KernelModule {
    std::string name, version, file, options;
    bool loaded = false, enabled = false;
};
Result<std::vector<KernelModule>> kernel_modules(Session& session, const Host& host);
/// The options for the next boot; NotFound when the host has no such module.
Result<std::string> module_options(Session& session, const Host& host, const std::string& module);
/// In force after a reboot.
Result<void> set_module_options(Session& session, const Host& host, const std::string& module,
                                const std::string& options);
/// "IoctlIniGuidStr=… IoctlMdmIPStr=…" → pairs; what has no "=" has an empty value.
std::vector<std::pair<std::string, std::string>> split_module_options(std::string_view options);

// ---- Advanced options

/// One option ("Scsi.NVmeUseDsmTp4040") or, with a name that ends in ".", all below it.
Result<std::vector<std::pair<std::string, Value>>>
advanced_options(Session& session, const Host& host, const std::string& name);
/// The value's type is the option's own: the present value is read first and its type kept.
Result<void> set_advanced_option(Session& session, const Host& host, const std::string& name,
                                 const std::string& value);

// ---- Host state

/// timeout 0: none. Evacuation of powered-off VMs only means something on vCenter.
Result<MoRef> enter_maintenance_task(Session& session, const Host& host, int timeout_s = 0,
                                     bool evacuate_powered_off = false);
Result<MoRef> exit_maintenance_task(Session& session, const Host& host, int timeout_s = 0);

struct DiagnosticPartition {
    std::string storage_type, diagnostic_type;
    Extent partition;
    int slots = 0;
};
/// Partitions that core dumps could go to.
Result<std::vector<DiagnosticPartition>> available_dump_partitions(Session& session,
                                                                   const Host& host);
/// Core dumps go to this partition from now on; nothing: to none, so that its device is let go.
Result<void> select_dump_partition(Session& session, const Host& host,
                                   const std::optional<Extent>& partition);

// ---- Storage: batches and devices

struct BatchResult {
    std::string key; ///< VMFS UUID or LUN UUID
    std::optional<Error> error;
};
enum class VmfsBatch { Mount, Unmount, Unmap };
Result<MoRef> vmfs_batch_task(Session& session, const Host& host, VmfsBatch what,
                              const std::vector<std::string>& vmfs_uuids);
enum class LunBatch { Attach, Detach };
Result<MoRef> lun_batch_task(Session& session, const Host& host, LunBatch what,
                             const std::vector<std::string>& lun_uuids);
/// Per item; the task itself succeeds when some failed.
std::vector<BatchResult> batch_results(const TaskInfo& finished);
Result<MoRef> resolve_unresolved_task(Session& session, const Host& host,
                                      const std::vector<std::string>& extent_paths,
                                      bool force_mount);

/// `path` is StoragePath::name.
Result<void> enable_path(Session& session, const Host& host, const std::string& path, bool enable);
Result<void> rename_lun(Session& session, const Host& host, const std::string& lun_uuid,
                        const std::string& display_name);
Result<void> mark_perennially_reserved(Session& session, const Host& host,
                                       const std::string& lun_uuid, bool reserved);
/// priority: none | low.
Result<void> set_unmap_priority(Session& session, const Host& host, const std::string& vmfs_uuid,
                                const std::string& priority);
Result<void> create_rdma_adapter(Session& session, const Host& host,
                                 const std::string& rdma_device);
Result<void> remove_rdma_adapter(Session& session, const Host& host, const std::string& hba);

} // namespace pf::vim
