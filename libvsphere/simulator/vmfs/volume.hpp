// A lab VMFS volume: files on a device, with crash-consistent metadata.
//
// Problem: several simulated hosts mount one volume at once, each through its own device path.
// A Volume is therefore the shared metadata (one per mounted volume in the process, whichever hosts
// mount it), and every call names the BlockIo, i.e. the host's path, that it goes through.
//
// Thread rule: all methods are thread-safe. Data reads and writes of allocated ranges run in
// parallel; metadata changes are exclusive and durable when they return. After an unknown outcome
// of a metadata write the table is re-read from the device before the next use.
//
// Crash rule: after a crash at any point the volume is exactly before or after the interrupted
// metadata change; file data follows the device's own write guarantees.
#pragma once

#include "libvsphere/simulator/vmfs/layout.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::sim::vmfs {

// Byte-addressed access to a device; offsets and lengths are multiples of 4096.
class BlockIo {
  public:
    BlockIo() = default;
    BlockIo(const BlockIo&) = delete;
    BlockIo& operator=(const BlockIo&) = delete;
    virtual ~BlockIo() = default;
    virtual Result<void> read(uint64_t offset, MutByteSpan out) = 0;
    virtual Result<void> write(uint64_t offset, ByteSpan data) = 0;
};

struct FormatSpec {
    Uuid uuid;
    std::string label;
    std::string device_id;
    uint64_t device_bytes = 0;
    int64_t now_us = 0;
};

struct FileInfo {
    std::string name;
    uint64_t size = 0;
    uint64_t allocated = 0;
    int64_t modified_us = 0;
};

struct Range {
    uint64_t offset = 0;
    uint64_t length = 0;
};

// Reads the header only. NotFound: the device carries no lab VMFS; Corrupt: both copies damaged.
Result<Header> probe(BlockIo& io);
// Writes a new, empty volume over whatever is there.
Result<Header> format(BlockIo& io, const FormatSpec& spec);
// Gives the volume a new identity; files stay. Used while nobody has it mounted. Also clears the
// heartbeats, which belong to the old identity.
Result<Header> resignature(BlockIo& io, const Uuid& uuid, const std::string& label,
                           const std::string& device_id);
// Destroys the header copies: the device no longer carries a datastore.
Result<void> wipe(BlockIo& io);
Result<std::vector<Heartbeat>> heartbeats(BlockIo& io);

class Volume {
  public:
    static Result<std::shared_ptr<Volume>> open(BlockIo& io);

    Header header() const;
    uint64_t capacity() const;
    uint64_t free_bytes() const;

    Result<void> set_label(BlockIo& io, const std::string& label);
    // Takes the rest of a device that has grown to `device_bytes`; it never shrinks.
    Result<void> grow(BlockIo& io, uint64_t device_bytes);

    std::vector<FileInfo> list(std::string_view prefix = {}) const;
    Result<FileInfo> stat(std::string_view name) const; // NotFound

    // AlreadyExists; NoSpace when `thick` does not fit. A thick file's clusters are zeroed.
    Result<void> create(BlockIo& io, std::string_view name, uint64_t size, bool thick);
    Result<void> remove(BlockIo& io, std::string_view name);
    // All of a set in one commit; names that do not exist are ignored.
    Result<void> remove_all(BlockIo& io, const std::vector<std::string>& names);
    Result<void> rename(BlockIo& io, std::string_view from, std::string_view to);

    // Any offset and length inside the file's size. Unallocated ranges read as zeros.
    Result<void> read(BlockIo& io, std::string_view name, uint64_t offset, MutByteSpan out);
    Result<void> write(BlockIo& io, std::string_view name, uint64_t offset, ByteSpan data);
    // Allocates the clusters under the ranges in one commit, ahead of the data. Without `zero` they
    // hold old bytes until the caller has written all of them.
    Result<void> reserve(BlockIo& io, std::string_view name, const std::vector<Range>& ranges,
                         bool zero = true);
    std::vector<Range> allocated(std::string_view name) const;

    // Small files as a whole; write_file replaces atomically and creates when missing.
    Result<std::string> read_file(BlockIo& io, std::string_view name);
    Result<void> write_file(BlockIo& io, std::string_view name, std::string_view content);

    // Marks a host as a user of the volume, on the device, until cleared.
    Result<void> set_heartbeat(BlockIo& io, const Heartbeat& heartbeat);
    Result<void> clear_heartbeat(BlockIo& io, std::string_view host_uuid);

  private:
    Volume(Header header, FileTable table);
    void rebuild_usage();
    Result<void> ensure_fresh(BlockIo& io);
    Result<void> commit(BlockIo& io, FileTable next, const Header& identity);
    Result<std::vector<Extent>> take_clusters(const std::vector<Extent>& wanted_runs);
    Result<void> allocate_and_write(BlockIo& io, std::string_view name, uint64_t offset,
                                    ByteSpan data);
    static Result<void> read_entry(BlockIo& io, const FileEntry& entry, uint64_t offset,
                                   MutByteSpan out);

    mutable std::shared_mutex mutex_;
    std::mutex rmw_mutex_; // read-modify-write of partial 4 KiB blocks
    Header header_;
    FileTable table_;
    std::vector<bool> used_; // by physical cluster
    uint64_t free_clusters_ = 0;
    uint32_t next_search_ = 0;
    bool stale_ = false; // a commit's outcome is unknown: reload before use
};

} // namespace pf::vim::sim::vmfs
