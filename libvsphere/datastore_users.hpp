#pragma once
// Who besides VMs uses a datastore, and how to make them let go: HA heartbeats, DRS, Storage DRS,
// storage I/O control, maintenance mode; and the rarer changes of a datastore.
//
// vCenter only, but for the host calls; an ESXi answers NotSupported. Cluster changes are merges
// (`modify`): what is not named stays.

#include "libvsphere/host.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pf::vim {

// ---- HA and DRS of a cluster

struct HeartbeatDatastore {
    MoRef datastore;
    std::vector<MoRef> hosts; ///< that use it now
};
Result<std::vector<HeartbeatDatastore>> heartbeat_datastores(Session& session,
                                                             const MoRef& cluster);
struct ClusterSettings {
    std::optional<bool> ha_enabled, drs_enabled;
    std::string host_monitoring; ///< enabled | disabled; empty: unchanged
    std::string drs_behavior;    ///< manual | partiallyAutomated | fullyAutomated; empty: unchanged
    /// Policy userSelectedDs | allFeasibleDs | allFeasibleDsWithUserPreference; empty: unchanged.
    std::string heartbeat_policy;
    std::vector<MoRef> heartbeat_datastores; ///< sent with heartbeat_policy
};
Result<MoRef> reconfigure_cluster_task(Session& session, const MoRef& cluster,
                                       const ClusterSettings& settings);

/// Elects heartbeat datastores anew on one host.
Result<MoRef> reconfigure_host_for_ha_task(Session& session, const Host& host);
/// Retreat mode: vCenter takes its cluster service VMs (vCLS) away and DRS pauses. By its advanced
/// setting "config.vcls.clusters.<cluster>.enabled"; a cluster without the setting is not in it.
Result<bool> vcls_retreat(Session& session, const MoRef& cluster);
Result<void> set_vcls_retreat(Session& session, const MoRef& cluster, bool retreat);

// ---- Storage DRS and storage I/O control

struct StoragePod {
    MoRef ref;
    std::string name, behavior; ///< manual | automated
    bool sdrs_enabled = false;
};
/// The datastore cluster that a datastore is in; nothing for one outside any.
Result<std::optional<StoragePod>> storage_pod_of(Session& session, const MoRef& datastore);
/// Behavior manual | automated; empty: unchanged.
Result<MoRef> configure_pod_task(Session& session, const MoRef& pod, std::optional<bool> enabled,
                                 const std::string& behavior);
/// Into a folder or datastore cluster (out of a pod: into its parent folder).
Result<MoRef> move_into_folder_task(Session& session, const MoRef& folder,
                                    const std::vector<MoRef>& objects);
/// Must be off before a datastore can be unmounted.
Result<MoRef> set_sioc_task(Session& session, const MoRef& datastore, bool enabled);

// ---- The datastore itself

/// Only inside a datastore cluster. The task that empties it; nothing when there was nothing to do.
Result<std::optional<MoRef>> datastore_enter_maintenance(Session& session, const MoRef& datastore);
Result<MoRef> datastore_exit_maintenance_task(Session& session, const MoRef& datastore);
Result<bool> clustered_vmdk_enabled(Session& session, const MoRef& datastore);
/// Disks of this datastore shared by clustered guests (WSFC). Turning it off wants them all off.
Result<void> set_clustered_vmdk(Session& session, const Host& host, const MoRef& datastore,
                                bool enabled);
/// Outstanding requests to the datastore's device. From 8.0 U0 on; Unsupported before.
Result<int64_t> max_queue_depth(Session& session, const Host& host, const MoRef& datastore);
Result<void> set_max_queue_depth(Session& session, const Host& host, const MoRef& datastore,
                                 int64_t depth);
Result<void> refresh_datastore_storage_info(Session& session, const MoRef& datastore);
/// Rewrites the file references of VMs after the identity of a datastore changed:
/// old mount path ("ds:///vmfs/volumes/<uuid>/") → datastore that it is now.
Result<MoRef> update_vm_files_task(Session& session, const MoRef& datastore,
                                   const std::vector<std::pair<std::string, MoRef>>& old_paths);
/// Batch of remove_datastore(): wipes the volumes.
Result<MoRef> remove_datastores_task(Session& session, const Host& host,
                                     const std::vector<MoRef>& datastores);
/// Adds another device to the volume. NotFound when the host offers none of it.
Result<void> extend_datastore(Session& session, const Host& host, const MoRef& datastore,
                              const std::string& device_path);

} // namespace pf::vim
