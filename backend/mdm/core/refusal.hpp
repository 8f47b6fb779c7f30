// Refusals of management requests: the MDM's return codes, as PowerFlex numbers and words them
// (clients compare some of the texts). Codes from 4900 are this product's own.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::mdm {

enum class Rc : std::uint32_t {
    NotFound = 3,
    NotReady = 6,
    AlreadyExists = 7,
    Busy = 28,
    WrongParameters = 62,
    OutOfRange = 64,
    Timeout = 68,
    SdsAddDeviceOpenError = 71,
    SdsNotFound = 78,
    VolumeNotFound = 79,
    SdcNotFound = 80,
    MappedToSdc = 81,
    NotMappedToSdc = 84,
    TooManyMappings = 87,
    HostNotFound = 91,
    DuplicateHostName = 92,
    SdsAddressInUse = 93,
    SdsNameInUse = 98,
    VolumeNameInUse = 99,
    DuplicateDevicePath = 100,
    VolumeMapped = 104,
    DeviceNotFound = 126,
    VolumeDecrease = 133,
    DomainNameInUse = 141,
    DomainNotFound = 142,
    DomainHasSds = 143,
    NotEnoughSds = 144,
    VolumeCreateFailed = 166,
    PoolNotFound = 171,
    PoolHasDevices = 172,
    PoolNameInUse = 173,
    DomainHasPools = 176,
    InitiatorHasMappings = 180,
    TooManySnapshots = 182,
    TooManyIps = 186,
    LastIp = 187,
    VolumeTooLarge = 190,
    IpNotFound = 193,
    InvalidPort = 194,
    PoolHasVolumes = 196,
    DomainPoolMismatch = 197,
    VtreeMismatch = 198,
    IpAlreadyExists = 200,
    DeviceNameInUse = 206,
    DomainNotActive = 213,
    SizeIllegal = 225,
    LongName = 226,
    InvalidName = 227,
    FaultSetNotFound = 265,
    FaultSetNameInUse = 266,
    FaultSetHasSds = 268,
    TooMuchThinCapacity = 300,
    SingleMappingOnly = 306,
    MustBeDisconnected = 307,
    NotApproved = 322,
    SdtNotFound = 4000,
    MappedToHost = 4037,
    NotMappedToHost = 4039,
    OtherProtocol = 4901,
    HostNqnInUse = 4902,
    HostConnected = 4903,
    SdtNameInUse = 4904,
    CopiesNotSafe = 4910,
};

struct Refusal {
    Rc rc = Rc::NotFound;
    std::string text;
};

[[nodiscard]] std::string_view symbol(Rc rc) noexcept;
[[nodiscard]] Errc errc(Rc rc) noexcept;
// The usual sentence of a code whose text does not depend on the object.
[[nodiscard]] std::string_view usual_text(Rc rc) noexcept;

template<class T = void>
using Outcome = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Rc rc) {
    return tl::unexpected<Refusal>(Refusal{rc, std::string(usual_text(rc))});
}
template<class... Args>
tl::unexpected<Refusal> refuse(Rc rc, fmt::format_string<Args...> format, Args&&... args) {
    return tl::unexpected<Refusal>(Refusal{rc, fmt::format(format, std::forward<Args>(args)...)});
}

} // namespace pf::mdm

// MDM_CHECK(expression): returns the Refusal of an Outcome<>. MDM_TRY(decl, expression): declares.
#define MDM_CHECK(...)                                                                             \
    do {                                                                                           \
        if (auto mdm_check_ = (__VA_ARGS__); !mdm_check_)                                          \
            return tl::unexpected<::pf::mdm::Refusal>(std::move(mdm_check_).error());              \
    } while (false)
#define MDM_TRY_IMPL_(tmp, decl, ...)                                                              \
    auto tmp = (__VA_ARGS__);                                                                      \
    if (!tmp)                                                                                      \
        return tl::unexpected<::pf::mdm::Refusal>(std::move(tmp).error());                         \
    decl = *std::move(tmp)
#define MDM_TRY(decl, ...) MDM_TRY_IMPL_(PF_CONCAT(mdm_try_, __LINE__), decl, __VA_ARGS__)
