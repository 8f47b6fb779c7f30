// libvsphere's structs as pfnvme's values. Pure.
#pragma once

#include "libvsphere/host.hpp"
#include "libvsphere/inventory.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <string>

namespace pf::nvmetool {

[[nodiscard]] DatastoreInfo datastore_info(const vim::Datastore& in);
[[nodiscard]] VmInfo vm_info(const vim::Vm& in);
[[nodiscard]] DeviceInfo device_info(const vim::HostStorage& storage,
                                     const vim::ScsiDevice& device);
[[nodiscard]] UnresolvedVolume unresolved_volume(const vim::UnresolvedVolume& volume);
// Identity, capabilities and network; nothing that needs another call.
[[nodiscard]] HostInfo host_values(const vim::Host& in);
// Adapters and controllers (not whether they are online: only esxcli tells).
void add_storage(const vim::HostStorage& storage, HostInfo& out);
// "IoctlIniGuidStr=<guid> IoctlMdmIPStr=…" → guid
[[nodiscard]] std::string guid_of_options(const std::string& options);

} // namespace pf::nvmetool
