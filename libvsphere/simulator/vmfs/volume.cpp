#include "libvsphere/simulator/vmfs/volume.hpp"

#include "base/crc32c.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace pf::vim::sim::vmfs {

namespace {

constexpr uint64_t kSector = 4096; // BlockIo's granularity

int64_t now_us() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

uint64_t clusters_of(uint64_t size) { return (size + kClusterBytes - 1) / kClusterBytes; }

uint64_t cluster_offset(uint64_t cluster) { return kDataOffset + cluster * kClusterBytes; }

Result<std::vector<Header>> read_headers(BlockIo& io) {
    Bytes raw(2 * kHeaderBytes);
    PF_CHECK(io.read(header_offset(0), raw));
    std::vector<Header> valid;
    bool damaged = false;
    for (size_t slot = 0; slot < 2; ++slot) {
        auto header = decode_header(ByteSpan(raw).subspan(slot * kHeaderBytes, kHeaderBytes));
        if (header) {
            valid.push_back(std::move(*header));
        } else if (header.error().code != Errc::NotFound) {
            damaged = true;
        }
    }
    if (valid.empty()) {
        if (damaged) {
            return fail(Errc::Corrupt, "both copies of the VMFS header are damaged");
        }
        return fail(Errc::NotFound, "the device carries no VMFS volume");
    }
    return valid;
}

unsigned slot_of(uint64_t sequence) { return static_cast<unsigned>(sequence % 2); }

// The header write is the commit point, so it comes last and alone.
Result<void> write_state(BlockIo& io, Header& header, const FileTable& table) {
    PF_TRY(Bytes encoded, encode_table(table));
    header.sequence += 1;
    header.table_slot = slot_of(header.sequence);
    header.table_length = static_cast<uint32_t>(encoded.size());
    header.table_crc = crc32c(encoded);
    encoded.resize(round_up(encoded.size(), kSector));
    PF_CHECK(io.write(table_offset(header.table_slot), encoded));
    return io.write(header_offset(slot_of(header.sequence)), encode_header(header));
}

Result<FileTable> read_table(BlockIo& io, const Header& header) {
    Bytes raw(round_up(std::max<uint64_t>(header.table_length, 1), kSector));
    PF_CHECK(io.read(table_offset(header.table_slot), raw));
    raw.resize(header.table_length);
    if (crc32c(raw) != header.table_crc) {
        return fail(Errc::Corrupt, "the file table of '{}' has a wrong checksum", header.label);
    }
    return decode_table(raw, header.cluster_count);
}

Result<void> clear_heartbeats(BlockIo& io) {
    return io.write(kHeartbeatOffset, Bytes(kHeartbeatSlots * kHeartbeatBytes));
}

Result<void> check_label(std::string_view label) {
    if (label.empty() || label.size() > kLabelMax ||
        label.find_first_of("/\\%\n") != std::string_view::npos) {
        return fail(Errc::InvalidArgument, "'{}' cannot be a datastore name", label);
    }
    return {};
}

const Extent* extent_at(const FileEntry& file, uint64_t cluster) {
    auto after = std::upper_bound(file.extents.begin(), file.extents.end(), cluster,
                                  [](uint64_t c, const Extent& e) { return c < e.logical; });
    if (after == file.extents.begin()) {
        return nullptr;
    }
    --after;
    return cluster < uint64_t{after->logical} + after->count ? &*after : nullptr;
}

// Where the run that starts at `offset` ends: contiguous on disk, or a hole.
struct Piece {
    uint64_t length = 0;
    uint64_t device_offset = 0;
    bool hole = false;
};

Piece piece_at(const FileEntry& file, uint64_t offset, uint64_t length) {
    const uint64_t cluster = offset / kClusterBytes;
    const Extent* extent = extent_at(file, cluster);
    if (extent != nullptr) {
        const uint64_t start = uint64_t{extent->logical} * kClusterBytes;
        const uint64_t end = start + uint64_t{extent->count} * kClusterBytes;
        return {std::min(length, end - offset), cluster_offset(extent->physical) + (offset - start),
                false};
    }
    auto next = std::upper_bound(file.extents.begin(), file.extents.end(), cluster,
                                 [](uint64_t c, const Extent& e) { return c < e.logical; });
    const uint64_t end =
        next == file.extents.end() ? UINT64_MAX : uint64_t{next->logical} * kClusterBytes;
    return {std::min(length, end - offset), 0, true};
}

Result<void> read_any(BlockIo& io, uint64_t offset, MutByteSpan out) {
    if (offset % kSector == 0 && out.size() % kSector == 0) {
        return io.read(offset, out);
    }
    const uint64_t begin = offset / kSector * kSector;
    Bytes around(round_up(offset + out.size(), kSector) - begin);
    PF_CHECK(io.read(begin, around));
    std::memcpy(out.data(), around.data() + (offset - begin), out.size());
    return {};
}

// Partial 4 KiB blocks are read, changed and written under the caller's lock.
Result<void> write_any(BlockIo& io, std::mutex& rmw, uint64_t offset, ByteSpan data) {
    if (offset % kSector == 0 && data.size() % kSector == 0) {
        return io.write(offset, data);
    }
    const std::lock_guard lock(rmw);
    const uint64_t begin = offset / kSector * kSector;
    Bytes around(round_up(offset + data.size(), kSector) - begin);
    PF_CHECK(io.read(begin, around));
    std::memcpy(around.data() + (offset - begin), data.data(), data.size());
    return io.write(begin, around);
}

void merge_extents(std::vector<Extent>& extents) {
    std::sort(extents.begin(), extents.end(),
              [](const Extent& a, const Extent& b) { return a.logical < b.logical; });
    std::vector<Extent> merged;
    for (const Extent& e : extents) {
        if (!merged.empty() && merged.back().logical + merged.back().count == e.logical &&
            merged.back().physical + merged.back().count == e.physical) {
            merged.back().count += e.count;
        } else {
            merged.push_back(e);
        }
    }
    extents = std::move(merged);
}

// The cluster runs of [offset, offset+length) that the file does not have yet.
std::vector<Extent> missing_runs(const FileEntry& file, uint64_t offset, uint64_t length) {
    std::vector<Extent> runs;
    if (length == 0) {
        return runs;
    }
    const uint64_t last = (offset + length - 1) / kClusterBytes;
    for (uint64_t c = offset / kClusterBytes; c <= last; ++c) {
        if (extent_at(file, c) != nullptr) {
            continue;
        }
        if (!runs.empty() && runs.back().logical + runs.back().count == c) {
            runs.back().count += 1;
        } else {
            runs.push_back({static_cast<uint32_t>(c), 0, 1});
        }
    }
    return runs;
}

Result<void> zero_clusters(BlockIo& io, const std::vector<Extent>& extents) {
    static const Bytes zeros(1u << 20);
    for (const Extent& e : extents) {
        const uint64_t bytes = uint64_t{e.count} * kClusterBytes;
        for (uint64_t done = 0; done < bytes; done += zeros.size()) {
            const size_t n = std::min<uint64_t>(zeros.size(), bytes - done);
            PF_CHECK(io.write(cluster_offset(e.physical) + done, ByteSpan(zeros).first(n)));
        }
    }
    return {};
}

} // namespace

Result<Header> probe(BlockIo& io) {
    PF_TRY(auto headers, read_headers(io));
    return headers.size() == 2 && headers[1].sequence > headers[0].sequence ? headers[1]
                                                                            : headers[0];
}

Result<Header> format(BlockIo& io, const FormatSpec& spec) {
    PF_CHECK(check_label(spec.label));
    if (spec.device_bytes < kMinDeviceBytes || spec.device_id.empty() ||
        spec.device_id.size() > kDeviceIdMax) {
        return fail(Errc::InvalidArgument, "device '{}' of {} bytes cannot be formatted",
                    spec.device_id, spec.device_bytes);
    }
    // Old headers go first: a crash in the middle leaves no volume rather than half of one.
    PF_CHECK(wipe(io));
    PF_CHECK(clear_heartbeats(io));
    Header header;
    header.uuid = spec.uuid;
    header.label = spec.label;
    header.device_id = spec.device_id;
    header.device_bytes = spec.device_bytes;
    header.created_us = spec.now_us;
    header.cluster_count =
        std::min<uint64_t>((spec.device_bytes - kDataOffset) / kClusterBytes, UINT32_MAX);
    PF_CHECK(write_state(io, header, FileTable{}));
    return header;
}

Result<Header> resignature(BlockIo& io, const Uuid& uuid, const std::string& label,
                           const std::string& device_id) {
    PF_CHECK(check_label(label));
    PF_TRY(Header header, probe(io));
    PF_TRY(FileTable table, read_table(io, header));
    PF_CHECK(clear_heartbeats(io));
    header.uuid = uuid;
    header.label = label;
    header.device_id = device_id;
    PF_CHECK(write_state(io, header, table));
    return header;
}

Result<void> wipe(BlockIo& io) { return io.write(header_offset(0), Bytes(2 * kHeaderBytes)); }

Result<std::vector<Heartbeat>> heartbeats(BlockIo& io) {
    Bytes raw(kHeartbeatSlots * kHeartbeatBytes);
    PF_CHECK(io.read(kHeartbeatOffset, raw));
    std::vector<Heartbeat> live;
    for (uint32_t slot = 0; slot < kHeartbeatSlots; ++slot) {
        auto heartbeat =
            decode_heartbeat(ByteSpan(raw).subspan(slot * kHeartbeatBytes, kHeartbeatBytes));
        if (heartbeat) {
            live.push_back(std::move(*heartbeat));
        }
    }
    return live;
}

Volume::Volume(Header header, FileTable table)
    : header_(std::move(header)), table_(std::move(table)) {
    rebuild_usage();
}

Result<std::shared_ptr<Volume>> Volume::open(BlockIo& io) {
    PF_TRY(Header header, probe(io));
    PF_TRY(FileTable table, read_table(io, header));
    return std::shared_ptr<Volume>(new Volume(std::move(header), std::move(table)));
}

// The map reaches as far as some cluster is used; what lies beyond is free. An empty volume of
// terabytes costs nothing.
static bool is_used(const std::vector<bool>& used, uint32_t cluster) {
    return cluster < used.size() && used[cluster];
}

static void mark_used(std::vector<bool>& used, uint32_t first, uint32_t count) {
    if (used.size() < size_t{first} + count) {
        used.resize(size_t{first} + count, false);
    }
    std::fill_n(used.begin() + first, count, true);
}

void Volume::rebuild_usage() {
    used_.clear();
    free_clusters_ = header_.cluster_count;
    for (const auto& [name, file] : table_.files) {
        for (const Extent& e : file.extents) {
            mark_used(used_, e.physical, e.count);
            free_clusters_ -= e.count;
        }
    }
}

Result<void> Volume::ensure_fresh(BlockIo& io) {
    if (!stale_) {
        return {};
    }
    PF_TRY(Header header, probe(io));
    if (header.uuid != header_.uuid) {
        return fail(Errc::Conflict, "volume {} is no longer on its device", header_.uuid.str());
    }
    PF_TRY(FileTable table, read_table(io, header));
    header_ = std::move(header);
    table_ = std::move(table);
    rebuild_usage();
    stale_ = false;
    return {};
}

Result<void> Volume::commit(BlockIo& io, FileTable next, const Header& identity) {
    Header header = identity;
    auto written = write_state(io, header, next);
    if (!written) {
        stale_ = written.error().code != Errc::LimitExceeded;
        rebuild_usage();
        return tl::unexpected(written.error());
    }
    header_ = std::move(header);
    table_ = std::move(next);
    rebuild_usage();
    return {};
}

Header Volume::header() const {
    const std::shared_lock lock(mutex_);
    return header_;
}

uint64_t Volume::capacity() const {
    const std::shared_lock lock(mutex_);
    return header_.cluster_count * kClusterBytes;
}

uint64_t Volume::free_bytes() const {
    const std::shared_lock lock(mutex_);
    return free_clusters_ * kClusterBytes;
}

Result<void> Volume::set_label(BlockIo& io, const std::string& label) {
    PF_CHECK(check_label(label));
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    Header header = header_;
    header.label = label;
    return commit(io, table_, header);
}

Result<void> Volume::grow(BlockIo& io, uint64_t device_bytes) {
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    Header header = header_;
    const uint64_t clusters =
        std::min<uint64_t>((device_bytes - kDataOffset) / kClusterBytes, UINT32_MAX);
    if (device_bytes < header.device_bytes || clusters <= header.cluster_count) {
        return fail(Errc::InvalidArgument, "volume {} has {} bytes already, {} are no more",
                    header.uuid.str(), header.device_bytes, device_bytes);
    }
    header.device_bytes = device_bytes;
    header.cluster_count = clusters;
    return commit(io, table_, header);
}

std::vector<FileInfo> Volume::list(std::string_view prefix) const {
    const std::shared_lock lock(mutex_);
    std::vector<FileInfo> out;
    for (const auto& [name, file] : table_.files) {
        if (!name.starts_with(prefix)) {
            continue;
        }
        uint64_t allocated = 0;
        for (const Extent& e : file.extents) {
            allocated += uint64_t{e.count} * kClusterBytes;
        }
        out.push_back({name, file.size, allocated, file.modified_us});
    }
    return out;
}

Result<FileInfo> Volume::stat(std::string_view name) const {
    for (auto& info : list(name)) {
        if (info.name == name) {
            return info;
        }
    }
    return fail(Errc::NotFound, "file {} does not exist", name);
}

// First fit from a moving start, longest run first come: few extents, no search from zero.
Result<std::vector<Extent>> Volume::take_clusters(const std::vector<Extent>& wanted_runs) {
    uint64_t wanted = 0;
    for (const Extent& run : wanted_runs) {
        wanted += run.count;
    }
    if (wanted > free_clusters_) {
        return fail(Errc::NoSpace, "volume '{}' has {} bytes free, {} are needed", header_.label,
                    free_clusters_ * kClusterBytes, wanted * kClusterBytes);
    }
    std::vector<Extent> taken;
    const auto total = static_cast<uint32_t>(header_.cluster_count);
    for (Extent run : wanted_runs) {
        while (run.count > 0) {
            while (is_used(used_, next_search_ % total)) {
                ++next_search_;
            }
            const uint32_t start = next_search_ % total;
            uint32_t length = 0;
            while (length < run.count && start + length < total &&
                   !is_used(used_, start + length)) {
                ++length;
            }
            mark_used(used_, start, length);
            taken.push_back({run.logical, start, length});
            run.logical += length;
            run.count -= length;
            next_search_ = start + length;
        }
    }
    return taken;
}

Result<void> Volume::create(BlockIo& io, std::string_view name, uint64_t size, bool thick) {
    if (!valid_file_name(name) || clusters_of(size) > UINT32_MAX) {
        return fail(Errc::InvalidArgument, "'{}' cannot be a file name", name);
    }
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    FileTable next = table_;
    if (next.files.contains(std::string(name))) {
        return fail(Errc::AlreadyExists, "file {} exists", name);
    }
    FileEntry file;
    file.id = next.next_id++;
    file.size = size;
    file.modified_us = now_us();
    if (thick && size > 0) {
        PF_TRY(file.extents, take_clusters(missing_runs(file, 0, size)));
        merge_extents(file.extents);
        auto zeroed = zero_clusters(io, file.extents);
        if (!zeroed) {
            rebuild_usage();
            return zeroed;
        }
    }
    next.files.emplace(name, std::move(file));
    return commit(io, std::move(next), header_);
}

Result<void> Volume::remove(BlockIo& io, std::string_view name) {
    PF_CHECK(stat(name));
    return remove_all(io, {std::string(name)});
}

Result<void> Volume::remove_all(BlockIo& io, const std::vector<std::string>& names) {
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    FileTable next = table_;
    size_t removed = 0;
    for (const std::string& name : names) {
        removed += next.files.erase(name);
    }
    if (removed == 0) {
        return {};
    }
    return commit(io, std::move(next), header_);
}

Result<void> Volume::rename(BlockIo& io, std::string_view from, std::string_view to) {
    if (!valid_file_name(to)) {
        return fail(Errc::InvalidArgument, "'{}' cannot be a file name", to);
    }
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    FileTable next = table_;
    auto node = next.files.extract(std::string(from));
    if (node.empty()) {
        return fail(Errc::NotFound, "file {} does not exist", from);
    }
    node.key() = std::string(to);
    if (!next.files.insert(std::move(node)).inserted) {
        return fail(Errc::AlreadyExists, "file {} exists", to);
    }
    return commit(io, std::move(next), header_);
}

Result<void> Volume::read(BlockIo& io, std::string_view name, uint64_t offset, MutByteSpan out) {
    const std::shared_lock lock(mutex_);
    const auto found = table_.files.find(std::string(name));
    if (found == table_.files.end()) {
        return fail(Errc::NotFound, "file {} does not exist", name);
    }
    if (offset + out.size() > found->second.size) {
        return fail(Errc::InvalidArgument, "read past the end of {}", name);
    }
    return read_entry(io, found->second, offset, out);
}

Result<void> Volume::read_entry(BlockIo& io, const FileEntry& entry, uint64_t offset,
                                MutByteSpan out) {
    while (!out.empty()) {
        const Piece piece = piece_at(entry, offset, out.size());
        const MutByteSpan part = out.first(piece.length);
        if (piece.hole) {
            std::fill(part.begin(), part.end(), std::byte{0});
        } else {
            PF_CHECK(read_any(io, piece.device_offset, part));
        }
        offset += piece.length;
        out = out.subspan(piece.length);
    }
    return {};
}

Result<void> Volume::write(BlockIo& io, std::string_view name, uint64_t offset, ByteSpan data) {
    {
        const std::shared_lock lock(mutex_);
        const auto found = table_.files.find(std::string(name));
        if (found == table_.files.end()) {
            return fail(Errc::NotFound, "file {} does not exist", name);
        }
        const FileEntry& file = found->second;
        if (offset + data.size() > file.size) {
            return fail(Errc::InvalidArgument, "write past the end of {}", name);
        }
        if (!stale_ && missing_runs(file, offset, data.size()).empty()) {
            while (!data.empty()) {
                const Piece piece = piece_at(file, offset, data.size());
                PF_CHECK(write_any(io, rmw_mutex_, piece.device_offset, data.first(piece.length)));
                offset += piece.length;
                data = data.subspan(piece.length);
            }
            return {};
        }
    }
    return allocate_and_write(io, name, offset, data);
}

Result<void> Volume::allocate_and_write(BlockIo& io, std::string_view name, uint64_t offset,
                                        ByteSpan data) {
    PF_CHECK(reserve(io, name, {{offset, data.size()}}));
    const std::shared_lock lock(mutex_);
    const auto found = table_.files.find(std::string(name));
    if (found == table_.files.end() || stale_ ||
        !missing_runs(found->second, offset, data.size()).empty()) {
        return fail(Errc::Conflict, "file {} changed while it was being extended", name);
    }
    while (!data.empty()) {
        const Piece piece = piece_at(found->second, offset, data.size());
        PF_CHECK(write_any(io, rmw_mutex_, piece.device_offset, data.first(piece.length)));
        offset += piece.length;
        data = data.subspan(piece.length);
    }
    return {};
}

Result<void> Volume::reserve(BlockIo& io, std::string_view name, const std::vector<Range>& ranges,
                             bool zero) {
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    FileTable next = table_;
    const auto found = next.files.find(std::string(name));
    if (found == next.files.end()) {
        return fail(Errc::NotFound, "file {} does not exist", name);
    }
    FileEntry& file = found->second;
    bool grown = false;
    for (const Range& range : ranges) {
        if (range.offset + range.length > file.size) {
            rebuild_usage();
            return fail(Errc::InvalidArgument, "range past the end of {}", name);
        }
        const auto runs = missing_runs(file, range.offset, range.length);
        auto taken = take_clusters(runs);
        Result<void> zeroed;
        if (taken && zero) {
            zeroed = zero_clusters(io, *taken);
        }
        if (!taken || !zeroed) {
            rebuild_usage();
            return tl::unexpected(taken ? zeroed.error() : taken.error());
        }
        uint64_t count = 0;
        for (const Extent& e : *taken) {
            count += e.count;
        }
        free_clusters_ -= count;
        grown = grown || count > 0;
        file.extents.insert(file.extents.end(), taken->begin(), taken->end());
        merge_extents(file.extents);
    }
    if (!grown) {
        return {};
    }
    file.modified_us = now_us();
    return commit(io, std::move(next), header_);
}

std::vector<Range> Volume::allocated(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    std::vector<Range> ranges;
    const auto found = table_.files.find(std::string(name));
    if (found == table_.files.end()) {
        return ranges;
    }
    const uint64_t size = found->second.size;
    for (const Extent& e : found->second.extents) {
        const uint64_t begin = uint64_t{e.logical} * kClusterBytes;
        const uint64_t end = std::min(size, begin + uint64_t{e.count} * kClusterBytes);
        if (!ranges.empty() && ranges.back().offset + ranges.back().length == begin) {
            ranges.back().length += end - begin;
        } else {
            ranges.push_back({begin, end - begin});
        }
    }
    return ranges;
}

Result<std::string> Volume::read_file(BlockIo& io, std::string_view name) {
    PF_TRY(const FileInfo info, stat(name));
    if (info.size > kTableBytes) {
        return fail(Errc::LimitExceeded, "file {} is too large to be read as text", name);
    }
    Bytes raw(info.size);
    PF_CHECK(read(io, name, 0, raw));
    return std::string(reinterpret_cast<const char*>(raw.data()), raw.size());
}

Result<void> Volume::write_file(BlockIo& io, std::string_view name, std::string_view content) {
    if (!valid_file_name(name) || content.size() > kTableBytes) {
        return fail(Errc::InvalidArgument, "'{}' cannot be written as a text file", name);
    }
    const std::unique_lock lock(mutex_);
    PF_CHECK(ensure_fresh(io));
    FileTable next = table_;
    FileEntry file;
    const auto old = next.files.find(std::string(name));
    file.id = old == next.files.end() ? next.next_id++ : old->second.id;
    file.size = content.size();
    file.modified_us = now_us();
    if (!content.empty()) {
        // New clusters, so the old content stays whole until the commit.
        PF_TRY(file.extents, take_clusters(missing_runs(file, 0, content.size())));
        merge_extents(file.extents);
        Bytes raw(clusters_of(content.size()) * kClusterBytes);
        std::memcpy(raw.data(), content.data(), content.size());
        ByteSpan rest = raw;
        for (const Extent& e : file.extents) {
            const uint64_t bytes = uint64_t{e.count} * kClusterBytes;
            auto written = io.write(cluster_offset(e.physical), rest.first(bytes));
            if (!written) {
                rebuild_usage();
                return written;
            }
            rest = rest.subspan(bytes);
        }
    }
    next.files.insert_or_assign(std::string(name), std::move(file));
    return commit(io, std::move(next), header_);
}

Result<void> Volume::set_heartbeat(BlockIo& io, const Heartbeat& heartbeat) {
    const std::unique_lock lock(mutex_);
    Bytes raw(kHeartbeatSlots * kHeartbeatBytes);
    PF_CHECK(io.read(kHeartbeatOffset, raw));
    int64_t free_slot = -1;
    for (uint32_t slot = 0; slot < kHeartbeatSlots; ++slot) {
        auto found =
            decode_heartbeat(ByteSpan(raw).subspan(slot * kHeartbeatBytes, kHeartbeatBytes));
        if (found && found->host_uuid == heartbeat.host_uuid) {
            free_slot = slot;
            break;
        }
        if (!found && free_slot < 0) {
            free_slot = slot;
        }
    }
    if (free_slot < 0) {
        return fail(Errc::LimitExceeded, "volume '{}' is in use by {} hosts already", header_.label,
                    kHeartbeatSlots);
    }
    return io.write(heartbeat_offset(static_cast<uint32_t>(free_slot)),
                    encode_heartbeat(&heartbeat));
}

Result<void> Volume::clear_heartbeat(BlockIo& io, std::string_view host_uuid) {
    const std::unique_lock lock(mutex_);
    Bytes raw(kHeartbeatSlots * kHeartbeatBytes);
    PF_CHECK(io.read(kHeartbeatOffset, raw));
    for (uint32_t slot = 0; slot < kHeartbeatSlots; ++slot) {
        auto found =
            decode_heartbeat(ByteSpan(raw).subspan(slot * kHeartbeatBytes, kHeartbeatBytes));
        if (found && found->host_uuid == host_uuid) {
            PF_CHECK(io.write(heartbeat_offset(slot), encode_heartbeat(nullptr)));
        }
    }
    return {};
}

} // namespace pf::vim::sim::vmfs
