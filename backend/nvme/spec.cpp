#include "backend/nvme/identify.hpp"

namespace pf::nvme {

std::string_view status_name(Status s) {
    struct Row {
        uint8_t sct, sc;
        std::string_view name;
    };
    static constexpr Row kRows[] = {
        {0, 0x00, "success"},
        {0, 0x01, "invalid command opcode"},
        {0, 0x02, "invalid field in command"},
        {0, 0x03, "command id conflict"},
        {0, 0x04, "data transfer error"},
        {0, 0x06, "internal error"},
        {0, 0x07, "command abort requested"},
        {0, 0x08, "aborted: submission queue deleted"},
        {0, 0x09, "aborted: other command of the fused pair failed"},
        {0, 0x0A, "aborted: missing fused command"},
        {0, 0x0B, "invalid namespace or format"},
        {0, 0x0C, "command sequence error"},
        {0, 0x0F, "data SGL length invalid"},
        {0, 0x11, "SGL descriptor type invalid"},
        {0, 0x14, "atomic write unit exceeded"},
        {0, 0x18, "host identifier inconsistent format"},
        {0, 0x1A, "keep alive timeout invalid"},
        {0, 0x1B, "aborted: preempted by a reservation"},
        {0, 0x20, "namespace is write protected"},
        {0, 0x22, "transient transport error"},
        {0, 0x80, "LBA out of range"},
        {0, 0x81, "capacity exceeded"},
        {0, 0x82, "namespace not ready"},
        {0, 0x83, "reservation conflict"},
        {1, 0x01, "invalid queue identifier"},
        {1, 0x05, "asynchronous event request limit exceeded"},
        {1, 0x09, "invalid log page"},
        {1, 0x0D, "feature identifier not saveable"},
        {1, 0x0E, "feature not changeable"},
        {1, 0x80, "connect: incompatible format"},
        {1, 0x81, "connect: controller busy"},
        {1, 0x82, "connect: invalid parameters"},
        {1, 0x83, "connect: restart discovery"},
        {1, 0x84, "connect: invalid host"},
        {1, 0x91, "connect: authentication required"},
        {2, 0x80, "write fault"},
        {2, 0x81, "unrecovered read error"},
        {2, 0x85, "compare failure"},
        {3, 0x00, "internal path error"},
        {3, 0x01, "asymmetric access persistent loss"},
        {3, 0x02, "asymmetric access inaccessible"},
        {3, 0x03, "asymmetric access transition"},
    };
    for (const Row& row : kRows)
        if (s.is(row.sct, row.sc))
            return row.name;
    return "unknown status";
}

Nguid volume_nguid(uint64_t volume_id, uint64_t system_id) {
    Nguid out{};
    for (size_t i = 0; i < 8; ++i)
        out[i] = static_cast<uint8_t>(volume_id >> (56 - 8 * i));
    out[8] = 0x64;
    out[9] = 0xB9;
    out[10] = 0x4E;
    for (size_t i = 0; i < 5; ++i)
        out[11 + i] = static_cast<uint8_t>(system_id >> (32 - 8 * i));
    return out;
}

std::string nguid_hex(const Nguid& nguid) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(32);
    for (const uint8_t b : nguid) {
        out += kDigits[b >> 4];
        out += kDigits[b & 15];
    }
    return out;
}

} // namespace pf::nvme
