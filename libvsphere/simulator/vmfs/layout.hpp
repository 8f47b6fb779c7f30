// Lab VMFS on disk: pure encoding and decoding of its three structures (docs/formats/lab-vmfs.md).
//
//   device
//   0        1 MiB             +8 KiB   +64 KiB            2 MiB    3 MiB    4 MiB
//   +--------+-----+-----+-----+--------+------------------+--------+--------+--------------------
//   | unused | head A| head B| unused   | 64 heartbeats    | table A| table B| clusters (64 KiB)
//   +--------+-----+-----+-----+--------+------------------+--------+--------+--------------------
//
// The header (two alternating 4 KiB copies, highest valid sequence wins) says which table copy is
// current and what its CRC is; so one 4 KiB header write is the commit point of every change.
// Decoders trust nothing: any byte string gives a value or Errc::Corrupt, never a crash.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pf::vim::sim::vmfs {

inline constexpr uint64_t kBase = 1u << 20;    // start of "partition 1"
inline constexpr uint64_t kHeaderBytes = 4096; // one header copy
inline constexpr uint64_t kHeartbeatOffset = kBase + (64u << 10);
inline constexpr uint64_t kHeartbeatBytes = 4096; // one slot
inline constexpr uint32_t kHeartbeatSlots = 64;
inline constexpr uint64_t kTableOffset = 2u << 20;
inline constexpr uint64_t kTableBytes = 1u << 20; // one table copy
inline constexpr uint64_t kDataOffset = 4u << 20;
inline constexpr uint64_t kClusterBytes = 64u << 10;
inline constexpr uint64_t kMinDeviceBytes = 16u << 20;
inline constexpr uint32_t kFormatVersion = 1;
inline constexpr size_t kLabelMax = 63;
inline constexpr size_t kDeviceIdMax = 127;
inline constexpr size_t kNameMax = 255;

inline constexpr uint64_t header_offset(unsigned slot) { return kBase + slot * kHeaderBytes; }
inline constexpr uint64_t table_offset(unsigned slot) { return kTableOffset + slot * kTableBytes; }
inline constexpr uint64_t heartbeat_offset(uint32_t slot) {
    return kHeartbeatOffset + slot * kHeartbeatBytes;
}
static_assert(header_offset(1) + kHeaderBytes <= kHeartbeatOffset);
static_assert(heartbeat_offset(kHeartbeatSlots) <= kTableOffset);
static_assert(table_offset(2) == kDataOffset);

// 16 raw bytes, shown as ESXi does: 8-8-4-12 hex digits ("6314fb31-cbf77190-ea99-0050568a0001").
struct Uuid {
    std::array<uint8_t, 16> raw{};
    auto operator<=>(const Uuid&) const = default;
    std::string str() const;
    static Result<Uuid> parse(std::string_view text);
    static Uuid random();
};

struct Header {
    uint64_t sequence = 0;
    Uuid uuid;
    int64_t created_us = 0;
    std::string label;
    std::string device_id; // the name under which the device was formatted or resignatured
    uint32_t extent_ordinal = 0;
    uint32_t extent_count = 1;
    uint64_t device_bytes = 0;
    uint64_t cluster_count = 0;
    uint32_t table_slot = 0;
    uint32_t table_length = 0;
    uint32_t table_crc = 0;
};

Bytes encode_header(const Header& header);    // exactly kHeaderBytes
Result<Header> decode_header(ByteSpan bytes); // NotFound: no magic; Corrupt: damaged

// A run of a file's clusters: [logical, logical+count) live at [physical, physical+count).
struct Extent {
    uint32_t logical = 0;
    uint32_t physical = 0;
    uint32_t count = 0;
    bool operator==(const Extent&) const = default;
};

struct FileEntry {
    uint64_t id = 0;
    uint64_t size = 0;
    int64_t modified_us = 0;
    std::vector<Extent> extents; // sorted by logical, no overlap; gaps read as zeros
    bool operator==(const FileEntry&) const = default;
};

struct FileTable {
    uint64_t next_id = 1;
    std::map<std::string, FileEntry> files; // by path inside the volume, "vm1/vm1.vmx"
};

Result<Bytes> encode_table(const FileTable& table); // LimitExceeded past kTableBytes
// Checks names, order, bounds against cluster_count and that no cluster is used twice.
Result<FileTable> decode_table(ByteSpan bytes, uint64_t cluster_count);

struct Heartbeat {
    std::string host_uuid;
    std::string host_name;
    int64_t since_us = 0;
};

Bytes encode_heartbeat(const Heartbeat* live);      // nullptr: a free slot
Result<Heartbeat> decode_heartbeat(ByteSpan bytes); // NotFound: free slot

// A file path: relative, components of [^/\0] without "." and "..", at most kNameMax bytes.
bool valid_file_name(std::string_view name);

} // namespace pf::vim::sim::vmfs
