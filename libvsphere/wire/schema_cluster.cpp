// Clusters, compute resources, resource pools.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaCluster = R"(
managed ComputeResource : ManagedEntity { resourcePool:ResourcePool? host:HostSystem[]?
  datastore:Datastore[]? network:Network[]? summary:ComputeResourceSummary
  environmentBrowser:EnvironmentBrowser? configurationEx:ComputeResourceConfigInfo }
managed ClusterComputeResource : ComputeResource { configuration:ClusterConfigInfo
  recommendation:ClusterRecommendation[]? drsRecommendation:ClusterDrsRecommendation[]?
  migrationHistory:ClusterDrsMigration[]? actionHistory:ClusterActionHistory[]?
  drsFault:ClusterDrsFaults[]? }
data ComputeResourceSummary : DynamicData { totalCpu:int totalMemory:long numCpuCores:short
  numCpuThreads:short effectiveCpu:int effectiveMemory:long numHosts:int numEffectiveHosts:int
  overallStatus:ManagedEntityStatus }
data ClusterComputeResourceSummary : ComputeResourceSummary ... { currentFailoverLevel:int
  numVmotions:int }
data ComputeResourceConfigInfo : DynamicData ... { vmSwapPlacement:string
  spbmEnabled:boolean? defaultHardwareVersionKey:string? }
data ClusterConfigInfoEx : ComputeResourceConfigInfo ... { dasConfig:ClusterDasConfigInfo
  drsConfig:ClusterDrsConfigInfo }
data ClusterConfigInfo : DynamicData ... { dasConfig:ClusterDasConfigInfo
  drsConfig:ClusterDrsConfigInfo }
data ClusterDasConfigInfo : DynamicData ... { enabled:boolean? vmMonitoring:string?
  hostMonitoring:string? failoverLevel:int? admissionControlEnabled:boolean?
  heartbeatDatastore:Datastore[]? hBDatastoreCandidatePolicy:string? }
data ClusterDrsConfigInfo : DynamicData ... { enabled:boolean? enableVmBehaviorOverrides:boolean?
  defaultVmBehavior:DrsBehavior? vmotionRate:int? }
enum DrsBehavior { manual partiallyAutomated fullyAutomated }
data ClusterConfigSpecEx : ComputeResourceConfigSpec ... { dasConfig:ClusterDasConfigInfo?
  drsConfig:ClusterDrsConfigInfo? }
data ComputeResourceConfigSpec : DynamicData ... { vmSwapPlacement:string? }
data ClusterDasAdvancedRuntimeInfo : DynamicData ... {
  heartbeatDatastoreInfo:DasHeartbeatDatastoreInfo[]? }
data DasHeartbeatDatastoreInfo : DynamicData { datastore:Datastore hosts:HostSystem[] }
managed ResourcePool : ManagedEntity { summary:ResourcePoolSummary runtime:ResourcePoolRuntimeInfo
  owner:ComputeResource resourcePool:ResourcePool[]? vm:VirtualMachine[]?
  config:ResourceConfigSpec namespace:string? childConfiguration:ResourceConfigSpec[]? }
managed VirtualApp : ResourcePool { }
data ResourcePoolSummary : DynamicData ... { name:string config:ResourceConfigSpec
  runtime:ResourcePoolRuntimeInfo configuredMemoryMB:int? }
data ResourcePoolRuntimeInfo : DynamicData ... { memory:ResourcePoolResourceUsage
  cpu:ResourcePoolResourceUsage overallStatus:ManagedEntityStatus }
data ResourcePoolResourceUsage : DynamicData { reservationUsed:long reservationUsedForVm:long
  unreservedForPool:long unreservedForVm:long overallUsage:long maxUsage:long }
data ResourceConfigSpec : DynamicData { entity:ManagedObjectReference? changeVersion:string?
  lastModified:dateTime? cpuAllocation:ResourceAllocationInfo
  memoryAllocation:ResourceAllocationInfo scaleDescendantsShares:string?@7.0 }
managed EnvironmentBrowser { datastoreBrowser:HostDatastoreBrowser? }

call ComputeResource.ReconfigureComputeResource_Task Task { spec:ComputeResourceConfigSpec
  modify:boolean }
call ClusterComputeResource.RetrieveDasAdvancedRuntimeInfo ClusterDasAdvancedRuntimeInfo? { }
call ClusterComputeResource.AddHost_Task Task { spec:HostConnectSpec asConnected:boolean
  resourcePool:ResourcePool? license:string? }
call ResourcePool.CreateResourcePool ResourcePool { name:string spec:ResourceConfigSpec }
call ResourcePool.RefreshRuntime void { }
)";

} // namespace pf::vim
