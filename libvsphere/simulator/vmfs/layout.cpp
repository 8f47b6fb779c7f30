#include "libvsphere/simulator/vmfs/layout.hpp"

#include "base/crc32c.hpp"
#include "base/crypto.hpp"

#include <algorithm>
#include <cstring>

namespace pf::vim::sim::vmfs {

namespace {

constexpr std::string_view kHeaderMagic = "PFLABVMF";
constexpr std::string_view kTableMagic = "PFLTABLE";
constexpr std::string_view kHeartbeatMagic = "PFLHBEAT";

// Little-endian append and bounds-checked read; layouts are small, so no field tables.
class Writer {
  public:
    explicit Writer(size_t reserve) { out_.reserve(reserve); }

    void text(std::string_view s) {
        for (char c : s) {
            out_.push_back(static_cast<std::byte>(c));
        }
    }
    template<class T>
    void number(T value) {
        auto rest = static_cast<uint64_t>(value);
        for (size_t i = 0; i < sizeof(T); ++i) {
            out_.push_back(static_cast<std::byte>(rest & 0xff));
            rest >>= 8;
        }
    }
    // A fixed-width, zero-padded text field.
    void padded(std::string_view s, size_t width) {
        text(s.substr(0, width));
        out_.resize(out_.size() + width - std::min(width, s.size()));
    }
    void pad_to(size_t size) { out_.resize(size); }
    size_t size() const { return out_.size(); }
    Bytes take() { return std::move(out_); }
    Bytes& bytes() { return out_; }

  private:
    Bytes out_;
};

class Reader {
  public:
    explicit Reader(ByteSpan bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    size_t left() const { return bytes_.size() - at_; }
    template<class T>
    T number() {
        if (!need(sizeof(T))) {
            return T{};
        }
        uint64_t value = 0;
        for (size_t i = sizeof(T); i-- > 0;) {
            value = value << 8 | std::to_integer<uint64_t>(bytes_[at_ + i]);
        }
        at_ += sizeof(T);
        return static_cast<T>(value);
    }
    std::string text(size_t length) {
        if (!need(length)) {
            return {};
        }
        std::string s(length, '\0');
        std::memcpy(s.data(), bytes_.data() + at_, length);
        at_ += length;
        return s;
    }
    std::string padded(size_t width) {
        std::string s = text(width);
        s.resize(std::min(s.find('\0'), s.size()));
        return s;
    }

  private:
    bool need(size_t n) {
        ok_ = ok_ && left() >= n;
        return ok_;
    }
    ByteSpan bytes_;
    size_t at_ = 0;
    bool ok_ = true;
};

// Structures of one block end in the CRC of everything before it.
Bytes seal(Writer&& writer, size_t size) {
    writer.pad_to(size - 4);
    const uint32_t crc = crc32c(writer.bytes());
    writer.number(crc);
    return writer.take();
}

Result<Reader> unseal(ByteSpan bytes, size_t size, std::string_view magic, const char* what) {
    if (bytes.size() < size) {
        return fail(Errc::Corrupt, "{}: {} bytes instead of {}", what, bytes.size(), size);
    }
    Reader reader(bytes.first(size - 4));
    if (reader.text(magic.size()) != magic) {
        return fail(Errc::NotFound, "{}: none here", what);
    }
    Reader tail(bytes.subspan(size - 4, 4));
    if (tail.number<uint32_t>() != crc32c(bytes.first(size - 4))) {
        return fail(Errc::Corrupt, "{}: checksum mismatch", what);
    }
    return reader;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

std::string Uuid::str() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string s;
    s.reserve(35);
    for (size_t i = 0; i < raw.size(); ++i) {
        if (i == 4 || i == 8 || i == 10) {
            s.push_back('-');
        }
        s.push_back(digits[raw[i] >> 4]);
        s.push_back(digits[raw[i] & 15]);
    }
    return s;
}

Result<Uuid> Uuid::parse(std::string_view text) {
    Uuid uuid;
    size_t nibble = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '-' && (i == 8 || i == 17 || i == 22)) {
            continue;
        }
        const int digit = hex_digit(text[i]);
        if (digit < 0 || nibble >= 32) {
            return fail(Errc::InvalidArgument, "'{}' is not a VMFS UUID", text);
        }
        auto& byte = uuid.raw[nibble / 2];
        byte = static_cast<uint8_t>(nibble % 2 == 0 ? digit << 4 : byte | digit);
        ++nibble;
    }
    if (nibble != 32 || text.size() != 35) {
        return fail(Errc::InvalidArgument, "'{}' is not a VMFS UUID", text);
    }
    return uuid;
}

Uuid Uuid::random() {
    Uuid uuid;
    const Bytes bytes = random_bytes(uuid.raw.size());
    std::memcpy(uuid.raw.data(), bytes.data(), uuid.raw.size());
    return uuid;
}

Bytes encode_header(const Header& header) {
    Writer w(kHeaderBytes);
    w.text(kHeaderMagic);
    w.number(kFormatVersion);
    w.number(static_cast<uint32_t>(kHeaderBytes));
    w.number(header.sequence);
    for (uint8_t byte : header.uuid.raw) {
        w.number(byte);
    }
    w.number(header.created_us);
    w.padded(header.label, kLabelMax + 1);
    w.padded(header.device_id, kDeviceIdMax + 1);
    w.number(header.extent_ordinal);
    w.number(header.extent_count);
    w.number(header.device_bytes);
    w.number(kClusterBytes);
    w.number(kDataOffset);
    w.number(header.cluster_count);
    w.number(header.table_slot);
    w.number(header.table_length);
    w.number(header.table_crc);
    return seal(std::move(w), kHeaderBytes);
}

Result<Header> decode_header(ByteSpan bytes) {
    PF_TRY(Reader r, unseal(bytes, kHeaderBytes, kHeaderMagic, "VMFS header"));
    const auto version = r.number<uint32_t>();
    const auto length = r.number<uint32_t>();
    if (version != kFormatVersion || length != kHeaderBytes) {
        return fail(Errc::Unsupported, "VMFS header: format version {} is not known", version);
    }
    Header h;
    h.sequence = r.number<uint64_t>();
    for (uint8_t& byte : h.uuid.raw) {
        byte = r.number<uint8_t>();
    }
    h.created_us = r.number<int64_t>();
    h.label = r.padded(kLabelMax + 1);
    h.device_id = r.padded(kDeviceIdMax + 1);
    h.extent_ordinal = r.number<uint32_t>();
    h.extent_count = r.number<uint32_t>();
    h.device_bytes = r.number<uint64_t>();
    const auto cluster_bytes = r.number<uint64_t>();
    const auto data_offset = r.number<uint64_t>();
    h.cluster_count = r.number<uint64_t>();
    h.table_slot = r.number<uint32_t>();
    h.table_length = r.number<uint32_t>();
    h.table_crc = r.number<uint32_t>();
    const bool sane = r.ok() && cluster_bytes == kClusterBytes && data_offset == kDataOffset &&
                      h.table_slot < 2 && h.table_length <= kTableBytes &&
                      h.device_bytes >= kMinDeviceBytes && h.cluster_count <= UINT32_MAX &&
                      h.cluster_count <= (h.device_bytes - kDataOffset) / kClusterBytes &&
                      h.extent_count >= 1 && h.extent_ordinal < h.extent_count;
    if (!sane) {
        return fail(Errc::Corrupt, "VMFS header: fields out of range");
    }
    return h;
}

Result<Bytes> encode_table(const FileTable& table) {
    Writer w(4096);
    w.text(kTableMagic);
    w.number(kFormatVersion);
    w.number(static_cast<uint32_t>(table.files.size()));
    w.number(table.next_id);
    for (const auto& [name, file] : table.files) {
        w.number(static_cast<uint16_t>(name.size()));
        w.text(name);
        w.number(file.id);
        w.number(file.size);
        w.number(file.modified_us);
        w.number(static_cast<uint32_t>(file.extents.size()));
        for (const Extent& extent : file.extents) {
            w.number(extent.logical);
            w.number(extent.physical);
            w.number(extent.count);
        }
        if (w.size() > kTableBytes) {
            return fail(Errc::LimitExceeded, "the volume's file table is full ({} files)",
                        table.files.size());
        }
    }
    return w.take();
}

Result<FileTable> decode_table(ByteSpan bytes, uint64_t cluster_count) {
    Reader r(bytes);
    if (r.text(kTableMagic.size()) != kTableMagic || r.number<uint32_t>() != kFormatVersion) {
        return fail(Errc::Corrupt, "VMFS file table: bad magic or version");
    }
    FileTable table;
    const auto count = r.number<uint32_t>();
    table.next_id = r.number<uint64_t>();
    std::vector<bool> used(cluster_count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
        const auto name_length = r.number<uint16_t>();
        std::string name = r.text(name_length);
        FileEntry file;
        file.id = r.number<uint64_t>();
        file.size = r.number<uint64_t>();
        file.modified_us = r.number<int64_t>();
        const auto extents = r.number<uint32_t>();
        if (!r.ok() || !valid_file_name(name) || extents > r.left() / 12 ||
            file.size / kClusterBytes > UINT32_MAX) {
            return fail(Errc::Corrupt, "VMFS file table: entry {} is malformed", i);
        }
        const uint64_t logical_end = (file.size + kClusterBytes - 1) / kClusterBytes;
        uint64_t previous_end = 0;
        for (uint32_t e = 0; e < extents; ++e) {
            Extent extent;
            extent.logical = r.number<uint32_t>();
            extent.physical = r.number<uint32_t>();
            extent.count = r.number<uint32_t>();
            const bool sane = extent.count > 0 && extent.logical >= previous_end &&
                              uint64_t{extent.logical} + extent.count <= logical_end &&
                              uint64_t{extent.physical} + extent.count <= cluster_count;
            if (!sane) {
                return fail(Errc::Corrupt, "VMFS file table: '{}' has a bad extent", name);
            }
            previous_end = uint64_t{extent.logical} + extent.count;
            for (uint32_t c = extent.physical; c < extent.physical + extent.count; ++c) {
                if (used[c]) {
                    return fail(Errc::Corrupt, "VMFS file table: cluster {} is used twice", c);
                }
                used[c] = true;
            }
            file.extents.push_back(extent);
        }
        if (!table.files.emplace(std::move(name), std::move(file)).second) {
            return fail(Errc::Corrupt, "VMFS file table: a name appears twice");
        }
    }
    if (!r.ok()) {
        return fail(Errc::Corrupt, "VMFS file table: truncated");
    }
    return table;
}

Bytes encode_heartbeat(const Heartbeat* live) {
    if (live == nullptr) {
        return Bytes(kHeartbeatBytes);
    }
    Writer w(kHeartbeatBytes);
    w.text(kHeartbeatMagic);
    w.padded(live->host_uuid, 64);
    w.padded(live->host_name, 256);
    w.number(live->since_us);
    return seal(std::move(w), kHeartbeatBytes);
}

Result<Heartbeat> decode_heartbeat(ByteSpan bytes) {
    PF_TRY(Reader r, unseal(bytes, kHeartbeatBytes, kHeartbeatMagic, "VMFS heartbeat"));
    Heartbeat heartbeat;
    heartbeat.host_uuid = r.padded(64);
    heartbeat.host_name = r.padded(256);
    heartbeat.since_us = r.number<int64_t>();
    return heartbeat;
}

bool valid_file_name(std::string_view name) {
    if (name.empty() || name.size() > kNameMax || name.find('\0') != std::string_view::npos) {
        return false;
    }
    while (true) {
        const size_t slash = name.find('/');
        const std::string_view part = name.substr(0, slash);
        if (part.empty() || part == "." || part == "..") {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        name.remove_prefix(slash + 1);
    }
}

} // namespace pf::vim::sim::vmfs
