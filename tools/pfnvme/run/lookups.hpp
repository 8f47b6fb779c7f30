// From the names that steps carry to the objects that exist now. Shared by the operations.
//
// All read through the ports on every call; nothing is cached, because every answer may have
// changed.
#pragma once

#include "tools/pfnvme/run/ops.hpp"

#include <optional>
#include <string>

namespace pf::nvmetool {

// Is this an answer about the world ("it is not there") and not a failure to ask?
[[nodiscard]] bool is_not_found(const Error& error);

// Parameters "volume" (id) or "volume_name".
[[nodiscard]] Result<VolumeInfo> lookup_volume(OpContext& context, const Params& params);
[[nodiscard]] Result<VolumeInfo> volume_named(OpContext& context, const std::string& name);

// Parameter "device", or the NVMe device name of "volume_name".
[[nodiscard]] Result<std::string> lookup_device_name(OpContext& context, const Params& params);

// The device as this host sees it; nullopt when the host does not see it.
[[nodiscard]] Result<std::optional<DeviceInfo>>
device_on_host(OpContext& context, const std::string& host_id, const std::string& device);

// The datastore whose first extent is this device; nullopt when there is none.
[[nodiscard]] Result<std::optional<DatastoreInfo>> datastore_on_device(OpContext& context,
                                                                       const std::string& device);
[[nodiscard]] Result<std::optional<DatastoreInfo>> datastore_with_uuid(OpContext& context,
                                                                       const std::string& uuid);

[[nodiscard]] Result<std::optional<PowerFlexHost>> nvme_host_with_nqn(OpContext& context,
                                                                      const std::string& nqn);

[[nodiscard]] Result<std::optional<VmInfo>> registered_vm(OpContext& context,
                                                          const std::string& instance_uuid);

[[nodiscard]] Observation present(std::string detail);
[[nodiscard]] Observation absent(std::string detail);
[[nodiscard]] Observation partial(std::string detail);
[[nodiscard]] Observation in_progress(std::string detail, std::string task = {});
[[nodiscard]] Observation perhaps_in_progress(std::string detail, std::string task);

} // namespace pf::nvmetool
