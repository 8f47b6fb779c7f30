// HostSystem and its configuration managers, without network and storage.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaHost = R"(
managed HostSystem : ManagedEntity { runtime:HostRuntimeInfo summary:HostListSummary
  hardware:HostHardwareInfo? capability:HostCapability?
  licensableResource:HostLicensableResourceInfo configManager:HostConfigManager
  config:HostConfigInfo? vm:VirtualMachine[]? datastore:Datastore[]? network:Network[]?
  datastoreBrowser:HostDatastoreBrowser systemResources:HostSystemResourceInfo?
  remediationState:HostSystemRemediationState?@6.7
  precheckRemediationResult:ApplyHostProfileConfigurationSpec?@6.7
  remediationResult:ApplyHostProfileConfigurationResult?@6.7
  complianceCheckState:HostSystemComplianceCheckState?@6.7
  complianceCheckResult:ComplianceResult?@6.7
  answerFileValidationState:AnswerFileStatusResult?@6.7
  answerFileValidationResult:AnswerFileStatusResult?@6.7 }
enum HostSystemConnectionState { connected notResponding disconnected }
enum HostSystemPowerState { poweredOn poweredOff standBy unknown }
data HostRuntimeInfo : DynamicData { connectionState:HostSystemConnectionState
  powerState:HostSystemPowerState standbyMode:string? inMaintenanceMode:boolean
  inQuarantineMode:boolean?@6.5 bootTime:dateTime? healthSystemRuntime:HealthSystemRuntime?
  dasHostState:ClusterDasFdmHostState? tpmPcrValues:HostTpmDigestInfo[]? cpuCapacityForVm:long?
  memoryCapacityForVm:long? vsanRuntimeInfo:VsanHostRuntimeInfo?
  networkRuntimeInfo:HostRuntimeInfoNetworkRuntimeInfo?
  vFlashResourceRuntimeInfo:HostVFlashManagerVFlashResourceRunTimeInfo?
  hostMaxVirtualDiskCapacity:long? cryptoState:string?@6.5 cryptoKeyId:CryptoKeyId?@6.5 }
data HostListSummary : DynamicData { host:HostSystem? hardware:HostHardwareSummary?
  runtime:HostRuntimeInfo? config:HostConfigSummary quickStats:HostListSummaryQuickStats
  overallStatus:ManagedEntityStatus rebootRequired:boolean customValue:CustomFieldValue[]?
  managementServerIp:string? maxEVCModeKey:string? currentEVCModeKey:string?
  gateway:HostListSummaryGatewaySummary? tpmAttestation:HostTpmAttestationInfo?@6.7 }
data HostHardwareSummary : DynamicData { vendor:string model:string uuid:string
  otherIdentifyingInfo:HostSystemIdentificationInfo[]? memorySize:long cpuModel:string cpuMhz:int
  numCpuPkgs:short numCpuCores:short numCpuThreads:short numNics:int numHBAs:int }
data HostConfigSummary : DynamicData { name:string port:int sslThumbprint:string?
  product:AboutInfo? vmotionEnabled:boolean faultToleranceEnabled:boolean
  featureVersion:HostFeatureVersionInfo[]? agentVmDatastore:Datastore? agentVmNetwork:Network? }
data HostFeatureVersionInfo : DynamicData { key:string value:string }
data HostListSummaryQuickStats : DynamicData { overallCpuUsage:int? overallMemoryUsage:int?
  distributedCpuFairness:int? distributedMemoryFairness:int? availablePMemCapacity:int?@6.7
  uptime:int? }
data HostHardwareInfo : DynamicData { systemInfo:HostSystemInfo
  cpuPowerManagementInfo:HostCpuPowerManagementInfo? cpuInfo:HostCpuInfo cpuPkg:HostCpuPackage[]
  memorySize:long numaInfo:HostNumaInfo? smcPresent:boolean pciDevice:HostPciDevice[]?
  cpuFeature:HostCpuIdInfo[]? biosInfo:HostBIOSInfo? reliableMemoryInfo:HostReliableMemoryInfo?
  persistentMemoryInfo:HostPersistentMemoryInfo?@6.7 }
data HostCpuInfo : DynamicData { numCpuPackages:short numCpuCores:short numCpuThreads:short
  hz:long }
data HostSystemInfo : DynamicData { vendor:string model:string uuid:string
  otherIdentifyingInfo:HostSystemIdentificationInfo[]? serialNumber:string?@6.7
  qualifiedName:HostQualifiedName[]?@7.0.3.0 vvolHostNQN:HostQualifiedName?@8.0.0.0
  vvolHostId:string?@8.0.0.0 bootCommandLine:string?@8.0.2.0 }
data HostQualifiedName : DynamicData @7.0.3.0 { value:string type:string }
data HostSystemIdentificationInfo : DynamicData { identifierValue:string
  identifierType:ElementDescription }
data HostCapability : DynamicData { recursiveResourcePoolsSupported:boolean
  cpuMemoryResourceConfigurationSupported:boolean rebootSupported:boolean
  shutdownSupported:boolean vmotionSupported:boolean standbySupported:boolean
  ipmiSupported:boolean? maxSupportedVMs:int? maxRunningVMs:int? maxSupportedVcpus:int?
  maxRegisteredVMs:int? datastorePrincipalSupported:boolean sanSupported:boolean
  nfsSupported:boolean iscsiSupported:boolean vlanTaggingSupported:boolean
  nicTeamingSupported:boolean highGuestMemSupported:boolean maintenanceModeSupported:boolean
  suspendedRelocateSupported:boolean restrictedSnapshotRelocateSupported:boolean
  perVmSwapFiles:boolean localSwapDatastoreSupported:boolean unsharedSwapVMotionSupported:boolean
  backgroundSnapshotsSupported:boolean preAssignedPCIUnitNumbersSupported:boolean
  screenshotSupported:boolean scaledScreenshotSupported:boolean storageVMotionSupported:boolean
  vmotionWithStorageVMotionSupported:boolean vmotionAcrossNetworkSupported:boolean?
  maxNumDisksSVMotion:int? hbrNicSelectionSupported:boolean vrNfcNicSelectionSupported:boolean
  recordReplaySupported:boolean ftSupported:boolean replayUnsupportedReason:string?
  replayCompatibilityIssues:string[]? checkpointFtSupported:boolean smpFtSupported:boolean
  ftCompatibilityIssues:string[]? checkpointFtCompatibilityIssues:string[]?
  smpFtCompatibilityIssues:string[]? maxVcpusPerFtVm:int? loginBySSLThumbprintSupported:boolean?
  cloneFromSnapshotSupported:boolean deltaDiskBackingsSupported:boolean
  perVMNetworkTrafficShapingSupported:boolean tpmSupported:boolean tpmVersion:string?@6.7
  txtEnabled:boolean?@6.7 supportedCpuFeature:HostCpuIdInfo[]? virtualExecUsageSupported:boolean
  storageIORMSupported:boolean scsi3ReservationSupported:boolean?@7.0
  vmDirectPathGen2Supported:boolean vmDirectPathGen2UnsupportedReason:string[]?
  vmDirectPathGen2UnsupportedReasonExtended:string? supportedVmfsMajorVersion:int[]?
  clusteredVmdkSupported:boolean?@7.0 hppPspSupported:boolean?@7.0
  markPerenniallyReservedSupported:boolean?@6.7.2 nvmeOverTcpSupported:boolean?@7.0.3.0
  nvmeStorageFabricServicesSupported:boolean?@7.0.3.0
  nvmeBatchOperationsSupported:boolean?@7.0.3.0 nvmeVvolSupported:boolean?@8.0.0.0
  vvolNQNSupported:boolean?@8.0.2.0 vStorageCapable:boolean snapshotRelayoutSupported:boolean
  firewallIpRulesSupported:boolean? servicePackageInfoSupported:boolean? maxHostRunningVms:int?
  maxHostSupportedVcpus:int? vmfsDatastoreMountCapable:boolean
  eightPlusHostVmfsSharedAccessSupported:boolean nestedHVSupported:boolean vPMCSupported:boolean
  interVMCommunicationThroughVMCISupported:boolean scheduledHardwareUpgradeSupported:boolean?
  featureCapabilitiesSupported:boolean latencySensitivitySupported:boolean
  storagePolicySupported:boolean? accel3dSupported:boolean reliableMemoryAware:boolean?
  multipleNetworkStackInstanceSupported:boolean? messageBusProxySupported:boolean?
  vsanSupported:boolean? vFlashSupported:boolean? hostAccessManagerSupported:boolean?
  provisioningNicSelectionSupported:boolean nfs41Supported:boolean?
  nfs41Krb5iSupported:boolean?@6.5 turnDiskLocatorLedSupported:boolean?
  virtualVolumeDatastoreSupported:boolean? markAsSsdSupported:boolean?
  markAsLocalSupported:boolean? smartCardAuthenticationSupported:boolean?
  pMemSupported:boolean?@6.7 pMemSnapshotSupported:boolean?@6.7 cryptoSupported:boolean?@6.5
  oneKVolumeAPIsSupported:boolean?@6.5 gatewayOnNicSupported:boolean?@6.5
  upitSupported:boolean?@6.5 cpuHwMmuSupported:boolean?@6.5 encryptedVMotionSupported:boolean?@6.5
  encryptionChangeOnAddRemoveSupported:boolean?@6.5 encryptionHotOperationSupported:boolean?@6.5
  encryptionWithSnapshotsSupported:boolean?@6.5 encryptionFaultToleranceSupported:boolean?@6.5
  encryptionMemorySaveSupported:boolean?@6.5 encryptionRDMSupported:boolean?@6.5
  encryptionVFlashSupported:boolean?@6.5 encryptionCBRCSupported:boolean?@6.5
  encryptionHBRSupported:boolean?@6.5 ftEfiSupported:boolean?@6.7 unmapMethodSupported:string?@6.7
  maxMemMBPerFtVm:int?@6.7 virtualMmuUsageIgnored:boolean?@6.7
  virtualExecUsageIgnored:boolean?@6.7 vmCreateDateSupported:boolean?@6.7
  vmfs3EOLSupported:boolean?@6.7 ftVmcpSupported:boolean?@6.7 quickBootSupported:boolean?@6.7.1 }
data HostConfigManager : DynamicData { cpuScheduler:HostCpuSchedulerSystem?
  datastoreSystem:HostDatastoreSystem? memoryManager:HostMemorySystem?
  storageSystem:HostStorageSystem? networkSystem:HostNetworkSystem?
  vmotionSystem:HostVMotionSystem? virtualNicManager:HostVirtualNicManager?
  serviceSystem:HostServiceSystem? firewallSystem:HostFirewallSystem?
  advancedOption:OptionManager? diagnosticSystem:HostDiagnosticSystem?
  autoStartManager:HostAutoStartManager? snmpSystem:HostSnmpSystem?
  dateTimeSystem:HostDateTimeSystem? patchManager:HostPatchManager?
  hostUpdateProxyManager:HostHostUpdateProxyManager? imageConfigManager:HostImageConfigManager?
  bootDeviceSystem:HostBootDeviceSystem? firmwareSystem:HostFirmwareSystem?
  healthStatusSystem:HostHealthStatusSystem? pciPassthruSystem:HostPciPassthruSystem?
  licenseManager:LicenseManager? kernelModuleSystem:HostKernelModuleSystem?
  authenticationManager:HostAuthenticationManager? powerSystem:HostPowerSystem?
  cacheConfigurationManager:HostCacheConfigurationManager?
  esxAgentHostManager:HostEsxAgentHostManager? iscsiManager:IscsiManager?
  vFlashManager:HostVFlashManager? vsanSystem:HostVsanSystem? messageBusProxy:MessageBusProxy?
  userDirectory:UserDirectory? accountManager:HostLocalAccountManager?
  hostAccessManager:HostAccessManager? graphicsManager:HostGraphicsManager?
  vsanInternalSystem:HostVsanInternalSystem? certificateManager:HostCertificateManager?
  cryptoManager:CryptoManager?@6.5 nvdimmSystem:HostNvdimmSystem?@6.7
  assignableHardwareManager:HostAssignableHardwareManager?@7.0 }
data HostConfigInfo : DynamicData { host:HostSystem product:AboutInfo
  deploymentInfo:HostDeploymentInfo?@6.5 hyperThread:HostHyperThreadScheduleInfo?
  consoleReservation:ServiceConsoleReservationInfo?
  virtualMachineReservation:VirtualMachineMemoryReservationInfo?
  storageDevice:HostStorageDeviceInfo? multipathState:HostMultipathStateInfo?
  fileSystemVolume:HostFileSystemVolumeInfo? systemFile:string[]? network:HostNetworkInfo?
  vmotion:HostVMotionInfo? virtualNicManagerInfo:HostVirtualNicManagerInfo?
  capabilities:HostNetCapabilities? datastoreCapabilities:HostDatastoreSystemCapabilities?
  offloadCapabilities:HostNetOffloadCapabilities? service:HostServiceInfo?
  firewall:HostFirewallInfo? autoStart:HostAutoStartManagerConfig?
  activeDiagnosticPartition:HostDiagnosticPartition? option:OptionValue[]? optionDef:OptionDef[]?
  datastorePrincipal:string? localSwapDatastore:Datastore?
  systemSwapConfiguration:HostSystemSwapConfiguration? systemResources:HostSystemResourceInfo?
  dateTimeInfo:HostDateTimeInfo? flags:HostFlagInfo? adminDisabled:boolean?
  lockdownMode:HostLockdownMode? ipmi:HostIpmiInfo? sslThumbprintInfo:HostSslThumbprintInfo?
  sslThumbprintData:HostSslThumbprintInfo[]? certificate:byte[]?
  pciPassthruInfo:HostPciPassthruInfo[]? authenticationManagerInfo:HostAuthenticationManagerInfo?
  featureVersion:HostFeatureVersionInfo[]? powerSystemCapability:PowerSystemCapability?
  powerSystemInfo:PowerSystemInfo? cacheConfigurationInfo:HostCacheConfigurationInfo[]?
  wakeOnLanCapable:boolean? featureCapability:HostFeatureCapability[]?
  maskedFeatureCapability:HostFeatureCapability[]?
  vFlashConfigInfo:HostVFlashManagerVFlashConfigInfo? vsanHostConfig:VsanHostConfigInfo?
  domainList:string[]? scriptCheckSum:base64Binary? hostConfigCheckSum:base64Binary?
  graphicsInfo:HostGraphicsInfo[]? sharedPassthruGpuTypes:string[]?
  graphicsConfig:HostGraphicsConfig?@6.5 sharedGpuCapabilities:HostSharedGpuCapabilities[]?@6.7
  ioFilterInfo:HostIoFilterInfo[]? sriovDevicePool:HostSriovDevicePoolInfo[]?@6.5 }
enum HostLockdownMode { lockdownDisabled lockdownNormal lockdownStrict }
data HostDiagnosticPartition : DynamicData { storageType:string diagnosticType:string slots:int
  id:HostScsiDiskPartition }
data HostSystemSwapConfiguration : DynamicData { option:HostSystemSwapConfigurationSystemSwapOption[]? }
data HostSystemSwapConfigurationSystemSwapOption : DynamicData { key:int }
data HostSystemSwapConfigurationDatastoreOption : HostSystemSwapConfigurationSystemSwapOption {
  datastore:string }
data HostSystemSwapConfigurationDisabledOption : HostSystemSwapConfigurationSystemSwapOption { }
data HostSystemSwapConfigurationHostCacheOption : HostSystemSwapConfigurationSystemSwapOption { }
data HostSystemSwapConfigurationHostLocalSwapOption : HostSystemSwapConfigurationSystemSwapOption { }
data HostServiceInfo : DynamicData { service:HostService[]? }
data HostService : DynamicData { key:string label:string required:boolean uninstallable:boolean
  running:boolean ruleset:string[]? policy:string sourcePackage:HostServiceSourcePackage? }
data HostServiceSourcePackage : DynamicData { sourcePackageName:string description:string }
managed HostServiceSystem : ExtensibleManagedObject { serviceInfo:HostServiceInfo }
managed HostKernelModuleSystem { }
data KernelModuleInfo : DynamicData { id:int name:string version:string filename:string
  optionString:string loaded:boolean enabled:boolean useCount:int
  readOnlySection:KernelModuleSectionInfo writableSection:KernelModuleSectionInfo
  textSection:KernelModuleSectionInfo dataSection:KernelModuleSectionInfo
  bssSection:KernelModuleSectionInfo }
data KernelModuleSectionInfo : DynamicData { address:long length:int? }
managed HostDiagnosticSystem { activePartition:HostDiagnosticPartition? }
managed HostFirmwareSystem { }
managed HostDateTimeSystem { dateTimeInfo:HostDateTimeInfo }
managed HostFirewallSystem : ExtensibleManagedObject { firewallInfo:HostFirewallInfo? }
managed HostAutoStartManager { config:HostAutoStartManagerConfig }
managed HostVMotionSystem : ExtensibleManagedObject { netConfig:HostVMotionNetConfig?
  ipConfig:HostIpConfig? }
managed ManagedMethodExecuter { }
managed DynamicTypeManager { }
data ReflectManagedMethodExecuterSoapArgument : DynamicData { name:string val:string }
data ReflectManagedMethodExecuterSoapFault : DynamicData { faultMsg:string faultDetail:string? }
data ReflectManagedMethodExecuterSoapResult : DynamicData { response:string?
  fault:ReflectManagedMethodExecuterSoapFault? }
data DynamicTypeMgrFilterSpec : DynamicData { }
data DynamicTypeMgrMoFilterSpec : DynamicTypeMgrFilterSpec { id:string? typeSubstr:string? }
data DynamicTypeMgrTypeFilterSpec : DynamicTypeMgrFilterSpec { typeSubstr:string? }
data HostConnectSpec : DynamicData { hostName:string? port:int? sslThumbprint:string?
  userName:string? password:string? vmFolder:Folder? force:boolean vimAccountName:string?
  vimAccountPassword:string? managementIp:string? lockdownMode:HostLockdownMode?
  hostGateway:HostGatewaySpec?@6.0 }
data HostGatewaySpec : DynamicData { gatewayType:string gatewayId:string?
  trustVerificationToken:string? hostAuthParams:KeyValue[]? }
data HostMaintenanceSpec : DynamicData { vsanMode:VsanHostDecommissionMode? purpose:string?@6.9.1 }
data VsanHostDecommissionMode : DynamicData { objectAction:string }

call HostSystem.EnterMaintenanceMode_Task Task { timeout:int evacuatePoweredOffVms:boolean?
  maintenanceSpec:HostMaintenanceSpec? }
call HostSystem.ExitMaintenanceMode_Task Task { timeout:int }
call HostSystem.RebootHost_Task Task { force:boolean }
call HostSystem.ShutdownHost_Task Task { force:boolean }
call HostSystem.ReconnectHost_Task Task { cnxSpec:HostConnectSpec?
  reconnectSpec:HostSystemReconnectSpec? }
data HostSystemReconnectSpec : DynamicData { syncState:boolean? }
call HostSystem.DisconnectHost_Task Task { }
call HostSystem.ReconfigureHostForDAS_Task Task { }
call HostSystem.RetrieveManagedMethodExecuter ManagedMethodExecuter { }
call HostSystem.RetrieveDynamicTypeManager DynamicTypeManager { }
call ManagedMethodExecuter.ExecuteSoap ReflectManagedMethodExecuterSoapResult? { moid:string
  version:string method:string argument:ReflectManagedMethodExecuterSoapArgument[]? }
call DynamicTypeManager.DynamicTypeMgrQueryTypeInfo anyType? {
  filterSpec:DynamicTypeMgrTypeFilterSpec? }
call DynamicTypeManager.DynamicTypeMgrQueryMoInstances DynamicTypeMgrMoInstance[]? {
  filterSpec:DynamicTypeMgrMoFilterSpec? }
data DynamicTypeMgrMoInstance : DynamicData { id:string moType:string }
call HostServiceSystem.StartService void { id:string }
call HostServiceSystem.StopService void { id:string }
call HostServiceSystem.RestartService void { id:string }
call HostServiceSystem.UpdateServicePolicy void { id:string policy:string }
call HostServiceSystem.RefreshServices void { }
call HostKernelModuleSystem.QueryModules KernelModuleInfo[]? { }
call HostKernelModuleSystem.UpdateModuleOptionString void { name:string options:string }
call HostKernelModuleSystem.QueryConfiguredModuleOptionString string { name:string }
)";

} // namespace pf::vim
