#include "backend/mdm/core/refusal.hpp"

#include <algorithm>
#include <array>

namespace pf::mdm {
namespace {

struct Entry {
    Rc rc;
    std::string_view symbol;
    Errc errc;
    std::string_view text;
};

constexpr auto kEntries = std::to_array<Entry>({
    {Rc::NotFound, "NOT_FOUND", Errc::NotFound, "Not found"},
    {Rc::NotReady, "NOT_READY", Errc::NotReady, "Not ready"},
    {Rc::AlreadyExists, "ALREADY_EXISTS", Errc::AlreadyExists, "Already exists"},
    {Rc::Busy, "BUSY", Errc::Busy, "Another operation on this object is in progress"},
    {Rc::WrongParameters, "WRONG_CMD_PARAMS", Errc::InvalidArgument, "Invalid parameters"},
    {Rc::OutOfRange, "PARAMETER_OUT_OF_RANGE", Errc::InvalidArgument,
     "A parameter is out of range"},
    {Rc::Timeout, "TIMEOUT", Errc::Timeout, "Timeout"},
    {Rc::SdsAddDeviceOpenError, "TGT_ADD_DEV_OPEN_ERROR", Errc::Io,
     "The SDS cannot open the device"},
    {Rc::SdsNotFound, "TGT_NOT_FOUND", Errc::NotFound, "Could not find SDS"},
    {Rc::VolumeNotFound, "VOL_NOT_FOUND", Errc::NotFound, "Could not find the volume"},
    {Rc::SdcNotFound, "INI_NOT_FOUND", Errc::NotFound, "Could not find the SDC"},
    {Rc::MappedToSdc, "VOL_ALREADY_MAPPED_TO_THIS_INI", Errc::AlreadyExists,
     "The volume is already mapped to this SDC"},
    {Rc::NotMappedToSdc, "VOL_NOT_MAPPED_TO_INI", Errc::NotFound,
     "The volume is not mapped to SDC"},
    {Rc::TooManyMappings, "TOO_MANY_MAPPINGS", Errc::LimitExceeded, "Too many mappings"},
    {Rc::HostNotFound, "HOST_NOT_FOUND", Errc::NotFound, "Could not find the host"},
    {Rc::DuplicateHostName, "DUP_HOST_NAME", Errc::AlreadyExists, "Duplicate host name"},
    {Rc::SdsAddressInUse, "TGT_ADDR_AND_PORT_IN_USE", Errc::AlreadyExists,
     "The SDS IP address and port already in use"},
    {Rc::SdsNameInUse, "TGT_NAME_IN_USE", Errc::AlreadyExists, "SDS name already in use"},
    {Rc::VolumeNameInUse, "VOL_NAME_IN_USE", Errc::AlreadyExists,
     "Volume name already in use. Please use a different name."},
    {Rc::DuplicateDevicePath, "DUPLICATE_TGT_DEVICE_NAME", Errc::AlreadyExists,
     "The SDS already has a device with this path"},
    {Rc::VolumeMapped, "VOL_MAPPED", Errc::Conflict, "The volume is mapped"},
    {Rc::DeviceNotFound, "TGT_DEVICE_NOT_FOUND", Errc::NotFound, "Could not find the device"},
    {Rc::VolumeDecrease, "VOL_DECREASE_NOT_SUPPORTED", Errc::InvalidArgument,
     "Volume capacity can only be increased"},
    {Rc::DomainNameInUse, "FD_NAME_IN_USE", Errc::AlreadyExists,
     "Protection domain name already in use"},
    {Rc::DomainNotFound, "FD_NOT_FOUND", Errc::NotFound, "Could not find the Protection Domain"},
    {Rc::DomainHasSds, "FD_HAS_TGTS", Errc::Conflict,
     "The Protection Domain has SDSs or SDTs. Remove them first."},
    {Rc::NotEnoughSds, "NOT_ENOUGH_TGTS_IN_STORAGE_POOL", Errc::NotReady,
     "The Storage Pool does not have enough SDSs with active devices"},
    {Rc::VolumeCreateFailed, "VOL_CREATE_FAIL", Errc::NoSpace,
     "Not enough free capacity in the Storage Pool"},
    {Rc::PoolNotFound, "STORAGE_POOL_NOT_FOUND", Errc::NotFound, "Could not find the Storage Pool"},
    {Rc::PoolHasDevices, "STORAGE_POOL_HAS_DEVS", Errc::Conflict,
     "The Storage Pool has devices. Remove them first."},
    {Rc::PoolNameInUse, "STORAGE_POOL_NAME_ALREADY_EXISTS", Errc::AlreadyExists,
     "Storage Pool name already in use in this Protection Domain"},
    {Rc::DomainHasPools, "FD_HAS_STORAGE_POOLS", Errc::Conflict,
     "The Protection Domain has Storage Pools. Remove them first."},
    {Rc::InitiatorHasMappings, "INI_HAS_MAPPINGS", Errc::Conflict,
     "Volumes are mapped to it. Unmap them first."},
    {Rc::TooManySnapshots, "TOO_MANY_SNAPS_IN_VTREE", Errc::LimitExceeded,
     "The VTree has the maximum number of snapshots"},
    {Rc::TooManyIps, "TOO_MANY_IPS", Errc::LimitExceeded, "Too many IP addresses"},
    {Rc::LastIp, "LAST_IP", Errc::Conflict, "The last IP address cannot be removed"},
    {Rc::VolumeTooLarge, "VOL_SIZE_TOO_LARGE", Errc::InvalidArgument,
     "The volume size is too large"},
    {Rc::IpNotFound, "TGT_IP_NOT_FOUND", Errc::NotFound, "Could not find the IP address"},
    {Rc::InvalidPort, "INVALID_PORT", Errc::InvalidArgument, "Invalid port"},
    {Rc::PoolHasVolumes, "STORAGE_POOL_HAS_VOLS", Errc::Conflict,
     "The Storage Pool has volumes. Remove them first."},
    {Rc::DomainPoolMismatch, "FD_AND_SP_MISMATCH", Errc::InvalidArgument,
     "The Storage Pool belongs to another Protection Domain"},
    {Rc::VtreeMismatch, "VTREE_ID_MISMATCH", Errc::InvalidArgument,
     "The source volume belongs to another VTree"},
    {Rc::IpAlreadyExists, "TGT_IP_ALREADY_EXISTS", Errc::AlreadyExists,
     "The IP address already exists"},
    {Rc::DeviceNameInUse, "DEV_NAME_ALREADY_EXISTS", Errc::AlreadyExists,
     "Device name already in use"},
    {Rc::DomainNotActive, "FD_NOT_ACTIVE", Errc::NotReady, "The Protection Domain is not active"},
    {Rc::SizeIllegal, "VOL_SIZE_ILLEGAL", Errc::InvalidArgument,
     "The volume size must be a positive multiple of 8 GB"},
    {Rc::LongName, "LONG_NAME", Errc::InvalidArgument,
     "The given name exceeds the allowed length of 31 characters."},
    {Rc::InvalidName, "INVALID_NAME", Errc::InvalidArgument,
     "The given name contains invalid characters"},
    {Rc::FaultSetNotFound, "FAULT_SET_NOT_FOUND", Errc::NotFound, "Could not find the Fault Set"},
    {Rc::FaultSetNameInUse, "FAULT_SET_NAME_ALREADY_EXISTS", Errc::AlreadyExists,
     "Fault Set name already in use"},
    {Rc::FaultSetHasSds, "FAULT_SET_HAS_TGTS", Errc::Conflict,
     "The Fault Set has SDSs or SDTs. Remove them first."},
    {Rc::TooMuchThinCapacity, "TOO_MUCH_THIN_CAPACITY", Errc::NoSpace,
     "Requested volume size exceeds the volume allocation limit"},
    {Rc::SingleMappingOnly, "NOT_ALLOWED_MORE_THAN_ONE_MAPPING", Errc::Conflict,
     "Only a single SDC may be mapped to this volume at a time"},
    {Rc::MustBeDisconnected, "INI_MUST_BE_DISCONNECTED", Errc::Conflict,
     "Cannot remove an SDC which is currently connected to the MDM."},
    {Rc::NotApproved, "INITIATOR_NOT_APPROVED", Errc::PermissionDenied, "The SDC is not approved"},
    {Rc::SdtNotFound, "SDT_NOT_FOUND", Errc::NotFound, "Could not find the SDT"},
    {Rc::MappedToHost, "VOL_ALREADY_MAPPED_TO_HOST", Errc::AlreadyExists,
     "The volume is already mapped to this host"},
    {Rc::NotMappedToHost, "MAPPING_NOT_FOUND", Errc::NotFound,
     "The volume is not mapped to this host"},
    {Rc::OtherProtocol, "VOL_MAPPED_BY_OTHER_PROTOCOL", Errc::Conflict,
     "The volume is mapped by the other protocol"},
    {Rc::HostNqnInUse, "HOST_NQN_IN_USE", Errc::AlreadyExists,
     "A host with this NQN already exists"},
    {Rc::HostConnected, "HOST_IS_CONNECTED", Errc::Conflict,
     "The host has connected controllers. Disconnect it first."},
    {Rc::SdtNameInUse, "SDT_NAME_IN_USE", Errc::AlreadyExists, "The SDT name is already in use"},
    {Rc::CopiesNotSafe, "DATA_NOT_PROTECTED", Errc::Conflict,
     "Data on it has no other complete copy. Wait for the rebuild, or add capacity."},
});

const Entry& entry(Rc rc) {
    const auto* found =
        std::find_if(kEntries.begin(), kEntries.end(), [rc](const Entry& e) { return e.rc == rc; });
    return found == kEntries.end() ? kEntries.front() : *found;
}

} // namespace

std::string_view symbol(Rc rc) noexcept { return entry(rc).symbol; }
Errc errc(Rc rc) noexcept { return entry(rc).errc; }
std::string_view usual_text(Rc rc) noexcept { return entry(rc).text; }

} // namespace pf::mdm
