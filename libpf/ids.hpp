// Identities of PowerFlex objects.
//
// PowerFlex identifies every object by 16 lower-case hex digits and shows them as text everywhere:
// in URLs, in JSON, in device names. libpf keeps that text and gives each kind of object its own
// type, so that a volume id can't be handed over where a host id is meant. An empty id means
// "none".
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace pf::powerflex {

template<class Tag>
struct Id {
    std::string value;

    Id() = default;
    explicit Id(std::string text) : value(std::move(text)) {}

    [[nodiscard]] bool empty() const { return value.empty(); }
    [[nodiscard]] const std::string& str() const { return value; }

    friend bool operator==(const Id&, const Id&) = default;
    friend std::strong_ordering operator<=>(const Id&, const Id&) = default;
};

using SystemId = Id<struct SystemTag>;
using ProtectionDomainId = Id<struct ProtectionDomainTag>;
using FaultSetId = Id<struct FaultSetTag>;
using StoragePoolId = Id<struct StoragePoolTag>;
using SdsId = Id<struct SdsTag>;
using DeviceId = Id<struct DeviceTag>;
using SdtId = Id<struct SdtTag>;
using VolumeId = Id<struct VolumeTag>;
using VtreeId = Id<struct VtreeTag>;
using SnapshotGroupId = Id<struct SnapshotGroupTag>;

// SDCs and NVMe hosts share one id space: PowerFlex treats them as one kind of object and reports
// the mappings of both in one list. They therefore share one type; HostKind tells them apart.
using HostId = Id<struct HostTag>;

// 16 hex digits, the only form that PowerFlex takes.
[[nodiscard]] constexpr bool is_object_id(std::string_view text) {
    if (text.size() != 16) {
        return false;
    }
    for (char c : text) {
        const bool digit = c >= '0' && c <= '9';
        const bool hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!digit && !hex) {
            return false;
        }
    }
    return true;
}

} // namespace pf::powerflex

template<class Tag>
struct std::hash<pf::powerflex::Id<Tag>> {
    std::size_t operator()(const pf::powerflex::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.value);
    }
};
