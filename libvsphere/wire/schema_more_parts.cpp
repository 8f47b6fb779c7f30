// More parts: alarms, distributed switches, devices, customisation.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaMoreParts = R"(
data DVSUplinkPortPolicy : DynamicData { }
data DistributedVirtualSwitchHostMember : DynamicData {
  runtimeState:DistributedVirtualSwitchHostMemberRuntimeState?
  config:DistributedVirtualSwitchHostMemberConfigInfo
  productInfo:DistributedVirtualSwitchProductSpec? uplinkPortKey:string[]? status:string
  statusDetail:string? }
data DistributedVirtualSwitchHostMemberRuntimeState : DynamicData { currentMaxProxySwitchPorts:int
  }
data DistributedVirtualSwitchHostMemberConfigInfo : DynamicData { host:HostSystem?
  maxProxySwitchPorts:int vendorSpecificConfig:DistributedVirtualSwitchKeyedOpaqueBlob[]?
  backing:DistributedVirtualSwitchHostMemberBacking }
data DVSPolicy : DynamicData { autoPreInstallAllowed:boolean? autoUpgradeAllowed:boolean?
  partialUpgradeAllowed:boolean? }
data DVSHealthCheckConfig : DynamicData { enable:boolean? interval:int? }
data DvsHostInfrastructureTrafficResource : DynamicData { key:string description:string?
  allocationInfo:DvsHostInfrastructureTrafficResourceAllocation }
data DvsHostInfrastructureTrafficResourceAllocation : DynamicData { limit:long? shares:SharesInfo?
  reservation:long? }
data DVSVmVnicNetworkResourcePool : DynamicData { key:string name:string? description:string?
  configVersion:string allocationInfo:DvsVmVnicResourceAllocation? }
data DvsVmVnicResourceAllocation : DynamicData { reservationQuota:long? }
enum HostInternetScsiHbaNetworkBindingSupportType { notsupported optional required }
data HostInternetScsiHbaDiscoveryCapabilities : DynamicData { iSnsDiscoverySettable:boolean
  slpDiscoverySettable:boolean staticTargetDiscoverySettable:boolean
  sendTargetsDiscoverySettable:boolean }
data HostInternetScsiHbaDiscoveryProperties : DynamicData { iSnsDiscoveryEnabled:boolean
  iSnsDiscoveryMethod:string? iSnsHost:string? slpDiscoveryEnabled:boolean
  slpDiscoveryMethod:string? slpHost:string? staticTargetDiscoveryEnabled:boolean
  sendTargetsDiscoveryEnabled:boolean }
data HostInternetScsiHbaAuthenticationCapabilities : DynamicData { chapAuthSettable:boolean
  krb5AuthSettable:boolean srpAuthSettable:boolean spkmAuthSettable:boolean
  mutualChapSettable:boolean? targetChapSettable:boolean? targetMutualChapSettable:boolean? }
data HostInternetScsiHbaAuthenticationProperties : DynamicData { chapAuthEnabled:boolean
  chapName:string? chapSecret:string? chapAuthenticationType:string? chapInherited:boolean?
  mutualChapName:string? mutualChapSecret:string? mutualChapAuthenticationType:string?
  mutualChapInherited:boolean? }
data HostInternetScsiHbaDigestCapabilities : DynamicData { headerDigestSettable:boolean?
  dataDigestSettable:boolean? targetHeaderDigestSettable:boolean?
  targetDataDigestSettable:boolean? }
data HostInternetScsiHbaDigestProperties : DynamicData { headerDigestType:string?
  headerDigestInherited:boolean? dataDigestType:string? dataDigestInherited:boolean? }
data HostInternetScsiHbaIPCapabilities : DynamicData { addressSettable:boolean
  ipConfigurationMethodSettable:boolean subnetMaskSettable:boolean defaultGatewaySettable:boolean
  primaryDnsServerAddressSettable:boolean alternateDnsServerAddressSettable:boolean
  ipv6Supported:boolean? arpRedirectSettable:boolean? mtuSettable:boolean?
  hostNameAsTargetAddress:boolean? nameAliasSettable:boolean? ipv4EnableSettable:boolean?
  ipv6EnableSettable:boolean? ipv6PrefixLengthSettable:boolean? ipv6PrefixLength:int?
  ipv6DhcpConfigurationSettable:boolean? ipv6LinkLocalAutoConfigurationSettable:boolean?
  ipv6RouterAdvertisementConfigurationSettable:boolean? ipv6DefaultGatewaySettable:boolean?
  ipv6MaxStaticAddressesSupported:int? }
data HostInternetScsiHbaIPProperties : DynamicData { mac:string? address:string?
  dhcpConfigurationEnabled:boolean subnetMask:string? defaultGateway:string?
  primaryDnsServerAddress:string? alternateDnsServerAddress:string? ipv6Address:string?
  ipv6SubnetMask:string? ipv6DefaultGateway:string? arpRedirectEnabled:boolean? mtu:int?
  jumboFramesEnabled:boolean? ipv4Enabled:boolean? ipv6Enabled:boolean?
  ipv6properties:HostInternetScsiHbaIPv6Properties? }
data HostInternetScsiHbaIPv6Properties : DynamicData {
  iscsiIpv6Address:HostInternetScsiHbaIscsiIpv6Address[]? ipv6DhcpConfigurationEnabled:boolean?
  ipv6LinkLocalAutoConfigurationEnabled:boolean?
  ipv6RouterAdvertisementConfigurationEnabled:boolean? ipv6DefaultGateway:string? }
data HostInternetScsiHbaIscsiIpv6Address : DynamicData { address:string prefixLength:int
  origin:string operation:string? }
data HostInternetScsiHbaParamValue : OptionValue { isInherited:boolean? }
data HostInternetScsiHbaSendTarget : DynamicData { address:string port:int?
  authenticationProperties:HostInternetScsiHbaAuthenticationProperties?
  digestProperties:HostInternetScsiHbaDigestProperties? supportedAdvancedOptions:OptionDef[]?
  advancedOptions:HostInternetScsiHbaParamValue[]? parent:string? }
data HostInternetScsiHbaStaticTarget : DynamicData { address:string port:int? iScsiName:string
  discoveryMethod:string? authenticationProperties:HostInternetScsiHbaAuthenticationProperties?
  digestProperties:HostInternetScsiHbaDigestProperties? supportedAdvancedOptions:OptionDef[]?
  advancedOptions:HostInternetScsiHbaParamValue[]? parent:string? }
data VirtualMachineConsolePreferences : DynamicData { powerOnWhenOpened:boolean?
  enterFullScreenOnPowerOn:boolean? closeOnPowerOffOrSuspend:boolean? }
data VirtualMachineNetworkShaperInfo : DynamicData { enabled:boolean? peakBps:long?
  averageBps:long? burstSize:long? }
data VirtualMachineBootOptions : DynamicData { bootDelay:long? enterBIOSSetup:boolean?
  efiSecureBootEnabled:boolean?@6.5 bootRetryEnabled:boolean? bootRetryDelay:long?
  bootOrder:VirtualMachineBootOptionsBootableDevice[]? networkBootProtocol:string? }
data VirtualMachineBootOptionsBootableDevice : DynamicData { }
data VmConfigInfo : DynamicData { product:VAppProductInfo[]? property:VAppPropertyInfo[]?
  ipAssignment:VAppIPAssignmentInfo eula:string[]? ovfSection:VAppOvfSectionInfo[]?
  ovfEnvironmentTransport:string[]? installBootRequired:boolean installBootStopDelay:int }
data VAppProductInfo : DynamicData { key:int classId:string? instanceId:string? name:string?
  vendor:string? version:string? fullVersion:string? vendorUrl:string? productUrl:string?
  appUrl:string? }
data VAppPropertyInfo : DynamicData { key:int classId:string? instanceId:string? id:string?
  category:string? label:string? type:string? typeReference:string? userConfigurable:boolean?
  defaultValue:string? value:string? description:string? }
data VAppIPAssignmentInfo : DynamicData { supportedAllocationScheme:string[]?
  ipAllocationPolicy:string? supportedIpProtocol:string[]? ipProtocol:string? }
data VAppOvfSectionInfo : DynamicData { key:int? namespace:string? type:string?
  atEnvelopeLevel:boolean? contents:string? }
data VirtualMachineConfigInfoOverheadInfo : DynamicData { initialMemoryReservation:long?
  initialSwapReservation:long? }
data ScheduledHardwareUpgradeInfo : DynamicData { upgradePolicy:string? versionKey:string?
  scheduledHardwareUpgradeStatus:string? fault:LocalizedMethodFault? }
data VirtualMachineForkConfigInfo : DynamicData { parentEnabled:boolean? childForkGroupId:string?
  parentForkGroupId:string?@6.5 childType:string? }
data VirtualMachineGuestIntegrityInfo : DynamicData @6.5 { enabled:boolean? }
data ToolsConfigInfoToolsLastInstallInfo : DynamicData { counter:int fault:LocalizedMethodFault? }
data ReplicationInfoDiskSettings : DynamicData { key:int diskReplicationId:string }
data VirtualMachineDeviceRuntimeInfo : DynamicData {
  runtimeState:VirtualMachineDeviceRuntimeInfoDeviceRuntimeState key:int }
data VirtualMachineDeviceRuntimeInfoDeviceRuntimeState : DynamicData { }
data VirtualMachineToolsUpdateStatus : DynamicData { updateRequireReboot:boolean?
  updateRequireRebootComponent:string[]? }
data GuestNicInfo : DynamicData { network:string? ipAddress:string[]? macAddress:string?
  connected:boolean deviceConfigId:int dnsConfig:NetDnsConfigInfo? ipConfig:NetIpConfigInfo?
  netBIOSConfig:NetBIOSConfigInfo? }
data NetDnsConfigInfo : DynamicData { dhcp:boolean hostName:string domainName:string
  ipAddress:string[]? searchDomain:string[]? }
data NetIpConfigInfo : DynamicData { ipAddress:NetIpConfigInfoIpAddress[]? dhcp:NetDhcpConfigInfo?
  autoConfigurationEnabled:boolean? }
data NetIpConfigInfoIpAddress : DynamicData { ipAddress:string prefixLength:int origin:string?
  state:string? lifetime:dateTime? }
data NetDhcpConfigInfo : DynamicData { ipv6:NetDhcpConfigInfoDhcpOptions?
  ipv4:NetDhcpConfigInfoDhcpOptions? }
data NetDhcpConfigInfoDhcpOptions : DynamicData { enable:boolean config:KeyValue[]? }
data NetBIOSConfigInfo : DynamicData { mode:string }
data GuestStackInfo : DynamicData { dnsConfig:NetDnsConfigInfo?
  ipRouteConfig:NetIpRouteConfigInfo? ipStackConfig:KeyValue[]? dhcpConfig:NetDhcpConfigInfo? }
data NetIpRouteConfigInfo : DynamicData { ipRoute:NetIpRouteConfigInfoIpRoute[]? }
data NetIpRouteConfigInfoIpRoute : DynamicData { network:string prefixLength:int
  gateway:NetIpRouteConfigInfoGateway }
data NetIpRouteConfigInfoGateway : DynamicData { ipAddress:string? device:string? }
data GuestDiskInfo : DynamicData { diskPath:string? capacity:long? freeSpace:long? }
data GuestScreenInfo : DynamicData { width:int height:int }
data VirtualMachinePowerPolicy : DynamicData { powerMode:string?
  acProfile:VirtualMachinePowerPolicyProfile? batteryProfile:VirtualMachinePowerPolicyProfile? }
data VirtualMachinePowerPolicyProfile : DynamicData { cpuMode:string? monitorTimeout:int?
  hardDiskTimeout:int? hibernateTimeout:int? suspendTimeout:int? forcedThrottle:int?
  minProcessorState:int? maxProcessorState:int? }
data GuestInfoNamespaceGenerationInfo : DynamicData { key:string generationNo:int }
data CryptoSpec : DynamicData @6.5 { }
data ReplicationSpec : DynamicData @6.5 { replicationGroupId:ReplicationGroupId }
data ReplicationGroupId : DynamicData @6.5 { faultDomainId:FaultDomainId
  deviceGroupId:DeviceGroupId }
data FaultDomainId : DynamicData @6.5 { id:string }
data DeviceGroupId : DynamicData @6.5 { id:string }
data VirtualMachineProfileRawData : DynamicData { extensionKey:string objectData:string? }
data ServiceLocatorCredential : DynamicData { }
data VirtualMachineCpuIdInfoSpec : ArrayUpdateSpec { info:HostCpuIdInfo? }
data VmConfigSpec : DynamicData { product:VAppProductSpec[]? property:VAppPropertySpec[]?
  ipAssignment:VAppIPAssignmentInfo? eula:string[]? ovfSection:VAppOvfSectionSpec[]?
  ovfEnvironmentTransport:string[]? installBootRequired:boolean? installBootStopDelay:int? }
data VAppProductSpec : ArrayUpdateSpec { info:VAppProductInfo? }
data VAppPropertySpec : ArrayUpdateSpec { info:VAppPropertyInfo? }
data VAppOvfSectionSpec : ArrayUpdateSpec { info:VAppOvfSectionInfo? }
data CustomizationSpec : DynamicData { options:CustomizationOptions?
  identity:CustomizationIdentitySettings globalIPSettings:CustomizationGlobalIPSettings
  nicSettingMap:CustomizationAdapterMapping[]? encryptionKey:byte[]? }
data CustomizationOptions : DynamicData { }
data CustomizationIdentitySettings : DynamicData { }
data CustomizationGlobalIPSettings : DynamicData { dnsSuffixList:string[]? dnsServerList:string[]?
  }
data CustomizationAdapterMapping : DynamicData { macAddress:string?
  adapter:CustomizationIPSettings }
data CustomizationIPSettings : DynamicData { ip:CustomizationIpGenerator subnetMask:string?
  gateway:string[]? ipV6Spec:CustomizationIPSettingsIpV6AddressSpec? dnsServerList:string[]?
  dnsDomain:string? primaryWINS:string? secondaryWINS:string? netBIOS:CustomizationNetBIOSMode? }
data CustomizationIpGenerator : DynamicData { }
data CustomizationIPSettingsIpV6AddressSpec : DynamicData { ip:CustomizationIpV6Generator[]
  gateway:string[]? }
data CustomizationIpV6Generator : DynamicData { }
enum CustomizationNetBIOSMode { enableNetBIOSViaDhcp enableNetBIOS disableNetBIOS }
data VirtualDiskVFlashCacheConfigInfo : DynamicData { vFlashModule:string? reservationInMB:long?
  cacheConsistencyType:string? cacheMode:string? blockSizeInKB:long? }
data VirtualEthernetCardResourceAllocation : DynamicData { reservation:long? share:SharesInfo
  limit:long? }
data VirtualMachineVMCIDeviceFilterInfo : DynamicData {
  filters:VirtualMachineVMCIDeviceFilterSpec[]? }
data VirtualMachineVMCIDeviceFilterSpec : DynamicData { rank:long action:string protocol:string
  direction:string lowerDstPortBoundary:long? upperDstPortBoundary:long? }
data VirtualDeviceConfigSpecBackingSpec : DynamicData @6.5 {
  parent:VirtualDeviceConfigSpecBackingSpec? crypto:CryptoSpec? }
data HostAccountSpec : DynamicData { id:string password:string? description:string? }
data AfterStartupTaskScheduler : TaskScheduler { minute:int }
data AlarmEventArgument : EntityEventArgument { alarm:Alarm }
data ManagedEntityEventArgument : EntityEventArgument { entity:ManagedEntity }
data ChangesInfoEventArgument : DynamicData @6.5 { modified:string? added:string? deleted:string?
  }
data AlarmTriggeringAction : AlarmAction { action:Action
  transitionSpecs:AlarmTriggeringActionTransitionSpec[]? green2yellow:boolean yellow2red:boolean
  red2yellow:boolean yellow2green:boolean }
data AlarmTriggeringActionTransitionSpec : DynamicData { startState:ManagedEntityStatus
  finalState:ManagedEntityStatus repeats:boolean }
data AndAlarmExpression : AlarmExpression { expression:AlarmExpression[] }
data AnswerFileUpdateFailure : DynamicData { userInputPath:ProfilePropertyPath
  errMsg:LocalizableMessage }
data ProfilePropertyPath : DynamicData { profilePath:PropertyPath policyId:string?
  parameterId:string? policyOptionId:string?@6.7 }
data BoolOption : OptionType { supported:boolean defaultValue:boolean }
data ClusterAffinityRuleSpec : ClusterRuleInfo { vm:VirtualMachine[] }
data ClusterAntiAffinityRuleSpec : ClusterRuleInfo { vm:VirtualMachine[] }
data ProfileEventArgument : EventArgument { profile:Profile name:string }
managed Profile { }
data FolderEventArgument : EntityEventArgument { folder:Folder }
data ClusterDependencyRuleInfo : ClusterRuleInfo @6.5 { vmGroup:string dependsOnVmGroup:string }
data ClusterFailoverHostAdmissionControlPolicy : ClusterDasAdmissionControlPolicy {
  failoverHosts:HostSystem[]? failoverLevel:int?@6.5 }
data ClusterFailoverLevelAdmissionControlPolicy : ClusterDasAdmissionControlPolicy {
  failoverLevel:int slotPolicy:ClusterSlotPolicy? }
data ClusterSlotPolicy : DynamicData { }
data ClusterFailoverResourcesAdmissionControlPolicy : ClusterDasAdmissionControlPolicy {
  cpuFailoverResourcesPercent:int memoryFailoverResourcesPercent:int failoverLevel:int?@6.5
  autoComputePercentages:boolean?@6.5 }
data ClusterHostGroup : ClusterGroupInfo { host:HostSystem[]? }
data ClusterHostInfraUpdateHaModeAction : ClusterAction @6.5 { operationType:string }
data ClusterHostPowerAction : ClusterAction { operationType:HostPowerOperationType
  powerConsumptionWatt:int? cpuCapacityMHz:int? memCapacityMB:int? }
enum HostPowerOperationType { powerOn powerOff }
data ClusterIncreaseAllocationAction : ClusterAction { delta:ClusterPerResourceValue? }
data ClusterPerResourceValue : DynamicData { resourceType:string value:int? }
data ClusterIncreaseCpuCapacityAction : ClusterAction { delta:int? numCpus:int? }
data ClusterInitialPlacementAction : ClusterAction { targetHost:HostSystem pool:ResourcePool? }
data ClusterMigrationAction : ClusterAction { drsMigration:ClusterDrsMigration? }
data ClusterVmGroup : ClusterGroupInfo { vm:VirtualMachine[]? }
data ClusterVmHostRuleInfo : ClusterRuleInfo { vmGroupName:string? affineHostGroupName:string?
  antiAffineHostGroupName:string? }
data ConflictingConfigurationConfig : DynamicData { entity:ManagedEntity? propertyPath:string }
data CreateTaskAction : Action { taskTypeId:string cancelable:boolean }
data DVPortgroupConfigSpec : DynamicData { configVersion:string? name:string? numPorts:int?
  portNameFormat:string? defaultPortConfig:DVPortSetting? description:string? type:string?
  scope:ManagedEntity[]? policy:DVPortgroupPolicy?
  vendorSpecificConfig:DistributedVirtualSwitchKeyedOpaqueBlob[]? autoExpand:boolean?
  vmVnicNetworkResourcePoolKey:string? }
data DVSFailureCriteria : InheritablePolicy { checkSpeed:StringPolicy? speed:IntPolicy?
  checkDuplex:BoolPolicy? fullDuplex:BoolPolicy? checkErrorPercent:BoolPolicy?
  percentage:IntPolicy? checkBeacon:BoolPolicy? }
data IntPolicy : InheritablePolicy { value:int? }
data DVSMacLearningPolicy : InheritablePolicy @6.7 { enabled:boolean allowUnicastFlooding:boolean?
  limit:int? limitPolicy:string? }
data DVSMacManagementPolicy : InheritablePolicy @6.7 { allowPromiscuous:boolean?
  macChanges:boolean? forgedTransmits:boolean? macLearningPolicy:DVSMacLearningPolicy? }
data DVSNameArrayUplinkPortPolicy : DVSUplinkPortPolicy { uplinkPortName:string[] }
data DVSSecurityPolicy : InheritablePolicy { allowPromiscuous:BoolPolicy? macChanges:BoolPolicy?
  forgedTransmits:BoolPolicy? }
data DailyTaskScheduler : HourlyTaskScheduler { hour:int }
data HourlyTaskScheduler : RecurrentTaskScheduler { minute:int }
data RecurrentTaskScheduler : TaskScheduler { interval:int }
data DatacenterMismatchArgument : DynamicData { entity:ManagedEntity inputDatacenter:Datacenter? }
data DvsApplyOperationFaultFaultOnObject : DynamicData { objectId:string type:TypeName
  fault:LocalizedMethodFault }
data DvsFilterConfigSpec : DvsFilterConfig { operation:string }
data HostMemberHealthCheckResult : DynamicData { summary:string? }
data DvsOutOfSyncHostArgument : DynamicData { outOfSyncHost:HostEventArgument
  configParamters:string[] }
data DvsOperationBulkFaultFaultOnHost : DynamicData { host:HostSystem fault:LocalizedMethodFault }
data DVSConfigSpec : DynamicData { configVersion:string? name:string? numStandalonePorts:int?
  maxPorts:int? uplinkPortPolicy:DVSUplinkPortPolicy?
  uplinkPortgroup:DistributedVirtualPortgroup[]? defaultPortConfig:DVPortSetting?
  host:DistributedVirtualSwitchHostMemberConfigSpec[]? extensionKey:string? description:string?
  policy:DVSPolicy? vendorSpecificConfig:DistributedVirtualSwitchKeyedOpaqueBlob[]?
  contact:DVSContactInfo? switchIpAddress:string? defaultProxySwitchMaxNumPorts:int?
  infrastructureTrafficResourceConfig:DvsHostInfrastructureTrafficResource[]?
  netResourcePoolTrafficResourceConfig:DvsHostInfrastructureTrafficResource[]?@6.7
  networkResourceControlVersion:string? }
data DistributedVirtualSwitchHostMemberConfigSpec : DynamicData { operation:string host:HostSystem
  backing:DistributedVirtualSwitchHostMemberBacking? maxProxySwitchPorts:int?
  vendorSpecificConfig:DistributedVirtualSwitchKeyedOpaqueBlob[]? }
data DvsTrafficFilterConfig : DvsFilterConfig { trafficRuleset:DvsTrafficRuleset? }
data DvsTrafficRuleset : DynamicData { key:string? enabled:boolean? precedence:int?
  rules:DvsTrafficRule[]? }
data DvsTrafficRule : DynamicData { key:string? description:string? sequence:int?
  qualifier:DvsNetworkRuleQualifier[]? action:DvsNetworkRuleAction? direction:string? }
data DvsNetworkRuleQualifier : DynamicData { key:string? }
data DvsNetworkRuleAction : DynamicData { }
data DvsTrafficFilterConfigSpec : DvsTrafficFilterConfig { operation:string }
data EventAlarmExpression : AlarmExpression { comparisons:EventAlarmExpressionComparison[]?
  eventType:TypeName eventTypeId:string? objectType:TypeName? status:ManagedEntityStatus? }
data EventAlarmExpressionComparison : DynamicData { attributeName:string operator:string
  value:string }
data ExtendedElementDescription : ElementDescription { messageCatalogKeyPrefix:string
  messageArg:KeyAnyValue[]? }
data ExtendedEventPair : DynamicData { key:string value:string }
data ComputeResourceHostSPBMLicenseInfo : DynamicData { host:HostSystem
  licenseState:ComputeResourceHostSPBMLicenseInfoHostSPBMLicenseState }
enum ComputeResourceHostSPBMLicenseInfoHostSPBMLicenseState { licensed unlicensed unknown }
data VirtualDiskId : DynamicData { vm:VirtualMachine diskId:int }
data FloatOption : OptionType { min:float max:float defaultValue:float }
data FloppyImageFileInfo : FileInfo { }
data FloppyImageFileQuery : FileQuery { }
data GroupAlarmAction : AlarmAction { action:AlarmAction[] }
data GuestAuthentication : DynamicData { interactiveSession:boolean }
data HbrDiskMigrationAction : ClusterAction { collectionId:string collectionName:string
  diskIds:string[] source:Datastore destination:Datastore sizeTransferred:long
  spaceUtilSrcBefore:float? spaceUtilDstBefore:float? spaceUtilSrcAfter:float?
  spaceUtilDstAfter:float? ioLatencySrcBefore:float? ioLatencyDstBefore:float? }
data HostFibreChannelOverEthernetHba : HostFibreChannelHba { underlyingNic:string
  linkInfo:HostFibreChannelOverEthernetHbaLinkInfo isSoftwareFcoe:boolean markedForRemoval:boolean
  }
data HostFibreChannelOverEthernetHbaLinkInfo : DynamicData { vnportMac:string fcfMac:string
  vlanId:int }
data HostFibreChannelOverEthernetTargetTransport : HostFibreChannelTargetTransport {
  vnportMac:string fcfMac:string vlanId:int }
data DVSHostLocalPortInfo : DynamicData { switchUuid:string portKey:string setting:DVPortSetting
  vnic:string }
data HostPMemVolume : HostFileSystemVolume @6.7 { uuid:string version:string }
data VnicPortArgument : DynamicData { vnic:string port:DistributedVirtualSwitchPortConnection }
data ImportOperationBulkFaultFaultOnImport : DynamicData { entityType:string? key:string?
  fault:LocalizedMethodFault }
data IntOption : OptionType { min:int max:int defaultValue:int }
data LicenseFeatureInfo : DynamicData { key:string featureName:string featureDescription:string?
  state:LicenseFeatureInfoState? costUnit:string sourceRestriction:string? dependentKey:string[]?
  edition:boolean? expiresOn:dateTime? }
enum LicenseFeatureInfoState { enabled disabled optional }
data LicenseManagerLicenseInfo : DynamicData { licenseKey:string editionKey:string name:string
  total:int used:int? costUnit:string properties:KeyAnyValue[]? labels:KeyValue[]? }
data LicenseSource : DynamicData { }
data MethodAction : Action { name:MethodName argument:MethodActionArgument[]? }
data MethodActionArgument : DynamicData { value:anyType? }
data MetricAlarmExpression : AlarmExpression { operator:MetricAlarmOperator type:TypeName
  metric:PerfMetricId yellow:int? yellowInterval:int? red:int? redInterval:int? }
enum MetricAlarmOperator { isAbove isBelow }
data PerfMetricId : DynamicData { counterId:int instance:string }
data ResourcePoolEventArgument : EntityEventArgument { resourcePool:ResourcePool }
data MonthlyByDayTaskScheduler : MonthlyTaskScheduler { day:int }
data MonthlyTaskScheduler : DailyTaskScheduler { }
data MonthlyByWeekdayTaskScheduler : MonthlyTaskScheduler { offset:WeekOfMonth weekday:DayOfWeek }
enum WeekOfMonth { first second third fourth last }
enum DayOfWeek { sunday monday tuesday wednesday thursday friday saturday }
data MultipleCertificatesVerifyFaultThumbprintData : DynamicData { port:int thumbprint:string }
data OnceTaskScheduler : TaskScheduler { runAt:dateTime? }
data OpaqueNetworkSummary : NetworkSummary { opaqueNetworkId:string opaqueNetworkType:string }
data OrAlarmExpression : AlarmExpression { expression:AlarmExpression[] }
data PMemDatastoreInfo : DatastoreInfo @6.7 { pmem:HostPMemVolume }
data PerfCounterInfo : DynamicData { key:int nameInfo:ElementDescription
  groupInfo:ElementDescription unitInfo:ElementDescription rollupType:PerfSummaryType
  statsType:PerfStatsType level:int? perDeviceLevel:int? associatedCounterId:int[]? }
enum PerfSummaryType { average maximum minimum latest summation none }
enum PerfStatsType { absolute delta rate }
data RoleEventArgument : EventArgument { roleId:int name:string }
data PlacementAction : ClusterAction { vm:VirtualMachine? targetHost:HostSystem?
  relocateSpec:VirtualMachineRelocateSpec? }
enum FtIssuesOnHostHostSelectionType { user vc drs }
data ProfileUpdateFailedUpdateFailure : DynamicData { profilePath:ProfilePropertyPath
  errMsg:LocalizableMessage }
data RunScriptAction : Action { script:string }
data ScheduledTaskEventArgument : EntityEventArgument { scheduledTask:ScheduledTask }
data SendEmailAction : Action { toList:string ccList:string subject:string body:string }
data SendSNMPAction : Action { }
data StateAlarmExpression : AlarmExpression { operator:StateAlarmOperator type:TypeName
  statePath:PropertyPath yellow:string? red:string? }
enum StateAlarmOperator { isEqual isUnequal }
data StorageMigrationAction : ClusterAction { vm:VirtualMachine
  relocateSpec:VirtualMachineRelocateSpec source:Datastore destination:Datastore
  sizeTransferred:long spaceUtilSrcBefore:float? spaceUtilDstBefore:float?
  spaceUtilSrcAfter:float? spaceUtilDstAfter:float? ioLatencySrcBefore:float?
  ioLatencyDstBefore:float? }
data StoragePlacementAction : ClusterAction { vm:VirtualMachine?
  relocateSpec:VirtualMachineRelocateSpec destination:Datastore spaceUtilBefore:float?
  spaceDemandBefore:float? spaceUtilAfter:float? spaceDemandAfter:float? ioLatencyBefore:float? }
data StringOption : OptionType { defaultValue:string validCharacters:string? }
data TemplateConfigFileInfo : VmConfigFileInfo { }
data TemplateConfigFileQuery : VmConfigFileQuery { }
data VMwareDVSConfigInfo : DVSConfigInfo { vspanSession:VMwareVspanSession[]?
  pvlanConfig:VMwareDVSPvlanMapEntry[]? maxMtu:int
  linkDiscoveryProtocolConfig:LinkDiscoveryProtocolConfig? ipfixConfig:VMwareIpfixConfig?
  lacpGroupConfig:VMwareDvsLacpGroupConfig[]? lacpApiVersion:string?
  multicastFilteringMode:string? }
data VMwareVspanSession : DynamicData { key:string? name:string? description:string?
  enabled:boolean sourcePortTransmitted:VMwareVspanPort? sourcePortReceived:VMwareVspanPort?
  destinationPort:VMwareVspanPort? encapsulationVlanId:int? stripOriginalVlan:boolean
  mirroredPacketLength:int? normalTrafficAllowed:boolean sessionType:string? samplingRate:int?
  encapType:string?@6.5 erspanId:int?@6.5 erspanCOS:int?@6.5 erspanGraNanosec:boolean?@6.5
  netstack:string?@6.7 }
data VMwareVspanPort : DynamicData { portKey:string[]? uplinkPortName:string[]?
  wildcardPortConnecteeType:string[]? vlans:int[]? ipAddress:string[]? }
data VMwareDVSPvlanMapEntry : DynamicData { primaryVlanId:int secondaryVlanId:int pvlanType:string
  }
data VMwareIpfixConfig : DynamicData { collectorIpAddress:string? collectorPort:int?
  observationDomainId:long? activeFlowTimeout:int idleFlowTimeout:int samplingRate:int
  internalFlowsOnly:boolean }
data VMwareDvsLacpGroupConfig : DynamicData { key:string? name:string? mode:string? uplinkNum:int?
  loadbalanceAlgorithm:string? vlan:VMwareDvsLagVlanConfig? ipfix:VMwareDvsLagIpfixConfig?
  uplinkName:string[]? uplinkPortKey:string[]? }
data VMwareDvsLagVlanConfig : DynamicData { vlanId:NumericRange[]? }
data VMwareDvsLagIpfixConfig : DynamicData { ipfixEnabled:boolean? }
data VMwareDVSFeatureCapability : DVSFeatureCapability { vspanSupported:boolean?
  lldpSupported:boolean? ipfixSupported:boolean? ipfixCapability:VMwareDvsIpfixCapability?
  multicastSnoopingSupported:boolean? vspanCapability:VMwareDVSVspanCapability?
  lacpCapability:VMwareDvsLacpCapability? }
data VMwareDvsIpfixCapability : DynamicData { ipfixSupported:boolean?
  ipv6ForIpfixSupported:boolean? observationDomainIdSupported:boolean? }
data VMwareDVSVspanCapability : DynamicData { mixedDestSupported:boolean dvportSupported:boolean
  remoteSourceSupported:boolean remoteDestSupported:boolean encapRemoteSourceSupported:boolean
  erspanProtocolSupported:boolean?@6.5 mirrorNetstackSupported:boolean?@6.7 }
data VMwareDvsLacpCapability : DynamicData { lacpSupported:boolean?
  multiLacpGroupSupported:boolean? }
data VMwareDVSHealthCheckCapability : DVSHealthCheckCapability { vlanMtuSupported:boolean
  teamingSupported:boolean }
data VMwareDVSHealthCheckConfig : DVSHealthCheckConfig { }
data VMwareDVSPortSetting : DVPortSetting { vlan:VmwareDistributedVirtualSwitchVlanSpec?
  qosTag:IntPolicy? uplinkTeamingPolicy:VmwareUplinkPortTeamingPolicy?
  securityPolicy:DVSSecurityPolicy? ipfixEnabled:BoolPolicy? txUplink:BoolPolicy?
  lacpPolicy:VMwareUplinkLacpPolicy? macManagementPolicy:DVSMacManagementPolicy?@6.7 }
data VmwareDistributedVirtualSwitchVlanSpec : InheritablePolicy { }
data VmwareUplinkPortTeamingPolicy : InheritablePolicy { policy:StringPolicy?
  reversePolicy:BoolPolicy? notifySwitches:BoolPolicy? rollingOrder:BoolPolicy?
  failureCriteria:DVSFailureCriteria? uplinkPortOrder:VMwareUplinkPortOrderPolicy? }
data VMwareUplinkPortOrderPolicy : InheritablePolicy { activeUplinkPort:string[]?
  standbyUplinkPort:string[]? }
data VMwareUplinkLacpPolicy : InheritablePolicy { enable:BoolPolicy? mode:StringPolicy? }
data VMwareDVSTeamingHealthCheckConfig : VMwareDVSHealthCheckConfig { }
data VMwareDVSVlanMtuHealthCheckConfig : VMwareDVSHealthCheckConfig { }
data VirtualCdromPassthroughBackingInfo : VirtualDeviceDeviceBackingInfo { exclusive:boolean
  description:string? }
data VirtualDevicePipeBackingInfo : VirtualDeviceBackingInfo { pipeName:string }
data VirtualDeviceURIBackingInfo : VirtualDeviceBackingInfo { serviceURI:string direction:string
  proxyURI:string? }
data VirtualDiskFlatVer1BackingInfo : VirtualDeviceFileBackingInfo { diskMode:string
  split:boolean? writeThrough:boolean? contentId:string? parent:VirtualDiskFlatVer1BackingInfo? }
data VirtualDiskPartitionedRawDiskVer2BackingInfo : VirtualDiskRawDiskVer2BackingInfo {
  partition:int[] }
data VirtualDiskSparseVer1BackingInfo : VirtualDeviceFileBackingInfo { diskMode:string
  split:boolean? writeThrough:boolean? spaceUsedInKB:long? contentId:string?
  parent:VirtualDiskSparseVer1BackingInfo? }
data VirtualEnsoniq1371 : VirtualSoundCard { }
data VirtualSoundCard : VirtualDevice { }
data VirtualEthernetCardLegacyNetworkBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualEthernetCardOpaqueNetworkBackingInfo : VirtualDeviceBackingInfo {
  opaqueNetworkId:string opaqueNetworkType:string }
data VirtualFloppyDeviceBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualHdAudioCard : VirtualSoundCard { }
data VirtualMachineVMIROM : VirtualDevice { }
data VirtualNVDIMM : VirtualDevice @6.7 { capacityInMB:long }
data VirtualNVDIMMBackingInfo : VirtualDeviceFileBackingInfo @6.7 {
  parent:VirtualNVDIMMBackingInfo? changeId:string? }
data VirtualNVDIMMController : VirtualController @6.7 { }
data VirtualPCIPassthroughDeviceBackingInfo : VirtualDeviceDeviceBackingInfo { id:string
  deviceId:string systemId:string vendorId:short }
data VirtualPCIPassthroughPluginBackingInfo : VirtualDeviceBackingInfo { }
data VirtualPCIPassthroughVmiopBackingInfo : VirtualPCIPassthroughPluginBackingInfo { vgpu:string?
  }
data VirtualPCNet32 : VirtualEthernetCard { }
data VirtualParallelPort : VirtualDevice { }
data VirtualParallelPortDeviceBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualParallelPortFileBackingInfo : VirtualDeviceFileBackingInfo { }
data VirtualPointingDeviceDeviceBackingInfo : VirtualDeviceDeviceBackingInfo {
  hostPointingDevice:string }
data VirtualSCSIPassthrough : VirtualDevice { }
data VirtualSCSIPassthroughDeviceBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualSerialPortDeviceBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualSerialPortFileBackingInfo : VirtualDeviceFileBackingInfo { }
data VirtualSerialPortPipeBackingInfo : VirtualDevicePipeBackingInfo { endpoint:string
  noRxLoss:boolean? }
data VirtualSerialPortThinPrintBackingInfo : VirtualDeviceBackingInfo { }
data VirtualSerialPortURIBackingInfo : VirtualDeviceURIBackingInfo { }
data VirtualSoundBlaster16 : VirtualSoundCard { }
data VirtualSoundCardDeviceBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualSriovEthernetCard : VirtualEthernetCard { allowGuestOSMtuChange:boolean?
  sriovBacking:VirtualSriovEthernetCardSriovBackingInfo? }
data VirtualSriovEthernetCardSriovBackingInfo : VirtualDeviceBackingInfo {
  physicalFunctionBacking:VirtualPCIPassthroughDeviceBackingInfo?
  virtualFunctionBacking:VirtualPCIPassthroughDeviceBackingInfo? virtualFunctionIndex:int? }
data VirtualUSBRemoteClientBackingInfo : VirtualDeviceRemoteDeviceBackingInfo { hostname:string }
data VirtualUSBRemoteHostBackingInfo : VirtualDeviceDeviceBackingInfo { hostname:string }
data VirtualUSBUSBBackingInfo : VirtualDeviceDeviceBackingInfo { }
data VirtualVmxnet2 : VirtualVmxnet { }
data VirtualVmxnet3Vrdma : VirtualVmxnet3 @6.5 { deviceProtocol:string?@6.7 }
data VmLogFileInfo : FileInfo { }
data VmLogFileQuery : FileQuery { }
data VmNvramFileInfo : FileInfo { }
data VmNvramFileQuery : FileQuery { }
data VmSnapshotFileInfo : FileInfo { }
data VmSnapshotFileQuery : FileQuery { }
data VmwareDistributedVirtualSwitchPvlanSpec : VmwareDistributedVirtualSwitchVlanSpec {
  pvlanId:int }
data VmwareDistributedVirtualSwitchTrunkVlanSpec : VmwareDistributedVirtualSwitchVlanSpec {
  vlanId:NumericRange[]? }
data VmwareDistributedVirtualSwitchVlanIdSpec : VmwareDistributedVirtualSwitchVlanSpec {
  vlanId:int }
data WeeklyTaskScheduler : DailyTaskScheduler { sunday:boolean monday:boolean tuesday:boolean
  wednesday:boolean thursday:boolean friday:boolean saturday:boolean }
)";

} // namespace pf::vim
