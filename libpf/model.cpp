#include "libpf/model.hpp"

#include <algorithm>

namespace pf::powerflex {
namespace {

constexpr std::string_view kDellOui = "64b94e";

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

} // namespace

VolumeProtocol Volume::protocol() const {
    bool sdc = false;
    bool nvme = false;
    for (const Mapping& mapping : mappings) {
        (mapping.kind == HostKind::Nvme ? nvme : sdc) = true;
    }
    if (sdc && nvme) {
        return VolumeProtocol::Mixed;
    }
    if (sdc) {
        return VolumeProtocol::Sdc;
    }
    return nvme ? VolumeProtocol::Nvme : VolumeProtocol::None;
}

const Mapping* Volume::mapping_of(const HostId& host) const {
    const auto it = std::find_if(mappings.begin(), mappings.end(),
                                 [&](const Mapping& m) { return m.host == host; });
    return it == mappings.end() ? nullptr : &*it;
}

std::string sdc_device_name(const SystemId& system, const VolumeId& volume) {
    return "eui." + lower(system.value + volume.value);
}

std::string nvme_nguid(const SystemId& system, const VolumeId& volume) {
    const std::string& id = system.value;
    const std::string tail = id.size() > 10 ? id.substr(id.size() - 10) : id;
    return lower(volume.value + std::string(kDellOui) + tail);
}

std::string nvme_device_name(const SystemId& system, const VolumeId& volume) {
    return "eui." + nvme_nguid(system, volume);
}

std::string_view to_string(AccessMode mode) {
    switch (mode) {
    case AccessMode::ReadWrite:
        return "ReadWrite";
    case AccessMode::ReadOnly:
        return "ReadOnly";
    case AccessMode::NoAccess:
        return "NoAccess";
    }
    return "ReadWrite";
}

std::string_view to_string(HostKind kind) {
    switch (kind) {
    case HostKind::Sdc:
        return "SDC";
    case HostKind::Nvme:
        return "NVMe host";
    case HostKind::Other:
        return "host";
    }
    return "host";
}

std::string_view to_string(VolumeProtocol protocol) {
    switch (protocol) {
    case VolumeProtocol::None:
        return "none";
    case VolumeProtocol::Sdc:
        return "SDC";
    case VolumeProtocol::Nvme:
        return "NVMe";
    case VolumeProtocol::Mixed:
        return "MIXED";
    }
    return "none";
}

} // namespace pf::powerflex
