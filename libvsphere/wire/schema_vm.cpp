// Virtual machines: properties, configuration, relocation, registration, power.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaVm = R"(
managed VirtualMachine : ManagedEntity { capability:VirtualMachineCapability
  config:VirtualMachineConfigInfo? layout:VirtualMachineFileLayout?
  layoutEx:VirtualMachineFileLayoutEx? storage:VirtualMachineStorageInfo?
  environmentBrowser:EnvironmentBrowser resourcePool:ResourcePool? parentVApp:ManagedEntity?
  resourceConfig:ResourceConfigSpec? runtime:VirtualMachineRuntimeInfo guest:GuestInfo?
  summary:VirtualMachineSummary datastore:Datastore[]? network:Network[]?
  snapshot:VirtualMachineSnapshotInfo? rootSnapshot:VirtualMachineSnapshot[]?
  guestHeartbeatStatus:ManagedEntityStatus }
managed VirtualMachineSnapshot : ExtensibleManagedObject { config:VirtualMachineConfigInfo
  childSnapshot:VirtualMachineSnapshot[]? vm:VirtualMachine }
enum VirtualMachinePowerState { poweredOff poweredOn suspended }
enum VirtualMachineConnectionState { connected disconnected orphaned inaccessible invalid }
enum VirtualMachineFaultToleranceState { notConfigured disabled enabled needSecondary starting
  running }
enum VirtualMachineRecordReplayState { recording replaying inactive }
enum VirtualMachineMovePriority { lowPriority highPriority defaultPriority }
enum VirtualMachineRelocateTransformation { flat sparse }
enum VirtualMachineToolsStatus { toolsNotInstalled toolsNotRunning toolsOld toolsOk }
data VirtualMachineCapability : DynamicData { snapshotOperationsSupported:boolean
  multipleSnapshotsSupported:boolean snapshotConfigSupported:boolean
  poweredOffSnapshotsSupported:boolean memorySnapshotsSupported:boolean
  revertToSnapshotSupported:boolean quiescedSnapshotsSupported:boolean
  disableSnapshotsSupported:boolean lockSnapshotsSupported:boolean
  consolePreferencesSupported:boolean cpuFeatureMaskSupported:boolean
  s1AcpiManagementSupported:boolean settingScreenResolutionSupported:boolean
  toolsAutoUpdateSupported:boolean vmNpivWwnSupported:boolean npivWwnOnNonRdmVmSupported:boolean
  vmNpivWwnDisableSupported:boolean vmNpivWwnUpdateSupported:boolean
  swapPlacementSupported:boolean toolsSyncTimeSupported:boolean virtualMmuUsageSupported:boolean
  diskSharesSupported:boolean bootOptionsSupported:boolean bootRetryOptionsSupported:boolean
  settingVideoRamSizeSupported:boolean settingDisplayTopologySupported:boolean
  settingDisplayTopologyModesSupported:boolean recordReplaySupported:boolean
  changeTrackingSupported:boolean multipleCoresPerSocketSupported:boolean
  hostBasedReplicationSupported:boolean guestAutoLockSupported:boolean
  memoryReservationLockSupported:boolean featureRequirementSupported:boolean
  poweredOnMonitorTypeChangeSupported:boolean vmfsNativeSnapshotSupported:boolean
  seSparseDiskSupported:boolean nestedHVSupported:boolean vPMCSupported:boolean
  toolsRebootPredictSupported:boolean? messageBusSupported:boolean canConnectUSBDevices:boolean?
  secureBootSupported:boolean?@6.5 perVmEvcSupported:boolean?@6.7
  virtualMmuUsageIgnored:boolean?@6.7 virtualExecUsageIgnored:boolean?@6.7
  diskOnlySnapshotOnSuspendedVMSupported:boolean?@6.7 }
data VirtualMachineConfigInfo : DynamicData { changeVersion:string modified:dateTime name:string
  guestFullName:string version:string uuid:string createDate:dateTime?@6.7 instanceUuid:string?
  npivNodeWorldWideName:long[]? npivPortWorldWideName:long[]? npivWorldWideNameType:string?
  npivDesiredNodeWwns:short? npivDesiredPortWwns:short? npivTemporaryDisabled:boolean?
  npivOnNonRdmDisks:boolean? locationId:string? template:boolean guestId:string
  alternateGuestName:string annotation:string? files:VirtualMachineFileInfo tools:ToolsConfigInfo?
  flags:VirtualMachineFlagInfo consolePreferences:VirtualMachineConsolePreferences?
  defaultPowerOps:VirtualMachineDefaultPowerOpInfo rebootPowerOff:boolean?@8.0.0.1
  hardware:VirtualHardware cpuAllocation:ResourceAllocationInfo?
  memoryAllocation:ResourceAllocationInfo? latencySensitivity:LatencySensitivity?
  memoryHotAddEnabled:boolean? cpuHotAddEnabled:boolean? cpuHotRemoveEnabled:boolean?
  hotPlugMemoryLimit:long? hotPlugMemoryIncrementSize:long?
  cpuAffinity:VirtualMachineAffinityInfo? memoryAffinity:VirtualMachineAffinityInfo?
  networkShaper:VirtualMachineNetworkShaperInfo? extraConfig:OptionValue[]?
  cpuFeatureMask:HostCpuIdInfo[]? datastoreUrl:VirtualMachineConfigInfoDatastoreUrlPair[]?
  swapPlacement:string? bootOptions:VirtualMachineBootOptions? ftInfo:FaultToleranceConfigInfo?
  repConfig:ReplicationConfigSpec? vAppConfig:VmConfigInfo? vAssertsEnabled:boolean?
  changeTrackingEnabled:boolean? firmware:string? maxMksConnections:int?
  guestAutoLockEnabled:boolean? managedBy:ManagedByInfo? memoryReservationLockedToMax:boolean?
  initialOverhead:VirtualMachineConfigInfoOverheadInfo? nestedHVEnabled:boolean?
  vPMCEnabled:boolean? scheduledHardwareUpgradeInfo:ScheduledHardwareUpgradeInfo?
  forkConfigInfo:VirtualMachineForkConfigInfo? vFlashCacheReservation:long?
  vmxConfigChecksum:base64Binary? messageBusTunnelEnabled:boolean? vmStorageObjectId:string?
  swapStorageObjectId:string? keyId:CryptoKeyId?@6.5
  guestIntegrityInfo:VirtualMachineGuestIntegrityInfo?@6.5 migrateEncryption:string?@6.5 }
data VirtualMachineConfigInfoDatastoreUrlPair : DynamicData { name:string url:string }
data VirtualMachineFileInfo : DynamicData { vmPathName:string? snapshotDirectory:string?
  suspendDirectory:string? logDirectory:string? ftMetadataDirectory:string? }
data VirtualMachineFlagInfo : DynamicData { disableAcceleration:boolean? enableLogging:boolean?
  useToe:boolean? runWithDebugInfo:boolean? monitorType:string? htSharing:string?
  snapshotDisabled:boolean? snapshotLocked:boolean? diskUuidEnabled:boolean?
  virtualMmuUsage:string? virtualExecUsage:string? snapshotPowerOffBehavior:string?
  recordReplayEnabled:boolean? faultToleranceType:string? cbrcCacheEnabled:boolean?@6.5
  vvtdEnabled:boolean?@6.7 vbsEnabled:boolean?@6.7 }
data VirtualMachineDefaultPowerOpInfo : DynamicData { powerOffType:string? suspendType:string?
  resetType:string? defaultPowerOffType:string? defaultSuspendType:string?
  defaultResetType:string? standbyAction:string? }
data ToolsConfigInfo : DynamicData { toolsVersion:int? toolsInstallType:string?@6.5
  afterPowerOn:boolean? afterResume:boolean? beforeGuestStandby:boolean?
  beforeGuestShutdown:boolean? beforeGuestReboot:boolean? toolsUpgradePolicy:string?
  pendingCustomization:string? customizationKeyId:CryptoKeyId?@6.5 syncTimeWithHost:boolean?
  lastInstallInfo:ToolsConfigInfoToolsLastInstallInfo? upgradeRebootPredict:boolean? }
data LatencySensitivity : DynamicData { level:string sensitivity:int? }
data VirtualMachineAffinityInfo : DynamicData { affinitySet:int[]? }
data ReplicationConfigSpec : DynamicData { generation:long vmReplicationId:string
  destination:string port:int rpo:long quiesceGuestEnabled:boolean paused:boolean
  oppUpdatesEnabled:boolean netCompressionEnabled:boolean? netEncryptionEnabled:boolean?@6.7
  encryptionDestination:string?@6.7 encryptionPort:int?@6.7
  remoteCertificateThumbprint:string?@6.7 disk:ReplicationInfoDiskSettings[]? }
data FaultToleranceConfigInfo : DynamicData { role:int instanceUuids:string[] configPaths:string[]
  orphaned:boolean? }
data CryptoKeyId : DynamicData @6.5 { keyId:string providerId:KeyProviderId? }
data KeyProviderId : DynamicData @6.5 { id:string }
data VirtualMachineRuntimeInfo : DynamicData { device:VirtualMachineDeviceRuntimeInfo[]?
  host:HostSystem? connectionState:VirtualMachineConnectionState
  powerState:VirtualMachinePowerState faultToleranceState:VirtualMachineFaultToleranceState
  dasVmProtection:VirtualMachineRuntimeInfoDasProtectionState? toolsInstallerMounted:boolean
  suspendTime:dateTime? bootTime:dateTime? suspendInterval:long?
  question:VirtualMachineQuestionInfo? memoryOverhead:long? maxCpuUsage:int? maxMemoryUsage:int?
  numMksConnections:int recordReplayState:VirtualMachineRecordReplayState cleanPowerOff:boolean?
  needSecondaryReason:string? onlineStandby:boolean minRequiredEVCModeKey:string?
  consolidationNeeded:boolean offlineFeatureRequirement:VirtualMachineFeatureRequirement[]?
  featureRequirement:VirtualMachineFeatureRequirement[]? featureMask:HostFeatureMask[]?
  vFlashCacheAllocation:long? paused:boolean? snapshotInBackground:boolean?
  quiescedForkParent:boolean? instantCloneFrozen:boolean?@6.7 cryptoState:string?@6.7 }
data VirtualMachineRuntimeInfoDasProtectionState : DynamicData { dasProtected:boolean }
data VirtualMachineQuestionInfo : DynamicData { id:string text:string choice:ChoiceOption
  message:VirtualMachineMessage[]? }
data VirtualMachineMessage : DynamicData { id:string argument:anyType[]? text:string? }
data ChoiceOption : OptionType { choiceInfo:ElementDescription[] defaultIndex:int? }
data GuestInfo : DynamicData { toolsStatus:VirtualMachineToolsStatus? toolsVersionStatus:string?
  toolsVersionStatus2:string? toolsRunningStatus:string? toolsVersion:string?
  toolsInstallType:string?@6.5 toolsUpdateStatus:VirtualMachineToolsUpdateStatus? guestId:string?
  guestFamily:string? guestFullName:string? guestDetailedData:string?@8.0.2.0 hostName:string?
  ipAddress:string? net:GuestNicInfo[]? ipStack:GuestStackInfo[]? disk:GuestDiskInfo[]?
  screen:GuestScreenInfo? guestState:string powerPolicy:VirtualMachinePowerPolicy?
  appHeartbeatStatus:string? guestKernelCrashed:boolean? appState:string?
  guestOperationsReady:boolean? interactiveGuestOperationsReady:boolean?
  guestStateChangeSupported:boolean? generationInfo:GuestInfoNamespaceGenerationInfo[]? }
data VirtualMachineSummary : DynamicData { vm:VirtualMachine? runtime:VirtualMachineRuntimeInfo
  guest:VirtualMachineGuestSummary? config:VirtualMachineConfigSummary
  storage:VirtualMachineStorageSummary? quickStats:VirtualMachineQuickStats
  overallStatus:ManagedEntityStatus customValue:CustomFieldValue[]? }
data VirtualMachineGuestSummary : DynamicData { guestId:string? guestFullName:string?
  toolsStatus:VirtualMachineToolsStatus? toolsVersionStatus:string? toolsVersionStatus2:string?
  toolsRunningStatus:string? hostName:string? ipAddress:string? }
data VirtualMachineConfigSummary : DynamicData { name:string template:boolean vmPathName:string
  memorySizeMB:int? cpuReservation:int? memoryReservation:int? numCpu:int? numEthernetCards:int?
  numVirtualDisks:int? uuid:string? instanceUuid:string? guestId:string? guestFullName:string?
  annotation:string? product:VAppProductInfo? installBootRequired:boolean?
  ftInfo:FaultToleranceConfigInfo? managedBy:ManagedByInfo? tpmPresent:boolean?@6.7
  numVmiopBackings:int?@6.7 }
data VirtualMachineStorageSummary : DynamicData { committed:long uncommitted:long unshared:long
  timestamp:dateTime }
data VirtualMachineQuickStats : DynamicData { overallCpuUsage:int? overallCpuDemand:int?
  guestMemoryUsage:int? hostMemoryUsage:int? guestHeartbeatStatus:ManagedEntityStatus
  distributedCpuEntitlement:int? distributedMemoryEntitlement:int? staticCpuEntitlement:int?
  staticMemoryEntitlement:int? privateMemory:int? sharedMemory:int? swappedMemory:int?
  balloonedMemory:int? consumedOverheadMemory:int? ftLogBandwidth:int? ftSecondaryLatency:int?
  ftLatencyStatus:ManagedEntityStatus? compressedMemory:long? uptimeSeconds:int?
  ssdSwappedMemory:long? }
data VirtualMachineStorageInfo : DynamicData { perDatastoreUsage:VirtualMachineUsageOnDatastore[]?
  timestamp:dateTime }
data VirtualMachineUsageOnDatastore : DynamicData { datastore:Datastore committed:long
  uncommitted:long unshared:long }
data VirtualMachineFileLayout : DynamicData { configFile:string[]? logFile:string[]?
  disk:VirtualMachineFileLayoutDiskLayout[]? snapshot:VirtualMachineFileLayoutSnapshotLayout[]?
  swapFile:string? }
data VirtualMachineFileLayoutDiskLayout : DynamicData { key:int diskFile:string[] }
data VirtualMachineFileLayoutSnapshotLayout : DynamicData { key:VirtualMachineSnapshot
  snapshotFile:string[] }
data VirtualMachineFileLayoutEx : DynamicData { file:VirtualMachineFileLayoutExFileInfo[]?
  disk:VirtualMachineFileLayoutExDiskLayout[]?
  snapshot:VirtualMachineFileLayoutExSnapshotLayout[]? timestamp:dateTime }
data VirtualMachineFileLayoutExFileInfo : DynamicData { key:int name:string type:string size:long
  uniqueSize:long? backingObjectId:string? accessible:boolean? }
data VirtualMachineFileLayoutExDiskLayout : DynamicData { key:int
  chain:VirtualMachineFileLayoutExDiskUnit[]? }
data VirtualMachineFileLayoutExDiskUnit : DynamicData { fileKey:int[] }
data VirtualMachineFileLayoutExSnapshotLayout : DynamicData { key:VirtualMachineSnapshot
  dataKey:int memoryKey:int disk:VirtualMachineFileLayoutExDiskLayout[]? }
data VirtualMachineSnapshotInfo : DynamicData { currentSnapshot:VirtualMachineSnapshot?
  rootSnapshotList:VirtualMachineSnapshotTree[] }
data VirtualMachineSnapshotTree : DynamicData { snapshot:VirtualMachineSnapshot vm:VirtualMachine
  name:string description:string id:int createTime:dateTime state:VirtualMachinePowerState
  quiesced:boolean backupManifest:string? childSnapshotList:VirtualMachineSnapshotTree[]?
  replaySupported:boolean? }
data VirtualMachineRelocateSpec : DynamicData { service:ServiceLocator? folder:Folder?
  datastore:Datastore? diskMoveType:string? pool:ResourcePool? host:HostSystem?
  disk:VirtualMachineRelocateSpecDiskLocator[]? transform:VirtualMachineRelocateTransformation?
  deviceChange:VirtualDeviceConfigSpec[]? profile:VirtualMachineProfileSpec[]?
  cryptoSpec:CryptoSpec?@7.0 }
data VirtualMachineRelocateSpecDiskLocator : DynamicData { diskId:int datastore:Datastore
  diskMoveType:string? diskBackingInfo:VirtualDeviceBackingInfo?
  profile:VirtualMachineProfileSpec[]?
  backing:VirtualMachineRelocateSpecDiskLocatorBackingSpec?@7.0
  filterSpec:VirtualMachineBaseIndependentFilterSpec[]?@7.0.2.1 }
data VirtualMachineProfileSpec : DynamicData { }
data VirtualMachineDefinedProfileSpec : VirtualMachineProfileSpec { profileId:string
  replicationSpec:ReplicationSpec?@6.5 profileData:VirtualMachineProfileRawData?
  profileParams:KeyValue[]?@6.7 }
data VirtualMachineEmptyProfileSpec : VirtualMachineProfileSpec { }
data ServiceLocator : DynamicData { instanceUuid:string url:string
  credential:ServiceLocatorCredential sslThumbprint:string? sslTrust:string?@7.0.3.0 }
data CheckResult : DynamicData { vm:VirtualMachine? host:HostSystem?
  warning:LocalizedMethodFault[]? error:LocalizedMethodFault[]? }
data VirtualMachineConfigSpec : DynamicData { changeVersion:string? name:string? version:string?
  createDate:dateTime?@6.7 uuid:string? instanceUuid:string? npivNodeWorldWideName:long[]?
  npivPortWorldWideName:long[]? npivWorldWideNameType:string? npivDesiredNodeWwns:short?
  npivDesiredPortWwns:short? npivTemporaryDisabled:boolean? npivOnNonRdmDisks:boolean?
  npivWorldWideNameOp:string? locationId:string? guestId:string? alternateGuestName:string?
  annotation:string? files:VirtualMachineFileInfo? tools:ToolsConfigInfo?
  flags:VirtualMachineFlagInfo? consolePreferences:VirtualMachineConsolePreferences?
  powerOpInfo:VirtualMachineDefaultPowerOpInfo? rebootPowerOff:boolean?@8.0.0.1 numCPUs:int?
  vcpuConfig:VirtualMachineVcpuConfig[]?@7.0 numCoresPerSocket:int? memoryMB:long?
  memoryHotAddEnabled:boolean? cpuHotAddEnabled:boolean? cpuHotRemoveEnabled:boolean?
  virtualICH7MPresent:boolean? virtualSMCPresent:boolean? deviceChange:VirtualDeviceConfigSpec[]?
  cpuAllocation:ResourceAllocationInfo? memoryAllocation:ResourceAllocationInfo?
  latencySensitivity:LatencySensitivity? cpuAffinity:VirtualMachineAffinityInfo?
  memoryAffinity:VirtualMachineAffinityInfo? networkShaper:VirtualMachineNetworkShaperInfo?
  cpuFeatureMask:VirtualMachineCpuIdInfoSpec[]? extraConfig:OptionValue[]? swapPlacement:string?
  bootOptions:VirtualMachineBootOptions? vAppConfig:VmConfigSpec? ftInfo:FaultToleranceConfigInfo?
  repConfig:ReplicationConfigSpec? vAppConfigRemoved:boolean? vAssertsEnabled:boolean?
  changeTrackingEnabled:boolean? firmware:string? maxMksConnections:int?
  guestAutoLockEnabled:boolean? managedBy:ManagedByInfo? memoryReservationLockedToMax:boolean?
  nestedHVEnabled:boolean? vPMCEnabled:boolean?
  scheduledHardwareUpgradeInfo:ScheduledHardwareUpgradeInfo?
  vmProfile:VirtualMachineProfileSpec[]? messageBusTunnelEnabled:boolean? crypto:CryptoSpec?@6.5
  migrateEncryption:string?@6.5 }
data VirtualMachineCloneSpec : DynamicData { location:VirtualMachineRelocateSpec template:boolean
  config:VirtualMachineConfigSpec? customization:CustomizationSpec? powerOn:boolean
  snapshot:VirtualMachineSnapshot? memory:boolean? }

call VirtualMachine.RelocateVM_Task Task { spec:VirtualMachineRelocateSpec
  priority:VirtualMachineMovePriority? }
call VirtualMachine.MigrateVM_Task Task { pool:ResourcePool? host:HostSystem?
  priority:VirtualMachineMovePriority state:VirtualMachinePowerState? }
call VirtualMachine.CloneVM_Task Task { folder:Folder name:string spec:VirtualMachineCloneSpec }
call VirtualMachine.UnregisterVM void { }
call VirtualMachine.reloadVirtualMachineFromPath_Task Task { configurationPath:string }
call VirtualMachine.RefreshStorageInfo void { }
call VirtualMachine.MarkAsTemplate void { }
call VirtualMachine.MarkAsVirtualMachine void { pool:ResourcePool host:HostSystem? }
call VirtualMachine.PowerOnVM_Task Task { host:HostSystem? }
call VirtualMachine.PowerOffVM_Task Task { }
call VirtualMachine.SuspendVM_Task Task { }
call VirtualMachine.ResetVM_Task Task { }
call VirtualMachine.ShutdownGuest void { }
call VirtualMachine.RebootGuest void { }
call VirtualMachine.StandbyGuest void { }
call VirtualMachine.AnswerVM void { questionId:string answerChoice:string }
call VirtualMachine.ReconfigVM_Task Task { spec:VirtualMachineConfigSpec }
call VirtualMachine.CreateSnapshot_Task Task { name:string description:string? memory:boolean
  quiesce:boolean }
call VirtualMachine.CreateSnapshotEx_Task Task @6.5 { name:string description:string?
  memory:boolean quiesceSpec:VirtualMachineGuestQuiesceSpec? }
call VirtualMachine.RemoveAllSnapshots_Task Task { consolidate:boolean?
  spec:SnapshotSelectionSpec?@8.0.3.0 }
call VirtualMachine.RevertToCurrentSnapshot_Task Task { host:HostSystem?
  suppressPowerOn:boolean? }
call VirtualMachine.ConsolidateVMDisks_Task Task { }
call VirtualMachineSnapshot.RemoveSnapshot_Task Task { removeChildren:boolean
  consolidate:boolean? }
call VirtualMachineSnapshot.RevertToSnapshot_Task Task { host:HostSystem?
  suppressPowerOn:boolean? }
call VirtualMachineProvisioningChecker.CheckRelocate_Task Task { vm:VirtualMachine
  spec:VirtualMachineRelocateSpec testType:string[]? }
)";

} // namespace pf::vim
