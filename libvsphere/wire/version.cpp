#include "libvsphere/wire/version.hpp"

#include <charconv>

namespace pf::vim {

Result<ApiVersion> ApiVersion::parse(std::string_view text) {
    ApiVersion version;
    size_t index = 0;
    const char* cursor = text.data();
    const char* end = text.data() + text.size();
    while (true) {
        if (index == version.part_.size())
            return fail(Errc::InvalidArgument, "API version \"{}\" has more than four parts", text);
        auto [next, error] = std::from_chars(cursor, end, version.part_[index++]);
        if (error != std::errc{} || next == cursor)
            return fail(Errc::InvalidArgument, "API version \"{}\" is not numbers and dots", text);
        if (next == end)
            return version;
        if (*next != '.')
            return fail(Errc::InvalidArgument, "API version \"{}\" is not numbers and dots", text);
        cursor = next + 1;
    }
}

std::string ApiVersion::str() const {
    return fmt::format("{}.{}.{}.{}", part_[0], part_[1], part_[2], part_[3]);
}

} // namespace pf::vim
