#pragma once
// vim25 API versions ("8.0.3.0", "7.0", "6.5") as comparable values.
//
// The version that a client binds decides which types, properties and methods a server shows it, so
// both sides carry one ApiVersion through encode and decode. Missing parts compare as zero: 7.0
// == 7.0.0.0.

#include "base/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pf::vim {

class ApiVersion {
  public:
    constexpr ApiVersion() = default;
    constexpr ApiVersion(uint16_t major, uint16_t minor, uint16_t update = 0, uint16_t patch = 0)
        : part_{major, minor, update, patch} {}

    /// Accepts one to four dot-separated numbers; everything else is Errc::InvalidArgument.
    static Result<ApiVersion> parse(std::string_view text);

    /// Always four parts, "7.0.3.0".
    std::string str() const;

    constexpr bool is_zero() const { return part_ == std::array<uint16_t, 4>{}; }
    constexpr auto operator<=>(const ApiVersion&) const = default;

  private:
    std::array<uint16_t, 4> part_{};
};

/// Older than this, a binding hides the host NQN, HostTcpHba and CreateSoftwareAdapter.
inline constexpr ApiVersion kNvmeTcpVersion{7, 0, 3, 0};
/// The newest version the type table knows; a client never binds a newer one.
inline constexpr ApiVersion kNewestKnownVersion{8, 0, 3, 0};

} // namespace pf::vim
