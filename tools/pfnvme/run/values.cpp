#include "tools/pfnvme/run/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kDellOui = "64b94e";

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

std::optional<std::uint32_t> parse_ipv4(const std::string& text) {
    std::uint32_t value = 0;
    const char* at = text.data();
    const char* end = text.data() + text.size();
    for (int part = 0; part < 4; ++part) {
        unsigned byte = 0;
        const auto [next, error] = std::from_chars(at, end, byte);
        if (error != std::errc{} || byte > 255) {
            return std::nullopt;
        }
        value = (value << 8U) | byte;
        at = next;
        if (part < 3) {
            if (at == end || *at != '.') {
                return std::nullopt;
            }
            ++at;
        }
    }
    if (at != end) {
        return std::nullopt;
    }
    return value;
}

std::vector<int> version_parts(const std::string& text) {
    std::vector<int> parts;
    const char* at = text.data();
    const char* end = text.data() + text.size();
    while (at != end) {
        int number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc{}) {
            break;
        }
        parts.push_back(number);
        at = next;
        if (at == end || *at != '.') {
            break;
        }
        ++at;
    }
    return parts;
}

} // namespace

const DatastoreMount* DatastoreInfo::mount_on(const std::string& host_id) const {
    for (const DatastoreMount& mount : mounts) {
        if (mount.host_id == host_id) {
            return &mount;
        }
    }
    return nullptr;
}

Protocol VolumeInfo::protocol() const {
    bool nvme = false;
    bool sdc = false;
    for (const MappingInfo& mapping : mappings) {
        (mapping.nvme ? nvme : sdc) = true;
    }
    if (nvme && sdc) {
        return Protocol::Mixed;
    }
    if (nvme) {
        return Protocol::Nvme;
    }
    return sdc ? Protocol::Sdc : Protocol::None;
}

const MappingInfo* VolumeInfo::mapping_of(const std::string& host_id) const {
    for (const MappingInfo& mapping : mappings) {
        if (mapping.host_id == host_id) {
            return &mapping;
        }
    }
    return nullptr;
}

std::string to_string(Protocol protocol) {
    switch (protocol) {
    case Protocol::None:
        return "none";
    case Protocol::Sdc:
        return "SDC";
    case Protocol::Nvme:
        return "NVMe";
    case Protocol::Mixed:
        return "MIXED";
    }
    return "?";
}

DatastorePath split_datastore_path(const std::string& text) {
    if (text.empty() || text.front() != '[') {
        return {"", text};
    }
    const std::size_t close = text.find(']');
    if (close == std::string::npos) {
        return {"", text};
    }
    std::size_t start = close + 1;
    while (start < text.size() && text[start] == ' ') {
        ++start;
    }
    return {text.substr(1, close - 1), text.substr(start)};
}

std::string sdc_device_name(const std::string& system_id, const std::string& volume_id) {
    return "eui." + system_id + volume_id;
}

std::string nvme_device_name(const std::string& system_id, const std::string& volume_id) {
    const std::string tail =
        system_id.size() > 10 ? system_id.substr(system_id.size() - 10) : system_id;
    return "eui." + volume_id + std::string(kDellOui) + tail;
}

std::optional<std::string> volume_of_sdc_device(const std::string& system_id,
                                                const std::string& device) {
    const std::string prefix = "eui." + system_id;
    if (system_id.empty() || device.size() != prefix.size() + 16 || !device.starts_with(prefix)) {
        return std::nullopt;
    }
    std::string id = device.substr(prefix.size());
    return is_hex(id) ? std::optional(std::move(id)) : std::nullopt;
}

std::optional<std::string> volume_of_nvme_device(const std::string& system_id,
                                                 const std::string& device) {
    if (device.size() != 36 || !device.starts_with("eui.")) {
        return std::nullopt;
    }
    std::string id = device.substr(4, 16);
    if (!is_hex(id) || nvme_device_name(system_id, id) != device) {
        return std::nullopt;
    }
    return id;
}

int compare_versions(const std::string& left, const std::string& right) {
    std::vector<int> a = version_parts(left);
    std::vector<int> b = version_parts(right);
    const std::size_t length = std::max(a.size(), b.size());
    a.resize(length, 0);
    b.resize(length, 0);
    if (a == b) {
        return 0;
    }
    return a < b ? -1 : 1;
}

bool same_network(const std::string& left, const std::string& right, const std::string& netmask) {
    const auto a = parse_ipv4(left);
    const auto b = parse_ipv4(right);
    const auto mask = parse_ipv4(netmask);
    return a && b && mask && (*a & *mask) == (*b & *mask);
}

std::optional<std::string> HostInfo::option(const std::string& option_name) const {
    const auto found = options.find(option_name);
    return found == options.end() ? std::nullopt : std::optional(found->second);
}

const DeviceInfo* HostInfo::device(const std::string& device_name) const {
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const DeviceInfo& item) {
        return item.name == device_name;
    });
    return found == devices.end() ? nullptr : &*found;
}

std::uint64_t VmInfo::provisioned_bytes() const {
    std::uint64_t out = 0;
    for (const DiskInfo& disk : disks) {
        out += disk.capacity_bytes;
    }
    return out;
}

std::uint64_t VmInfo::committed_bytes(const std::string& datastore_id) const {
    std::uint64_t out = 0;
    if (!usage.empty()) {
        for (const VmUsage& item : usage) {
            if (datastore_id.empty() || item.datastore_id == datastore_id) {
                out += item.committed_bytes;
            }
        }
        return out;
    }
    for (const DiskInfo& disk : disks) {
        if (datastore_id.empty() || disk.datastore_id == datastore_id) {
            out += disk.capacity_bytes;
        }
    }
    return out;
}

} // namespace pf::nvmetool
