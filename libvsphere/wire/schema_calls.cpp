// Calls that mostly only the simulator serves, with the types that only they use.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaCalls = R"(
data VirtualMachineTicket : DynamicData { ticket:string cfgFile:string host:string? port:int?
  sslThumbprint:string? }
data DiskChangeInfo : DynamicData { startOffset:long length:long changedArea:DiskChangeExtent[]? }
data DiskChangeExtent : DynamicData { start:long length:long }
managed HttpNfcLease { }
managed OpaqueNetwork : Network { capability:OpaqueNetworkCapability? extraConfig:OptionValue[]?@6.7
  }
managed HostProfile { }
managed LicenseAssignmentManager { }
managed VirtualMachineGuestCustomizationManager @7.0.2.0 { }
managed StorageQueryManager { }
managed SiteInfoManager @7.0 { }
managed TenantTenantManager { }
managed GuestAuthManager { }
managed GuestFileManager { }
managed GuestProcessManager { }
managed GuestAliasManager { }
managed GuestWindowsRegistryManager { }
managed HostAssignableHardwareManager @7.0 { }
data AlarmFilterSpec : DynamicData @6.7 { status:ManagedEntityStatus[]? typeEntity:string?
  typeTrigger:string? }
data LicenseAvailabilityInfo : DynamicData { feature:LicenseFeatureInfo total:int available:int }
data LicenseUsageInfo : DynamicData { source:LicenseSource sourceAvailable:boolean
  reservationInfo:LicenseReservationInfo[]? featureInfo:LicenseFeatureInfo[]? }
data LicenseReservationInfo : DynamicData { key:string state:LicenseReservationInfoState
  required:int }
enum LicenseReservationInfoState { notUsed noLicense unlicensedUse licensed }
data UserSearchResult : DynamicData { principal:string fullName:string? group:boolean }
data PerfProviderSummary : DynamicData { entity:ManagedObjectReference currentSupported:boolean
  summarySupported:boolean refreshRate:int? }
data PerfQuerySpec : DynamicData { entity:ManagedObjectReference startTime:dateTime?
  endTime:dateTime? maxSample:int? metricId:PerfMetricId[]? intervalId:int? format:string? }
data PerfEntityMetricBase : DynamicData { entity:ManagedObjectReference }
data PerfEntityMetric : PerfEntityMetricBase { sampleInfo:PerfSampleInfo[]?
  value:PerfMetricSeries[]? }
data PerfEntityMetricCSV : PerfEntityMetricBase { sampleInfoCSV:string
  value:PerfMetricSeriesCSV[]? }
data PerfSampleInfo : DynamicData { timestamp:dateTime interval:int }
data PerfMetricSeries : DynamicData { id:PerfMetricId }
data PerfMetricIntSeries : PerfMetricSeries { value:long[]? }
data PerfMetricSeriesCSV : PerfMetricSeries { value:string? }
data HostConnectInfo : DynamicData { serverIp:string? inDasCluster:boolean? host:HostListSummary
  vm:VirtualMachineSummary[]? vimAccountNameRequired:boolean? clusterSupported:boolean?
  network:HostConnectInfoNetworkInfo[]? datastore:HostDatastoreConnectInfo[]?
  license:HostLicenseConnectInfo? capability:HostCapability? }
data HostConnectInfoNetworkInfo : DynamicData { summary:NetworkSummary }
data HostDatastoreConnectInfo : DynamicData { summary:DatastoreSummary }
data HostLicenseConnectInfo : DynamicData { license:LicenseManagerLicenseInfo
  evaluation:LicenseManagerEvaluationInfo resource:HostLicensableResourceInfo? }
data LicenseManagerEvaluationInfo : DynamicData { properties:KeyAnyValue[] }
data HostDiagnosticPartitionCreateOption : DynamicData { storageType:string diagnosticType:string
  disk:HostScsiDisk }
data VirtualMachineConfigOption : DynamicData { version:string description:string
  guestOSDescriptor:GuestOsDescriptor[] guestOSDefaultIndex:int
  hardwareOptions:VirtualHardwareOption capabilities:VirtualMachineCapability
  datastore:DatastoreOption defaultDevice:VirtualDevice[]? supportedMonitorType:string[]
  supportedOvfEnvironmentTransport:string[]? supportedOvfInstallTransport:string[]?
  propertyRelations:VirtualMachinePropertyRelation[]?@6.7 }
data GuestOsDescriptor : DynamicData { id:string family:string fullName:string
  supportedMaxCPUs:int numSupportedPhysicalSockets:int numSupportedCoresPerSocket:int
  supportedMinMemMB:int supportedMaxMemMB:int recommendedMemMB:int recommendedColorDepth:int
  supportedDiskControllerList:TypeName[] recommendedSCSIController:TypeName?
  recommendedDiskController:TypeName supportedNumDisks:int recommendedDiskSizeMB:int
  recommendedCdromController:TypeName supportedEthernetCard:TypeName[]
  recommendedEthernetCard:TypeName? supportsSlaveDisk:boolean? cpuFeatureMask:HostCpuIdInfo[]?
  smcRequired:boolean supportsWakeOnLan:boolean supportsVMI:boolean supportsMemoryHotAdd:boolean
  supportsCpuHotAdd:boolean supportsCpuHotRemove:boolean supportedFirmware:string[]
  recommendedFirmware:string supportedUSBControllerList:TypeName[]?
  recommendedUSBController:TypeName? supports3D:boolean recommended3D:boolean
  smcRecommended:boolean ich7mRecommended:boolean usbRecommended:boolean supportLevel:string
  supportedForCreate:boolean vRAMSizeInKB:IntOption numSupportedFloppyDevices:int
  wakeOnLanEthernetCard:TypeName[]? supportsPvscsiControllerForBoot:boolean
  diskUuidEnabled:boolean supportsHotPlugPCI:boolean supportsSecureBoot:boolean?@6.5
  defaultSecureBoot:boolean?@6.5 persistentMemorySupported:boolean?@6.7
  supportedMinPersistentMemoryMB:long?@6.7 supportedMaxPersistentMemoryMB:long?@6.7
  recommendedPersistentMemoryMB:long?@6.7 persistentMemoryHotAddSupported:boolean?@6.7
  persistentMemoryHotRemoveSupported:boolean?@6.7 persistentMemoryColdGrowthSupported:boolean?@6.7
  persistentMemoryColdGrowthGranularityMB:long?@6.7
  persistentMemoryHotGrowthSupported:boolean?@6.7 persistentMemoryHotGrowthGranularityMB:long?@6.7
  numRecommendedPhysicalSockets:int?@6.7 numRecommendedCoresPerSocket:int?@6.7
  vvtdSupported:BoolOption?@6.7 vbsSupported:BoolOption?@6.7 supportsTPM20:boolean?@6.7 }
data VirtualHardwareOption : DynamicData { hwVersion:int virtualDeviceOption:VirtualDeviceOption[]
  deviceListReadonly:boolean numCPU:int[] numCoresPerSocket:IntOption numCpuReadonly:boolean
  memoryMB:LongOption numPCIControllers:IntOption numIDEControllers:IntOption
  numUSBControllers:IntOption numUSBXHCIControllers:IntOption numSIOControllers:IntOption
  numPS2Controllers:IntOption licensingLimit:PropertyPath[]? numSupportedWwnPorts:IntOption?
  numSupportedWwnNodes:IntOption? resourceConfigOption:ResourceConfigOption
  numNVDIMMControllers:IntOption?@6.7 numTPMDevices:IntOption?@6.7 }
data VirtualDeviceOption : DynamicData { type:TypeName connectOption:VirtualDeviceConnectOption?
  busSlotOption:VirtualDeviceBusSlotOption? controllerType:TypeName?
  autoAssignController:BoolOption? backingOption:VirtualDeviceBackingOption[]?
  defaultBackingOptionIndex:int? licensingLimit:PropertyPath[]? deprecated:boolean
  plugAndPlay:boolean hotRemoveSupported:boolean }
data VirtualDeviceConnectOption : DynamicData { startConnected:BoolOption
  allowGuestControl:BoolOption }
data VirtualDeviceBusSlotOption : DynamicData { type:TypeName }
data VirtualDeviceBackingOption : DynamicData { type:TypeName }
data ResourceConfigOption : DynamicData { cpuAllocationOption:ResourceAllocationOption
  memoryAllocationOption:ResourceAllocationOption }
data ResourceAllocationOption : DynamicData { sharesOption:SharesOption }
data SharesOption : DynamicData { sharesOption:IntOption defaultLevel:SharesLevel }
data DatastoreOption : DynamicData { unsupportedVolumes:VirtualMachineDatastoreVolumeOption[]? }
data VirtualMachineDatastoreVolumeOption : DynamicData { fileSystemType:TypeName majorVersion:int?
  }
data VirtualMachinePropertyRelation : DynamicData @6.7 { key:DynamicProperty
  relations:DynamicProperty[]? }
data EnvironmentBrowserConfigOptionQuerySpec : DynamicData { key:string? host:HostSystem?
  guestId:string[]? }
data ConfigTarget : DynamicData { numCpus:int numCpuCores:int numNumaNodes:int smcPresent:boolean
  datastore:VirtualMachineDatastoreInfo[]? network:VirtualMachineNetworkInfo[]?
  opaqueNetwork:OpaqueNetworkTargetInfo[]?
  distributedVirtualPortgroup:DistributedVirtualPortgroupInfo[]?
  distributedVirtualSwitch:DistributedVirtualSwitchInfo[]? cdRom:VirtualMachineCdromInfo[]?
  serial:VirtualMachineSerialInfo[]? parallel:VirtualMachineParallelInfo[]?
  sound:VirtualMachineSoundInfo[]? usb:VirtualMachineUsbInfo[]? floppy:VirtualMachineFloppyInfo[]?
  legacyNetworkInfo:VirtualMachineLegacyNetworkSwitchInfo[]?
  scsiPassthrough:VirtualMachineScsiPassthroughInfo[]?
  scsiDisk:VirtualMachineScsiDiskDeviceInfo[]? ideDisk:VirtualMachineIdeDiskDeviceInfo[]?
  maxMemMBOptimalPerf:int resourcePool:ResourcePoolRuntimeInfo? autoVmotion:boolean?
  pciPassthrough:VirtualMachinePciPassthroughInfo[]? sriov:VirtualMachineSriovInfo[]?
  vFlashModule:VirtualMachineVFlashModuleInfo[]?
  sharedGpuPassthroughTypes:VirtualMachinePciSharedGpuPassthroughInfo[]?
  availablePersistentMemoryReservationMB:long?@6.7 }
data VirtualMachineDatastoreInfo : VirtualMachineTargetInfo { datastore:DatastoreSummary
  capability:DatastoreCapability maxFileSize:long maxVirtualDiskCapacity:long?
  maxPhysicalRDMFileSize:long? maxVirtualRDMFileSize:long? mode:string vStorageSupport:string? }
data VirtualMachineTargetInfo : DynamicData { name:string configurationTag:string[]? }
data VirtualMachineNetworkInfo : VirtualMachineTargetInfo { network:NetworkSummary
  vswitch:string?@6.5 }
data OpaqueNetworkTargetInfo : VirtualMachineTargetInfo { network:OpaqueNetworkSummary
  networkReservationSupported:boolean? }
data DistributedVirtualPortgroupInfo : DynamicData { switchName:string switchUuid:string
  portgroupName:string portgroupKey:string portgroupType:string uplinkPortgroup:boolean
  portgroup:DistributedVirtualPortgroup networkReservationSupported:boolean? }
data DistributedVirtualSwitchInfo : DynamicData { switchName:string switchUuid:string
  distributedVirtualSwitch:DistributedVirtualSwitch networkReservationSupported:boolean? }
data VirtualMachineCdromInfo : VirtualMachineTargetInfo { description:string?@6.5 }
data VirtualMachineSerialInfo : VirtualMachineTargetInfo { }
data VirtualMachineParallelInfo : VirtualMachineTargetInfo { }
data VirtualMachineSoundInfo : VirtualMachineTargetInfo { }
data VirtualMachineUsbInfo : VirtualMachineTargetInfo { description:string vendor:int product:int
  physicalPath:string family:string[]? speed:string[]? summary:VirtualMachineSummary? }
data VirtualMachineFloppyInfo : VirtualMachineTargetInfo { }
data VirtualMachineLegacyNetworkSwitchInfo : DynamicData { name:string }
data VirtualMachineScsiPassthroughInfo : VirtualMachineTargetInfo { scsiClass:string vendor:string
  physicalUnitNumber:int }
data VirtualMachineScsiDiskDeviceInfo : VirtualMachineDiskDeviceInfo { disk:HostScsiDisk?
  transportHint:string? lunNumber:int? }
data VirtualMachineDiskDeviceInfo : VirtualMachineTargetInfo { capacity:long? vm:VirtualMachine[]?
  }
data VirtualMachineIdeDiskDeviceInfo : VirtualMachineDiskDeviceInfo {
  partitionTable:VirtualMachineIdeDiskDevicePartitionInfo[]? }
data VirtualMachineIdeDiskDevicePartitionInfo : DynamicData { id:int capacity:int }
data VirtualMachinePciPassthroughInfo : VirtualMachineTargetInfo { pciDevice:HostPciDevice
  systemId:string }
data VirtualMachineSriovInfo : VirtualMachinePciPassthroughInfo { virtualFunction:boolean
  pnic:string? devicePool:VirtualMachineSriovDevicePoolInfo?@6.5 }
data VirtualMachineSriovDevicePoolInfo : DynamicData @6.5 { key:string }
data VirtualMachineVFlashModuleInfo : VirtualMachineTargetInfo {
  vFlashModule:HostVFlashManagerVFlashCacheConfigInfoVFlashModuleConfigOption }
data VirtualMachinePciSharedGpuPassthroughInfo : VirtualMachineTargetInfo { vgpu:string }
data VirtualMachineConfigOptionDescriptor : DynamicData { key:string description:string?
  host:HostSystem[]? createSupported:boolean defaultConfigOption:boolean runSupported:boolean
  upgradeSupported:boolean }
data ClusterHostRecommendation : DynamicData { host:HostSystem rating:int }
data ClusterConfigSpec : DynamicData { dasConfig:ClusterDasConfigInfo?
  dasVmConfigSpec:ClusterDasVmConfigSpec[]? drsConfig:ClusterDrsConfigInfo?
  drsVmConfigSpec:ClusterDrsVmConfigSpec[]? rulesSpec:ClusterRuleSpec[]? }
data HostVMotionCompatibility : DynamicData { host:HostSystem compatibility:string[]? }
data ProductComponentInfo : DynamicData { id:string name:string version:string release:int }
data ExtensionManagerIpAllocationUsage : DynamicData { extensionKey:string numAddresses:int }
data DVSCreateSpec : DynamicData { configSpec:DVSConfigSpec
  productInfo:DistributedVirtualSwitchProductSpec? capability:DVSCapability? }
data FolderNewHostSpec : DynamicData @6.7.1 { hostCnxSpec:HostConnectSpec esxLicense:string? }
data StoragePerformanceSummary : DynamicData { interval:int percentile:int[]
  datastoreReadLatency:double[] datastoreWriteLatency:double[] datastoreVmLatency:double[]
  datastoreReadIops:double[] datastoreWriteIops:double[] siocActivityDuration:int }
data StorageDrsConfigSpec : DynamicData { podConfigSpec:StorageDrsPodConfigSpec?
  vmConfigSpec:StorageDrsVmConfigSpec[]? }
data StorageDrsPodConfigSpec : DynamicData { enabled:boolean? ioLoadBalanceEnabled:boolean?
  defaultVmBehavior:string? loadBalanceInterval:int? defaultIntraVmAffinity:boolean?
  spaceLoadBalanceConfig:StorageDrsSpaceLoadBalanceConfig?
  ioLoadBalanceConfig:StorageDrsIoLoadBalanceConfig?
  automationOverrides:StorageDrsAutomationConfig? rule:ClusterRuleSpec[]?
  option:StorageDrsOptionSpec[]? }
data StorageDrsOptionSpec : ArrayUpdateSpec { option:OptionValue? }
data StorageDrsVmConfigSpec : ArrayUpdateSpec { info:StorageDrsVmConfigInfo? }
data StoragePlacementSpec : DynamicData { type:string priority:VirtualMachineMovePriority?
  vm:VirtualMachine? podSelectionSpec:StorageDrsPodSelectionSpec
  cloneSpec:VirtualMachineCloneSpec? cloneName:string? configSpec:VirtualMachineConfigSpec?
  relocateSpec:VirtualMachineRelocateSpec? resourcePool:ResourcePool? host:HostSystem?
  folder:Folder? disallowPrerequisiteMoves:boolean? resourceLeaseDurationSec:int? }
data StorageDrsPodSelectionSpec : DynamicData { initialVmConfig:VmPodConfigForPlacement[]?
  storagePod:StoragePod? }
data VmPodConfigForPlacement : DynamicData { storagePod:StoragePod disk:PodDiskLocator[]?
  vmConfig:StorageDrsVmConfigInfo? interVmRule:ClusterRuleInfo[]? }
data PodDiskLocator : DynamicData { diskId:int diskMoveType:string?
  diskBackingInfo:VirtualDeviceBackingInfo? profile:VirtualMachineProfileSpec[]? }
data DistributedVirtualSwitchPortCriteria : DynamicData { connected:boolean? active:boolean?
  uplinkPort:boolean? scope:ManagedEntity? portgroupKey:string[]? inside:boolean?
  portKey:string[]? host:HostSystem[]?@6.5 }
data PhysicalNicHintInfo : DynamicData { device:string subnet:PhysicalNicIpHint[]?
  network:PhysicalNicNameHint[]? connectedSwitchPort:PhysicalNicCdpInfo?
  lldpInfo:LinkLayerDiscoveryProtocolInfo? }
data PhysicalNicIpHint : PhysicalNicHint { ipSubnet:string }
data PhysicalNicHint : DynamicData { vlanId:int? }
data PhysicalNicNameHint : PhysicalNicHint { network:string }
data PhysicalNicCdpInfo : DynamicData { cdpVersion:int? timeout:int? ttl:int? samples:int?
  devId:string? address:string? portId:string? deviceCapability:PhysicalNicCdpDeviceCapability?
  softwareVersion:string? hardwarePlatform:string? ipPrefix:string? ipPrefixLen:int? vlan:int?
  fullDuplex:boolean? mtu:int? systemName:string? systemOID:string? mgmtAddr:string?
  location:string? }
data PhysicalNicCdpDeviceCapability : DynamicData { router:boolean transparentBridge:boolean
  sourceRouteBridge:boolean networkSwitch:boolean host:boolean igmpEnabled:boolean
  repeater:boolean }
data LinkLayerDiscoveryProtocolInfo : DynamicData { chassisId:string portId:string timeToLive:int
  parameter:KeyAnyValue[]? }
data VirtualDiskSpec : DynamicData { diskType:string adapterType:string }
data IpPool : DynamicData { id:int? name:string? ipv4Config:IpPoolIpPoolConfigInfo?
  ipv6Config:IpPoolIpPoolConfigInfo? dnsDomain:string? dnsSearchPath:string? hostPrefix:string?
  httpProxy:string? networkAssociation:IpPoolAssociation[]? availableIpv4Addresses:int?
  availableIpv6Addresses:int? allocatedIpv4Addresses:int? allocatedIpv6Addresses:int? }
data IpPoolIpPoolConfigInfo : DynamicData { subnetAddress:string? netmask:string? gateway:string?
  range:string? dns:string[]? dhcpServerAvailable:boolean? ipPoolEnabled:boolean? }
data IpPoolAssociation : DynamicData { network:Network? networkName:string }
data EventArgDesc : DynamicData { name:string type:string array:boolean? eventObject:boolean?
  description:ElementDescription? }

call VirtualMachine.SetScreenResolution void { width:int height:int }
call VirtualMachine.UpgradeVM_Task Task { version:string? }
call VirtualMachine.AcquireTicket VirtualMachineTicket { ticketType:string }
call VirtualMachine.QueryChangedDiskAreas DiskChangeInfo { snapshot:VirtualMachineSnapshot?
  deviceKey:int startOffset:long changeId:string }
call VirtualMachine.ExportVm HttpNfcLease { }
call VirtualMachineSnapshot.RenameSnapshot void { name:string? description:string? }
call AlarmManager.GetAlarm Alarm[]? { entity:ManagedEntity? }
call AlarmManager.CreateAlarm Alarm { entity:ManagedEntity spec:AlarmSpec }
call AlarmManager.GetAlarmState AlarmState[]? { entity:ManagedEntity }
call AlarmManager.AcknowledgeAlarm void { alarm:Alarm entity:ManagedEntity }
call AlarmManager.EnableAlarmActions void { entity:ManagedEntity enabled:boolean }
call AlarmManager.AreAlarmActionsEnabled boolean { entity:ManagedEntity }
call AlarmManager.ClearTriggeredAlarms void @6.7 { filter:AlarmFilterSpec@6.7 }
call Alarm.RemoveAlarm void { }
call Alarm.ReconfigureAlarm void { spec:AlarmSpec }
call AuthorizationManager.HasPrivilegeOnEntity boolean[]? { entity:ManagedEntity sessionId:string
  privId:string[]? }
call AuthorizationManager.RetrieveAllPermissions Permission[]? { }
call AuthorizationManager.RetrieveRolePermissions Permission[]? { roleId:int }
call AuthorizationManager.AddAuthorizationRole int { name:string privIds:string[]? }
call AuthorizationManager.RemoveAuthorizationRole void { roleId:int failIfUsed:boolean }
call AuthorizationManager.UpdateAuthorizationRole void { roleId:int newName:string
  privIds:string[]? }
call AuthorizationManager.RemoveEntityPermission void { entity:ManagedEntity user:string
  isGroup:boolean }
call AuthorizationManager.ResetEntityPermissions void { entity:ManagedEntity
  permission:Permission[]? }
call AuthorizationManager.HasUserPrivilegeOnEntities EntityPrivilege[]? @6.5 {
  entities:ManagedObjectReference[]@6.5 userName:string@6.5 privId:string[]?@6.5 }
call LicenseManager.QueryLicenseSourceAvailability LicenseAvailabilityInfo[]? { host:HostSystem? }
call LicenseManager.QueryLicenseUsage LicenseUsageInfo { host:HostSystem? }
call UserDirectory.RetrieveUserGroups UserSearchResult[]? { domain:string? searchStr:string
  belongsToGroup:string? belongsToUser:string? exactMatch:boolean findUsers:boolean
  findGroups:boolean }
call PerformanceManager.QueryPerfProviderSummary PerfProviderSummary {
  entity:ManagedObjectReference }
call PerformanceManager.QueryAvailablePerfMetric PerfMetricId[]? { entity:ManagedObjectReference
  beginTime:dateTime? endTime:dateTime? intervalId:int? }
call PerformanceManager.QueryPerfCounter PerfCounterInfo[]? { counterId:int[] }
call PerformanceManager.QueryPerf PerfEntityMetricBase[]? { querySpec:PerfQuerySpec[] }
call PerformanceManager.QueryPerfCounterByLevel PerfCounterInfo[] { level:int }
call HostSystem.QueryHostConnectionInfo HostConnectInfo { }
call HostSystem.QueryMemoryOverheadEx long { vmConfigInfo:VirtualMachineConfigInfo }
call HostSystem.RetrieveHardwareUptime long { }
call HostSystem.EnterLockdownMode void { }
call HostSystem.ExitLockdownMode void { }
call HostDiagnosticSystem.SelectActivePartition void { partition:HostScsiDiskPartition? }
call HostDiagnosticSystem.QueryAvailablePartition HostDiagnosticPartition[]? { }
call HostDiagnosticSystem.QueryPartitionCreateOptions HostDiagnosticPartitionCreateOption[]? {
  storageType:string diagnosticType:string }
call EnvironmentBrowser.QueryConfigOption VirtualMachineConfigOption? { key:string?
  host:HostSystem? }
call EnvironmentBrowser.QueryConfigOptionEx VirtualMachineConfigOption? {
  spec:EnvironmentBrowserConfigOptionQuerySpec? }
call EnvironmentBrowser.QueryTargetCapabilities HostCapability? { host:HostSystem? }
call EnvironmentBrowser.QueryConfigTarget ConfigTarget? { host:HostSystem? }
call EnvironmentBrowser.QueryConfigOptionDescriptor VirtualMachineConfigOptionDescriptor[]? { }
call ClusterComputeResource.RecommendHostsForVm ClusterHostRecommendation[]? { vm:VirtualMachine
  pool:ResourcePool? }
call ClusterComputeResource.FindRulesForVm ClusterRuleInfo[]? { vm:VirtualMachine }
call ClusterComputeResource.MoveHostInto_Task Task { host:HostSystem resourcePool:ResourcePool? }
call ClusterComputeResource.MoveInto_Task Task { host:HostSystem[] }
call ClusterComputeResource.ReconfigureCluster_Task Task { spec:ClusterConfigSpec modify:boolean }
call ResourcePool.DestroyChildren void { }
call ResourcePool.UpdateConfig void { name:string? config:ResourceConfigSpec? }
call ResourcePool.MoveIntoResourcePool void { list:ManagedEntity[] }
call ServiceInstance.QueryVMotionCompatibility HostVMotionCompatibility[]? { vm:VirtualMachine
  host:HostSystem[] compatibility:string[]? }
call ServiceInstance.ValidateMigration Event[]? { vm:VirtualMachine[]
  state:VirtualMachinePowerState? testType:string[]? pool:ResourcePool? host:HostSystem? }
call ServiceInstance.RetrieveProductComponents ProductComponentInfo[]? { }
call ExtensionManager.FindExtension Extension? { extensionKey:string }
call ExtensionManager.RegisterExtension void { extension:Extension }
call ExtensionManager.UnregisterExtension void { extensionKey:string }
call ExtensionManager.GetPublicKey string { }
call ExtensionManager.QueryExtensionIpAllocationUsage ExtensionManagerIpAllocationUsage[]? {
  extensionKeys:string[]? }
call ExtensionManager.UpdateExtension void { extension:Extension }
call Folder.CreateStoragePod StoragePod { name:string }
call Folder.CreateDVS_Task Task { spec:DVSCreateSpec }
call Folder.BatchAddStandaloneHosts_Task Task @6.7.1 { newHosts:FolderNewHostSpec[]?@6.7.1
  compResSpec:ComputeResourceConfigSpec?@6.7.1 addConnected:boolean@6.7.1 }
call StorageResourceManager.QueryDatastorePerformanceSummary StoragePerformanceSummary[]? {
  datastore:Datastore }
call StorageResourceManager.ConfigureStorageDrsForPod_Task Task { pod:StoragePod
  spec:StorageDrsConfigSpec modify:boolean }
call StorageResourceManager.RecommendDatastores StoragePlacementResult {
  storageSpec:StoragePlacementSpec }
call StorageResourceManager.RefreshStorageDrsRecommendation void { pod:StoragePod }
call DistributedVirtualSwitch.FetchDVPorts DistributedVirtualPort[]? {
  criteria:DistributedVirtualSwitchPortCriteria? }
call DistributedVirtualSwitch.FetchDVPortKeys string[]? {
  criteria:DistributedVirtualSwitchPortCriteria? }
call DistributedVirtualSwitch.QueryUsedVlanIdInDvs int[]? { }
call DistributedVirtualSwitchManager.QueryDvsByUuid DistributedVirtualSwitch? { uuid:string }
call DistributedVirtualSwitchManager.DVSManagerLookupDvPortGroup DistributedVirtualPortgroup? {
  switchUuid:string portgroupKey:string }
call DistributedVirtualSwitchManager.QueryAvailableDvsSpec DistributedVirtualSwitchProductSpec[]?
  { recommended:boolean? }
call ScheduledTaskManager.RetrieveEntityScheduledTask ScheduledTask[]? { entity:ManagedEntity? }
call HostNetworkSystem.QueryNetworkHint PhysicalNicHintInfo[]? { device:string[]? }
call HostFirewallSystem.EnableRuleset void { id:string }
call HostFirewallSystem.DisableRuleset void { id:string }
call HostFirewallSystem.RefreshFirewall void { }
call HostAutoStartManager.ReconfigureAutostart void { spec:HostAutoStartManagerConfig }
call HostDateTimeSystem.QueryDateTime dateTime { }
call HostDateTimeSystem.QueryAvailableTimeZones HostDateTimeSystemTimeZone[]? { }
call VirtualDiskManager.QueryVirtualDiskGeometry HostDiskDimensionsChs { name:string
  datacenter:Datacenter? }
call VirtualDiskManager.DeleteVirtualDisk_Task Task { name:string datacenter:Datacenter? }
call VirtualDiskManager.CreateVirtualDisk_Task Task { name:string datacenter:Datacenter?
  spec:VirtualDiskSpec }
call VirtualDiskManager.QueryVirtualDiskFragmentation int { name:string datacenter:Datacenter? }
call IpPoolManager.QueryIpPools IpPool[]? { dc:Datacenter }
call EventManager.PostEvent void { eventToPost:Event taskInfo:TaskInfo? }
call EventManager.RetrieveArgumentDescription EventArgDesc[]? { eventTypeId:string }
call OverheadMemoryManager.LookupVmOverheadMemory long { vm:VirtualMachine host:HostSystem }
call SessionManager.LoginByToken UserSession { locale:string? }
call SessionManager.UpdateServiceMessage void { message:string }
call SessionManager.ImpersonateUser UserSession { userName:string locale:string? }
call SessionManager.LoginExtensionByCertificate UserSession { extensionKey:string locale:string? }
)";

} // namespace pf::vim
