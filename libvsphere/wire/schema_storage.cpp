// Host storage: adapters, devices, NVMe topology, multipathing, VMFS volumes, and the storage
// system's calls.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaStorage = R"(
managed HostStorageSystem : ExtensibleManagedObject { storageDeviceInfo:HostStorageDeviceInfo?
  fileSystemVolumeInfo:HostFileSystemVolumeInfo systemFile:string[]?
  multipathStateInfo:HostMultipathStateInfo? }
data HostStorageDeviceInfo : DynamicData { hostBusAdapter:HostHostBusAdapter[]? scsiLun:ScsiLun[]?
  scsiTopology:HostScsiTopology? nvmeTopology:HostNvmeTopology?@7.0
  multipathInfo:HostMultipathInfo? plugStoreTopology:HostPlugStoreTopology?
  softwareInternetScsiEnabled:boolean }
data HostHostBusAdapter : DynamicData { key:string? device:string bus:int status:string
  model:string driver:string? pci:string? storageProtocol:string?@7.0 }
data HostBlockHba : HostHostBusAdapter { }
data HostFibreChannelHba : HostHostBusAdapter { portWorldWideName:long nodeWorldWideName:long
  portType:FibreChannelPortType speed:long }
enum FibreChannelPortType { fabric loop pointToPoint unknown }
data HostInternetScsiHba : HostHostBusAdapter { isSoftwareBased:boolean canBeDisabled:boolean?
  networkBindingSupport:HostInternetScsiHbaNetworkBindingSupportType?
  discoveryCapabilities:HostInternetScsiHbaDiscoveryCapabilities
  discoveryProperties:HostInternetScsiHbaDiscoveryProperties
  authenticationCapabilities:HostInternetScsiHbaAuthenticationCapabilities
  authenticationProperties:HostInternetScsiHbaAuthenticationProperties
  digestCapabilities:HostInternetScsiHbaDigestCapabilities?
  digestProperties:HostInternetScsiHbaDigestProperties?
  ipCapabilities:HostInternetScsiHbaIPCapabilities ipProperties:HostInternetScsiHbaIPProperties
  supportedAdvancedOptions:OptionDef[]? advancedOptions:HostInternetScsiHbaParamValue[]?
  iScsiName:string iScsiAlias:string? configuredSendTarget:HostInternetScsiHbaSendTarget[]?
  configuredStaticTarget:HostInternetScsiHbaStaticTarget[]? maxSpeedMb:int? currentSpeedMb:int? }
data HostParallelScsiHba : HostHostBusAdapter { }
data HostSerialAttachedHba : HostHostBusAdapter { nodeWorldWideName:string@6.5 }
data HostPcieHba : HostHostBusAdapter @7.0 { }
data HostRdmaHba : HostHostBusAdapter @7.0 { associatedRdmaDevice:string? }
data HostTcpHba : HostHostBusAdapter @7.0.3.0 { associatedPnic:string? }
data HostHbaCreateSpec : DynamicData @7.0.3.0 { }
data HostTcpHbaCreateSpec : HostHbaCreateSpec @7.0.3.0 { pnic:string }
data HostDevice : DynamicData { deviceName:string deviceType:string }
data ScsiLun : HostDevice { key:string? uuid:string descriptor:ScsiLunDescriptor[]?
  canonicalName:string? displayName:string? lunType:string vendor:string? model:string?
  revision:string? scsiLevel:int? serialNumber:string? durableName:ScsiLunDurableName?
  alternateName:ScsiLunDurableName[]? standardInquiry:byte[]? queueDepth:int?
  operationalState:string[] capabilities:ScsiLunCapabilities? vStorageSupport:string?
  protocolEndpoint:boolean? perenniallyReserved:boolean?@6.7.2
  clusteredVmdkSupported:boolean?@7.0 applicationProtocol:string?@8.0.1.0
  dispersedNs:boolean?@8.0.1.0 deviceReservation:string?@8.0.3.0 }
data ScsiLunDescriptor : DynamicData { quality:string id:string }
data ScsiLunDurableName : DynamicData { namespace:string namespaceId:byte data:byte[]? }
data ScsiLunCapabilities : DynamicData { updateDisplayNameSupported:boolean }
data HostScsiDisk : ScsiLun { capacity:HostDiskDimensionsLba devicePath:string ssd:boolean?
  localDisk:boolean? physicalLocation:string[]? emulatedDIXDIFEnabled:boolean?
  vsanDiskInfo:VsanHostVsanDiskInfo? scsiDiskType:string?@6.5
  usedByMemoryTiering:boolean?@8.0.3.0 }
data HostDiskDimensionsLba : DynamicData { blockSize:int block:long }
data VsanHostVsanDiskInfo : DynamicData { vsanUuid:string formatVersion:int }
data HostScsiTopology : DynamicData { adapter:HostScsiTopologyInterface[]? }
data HostScsiTopologyInterface : DynamicData { key:string adapter:Link
  target:HostScsiTopologyTarget[]? }
data HostScsiTopologyTarget : DynamicData { key:string target:int lun:HostScsiTopologyLun[]?
  transport:HostTargetTransport? }
data HostScsiTopologyLun : DynamicData { key:string lun:int scsiLun:Link }
data HostTargetTransport : DynamicData { }
data HostBlockAdapterTargetTransport : HostTargetTransport { }
data HostFibreChannelTargetTransport : HostTargetTransport { portWorldWideName:long
  nodeWorldWideName:long }
data HostInternetScsiTargetTransport : HostTargetTransport { iScsiName:string iScsiAlias:string
  address:string[]? }
data HostParallelScsiTargetTransport : HostTargetTransport { }
data HostSerialAttachedTargetTransport : HostTargetTransport { }
data HostPcieTargetTransport : HostTargetTransport @7.0 { }
data HostRdmaTargetTransport : HostTargetTransport @7.0 { }
data HostTcpTargetTransport : HostTargetTransport @7.0.3.0 { }
data HostNvmeTopology : DynamicData @7.0 { adapter:HostNvmeTopologyInterface[]? }
data HostNvmeTopologyInterface : DynamicData @7.0 { key:string adapter:Link
  connectedController:HostNvmeController[]? }
data HostNvmeController : DynamicData @7.0 { key:string controllerNumber:int subnqn:string
  name:string associatedAdapter:Link transportType:string fusedOperationSupported:boolean
  numberOfQueues:int queueSize:int attachedNamespace:HostNvmeNamespace[]? vendorId:string?
  model:string? serialNumber:string? firmwareVersion:string? }
data HostNvmeNamespace : DynamicData @7.0 { key:string name:string id:int blockSize:int
  capacityInBlocks:long }
data HostNvmeTransportParameters : DynamicData @7.0 { }
data HostNvmeOverTcpParameters : HostNvmeTransportParameters @7.0.3.0 { address:string
  portNumber:int? digestVerification:string? }
data HostNvmeOverRdmaParameters : HostNvmeTransportParameters @7.0 { address:string
  addressFamily:string? portNumber:int? }
data HostNvmeOverFibreChannelParameters : HostNvmeTransportParameters @7.0 {
  nodeWorldWideName:long portWorldWideName:long }
data HostNvmeOpaqueTransportParameters : HostNvmeTransportParameters @7.0 { trtype:string
  traddr:string adrfam:string trsvcid:string tsas:base64Binary }
data HostNvmeSpec : DynamicData @7.0 { hbaName:string
  transportParameters:HostNvmeTransportParameters }
data HostNvmeConnectSpec : HostNvmeSpec @7.0 { subnqn:string controllerId:int?
  adminQueueSize:int? keepAliveTimeout:int? }
data HostNvmeDiscoverSpec : HostNvmeSpec @7.0 { autoConnect:boolean?
  rootDiscoveryController:boolean?@7.0.3.0 }
data HostNvmeDisconnectSpec : DynamicData @7.0 { hbaName:string subnqn:string?
  controllerNumber:int? }
data HostNvmeDiscoveryLog : DynamicData @7.0 { entry:HostNvmeDiscoveryLogEntry[]?
  complete:boolean }
data HostNvmeDiscoveryLogEntry : DynamicData @7.0 { subnqn:string subsystemType:string
  subsystemPortId:int controllerId:int adminQueueMaxSize:int
  transportParameters:HostNvmeTransportParameters transportRequirements:string
  connected:boolean }
data HostMultipathInfo : DynamicData { lun:HostMultipathInfoLogicalUnit[]? }
data HostMultipathInfoLogicalUnit : DynamicData { key:string id:string lun:Link
  path:HostMultipathInfoPath[] policy:HostMultipathInfoLogicalUnitPolicy
  storageArrayTypePolicy:HostMultipathInfoLogicalUnitStorageArrayTypePolicy? }
data HostMultipathInfoPath : DynamicData { key:string name:string pathState:string state:string?
  isWorkingPath:boolean? adapter:Link lun:Link transport:HostTargetTransport? }
data HostMultipathInfoLogicalUnitPolicy : DynamicData { policy:string }
data HostMultipathInfoFixedLogicalUnitPolicy : HostMultipathInfoLogicalUnitPolicy { prefer:string }
data HostMultipathInfoHppLogicalUnitPolicy : HostMultipathInfoLogicalUnitPolicy @7.0 {
  bytes:long? iops:long? path:string? latencyEvalTime:long? samplingIosPerPath:long? }
data HostMultipathInfoLogicalUnitStorageArrayTypePolicy : DynamicData { policy:string }
data HostMultipathStateInfo : DynamicData { path:HostMultipathStateInfoPath[]? }
data HostMultipathStateInfoPath : DynamicData { name:string pathState:string }
data HostPlugStoreTopology : DynamicData { adapter:HostPlugStoreTopologyAdapter[]?
  path:HostPlugStoreTopologyPath[]? target:HostPlugStoreTopologyTarget[]?
  device:HostPlugStoreTopologyDevice[]? plugin:HostPlugStoreTopologyPlugin[]? }
data HostPlugStoreTopologyAdapter : DynamicData { key:string adapter:Link path:Link[]? }
data HostPlugStoreTopologyPath : DynamicData { key:string name:string channelNumber:int?
  targetNumber:int? lunNumber:int? adapter:Link? target:Link? device:Link? }
data HostPlugStoreTopologyTarget : DynamicData { key:string transport:HostTargetTransport? }
data HostPlugStoreTopologyDevice : DynamicData { key:string lun:Link path:Link[]? }
data HostPlugStoreTopologyPlugin : DynamicData { key:string name:string device:Link[]?
  claimedPath:Link[]? }
data HostFileSystemVolumeInfo : DynamicData { volumeTypeList:string[]?
  mountInfo:HostFileSystemMountInfo[]? }
data HostFileSystemMountInfo : DynamicData { mountInfo:HostMountInfo volume:HostFileSystemVolume
  vStorageSupport:string? }
data HostMountInfo : DynamicData { path:string? accessMode:string mounted:boolean?
  accessible:boolean? inaccessibleReason:string? vmknicName:string?@8.0.1.0
  vmknicActive:boolean?@8.0.1.0 mountFailedReason:string?@8.0.0.1
  numTcpConnections:int?@8.0.1.0 }
data HostFileSystemVolume : DynamicData { type:string name:string capacity:long }
data HostLocalFileSystemVolume : HostFileSystemVolume { device:string }
data HostVfatVolume : HostFileSystemVolume { }
data HostNasVolume : HostFileSystemVolume { remoteHost:string remotePath:string userName:string?
  remoteHostNames:string[]? securityType:string? protocolEndpoint:boolean? }
data HostVmfsVolume : HostFileSystemVolume { blockSizeMb:int blockSize:int?@6.5
  unmapGranularity:int?@6.5 unmapPriority:string?@6.5
  unmapBandwidthSpec:VmfsUnmapBandwidthSpec?@6.7 maxBlocks:int majorVersion:int version:string
  uuid:string extent:HostScsiDiskPartition[] vmfsUpgradable:boolean
  forceMountedInfo:HostForceMountedInfo? ssd:boolean? local:boolean? scsiDiskType:string?@6.5 }
data HostForceMountedInfo : DynamicData { persist:boolean mounted:boolean }
data VmfsUnmapBandwidthSpec : DynamicData @6.7 { policy:string fixedValue:long dynamicMin:long
  dynamicMax:long }
data HostScsiDiskPartition : DynamicData { diskName:string partition:int }
data HostUnresolvedVmfsVolume : DynamicData { extent:HostUnresolvedVmfsExtent[] vmfsLabel:string
  vmfsUuid:string totalBlocks:int resolveStatus:HostUnresolvedVmfsVolumeResolveStatus }
data HostUnresolvedVmfsExtent : DynamicData { device:HostScsiDiskPartition devicePath:string
  vmfsUuid:string isHeadExtent:boolean ordinal:int startBlock:int endBlock:int reason:string }
data HostUnresolvedVmfsVolumeResolveStatus : DynamicData { resolvable:boolean
  incompleteExtents:boolean? multipleCopies:boolean? }
data HostUnresolvedVmfsResolutionSpec : DynamicData { extentDevicePath:string[]
  uuidResolution:string }
data HostUnresolvedVmfsResolutionResult : DynamicData { spec:HostUnresolvedVmfsResolutionSpec
  vmfs:HostVmfsVolume? fault:LocalizedMethodFault? }
data HostUnresolvedVmfsResignatureSpec : DynamicData { extentDevicePath:string[] }
data HostResignatureRescanResult : DynamicData { rescan:HostVmfsRescanResult[]? result:Datastore }
data HostVmfsRescanResult : DynamicData { host:HostSystem fault:LocalizedMethodFault? }
data HostStorageSystemScsiLunResult : DynamicData { key:string fault:LocalizedMethodFault? }
data HostStorageSystemVmfsVolumeResult : DynamicData { key:string fault:LocalizedMethodFault? }
data HostPathSelectionPolicyOption : DynamicData { policy:ElementDescription }
data HostStorageArrayTypePolicyOption : DynamicData { policy:ElementDescription }
data HostDiskPartitionInfo : DynamicData { deviceName:string spec:HostDiskPartitionSpec
  layout:HostDiskPartitionLayout }
data HostDiskPartitionLayout : DynamicData { total:HostDiskDimensionsLba?
  partition:HostDiskPartitionBlockRange[] }
data HostDiskPartitionBlockRange : DynamicData { partition:int? type:string
  start:HostDiskDimensionsLba end:HostDiskDimensionsLba }
data HostDiskPartitionSpec : DynamicData { partitionFormat:string? chs:HostDiskDimensionsChs?
  totalSectors:long? partition:HostDiskPartitionAttributes[]? }
data HostDiskDimensionsChs : DynamicData { cylinder:long head:int sector:int }
data HostDiskPartitionAttributes : DynamicData { partition:int startSector:long endSector:long
  type:string guid:string? logical:boolean attributes:byte partitionAlignment:long? }

call HostStorageSystem.AttachScsiLun void { lunUuid:string }
call HostStorageSystem.AttachScsiLunEx_Task Task { lunUuid:string[] }
call HostStorageSystem.DetachScsiLun void { lunUuid:string }
call HostStorageSystem.DetachScsiLunEx_Task Task { lunUuid:string[] }
call HostStorageSystem.DeleteScsiLunState void { lunCanonicalName:string }
call HostStorageSystem.ConnectNvmeController void @7.0 { connectSpec:HostNvmeConnectSpec }
call HostStorageSystem.ConnectNvmeControllerEx_Task Task @7.0.3.0 {
  connectSpec:HostNvmeConnectSpec[]? }
call HostStorageSystem.DisconnectNvmeController void @7.0 {
  disconnectSpec:HostNvmeDisconnectSpec }
call HostStorageSystem.DisconnectNvmeControllerEx_Task Task @7.0.3.0 {
  disconnectSpec:HostNvmeDisconnectSpec[]? }
call HostStorageSystem.DiscoverNvmeControllers HostNvmeDiscoveryLog @7.0 {
  discoverSpec:HostNvmeDiscoverSpec }
call HostStorageSystem.CreateNvmeOverRdmaAdapter void @7.0 { rdmaDeviceName:string }
call HostStorageSystem.RemoveNvmeOverRdmaAdapter void @7.0 { hbaDeviceName:string }
call HostStorageSystem.CreateSoftwareAdapter void @7.0.3.0 { spec:HostHbaCreateSpec }
call HostStorageSystem.RemoveSoftwareAdapter void @7.0.3.0 { hbaDeviceName:string }
call HostStorageSystem.EnableMultipathPath void { pathName:string }
call HostStorageSystem.DisableMultipathPath void { pathName:string }
call HostStorageSystem.SetMultipathLunPolicy void { lunId:string
  policy:HostMultipathInfoLogicalUnitPolicy }
call HostStorageSystem.UpdateHppMultipathLunPolicy void @7.0 { lunId:string
  policy:HostMultipathInfoHppLogicalUnitPolicy }
call HostStorageSystem.QueryPathSelectionPolicyOptions HostPathSelectionPolicyOption[]? { }
call HostStorageSystem.QueryStorageArrayTypePolicyOptions HostStorageArrayTypePolicyOption[]? { }
call HostStorageSystem.MountVmfsVolume void { vmfsUuid:string }
call HostStorageSystem.UnmountVmfsVolume void { vmfsUuid:string }
call HostStorageSystem.MountVmfsVolumeEx_Task Task { vmfsUuid:string[] }
call HostStorageSystem.UnmountVmfsVolumeEx_Task Task { vmfsUuid:string[] }
call HostStorageSystem.UnmapVmfsVolumeEx_Task Task { vmfsUuid:string[] }
call HostStorageSystem.UnmountForceMountedVmfsVolume void { vmfsUuid:string }
call HostStorageSystem.DeleteVmfsVolumeState void { vmfsUuid:string }
call HostStorageSystem.RescanAllHba void { }
call HostStorageSystem.RescanHba void { hbaDevice:string }
call HostStorageSystem.RescanVmfs void { }
call HostStorageSystem.RefreshStorageSystem void { }
call HostStorageSystem.QueryUnresolvedVmfsVolume HostUnresolvedVmfsVolume[]? { }
call HostStorageSystem.ResolveMultipleUnresolvedVmfsVolumes HostUnresolvedVmfsResolutionResult[]? {
  resolutionSpec:HostUnresolvedVmfsResolutionSpec[] }
call HostStorageSystem.ResolveMultipleUnresolvedVmfsVolumesEx_Task Task {
  resolutionSpec:HostUnresolvedVmfsResolutionSpec[] }
call HostStorageSystem.RetrieveDiskPartitionInfo HostDiskPartitionInfo[]? { devicePath:string[] }
call HostStorageSystem.UpdateScsiLunDisplayName void { lunUuid:string displayName:string }
call HostStorageSystem.UpdateVmfsUnmapPriority void @6.5 { vmfsUuid:string unmapPriority:string }
call HostStorageSystem.UpdateVmfsUnmapBandwidth void @6.7 { vmfsUuid:string
  unmapBandwidthSpec:VmfsUnmapBandwidthSpec }
call HostStorageSystem.MarkPerenniallyReserved void @6.7.2 { lunUuid:string state:boolean }
)";

} // namespace pf::vim
