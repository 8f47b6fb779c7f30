// Faults that nobody here decides by, so that they decode and encode in wire order.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaMoreFaults = R"(
data ActiveDirectoryFault : VimFault { errorCode:int? }
data ActiveVMsBlockingEVC : EVCConfigFault { evcMode:string? host:HostSystem[]? hostName:string[]?
  }
data EVCConfigFault : VimFault { faults:LocalizedMethodFault[]? }
data AdminDisabled : HostConfigFault { }
data AdminNotDisabled : HostConfigFault { }
data AffinityConfigured : MigrationFault { configuredAffinity:string[] }
data AgentInstallFailed : HostConnectFault { reason:string? statusCode:int?
  installerOutput:string? }
data HostConnectFault : VimFault { }
data AlreadyBeingManaged : HostConnectFault { ipAddress:string }
data AlreadyConnected : HostConnectFault { name:string }
data AlreadyUpgraded : VimFault { }
data AnswerFileUpdateFailed : VimFault { failure:AnswerFileUpdateFailure[] }
data ApplicationQuiesceFault : SnapshotFault { }
data AuthMinimumAdminPermission : VimFault { }
data BackupBlobReadFailure : DvsFault { entityName:string entityType:string
  fault:LocalizedMethodFault }
data DvsFault : VimFault { }
data BackupBlobWriteFailure : DvsFault { entityName:string entityType:string
  fault:LocalizedMethodFault }
data BlockedByFirewall : HostConfigFault { }
data CAMServerRefusedConnection : InvalidCAMServer { }
data InvalidCAMServer : ActiveDirectoryFault { camServer:string }
data CannotAccessLocalSource : VimFault { }
data CannotAccessNetwork : CannotAccessVmDevice { network:Network? }
data CannotAccessVmDevice : CannotAccessVmComponent { device:string backing:string
  connected:boolean }
data CannotAccessVmComponent : VmConfigFault { }
data CannotAccessVmConfig : CannotAccessVmComponent { reason:LocalizedMethodFault }
data CannotAccessVmDisk : CannotAccessVmDevice { fault:LocalizedMethodFault }
data CannotAddHostWithFTVmAsStandalone : HostConnectFault { }
data CannotAddHostWithFTVmToDifferentCluster : HostConnectFault { }
data CannotAddHostWithFTVmToNonHACluster : HostConnectFault { }
data CannotChangeDrsBehaviorForFtSecondary : VmFaultToleranceIssue { vm:VirtualMachine
  vmName:string }
data VmFaultToleranceIssue : VimFault { }
data CannotChangeHaSettingsForFtSecondary : VmFaultToleranceIssue { vm:VirtualMachine
  vmName:string }
data CannotChangeVsanClusterUuid : VsanFault { }
data VsanFault : VimFault { }
data CannotChangeVsanNodeUuid : VsanFault { }
data CannotComputeFTCompatibleHosts : VmFaultToleranceIssue { vm:VirtualMachine vmName:string }
data CannotDecryptPasswords : CustomizationFault { }
data CannotDisableDrsOnClustersWithVApps : RuntimeFault { }
data CannotDisableSnapshot : VmConfigFault { }
data CannotDisconnectHostWithFaultToleranceVm : VimFault { hostName:string }
data CannotEnableVmcpForCluster : VimFault { host:HostSystem? hostName:string? reason:string? }
data CannotModifyConfigCpuRequirements : MigrationFault { }
data CannotMoveFaultToleranceVm : VimFault { moveType:string vmName:string }
data CannotMoveHostWithFaultToleranceVm : VimFault { }
data CannotMoveVmWithDeltaDisk : MigrationFault { device:string }
data CannotMoveVmWithNativeDeltaDisk : MigrationFault { }
data CannotMoveVsanEnabledHost : VsanFault { }
data CannotPlaceWithoutPrerequisiteMoves : VimFault { }
data CannotPowerOffVmInCluster : InvalidState { operation:string vm:VirtualMachine vmName:string }
data CannotReconfigureVsanWhenHaEnabled : VsanFault { }
data CannotUseNetwork : VmConfigFault { device:string backing:string connected:boolean
  reason:string network:Network? }
data ClockSkew : HostConfigFault { }
data CloneFromSnapshotNotSupported : MigrationFault { }
data CollectorAddressUnset : DvsFault { }
data ConflictingConfiguration : DvsFault { configInConflict:ConflictingConfigurationConfig[] }
data ConflictingDatastoreFound : RuntimeFault { name:string url:string }
data ConnectedIso : OvfExport { cdrom:VirtualCdrom filename:string }
data OvfExport : OvfFault { }
data OvfFault : VimFault { }
data CpuCompatibilityUnknown : CpuIncompatible { }
data CpuIncompatible : VirtualHardwareCompatibilityIssue { level:int registerName:string
  registerBits:string? desiredBits:string? host:HostSystem? }
data CpuHotPlugNotSupported : VmConfigFault { }
data CpuIncompatible1ECX : CpuIncompatible { sse3:boolean pclmulqdq:boolean ssse3:boolean
  sse41:boolean sse42:boolean aes:boolean other:boolean otherOnly:boolean }
data CpuIncompatible81EDX : CpuIncompatible { nx:boolean ffxsr:boolean rdtscp:boolean lm:boolean
  other:boolean otherOnly:boolean }
data CustomizationPending : CustomizationFault { }
data DVPortNotSupported : DeviceBackingNotSupported { }
data DeviceBackingNotSupported : DeviceNotSupported { backing:string }
data DasConfigFault : VimFault { reason:string? output:string? event:Event[]? }
data DatabaseError : RuntimeFault { }
data DatacenterMismatch : MigrationFault { invalidArgument:DatacenterMismatchArgument[]
  expectedDatacenter:Datacenter }
data DestinationSwitchFull : CannotAccessNetwork { }
data DestinationVsanDisabled : CannotMoveVsanEnabledHost { destinationCluster:string }
data DeviceControllerNotSupported : DeviceNotSupported { controller:string }
data DeviceHotPlugNotSupported : InvalidDeviceSpec { }
data InvalidDeviceSpec : InvalidVmConfig { deviceIndex:int }
data DeviceNotFound : InvalidDeviceSpec { }
data DeviceUnsupportedForVmPlatform : InvalidDeviceSpec { }
data DeviceUnsupportedForVmVersion : InvalidDeviceSpec { currentVersion:string
  expectedVersion:string }
data DigestNotSupported : DeviceNotSupported { }
data DirectoryNotEmpty : FileFault { }
data DisableAdminNotSupported : HostConfigFault { }
data DisallowedChangeByService : RuntimeFault { serviceName:string disallowedChange:string? }
data DisallowedDiskModeChange : InvalidDeviceSpec { }
data DisallowedOperationOnFailoverHost : RuntimeFault { host:HostSystem hostname:string }
data DisconnectedHostsBlockingEVC : EVCConfigFault { }
data DiskHasPartitions : VsanDiskFault { }
data VsanDiskFault : VsanFault { device:string? }
data DiskIsLastRemainingNonSSD : VsanDiskFault { }
data DiskIsNonLocal : VsanDiskFault { }
data DiskIsUSB : VsanDiskFault { }
data DiskMoveTypeNotSupported : MigrationFault { }
data DiskNotSupported : VirtualHardwareCompatibilityIssue { disk:int }
data DiskTooSmall : VsanDiskFault { }
data DomainNotFound : ActiveDirectoryFault { domainName:string }
data DrsDisabledOnVm : VimFault { }
data DrsVmotionIncompatibleFault : VirtualHardwareCompatibilityIssue { host:HostSystem }
data DuplicateDisks : VsanDiskFault { }
data DuplicateVsanNetworkInterface : VsanFault { device:string }
data DvsApplyOperationFault : DvsFault { objectFault:DvsApplyOperationFaultFaultOnObject[] }
data DvsNotAuthorized : DvsFault { sessionExtensionKey:string? dvsExtensionKey:string? }
data DvsOperationBulkFault : DvsFault { hostFault:DvsOperationBulkFaultFaultOnHost[] }
data DvsScopeViolated : DvsFault { scope:ManagedEntity[] entity:ManagedEntity }
data EVCAdmissionFailed : NotSupportedHostInCluster { faults:LocalizedMethodFault[]? }
data NotSupportedHostInCluster : NotSupportedHost { }
data NotSupportedHost : HostConnectFault { productName:string? productVersion:string? }
data EVCAdmissionFailedCPUFeaturesForMode : EVCAdmissionFailed { currentEVCModeKey:string }
data EVCAdmissionFailedCPUModel : EVCAdmissionFailed { }
data EVCAdmissionFailedCPUModelForMode : EVCAdmissionFailed { currentEVCModeKey:string }
data EVCAdmissionFailedCPUVendor : EVCAdmissionFailed { clusterCPUVendor:string
  hostCPUVendor:string }
data EVCAdmissionFailedCPUVendorUnknown : EVCAdmissionFailed { }
data EVCAdmissionFailedHostDisconnected : EVCAdmissionFailed { }
data EVCAdmissionFailedHostSoftware : EVCAdmissionFailed { }
data EVCAdmissionFailedHostSoftwareForMode : EVCAdmissionFailed { }
data EVCAdmissionFailedVmActive : EVCAdmissionFailed { }
data EVCModeIllegalByVendor : EVCConfigFault { clusterCPUVendor:string modeCPUVendor:string }
data EVCModeUnsupportedByHosts : EVCConfigFault { evcMode:string? host:HostSystem[]?
  hostName:string[]? }
data EVCUnsupportedByHostHardware : EVCConfigFault { host:HostSystem[] hostName:string[] }
data EVCUnsupportedByHostSoftware : EVCConfigFault { host:HostSystem[] hostName:string[] }
data EightHostLimitViolated : VmConfigFault { }
data EncryptionKeyRequired : InvalidState @6.7 { requiredKey:CryptoKeyId[]? }
data ExpiredAddonLicense : ExpiredFeatureLicense { }
data ExpiredFeatureLicense : NotEnoughLicenses { feature:string count:int expirationDate:dateTime
  }
data ExpiredEditionLicense : ExpiredFeatureLicense { }
data ExtendedFault : VimFault { faultTypeId:string data:KeyValue[]? }
data FailToEnableSPBM : NotEnoughLicenses { cs:ComputeResource csName:string
  hostLicenseStates:ComputeResourceHostSPBMLicenseInfo[] }
data FailToLockFaultToleranceVMs : RuntimeFault { vmName:string vm:VirtualMachine
  alreadyLockedVm:VirtualMachine }
data FaultToleranceAntiAffinityViolated : MigrationFault { hostName:string host:HostSystem }
data FaultToleranceCannotEditMem : VmConfigFault { vmName:string vm:VirtualMachine }
data FaultToleranceCpuIncompatible : CpuIncompatible { model:boolean family:boolean
  stepping:boolean }
data FaultToleranceNeedsThickDisk : MigrationFault { vmName:string }
data FaultToleranceNotLicensed : VmFaultToleranceIssue { hostName:string? }
data FaultToleranceNotSameBuild : MigrationFault { build:string }
data FaultTolerancePrimaryPowerOnNotAttempted : VmFaultToleranceIssue { secondaryVm:VirtualMachine
  primaryVm:VirtualMachine }
data FaultToleranceVmNotDasProtected : VimFault { vm:VirtualMachine vmName:string }
data FcoeFault : VimFault { }
data FcoeFaultPnicHasNoPortSet : FcoeFault { nicDevice:string }
data FeatureRequirementsNotMet : VirtualHardwareCompatibilityIssue {
  featureRequirement:VirtualMachineFeatureRequirement[]? vm:VirtualMachine? host:HostSystem? }
data FileBackedPortNotSupported : DeviceNotSupported { }
data FileNameTooLong : FileFault { }
data FileNotWritable : FileFault { }
data FilesystemQuiesceFault : SnapshotFault { }
data FilterInUse : ResourceInUse { disk:VirtualDiskId[]? }
data FtIssuesOnHost : VmFaultToleranceIssue { host:HostSystem hostName:string
  errors:LocalizedMethodFault[]? }
data FullStorageVMotionNotSupported : MigrationFeatureNotSupported { }
data GatewayConnectFault : HostConnectFault { gatewayType:string gatewayId:string
  gatewayInfo:string details:LocalizableMessage? }
data GatewayHostNotReachable : GatewayToHostConnectFault { }
data GatewayToHostConnectFault : GatewayConnectFault { hostname:string port:int? }
data GatewayNotFound : GatewayConnectFault { }
data GatewayNotReachable : GatewayConnectFault { }
data GatewayOperationRefused : GatewayConnectFault { }
data GatewayToHostAuthFault : GatewayToHostConnectFault { invalidProperties:string[]
  missingProperties:string[] }
data GatewayToHostTrustVerifyFault : GatewayToHostConnectFault { verificationToken:string
  propertiesToVerify:KeyValue[] }
data GenericDrsFault : VimFault { hostFaults:LocalizedMethodFault[]? }
data GuestAuthenticationChallenge : GuestOperationsFault { serverChallenge:GuestAuthentication
  sessionID:long }
data GuestOperationsFault : VimFault { }
data GuestComponentsOutOfDate : GuestOperationsFault { }
data GuestMultipleMappings : GuestOperationsFault { }
data GuestOperationsUnavailable : GuestOperationsFault { }
data GuestPermissionDenied : GuestOperationsFault { }
data GuestProcessNotFound : GuestOperationsFault { pid:long }
data GuestRegistryFault : GuestOperationsFault { windowsSystemErrorCode:long }
data GuestRegistryKeyAlreadyExists : GuestRegistryKeyFault { }
data GuestRegistryKeyFault : GuestRegistryFault { keyName:string }
data GuestRegistryKeyHasSubkeys : GuestRegistryKeyFault { }
data GuestRegistryKeyInvalid : GuestRegistryKeyFault { }
data GuestRegistryKeyParentVolatile : GuestRegistryKeyFault { }
data GuestRegistryValueFault : GuestRegistryFault { keyName:string valueName:string }
data GuestRegistryValueNotFound : GuestRegistryValueFault { }
data HAErrorsAtDest : MigrationFault { }
data HeterogenousHostsBlockingEVC : EVCConfigFault { }
data HostAccessRestrictedToManagementServer : NotSupported { managementServer:string }
data HostHasComponentFailure : VimFault { hostName:string componentType:string
  componentName:string }
data HostInDomain : HostConfigFault { }
data HostIncompatibleForFaultTolerance : VmFaultToleranceIssue { hostName:string? reason:string? }
data HostIncompatibleForRecordReplay : VimFault { hostName:string? reason:string? }
data HostInventoryFull : NotEnoughLicenses { capacity:int }
data HostPowerOpFailed : VimFault { }
data HostSpecificationOperationFailed : VimFault @6.5 { host:HostSystem }
data HotSnapshotMoveNotSupported : SnapshotCopyNotSupported { }
data SnapshotCopyNotSupported : MigrationFault { }
data HttpFault : VimFault { statusCode:int statusMessage:string }
data IDEDiskNotSupported : DiskNotSupported { }
data IORMNotSupportedHostOnDatastore : VimFault { datastore:Datastore datastoreName:string
  host:HostSystem[]? }
data ImportHostAddFailure : DvsFault { hostIp:string[] }
data ImportOperationBulkFault : DvsFault { importFaults:ImportOperationBulkFaultFaultOnImport[] }
data InUseFeatureManipulationDisallowed : NotEnoughLicenses { }
data InaccessibleFTMetadataDatastore : InaccessibleDatastore { }
data InaccessibleVFlashSource : VimFault { hostName:string }
data IncompatibleDefaultDevice : MigrationFault { device:string }
data IncompatibleHostForFtSecondary : VmFaultToleranceIssue { host:HostSystem
  error:LocalizedMethodFault[]? }
data IncompatibleHostForVmReplication : ReplicationFault { vmName:string hostName:string
  reason:string }
data ReplicationFault : VimFault { }
data IncompatibleSetting : InvalidArgument { conflictingProperty:PropertyPath }
data IncorrectFileType : FileFault { }
data IncorrectHostInformation : NotEnoughLicenses { }
data IndependentDiskVMotionNotSupported : MigrationFeatureNotSupported { }
data InsufficientAgentVmsDeployed : InsufficientResourcesFault { hostName:string
  requiredNumAgentVms:int currentNumAgentVms:int }
data InsufficientCpuResourcesFault : InsufficientResourcesFault { unreserved:long requested:long }
data InsufficientDisks : VsanDiskFault { }
data InsufficientFailoverResourcesFault : InsufficientResourcesFault { }
data InsufficientGraphicsResourcesFault : InsufficientResourcesFault { }
data InsufficientHostCapacityFault : InsufficientResourcesFault { host:HostSystem? }
data InsufficientHostCpuCapacityFault : InsufficientHostCapacityFault { unreserved:long
  requested:long }
data InsufficientHostMemoryCapacityFault : InsufficientHostCapacityFault { unreserved:long
  requested:long }
data InsufficientMemoryResourcesFault : InsufficientResourcesFault { unreserved:long
  requested:long }
data InsufficientNetworkCapacity : InsufficientResourcesFault { }
data InsufficientNetworkResourcePoolCapacity : InsufficientResourcesFault { dvsName:string
  dvsUuid:string resourcePoolKey:string available:long requested:long device:string[] }
data InsufficientPerCpuCapacity : InsufficientHostCapacityFault { }
data InsufficientStandbyCpuResource : InsufficientStandbyResource { available:long requested:long
  }
data InsufficientStandbyResource : InsufficientResourcesFault { }
data InsufficientStandbyMemoryResource : InsufficientStandbyResource { available:long
  requested:long }
data InsufficientStorageIops : VimFault { unreservedIops:long requestedIops:long
  datastoreName:string }
data InsufficientVFlashResourcesFault : InsufficientResourcesFault { freeSpaceInMB:long?
  freeSpace:long requestedSpaceInMB:long? requestedSpace:long }
data InvalidAffinitySettingFault : VimFault { }
data InvalidBmcRole : VimFault { }
data InvalidBundle : PlatformConfigFault { }
data InvalidCAMCertificate : InvalidCAMServer { }
data InvalidClientCertificate : InvalidLogin { }
data InvalidController : InvalidDeviceSpec { controllerKey:int }
data InvalidDasConfigArgument : InvalidArgument { entry:string? clusterName:string? }
data InvalidDasRestartPriorityForFtVm : InvalidArgument { vm:VirtualMachine vmName:string }
data InvalidDeviceBacking : InvalidDeviceSpec { }
data InvalidDeviceOperation : InvalidDeviceSpec { badOp:VirtualDeviceConfigSpecOperation?
  badFileOp:VirtualDeviceConfigSpecFileOperation? }
data InvalidDiskFormat : InvalidFormat { }
data InvalidFormat : VmConfigFault { }
data InvalidDrsBehaviorForFtVm : InvalidArgument { vm:VirtualMachine vmName:string }
data InvalidEditionLicense : NotEnoughLicenses { feature:string }
data InvalidEvent : VimFault { }
data InvalidGuestLogin : GuestOperationsFault { }
data InvalidHostName : HostConfigFault { }
data InvalidIndexArgument : InvalidArgument { key:string }
data InvalidIpfixConfig : DvsFault { property:PropertyPath? }
data InvalidIpmiLoginInfo : VimFault { }
data InvalidIpmiMacAddress : VimFault { userProvidedMacAddress:string observedMacAddress:string }
data InvalidKey : VimFault { key:string }
data InvalidLicense : VimFault { licenseContent:string }
data InvalidNasCredentials : NasConfigFault { userName:string }
data NasConfigFault : HostConfigFault { name:string }
data InvalidNetworkInType : VAppPropertyFault { }
data VAppPropertyFault : VmConfigFault { id:string category:string label:string type:string
  value:string }
data InvalidNetworkResource : NasConfigFault { remoteHost:string remotePath:string }
data InvalidOperationOnSecondaryVm : VmFaultToleranceIssue { instanceUuid:string }
data InvalidPrivilege : VimFault { privilege:string }
data InvalidProfileReferenceHost : RuntimeFault { reason:string? host:HostSystem? profile:Profile?
  profileName:string?@6.5 }
data InvalidPropertyType : VAppPropertyFault { }
data InvalidPropertyValue : VAppPropertyFault { }
data InvalidResourcePoolStructureFault : InsufficientResourcesFault { }
data InvalidSnapshotFormat : InvalidFormat { }
data InventoryHasStandardAloneHosts : NotEnoughLicenses { hosts:string[] }
data IpHostnameGeneratorError : CustomizationFault { }
data IscsiFault : VimFault { }
data IscsiFaultInvalidVnic : IscsiFault { vnicDevice:string }
data IscsiFaultPnicInUse : IscsiFault { pnicDevice:string }
data IscsiFaultVnicAlreadyBound : IscsiFault { vnicDevice:string }
data IscsiFaultVnicHasActivePaths : IscsiFault { vnicDevice:string }
data IscsiFaultVnicHasMultipleUplinks : IscsiFault { vnicDevice:string }
data IscsiFaultVnicHasNoUplinks : IscsiFault { vnicDevice:string }
data IscsiFaultVnicHasWrongUplink : IscsiFault { vnicDevice:string }
data IscsiFaultVnicInUse : IscsiFault { vnicDevice:string }
data IscsiFaultVnicIsLastPath : IscsiFault { vnicDevice:string }
data IscsiFaultVnicNotBound : IscsiFault { vnicDevice:string }
data IscsiFaultVnicNotFound : IscsiFault { vnicDevice:string }
data LargeRDMConversionNotSupported : MigrationFault { device:string }
data LargeRDMNotSupportedOnDatastore : VmConfigFault { device:string datastore:Datastore
  datastoreName:string }
data LegacyNetworkInterfaceInUse : CannotAccessNetwork { }
data LicenseAssignmentFailed : RuntimeFault { reason:string? }
data LicenseDowngradeDisallowed : NotEnoughLicenses { edition:string entityId:string
  features:KeyAnyValue[] }
data LicenseEntityNotFound : VimFault { entityId:string }
data LicenseFault : NotEnoughLicenses { }
data LicenseKeyEntityMismatch : NotEnoughLicenses { }
data LicenseRestricted : NotEnoughLicenses { }
data LicenseServerUnavailable : VimFault { licenseServer:string }
data LicenseSourceUnavailable : NotEnoughLicenses { licenseSource:LicenseSource }
data LinuxVolumeNotClean : CustomizationFault { }
data LogBundlingFailed : VimFault { }
data MaintenanceModeFileMove : MigrationFault { }
data MemoryFileFormatNotSupportedByDatastore : UnsupportedDatastore { datastoreName:string
  type:string }
data UnsupportedDatastore : VmConfigFault { datastore:Datastore? }
data MemoryHotPlugNotSupported : VmConfigFault { }
data MemorySizeNotRecommended : VirtualHardwareCompatibilityIssue { memorySizeMB:int
  minMemorySizeMB:int maxMemorySizeMB:int }
data MemorySizeNotSupported : VirtualHardwareCompatibilityIssue { memorySizeMB:int
  minMemorySizeMB:int maxMemorySizeMB:int }
data MemorySizeNotSupportedByDatastore : VirtualHardwareCompatibilityIssue { datastore:Datastore
  memorySizeMB:int maxMemorySizeMB:int }
data MemorySnapshotOnIndependentDisk : SnapshotFault { }
data MethodAlreadyDisabledFault : RuntimeFault { sourceId:string }
data MigrationDisabled : MigrationFault { }
data MigrationNotReady : MigrationFault { reason:string }
data MismatchedBundle : VimFault { bundleUuid:string hostUuid:string bundleBuildNumber:int
  hostBuildNumber:int }
data MismatchedNetworkPolicies : MigrationFault { device:string backing:string connected:boolean }
data MismatchedVMotionNetworkNames : MigrationFault { sourceNetwork:string destNetwork:string }
data MissingBmcSupport : VimFault { }
data MissingController : InvalidDeviceSpec { }
data MissingIpPool : VAppPropertyFault { }
data MissingLinuxCustResources : CustomizationFault { }
data MissingNetworkIpConfig : VAppPropertyFault { }
data MissingPowerOffConfiguration : VAppConfigFault { }
data VAppConfigFault : VimFault { }
data MissingPowerOnConfiguration : VAppConfigFault { }
data MissingWindowsCustResources : CustomizationFault { }
data MksConnectionLimitReached : InvalidState { connectionLimit:int }
data MountError : CustomizationFault { vm:VirtualMachine diskIndex:int }
data MultiWriterNotSupported : DeviceNotSupported { }
data MultipleCertificatesVerifyFault : HostConnectFault {
  thumbprintData:MultipleCertificatesVerifyFaultThumbprintData[] }
data MultipleSnapshotsNotSupported : SnapshotFault { }
data NamespaceFull : VimFault { name:string currentMaxSize:long requiredSize:long? }
data NamespaceLimitReached : VimFault { limit:int? }
data NamespaceWriteProtected : VimFault { name:string }
data NasConnectionLimitReached : NasConfigFault { remoteHost:string remotePath:string }
data NasSessionCredentialConflict : NasConfigFault { remoteHost:string remotePath:string
  userName:string }
data NasVolumeNotMounted : NasConfigFault { remoteHost:string remotePath:string }
data NetworkCopyFault : FileFault { }
data NetworkDisruptedAndConfigRolledBack : VimFault { host:string }
data NetworkInaccessible : NasConfigFault { }
data NetworksMayNotBeTheSame : MigrationFault { name:string? }
data NicSettingMismatch : CustomizationFault { numberOfNicsInSpec:int numberOfNicsInVM:int }
data NoActiveHostInCluster : InvalidState { computeResource:ComputeResource }
data NoAvailableIp : VAppPropertyFault { network:Network }
data NoCompatibleDatastore : VimFault { }
data NoCompatibleHardAffinityHost : VmConfigFault { vmName:string }
data NoCompatibleHost : VimFault { host:HostSystem[]? error:LocalizedMethodFault[]? }
data NoCompatibleHostWithAccessToDevice : NoCompatibleHost { }
data NoCompatibleSoftAffinityHost : VmConfigFault { vmName:string }
data NoConnectedDatastore : VimFault { }
data NoDiskFound : VimFault { }
data NoDisksToCustomize : CustomizationFault { }
data NoGateway : HostConfigFault { }
data NoGuestHeartbeat : MigrationFault { }
data NoHost : HostConnectFault { name:string? }
data NoHostSuitableForFtSecondary : VmFaultToleranceIssue { vm:VirtualMachine vmName:string }
data NoLicenseServerConfigured : NotEnoughLicenses { }
data NoPeerHostFound : HostPowerOpFailed { }
data NoPermissionOnAD : ActiveDirectoryFault { }
data NoPermissionOnHost : HostConnectFault { }
data NoPermissionOnNasVolume : NasConfigFault { userName:string? }
data NoSubjectName : VimFault { }
data NoVcManagedIpConfigured : VAppPropertyFault { }
data NoVirtualNic : HostConfigFault { }
data NoVmInVApp : VAppConfigFault { }
data NonADUserRequired : ActiveDirectoryFault { }
data NonHomeRDMVMotionNotSupported : MigrationFeatureNotSupported { device:string }
data NonPersistentDisksNotSupported : DeviceNotSupported { }
data NonVmwareOuiMacNotSupportedHost : NotSupportedHost { hostName:string }
data NotADirectory : FileFault { }
data NotAFile : FileFault { }
data NotEnoughCpus : VirtualHardwareCompatibilityIssue { numCpuDest:int numCpuVm:int }
data NotEnoughLogicalCpus : NotEnoughCpus { host:HostSystem? }
data NotSupportedDeviceForFT : VmFaultToleranceIssue { host:HostSystem hostName:string?
  vm:VirtualMachine vmName:string? deviceType:string deviceLabel:string? }
data NotSupportedHostForChecksum : VimFault { }
data NotSupportedHostForVFlash : NotSupportedHost { hostName:string }
data NotSupportedHostForVmcp : NotSupportedHost { hostName:string }
data NotSupportedHostForVmemFile : NotSupportedHost { hostName:string }
data NotSupportedHostForVsan : NotSupportedHost { hostName:string }
data NotSupportedHostInDvs : NotSupportedHost {
  switchProductSpec:DistributedVirtualSwitchProductSpec }
data NotSupportedHostInHACluster : NotSupportedHost { hostName:string build:string }
data NotUserConfigurableProperty : VAppPropertyFault { }
data NumVirtualCoresPerSocketNotSupported : VirtualHardwareCompatibilityIssue {
  maxSupportedCoresPerSocketDest:int numCoresPerSocketVm:int }
data NumVirtualCpusExceedsLimit : InsufficientResourcesFault { maxSupportedVcpus:int }
data NumVirtualCpusIncompatible : VmConfigFault { reason:string numCpu:int }
data NumVirtualCpusNotSupported : VirtualHardwareCompatibilityIssue { maxSupportedVcpusDest:int
  numCpuVm:int }
data OperationDisabledByGuest : GuestOperationsFault { }
data OperationDisallowedOnHost : RuntimeFault { }
data OperationNotSupportedByGuest : GuestOperationsFault { }
data OvfAttribute : OvfInvalidPackage { elementName:string attributeName:string }
data OvfInvalidPackage : OvfFault { lineNumber:int }
data OvfConnectedDevice : OvfHardwareExport { }
data OvfHardwareExport : OvfExport { device:VirtualDevice? vmPath:string }
data OvfConnectedDeviceFloppy : OvfConnectedDevice { filename:string }
data OvfConnectedDeviceIso : OvfConnectedDevice { filename:string }
data OvfConstraint : OvfInvalidPackage { name:string }
data OvfConsumerCallbackFault : OvfFault { extensionKey:string extensionName:string }
data OvfConsumerCommunicationError : OvfConsumerCallbackFault { description:string }
data OvfConsumerFault : OvfConsumerCallbackFault { errorKey:string message:string
  params:KeyValue[]? }
data OvfConsumerInvalidSection : OvfConsumerCallbackFault { lineNumber:int description:string }
data OvfConsumerPowerOnFault : InvalidState { extensionKey:string extensionName:string
  description:string }
data OvfConsumerUndeclaredSection : OvfConsumerCallbackFault { qualifiedSectionType:string }
data OvfConsumerUndefinedPrefix : OvfConsumerCallbackFault { prefix:string }
data OvfConsumerValidationFault : VmConfigFault { extensionKey:string extensionName:string
  message:string }
data OvfCpuCompatibility : OvfImport { registerName:string level:int registerValue:string
  desiredRegisterValue:string }
data OvfImport : OvfFault { }
data OvfCpuCompatibilityCheckNotSupported : OvfImport { }
data OvfDiskMappingNotFound : OvfSystemFault { diskName:string vmName:string }
data OvfSystemFault : OvfFault { }
data OvfDiskOrderConstraint : OvfConstraint { }
data OvfDuplicateElement : OvfElement { }
data OvfElement : OvfInvalidPackage { name:string }
data OvfDuplicatedElementBoundary : OvfElement { boundary:string }
data OvfDuplicatedPropertyIdExport : OvfExport { fqid:string }
data OvfDuplicatedPropertyIdImport : OvfExport { }
data OvfElementInvalidValue : OvfElement { value:string }
data OvfExportFailed : OvfExport { }
data OvfHardwareCheck : OvfImport { }
data OvfHostResourceConstraint : OvfConstraint { value:string }
data OvfHostValueNotParsed : OvfSystemFault { property:string value:string }
data OvfImportFailed : OvfImport { }
data OvfInternalError : OvfSystemFault { }
data OvfInvalidValue : OvfAttribute { value:string }
data OvfInvalidValueConfiguration : OvfInvalidValue { }
data OvfInvalidValueEmpty : OvfInvalidValue { }
data OvfInvalidValueFormatMalformed : OvfInvalidValue { }
data OvfInvalidValueReference : OvfInvalidValue { }
data OvfInvalidVmName : OvfUnsupportedPackage { name:string }
data OvfUnsupportedPackage : OvfFault { lineNumber:int? }
data OvfMappedOsId : OvfImport { ovfId:int ovfDescription:string targetDescription:string }
data OvfMissingAttribute : OvfAttribute { }
data OvfMissingElement : OvfElement { }
data OvfMissingElementNormalBoundary : OvfMissingElement { boundary:string }
data OvfMissingHardware : OvfImport { name:string resourceType:int }
data OvfNetworkMappingNotSupported : OvfImport { }
data OvfNoHostNic : OvfUnsupportedPackage { }
data OvfNoSpaceOnController : OvfUnsupportedElement { parent:string }
data OvfUnsupportedElement : OvfUnsupportedPackage { name:string }
data OvfNoSupportedHardwareFamily : OvfUnsupportedPackage { version:string }
data OvfProperty : OvfInvalidPackage { type:string value:string }
data OvfPropertyExport : OvfExport { type:string value:string }
data OvfPropertyNetwork : OvfProperty { }
data OvfPropertyNetworkExport : OvfExport { network:string }
data OvfPropertyQualifier : OvfProperty { qualifier:string }
data OvfPropertyQualifierDuplicate : OvfProperty { qualifier:string }
data OvfPropertyQualifierIgnored : OvfProperty { qualifier:string }
data OvfPropertyType : OvfProperty { }
data OvfPropertyValue : OvfProperty { }
data OvfToXmlUnsupportedElement : OvfSystemFault { name:string? }
data OvfUnableToExportDisk : OvfHardwareExport { diskName:string }
data OvfUnexpectedElement : OvfElement { }
data OvfUnknownDevice : OvfSystemFault { device:VirtualDevice? vmName:string }
data OvfUnknownDeviceBacking : OvfHardwareExport { backing:VirtualDeviceBackingInfo }
data OvfUnknownEntity : OvfSystemFault { lineNumber:int }
data OvfUnsupportedAttribute : OvfUnsupportedPackage { elementName:string attributeName:string }
data OvfUnsupportedAttributeValue : OvfUnsupportedAttribute { value:string }
data OvfUnsupportedDeviceBackingInfo : OvfSystemFault { elementName:string? instanceId:string?
  deviceName:string backingName:string? }
data OvfUnsupportedDeviceBackingOption : OvfSystemFault { elementName:string? instanceId:string?
  deviceName:string backingName:string? }
data OvfUnsupportedDeviceExport : OvfHardwareExport { }
data OvfUnsupportedDiskProvisioning : OvfImport { diskProvisioning:string
  supportedDiskProvisioning:string }
data OvfUnsupportedElementValue : OvfUnsupportedElement { value:string }
data OvfUnsupportedSection : OvfUnsupportedElement { info:string }
data OvfUnsupportedSubType : OvfUnsupportedPackage { elementName:string instanceId:string
  deviceType:int deviceSubType:string }
data OvfUnsupportedType : OvfUnsupportedPackage { name:string instanceId:string deviceType:int }
data OvfWrongElement : OvfElement { }
data OvfWrongNamespace : OvfInvalidPackage { namespaceName:string }
data OvfXmlFormat : OvfInvalidPackage { description:string }
data PatchAlreadyInstalled : PatchNotApplicable { }
data PatchNotApplicable : VimFault { patchID:string }
data PatchBinariesNotFound : VimFault { patchID:string binary:string[]? }
data PatchInstallFailed : PlatformConfigFault { rolledBack:boolean }
data PatchIntegrityError : PlatformConfigFault { }
data PatchMetadataCorrupted : PatchMetadataInvalid { }
data PatchMetadataInvalid : VimFault { patchID:string metaData:string[]? }
data PatchMetadataNotFound : PatchMetadataInvalid { }
data PatchMissingDependencies : PatchNotApplicable { prerequisitePatch:string[]?
  prerequisiteLib:string[]? }
data PatchSuperseded : PatchNotApplicable { supersede:string[]? }
data PhysCompatRDMNotSupported : RDMNotSupported { }
data RDMNotSupported : DeviceNotSupported { }
data PolicyDisallowsOperation : PolicyViolatedDetail { notSupportedOperation:string? }
data PolicyViolatedDetail : VimFault { policyUrn:string[]? }
data PolicyUrnInvalid : VimFault { urn:string }
data PolicyViolated : RuntimeFault { reasons:LocalizedMethodFault[]? }
data PolicyViolatedByValue : PolicyViolatedDetail { callerValue:anyType policyTarget:string
  policyTargetProperty:string }
data PolicyViolatedValueCannotEqual : PolicyViolatedByValue { policyValue:anyType? }
data PolicyViolatedValueNotEqual : PolicyViolatedByValue { policyValue:anyType? }
data PolicyViolatedValueNotInRange : PolicyViolatedByValue { policyMinValue:anyType?
  policyMaxValue:anyType? }
data PolicyViolatedValueNotInSet : PolicyViolatedByValue { policyValue:anyType[]? }
data PolicyViolatedValueTooBig : PolicyViolatedByValue { policyValue:anyType? }
data PolicyViolatedValueTooSmall : PolicyViolatedByValue { policyValue:anyType? }
data PowerOnFtSecondaryFailed : VmFaultToleranceIssue { vm:VirtualMachine vmName:string
  hostSelectionBy:FtIssuesOnHostHostSelectionType hostErrors:LocalizedMethodFault[]?
  rootCause:LocalizedMethodFault }
data PowerOnFtSecondaryTimedout : Timedout { vm:VirtualMachine vmName:string timeout:int }
data ProfileUpdateFailed : VimFault { failure:ProfileUpdateFailedUpdateFailure[]
  warnings:ProfileUpdateFailedUpdateFailure[]?@6.7 }
data QuarantineModeFault : VmConfigFault @6.5 { vmName:string faultType:string }
data QuestionPending : InvalidState { text:string }
data QuiesceDatastoreIOForHAFailed : ResourceInUse { host:HostSystem hostName:string ds:Datastore
  dsName:string }
data RDMConversionNotSupported : MigrationFault { device:string }
data RDMNotPreserved : MigrationFault { device:string }
data RDMNotSupportedOnDatastore : VmConfigFault { device:string datastore:Datastore
  datastoreName:string }
data RDMPointsToInaccessibleDisk : CannotAccessVmDisk { }
data ReadHostResourcePoolTreeFailed : HostConnectFault { }
data ReadOnlyDisksWithLegacyDestination : MigrationFault { roDiskCount:int timeoutDanger:boolean }
data RebootRequired : VimFault { patch:string? }
data RecordReplayDisabled : VimFault { }
data RemoteDeviceNotSupported : DeviceNotSupported { }
data RemoveFailed : VimFault { }
data ReplicationConfigFault : ReplicationFault { }
data ReplicationDiskConfigFault : ReplicationConfigFault { reason:string? vmRef:VirtualMachine?
  key:int? }
data ReplicationIncompatibleWithFT : ReplicationFault { }
data ReplicationInvalidOptions : ReplicationFault { options:string entity:ManagedEntity? }
data ReplicationNotSupportedOnHost : ReplicationFault { }
data ReplicationVmConfigFault : ReplicationConfigFault { reason:string? vmRef:VirtualMachine? }
data ReplicationVmFault : ReplicationFault { reason:string state:string? instanceId:string?
  vm:VirtualMachine }
data ReplicationVmInProgressFault : ReplicationVmFault { requestedActivity:string
  inProgressActivity:string }
data RestrictedByAdministrator : RuntimeFault { details:string }
data RollbackFailure : DvsFault { entityName:string entityType:string }
data RuleViolation : VmConfigFault { host:HostSystem? rule:ClusterRuleInfo }
data SSLDisabledFault : HostConnectFault { }
data SSLVerifyFault : HostConnectFault { selfSigned:boolean thumbprint:string }
data SSPIChallenge : VimFault { base64Token:string }
data SecondaryVmAlreadyDisabled : VmFaultToleranceIssue { instanceUuid:string }
data SecondaryVmAlreadyEnabled : VmFaultToleranceIssue { instanceUuid:string }
data SecondaryVmAlreadyRegistered : VmFaultToleranceIssue { instanceUuid:string }
data SecondaryVmNotRegistered : VmFaultToleranceIssue { instanceUuid:string }
data ShrinkDiskFault : VimFault { diskId:int? }
data SnapshotCloneNotSupported : SnapshotCopyNotSupported { }
data SnapshotDisabled : SnapshotFault { }
data SnapshotIncompatibleDeviceInVm : SnapshotFault { fault:LocalizedMethodFault }
data SnapshotLocked : SnapshotFault { }
data SnapshotMoveFromNonHomeNotSupported : SnapshotCopyNotSupported { }
data SnapshotMoveNotSupported : SnapshotCopyNotSupported { }
data SnapshotMoveToNonHomeNotSupported : SnapshotCopyNotSupported { }
data SnapshotNoChange : SnapshotFault { }
data SnapshotRevertIssue : MigrationFault { snapshotName:string? event:Event[]? errors:boolean }
data SoftRuleVioCorrectionDisallowed : VmConfigFault { vmName:string }
data SoftRuleVioCorrectionImpact : VmConfigFault { vmName:string }
data SsdDiskNotAvailable : VimFault { devicePath:string }
data StorageDrsCannotMoveDiskInMultiWriterMode : VimFault { }
data StorageDrsCannotMoveFTVm : VimFault { }
data StorageDrsCannotMoveIndependentDisk : VimFault { }
data StorageDrsCannotMoveManuallyPlacedSwapFile : VimFault { }
data StorageDrsCannotMoveManuallyPlacedVm : VimFault { }
data StorageDrsCannotMoveSharedDisk : VimFault { }
data StorageDrsCannotMoveTemplate : VimFault { }
data StorageDrsCannotMoveVmInUserFolder : VimFault { }
data StorageDrsCannotMoveVmWithMountedCDROM : VimFault { }
data StorageDrsCannotMoveVmWithNoFilesInLayout : VimFault { }
data StorageDrsDatacentersCannotShareDatastore : VimFault { }
data StorageDrsDisabledOnVm : VimFault { }
data StorageDrsHbrDiskNotMovable : VimFault { nonMovableDiskIds:string }
data StorageDrsHmsMoveInProgress : VimFault { }
data StorageDrsHmsUnreachable : VimFault { }
data StorageDrsIolbDisabledInternally : VimFault { }
data StorageDrsRelocateDisabled : VimFault { }
data StorageDrsStaleHmsCollection : VimFault { }
data StorageDrsUnableToMoveFiles : VimFault { }
data StorageVmotionIncompatible : VirtualHardwareCompatibilityIssue { datastore:Datastore? }
data SuspendedRelocateNotSupported : MigrationFault { }
data SwapDatastoreNotWritableOnHost : DatastoreNotWritableOnHost { }
data SwapDatastoreUnset : VimFault { }
data SwapPlacementOverrideNotSupported : InvalidVmConfig { }
data SwitchIpUnset : DvsFault { }
data SwitchNotInUpgradeMode : DvsFault { }
data ThirdPartyLicenseAssignmentFailed : RuntimeFault { host:HostSystem module:string
  reason:string? }
data TooManyConcurrentNativeClones : FileFault { }
data TooManyConsecutiveOverrides : VimFault { }
data TooManyDevices : InvalidVmConfig { }
data TooManyDisksOnLegacyHost : MigrationFault { diskCount:int timeoutDanger:boolean }
data TooManyGuestLogons : GuestOperationsFault { }
data TooManyHosts : HostConnectFault { }
data TooManyNativeCloneLevels : FileFault { }
data TooManyNativeClonesOnFile : FileFault { }
data TooManySnapshotLevels : SnapshotFault { }
data ToolsAlreadyUpgraded : VmToolsUpgradeFault { }
data VmToolsUpgradeFault : VimFault { }
data ToolsAutoUpgradeNotSupported : VmToolsUpgradeFault { }
data ToolsImageCopyFailed : VmToolsUpgradeFault { }
data ToolsImageNotAvailable : VmToolsUpgradeFault { }
data ToolsImageSignatureCheckFailed : VmToolsUpgradeFault { }
data ToolsInstallationInProgress : MigrationFault { }
data ToolsUpgradeCancelled : VmToolsUpgradeFault { }
data UnSupportedDatastoreForVFlash : UnsupportedDatastore { datastoreName:string type:string }
data UncommittedUndoableDisk : MigrationFault { }
data UnconfiguredPropertyValue : InvalidPropertyValue { }
data UncustomizableGuest : CustomizationFault { uncustomizableGuestOS:string }
data UnexpectedCustomizationFault : CustomizationFault { }
data UnrecognizedHost : VimFault { hostName:string }
data UnsharedSwapVMotionNotSupported : MigrationFeatureNotSupported { }
data UnsupportedGuest : InvalidVmConfig { unsupportedGuestOS:string }
data UnsupportedVimApiVersion : VimFault { version:string? }
data UnsupportedVmxLocation : VmConfigFault { }
data UnusedVirtualDiskBlocksNotScrubbed : DeviceBackingNotSupported { }
data UserNotFound : VimFault { principal:string unresolved:boolean }
data VAppNotRunning : VmConfigFault { }
data VAppOperationInProgress : RuntimeFault { }
data VAppTaskInProgress : TaskInProgress { }
data VFlashCacheHotConfigNotSupported : VmConfigFault { }
data VFlashModuleNotSupported : VmConfigFault { vmName:string moduleName:string reason:string
  hostName:string }
data VFlashModuleVersionIncompatible : VimFault { moduleName:string vmRequestModuleVersion:string
  hostMinSupportedVerson:string hostModuleVersion:string }
data VMINotSupported : DeviceNotSupported { }
data VMOnConflictDVPort : CannotAccessNetwork { }
data VMOnVirtualIntranet : CannotAccessNetwork { }
data VMotionAcrossNetworkNotSupported : MigrationFeatureNotSupported { }
data VMotionInterfaceIssue : MigrationFault { atSourceHost:boolean failedHost:string
  failedHostEntity:HostSystem? }
data VMotionLinkCapacityLow : VMotionInterfaceIssue { network:string }
data VMotionLinkDown : VMotionInterfaceIssue { network:string }
data VMotionNotConfigured : VMotionInterfaceIssue { }
data VMotionNotLicensed : VMotionInterfaceIssue { }
data VMotionNotSupported : VMotionInterfaceIssue { }
data VMotionProtocolIncompatible : MigrationFault { }
data VirtualDiskBlocksNotFullyProvisioned : DeviceBackingNotSupported { }
data VirtualDiskModeNotSupported : DeviceNotSupported { mode:string }
data VirtualEthernetCardNotSupported : DeviceNotSupported { }
data VirtualHardwareVersionNotSupported : VirtualHardwareCompatibilityIssue { hostName:string
  host:HostSystem }
data VmAlreadyExistsInDatacenter : InvalidFolder { host:HostSystem hostname:string
  vm:VirtualMachine[] }
data VmConfigIncompatibleForFaultTolerance : VmConfigFault { fault:LocalizedMethodFault? }
data VmConfigIncompatibleForRecordReplay : VmConfigFault { fault:LocalizedMethodFault? }
data VmFaultToleranceConfigIssue : VmFaultToleranceIssue { reason:string? entityName:string?
  entity:ManagedEntity? }
data VmFaultToleranceConfigIssueWrapper : VmFaultToleranceIssue { entityName:string?
  entity:ManagedEntity? error:LocalizedMethodFault? }
data VmFaultToleranceInvalidFileBacking : VmFaultToleranceIssue { backingType:string?
  backingFilename:string? }
data VmFaultToleranceOpIssuesList : VmFaultToleranceIssue { errors:LocalizedMethodFault[]?
  warnings:LocalizedMethodFault[]? }
data VmFaultToleranceTooManyFtVcpusOnHost : InsufficientResourcesFault { hostName:string?
  maxNumFtVcpus:int }
data VmFaultToleranceTooManyVMsOnHost : InsufficientResourcesFault { hostName:string?
  maxNumFtVms:int }
data VmHostAffinityRuleViolation : VmConfigFault { vmName:string hostName:string }
data VmLimitLicense : NotEnoughLicenses { limit:int }
data VmMetadataManagerFault : VimFault { }
data VmMonitorIncompatibleForFaultTolerance : VimFault { }
data VmPowerOnDisabled : InvalidState { }
data VmSmpFaultToleranceTooManyVMsOnHost : InsufficientResourcesFault { hostName:string?
  maxNumSmpFtVms:int }
data VmValidateMaxDevice : VimFault { device:string max:int count:int }
data VmWwnConflict : InvalidVmConfig { vm:VirtualMachine? host:HostSystem? name:string? wwn:long?
  }
data VmotionInterfaceNotEnabled : HostPowerOpFailed { }
data VolumeEditorError : CustomizationFault { }
data VramLimitLicense : NotEnoughLicenses { limit:int }
data VsanClusterUuidMismatch : CannotMoveVsanEnabledHost { hostClusterUuid:string
  destinationClusterUuid:string }
data VsanIncompatibleDiskMapping : VsanDiskFault { }
data VspanDestPortConflict : DvsFault { vspanSessionKey1:string vspanSessionKey2:string
  portKey:string }
data VspanPortConflict : DvsFault { vspanSessionKey1:string vspanSessionKey2:string portKey:string
  }
data VspanPortMoveFault : DvsFault { srcPortgroupName:string destPortgroupName:string
  portKey:string }
data VspanPortPromiscChangeFault : DvsFault { portKey:string }
data VspanPortgroupPromiscChangeFault : DvsFault { portgroupName:string }
data VspanPortgroupTypeChangeFault : DvsFault { portgroupName:string }
data VspanPromiscuousPortNotSupported : DvsFault { vspanSessionKey:string portKey:string }
data VspanSameSessionPortConflict : DvsFault { vspanSessionKey:string portKey:string }
data WakeOnLanNotSupported : VirtualHardwareCompatibilityIssue { }
data WakeOnLanNotSupportedByVmotionNIC : HostPowerOpFailed { }
data WillLoseHAProtection : MigrationFault { resolution:string }
data WillModifyConfigCpuRequirements : MigrationFault { }
data WillResetSnapshotDirectory : MigrationFault { }
data WipeDiskFault : VimFault { }
)";

} // namespace pf::vim
