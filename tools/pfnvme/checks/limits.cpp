#include "tools/pfnvme/checks/limits.hpp"

#include "base/json.hpp"
#include "base/yaml.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

Result<std::uint64_t> number_at(const json::object& in, std::string_view key,
                                std::uint64_t fallback, std::string_view where) {
    const json::value* value = in.if_contains(key);
    if (value == nullptr) {
        return fallback;
    }
    if (value->is_int64() && value->get_int64() > 0) {
        return static_cast<std::uint64_t>(value->get_int64());
    }
    return fail(Errc::InvalidArgument, "{}: '{}' is not a number above 0", where, key);
}

Result<void> only_keys(const json::object& in, std::initializer_list<std::string_view> known,
                       std::string_view where) {
    for (const json::key_value_pair& item : in) {
        if (std::find(known.begin(), known.end(), std::string_view(item.key())) == known.end()) {
            return fail(Errc::InvalidArgument, "{}: there is no limit '{}'", where,
                        std::string_view(item.key()));
        }
    }
    return {};
}

Result<ReleaseLimits> release(const json::value& in, std::string_view name) {
    if (!in.is_object()) {
        return fail(Errc::InvalidArgument, "{}: a release under 'esxi' is not a mapping", name);
    }
    const json::object& object = in.get_object();
    PF_CHECK(only_keys(object,
                       {"from", "namespacesPerHost", "pathsPerHost", "pathsPerNamespace",
                        "vmfsPerHost", "maxDeviceTiB", "confidence"},
                       name));
    PF_TRY(const std::string from, json_str(object, "from"));
    ReleaseLimits out = builtin_limits().for_esxi(from);
    out.from_version = from;
    const auto set = [&](std::string_view key, std::uint32_t& into) -> Result<void> {
        PF_TRY(const std::uint64_t value, number_at(object, key, into, name));
        into = static_cast<std::uint32_t>(value);
        return {};
    };
    PF_CHECK(set("namespacesPerHost", out.namespaces_per_host));
    PF_CHECK(set("pathsPerHost", out.paths_per_host));
    PF_CHECK(set("pathsPerNamespace", out.paths_per_namespace));
    PF_CHECK(set("vmfsPerHost", out.vmfs_per_host));
    PF_TRY(out.max_device_tib, number_at(object, "maxDeviceTiB", out.max_device_tib, name));
    out.confidence = json_str_or(object, "confidence", "file");
    return out;
}

} // namespace

const ReleaseLimits& LimitTable::for_esxi(const std::string& version_text) const {
    for (const ReleaseLimits& item : esxi) {
        if (compare_versions(version_text, item.from_version) >= 0) {
            return item;
        }
    }
    return esxi.back();
}

std::uint64_t LimitTable::for_powerflex(std::string_view name, std::uint64_t fallback) const {
    const auto found = powerflex.find(std::string(name));
    return found == powerflex.end() ? fallback : found->second;
}

const LimitTable& builtin_limits() {
    static const LimitTable kTable = [] {
        LimitTable out;
        out.version = "2026-11-22";
        out.source = "built in";
        out.esxi = {{"8.0.0", 256, 2048, 8, 1024, 64, "derived"},
                    {"0", 32, 128, 4, 512, 64, "derived"}};
        out.powerflex = {{"volumes", 131072},
                         {"snapshots", 133120},
                         {"volumesPerNvmeHost", 8192},
                         {"volumesPerSdc", 8192},
                         {"volumePerVtree", 126},
                         {"nvmeHosts", 1024},
                         {"sdts", 512},
                         {"pathsPerVolume", 8},
                         {"ipPerHost", 8},
                         {"ioControllersPerSdt", 512},
                         {"connectionsPerHostPerProtectionDomain", 128}};
        out.min_esxi = "7.0.3";
        out.min_build_70u3 = 20036589; // 7.0 U3f
        out.min_powerflex = "4.0";
        out.recommended_powerflex = "4.5";
        return out;
    }();
    return kTable;
}

Result<LimitTable> parse_limits(std::string_view text, std::string_view name) {
    PF_TRY(const json::value document, parse_yaml(text, name));
    if (!document.is_object()) {
        return fail(Errc::InvalidArgument, "{}: a limits file is a mapping", name);
    }
    const json::object& root = document.get_object();
    PF_CHECK(only_keys(root,
                       {"version", "esxi", "powerflex", "minEsxi", "minBuild70u3", "minPowerflex",
                        "recommendedPowerflex"},
                       name));
    LimitTable out = builtin_limits();
    PF_TRY(out.version, json_str(root, "version"));
    out.source = name;
    out.min_esxi = json_str_or(root, "minEsxi", out.min_esxi);
    out.min_powerflex = json_str_or(root, "minPowerflex", out.min_powerflex);
    out.recommended_powerflex =
        json_str_or(root, "recommendedPowerflex", out.recommended_powerflex);
    PF_TRY(const std::uint64_t build, number_at(root, "minBuild70u3", out.min_build_70u3, name));
    out.min_build_70u3 = static_cast<std::uint32_t>(build);
    if (const json::value* list = root.if_contains("esxi"); list != nullptr) {
        if (!list->is_array()) {
            return fail(Errc::InvalidArgument, "{}: 'esxi' is not a list", name);
        }
        for (const json::value& item : list->get_array()) {
            PF_TRY(ReleaseLimits limits, release(item, name));
            const auto same =
                std::find_if(out.esxi.begin(), out.esxi.end(), [&](const ReleaseLimits& known) {
                    return known.from_version == limits.from_version;
                });
            if (same != out.esxi.end()) {
                *same = std::move(limits);
            } else {
                out.esxi.push_back(std::move(limits));
            }
        }
        std::sort(out.esxi.begin(), out.esxi.end(),
                  [](const ReleaseLimits& a, const ReleaseLimits& b) {
                      return compare_versions(a.from_version, b.from_version) > 0;
                  });
    }
    if (const json::value* map = root.if_contains("powerflex"); map != nullptr) {
        if (!map->is_object()) {
            return fail(Errc::InvalidArgument, "{}: 'powerflex' is not a mapping", name);
        }
        for (const json::key_value_pair& item : map->get_object()) {
            PF_TRY(const std::uint64_t value, number_at(map->get_object(), item.key(), 0, name));
            out.powerflex[std::string(item.key())] = value;
        }
    }
    return out;
}

const ReleaseLimits& limits_for(const std::string& esxi_version) {
    return builtin_limits().for_esxi(esxi_version);
}

std::string_view limits_version() { return builtin_limits().version; }

} // namespace pf::nvmetool
