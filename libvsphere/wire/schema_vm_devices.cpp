// Virtual hardware: devices, controllers, disks and their backings.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaVmDevices = R"(
data VirtualHardware : DynamicData { numCPU:int numCoresPerSocket:int?
  autoCoresPerSocket:boolean?@8.0.0.1 memoryMB:int virtualICH7MPresent:boolean?
  virtualSMCPresent:boolean? device:VirtualDevice[]? }
data VirtualDevice : DynamicData { key:int deviceInfo:Description?
  backing:VirtualDeviceBackingInfo? connectable:VirtualDeviceConnectInfo?
  slotInfo:VirtualDeviceBusSlotInfo? controllerKey:int? unitNumber:int?
  numaNode:int?@8.0.0.1 deviceGroupInfo:VirtualDeviceDeviceGroupInfo?@8.0.0.1 }
data VirtualDeviceConnectInfo : DynamicData { migrateConnect:string?@6.7 startConnected:boolean
  allowGuestControl:boolean connected:boolean status:string? }
data VirtualDeviceBusSlotInfo : DynamicData { }
data VirtualDevicePciBusSlotInfo : VirtualDeviceBusSlotInfo { pciSlotNumber:int }
data VirtualDeviceBackingInfo : DynamicData { }
data VirtualDeviceFileBackingInfo : VirtualDeviceBackingInfo { fileName:string
  datastore:Datastore? backingObjectId:string? }
data VirtualDeviceDeviceBackingInfo : VirtualDeviceBackingInfo { deviceName:string
  useAutoDetect:boolean? }
data VirtualDeviceRemoteDeviceBackingInfo : VirtualDeviceBackingInfo { deviceName:string
  useAutoDetect:boolean? }
data VirtualDiskFlatVer2BackingInfo : VirtualDeviceFileBackingInfo { diskMode:string split:boolean?
  writeThrough:boolean? thinProvisioned:boolean? eagerlyScrub:boolean? uuid:string?
  contentId:string? changeId:string? parent:VirtualDiskFlatVer2BackingInfo?
  deltaDiskFormat:string? digestEnabled:boolean? deltaGrainSize:int?
  deltaDiskFormatVariant:string? sharing:string? keyId:CryptoKeyId?@6.5 }
data VirtualDiskSeSparseBackingInfo : VirtualDeviceFileBackingInfo { diskMode:string
  writeThrough:boolean? uuid:string? contentId:string? changeId:string?
  parent:VirtualDiskSeSparseBackingInfo? deltaDiskFormat:string? digestEnabled:boolean?
  grainSize:int? keyId:CryptoKeyId?@6.5 }
data VirtualDiskSparseVer2BackingInfo : VirtualDeviceFileBackingInfo { diskMode:string
  split:boolean? writeThrough:boolean? spaceUsedInKB:long? uuid:string? contentId:string?
  changeId:string? parent:VirtualDiskSparseVer2BackingInfo? keyId:CryptoKeyId?@6.5 }
data VirtualDiskRawDiskMappingVer1BackingInfo : VirtualDeviceFileBackingInfo { lunUuid:string?
  deviceName:string? compatibilityMode:string? diskMode:string? uuid:string? contentId:string?
  changeId:string? parent:VirtualDiskRawDiskMappingVer1BackingInfo? deltaDiskFormat:string?@6.7
  deltaGrainSize:int?@6.7 sharing:string? }
data VirtualDiskRawDiskVer2BackingInfo : VirtualDeviceDeviceBackingInfo {
  descriptorFileName:string uuid:string? changeId:string? sharing:string? }
data VirtualDiskLocalPMemBackingInfo : VirtualDeviceFileBackingInfo { diskMode:string@6.7
  uuid:string?@6.7 volumeUUID:string?@6.7 contentId:string?@6.7 }
data VirtualDisk : VirtualDevice { capacityInKB:long capacityInBytes:long? shares:SharesInfo?
  storageIOAllocation:StorageIOAllocationInfo? diskObjectId:string?
  vFlashCacheConfigInfo:VirtualDiskVFlashCacheConfigInfo? iofilter:string[]? vDiskId:ID?@6.5
  vDiskVersion:int?@8.0.2.0 nativeUnmanagedLinkedClone:boolean?@6.7
  independentFilters:VirtualMachineBaseIndependentFilterSpec[]?@7.0.2.1
  guestReadOnly:boolean?@8.0.2.0 }
data ID : DynamicData { id:string@6.5 }
data StorageIOAllocationInfo : DynamicData { limit:long? shares:SharesInfo? reservation:int? }
data VirtualController : VirtualDevice { busNumber:int device:int[]? }
data VirtualSCSIController : VirtualController { hotAddRemove:boolean?
  sharedBus:VirtualSCSISharing scsiCtlrUnitNumber:int? }
data ParaVirtualSCSIController : VirtualSCSIController { }
data VirtualLsiLogicController : VirtualSCSIController { }
data VirtualLsiLogicSASController : VirtualSCSIController { }
data VirtualBusLogicController : VirtualSCSIController { }
data VirtualNVMEController : VirtualController @6.5 { sharedBus:string?@8.0.2.0 }
data VirtualSATAController : VirtualController { }
data VirtualAHCIController : VirtualSATAController { }
data VirtualIDEController : VirtualController { }
data VirtualPCIController : VirtualController { }
data VirtualPS2Controller : VirtualController { }
data VirtualSIOController : VirtualController { }
data VirtualUSBController : VirtualController { autoConnectDevices:boolean?
  ehciEnabled:boolean? }
data VirtualUSBXHCIController : VirtualController { autoConnectDevices:boolean? }
enum VirtualSCSISharing { noSharing virtualSharing physicalSharing }
data VirtualCdrom : VirtualDevice { }
data VirtualCdromIsoBackingInfo : VirtualDeviceFileBackingInfo { }
data VirtualCdromAtapiBackingInfo : VirtualDeviceDeviceBackingInfo { description:string? }
data VirtualCdromRemoteAtapiBackingInfo : VirtualDeviceRemoteDeviceBackingInfo { }
data VirtualCdromRemotePassthroughBackingInfo : VirtualDeviceRemoteDeviceBackingInfo {
  exclusive:boolean }
data VirtualFloppy : VirtualDevice { }
data VirtualFloppyImageBackingInfo : VirtualDeviceFileBackingInfo { }
data VirtualFloppyRemoteDeviceBackingInfo : VirtualDeviceRemoteDeviceBackingInfo { }
data VirtualEthernetCard : VirtualDevice { addressType:string? macAddress:string?
  wakeOnLanEnabled:boolean? resourceAllocation:VirtualEthernetCardResourceAllocation?
  externalId:string? uptCompatibilityEnabled:boolean? }
data VirtualVmxnet : VirtualEthernetCard { }
data VirtualVmxnet3 : VirtualVmxnet { }
data VirtualE1000 : VirtualEthernetCard { }
data VirtualE1000e : VirtualEthernetCard { }
data VirtualEthernetCardNetworkBackingInfo : VirtualDeviceDeviceBackingInfo { network:Network?
  inPassthroughMode:boolean? }
data VirtualEthernetCardDistributedVirtualPortBackingInfo : VirtualDeviceBackingInfo {
  port:DistributedVirtualSwitchPortConnection }
data VirtualKeyboard : VirtualDevice { }
data VirtualPointingDevice : VirtualDevice { }
data VirtualMachineVideoCard : VirtualDevice { videoRamSizeInKB:long? numDisplays:int?
  useAutoDetect:boolean? enable3DSupport:boolean? use3dRenderer:string?
  graphicsMemorySizeInKB:long? }
data VirtualMachineVMCIDevice : VirtualDevice { id:long? allowUnrestrictedCommunication:boolean?
  filterEnable:boolean? filterInfo:VirtualMachineVMCIDeviceFilterInfo? }
data VirtualPCIPassthrough : VirtualDevice { }
data VirtualUSB : VirtualDevice { connected:boolean vendor:int? product:int? family:string[]?
  speed:string[]? }
data VirtualTPM : VirtualDevice @6.7 { endorsementKeyCertificateSigningRequest:base64Binary[]?
  endorsementKeyCertificate:base64Binary[]? }
data VirtualSerialPort : VirtualDevice { yieldOnPoll:boolean }
data VirtualDeviceConfigSpec : DynamicData { operation:VirtualDeviceConfigSpecOperation?
  fileOperation:VirtualDeviceConfigSpecFileOperation? device:VirtualDevice
  profile:VirtualMachineProfileSpec[]? backing:VirtualDeviceConfigSpecBackingSpec?@6.5
  filterSpec:VirtualMachineBaseIndependentFilterSpec[]?@7.0.2.1
  changeMode:VirtualDeviceConfigSpecChangeMode?@8.0.0.1 }
enum VirtualDeviceConfigSpecOperation { add remove edit }
enum VirtualDeviceConfigSpecFileOperation { create destroy replace }
)";

} // namespace pf::vim
