// Every change that libpf can make to a PowerFlex system, as a value.
//
// A change is described once, by a small struct; prepare() turns it into a RequestPreview, which
// holds the exact REST request and the scli command with the same effect. Client::… sends the very
// same preview, so what a dry run prints is what a real run sends. prepare() is pure: no
// connection, no clock.
//
// Names and sizes are checked by prepare()'s caller-visible validation (validate()), before
// anything is sent.
#pragma once

#include "base/result.hpp"
#include "libpf/ids.hpp"
#include "libpf/model.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pf::powerflex {

struct RequestPreview {
    std::string method;  // POST
    std::string path;    // /api/instances/Volume::…/action/addMappedHost
    std::string body;    // the JSON text that is sent, byte for byte
    std::string scli;    // equivalent scli command; empty where scli has none
    std::string summary; // one line for people: "map volume v1 (…) to NVMe host esx01 (…)"

    // "POST /api/… {"hostId":"…"}"
    [[nodiscard]] std::string rest() const;
    // A curl command that an administrator can run; the token is named by a shell variable, never
    // shown.
    [[nodiscard]] std::string curl(const std::string& endpoint) const;
};

// An object to act on: the id decides, the name is for people (summary, scli).
template<class IdType>
struct Ref {
    IdType id;
    std::string name;

    Ref() = default;
    explicit Ref(IdType id_, std::string name_ = {}) : id(std::move(id_)), name(std::move(name_)) {}
};
using VolumeRef = Ref<VolumeId>;
using HostRef = Ref<HostId>;
using StoragePoolRef = Ref<StoragePoolId>;

// ---- hosts
// -----------------------------------------------------------------------------------------

struct CreateNvmeHost {
    std::string nqn;
    std::string name;
    std::optional<int> max_paths;        // default 4
    std::optional<int> max_system_ports; // default 10
};
struct RenameHost { // SDC or NVMe host
    HostRef host;
    std::string new_name;
};
struct SetHostMaxPaths { // PowerFlex 4.6
    HostRef host;
    int max_paths = 0;
};
struct SetHostMaxSystemPorts { // PowerFlex 4.6
    HostRef host;
    int max_system_ports = 0;
};
struct RemoveHost { // SDC or NVMe host; refused while mapped or connected
    HostRef host;
    HostKind kind = HostKind::Nvme;
};

// ---- mappings
// --------------------------------------------------------------------------------------

struct MapVolume {
    VolumeRef volume;
    HostRef host;
    HostKind kind = HostKind::Nvme; // Sdc: addMappedSdc; Nvme: addMappedHost
    AccessMode access = AccessMode::ReadWrite;
    bool allow_multiple_mappings = true; // a shared datastore needs it
};
struct UnmapVolume {
    VolumeRef volume;
    HostRef host;
    HostKind kind = HostKind::Nvme;
};
struct SetMappingLimits {
    VolumeRef volume;
    HostRef host;
    MappingLimits limits; // 0 lifts a limit; a limit on IOPS is at least 11
};

// ---- volumes and snapshots
// ---------------------------------------------------------------------------

struct CreateVolume {
    std::string name;
    std::uint64_t size_kib = 0; // PowerFlex rounds up to 8 GiB
    StoragePoolRef pool;
    VolumeType type = VolumeType::Thin; // Thin or Thick
};
struct RenameVolume {
    VolumeRef volume;
    std::string new_name;
};
struct ResizeVolume { // grows only
    VolumeRef volume;
    std::uint64_t new_size_gib = 0;
};
enum class RemoveMode { OnlyMe, IncludingDescendants, DescendantsOnly, WholeVtree };
struct RemoveVolume { // a snapshot is a volume too; refused while mapped
    VolumeRef volume;
    RemoveMode mode = RemoveMode::OnlyMe;
};
struct SnapshotItem {
    VolumeRef volume;
    std::string snapshot_name;
};
struct CreateSnapshots { // one consistent moment for all items
    SystemId system;
    std::vector<SnapshotItem> items;
    bool read_only = false;
};
struct OverwriteVolume { // volume takes the content of source (same V-Tree): restore of a snapshot
    VolumeRef volume;
    VolumeRef source;
};
struct RemoveSnapshotGroup {
    SystemId system;
    SnapshotGroupId group;
};

// Fails with InvalidArgument, naming object and rule, when PowerFlex would refuse the request by
// its form.
[[nodiscard]] Result<RequestPreview> prepare(const CreateNvmeHost& op);
[[nodiscard]] Result<RequestPreview> prepare(const RenameHost& op);
[[nodiscard]] Result<RequestPreview> prepare(const SetHostMaxPaths& op);
[[nodiscard]] Result<RequestPreview> prepare(const SetHostMaxSystemPorts& op);
[[nodiscard]] Result<RequestPreview> prepare(const RemoveHost& op);
[[nodiscard]] Result<RequestPreview> prepare(const MapVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const UnmapVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const SetMappingLimits& op);
[[nodiscard]] Result<RequestPreview> prepare(const CreateVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const RenameVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const ResizeVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const RemoveVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const CreateSnapshots& op);
[[nodiscard]] Result<RequestPreview> prepare(const OverwriteVolume& op);
[[nodiscard]] Result<RequestPreview> prepare(const RemoveSnapshotGroup& op);

} // namespace pf::powerflex
