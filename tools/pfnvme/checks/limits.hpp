// Limits of vSphere and PowerFlex releases: a dated table, shipped with the program and replaceable
// by a file (docs/formats/limits.md), because vendors raise limits between our releases.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct ReleaseLimits {
    std::string from_version; // ESXi release from which on it applies
    std::uint32_t namespaces_per_host = 0;
    std::uint32_t paths_per_host = 0;
    std::uint32_t paths_per_namespace = 0;
    std::uint32_t vmfs_per_host = 0;
    std::uint64_t max_device_tib = 0;
    std::string confidence; // vendor, derived
};

struct LimitTable {
    std::string version;             // date of the table
    std::string source;              // "built in" or the file
    std::vector<ReleaseLimits> esxi; // newest first
    // PowerFlex maximums by the names that querySystemLimits uses.
    std::map<std::string, std::uint64_t> powerflex;
    std::uint32_t min_build_70u3 = 0; // first supported build of 7.0 U3
    std::string min_esxi;
    std::string min_powerflex;
    std::string recommended_powerflex;

    [[nodiscard]] const ReleaseLimits& for_esxi(const std::string& version_text) const;
    [[nodiscard]] std::uint64_t for_powerflex(std::string_view name, std::uint64_t fallback) const;
};

[[nodiscard]] const LimitTable& builtin_limits();
// Values that the file does not name keep their built-in value. YAML or JSON.
[[nodiscard]] Result<LimitTable> parse_limits(std::string_view text, std::string_view name);

// Of the built-in table.
[[nodiscard]] const ReleaseLimits& limits_for(const std::string& esxi_version);
[[nodiscard]] std::string_view limits_version();

} // namespace pf::nvmetool
