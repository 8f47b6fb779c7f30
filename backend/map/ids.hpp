#pragma once
// Every id of the storage backend, in one place. Strong types: an SdsId never passes for a
// VolumeId. Value 0 means "none" for all of them; allocated ids start at 1.
//
// Ids that PowerFlex shows are 64 bits, printed as 16 lower-case hex digits (hex16/parse_hex16);
// device names (EUI/NGUID, emc-vol-…) are built from them, so an id is never reused.
#include "base/result.hpp"
#include "base/strong_id.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::map {

PF_STRONG_ID(SystemId, std::uint64_t);
PF_STRONG_ID(ProtectionDomainId, std::uint64_t);
PF_STRONG_ID(FaultSetId, std::uint64_t);
PF_STRONG_ID(StoragePoolId, std::uint64_t);
PF_STRONG_ID(SdsId, std::uint64_t);
PF_STRONG_ID(DeviceId, std::uint64_t);
PF_STRONG_ID(SdtId, std::uint64_t);
PF_STRONG_ID(SdcId, std::uint64_t);
PF_STRONG_ID(HostId, std::uint64_t);   // NVMe host; shares one id space with SdcId
PF_STRONG_ID(VolumeId, std::uint64_t); // volumes and snapshots
PF_STRONG_ID(VtreeId, std::uint64_t);
PF_STRONG_ID(NodeId, std::uint64_t); // V-Tree node, unique in the system
PF_STRONG_ID(CombId, std::uint32_t); // unique in the system: pool's comb_base + index
PF_STRONG_ID(Generation, std::uint64_t);
PF_STRONG_ID(MapEpoch, std::uint64_t);

// 16 lower-case hex digits, as the REST interface prints ids.
[[nodiscard]] std::string hex16(std::uint64_t value);

template<class Id>
requires requires(Id id) { id.value; }
[[nodiscard]] std::string hex16(Id id) { return hex16(static_cast<std::uint64_t>(id.value)); }

// Accepts exactly 16 hex digits (either case). InvalidArgument otherwise.
[[nodiscard]] Result<std::uint64_t> parse_hex16(std::string_view text);

// NVMe namespace identity of a volume: 32 lower-case hex digits,
// <volume id, 16> 64b94e <last 10 of the system id>. Never changes for a volume.
[[nodiscard]] std::string nguid_hex(VolumeId volume, SystemId system);

// nqn.1988-11.com.dell:powerflex:00:<system id>
[[nodiscard]] std::string system_nqn(SystemId system);

} // namespace pf::map
