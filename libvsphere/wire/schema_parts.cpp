// Parts of clusters, hosts and virtual machines that other types refer to.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaParts = R"(
data ClusterRecommendation : DynamicData { key:string type:string time:dateTime rating:int
  reason:string reasonText:string warningText:string? warningDetails:LocalizableMessage?
  prerequisite:string[]? action:ClusterAction[]? target:ManagedObjectReference? }
data ClusterAction : DynamicData { type:string target:ManagedObjectReference? }
data ClusterDrsRecommendation : DynamicData { key:string rating:int reason:string
  reasonText:string migrationList:ClusterDrsMigration[] }
data ClusterDrsMigration : DynamicData { key:string time:dateTime vm:VirtualMachine cpuLoad:int?
  memoryLoad:long? source:HostSystem sourceCpuLoad:int? sourceMemoryLoad:long?
  destination:HostSystem destinationCpuLoad:int? destinationMemoryLoad:long? }
data ClusterActionHistory : DynamicData { action:ClusterAction time:dateTime }
data ClusterDrsFaults : DynamicData { reason:string faultsByVm:ClusterDrsFaultsFaultsByVm[] }
data ClusterDrsFaultsFaultsByVm : DynamicData { vm:VirtualMachine? fault:LocalizedMethodFault[] }
data ClusterDasAdmissionControlInfo : DynamicData { }
data ClusterUsageSummary : DynamicData { totalCpuCapacityMhz:int totalMemCapacityMB:int
  cpuReservationMhz:int memReservationMB:int poweredOffCpuReservationMhz:int?
  poweredOffMemReservationMB:int? cpuDemandMhz:int memDemandMB:int statsGenNumber:long
  cpuEntitledMhz:int memEntitledMB:int poweredOffVmCount:int totalVmCount:int }
data ClusterDasData : DynamicData { }
data ClusterDasVmConfigInfo : DynamicData { key:VirtualMachine restartPriority:DasVmPriority?
  powerOffOnIsolation:boolean? dasSettings:ClusterDasVmSettings? }
enum DasVmPriority { disabled low medium high }
data ClusterDasVmSettings : DynamicData { restartPriority:string? restartPriorityTimeout:int?@6.5
  isolationResponse:string? vmToolsMonitoringSettings:ClusterVmToolsMonitoringSettings?
  vmComponentProtectionSettings:ClusterVmComponentProtectionSettings? }
data ClusterVmToolsMonitoringSettings : DynamicData { enabled:boolean? vmMonitoring:string?
  clusterSettings:boolean? failureInterval:int? minUpTime:int? maxFailures:int?
  maxFailureWindow:int? }
data ClusterVmComponentProtectionSettings : DynamicData { vmStorageProtectionForAPD:string?
  enableAPDTimeoutForHosts:boolean? vmTerminateDelayForAPDSec:int? vmReactionOnAPDCleared:string?
  vmStorageProtectionForPDL:string? }
data ClusterDrsVmConfigInfo : DynamicData { key:VirtualMachine enabled:boolean?
  behavior:DrsBehavior? }
data ClusterRuleInfo : DynamicData { key:int? status:ManagedEntityStatus? enabled:boolean?
  name:string? mandatory:boolean? userCreated:boolean? inCompliance:boolean? ruleUuid:string? }
data ClusterOrchestrationInfo : DynamicData @6.5 { defaultVmReadiness:ClusterVmReadiness? }
data ClusterVmReadiness : DynamicData @6.5 { readyCondition:string? postReadyDelay:int? }
data ClusterVmOrchestrationInfo : DynamicData @6.5 { vm:VirtualMachine
  vmReadiness:ClusterVmReadiness }
data ClusterDpmConfigInfo : DynamicData { enabled:boolean? defaultDpmBehavior:DpmBehavior?
  hostPowerActionRate:int? option:OptionValue[]? }
enum DpmBehavior { manual automated }
data ClusterDpmHostConfigInfo : DynamicData { key:HostSystem enabled:boolean?
  behavior:DpmBehavior? }
data VsanClusterConfigInfo : DynamicData { enabled:boolean?
  defaultConfig:VsanClusterConfigInfoHostDefaultInfo? }
data VsanClusterConfigInfoHostDefaultInfo : DynamicData { uuid:string? autoClaimStorage:boolean?
  checksumEnabled:boolean? }
data VsanHostConfigInfo : DynamicData { enabled:boolean? hostSystem:HostSystem?
  clusterInfo:VsanHostConfigInfoClusterInfo? storageInfo:VsanHostConfigInfoStorageInfo?
  networkInfo:VsanHostConfigInfoNetworkInfo? faultDomainInfo:VsanHostFaultDomainInfo? }
data VsanHostConfigInfoClusterInfo : DynamicData { uuid:string? nodeUuid:string? }
data VsanHostConfigInfoStorageInfo : DynamicData { autoClaimStorage:boolean?
  diskMapping:VsanHostDiskMapping[]? diskMapInfo:VsanHostDiskMapInfo[]? checksumEnabled:boolean? }
data VsanHostDiskMapping : DynamicData { ssd:HostScsiDisk nonSsd:HostScsiDisk[] }
data VsanHostDiskMapInfo : DynamicData { mapping:VsanHostDiskMapping mounted:boolean }
data VsanHostConfigInfoNetworkInfo : DynamicData { port:VsanHostConfigInfoNetworkInfoPortConfig[]?
  }
data VsanHostConfigInfoNetworkInfoPortConfig : DynamicData { ipConfig:VsanHostIpConfig?
  device:string }
data VsanHostIpConfig : DynamicData { upstreamIpAddress:string downstreamIpAddress:string }
data VsanHostFaultDomainInfo : DynamicData { name:string }
data ClusterGroupInfo : DynamicData { name:string userCreated:boolean? uniqueID:string? }
data ClusterInfraUpdateHaConfigInfo : DynamicData @6.5 { enabled:boolean? behavior:string?
  moderateRemediation:string? severeRemediation:string? providers:string[]? }
data ClusterProactiveDrsConfigInfo : DynamicData @6.5 { enabled:boolean? }
data ClusterDasAdmissionControlPolicy : DynamicData { resourceReductionToToleratePercent:int?@6.5
  }
data ClusterDasVmConfigSpec : ArrayUpdateSpec { info:ClusterDasVmConfigInfo? }
data ArrayUpdateSpec : DynamicData { operation:ArrayUpdateOperation removeKey:anyType? }
enum ArrayUpdateOperation { add remove edit }
data ClusterDrsVmConfigSpec : ArrayUpdateSpec { info:ClusterDrsVmConfigInfo? }
data ClusterRuleSpec : ArrayUpdateSpec { info:ClusterRuleInfo? }
data ClusterVmOrchestrationSpec : ArrayUpdateSpec @6.5 { info:ClusterVmOrchestrationInfo? }
data ClusterDpmHostConfigSpec : ArrayUpdateSpec { info:ClusterDpmHostConfigInfo? }
data ClusterGroupSpec : ArrayUpdateSpec { info:ClusterGroupInfo? }
data ClusterDasHostInfo : DynamicData { }
data ClusterDasAdvancedRuntimeInfoVmcpCapabilityInfo : DynamicData { storageAPDSupported:boolean
  storagePDLSupported:boolean }
data ResourcePoolQuickStats : DynamicData { overallCpuUsage:long? overallCpuDemand:long?
  guestMemoryUsage:long? hostMemoryUsage:long? distributedCpuEntitlement:long?
  distributedMemoryEntitlement:long? staticCpuEntitlement:int? staticMemoryEntitlement:int?
  privateMemory:long? sharedMemory:long? swappedMemory:long? balloonedMemory:long?
  overheadMemory:long? consumedOverheadMemory:long? compressedMemory:long? }
data NetworkBandwidthAllocationInfo : ResourceAllocationInfo {
  distributedVirtualSwitch:DistributedVirtualSwitch?
  distributedVirtualPort:DistributedVirtualPort? inShapingPolicy:HostNetworkTrafficShapingPolicy?
  outShapingPolicy:HostNetworkTrafficShapingPolicy? }
data DistributedVirtualPort : DynamicData { key:string config:DVPortConfigInfo dvsUuid:string
  portgroupKey:string? proxyHost:HostSystem? connectee:DistributedVirtualSwitchPortConnectee?
  conflict:boolean conflictPortKey:string? state:DVPortState? connectionCookie:int?
  lastStatusChange:dateTime hostLocalPort:boolean? }
data DVPortConfigInfo : DynamicData { name:string? scope:ManagedEntity[]? description:string?
  setting:DVPortSetting? configVersion:string }
data DVPortSetting : DynamicData { blocked:BoolPolicy? vmDirectPathGen2Allowed:BoolPolicy?
  inShapingPolicy:DVSTrafficShapingPolicy? outShapingPolicy:DVSTrafficShapingPolicy?
  vendorSpecificConfig:DVSVendorSpecificConfig? networkResourcePoolKey:StringPolicy?
  filterPolicy:DvsFilterPolicy? }
data BoolPolicy : InheritablePolicy { value:boolean? }
data InheritablePolicy : DynamicData { inherited:boolean }
data DVSTrafficShapingPolicy : InheritablePolicy { enabled:BoolPolicy?
  averageBandwidth:LongPolicy? peakBandwidth:LongPolicy? burstSize:LongPolicy? }
data LongPolicy : InheritablePolicy { value:long? }
data DVSVendorSpecificConfig : InheritablePolicy {
  keyValue:DistributedVirtualSwitchKeyedOpaqueBlob[]? }
data DistributedVirtualSwitchKeyedOpaqueBlob : DynamicData { key:string opaqueData:string }
data StringPolicy : InheritablePolicy { value:string? }
data DvsFilterPolicy : InheritablePolicy { filterConfig:DvsFilterConfig[]? }
data DvsFilterConfig : InheritablePolicy { key:string? agentName:string? slotNumber:string?
  parameters:DvsFilterParameter? onFailure:string? }
data DvsFilterParameter : DynamicData { parameters:string[]? }
data DistributedVirtualSwitchPortConnectee : DynamicData { connectedEntity:ManagedEntity?
  nicKey:string? type:string? addressHint:string? }
data DVPortState : DynamicData { runtimeInfo:DVPortStatus?
  stats:DistributedVirtualSwitchPortStatistics
  vendorSpecificState:DistributedVirtualSwitchKeyedOpaqueBlob[]? }
data DVPortStatus : DynamicData { linkUp:boolean blocked:boolean vlanIds:NumericRange[]?
  trunkingMode:boolean? mtu:int? linkPeer:string? macAddress:string? statusDetail:string?
  vmDirectPathGen2Active:boolean? vmDirectPathGen2InactiveReasonNetwork:string[]?
  vmDirectPathGen2InactiveReasonOther:string[]? vmDirectPathGen2InactiveReasonExtended:string? }
data NumericRange : DynamicData { start:int end:int }
data DistributedVirtualSwitchPortStatistics : DynamicData { packetsInMulticast:long
  packetsOutMulticast:long bytesInMulticast:long bytesOutMulticast:long packetsInUnicast:long
  packetsOutUnicast:long bytesInUnicast:long bytesOutUnicast:long packetsInBroadcast:long
  packetsOutBroadcast:long bytesInBroadcast:long bytesOutBroadcast:long packetsInDropped:long
  packetsOutDropped:long packetsInException:long packetsOutException:long
  bytesInFromPnic:long?@6.5 bytesOutToPnic:long?@6.5 }
managed CustomizationSpecManager { }
managed DatastoreNamespaceManager { }
managed VirtualizationManager { }
managed HostSnmpSystem { }
managed IpPoolManager { }
managed HostProfileManager { }
managed ClusterProfileManager { }
managed ProfileComplianceManager { }
managed LocalizationManager { }
managed OverheadMemoryManager { }
managed CertificateManager { }
managed IoFilterManager { }
managed HostSpecificationManager { }
managed HealthUpdateManager { }
managed FailoverClusterConfigurator { }
managed FailoverClusterManager { }
data EVCMode : ElementDescription { guaranteedCPUFeatures:HostCpuIdInfo[]?
  featureCapability:HostFeatureCapability[]? featureMask:HostFeatureMask[]?
  featureRequirement:VirtualMachineFeatureRequirement[]? vendor:string track:string[]
  vendorTier:int }
data HostCpuIdInfo : DynamicData { level:int vendor:string? eax:string? ebx:string? ecx:string?
  edx:string? }
data HostFeatureCapability : DynamicData { key:string featureName:string value:string }
data HostFeatureMask : DynamicData { key:string featureName:string value:string }
data VirtualMachineFeatureRequirement : DynamicData { key:string featureName:string value:string }
data Extension : DynamicData { description:Description key:string company:string? type:string?
  version:string subjectName:string? server:ExtensionServerInfo[]? client:ExtensionClientInfo[]?
  taskList:ExtensionTaskTypeInfo[]? eventList:ExtensionEventTypeInfo[]?
  faultList:ExtensionFaultTypeInfo[]? privilegeList:ExtensionPrivilegeInfo[]?
  resourceList:ExtensionResourceInfo[]? lastHeartbeatTime:dateTime healthInfo:ExtensionHealthInfo?
  ovfConsumerInfo:ExtensionOvfConsumerInfo? extendedProductInfo:ExtExtendedProductInfo?
  managedEntityInfo:ExtManagedEntityInfo[]? shownInSolutionManager:boolean?
  solutionManagerInfo:ExtSolutionManagerInfo? }
data ExtensionServerInfo : DynamicData { url:string description:Description company:string
  type:string adminEmail:string[] serverThumbprint:string? }
data ExtensionClientInfo : DynamicData { version:string description:Description company:string
  type:string url:string }
data ExtensionTaskTypeInfo : DynamicData { taskID:string }
data ExtensionEventTypeInfo : DynamicData { eventID:string eventTypeSchema:string? }
data ExtensionFaultTypeInfo : DynamicData { faultID:string }
data ExtensionPrivilegeInfo : DynamicData { privID:string privGroupName:string }
data ExtensionResourceInfo : DynamicData { locale:string module:string data:KeyValue[] }
data ExtensionHealthInfo : DynamicData { url:string }
data ExtensionOvfConsumerInfo : DynamicData { callbackUrl:string sectionType:string[] }
data ExtExtendedProductInfo : DynamicData { companyUrl:string? productUrl:string?
  managementUrl:string? self:ManagedEntity? }
data ExtManagedEntityInfo : DynamicData { type:string smallIconUrl:string? iconUrl:string?
  description:string? }
data ExtSolutionManagerInfo : DynamicData { tab:ExtSolutionManagerInfoTabInfo[]?
  smallIconUrl:string? }
data ExtSolutionManagerInfoTabInfo : DynamicData { label:string url:string }
data AlarmExpression : DynamicData { }
data AlarmDescription : DynamicData { expr:TypeDescription[] stateOperator:ElementDescription[]
  metricOperator:ElementDescription[] hostSystemConnectionState:ElementDescription[]
  virtualMachinePowerState:ElementDescription[] datastoreConnectionState:ElementDescription[]
  hostSystemPowerState:ElementDescription[]
  virtualMachineGuestHeartbeatStatus:ElementDescription[] entityStatus:ElementDescription[]
  action:TypeDescription[] }
data AlarmInfo : AlarmSpec { key:string alarm:Alarm entity:ManagedEntity lastModifiedTime:dateTime
  lastModifiedUser:string creationEventId:int }
data AlarmSpec : DynamicData { name:string systemName:string? description:string enabled:boolean
  expression:AlarmExpression action:AlarmAction? actionFrequency:int? setting:AlarmSetting?
  alarmMetadata:string? }
data AlarmAction : DynamicData { }
data AlarmSetting : DynamicData { toleranceRange:int reportingFrequency:int }
data ScheduledTaskInfo : ScheduledTaskSpec { scheduledTask:ScheduledTask entity:ManagedEntity
  lastModifiedTime:dateTime lastModifiedUser:string nextRunTime:dateTime? prevRunTime:dateTime?
  state:TaskInfoState error:LocalizedMethodFault? result:anyType? progress:int? activeTask:Task?
  taskObject:ManagedObjectReference }
data ScheduledTaskSpec : DynamicData { name:string description:string enabled:boolean
  scheduler:TaskScheduler action:Action notification:string? }
data TaskScheduler : DynamicData { activeTime:dateTime? expireTime:dateTime? }
data Action : DynamicData { }
data VmfsDatastoreInfoScsiLunInfo : DynamicData { key:string canonicalName:string uuid:string }
data HostVvolVolume : HostFileSystemVolume { scId:string hostPE:VVolHostPE[]?
  vasaProviderInfo:VimVasaProviderInfo[]? storageArray:VASAStorageArray[]? }
data VVolHostPE : DynamicData { key:HostSystem protocolEndpoint:HostProtocolEndpoint[] }
data HostProtocolEndpoint : DynamicData { peType:string type:string?@6.5 uuid:string
  hostKey:HostSystem[]? storageArray:string? nfsServer:string? nfsDir:string?
  nfsServerScope:string?@6.5 nfsServerMajor:string?@6.5 nfsServerAuthType:string?@6.5
  nfsServerUser:string?@6.5 deviceId:string? }
data VimVasaProviderInfo : DynamicData { provider:VimVasaProvider
  arrayState:VimVasaProviderStatePerArray[]? }
data VimVasaProvider : DynamicData { uid:string?@6.7 url:string name:string?
  selfSignedCertificate:string? }
data VimVasaProviderStatePerArray : DynamicData { priority:int arrayId:string active:boolean }
data VASAStorageArray : DynamicData { name:string uuid:string vendorId:string modelId:string }
data StorageDrsVmConfigInfo : DynamicData { vm:VirtualMachine? enabled:boolean? behavior:string?
  intraVmAffinity:boolean? intraVmAntiAffinity:VirtualDiskAntiAffinityRuleSpec?
  virtualDiskRules:VirtualDiskRuleSpec[]?@6.7 }
data VirtualDiskAntiAffinityRuleSpec : ClusterRuleInfo { diskId:int[] }
data VirtualDiskRuleSpec : ClusterRuleInfo @6.7 { diskRuleType:string diskId:int[]? }
data StorageDrsSpaceLoadBalanceConfig : DynamicData { spaceThresholdMode:string?
  spaceUtilizationThreshold:int? freeSpaceThresholdGB:int? minSpaceUtilizationDifference:int? }
data StorageDrsIoLoadBalanceConfig : DynamicData { reservablePercentThreshold:int?
  reservableIopsThreshold:int? reservableThresholdMode:string? ioLatencyThreshold:int?
  ioLoadImbalanceThreshold:int? }
data StorageDrsAutomationConfig : DynamicData { spaceLoadBalanceAutomationMode:string?
  ioLoadBalanceAutomationMode:string? ruleEnforcementAutomationMode:string?
  policyEnforcementAutomationMode:string? vmEvacuationAutomationMode:string? }
data VmConfigFileQueryFilter : DynamicData { matchConfigVersion:int[]? encrypted:boolean?@6.5 }
data VmConfigFileQueryFlags : DynamicData { configVersion:boolean encryption:boolean?@6.5 }
data VmDiskFileQueryFilter : DynamicData { diskType:TypeName[]? matchHardwareVersion:int[]?
  controllerType:TypeName[]? thin:boolean? encrypted:boolean?@6.5 }
data VmDiskFileQueryFlags : DynamicData { diskType:boolean capacityKb:boolean
  hardwareVersion:boolean controllerType:boolean? diskExtents:boolean? thin:boolean?
  encryption:boolean?@6.5 }
data VmConfigFileEncryptionInfo : DynamicData @6.5 { keyId:CryptoKeyId? }
data VmDiskFileEncryptionInfo : DynamicData @6.5 { keyId:CryptoKeyId? }
data HostLicensableResourceInfo : DynamicData { resource:KeyAnyValue[] }
data HostSystemResourceInfo : DynamicData { key:string config:ResourceConfigSpec?
  child:HostSystemResourceInfo[]? }
data HealthSystemRuntime : DynamicData { systemHealthInfo:HostSystemHealthInfo?
  hardwareStatusInfo:HostHardwareStatusInfo? }
data HostSystemHealthInfo : DynamicData { numericSensorInfo:HostNumericSensorInfo[]? }
data HostNumericSensorInfo : DynamicData { name:string healthState:ElementDescription?
  currentReading:long unitModifier:int baseUnits:string rateUnits:string? sensorType:string
  id:string?@6.5 timeStamp:string?@6.5 }
data HostHardwareStatusInfo : DynamicData { memoryStatusInfo:HostHardwareElementInfo[]?
  cpuStatusInfo:HostHardwareElementInfo[]? storageStatusInfo:HostStorageElementInfo[]? }
data HostHardwareElementInfo : DynamicData { name:string status:ElementDescription }
data HostStorageElementInfo : HostHardwareElementInfo {
  operationalInfo:HostStorageOperationalInfo[]? }
data HostStorageOperationalInfo : DynamicData { property:string value:string }
data ClusterDasFdmHostState : DynamicData { state:string stateReporter:HostSystem? }
data HostTpmDigestInfo : HostDigestInfo { pcrNumber:int }
data HostDigestInfo : DynamicData { digestMethod:string digestValue:byte[] objectName:string? }
data VsanHostRuntimeInfo : DynamicData { membershipList:VsanHostMembershipInfo[]?
  diskIssues:VsanHostRuntimeInfoDiskIssue[]? accessGenNo:int? }
data VsanHostMembershipInfo : DynamicData { nodeUuid:string hostname:string }
data VsanHostRuntimeInfoDiskIssue : DynamicData { diskId:string issue:string }
data HostRuntimeInfoNetworkRuntimeInfo : DynamicData {
  netStackInstanceRuntimeInfo:HostRuntimeInfoNetStackInstanceRuntimeInfo[]?
  networkResourceRuntime:HostNetworkResourceRuntime? }
data HostRuntimeInfoNetStackInstanceRuntimeInfo : DynamicData { netStackInstanceKey:string
  state:string? vmknicKeys:string[]? maxNumberOfConnections:int? currentIpV6Enabled:boolean? }
data HostNetworkResourceRuntime : DynamicData { pnicResourceInfo:HostPnicNetworkResourceInfo[] }
data HostPnicNetworkResourceInfo : DynamicData { pnicDevice:string
  availableBandwidthForVMTraffic:long? unusedBandwidthForVMTraffic:long?
  placedVirtualNics:HostPlacedVirtualNicIdentifier[]? }
data HostPlacedVirtualNicIdentifier : DynamicData { vm:VirtualMachine vnicKey:string
  reservation:int? }
data HostVFlashManagerVFlashResourceRunTimeInfo : DynamicData { usage:long capacity:long
  accessible:boolean capacityForVmCache:long freeForVmCache:long }
data HostListSummaryGatewaySummary : DynamicData { gatewayType:string gatewayId:string }
data HostTpmAttestationInfo : DynamicData @6.7 { time:dateTime
  status:HostTpmAttestationInfoAcceptanceStatus message:LocalizableMessage? }
enum HostTpmAttestationInfoAcceptanceStatus { notAccepted accepted }
data HostCpuPowerManagementInfo : DynamicData { currentPolicy:string? hardwareSupport:string? }
data HostCpuPackage : DynamicData { index:short vendor:string hz:long busHz:long
  description:string threadId:short[] cpuFeature:HostCpuIdInfo[]? }
data HostNumaInfo : DynamicData { type:string numNodes:int numaNode:HostNumaNode[]? }
data HostNumaNode : DynamicData { typeId:byte cpuID:short[] memoryRangeBegin:long
  memoryRangeLength:long pciId:string[]?@6.7 }
data HostPciDevice : DynamicData { id:string classId:short bus:byte slot:byte function:byte
  vendorId:short subVendorId:short vendorName:string deviceId:short subDeviceId:short
  parentBridge:string? deviceName:string }
data HostBIOSInfo : DynamicData { biosVersion:string? releaseDate:dateTime? vendor:string?@6.5
  majorRelease:int?@6.5 minorRelease:int?@6.5 firmwareMajorRelease:int?@6.5
  firmwareMinorRelease:int?@6.5 }
data HostReliableMemoryInfo : DynamicData { memorySize:long }
data HostPersistentMemoryInfo : DynamicData @6.7 { capacityInMB:long? volumeUUID:string? }
managed HostCpuSchedulerSystem { }
managed HostMemorySystem { }
managed HostPatchManager { }
managed HostHostUpdateProxyManager { }
managed HostImageConfigManager { }
managed HostBootDeviceSystem { }
managed HostHealthStatusSystem { }
managed HostPciPassthruSystem { }
managed HostAuthenticationManager { }
managed HostPowerSystem { }
managed HostCacheConfigurationManager { }
managed HostEsxAgentHostManager { }
managed IscsiManager { }
managed HostVFlashManager { }
managed HostVsanSystem { }
managed MessageBusProxy { }
managed HostAccessManager { }
managed HostGraphicsManager { }
managed HostVsanInternalSystem { }
managed HostCertificateManager { }
managed HostNvdimmSystem { }
data HostDeploymentInfo : DynamicData @6.5 { bootedFromStatelessCache:boolean? }
data HostHyperThreadScheduleInfo : DynamicData { available:boolean active:boolean config:boolean }
data ServiceConsoleReservationInfo : DynamicData { serviceConsoleReservedCfg:long
  serviceConsoleReserved:long unreserved:long }
data VirtualMachineMemoryReservationInfo : DynamicData { virtualMachineMin:long
  virtualMachineMax:long virtualMachineReserved:long allocationPolicy:string }
data HostVMotionInfo : DynamicData { netConfig:HostVMotionNetConfig? ipConfig:HostIpConfig? }
data HostVMotionNetConfig : DynamicData { candidateVnic:HostVirtualNic[]? selectedVnic:Link? }
data HostNetCapabilities : DynamicData { canSetPhysicalNicLinkSpeed:boolean
  supportsNicTeaming:boolean nicTeamingPolicy:string[]? supportsVlan:boolean
  usesServiceConsoleNic:boolean supportsNetworkHints:boolean maxPortGroupsPerVswitch:int?
  vswitchConfigSupported:boolean vnicConfigSupported:boolean ipRouteConfigSupported:boolean
  dnsConfigSupported:boolean dhcpOnVnicSupported:boolean ipV6Supported:boolean }
data HostFirewallInfo : DynamicData { defaultPolicy:HostFirewallDefaultPolicy
  ruleset:HostFirewallRuleset[]? }
data HostFirewallDefaultPolicy : DynamicData { incomingBlocked:boolean? outgoingBlocked:boolean? }
data HostFirewallRuleset : DynamicData { key:string label:string required:boolean
  rule:HostFirewallRule[] service:string? enabled:boolean allowedHosts:HostFirewallRulesetIpList?
  }
data HostFirewallRule : DynamicData { port:int endPort:int? direction:HostFirewallRuleDirection
  portType:HostFirewallRulePortType? protocol:string }
enum HostFirewallRuleDirection { inbound outbound }
enum HostFirewallRulePortType { src dst }
data HostFirewallRulesetIpList : DynamicData { ipAddress:string[]?
  ipNetwork:HostFirewallRulesetIpNetwork[]? allIp:boolean }
data HostFirewallRulesetIpNetwork : DynamicData { network:string prefixLength:int }
data HostAutoStartManagerConfig : DynamicData { defaults:AutoStartDefaults?
  powerInfo:AutoStartPowerInfo[]? }
data AutoStartDefaults : DynamicData { enabled:boolean? startDelay:int? stopDelay:int?
  waitForHeartbeat:boolean? stopAction:string? }
data AutoStartPowerInfo : DynamicData { key:VirtualMachine startOrder:int startDelay:int
  waitForHeartbeat:AutoStartWaitHeartbeatSetting startAction:string stopDelay:int
  stopAction:string }
enum AutoStartWaitHeartbeatSetting { yes no systemDefault }
data HostDateTimeInfo : DynamicData { timeZone:HostDateTimeSystemTimeZone ntpConfig:HostNtpConfig?
  }
data HostDateTimeSystemTimeZone : DynamicData { key:string name:string description:string
  gmtOffset:int }
data HostNtpConfig : DynamicData { server:string[]? configFile:string[]? }
data HostFlagInfo : DynamicData { backgroundSnapshotsEnabled:boolean? }
data HostIpmiInfo : DynamicData { bmcIpAddress:string? bmcMacAddress:string? login:string?
  password:string? }
data HostSslThumbprintInfo : DynamicData { principal:string ownerTag:string
  sslThumbprints:string[]? }
data HostPciPassthruInfo : DynamicData { id:string dependentDevice:string passthruEnabled:boolean
  passthruCapable:boolean passthruActive:boolean }
data HostAuthenticationManagerInfo : DynamicData { authConfig:HostAuthenticationStoreInfo[] }
data HostAuthenticationStoreInfo : DynamicData { enabled:boolean }
data PowerSystemCapability : DynamicData { availablePolicy:HostPowerPolicy[] }
data HostPowerPolicy : DynamicData { key:int name:string shortName:string description:string }
data PowerSystemInfo : DynamicData { currentPolicy:HostPowerPolicy }
data HostCacheConfigurationInfo : DynamicData { key:Datastore swapSize:long }
data HostVFlashManagerVFlashConfigInfo : DynamicData {
  vFlashResourceConfigInfo:HostVFlashManagerVFlashResourceConfigInfo?
  vFlashCacheConfigInfo:HostVFlashManagerVFlashCacheConfigInfo? }
data HostVFlashManagerVFlashResourceConfigInfo : DynamicData { vffs:HostVffsVolume? capacity:long
  }
data HostVffsVolume : HostFileSystemVolume { majorVersion:int version:string uuid:string
  extent:HostScsiDiskPartition[] }
data HostVFlashManagerVFlashCacheConfigInfo : DynamicData {
  vFlashModuleConfigOption:HostVFlashManagerVFlashCacheConfigInfoVFlashModuleConfigOption[]?
  defaultVFlashModule:string? swapCacheReservationInGB:long? }
data HostVFlashManagerVFlashCacheConfigInfoVFlashModuleConfigOption : DynamicData {
  vFlashModule:string vFlashModuleVersion:string minSupportedModuleVersion:string
  cacheConsistencyType:ChoiceOption cacheMode:ChoiceOption blockSizeInKBOption:LongOption
  reservationInMBOption:LongOption maxDiskSizeInKB:long }
data LongOption : OptionType { min:long max:long defaultValue:long }
data HostGraphicsInfo : DynamicData { deviceName:string vendorName:string pciId:string
  graphicsType:string memorySizeInKB:long vm:VirtualMachine[]? }
data HostGraphicsConfig : DynamicData @6.5 { hostDefaultGraphicsType:string
  sharedPassthruAssignmentPolicy:string deviceType:HostGraphicsConfigDeviceType[]? }
data HostGraphicsConfigDeviceType : DynamicData @6.5 { deviceId:string graphicsType:string }
data HostSharedGpuCapabilities : DynamicData @6.7 { vgpu:string diskSnapshotSupported:boolean
  memorySnapshotSupported:boolean suspendSupported:boolean migrateSupported:boolean }
data HostIoFilterInfo : IoFilterInfo { available:boolean }
data IoFilterInfo : DynamicData { id:string name:string vendor:string version:string
  type:string?@6.5 summary:string? releaseDate:string? }
data HostSriovDevicePoolInfo : DynamicData @6.5 { key:string }
data HostIpRouteTableInfo : DynamicData { ipRoute:HostIpRouteEntry[]?
  ipv6Route:HostIpRouteEntry[]? }
data HostIpRouteEntry : DynamicData { network:string prefixLength:int gateway:string
  deviceName:string? }
data HostDhcpService : DynamicData { key:string spec:HostDhcpServiceSpec }
data HostDhcpServiceSpec : DynamicData { virtualSwitch:string defaultLeaseDuration:int
  leaseBeginIp:string leaseEndIp:string maxLeaseDuration:int unlimitedLease:boolean
  ipSubnetAddr:string ipSubnetMask:string }
data HostNatService : DynamicData { key:string spec:HostNatServiceSpec }
data HostNatServiceSpec : DynamicData { virtualSwitch:string activeFtp:boolean allowAnyOui:boolean
  configPort:boolean ipGatewayAddress:string udpTimeout:int
  portForward:HostNatServicePortForwardSpec[]? nameService:HostNatServiceNameServiceSpec? }
data HostNatServicePortForwardSpec : DynamicData { type:string name:string hostPort:int
  guestPort:int guestIpAddress:string }
data HostNatServiceNameServiceSpec : DynamicData { dnsAutoDetect:boolean dnsPolicy:string
  dnsRetries:int dnsTimeout:int dnsNameServer:string[]? nbdsTimeout:int nbnsRetries:int
  nbnsTimeout:int }
data HostNetStackInstance : DynamicData { key:string? name:string? dnsConfig:HostDnsConfig?
  ipRouteConfig:HostIpRouteConfig? requestedMaxNumberOfConnections:int?
  congestionControlAlgorithm:string? ipV6Enabled:boolean? routeTableConfig:HostIpRouteTableConfig?
  }
data HostIpRouteTableConfig : DynamicData { ipRoute:HostIpRouteOp[]? ipv6Route:HostIpRouteOp[]? }
data HostIpRouteOp : DynamicData { changeOperation:string route:HostIpRouteEntry }
data HostOpaqueSwitch : DynamicData { key:string name:string? pnic:Link[]?
  pnicZone:HostOpaqueSwitchPhysicalNicZone[]? status:string? vtep:HostVirtualNic[]?
  extraConfig:OptionValue[]?@6.5 featureCapability:HostFeatureCapability[]?@6.7 }
data HostOpaqueSwitchPhysicalNicZone : DynamicData { key:string pnicDevice:string[]? }
data HostOpaqueNetworkInfo : DynamicData { opaqueNetworkId:string opaqueNetworkName:string
  opaqueNetworkType:string pnicZone:string[]? capability:OpaqueNetworkCapability?@6.5
  extraConfig:OptionValue[]?@6.5 }
data OpaqueNetworkCapability : DynamicData @6.5 { networkReservationSupported:boolean }
data HostProxySwitchHostLagConfig : DynamicData { lagKey:string lagName:string?
  uplinkPort:KeyValue[]? }
data FcoeConfig : DynamicData { priorityClass:int sourceMac:string vlanRange:FcoeConfigVlanRange[]
  capabilities:FcoeConfigFcoeCapabilities fcoeActive:boolean }
data FcoeConfigVlanRange : DynamicData { vlanLow:int vlanHigh:int }
data FcoeConfigFcoeCapabilities : DynamicData { priorityClass:boolean sourceMacAddress:boolean
  vlanRange:boolean }
data HostVirtualNicOpaqueNetworkSpec : DynamicData { opaqueNetworkId:string
  opaqueNetworkType:string }
data HostVirtualNicIpRouteSpec : DynamicData @6.5 { ipRouteConfig:HostIpRouteConfig? }
data HostNetworkConfig : DynamicData { vswitch:HostVirtualSwitchConfig[]?
  proxySwitch:HostProxySwitchConfig[]? portgroup:HostPortGroupConfig[]? pnic:PhysicalNicConfig[]?
  vnic:HostVirtualNicConfig[]? consoleVnic:HostVirtualNicConfig[]? dnsConfig:HostDnsConfig?
  ipRouteConfig:HostIpRouteConfig? consoleIpRouteConfig:HostIpRouteConfig?
  routeTableConfig:HostIpRouteTableConfig? dhcp:HostDhcpServiceConfig[]?
  nat:HostNatServiceConfig[]? ipV6Enabled:boolean? netStackSpec:HostNetworkConfigNetStackSpec[]? }
data HostVirtualSwitchConfig : DynamicData { changeOperation:string? name:string
  spec:HostVirtualSwitchSpec? }
data HostProxySwitchConfig : DynamicData { changeOperation:string? uuid:string
  spec:HostProxySwitchSpec? }
data HostPortGroupConfig : DynamicData { changeOperation:string? spec:HostPortGroupSpec? }
data PhysicalNicConfig : DynamicData { device:string spec:PhysicalNicSpec }
data HostVirtualNicConfig : DynamicData { changeOperation:string? device:string? portgroup:string
  spec:HostVirtualNicSpec? }
data HostDhcpServiceConfig : DynamicData { changeOperation:string? key:string
  spec:HostDhcpServiceSpec }
data HostNatServiceConfig : DynamicData { changeOperation:string? key:string
  spec:HostNatServiceSpec }
data HostNetworkConfigNetStackSpec : DynamicData { netStackInstance:HostNetStackInstance
  operation:string? }
data DVPortgroupConfigInfo : DynamicData { key:string name:string numPorts:int
  distributedVirtualSwitch:DistributedVirtualSwitch? defaultPortConfig:DVPortSetting?
  description:string? type:string policy:DVPortgroupPolicy portNameFormat:string?
  scope:ManagedEntity[]? vendorSpecificConfig:DistributedVirtualSwitchKeyedOpaqueBlob[]?
  configVersion:string? autoExpand:boolean? vmVnicNetworkResourcePoolKey:string?
  uplink:boolean?@6.5 }
data DVPortgroupPolicy : DynamicData { blockOverrideAllowed:boolean shapingOverrideAllowed:boolean
  vendorConfigOverrideAllowed:boolean livePortMovingAllowed:boolean
  portConfigResetAtDisconnect:boolean networkResourcePoolOverrideAllowed:boolean?
  trafficFilterOverrideAllowed:boolean? }
data DVSCapability : DynamicData { dvsOperationSupported:boolean?
  dvPortGroupOperationSupported:boolean? dvPortOperationSupported:boolean?
  compatibleHostComponentProductInfo:DistributedVirtualSwitchHostProductSpec[]?
  featuresSupported:DVSFeatureCapability? }
data DistributedVirtualSwitchHostProductSpec : DynamicData { productLineId:string? version:string?
  }
data DVSFeatureCapability : DynamicData { networkResourceManagementSupported:boolean
  vmDirectPathGen2Supported:boolean nicTeamingPolicy:string[]?
  networkResourcePoolHighShareValue:int?
  networkResourceManagementCapability:DVSNetworkResourceManagementCapability?
  healthCheckCapability:DVSHealthCheckCapability? rollbackCapability:DVSRollbackCapability?
  backupRestoreCapability:DVSBackupRestoreCapability? networkFilterSupported:boolean?
  macLearningSupported:boolean?@6.7 }
data DVSNetworkResourceManagementCapability : DynamicData {
  networkResourceManagementSupported:boolean networkResourcePoolHighShareValue:int
  qosSupported:boolean userDefinedNetworkResourcePoolsSupported:boolean
  networkResourceControlVersion3Supported:boolean?
  userDefinedInfraTrafficPoolSupported:boolean?@6.7 }
data DVSHealthCheckCapability : DynamicData { }
data DVSRollbackCapability : DynamicData { rollbackSupported:boolean }
data DVSBackupRestoreCapability : DynamicData { backupRestoreSupported:boolean }
data DVSSummary : DynamicData { name:string uuid:string numPorts:int
  productInfo:DistributedVirtualSwitchProductSpec? hostMember:HostSystem[]? vm:VirtualMachine[]?
  host:HostSystem[]? portgroupName:string[]? description:string? contact:DVSContactInfo?
  numHosts:int? }
data DistributedVirtualSwitchProductSpec : DynamicData { name:string? vendor:string?
  version:string? build:string? forwardingClass:string? bundleId:string? bundleUrl:string? }
data DVSContactInfo : DynamicData { name:string? contact:string? }
data DVSConfigInfo : DynamicData { uuid:string name:string numStandalonePorts:int numPorts:int
  maxPorts:int uplinkPortPolicy:DVSUplinkPortPolicy uplinkPortgroup:DistributedVirtualPortgroup[]?
  defaultPortConfig:DVPortSetting host:DistributedVirtualSwitchHostMember[]?
  productInfo:DistributedVirtualSwitchProductSpec targetInfo:DistributedVirtualSwitchProductSpec?
  extensionKey:string? vendorSpecificConfig:DistributedVirtualSwitchKeyedOpaqueBlob[]?
  policy:DVSPolicy? description:string? configVersion:string contact:DVSContactInfo
  switchIpAddress:string? createTime:dateTime networkResourceManagementEnabled:boolean
  defaultProxySwitchMaxNumPorts:int? healthCheckConfig:DVSHealthCheckConfig[]?
  infrastructureTrafficResourceConfig:DvsHostInfrastructureTrafficResource[]?
  netResourcePoolTrafficResourceConfig:DvsHostInfrastructureTrafficResource[]?@6.7
  networkResourceControlVersion:string? vmVnicNetworkResourcePool:DVSVmVnicNetworkResourcePool[]?
  pnicCapacityRatioForReservation:int? }
)";

} // namespace pf::vim
