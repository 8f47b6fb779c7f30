// NVMe and NVMe/TCP structures exactly as they travel: packed, little-endian.
//
// The structures are read and written by memcpy (`load_struct`, `append_struct`), never by casting
// a pointer into a receive buffer. Byte diagrams: docs/formats/nvme-tcp.md.
#pragma once

#include "backend/nvme/spec.hpp"
#include "base/bytes.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace pf::nvme {

static_assert(std::endian::native == std::endian::little, "wire structures are little-endian");

#pragma pack(push, 1)

struct PduHeader {
    uint8_t type = 0;
    uint8_t flags = 0;
    uint8_t hlen = 0;
    uint8_t pdo = 0;
    uint32_t plen = 0;
};
static_assert(sizeof(PduHeader) == 8);

struct IcReqPdu {
    PduHeader ch;
    uint16_t pfv = 0;
    uint8_t hpda = 0;
    uint8_t dgst = 0; // bit 0 header digest, bit 1 data digest
    uint32_t maxr2t = 0;
    std::array<uint8_t, 112> reserved{};
};
static_assert(sizeof(IcReqPdu) == 128);

struct IcRespPdu {
    PduHeader ch;
    uint16_t pfv = 0;
    uint8_t cpda = 0;
    uint8_t dgst = 0;
    uint32_t maxh2cdata = 0;
    std::array<uint8_t, 112> reserved{};
};
static_assert(sizeof(IcRespPdu) == 128);

struct TermReqPdu {
    PduHeader ch;
    uint16_t fes = 0;
    uint32_t fei = 0;
    std::array<uint8_t, 10> reserved{};
};
static_assert(sizeof(TermReqPdu) == 24);

// Data pointer of a submission queue entry. Only transport and in-capsule data blocks occur.
struct Sgl {
    uint64_t address = 0; // in-capsule: offset
    uint32_t length = 0;
    std::array<uint8_t, 3> reserved{};
    uint8_t type = 0;

    static constexpr uint8_t kTransport = 0x5A;
    static constexpr uint8_t kInCapsule = 0x01;
};
static_assert(sizeof(Sgl) == 16);

struct Sqe {
    uint8_t opcode = 0;
    uint8_t flags = 0; // bits 1:0 FUSE, 7:6 PSDT
    uint16_t cid = 0;
    uint32_t nsid = 0; // Fabrics: byte 0 is FCTYPE
    uint32_t cdw2 = 0;
    uint32_t cdw3 = 0;
    uint64_t mptr = 0;
    Sgl sgl;
    uint32_t cdw10 = 0;
    uint32_t cdw11 = 0;
    uint32_t cdw12 = 0;
    uint32_t cdw13 = 0;
    uint32_t cdw14 = 0;
    uint32_t cdw15 = 0;

    uint8_t fuse() const { return flags & 3; }
    uint8_t fctype() const { return static_cast<uint8_t>(nsid & 0xFF); }
    uint64_t slba() const { return (static_cast<uint64_t>(cdw11) << 32) | cdw10; }
    void set_slba(uint64_t lba) {
        cdw10 = static_cast<uint32_t>(lba);
        cdw11 = static_cast<uint32_t>(lba >> 32);
    }
    // Number of blocks of read, write, compare and write zeroes (0's-based on the wire).
    uint32_t blocks() const { return (cdw12 & 0xFFFF) + 1; }
};
static_assert(sizeof(Sqe) == 64);
inline constexpr uint8_t kPsdtSgl = 0x40;

struct Cqe {
    uint32_t dw0 = 0;
    uint32_t dw1 = 0;
    uint16_t sqhd = 0;
    uint16_t sqid = 0;
    uint16_t cid = 0;
    uint16_t status = 0;

    uint64_t value() const { return (static_cast<uint64_t>(dw1) << 32) | dw0; }
};
static_assert(sizeof(Cqe) == 16);

struct CapsuleCmdPdu {
    PduHeader ch;
    Sqe sqe;
};
static_assert(sizeof(CapsuleCmdPdu) == 72);

struct CapsuleRespPdu {
    PduHeader ch;
    Cqe cqe;
};
static_assert(sizeof(CapsuleRespPdu) == 24);

// H2CData and C2HData.
struct DataPdu {
    PduHeader ch;
    uint16_t cccid = 0;
    uint16_t ttag = 0; // reserved in C2HData
    uint32_t offset = 0;
    uint32_t length = 0;
    uint32_t reserved = 0;
};
static_assert(sizeof(DataPdu) == 24);

struct R2tPdu {
    PduHeader ch;
    uint16_t cccid = 0;
    uint16_t ttag = 0;
    uint32_t offset = 0;
    uint32_t length = 0;
    uint32_t reserved = 0;
};
static_assert(sizeof(R2tPdu) == 24);

struct ConnectData {
    std::array<uint8_t, 16> hostid{};
    uint16_t cntlid = kDynamicCntlid;
    std::array<uint8_t, 238> reserved1{};
    std::array<char, 256> subnqn{};
    std::array<char, 256> hostnqn{};
    std::array<uint8_t, 256> reserved2{};
};
static_assert(sizeof(ConnectData) == 1024);
static_assert(offsetof(ConnectData, subnqn) == 256 && offsetof(ConnectData, hostnqn) == 512);

struct DsmRange {
    uint32_t attributes = 0;
    uint32_t blocks = 0;
    uint64_t slba = 0;
};
static_assert(sizeof(DsmRange) == 16);

#pragma pack(pop)

// Copies a structure out of `from`, which must hold at least sizeof(T) bytes.
template<class T>
requires std::is_trivially_copyable_v<T> T load_struct(ByteSpan from) {
    T value;
    std::memcpy(&value, from.data(), sizeof(T));
    return value;
}

template<class T>
requires std::is_trivially_copyable_v<T> ByteSpan struct_bytes(const T& value) {
    return ByteSpan(reinterpret_cast<const std::byte*>(&value), sizeof(T));
}

template<class T>
requires std::is_trivially_copyable_v<T>
void append_struct(Bytes& out, const T& value) {
    const ByteSpan s = struct_bytes(value);
    out.insert(out.end(), s.begin(), s.end());
}

// Writes `text` into a fixed field, padded with `pad` and cut at the field's size.
template<size_t N>
void put_text(std::array<char, N>& field, std::string_view text, char pad) {
    const size_t n = text.size() < N ? text.size() : N;
    std::memcpy(field.data(), text.data(), n);
    std::memset(field.data() + n, pad, N - n);
}

// The text of a NUL- or space-padded field. Never reads past the field.
template<size_t N>
std::string_view get_text(const std::array<char, N>& field) {
    size_t n = 0;
    while (n < N && field[n] != '\0')
        ++n;
    while (n > 0 && field[n - 1] == ' ')
        --n;
    return std::string_view(field.data(), n);
}

} // namespace pf::nvme
