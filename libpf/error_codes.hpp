// PowerFlex return codes ("errorCode" in REST error bodies): number, symbol, text and what they
// mean to us.
//
// The one table for both directions: libpf turns a number into pf::Errc, pf-gateway turns a refusal
// into number and text. Texts are those that Dell's clients compare with, so they are part of the
// interface. Numbers above 226 are listed only where they are known; those from 4900 on are our own
// (the real ones are unknown) and are only ever produced, since libpf falls back to the message for
// a number it does not know.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::powerflex {

enum class MdmError : int {
    Illegal = 0,
    Generic = 1,
    Pending = 2,
    NotFound = 3,
    NotReady = 6,
    AlreadyExists = 7,
    Busy = 28,
    Retry = 32,
    WrongCommandParameters = 62,
    ParameterOutOfRange = 64,
    Success = 65,
    NoResources = 67,
    Timeout = 68,
    CommunicationError = 69,
    DeviceOpenError = 71,
    SdsNotFound = 78,
    VolumeNotFound = 79,
    SdcNotFound = 80,
    VolumeAlreadyMappedToSdc = 81,
    VolumeNotMappedToSdc = 84,
    TooManyMappings = 87,
    InvalidVolumeId = 88,
    InvalidSdsId = 89,
    InvalidSdcId = 90,
    HostNotFound = 91,
    DuplicateHostName = 92,
    SdsAddressInUse = 93,
    SdsNameInUse = 98,
    VolumeNameInUse = 99,
    DuplicateDevicePath = 100,
    DuplicateSdcIp = 101,
    VolumeMapped = 104,
    NotPrimaryMdm = 121,
    DeviceNotFound = 126,
    VolumeDecreaseNotSupported = 133,
    ProtectionDomainNameInUse = 141,
    ProtectionDomainNotFound = 142,
    ProtectionDomainHasSdss = 143,
    NotEnoughSdssInPool = 144,
    VolumeCreateFailed = 166,
    InvalidPassword = 167,
    NoPermissions = 168,
    StoragePoolAlreadyExists = 170,
    StoragePoolNotFound = 171,
    StoragePoolHasDevices = 172,
    StoragePoolNameExists = 173,
    InvalidStoragePoolId = 174,
    ProtectionDomainHasPools = 176,
    SdcHasMappings = 180,
    TooManyVolumesInVtree = 181,
    TooManySnapshotsInVtree = 182,
    TooManyIps = 186,
    LastIp = 187,
    VolumeSizeTooLarge = 190,
    CapacityTooLowForSnapshot = 191,
    IpNotFound = 193,
    InvalidPort = 194,
    StoragePoolHasVolumes = 196,
    PoolNotInDomain = 197,
    VtreeMismatch = 198,
    SdsIpAlreadyExists = 200,
    DeviceNameExists = 206,
    DeviceTooSmall = 207,
    VolumeRemoveInProgress = 212,
    ProtectionDomainNotActive = 213,
    VolumeSizeIllegal = 225,
    NameTooLong = 226,
    InvalidName = 227,
    SingleMappingOnly = 306,
    MustBeDisconnected = 307,
    SdtNotFound = 4000,
    VolumeAlreadyMappedToHost = 4037,
    MappingNotFound = 4039,
    // our own
    VolumeMappedByOtherProtocol = 4901,
    HostNqnInUse = 4902,
    HostConnected = 4903,
    SdtNameInUse = 4904,
    VolumeHasDescendants = 4905,
    DataNotProtected = 4910,
};

struct MdmErrorInfo {
    MdmError code;
    std::string_view symbol; // VOL_NOT_FOUND
    Errc errc;
    std::string_view text; // "Could not find the volume"
};

// nullptr when the number is not in the table.
[[nodiscard]] const MdmErrorInfo* find_mdm_error(int code);
[[nodiscard]] const MdmErrorInfo& mdm_error_info(MdmError code);

// A decoded REST error body.
struct ApiErrorBody {
    std::string message;
    int http_status = 0;
    int error_code = 0;
    struct Detail {
        std::string symbol;
        int code = 0;
        std::string message;
    };
    std::vector<Detail> details;
};

// Tolerant: whatever is not a PowerFlex error body (HTML of an ingress, nothing) gives a body with
// status only.
[[nodiscard]] ApiErrorBody parse_error_body(int http_status, std::string_view text);

// What a failed answer means. `mutating`: a gateway-level failure (502, 504, a bare 500) after a
// change was sent leaves the outcome unknown.
[[nodiscard]] Error to_error(const ApiErrorBody& body, std::string_view what, bool mutating);

} // namespace pf::powerflex
