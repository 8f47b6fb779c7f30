// Events: every kind that a server may tell of, as data below Event.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaEvents = R"(
data AccountCreatedEvent : HostEvent { spec:HostAccountSpec group:boolean }
data HostEvent : Event { }
data AccountRemovedEvent : HostEvent { account:string group:boolean }
data AccountUpdatedEvent : HostEvent { spec:HostAccountSpec group:boolean
  prevDescription:string?@6.5 }
data AdminPasswordNotChangedEvent : HostEvent { }
data AlarmAcknowledgedEvent : AlarmEvent { source:ManagedEntityEventArgument
  entity:ManagedEntityEventArgument }
data AlarmEvent : Event { alarm:AlarmEventArgument }
data AlarmActionTriggeredEvent : AlarmEvent { source:ManagedEntityEventArgument
  entity:ManagedEntityEventArgument }
data AlarmClearedEvent : AlarmEvent { source:ManagedEntityEventArgument
  entity:ManagedEntityEventArgument from:string }
data AlarmCreatedEvent : AlarmEvent { entity:ManagedEntityEventArgument }
data AlarmEmailCompletedEvent : AlarmEvent { entity:ManagedEntityEventArgument to:string }
data AlarmEmailFailedEvent : AlarmEvent { entity:ManagedEntityEventArgument to:string
  reason:LocalizedMethodFault }
data AlarmReconfiguredEvent : AlarmEvent { entity:ManagedEntityEventArgument
  configChanges:ChangesInfoEventArgument?@6.5 }
data AlarmRemovedEvent : AlarmEvent { entity:ManagedEntityEventArgument }
data AlarmScriptCompleteEvent : AlarmEvent { entity:ManagedEntityEventArgument script:string }
data AlarmScriptFailedEvent : AlarmEvent { entity:ManagedEntityEventArgument script:string
  reason:LocalizedMethodFault }
data AlarmSnmpCompletedEvent : AlarmEvent { entity:ManagedEntityEventArgument }
data AlarmSnmpFailedEvent : AlarmEvent { entity:ManagedEntityEventArgument
  reason:LocalizedMethodFault }
data AlarmStatusChangedEvent : AlarmEvent { source:ManagedEntityEventArgument
  entity:ManagedEntityEventArgument from:string to:string }
data AllVirtualMachinesLicensedEvent : LicenseEvent { }
data LicenseEvent : Event { }
data AlreadyAuthenticatedSessionEvent : SessionEvent { }
data SessionEvent : Event { }
data AuthorizationEvent : Event { }
data BadUsernameSessionEvent : SessionEvent { ipAddress:string }
data CanceledHostOperationEvent : HostEvent { }
data ClusterComplianceCheckedEvent : ClusterEvent { profile:ProfileEventArgument }
data ClusterEvent : Event { }
data ClusterCreatedEvent : ClusterEvent { parent:FolderEventArgument }
data ClusterDestroyedEvent : ClusterEvent { }
data ClusterOvercommittedEvent : ClusterEvent { }
data ClusterReconfiguredEvent : ClusterEvent { configChanges:ChangesInfoEventArgument?@6.5 }
data ClusterStatusChangedEvent : ClusterEvent { oldStatus:string newStatus:string }
data CustomFieldDefAddedEvent : CustomFieldDefEvent { }
data CustomFieldDefEvent : CustomFieldEvent { fieldKey:int name:string }
data CustomFieldEvent : Event { }
data CustomFieldDefRemovedEvent : CustomFieldDefEvent { }
data CustomFieldDefRenamedEvent : CustomFieldDefEvent { newName:string }
data CustomFieldValueChangedEvent : CustomFieldEvent { entity:ManagedEntityEventArgument
  fieldKey:int name:string value:string prevState:string?@6.5 }
data CustomizationEvent : VmEvent { logLocation:string? }
data VmEvent : Event { template:boolean }
data CustomizationFailed : CustomizationEvent { }
data CustomizationLinuxIdentityFailed : CustomizationFailed { }
data CustomizationNetworkSetupFailed : CustomizationFailed { }
data CustomizationStartedEvent : CustomizationEvent { }
data CustomizationSucceeded : CustomizationEvent { }
data CustomizationSysprepFailed : CustomizationFailed { sysprepVersion:string systemVersion:string
  }
data CustomizationUnknownFailure : CustomizationFailed { }
data DVPortgroupCreatedEvent : DVPortgroupEvent { }
data DVPortgroupEvent : Event { }
data DVPortgroupDestroyedEvent : DVPortgroupEvent { }
data DVPortgroupReconfiguredEvent : DVPortgroupEvent { configSpec:DVPortgroupConfigSpec
  configChanges:ChangesInfoEventArgument?@6.5 }
data DVPortgroupRenamedEvent : DVPortgroupEvent { oldName:string newName:string }
data DasAdmissionControlDisabledEvent : ClusterEvent { }
data DasAdmissionControlEnabledEvent : ClusterEvent { }
data DasAgentFoundEvent : ClusterEvent { }
data DasAgentUnavailableEvent : ClusterEvent { }
data DasClusterIsolatedEvent : ClusterEvent { }
data DasDisabledEvent : ClusterEvent { }
data DasEnabledEvent : ClusterEvent { }
data DasHostFailedEvent : ClusterEvent { failedHost:HostEventArgument }
data DasHostIsolatedEvent : ClusterEvent { isolatedHost:HostEventArgument }
data DatacenterCreatedEvent : DatacenterEvent { parent:FolderEventArgument }
data DatacenterEvent : Event { }
data DatacenterRenamedEvent : DatacenterEvent { oldName:string newName:string }
data DatastoreCapacityIncreasedEvent : DatastoreEvent { oldCapacity:long newCapacity:long }
data DatastoreEvent : Event { datastore:DatastoreEventArgument? }
data DatastoreDestroyedEvent : DatastoreEvent { }
data DatastoreDiscoveredEvent : HostEvent { datastore:DatastoreEventArgument }
data DatastoreDuplicatedEvent : DatastoreEvent { }
data DatastoreFileCopiedEvent : DatastoreFileEvent { sourceDatastore:DatastoreEventArgument
  sourceFile:string }
data DatastoreFileEvent : DatastoreEvent { targetFile:string sourceOfOperation:string?@6.5
  succeeded:boolean?@6.5 }
data DatastoreFileDeletedEvent : DatastoreFileEvent { }
data DatastoreFileMovedEvent : DatastoreFileEvent { sourceDatastore:DatastoreEventArgument
  sourceFile:string }
data DatastoreIORMReconfiguredEvent : DatastoreEvent { }
data DatastorePrincipalConfigured : HostEvent { datastorePrincipal:string }
data DatastoreRemovedOnHostEvent : HostEvent { datastore:DatastoreEventArgument }
data DatastoreRenamedEvent : DatastoreEvent { oldName:string newName:string }
data DatastoreRenamedOnHostEvent : HostEvent { oldName:string newName:string }
data DrsDisabledEvent : ClusterEvent { }
data DrsEnabledEvent : ClusterEvent { behavior:string }
data DrsEnteredStandbyModeEvent : EnteredStandbyModeEvent { }
data EnteredStandbyModeEvent : HostEvent { }
data DrsEnteringStandbyModeEvent : EnteringStandbyModeEvent { }
data EnteringStandbyModeEvent : HostEvent { }
data DrsExitStandbyModeFailedEvent : ExitStandbyModeFailedEvent { }
data ExitStandbyModeFailedEvent : HostEvent { }
data DrsExitedStandbyModeEvent : ExitedStandbyModeEvent { }
data ExitedStandbyModeEvent : HostEvent { }
data DrsExitingStandbyModeEvent : ExitingStandbyModeEvent { }
data ExitingStandbyModeEvent : HostEvent { }
data DrsInvocationFailedEvent : ClusterEvent { }
data DrsRecoveredFromFailureEvent : ClusterEvent { }
data DrsResourceConfigureFailedEvent : HostEvent { reason:LocalizedMethodFault }
data DrsResourceConfigureSyncedEvent : HostEvent { }
data DrsRuleComplianceEvent : VmEvent { }
data DrsRuleViolationEvent : VmEvent { }
data DrsSoftRuleViolationEvent : VmEvent { }
data DrsVmMigratedEvent : VmMigratedEvent { }
data VmMigratedEvent : VmEvent { sourceHost:HostEventArgument
  sourceDatacenter:DatacenterEventArgument? sourceDatastore:DatastoreEventArgument? }
data DrsVmPoweredOnEvent : VmPoweredOnEvent { }
data VmPoweredOnEvent : VmEvent { }
data DuplicateIpDetectedEvent : HostEvent { duplicateIP:string macAddress:string }
data DvpgImportEvent : DVPortgroupEvent { importType:string }
data DvpgRestoreEvent : DVPortgroupEvent { }
data DvsCreatedEvent : DvsEvent { parent:FolderEventArgument }
data DvsEvent : Event { }
data DvsDestroyedEvent : DvsEvent { }
data DvsHealthStatusChangeEvent : HostEvent { switchUuid:string
  healthResult:HostMemberHealthCheckResult? }
data DvsHostBackInSyncEvent : DvsEvent { hostBackInSync:HostEventArgument }
data DvsHostJoinedEvent : DvsEvent { hostJoined:HostEventArgument }
data DvsHostLeftEvent : DvsEvent { hostLeft:HostEventArgument }
data DvsHostStatusUpdated : DvsEvent { hostMember:HostEventArgument oldStatus:string?
  newStatus:string? oldStatusDetail:string? newStatusDetail:string? }
data DvsHostWentOutOfSyncEvent : DvsEvent { hostOutOfSync:DvsOutOfSyncHostArgument }
data DvsImportEvent : DvsEvent { importType:string }
data DvsMergedEvent : DvsEvent { sourceDvs:DvsEventArgument destinationDvs:DvsEventArgument }
data DvsPortBlockedEvent : DvsEvent { portKey:string statusDetail:string?
  runtimeInfo:DVPortStatus? prevBlockState:string?@6.5 }
data DvsPortConnectedEvent : DvsEvent { portKey:string
  connectee:DistributedVirtualSwitchPortConnectee? }
data DvsPortCreatedEvent : DvsEvent { portKey:string[] }
data DvsPortDeletedEvent : DvsEvent { portKey:string[] }
data DvsPortDisconnectedEvent : DvsEvent { portKey:string
  connectee:DistributedVirtualSwitchPortConnectee? }
data DvsPortEnteredPassthruEvent : DvsEvent { portKey:string runtimeInfo:DVPortStatus? }
data DvsPortExitedPassthruEvent : DvsEvent { portKey:string runtimeInfo:DVPortStatus? }
data DvsPortJoinPortgroupEvent : DvsEvent { portKey:string portgroupKey:string
  portgroupName:string }
data DvsPortLeavePortgroupEvent : DvsEvent { portKey:string portgroupKey:string
  portgroupName:string }
data DvsPortLinkDownEvent : DvsEvent { portKey:string runtimeInfo:DVPortStatus? }
data DvsPortLinkUpEvent : DvsEvent { portKey:string runtimeInfo:DVPortStatus? }
data DvsPortReconfiguredEvent : DvsEvent { portKey:string[]
  configChanges:ChangesInfoEventArgument[]?@6.5 }
data DvsPortRuntimeChangeEvent : DvsEvent { portKey:string runtimeInfo:DVPortStatus }
data DvsPortUnblockedEvent : DvsEvent { portKey:string runtimeInfo:DVPortStatus?
  prevBlockState:string?@6.5 }
data DvsPortVendorSpecificStateChangeEvent : DvsEvent { portKey:string }
data DvsReconfiguredEvent : DvsEvent { configSpec:DVSConfigSpec
  configChanges:ChangesInfoEventArgument?@6.5 }
data DvsRenamedEvent : DvsEvent { oldName:string newName:string }
data DvsRestoreEvent : DvsEvent { }
data DvsUpgradeAvailableEvent : DvsEvent { productInfo:DistributedVirtualSwitchProductSpec }
data DvsUpgradeInProgressEvent : DvsEvent { productInfo:DistributedVirtualSwitchProductSpec }
data DvsUpgradeRejectedEvent : DvsEvent { productInfo:DistributedVirtualSwitchProductSpec }
data DvsUpgradedEvent : DvsEvent { productInfo:DistributedVirtualSwitchProductSpec }
data EnteredMaintenanceModeEvent : HostEvent { }
data EnteringMaintenanceModeEvent : HostEvent { }
data ErrorUpgradeEvent : UpgradeEvent { }
data UpgradeEvent : Event { message:string }
data ExitMaintenanceModeEvent : HostEvent { }
data ExtendedEvent : GeneralEvent { eventTypeId:string managedObject:ManagedObjectReference
  data:ExtendedEventPair[]? }
data FailoverLevelRestored : ClusterEvent { }
data GeneralHostErrorEvent : GeneralEvent { }
data GeneralHostInfoEvent : GeneralEvent { }
data GeneralHostWarningEvent : GeneralEvent { }
data GeneralUserEvent : GeneralEvent { entity:ManagedEntityEventArgument? }
data GeneralVmErrorEvent : GeneralEvent { }
data GeneralVmInfoEvent : GeneralEvent { }
data GeneralVmWarningEvent : GeneralEvent { }
data GhostDvsProxySwitchDetectedEvent : HostEvent { switchUuid:string[] }
data GhostDvsProxySwitchRemovedEvent : HostEvent { switchUuid:string[] }
data GlobalMessageChangedEvent : SessionEvent { message:string prevMessage:string?@6.5 }
data HealthStatusChangedEvent : Event { componentId:string oldStatus:string newStatus:string
  componentName:string serviceId:string? }
data HostAddFailedEvent : HostEvent { hostname:string }
data HostAddedEvent : HostEvent { }
data HostAdminDisableEvent : HostEvent { }
data HostAdminEnableEvent : HostEvent { }
data HostCnxFailedAccountFailedEvent : HostEvent { }
data HostCnxFailedAlreadyManagedEvent : HostEvent { serverName:string }
data HostCnxFailedBadCcagentEvent : HostEvent { }
data HostCnxFailedBadUsernameEvent : HostEvent { }
data HostCnxFailedBadVersionEvent : HostEvent { }
data HostCnxFailedCcagentUpgradeEvent : HostEvent { }
data HostCnxFailedEvent : HostEvent { }
data HostCnxFailedNetworkErrorEvent : HostEvent { }
data HostCnxFailedNoAccessEvent : HostEvent { }
data HostCnxFailedNoConnectionEvent : HostEvent { }
data HostCnxFailedNoLicenseEvent : HostEvent { }
data HostCnxFailedNotFoundEvent : HostEvent { }
data HostCnxFailedTimeoutEvent : HostEvent { }
data HostComplianceCheckedEvent : HostEvent { profile:ProfileEventArgument }
data HostCompliantEvent : HostEvent { }
data HostConfigAppliedEvent : HostEvent { }
data HostConnectedEvent : HostEvent { }
data HostConnectionLostEvent : HostEvent { }
data HostDasDisabledEvent : HostEvent { }
data HostDasDisablingEvent : HostEvent { }
data HostDasEnabledEvent : HostEvent { }
data HostDasEnablingEvent : HostEvent { }
data HostDasErrorEvent : HostEvent { message:string? reason:string? }
data HostDasEvent : HostEvent { }
data HostDasOkEvent : HostEvent { }
data HostDisconnectedEvent : HostEvent { reason:string? }
data HostEnableAdminFailedEvent : HostEvent { permissions:Permission[] }
data HostExtraNetworksEvent : HostDasEvent { ips:string? }
data HostGetShortNameFailedEvent : HostEvent { }
data HostInAuditModeEvent : HostEvent { }
data HostInventoryFullEvent : LicenseEvent { capacity:int }
data HostInventoryUnreadableEvent : Event { }
data HostIpChangedEvent : HostEvent { oldIP:string newIP:string }
data HostIpInconsistentEvent : HostEvent { ipAddress:string ipAddress2:string }
data HostIpToShortNameFailedEvent : HostEvent { }
data HostIsolationIpPingFailedEvent : HostDasEvent { isolationIp:string }
data HostLicenseExpiredEvent : LicenseEvent { }
data HostLocalPortCreatedEvent : DvsEvent { hostLocalPort:DVSHostLocalPortInfo }
data HostMissingNetworksEvent : HostDasEvent { ips:string? }
data HostMonitoringStateChangedEvent : ClusterEvent { state:string prevState:string?@6.5 }
data HostNoAvailableNetworksEvent : HostDasEvent { ips:string? }
data HostNoHAEnabledPortGroupsEvent : HostDasEvent { }
data HostNoRedundantManagementNetworkEvent : HostDasEvent { }
data HostNonCompliantEvent : HostEvent { }
data HostNotInClusterEvent : HostDasEvent { }
data HostOvercommittedEvent : ClusterOvercommittedEvent { }
data HostPrimaryAgentNotShortNameEvent : HostDasEvent { primaryAgent:string }
data HostProfileAppliedEvent : HostEvent { profile:ProfileEventArgument }
data HostReconnectionFailedEvent : HostEvent { }
data HostRemovedEvent : HostEvent { }
data HostShortNameInconsistentEvent : HostDasEvent { shortName:string shortName2:string }
data HostShortNameToIpFailedEvent : HostEvent { shortName:string }
data HostShutdownEvent : HostEvent { reason:string }
data HostStatusChangedEvent : ClusterStatusChangedEvent { }
data HostSyncFailedEvent : HostEvent { reason:LocalizedMethodFault }
data HostUpgradeFailedEvent : HostEvent { }
data HostUserWorldSwapNotEnabledEvent : HostEvent { }
data HostVnicConnectedToCustomizedDVPortEvent : HostEvent { vnic:VnicPortArgument
  prevPortKey:string?@6.5 }
data HostWwnChangedEvent : HostEvent { oldNodeWwns:long[]? oldPortWwns:long[]? newNodeWwns:long[]?
  newPortWwns:long[]? }
data HostWwnConflictEvent : HostEvent { conflictedVms:VmEventArgument[]?
  conflictedHosts:HostEventArgument[]? wwn:long }
data IScsiBootFailureEvent : HostEvent { }
data IncorrectHostInformationEvent : LicenseEvent { }
data InfoUpgradeEvent : UpgradeEvent { }
data InsufficientFailoverResourcesEvent : ClusterEvent { }
data InvalidEditionEvent : LicenseEvent { feature:string }
data LicenseExpiredEvent : Event { feature:LicenseFeatureInfo }
data LicenseNonComplianceEvent : LicenseEvent { url:string }
data LicenseRestrictedEvent : LicenseEvent { }
data LicenseServerAvailableEvent : LicenseEvent { licenseServer:string }
data LicenseServerUnavailableEvent : LicenseEvent { licenseServer:string }
data LocalDatastoreCreatedEvent : HostEvent { datastore:DatastoreEventArgument
  datastoreUrl:string?@6.5 }
data LocalTSMEnabledEvent : HostEvent { }
data LockerMisconfiguredEvent : Event { datastore:DatastoreEventArgument }
data LockerReconfiguredEvent : Event { oldDatastore:DatastoreEventArgument?
  newDatastore:DatastoreEventArgument? }
data MigrationErrorEvent : MigrationEvent { }
data MigrationEvent : VmEvent { fault:LocalizedMethodFault }
data MigrationHostErrorEvent : MigrationEvent { dstHost:HostEventArgument }
data MigrationHostWarningEvent : MigrationEvent { dstHost:HostEventArgument }
data MigrationResourceErrorEvent : MigrationEvent { dstPool:ResourcePoolEventArgument
  dstHost:HostEventArgument }
data MigrationResourceWarningEvent : MigrationEvent { dstPool:ResourcePoolEventArgument
  dstHost:HostEventArgument }
data MigrationWarningEvent : MigrationEvent { }
data MtuMatchEvent : DvsHealthStatusChangeEvent { }
data MtuMismatchEvent : DvsHealthStatusChangeEvent { }
data NASDatastoreCreatedEvent : HostEvent { datastore:DatastoreEventArgument
  datastoreUrl:string?@6.5 }
data NetworkRollbackEvent : Event { methodName:string transactionId:string }
data NoAccessUserEvent : SessionEvent { ipAddress:string }
data NoDatastoresConfiguredEvent : HostEvent { }
data NoLicenseEvent : LicenseEvent { feature:LicenseFeatureInfo }
data NoMaintenanceModeDrsRecommendationForVM : VmEvent { }
data NonVIWorkloadDetectedOnDatastoreEvent : DatastoreEvent { }
data NotEnoughResourcesToStartVmEvent : VmEvent { reason:string }
data OutOfSyncDvsHost : DvsEvent { hostOutOfSync:DvsOutOfSyncHostArgument[] }
data PermissionAddedEvent : PermissionEvent { role:RoleEventArgument propagate:boolean }
data PermissionEvent : AuthorizationEvent { entity:ManagedEntityEventArgument principal:string
  group:boolean }
data PermissionRemovedEvent : PermissionEvent { }
data PermissionUpdatedEvent : PermissionEvent { role:RoleEventArgument propagate:boolean
  prevRole:RoleEventArgument?@6.5 prevPropagate:boolean?@6.5 }
data ProfileAssociatedEvent : ProfileEvent { }
data ProfileEvent : Event { profile:ProfileEventArgument }
data ProfileChangedEvent : ProfileEvent { }
data ProfileCreatedEvent : ProfileEvent { }
data ProfileDissociatedEvent : ProfileEvent { }
data ProfileReferenceHostChangedEvent : ProfileEvent { referenceHost:HostSystem?
  referenceHostName:string?@6.5 prevReferenceHostName:string?@6.5 }
data ProfileRemovedEvent : ProfileEvent { }
data RecoveryEvent : DvsEvent { hostName:string portKey:string dvsUuid:string? vnic:string? }
data RemoteTSMEnabledEvent : HostEvent { }
data ResourcePoolCreatedEvent : ResourcePoolEvent { parent:ResourcePoolEventArgument }
data ResourcePoolEvent : Event { resourcePool:ResourcePoolEventArgument }
data ResourcePoolDestroyedEvent : ResourcePoolEvent { }
data ResourcePoolMovedEvent : ResourcePoolEvent { oldParent:ResourcePoolEventArgument
  newParent:ResourcePoolEventArgument }
data ResourcePoolReconfiguredEvent : ResourcePoolEvent {
  configChanges:ChangesInfoEventArgument?@6.5 }
data ResourceViolatedEvent : ResourcePoolEvent { }
data RoleAddedEvent : RoleEvent { privilegeList:string[]? }
data RoleEvent : AuthorizationEvent { role:RoleEventArgument }
data RoleRemovedEvent : RoleEvent { }
data RoleUpdatedEvent : RoleEvent { privilegeList:string[]? prevRoleName:string?@6.5
  privilegesAdded:string[]?@6.5 privilegesRemoved:string[]?@6.5 }
data RollbackEvent : DvsEvent { hostName:string methodName:string? }
data ScheduledTaskCompletedEvent : ScheduledTaskEvent { }
data ScheduledTaskEvent : Event { scheduledTask:ScheduledTaskEventArgument
  entity:ManagedEntityEventArgument }
data ScheduledTaskCreatedEvent : ScheduledTaskEvent { }
data ScheduledTaskEmailCompletedEvent : ScheduledTaskEvent { to:string }
data ScheduledTaskEmailFailedEvent : ScheduledTaskEvent { to:string reason:LocalizedMethodFault }
data ScheduledTaskFailedEvent : ScheduledTaskEvent { reason:LocalizedMethodFault }
data ScheduledTaskReconfiguredEvent : ScheduledTaskEvent {
  configChanges:ChangesInfoEventArgument?@6.5 }
data ScheduledTaskRemovedEvent : ScheduledTaskEvent { }
data ScheduledTaskStartedEvent : ScheduledTaskEvent { }
data ServerLicenseExpiredEvent : LicenseEvent { product:string }
data ServerStartedSessionEvent : SessionEvent { }
data SessionTerminatedEvent : SessionEvent { sessionId:string terminatedUsername:string }
data TaskTimeoutEvent : TaskEvent { }
data TeamingMatchEvent : DvsHealthStatusChangeEvent { }
data TeamingMisMatchEvent : DvsHealthStatusChangeEvent { }
data TemplateBeingUpgradedEvent : TemplateUpgradeEvent { }
data TemplateUpgradeEvent : Event { legacyTemplate:string }
data TemplateUpgradeFailedEvent : TemplateUpgradeEvent { reason:LocalizedMethodFault }
data TemplateUpgradedEvent : TemplateUpgradeEvent { }
data TimedOutHostOperationEvent : HostEvent { }
data UnlicensedVirtualMachinesEvent : LicenseEvent { unlicensed:int available:int }
data UnlicensedVirtualMachinesFoundEvent : LicenseEvent { available:int }
data UpdatedAgentBeingRestartedEvent : HostEvent { }
data UplinkPortMtuNotSupportEvent : DvsHealthStatusChangeEvent { }
data UplinkPortMtuSupportEvent : DvsHealthStatusChangeEvent { }
data UplinkPortVlanTrunkedEvent : DvsHealthStatusChangeEvent { }
data UplinkPortVlanUntrunkedEvent : DvsHealthStatusChangeEvent { }
data UserAssignedToGroup : HostEvent { userLogin:string group:string }
data UserLoginSessionEvent : SessionEvent { ipAddress:string userAgent:string? locale:string
  sessionId:string }
data UserLogoutSessionEvent : SessionEvent { ipAddress:string? userAgent:string? callCount:long?
  sessionId:string? loginTime:dateTime? }
data UserPasswordChanged : HostEvent { userLogin:string }
data UserUnassignedFromGroup : HostEvent { userLogin:string group:string }
data UserUpgradeEvent : UpgradeEvent { }
data VMFSDatastoreCreatedEvent : HostEvent { datastore:DatastoreEventArgument
  datastoreUrl:string?@6.5 }
data VMFSDatastoreExpandedEvent : HostEvent { datastore:DatastoreEventArgument }
data VMFSDatastoreExtendedEvent : HostEvent { datastore:DatastoreEventArgument }
data VMotionLicenseExpiredEvent : LicenseEvent { }
data VcAgentUninstallFailedEvent : HostEvent { reason:string? }
data VcAgentUninstalledEvent : HostEvent { }
data VcAgentUpgradeFailedEvent : HostEvent { reason:string? }
data VcAgentUpgradedEvent : HostEvent { }
data VimAccountPasswordChangedEvent : HostEvent { }
data VmAcquiredMksTicketEvent : VmEvent { }
data VmAcquiredTicketEvent : VmEvent { ticketType:string }
data VmAutoRenameEvent : VmEvent { oldName:string newName:string }
data VmBeingClonedEvent : VmCloneEvent { destFolder:FolderEventArgument destName:string
  destHost:HostEventArgument }
data VmCloneEvent : VmEvent { }
data VmBeingClonedNoFolderEvent : VmCloneEvent { destName:string destHost:HostEventArgument }
data VmBeingCreatedEvent : VmEvent { configSpec:VirtualMachineConfigSpec? }
data VmBeingDeployedEvent : VmEvent { srcTemplate:VmEventArgument }
data VmBeingHotMigratedEvent : VmEvent { destHost:HostEventArgument
  destDatacenter:DatacenterEventArgument? destDatastore:DatastoreEventArgument? }
data VmBeingMigratedEvent : VmEvent { destHost:HostEventArgument
  destDatacenter:DatacenterEventArgument? destDatastore:DatastoreEventArgument? }
data VmBeingRelocatedEvent : VmRelocateSpecEvent { destHost:HostEventArgument
  destDatacenter:DatacenterEventArgument? destDatastore:DatastoreEventArgument? }
data VmRelocateSpecEvent : VmEvent { }
data VmCloneFailedEvent : VmCloneEvent { destFolder:FolderEventArgument destName:string
  destHost:HostEventArgument reason:LocalizedMethodFault }
data VmClonedEvent : VmCloneEvent { sourceVm:VmEventArgument }
data VmConfigMissingEvent : VmEvent { }
data VmConnectedEvent : VmEvent { }
data VmCreatedEvent : VmEvent { }
data VmDasBeingResetEvent : VmEvent { reason:string? }
data VmDasBeingResetWithScreenshotEvent : VmDasBeingResetEvent { screenshotFilePath:string }
data VmDasResetFailedEvent : VmEvent { }
data VmDasUpdateErrorEvent : VmEvent { }
data VmDasUpdateOkEvent : VmEvent { }
data VmDateRolledBackEvent : VmEvent { }
data VmDeployFailedEvent : VmEvent { destDatastore:EntityEventArgument reason:LocalizedMethodFault
  }
data VmDeployedEvent : VmEvent { srcTemplate:VmEventArgument }
data VmDisconnectedEvent : VmEvent { }
data VmDiscoveredEvent : VmEvent { }
data VmDiskFailedEvent : VmEvent { disk:string reason:LocalizedMethodFault }
data VmEmigratingEvent : VmEvent { }
data VmEndRecordingEvent : VmEvent { }
data VmEndReplayingEvent : VmEvent { }
data VmFailedMigrateEvent : VmEvent { destHost:HostEventArgument reason:LocalizedMethodFault
  destDatacenter:DatacenterEventArgument? destDatastore:DatastoreEventArgument? }
data VmFailedRelayoutEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedRelayoutOnVmfs2DatastoreEvent : VmEvent { }
data VmFailedStartingSecondaryEvent : VmEvent { reason:string? }
data VmFailedToPowerOffEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedToPowerOnEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedToRebootGuestEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedToResetEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedToShutdownGuestEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedToStandbyGuestEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedToSuspendEvent : VmEvent { reason:LocalizedMethodFault }
data VmFailedUpdatingSecondaryConfig : VmEvent { }
data VmFailoverFailed : VmEvent { reason:LocalizedMethodFault? }
data VmFaultToleranceStateChangedEvent : VmEvent { oldState:VirtualMachineFaultToleranceState
  newState:VirtualMachineFaultToleranceState }
data VmFaultToleranceTurnedOffEvent : VmEvent { }
data VmFaultToleranceVmTerminatedEvent : VmEvent { reason:string? }
data VmGuestOSCrashedEvent : VmEvent { }
data VmGuestRebootEvent : VmEvent { }
data VmGuestShutdownEvent : VmEvent { }
data VmGuestStandbyEvent : VmEvent { }
data VmHealthMonitoringStateChangedEvent : ClusterEvent { state:string prevState:string?@6.5 }
data VmInstanceUuidAssignedEvent : VmEvent { instanceUuid:string }
data VmInstanceUuidChangedEvent : VmEvent { oldInstanceUuid:string newInstanceUuid:string }
data VmInstanceUuidConflictEvent : VmEvent { conflictedVm:VmEventArgument instanceUuid:string }
data VmMacAssignedEvent : VmEvent { adapter:string mac:string }
data VmMacChangedEvent : VmEvent { adapter:string oldMac:string newMac:string }
data VmMacConflictEvent : VmEvent { conflictedVm:VmEventArgument mac:string }
data VmMaxFTRestartCountReached : VmEvent { }
data VmMaxRestartCountReached : VmEvent { }
data VmMessageErrorEvent : VmEvent { message:string messageInfo:VirtualMachineMessage[]? }
data VmMessageEvent : VmEvent { message:string messageInfo:VirtualMachineMessage[]? }
data VmMessageWarningEvent : VmEvent { message:string messageInfo:VirtualMachineMessage[]? }
data VmNoCompatibleHostForSecondaryEvent : VmEvent { }
data VmNoNetworkAccessEvent : VmEvent { destHost:HostEventArgument }
data VmOrphanedEvent : VmEvent { }
data VmPowerOffOnIsolationEvent : VmPoweredOffEvent { isolatedHost:HostEventArgument }
data VmPoweredOffEvent : VmEvent { }
data VmPoweringOnWithCustomizedDVPortEvent : VmEvent { vnic:VnicPortArgument[] }
data VmPrimaryFailoverEvent : VmEvent { reason:string? }
data VmReconfiguredEvent : VmEvent { configSpec:VirtualMachineConfigSpec
  configChanges:ChangesInfoEventArgument?@6.5 }
data VmRegisteredEvent : VmEvent { }
data VmRelayoutSuccessfulEvent : VmEvent { }
data VmRelayoutUpToDateEvent : VmEvent { }
data VmReloadFromPathEvent : VmEvent { configPath:string }
data VmReloadFromPathFailedEvent : VmEvent { configPath:string }
data VmRelocateFailedEvent : VmRelocateSpecEvent { destHost:HostEventArgument
  reason:LocalizedMethodFault destDatacenter:DatacenterEventArgument?
  destDatastore:DatastoreEventArgument? }
data VmRelocatedEvent : VmRelocateSpecEvent { sourceHost:HostEventArgument
  sourceDatacenter:DatacenterEventArgument? sourceDatastore:DatastoreEventArgument? }
data VmRemoteConsoleConnectedEvent : VmEvent { }
data VmRemoteConsoleDisconnectedEvent : VmEvent { }
data VmRemovedEvent : VmEvent { }
data VmRenamedEvent : VmEvent { oldName:string newName:string }
data VmRequirementsExceedCurrentEVCModeEvent : VmEvent { }
data VmResettingEvent : VmEvent { }
data VmResourcePoolMovedEvent : VmEvent { oldParent:ResourcePoolEventArgument
  newParent:ResourcePoolEventArgument }
data VmResourceReallocatedEvent : VmEvent { configChanges:ChangesInfoEventArgument?@6.5 }
data VmRestartedOnAlternateHostEvent : VmPoweredOnEvent { sourceHost:HostEventArgument }
data VmResumingEvent : VmEvent { }
data VmSecondaryAddedEvent : VmEvent { }
data VmSecondaryDisabledBySystemEvent : VmEvent { reason:LocalizedMethodFault? }
data VmSecondaryDisabledEvent : VmEvent { }
data VmSecondaryEnabledEvent : VmEvent { }
data VmSecondaryStartedEvent : VmEvent { }
data VmShutdownOnIsolationEvent : VmPoweredOffEvent { isolatedHost:HostEventArgument
  shutdownResult:string? }
data VmStartRecordingEvent : VmEvent { }
data VmStartReplayingEvent : VmEvent { }
data VmStartingEvent : VmEvent { }
data VmStartingSecondaryEvent : VmEvent { }
data VmStaticMacConflictEvent : VmEvent { conflictedVm:VmEventArgument mac:string }
data VmStoppingEvent : VmEvent { }
data VmSuspendedEvent : VmEvent { }
data VmSuspendingEvent : VmEvent { }
data VmTimedoutStartingSecondaryEvent : VmEvent { timeout:long? }
data VmUnsupportedStartingEvent : VmStartingEvent { guestId:string }
data VmUpgradeCompleteEvent : VmEvent { version:string }
data VmUpgradeFailedEvent : VmEvent { }
data VmUpgradingEvent : VmEvent { version:string }
data VmUuidAssignedEvent : VmEvent { uuid:string }
data VmUuidChangedEvent : VmEvent { oldUuid:string newUuid:string }
data VmUuidConflictEvent : VmEvent { conflictedVm:VmEventArgument uuid:string }
data VmVnicPoolReservationViolationClearEvent : DvsEvent { vmVnicResourcePoolKey:string
  vmVnicResourcePoolName:string? }
data VmVnicPoolReservationViolationRaiseEvent : DvsEvent { vmVnicResourcePoolKey:string
  vmVnicResourcePoolName:string? }
data VmWwnAssignedEvent : VmEvent { nodeWwns:long[] portWwns:long[] }
data VmWwnChangedEvent : VmEvent { oldNodeWwns:long[]? oldPortWwns:long[]? newNodeWwns:long[]?
  newPortWwns:long[]? }
data VmWwnConflictEvent : VmEvent { conflictedVms:VmEventArgument[]?
  conflictedHosts:HostEventArgument[]? wwn:long }
data WarningUpgradeEvent : UpgradeEvent { }
)";

} // namespace pf::vim
