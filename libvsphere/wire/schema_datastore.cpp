// Datastores, the host's datastore system, the datastore browser, datastore clusters.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaDatastore = R"(
managed Datastore : ManagedEntity { info:DatastoreInfo summary:DatastoreSummary
  host:DatastoreHostMount[]? vm:VirtualMachine[]? browser:HostDatastoreBrowser
  capability:DatastoreCapability iormConfiguration:StorageIORMInfo? }
data DatastoreInfo : DynamicData { name:string url:string freeSpace:long maxFileSize:long
  maxVirtualDiskCapacity:long? maxMemoryFileSize:long timestamp:dateTime? containerId:string?
  aliasOf:string?@6.7.1 }
data VmfsDatastoreInfo : DatastoreInfo { maxPhysicalRDMFileSize:long maxVirtualRDMFileSize:long
  vmfs:HostVmfsVolume? lun:VmfsDatastoreInfoScsiLunInfo[]? }
data NasDatastoreInfo : DatastoreInfo { nas:HostNasVolume? }
data LocalDatastoreInfo : DatastoreInfo { path:string? }
data VvolDatastoreInfo : DatastoreInfo { vvolDS:HostVvolVolume? }
data VsanDatastoreInfo : DatastoreInfo { membershipUuid:string? accessGenNo:int? }
data DatastoreSummary : DynamicData { datastore:Datastore? name:string url:string capacity:long
  freeSpace:long uncommitted:long? accessible:boolean multipleHostAccess:boolean? type:string
  maintenanceMode:string? }
data DatastoreHostMount : DynamicData { key:HostSystem mountInfo:HostMountInfo }
data DatastoreCapability : DynamicData { directoryHierarchySupported:boolean
  rawDiskMappingsSupported:boolean perFileThinProvisioningSupported:boolean
  storageIORMSupported:boolean nativeSnapshotSupported:boolean
  topLevelDirectoryCreateSupported:boolean? seSparseSupported:boolean?
  vmfsSparseSupported:boolean?@6.5 vsanSparseSupported:boolean?@6.5 upitSupported:boolean?@6.5
  vmdkExpandSupported:boolean?@6.7 clusteredVmdkSupported:boolean?@7.0 }
data StorageIORMInfo : DynamicData { enabled:boolean congestionThresholdMode:string
  congestionThreshold:int percentOfPeakThroughput:int? statsCollectionEnabled:boolean
  reservationEnabled:boolean statsAggregationDisabled:boolean? reservableIopsThreshold:int? }
data StorageIORMConfigSpec : DynamicData { enabled:boolean? congestionThresholdMode:string?
  congestionThreshold:int? percentOfPeakThroughput:int? statsCollectionEnabled:boolean?
  reservationEnabled:boolean? statsAggregationDisabled:boolean? reservableIopsThreshold:int? }
managed StoragePod : Folder { summary:StoragePodSummary? podStorageDrsEntry:PodStorageDrsEntry? }
data StoragePodSummary : DynamicData { name:string capacity:long freeSpace:long }
data PodStorageDrsEntry : DynamicData { storageDrsConfig:StorageDrsConfigInfo
  recommendation:ClusterRecommendation[]? drsFault:ClusterDrsFaults[]?
  actionHistory:ClusterActionHistory[]? }
data StorageDrsConfigInfo : DynamicData { podConfig:StorageDrsPodConfigInfo
  vmConfig:StorageDrsVmConfigInfo[]? }
data StorageDrsPodConfigInfo : DynamicData { enabled:boolean ioLoadBalanceEnabled:boolean
  defaultVmBehavior:string loadBalanceInterval:int? defaultIntraVmAffinity:boolean?
  spaceLoadBalanceConfig:StorageDrsSpaceLoadBalanceConfig?
  ioLoadBalanceConfig:StorageDrsIoLoadBalanceConfig?
  automationOverrides:StorageDrsAutomationConfig? rule:ClusterRuleInfo[]? option:OptionValue[]? }
managed HostDatastoreSystem { datastore:Datastore[]? capabilities:HostDatastoreSystemCapabilities }
data HostDatastoreSystemCapabilities : DynamicData { nfsMountCreationRequired:boolean
  nfsMountCreationSupported:boolean localDatastoreSupported:boolean
  vmfsExtentExpansionSupported:boolean }
data VmfsDatastoreSpec : DynamicData { diskUuid:string }
data VmfsDatastoreCreateSpec : VmfsDatastoreSpec { partition:HostDiskPartitionSpec
  vmfs:HostVmfsSpec extent:HostScsiDiskPartition[]? }
data VmfsDatastoreExpandSpec : VmfsDatastoreSpec { partition:HostDiskPartitionSpec
  extent:HostScsiDiskPartition }
data VmfsDatastoreExtendSpec : VmfsDatastoreSpec { partition:HostDiskPartitionSpec
  extent:HostScsiDiskPartition[] }
data HostVmfsSpec : DynamicData { extent:HostScsiDiskPartition blockSizeMb:int? majorVersion:int
  volumeName:string blockSize:int?@6.5 unmapGranularity:int?@6.5 unmapPriority:string?@6.5
  unmapBandwidthSpec:VmfsUnmapBandwidthSpec?@6.7 }
data VmfsDatastoreOption : DynamicData { info:VmfsDatastoreBaseOption spec:VmfsDatastoreSpec }
data VmfsDatastoreBaseOption : DynamicData { layout:HostDiskPartitionLayout
  partitionFormatChange:boolean? }
data VmfsDatastoreSingleExtentOption : VmfsDatastoreBaseOption {
  vmfsExtent:HostDiskPartitionBlockRange }
data VmfsDatastoreAllExtentOption : VmfsDatastoreSingleExtentOption { }
data VmfsDatastoreMultipleExtentOption : VmfsDatastoreBaseOption {
  vmfsExtent:HostDiskPartitionBlockRange[] }
managed HostDatastoreBrowser { datastore:Datastore[]? supportedType:FileQuery[]? }
data FileQuery : DynamicData { }
data VmConfigFileQuery : FileQuery { filter:VmConfigFileQueryFilter?
  details:VmConfigFileQueryFlags? }
data VmDiskFileQuery : FileQuery { filter:VmDiskFileQueryFilter? details:VmDiskFileQueryFlags? }
data IsoImageFileQuery : FileQuery { }
data FolderFileQuery : FileQuery { }
data FileQueryFlags : DynamicData { fileType:boolean fileSize:boolean modification:boolean
  fileOwner:boolean }
data FileInfo : DynamicData { path:string friendlyName:string?@6.5 fileSize:long?
  modification:dateTime? owner:string? }
data FolderFileInfo : FileInfo { }
data VmConfigFileInfo : FileInfo { configVersion:int? encryption:VmConfigFileEncryptionInfo?@6.5 }
data VmDiskFileInfo : FileInfo { diskType:TypeName? capacityKb:long? hardwareVersion:int?
  controllerType:TypeName? diskExtents:string[]? thin:boolean?
  encryption:VmDiskFileEncryptionInfo?@6.5 }
data IsoImageFileInfo : FileInfo { }
data HostDatastoreBrowserSearchSpec : DynamicData { query:FileQuery[]? details:FileQueryFlags?
  searchCaseInsensitive:boolean? matchPattern:string[]? sortFoldersFirst:boolean? }
data HostDatastoreBrowserSearchResults : DynamicData { datastore:Datastore? folderPath:string?
  file:FileInfo[]? }
data StoragePlacementResult : DynamicData { recommendations:ClusterRecommendation[]?
  drsFault:ClusterDrsFaults? task:Task? }
data DatastoreMountPathDatastorePair : DynamicData { oldMountPath:string datastore:Datastore }

call Datastore.RefreshDatastore void { }
call Datastore.RefreshDatastoreStorageInfo void { }
call Datastore.RenameDatastore void { newName:string }
call Datastore.DestroyDatastore void { }
call Datastore.DatastoreEnterMaintenanceMode StoragePlacementResult { }
call Datastore.DatastoreExitMaintenanceMode_Task Task { }
call Datastore.IsClusteredVmdkEnabled boolean @7.0 { }
data UpdateVirtualMachineFilesResult : DynamicData {
  failedVmFile:UpdateVirtualMachineFilesResultFailedVmFileInfo[]? }
data UpdateVirtualMachineFilesResultFailedVmFileInfo : DynamicData { vmFile:string
  fault:LocalizedMethodFault }
data HostDatastoreSystemDatastoreResult : DynamicData { key:Datastore
  fault:LocalizedMethodFault? }
call HostDatastoreSystem.QueryMaxQueueDepth long @8.0.0.1 { datastore:Datastore }
call HostDatastoreSystem.SetMaxQueueDepth void @8.0.0.1 { datastore:Datastore maxQdepth:long }
call Datastore.UpdateVirtualMachineFiles_Task Task {
  mountPathDatastoreMapping:DatastoreMountPathDatastorePair[] }
call HostDatastoreSystem.QueryAvailableDisksForVmfs HostScsiDisk[]? { datastore:Datastore? }
call HostDatastoreSystem.QueryVmfsDatastoreCreateOptions VmfsDatastoreOption[]? {
  devicePath:string vmfsMajorVersion:int? }
call HostDatastoreSystem.CreateVmfsDatastore Datastore { spec:VmfsDatastoreCreateSpec }
call HostDatastoreSystem.QueryVmfsDatastoreExpandOptions VmfsDatastoreOption[]? {
  datastore:Datastore }
call HostDatastoreSystem.ExpandVmfsDatastore Datastore { datastore:Datastore
  spec:VmfsDatastoreExpandSpec }
call HostDatastoreSystem.QueryVmfsDatastoreExtendOptions VmfsDatastoreOption[]? {
  datastore:Datastore devicePath:string suppressExpandCandidates:boolean? }
call HostDatastoreSystem.ExtendVmfsDatastore Datastore { datastore:Datastore
  spec:VmfsDatastoreExtendSpec }
call HostDatastoreSystem.RemoveDatastore void { datastore:Datastore }
call HostDatastoreSystem.RemoveDatastoreEx_Task Task { datastore:Datastore[] }
call HostDatastoreSystem.QueryUnresolvedVmfsVolumes HostUnresolvedVmfsVolume[]? { }
call HostDatastoreSystem.ResignatureUnresolvedVmfsVolume_Task Task {
  resolutionSpec:HostUnresolvedVmfsResignatureSpec }
call HostDatastoreSystem.UpdateLocalSwapDatastore void { datastore:Datastore? }
call HostDatastoreSystem.EnableClusteredVmdkSupport void @7.0 { datastore:Datastore }
call HostDatastoreSystem.DisableClusteredVmdkSupport void @7.0 { datastore:Datastore }
call HostDatastoreBrowser.SearchDatastore_Task Task { datastorePath:string
  searchSpec:HostDatastoreBrowserSearchSpec? }
call HostDatastoreBrowser.SearchDatastoreSubFolders_Task Task { datastorePath:string
  searchSpec:HostDatastoreBrowserSearchSpec? }
call HostDatastoreBrowser.DeleteFile void { datastorePath:string }
call StorageResourceManager.ConfigureDatastoreIORM_Task Task { datastore:Datastore
  spec:StorageIORMConfigSpec }
)";

} // namespace pf::vim
