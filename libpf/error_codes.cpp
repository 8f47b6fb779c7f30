#include "libpf/error_codes.hpp"

#include "base/net/http_client.hpp"
#include "libpf/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf::powerflex {
namespace {

using enum MdmError;

// Sorted by number.
constexpr auto kErrors = std::to_array<MdmErrorInfo>({
    {Illegal, "ILLEGAL", Errc::InvalidArgument, "Illegal request"},
    {Generic, "ERROR", Errc::Failed, "Error"},
    {Pending, "PENDING", Errc::Busy, "The operation continues in the background"},
    {NotFound, "NOT_FOUND", Errc::NotFound, "Not found"},
    {NotReady, "NOT_READY", Errc::NotReady, "Not ready"},
    {AlreadyExists, "ALREADY_EXISTS", Errc::AlreadyExists, "Already exists"},
    {Busy, "BUSY", Errc::Busy, "Busy"},
    {Retry, "RETRY", Errc::Retry, "Retry"},
    {WrongCommandParameters, "WRONG_CMD_PARAMS", Errc::InvalidArgument, "Invalid parameters"},
    {ParameterOutOfRange, "PARAMETER_OUT_OF_RANGE", Errc::InvalidArgument,
     "A parameter is out of range"},
    {Success, "SUCCESS", Errc::Internal, "Success"},
    {NoResources, "NO_RESOURCES", Errc::LimitExceeded, "No resources"},
    {Timeout, "TIMEOUT", Errc::Timeout, "Timeout"},
    {CommunicationError, "COMMUNICATION_ERROR", Errc::Unreachable,
     "Could not communicate with the MDM"},
    {DeviceOpenError, "TGT_ADD_DEV_OPEN_ERROR", Errc::Io, "The SDS cannot open the device"},
    {SdsNotFound, "TGT_NOT_FOUND", Errc::NotFound, "Could not find SDS"},
    {VolumeNotFound, "VOL_NOT_FOUND", Errc::NotFound, "Could not find the volume"},
    {SdcNotFound, "INI_NOT_FOUND", Errc::NotFound, "Could not find the SDC"},
    {VolumeAlreadyMappedToSdc, "VOL_ALREADY_MAPPED_TO_THIS_INI", Errc::AlreadyExists,
     "The volume is already mapped to this SDC"},
    {VolumeNotMappedToSdc, "VOL_NOT_MAPPED_TO_INI", Errc::NotFound,
     "The volume is not mapped to SDC"},
    {TooManyMappings, "TOO_MANY_MAPPINGS", Errc::LimitExceeded, "Too many mappings"},
    {InvalidVolumeId, "INVALID_VOL_ID", Errc::InvalidArgument, "Invalid volume ID"},
    {InvalidSdsId, "INVALID_TGT_ID", Errc::InvalidArgument, "Invalid SDS ID"},
    {InvalidSdcId, "INVALID_INI_ID", Errc::InvalidArgument, "Invalid SDC ID"},
    {HostNotFound, "HOST_NOT_FOUND", Errc::NotFound, "Could not find the host"},
    {DuplicateHostName, "DUP_HOST_NAME", Errc::AlreadyExists, "Duplicate host name"},
    {SdsAddressInUse, "TGT_ADDR_AND_PORT_IN_USE", Errc::AlreadyExists,
     "The SDS IP address and port already in use"},
    {SdsNameInUse, "TGT_NAME_IN_USE", Errc::AlreadyExists, "SDS name already in use"},
    {VolumeNameInUse, "VOL_NAME_IN_USE", Errc::AlreadyExists,
     "Volume name already in use. Please use a different name."},
    {DuplicateDevicePath, "DUPLICATE_TGT_DEVICE_NAME", Errc::AlreadyExists,
     "The SDS already has a device with this path"},
    {DuplicateSdcIp, "DUPLICATE_SDC_IP", Errc::AlreadyExists, "Duplicate SDC IP"},
    {VolumeMapped, "VOL_MAPPED", Errc::Conflict, "The volume is mapped"},
    {NotPrimaryMdm, "WRONG_ACTOR_USE_VIRTUAL", Errc::NotPrimary,
     "The command was sent to an MDM that is not the primary"},
    {DeviceNotFound, "TGT_DEVICE_NOT_FOUND", Errc::NotFound, "Could not find the device"},
    {VolumeDecreaseNotSupported, "VOL_DECREASE_NOT_SUPPORTED", Errc::Conflict,
     "Volume capacity can only be increased"},
    {ProtectionDomainNameInUse, "FD_NAME_IN_USE", Errc::AlreadyExists,
     "Protection domain name already in use"},
    {ProtectionDomainNotFound, "FD_NOT_FOUND", Errc::NotFound,
     "Could not find the Protection Domain"},
    {ProtectionDomainHasSdss, "FD_HAS_TGTS", Errc::Conflict, "The Protection Domain has SDSs"},
    {NotEnoughSdssInPool, "NOT_ENOUGH_TGTS_IN_STORAGE_POOL", Errc::NotReady,
     "There are not enough SDSs with devices in the Storage Pool"},
    {VolumeCreateFailed, "VOL_CREATE_FAIL", Errc::NoSpace, "The volume could not be created"},
    {InvalidPassword, "INVALID_PASSWORD", Errc::AuthFailed, "Invalid password"},
    {NoPermissions, "NO_PERMISSIONS", Errc::PermissionDenied, "No permissions"},
    {StoragePoolAlreadyExists, "STORAGE_POOL_ALREADY_EXISTS", Errc::AlreadyExists,
     "The Storage Pool already exists"},
    {StoragePoolNotFound, "STORAGE_POOL_NOT_FOUND", Errc::NotFound,
     "Could not find the Storage Pool"},
    {StoragePoolHasDevices, "STORAGE_POOL_HAS_DEVS", Errc::Conflict,
     "The Storage Pool has devices"},
    {StoragePoolNameExists, "STORAGE_POOL_NAME_ALREADY_EXISTS", Errc::AlreadyExists,
     "Storage Pool name already in use"},
    {InvalidStoragePoolId, "INVALID_STORAGE_POOL_ID", Errc::InvalidArgument,
     "Invalid Storage Pool ID"},
    {ProtectionDomainHasPools, "FD_HAS_STORAGE_POOLS", Errc::Conflict,
     "The Protection Domain has Storage Pools"},
    {SdcHasMappings, "INI_HAS_MAPPINGS", Errc::Conflict, "The SDC is mapped to volumes"},
    {TooManyVolumesInVtree, "TOO_MANY_VOLS_IN_VTREE", Errc::LimitExceeded,
     "Too many volumes in the V-Tree"},
    {TooManySnapshotsInVtree, "TOO_MANY_SNAPS_IN_VTREE", Errc::LimitExceeded,
     "Too many snapshots in the V-Tree"},
    {TooManyIps, "TOO_MANY_IPS", Errc::LimitExceeded, "Too many IP addresses"},
    {LastIp, "LAST_IP", Errc::Conflict, "The last IP address cannot be removed"},
    {VolumeSizeTooLarge, "VOL_SIZE_TOO_LARGE", Errc::NoSpace, "The volume size is too large"},
    {CapacityTooLowForSnapshot, "CAPACITY_TOO_LOW_FOR_SNAP", Errc::NoSpace,
     "There is not enough capacity for the snapshot"},
    {IpNotFound, "TGT_IP_NOT_FOUND", Errc::NotFound, "Could not find the IP address"},
    {InvalidPort, "INVALID_PORT", Errc::InvalidArgument, "Invalid port"},
    {StoragePoolHasVolumes, "STORAGE_POOL_HAS_VOLS", Errc::Conflict,
     "The Storage Pool has volumes"},
    {PoolNotInDomain, "FD_AND_SP_MISMATCH", Errc::Conflict,
     "The Storage Pool is not in this Protection Domain"},
    {VtreeMismatch, "VTREE_ID_MISMATCH", Errc::Conflict, "The volumes are not in the same V-Tree"},
    {SdsIpAlreadyExists, "TGT_IP_ALREADY_EXISTS", Errc::AlreadyExists,
     "The SDS already has this IP address"},
    {DeviceNameExists, "DEV_NAME_ALREADY_EXISTS", Errc::AlreadyExists,
     "Device name already in use"},
    {DeviceTooSmall, "DEV_SIZE_TOO_SMALL", Errc::Conflict, "The device is too small"},
    {VolumeRemoveInProgress, "VOL_REMOVE_IN_PROGRESS", Errc::Busy,
     "A volume removal operation is currently in progress"},
    {ProtectionDomainNotActive, "FD_NOT_ACTIVE", Errc::NotReady,
     "The Protection Domain is not active"},
    {VolumeSizeIllegal, "VOL_SIZE_ILLEGAL", Errc::InvalidArgument,
     "Volume size must be in granularity of 8 GB"},
    {NameTooLong, "LONG_NAME", Errc::InvalidArgument,
     "The given name exceeds the allowed length of 31 characters."},
    {InvalidName, "INVALID_NAME", Errc::InvalidArgument,
     "The given name contains invalid characters"},
    {SingleMappingOnly, "NOT_ALLOWED_MORE_THAN_ONE_MAPPING", Errc::Conflict,
     "Only a single SDC may be mapped to this volume at a time"},
    {MustBeDisconnected, "INI_MUST_BE_DISCONNECTED", Errc::Conflict,
     "Cannot remove an SDC which is currently connected to the MDM."},
    {SdtNotFound, "SDT_NOT_FOUND", Errc::NotFound, "Could not find the SDT"},
    {VolumeAlreadyMappedToHost, "VOL_ALREADY_MAPPED_TO_HOST", Errc::AlreadyExists,
     "The volume is already mapped to this host"},
    {MappingNotFound, "MAPPING_NOT_FOUND", Errc::NotFound, "The mapping does not exist"},
    {VolumeMappedByOtherProtocol, "VOL_MAPPED_BY_OTHER_PROTOCOL", Errc::Conflict,
     "The volume is mapped by the other protocol; a volume can be mapped by SDC or by NVMe, not by "
     "both"},
    {HostNqnInUse, "HOST_NQN_IN_USE", Errc::AlreadyExists, "A host with this NQN already exists"},
    {HostConnected, "HOST_IS_CONNECTED", Errc::Conflict,
     "Cannot remove a host which is currently connected"},
    {SdtNameInUse, "SDT_NAME_IN_USE", Errc::AlreadyExists, "The SDT name is already in use"},
    {VolumeHasDescendants, "VOL_HAS_DESCENDANTS", Errc::Conflict,
     "The volume has descendant snapshots"},
    {DataNotProtected, "DATA_NOT_PROTECTED", Errc::Conflict,
     "Data on it has no other complete copy"},
});

static_assert(std::is_sorted(kErrors.begin(), kErrors.end(),
                             [](const MdmErrorInfo& a, const MdmErrorInfo& b) {
                                 return a.code < b.code;
                             }));

} // namespace

const MdmErrorInfo* find_mdm_error(int code) {
    const auto* it = std::lower_bound(
        kErrors.begin(), kErrors.end(), code,
        [](const MdmErrorInfo& info, int value) { return static_cast<int>(info.code) < value; });
    if (it == kErrors.end() || static_cast<int>(it->code) != code) {
        return nullptr;
    }
    return it;
}

const MdmErrorInfo& mdm_error_info(MdmError code) {
    const MdmErrorInfo* info = find_mdm_error(static_cast<int>(code));
    return info != nullptr ? *info : kErrors[1];
}

ApiErrorBody parse_error_body(int http_status, std::string_view text) {
    ApiErrorBody body;
    body.http_status = http_status;
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) {
        return body;
    }
    const Fields fields(parsed->get_object());
    body.message = fields.str("message");
    body.error_code = static_cast<int>(fields.i64("errorCode"));
    for (const json::object* item : fields.objects("details")) {
        const Fields detail(*item);
        ApiErrorBody::Detail entry;
        entry.symbol = detail.str("error");
        entry.code = static_cast<int>(detail.i64("rc"));
        entry.message = detail.str("errorMessage");
        body.details.push_back(std::move(entry));
    }
    // 4.x may put the whole story into details and leave a placeholder above.
    if (!body.details.empty()) {
        if (body.error_code == 0) {
            body.error_code = body.details.front().code;
        }
        if ((body.message.empty() || body.message == "Error with details") &&
            !body.details.front().message.empty()) {
            body.message = body.details.front().message;
        }
    }
    return body;
}

Error to_error(const ApiErrorBody& body, std::string_view what, bool mutating) {
    // A body with PowerFlex's own message is a decision of the MDM; without one only the ingress
    // has spoken.
    const bool decided = !body.message.empty() || body.error_code != 0;
    Errc code = net::errc_of_status(static_cast<unsigned>(body.http_status), mutating && !decided);
    const MdmErrorInfo* info = body.error_code != 0 ? find_mdm_error(body.error_code) : nullptr;
    const bool lost = mutating && (body.http_status == 502 || body.http_status == 504);
    if (lost) {
        code = Errc::OutcomeUnknown; // whatever was said: nobody waited for the MDM's answer
    } else if (info != nullptr && body.http_status != 401 && body.http_status != 403) {
        code = info->errc;
    }
    std::string message = body.message;
    if (message.empty()) {
        message = info != nullptr ? std::string(info->text)
                                  : fmt::format("HTTP status {}", body.http_status);
    }
    std::string text = fmt::format("{}: {}", what, message);
    if (body.error_code != 0) {
        text += fmt::format(" (PowerFlex error {})", body.error_code);
    }
    return Error{code, std::move(text)};
}

} // namespace pf::powerflex
