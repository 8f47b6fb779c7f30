// Service instance, sessions, property collector, views, tasks, events, search, managers.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaCore = R"(
data DynamicData { }
data DynamicProperty : DynamicData { name:string val:anyType }
data KeyAnyValue : DynamicData { key:string value:anyType }
data KeyValue : DynamicData { key:string value:string }
data LocalizableMessage : DynamicData { key:string arg:KeyAnyValue[]? message:string? }
data ElementDescription : Description { key:string }
data Description : DynamicData { label:string summary:string }
data LocalizedMethodFault : DynamicData { fault:MethodFault localizedMessage:string? }
data AboutInfo : DynamicData { name:string fullName:string vendor:string version:string
  patchLevel:string?@7.0.2.0 build:string localeVersion:string? localeBuild:string? osType:string
  productLineId:string apiType:string apiVersion:string instanceUuid:string?
  licenseProductName:string? licenseProductVersion:string? }
data ServiceContent : DynamicData { rootFolder:Folder propertyCollector:PropertyCollector
  viewManager:ViewManager? about:AboutInfo setting:OptionManager? userDirectory:UserDirectory?
  sessionManager:SessionManager? authorizationManager:AuthorizationManager?
  serviceManager:ServiceManager? perfManager:PerformanceManager?
  scheduledTaskManager:ScheduledTaskManager? alarmManager:AlarmManager? eventManager:EventManager?
  taskManager:TaskManager? extensionManager:ExtensionManager?
  customizationSpecManager:CustomizationSpecManager?
  guestCustomizationManager:VirtualMachineGuestCustomizationManager?@7.0.2.0
  customFieldsManager:CustomFieldsManager? accountManager:HostLocalAccountManager?
  diagnosticManager:DiagnosticManager? licenseManager:LicenseManager? searchIndex:SearchIndex?
  fileManager:FileManager? datastoreNamespaceManager:DatastoreNamespaceManager?
  virtualDiskManager:VirtualDiskManager? virtualizationManager:VirtualizationManager?
  snmpSystem:HostSnmpSystem? vmProvisioningChecker:VirtualMachineProvisioningChecker?
  vmCompatibilityChecker:VirtualMachineCompatibilityChecker? ovfManager:OvfManager?
  ipPoolManager:IpPoolManager? dvSwitchManager:DistributedVirtualSwitchManager?
  hostProfileManager:HostProfileManager? clusterProfileManager:ClusterProfileManager?
  complianceManager:ProfileComplianceManager? localizationManager:LocalizationManager?
  storageResourceManager:StorageResourceManager? guestOperationsManager:GuestOperationsManager?
  overheadMemoryManager:OverheadMemoryManager? certificateManager:CertificateManager?
  ioFilterManager:IoFilterManager? vStorageObjectManager:VStorageObjectManagerBase?@6.5
  hostSpecManager:HostSpecificationManager?@6.5 cryptoManager:CryptoManager?@6.5
  healthUpdateManager:HealthUpdateManager?@6.5
  failoverClusterConfigurator:FailoverClusterConfigurator?@6.5
  failoverClusterManager:FailoverClusterManager?@6.5 tenantManager:TenantTenantManager?@6.9.1
  siteInfoManager:SiteInfoManager?@7.0 storageQueryManager:StorageQueryManager?@6.7.2 }
data UserSession : DynamicData { key:string userName:string fullName:string loginTime:dateTime
  lastActiveTime:dateTime locale:string messageLocale:string extensionSession:boolean
  ipAddress:string userAgent:string callCount:long }
data PropertyFilterSpec : DynamicData { propSet:PropertySpec[] objectSet:ObjectSpec[]
  reportMissingObjectsInResults:boolean? }
data PropertySpec : DynamicData { type:TypeName all:boolean? pathSet:PropertyPath[]? }
data ObjectSpec : DynamicData { obj:ManagedObjectReference skip:boolean?
  selectSet:SelectionSpec[]? }
data SelectionSpec : DynamicData { name:string? }
data TraversalSpec : SelectionSpec { type:TypeName path:PropertyPath skip:boolean?
  selectSet:SelectionSpec[]? }
data RetrieveOptions : DynamicData { maxObjects:int? }
data RetrieveResult : DynamicData { token:string? objects:ObjectContent[] }
data ObjectContent : DynamicData { obj:ManagedObjectReference propSet:DynamicProperty[]?
  missingSet:MissingProperty[]? }
data MissingProperty : DynamicData { path:PropertyPath fault:LocalizedMethodFault }
data WaitOptions : DynamicData { maxWaitSeconds:int? maxObjectUpdates:int? }
data UpdateSet : DynamicData { version:string filterSet:PropertyFilterUpdate[]? truncated:boolean? }
data PropertyFilterUpdate : DynamicData { filter:PropertyFilter objectSet:ObjectUpdate[]?
  missingSet:MissingObject[]? }
data ObjectUpdate : DynamicData { kind:ObjectUpdateKind obj:ManagedObjectReference
  changeSet:PropertyChange[]? missingSet:MissingProperty[]? }
data PropertyChange : DynamicData { name:PropertyPath op:PropertyChangeOp val:anyType? }
data MissingObject : DynamicData { obj:ManagedObjectReference fault:LocalizedMethodFault }
enum ObjectUpdateKind { modify enter leave }
enum PropertyChangeOp { add remove assign indirectRemove }
data TaskInfo : DynamicData { key:string task:Task description:LocalizableMessage? name:MethodName?
  descriptionId:string entity:ManagedEntity? entityName:string? locked:ManagedEntity[]?
  state:TaskInfoState cancelled:boolean cancelable:boolean error:LocalizedMethodFault?
  result:anyType? progress:int? progressDetails:KeyAnyValue[]?@8.0.1.0 reason:TaskReason
  queueTime:dateTime startTime:dateTime? completeTime:dateTime? eventChainId:int changeTag:string?
  parentTaskKey:string? rootTaskKey:string? activationId:string? }
enum TaskInfoState { queued running success error }
data TaskReason : DynamicData { }
data TaskReasonSystem : TaskReason { }
data TaskReasonUser : TaskReason { userName:string }
data TaskReasonAlarm : TaskReason { alarmName:string alarm:Alarm entityName:string
  entity:ManagedEntity }
data TaskReasonSchedule : TaskReason { name:string scheduledTask:ScheduledTask }
data OptionValue : DynamicData { key:string value:anyType? }
data CustomFieldValue : DynamicData { key:int }
data CustomFieldStringValue : CustomFieldValue { value:string }
data CustomFieldDef : DynamicData { key:int name:string type:TypeName
  managedObjectType:TypeName? fieldDefPrivileges:PrivilegePolicyDef?
  fieldInstancePrivileges:PrivilegePolicyDef? }
data PrivilegePolicyDef : DynamicData { createPrivilege:string readPrivilege:string
  updatePrivilege:string deletePrivilege:string }
data Permission : DynamicData { entity:ManagedEntity? principal:string group:boolean roleId:int
  propagate:boolean }
data Tag : DynamicData { key:string }
data AlarmState : DynamicData { key:string entity:ManagedEntity alarm:Alarm
  overallStatus:ManagedEntityStatus time:dateTime acknowledged:boolean?
  acknowledgedByUser:string? acknowledgedTime:dateTime? eventKey:int? disabled:boolean?@6.9.1 }
enum ManagedEntityStatus { gray green yellow red }
data ManagedByInfo : DynamicData { extensionKey:string type:string }
data SharesInfo : DynamicData { shares:int level:SharesLevel }
enum SharesLevel { low normal high custom }
data ResourceAllocationInfo : DynamicData { reservation:long? expandableReservation:boolean?
  limit:long? shares:SharesInfo? overheadLimit:long? }
data ServiceManagerServiceInfo : DynamicData { serviceName:string location:string[]?
  service:ManagedObjectReference description:string }

managed ManagedEntity : ExtensibleManagedObject { parent:ManagedEntity? customValue:CustomFieldValue[]?
  overallStatus:ManagedEntityStatus configStatus:ManagedEntityStatus configIssue:Event[]?
  effectiveRole:int[]? permission:Permission[]? name:string disabledMethod:MethodName[]?
  recentTask:Task[]? declaredAlarmState:AlarmState[]? triggeredAlarmState:AlarmState[]?
  alarmActionsEnabled:boolean? tag:Tag[]? }
managed ExtensibleManagedObject { value:CustomFieldValue[]? availableField:CustomFieldDef[]? }
managed Folder : ManagedEntity { childType:TypeName[]? childEntity:ManagedEntity[]?
  namespace:string? }
managed Datacenter : ManagedEntity { vmFolder:Folder hostFolder:Folder datastoreFolder:Folder
  networkFolder:Folder datastore:Datastore[]? network:Network[]?
  configuration:DatacenterConfigInfo }
data DatacenterConfigInfo : DynamicData { defaultHardwareVersionKey:string?
  maximumHardwareVersionKey:string?@7.0 }
managed ServiceInstance { serverClock:dateTime capability:Capability content:ServiceContent }
data Capability : DynamicData { provisioningSupported:boolean multiHostSupported:boolean
  userShellAccessSupported:boolean supportedEVCMode:EVCMode[]?
  supportedEVCGraphicsMode:FeatureEVCMode[]?@7.0.1.0 networkBackupAndRestoreSupported:boolean?
  ftDrsWithoutEvcSupported:boolean?@6.7 hciWorkflowSupported:boolean?@6.7.1
  computePolicyVersion:int?@7.0 clusterPlacementSupported:boolean?
  lifecycleManagementSupported:boolean?@7.0 }
managed SessionManager { sessionList:UserSession[]? currentSession:UserSession? message:string?
  messageLocaleList:string[]? supportedLocaleList:string[]? defaultLocale:string }
managed PropertyCollector { filter:PropertyFilter[]? }
managed PropertyFilter { spec:PropertyFilterSpec partialUpdates:boolean }
managed ViewManager { viewList:View[]? }
managed View { }
managed ManagedObjectView : View { view:ManagedObjectReference[]? }
managed ContainerView : ManagedObjectView { container:ManagedEntity type:TypeName[]?
  recursive:boolean }
managed ListView : ManagedObjectView { }
managed InventoryView : ManagedObjectView { }
managed Task : ExtensibleManagedObject { info:TaskInfo }
managed TaskManager { recentTask:Task[]? description:TaskDescription maxCollector:int }
data TaskDescription : DynamicData { methodInfo:ElementDescription[] state:ElementDescription[]
  reason:TypeDescription[] }
data TypeDescription : Description { key:TypeName }
managed HistoryCollector { filter:anyType }
managed TaskHistoryCollector : HistoryCollector { latestPage:TaskInfo[]? }
managed EventHistoryCollector : HistoryCollector { latestPage:Event[]? }
managed SearchIndex { }
managed OptionManager { supportedOption:OptionDef[]? setting:OptionValue[]? }
data OptionDef : ElementDescription { optionType:OptionType }
data OptionType : DynamicData { valueIsReadonly:boolean? }
managed CustomFieldsManager { field:CustomFieldDef[]? }
managed AuthorizationManager { privilegeList:AuthorizationPrivilege[] roleList:AuthorizationRole[]
  description:AuthorizationDescription }
data AuthorizationPrivilege : DynamicData { privId:string onParent:boolean name:string
  privGroupName:string }
data AuthorizationRole : DynamicData { roleId:int system:boolean name:string info:Description
  privilege:string[]? }
data AuthorizationDescription : DynamicData { privilege:ElementDescription[]
  privilegeGroup:ElementDescription[] }
data EntityPrivilege : DynamicData { entity:ManagedEntity
  privAvailability:PrivilegeAvailability[] }
data PrivilegeAvailability : DynamicData { privId:string isGranted:boolean }
managed EventManager { description:EventDescription latestEvent:Event? maxCollector:int }
data EventDescription : DynamicData ... { category:ElementDescription[] }
data Event : DynamicData { key:int chainId:int createdTime:dateTime userName:string
  datacenter:DatacenterEventArgument? computeResource:ComputeResourceEventArgument?
  host:HostEventArgument? vm:VmEventArgument? ds:DatastoreEventArgument?
  net:NetworkEventArgument? dvs:DvsEventArgument? fullFormattedMessage:string? changeTag:string? }
data EventArgument : DynamicData { }
data EntityEventArgument : EventArgument { name:string }
data DatacenterEventArgument : EntityEventArgument { datacenter:Datacenter }
data ComputeResourceEventArgument : EntityEventArgument { computeResource:ComputeResource }
data HostEventArgument : EntityEventArgument { host:HostSystem }
data VmEventArgument : EntityEventArgument { vm:VirtualMachine }
data DatastoreEventArgument : EntityEventArgument { datastore:Datastore }
data NetworkEventArgument : EntityEventArgument { network:Network }
data DvsEventArgument : EntityEventArgument { dvs:DistributedVirtualSwitch }
data EventEx : Event { eventTypeId:string severity:string? message:string?
  arguments:KeyAnyValue[]? objectId:string? objectType:TypeName? objectName:string?
  fault:LocalizedMethodFault? }
data TaskEvent : Event { info:TaskInfo }
data GeneralEvent : Event { message:string }
data EventFilterSpec : DynamicData { entity:EventFilterSpecByEntity? time:EventFilterSpecByTime?
  userName:EventFilterSpecByUsername? eventChainId:int? alarm:Alarm?
  scheduledTask:ScheduledTask? disableFullMessage:boolean? category:string[]? type:TypeName[]?
  tag:string[]? eventTypeId:string[]? maxCount:int?@6.5 delayedInit:boolean?@8.0.3.0 }
data EventFilterSpecByEntity : DynamicData { entity:ManagedEntity
  recursion:EventFilterSpecRecursionOption }
data EventFilterSpecByTime : DynamicData { beginTime:dateTime? endTime:dateTime? }
data EventFilterSpecByUsername : DynamicData { systemUser:boolean userList:string[]? }
enum EventFilterSpecRecursionOption { self children all }
data TaskFilterSpec : DynamicData { entity:TaskFilterSpecByEntity? time:TaskFilterSpecByTime?
  userName:TaskFilterSpecByUsername? activationId:string[]? state:TaskInfoState[]? alarm:Alarm?
  scheduledTask:ScheduledTask? eventChainId:int[]? tag:string[]? parentTaskKey:string[]?
  rootTaskKey:string[]? }
data TaskFilterSpecByEntity : DynamicData { entity:ManagedEntity
  recursion:TaskFilterSpecRecursionOption }
data TaskFilterSpecByTime : DynamicData { timeType:TaskFilterSpecTimeOption beginTime:dateTime?
  endTime:dateTime? }
data TaskFilterSpecByUsername : DynamicData { systemUser:boolean userList:string[]? }
enum TaskFilterSpecRecursionOption { self children all }
enum TaskFilterSpecTimeOption { queuedTime startedTime completedTime }
managed FileManager { }
managed VirtualDiskManager { }
managed ExtensionManager { extensionList:Extension[]? }
managed AlarmManager { defaultExpression:AlarmExpression[]? description:AlarmDescription
  lastTriggerId:int }
managed Alarm : ExtensibleManagedObject { info:AlarmInfo }
managed ScheduledTask : ExtensibleManagedObject { info:ScheduledTaskInfo }
managed ScheduledTaskManager { scheduledTask:ScheduledTask[]? description:ScheduledTaskDescription
  }
managed LicenseManager { source:LicenseSource sourceAvailable:boolean
  diagnostics:LicenseDiagnostics? featureInfo:LicenseFeatureInfo[]? licensedEdition:string
  licenses:LicenseManagerLicenseInfo[] licenseAssignmentManager:LicenseAssignmentManager?
  evaluation:LicenseManagerEvaluationInfo }
managed PerformanceManager { description:PerformanceDescription historicalInterval:PerfInterval[]?
  perfCounter:PerfCounterInfo[]? }
managed UserDirectory { domainList:string[]? }
managed ServiceManager { service:ServiceManagerServiceInfo[]? }
managed DiagnosticManager { }
managed StorageResourceManager { }
managed VirtualMachineProvisioningChecker { }
managed VirtualMachineCompatibilityChecker { }
managed HostLocalAccountManager { }
managed OvfManager { ovfImportOption:OvfOptionInfo[]? ovfExportOption:OvfOptionInfo[]? }
managed GuestOperationsManager { authManager:GuestAuthManager? fileManager:GuestFileManager?
  processManager:GuestProcessManager? guestWindowsRegistryManager:GuestWindowsRegistryManager?
  aliasManager:GuestAliasManager? }
managed VStorageObjectManagerBase { }
managed CryptoManager { enabled:boolean@6.5 }

call ServiceInstance.RetrieveServiceContent ServiceContent { }
call ServiceInstance.CurrentTime dateTime { }
call SessionManager.Login UserSession { userName:string password:string locale:string? }
call SessionManager.Logout void { }
call SessionManager.SessionIsActive boolean { sessionID:string userName:string }
call SessionManager.TerminateSession void { sessionId:string[] }
call SessionManager.AcquireCloneTicket string { }
call SessionManager.CloneSession UserSession { cloneTicket:string }
call SessionManager.SetLocale void { locale:string }
call PropertyCollector.CreateFilter PropertyFilter { spec:PropertyFilterSpec
  partialUpdates:boolean }
call PropertyCollector.RetrieveProperties ObjectContent[]? { specSet:PropertyFilterSpec[] }
call PropertyCollector.RetrievePropertiesEx RetrieveResult? { specSet:PropertyFilterSpec[]
  options:RetrieveOptions }
call PropertyCollector.ContinueRetrievePropertiesEx RetrieveResult { token:string }
call PropertyCollector.CancelRetrievePropertiesEx void { token:string }
call PropertyCollector.CheckForUpdates UpdateSet? { version:string? }
call PropertyCollector.WaitForUpdates UpdateSet { version:string? }
call PropertyCollector.WaitForUpdatesEx UpdateSet? { version:string? options:WaitOptions? }
call PropertyCollector.CancelWaitForUpdates void { }
call PropertyCollector.CreatePropertyCollector PropertyCollector { }
call PropertyCollector.DestroyPropertyCollector void { }
call PropertyFilter.DestroyPropertyFilter void { }
call ViewManager.CreateContainerView ContainerView { container:ManagedEntity type:TypeName[]?
  recursive:boolean }
call ViewManager.CreateListView ListView { obj:ManagedObjectReference[]? }
call ViewManager.CreateInventoryView InventoryView { }
call View.DestroyView void { }
call ListView.ModifyListView ManagedObjectReference[]? { add:ManagedObjectReference[]?
  remove:ManagedObjectReference[]? }
call ListView.ResetListView ManagedObjectReference[]? { obj:ManagedObjectReference[]? }
call Task.CancelTask void { }
call Task.SetTaskState void { state:TaskInfoState result:anyType? fault:LocalizedMethodFault? }
call Task.SetTaskDescription void { description:LocalizableMessage }
call Task.UpdateProgress void { percentDone:int }
call TaskManager.CreateCollectorForTasks TaskHistoryCollector { filter:TaskFilterSpec }
call TaskHistoryCollector.ReadNextTasks TaskInfo[]? { maxCount:int }
call TaskHistoryCollector.ReadPreviousTasks TaskInfo[]? { maxCount:int }
call HistoryCollector.DestroyCollector void { }
call HistoryCollector.RewindCollector void { }
call HistoryCollector.ResetCollector void { }
call HistoryCollector.SetCollectorPageSize void { maxCount:int }
call EventManager.QueryEvents Event[]? { filter:EventFilterSpec }
call EventManager.CreateCollectorForEvents EventHistoryCollector { filter:EventFilterSpec }
call EventManager.LogUserEvent void { entity:ManagedEntity msg:string }
call EventHistoryCollector.ReadNextEvents Event[]? { maxCount:int }
call EventHistoryCollector.ReadPreviousEvents Event[]? { maxCount:int }
call SearchIndex.FindByUuid ManagedEntity? { datacenter:Datacenter? uuid:string vmSearch:boolean
  instanceUuid:boolean? }
call SearchIndex.FindAllByUuid ManagedEntity[]? { datacenter:Datacenter? uuid:string
  vmSearch:boolean instanceUuid:boolean? }
call SearchIndex.FindByDatastorePath VirtualMachine? { datacenter:Datacenter path:string }
call SearchIndex.FindByDnsName ManagedEntity? { datacenter:Datacenter? dnsName:string
  vmSearch:boolean }
call SearchIndex.FindAllByDnsName ManagedEntity[]? { datacenter:Datacenter? dnsName:string
  vmSearch:boolean }
call SearchIndex.FindByIp ManagedEntity? { datacenter:Datacenter? ip:string vmSearch:boolean }
call SearchIndex.FindAllByIp ManagedEntity[]? { datacenter:Datacenter? ip:string
  vmSearch:boolean }
call SearchIndex.FindByInventoryPath ManagedEntity? { inventoryPath:string }
call SearchIndex.FindChild ManagedEntity? { entity:ManagedEntity name:string }
call OptionManager.QueryOptions OptionValue[]? { name:string? }
call OptionManager.UpdateOptions void { changedValue:OptionValue[] }
call ExtensibleManagedObject.setCustomValue void { key:string value:string }
call CustomFieldsManager.AddCustomFieldDef CustomFieldDef { name:string moType:TypeName?
  fieldDefPolicy:PrivilegePolicyDef? fieldPolicy:PrivilegePolicyDef? }
call CustomFieldsManager.RemoveCustomFieldDef void { key:int }
call CustomFieldsManager.RenameCustomFieldDef void { key:int name:string }
call CustomFieldsManager.SetField void { entity:ManagedEntity key:int value:string }
call AuthorizationManager.RetrieveEntityPermissions Permission[]? { entity:ManagedEntity
  inherited:boolean }
call AuthorizationManager.SetEntityPermissions void { entity:ManagedEntity
  permission:Permission[]? }
call AuthorizationManager.HasPrivilegeOnEntities EntityPrivilege[]? { entity:ManagedEntity[]
  sessionId:string privId:string[]? }
call AuthorizationManager.FetchUserPrivilegeOnEntities UserPrivilegeResult[]? @6.5 {
  entities:ManagedEntity[] userName:string }
data UserPrivilegeResult : DynamicData { entity:ManagedEntity@6.5 privileges:string[]?@6.5 }
call ManagedEntity.Reload void { }
call ManagedEntity.Rename_Task Task { newName:string }
call ManagedEntity.Destroy_Task Task { }
call Folder.CreateFolder Folder { name:string }
call Folder.MoveIntoFolder_Task Task { list:ManagedEntity[] }
call Folder.CreateVM_Task Task { config:VirtualMachineConfigSpec pool:ResourcePool
  host:HostSystem? }
call Folder.RegisterVM_Task Task { path:string name:string? asTemplate:boolean pool:ResourcePool?
  host:HostSystem? }
call Folder.CreateDatacenter Datacenter { name:string }
call Folder.CreateClusterEx ClusterComputeResource { name:string spec:ClusterConfigSpecEx }
call Folder.AddStandaloneHost_Task Task { spec:HostConnectSpec
  compResSpec:ComputeResourceConfigSpec? addConnected:boolean license:string? }
call Folder.UnregisterAndDestroy_Task Task { }
call Datacenter.PowerOnMultiVM_Task Task { vm:VirtualMachine[] option:OptionValue[]? }
call Datacenter.QueryDatacenterConfigOptionDescriptor VirtualMachineConfigOptionDescriptor[]? { }
call FileManager.MoveDatastoreFile_Task Task { sourceName:string sourceDatacenter:Datacenter?
  destinationName:string destinationDatacenter:Datacenter? force:boolean? }
call FileManager.CopyDatastoreFile_Task Task { sourceName:string sourceDatacenter:Datacenter?
  destinationName:string destinationDatacenter:Datacenter? force:boolean? }
call FileManager.DeleteDatastoreFile_Task Task { name:string datacenter:Datacenter? }
call FileManager.MakeDirectory void { name:string datacenter:Datacenter?
  createParentDirectories:boolean? }
call VirtualDiskManager.QueryVirtualDiskUuid string { name:string datacenter:Datacenter? }
call ServiceManager.QueryServiceList ServiceManagerServiceInfo[]? { serviceName:string?
  location:string[]? }
)";

} // namespace pf::vim
