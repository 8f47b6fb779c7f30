#pragma once
// Creating, renaming and removing datastores.
//
// create_vmfs_datastore asks the host for its own create option (all-extent, VMFS 6) and only sets
// the name, so that alignment and partitioning are the host's. Other hosts must rescan_vmfs
// afterwards. destroy_datastore wipes the volume: never call it for the source of an offline
// conversion.

#include "libvsphere/host.hpp"

#include <string>
#include <vector>

namespace pf::vim {

Result<std::vector<ScsiDevice>> available_disks(Session& session, const Host& host);
Result<MoRef> create_vmfs_datastore(Session& session, const Host& host,
                                    const std::string& canonical_name, const std::string& name,
                                    int vmfs_major = 6);
Result<void> rename_datastore(Session& session, const MoRef& datastore,
                              const std::string& new_name);
Result<void> refresh_datastore(Session& session, const MoRef& datastore);
Result<void> destroy_datastore(Session& session, const MoRef& datastore);
Result<void> remove_datastore(Session& session, const Host& host, const MoRef& datastore);
/// Grows the volume into the free space of its device. NotFound when there is none.
Result<void> expand_datastore(Session& session, const Host& host, const MoRef& datastore);

/// The host's unresolved copies as its datastore system tells them: what resignature_task() takes.
/// query_unresolved() asks its storage system.
Result<std::vector<UnresolvedVolume>> query_unresolved_datastores(Session& session,
                                                                  const Host& host);

struct BrowsedFile {
    std::string folder; ///< "[ds01] vm1/"
    std::string name;
    int64_t size_bytes = 0;
};
/// Files below a folder ("[ds01]" = whole datastore). Starts and waits for the browse task.
Result<std::vector<BrowsedFile>> browse_datastore(Session& session, const MoRef& datastore,
                                                  const std::string& folder,
                                                  const std::string& pattern = "*",
                                                  bool recursive = true);

} // namespace pf::vim
