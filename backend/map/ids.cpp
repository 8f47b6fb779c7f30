#include "backend/map/ids.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pf::map {

std::string hex16(std::uint64_t value) { return fmt::format("{:016x}", value); }

Result<std::uint64_t> parse_hex16(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, value, 16);
    if (text.size() != 16 || error != std::errc{} || stop != end || text.front() == '-')
        return fail(Errc::InvalidArgument, "'{}' is not an id: 16 hexadecimal digits expected",
                    text);
    return value;
}

std::string nguid_hex(VolumeId volume, SystemId system) {
    return fmt::format("{:016x}64b94e{:010x}", volume.value, system.value & 0xff'ffff'ffffULL);
}

std::string system_nqn(SystemId system) {
    return fmt::format("nqn.1988-11.com.dell:powerflex:00:{:016x}", system.value);
}

} // namespace pf::map
