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
  drsFault:ClusterDrsFaults[]? hciConfig:ClusterComputeResourceHCIConfigInfo?@6.7.1 }
data ComputeResourceSummary : DynamicData { totalCpu:int totalMemory:long numCpuCores:short
  numCpuThreads:short effectiveCpu:int effectiveMemory:long numHosts:int numEffectiveHosts:int
  overallStatus:ManagedEntityStatus }
data ClusterComputeResourceSummary : ComputeResourceSummary { currentFailoverLevel:int
  admissionControlInfo:ClusterDasAdmissionControlInfo? numVmotions:int targetBalance:int?
  currentBalance:int? usageSummary:ClusterUsageSummary? currentEVCModeKey:string?
  dasData:ClusterDasData? }
data ComputeResourceConfigInfo : DynamicData { vmSwapPlacement:string spbmEnabled:boolean?
  defaultHardwareVersionKey:string? }
data ClusterConfigInfoEx : ComputeResourceConfigInfo { dasConfig:ClusterDasConfigInfo
  dasVmConfig:ClusterDasVmConfigInfo[]? drsConfig:ClusterDrsConfigInfo
  drsVmConfig:ClusterDrsVmConfigInfo[]? rule:ClusterRuleInfo[]?
  orchestration:ClusterOrchestrationInfo?@6.5 vmOrchestration:ClusterVmOrchestrationInfo[]?@6.5
  dpmConfigInfo:ClusterDpmConfigInfo? dpmHostConfig:ClusterDpmHostConfigInfo[]?
  vsanConfigInfo:VsanClusterConfigInfo? vsanHostConfig:VsanHostConfigInfo[]?
  group:ClusterGroupInfo[]? infraUpdateHaConfig:ClusterInfraUpdateHaConfigInfo?@6.5
  proactiveDrsConfig:ClusterProactiveDrsConfigInfo?@6.5 }
data ClusterConfigInfo : DynamicData { dasConfig:ClusterDasConfigInfo
  dasVmConfig:ClusterDasVmConfigInfo[]? drsConfig:ClusterDrsConfigInfo
  drsVmConfig:ClusterDrsVmConfigInfo[]? rule:ClusterRuleInfo[]? }
data ClusterDasConfigInfo : DynamicData { enabled:boolean? vmMonitoring:string?
  hostMonitoring:string? vmComponentProtecting:string? failoverLevel:int?
  admissionControlPolicy:ClusterDasAdmissionControlPolicy? admissionControlEnabled:boolean?
  defaultVmSettings:ClusterDasVmSettings? option:OptionValue[]? heartbeatDatastore:Datastore[]?
  hBDatastoreCandidatePolicy:string? }
data ClusterDrsConfigInfo : DynamicData { enabled:boolean? enableVmBehaviorOverrides:boolean?
  defaultVmBehavior:DrsBehavior? vmotionRate:int? option:OptionValue[]? }
enum DrsBehavior { manual partiallyAutomated fullyAutomated }
data ClusterConfigSpecEx : ComputeResourceConfigSpec { dasConfig:ClusterDasConfigInfo?
  dasVmConfigSpec:ClusterDasVmConfigSpec[]? drsConfig:ClusterDrsConfigInfo?
  drsVmConfigSpec:ClusterDrsVmConfigSpec[]? rulesSpec:ClusterRuleSpec[]?
  orchestration:ClusterOrchestrationInfo?@6.5
  vmOrchestrationSpec:ClusterVmOrchestrationSpec[]?@6.5 dpmConfig:ClusterDpmConfigInfo?
  dpmHostConfigSpec:ClusterDpmHostConfigSpec[]? vsanConfig:VsanClusterConfigInfo?
  vsanHostConfigSpec:VsanHostConfigInfo[]? groupSpec:ClusterGroupSpec[]?
  infraUpdateHaConfig:ClusterInfraUpdateHaConfigInfo?@6.5
  proactiveDrsConfig:ClusterProactiveDrsConfigInfo?@6.5 inHciWorkflow:boolean?@6.7.1 }
data ComputeResourceConfigSpec : DynamicData { vmSwapPlacement:string? spbmEnabled:boolean?
  defaultHardwareVersionKey:string? }
data ClusterDasAdvancedRuntimeInfo : DynamicData { dasHostInfo:ClusterDasHostInfo?
  vmcpSupported:ClusterDasAdvancedRuntimeInfoVmcpCapabilityInfo?
  heartbeatDatastoreInfo:DasHeartbeatDatastoreInfo[]? }
data DasHeartbeatDatastoreInfo : DynamicData { datastore:Datastore hosts:HostSystem[] }
managed ResourcePool : ManagedEntity { summary:ResourcePoolSummary runtime:ResourcePoolRuntimeInfo
  owner:ComputeResource resourcePool:ResourcePool[]? vm:VirtualMachine[]?
  config:ResourceConfigSpec namespace:string? childConfiguration:ResourceConfigSpec[]? }
managed VirtualApp : ResourcePool { parentFolder:Folder? datastore:Datastore[]? network:Network[]?
  vAppConfig:VAppConfigInfo? parentVApp:ManagedEntity? childLink:VirtualAppLinkInfo[]? }
data ResourcePoolSummary : DynamicData { name:string config:ResourceConfigSpec
  runtime:ResourcePoolRuntimeInfo quickStats:ResourcePoolQuickStats? configuredMemoryMB:int? }
data ResourcePoolRuntimeInfo : DynamicData { memory:ResourcePoolResourceUsage
  cpu:ResourcePoolResourceUsage overallStatus:ManagedEntityStatus }
data ResourcePoolResourceUsage : DynamicData { reservationUsed:long reservationUsedForVm:long
  unreservedForPool:long unreservedForVm:long overallUsage:long maxUsage:long }
data ResourceConfigSpec : DynamicData { entity:ManagedObjectReference? changeVersion:string?
  lastModified:dateTime? cpuAllocation:ResourceAllocationInfo
  memoryAllocation:ResourceAllocationInfo scaleDescendantsShares:string?@7.0
  networkBandwidthAllocation:NetworkBandwidthAllocationInfo[]? }
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
