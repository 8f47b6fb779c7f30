// Physical and VMkernel NICs, switches, port groups, networks, the virtual NIC manager.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaNetwork = R"(
data HostNetworkInfo : DynamicData { vswitch:HostVirtualSwitch[]? proxySwitch:HostProxySwitch[]?
  portgroup:HostPortGroup[]? pnic:PhysicalNic[]? rdmaDevice:HostRdmaDevice[]?@7.0
  vnic:HostVirtualNic[]? consoleVnic:HostVirtualNic[]? dnsConfig:HostDnsConfig?
  ipRouteConfig:HostIpRouteConfig? consoleIpRouteConfig:HostIpRouteConfig?
  routeTableInfo:HostIpRouteTableInfo? dhcp:HostDhcpService[]? nat:HostNatService[]?
  ipV6Enabled:boolean? atBootIpV6Enabled:boolean? netStackInstance:HostNetStackInstance[]?
  opaqueSwitch:HostOpaqueSwitch[]? opaqueNetwork:HostOpaqueNetworkInfo[]? }
data HostVirtualSwitch : DynamicData { name:string key:string numPorts:int numPortsAvailable:int
  mtu:int? portgroup:Link[]? pnic:Link[]? spec:HostVirtualSwitchSpec }
data HostVirtualSwitchSpec : DynamicData { numPorts:int bridge:HostVirtualSwitchBridge?
  policy:HostNetworkPolicy? mtu:int? }
data HostVirtualSwitchBridge : DynamicData { }
data HostVirtualSwitchBondBridge : HostVirtualSwitchBridge { nicDevice:string[]
  beacon:HostVirtualSwitchBeaconConfig? linkDiscoveryProtocolConfig:LinkDiscoveryProtocolConfig? }
data HostVirtualSwitchSimpleBridge : HostVirtualSwitchBridge { nicDevice:string }
data HostVirtualSwitchBeaconConfig : DynamicData { interval:int }
data LinkDiscoveryProtocolConfig : DynamicData { protocol:string operation:string }
data HostProxySwitch : DynamicData { dvsUuid:string dvsName:string key:string numPorts:int
  configNumPorts:int? numPortsAvailable:int uplinkPort:KeyValue[]? mtu:int? pnic:Link[]?
  spec:HostProxySwitchSpec hostLag:HostProxySwitchHostLagConfig[]?
  networkReservationSupported:boolean? }
data HostProxySwitchSpec : DynamicData { backing:DistributedVirtualSwitchHostMemberBacking? }
data DistributedVirtualSwitchHostMemberBacking : DynamicData { }
data DistributedVirtualSwitchHostMemberPnicBacking : DistributedVirtualSwitchHostMemberBacking {
  pnicSpec:DistributedVirtualSwitchHostMemberPnicSpec[]? }
data DistributedVirtualSwitchHostMemberPnicSpec : DynamicData { pnicDevice:string
  uplinkPortKey:string? uplinkPortgroupKey:string? connectionCookie:int? }
data HostPortGroup : DynamicData { key:string? port:HostPortGroupPort[]? vswitch:Link?
  computedPolicy:HostNetworkPolicy spec:HostPortGroupSpec }
data HostPortGroupPort : DynamicData { key:string? mac:string[]? type:string }
data HostPortGroupSpec : DynamicData { name:string vlanId:int vswitchName:string
  policy:HostNetworkPolicy }
data HostNetworkPolicy : DynamicData { security:HostNetworkSecurityPolicy?
  nicTeaming:HostNicTeamingPolicy? offloadPolicy:HostNetOffloadCapabilities?
  shapingPolicy:HostNetworkTrafficShapingPolicy? }
data HostNetworkSecurityPolicy : DynamicData { allowPromiscuous:boolean? macChanges:boolean?
  forgedTransmits:boolean? }
data HostNetOffloadCapabilities : DynamicData { csumOffload:boolean? tcpSegmentation:boolean?
  zeroCopyXmit:boolean? }
data HostNetworkTrafficShapingPolicy : DynamicData { enabled:boolean? averageBandwidth:long?
  peakBandwidth:long? burstSize:long? }
data HostNicTeamingPolicy : DynamicData { policy:string? reversePolicy:boolean?
  notifySwitches:boolean? rollingOrder:boolean? failureCriteria:HostNicFailureCriteria?
  nicOrder:HostNicOrderPolicy? }
data HostNicFailureCriteria : DynamicData { checkSpeed:string? speed:int? checkDuplex:boolean?
  fullDuplex:boolean? checkErrorPercent:boolean? percentage:int? checkBeacon:boolean? }
data HostNicOrderPolicy : DynamicData { activeNic:string[]? standbyNic:string[]? }
data PhysicalNic : DynamicData { key:string? device:string pci:string driver:string?
  driverVersion:string?@8.0.0.1 firmwareVersion:string?@8.0.0.1 linkSpeed:PhysicalNicLinkInfo?
  validLinkSpecification:PhysicalNicLinkInfo[]? spec:PhysicalNicSpec wakeOnLanSupported:boolean
  mac:string fcoeConfiguration:FcoeConfig? vmDirectPathGen2Supported:boolean?
  vmDirectPathGen2SupportedMode:string? resourcePoolSchedulerAllowed:boolean?
  resourcePoolSchedulerDisallowedReason:string[]? autoNegotiateSupported:boolean?
  enhancedNetworkingStackSupported:boolean?@6.7 }
data PhysicalNicLinkInfo : DynamicData { speedMb:int duplex:boolean }
data PhysicalNicSpec : DynamicData { ip:HostIpConfig? linkSpeed:PhysicalNicLinkInfo?
  enableEnhancedNetworkingStack:boolean?@6.7 }
data HostIpConfig : DynamicData { dhcp:boolean ipAddress:string? subnetMask:string?
  ipV6Config:HostIpConfigIpV6AddressConfiguration? }
data HostIpConfigIpV6AddressConfiguration : DynamicData {
  ipV6Address:HostIpConfigIpV6Address[]? autoConfigurationEnabled:boolean?
  dhcpV6Enabled:boolean? }
data HostIpConfigIpV6Address : DynamicData { ipAddress:string prefixLength:int origin:string?
  dadState:string? lifetime:dateTime? operation:string? }
data HostVirtualNic : DynamicData { device:string key:string portgroup:string
  spec:HostVirtualNicSpec port:Link? }
data HostVirtualNicSpec : DynamicData { ip:HostIpConfig? mac:string?
  distributedVirtualPort:DistributedVirtualSwitchPortConnection? portgroup:string? mtu:int?
  tsoEnabled:boolean? netStackInstanceKey:string? opaqueNetwork:HostVirtualNicOpaqueNetworkSpec?
  externalId:string? pinnedPnic:string? ipRouteSpec:HostVirtualNicIpRouteSpec?@6.5
  systemOwned:boolean?@8.0.1.0 dpuId:string?@8.0.1.0 }
data DistributedVirtualSwitchPortConnection : DynamicData { switchUuid:string portgroupKey:string?
  portKey:string? connectionCookie:int? }
data HostDnsConfig : DynamicData { dhcp:boolean virtualNicDevice:string?
  ipv6VirtualNicDevice:string?@6.7 hostName:string domainName:string address:string[]?
  searchDomain:string[]? }
data HostIpRouteConfig : DynamicData { defaultGateway:string? gatewayDevice:string?
  ipV6DefaultGateway:string? ipV6GatewayDevice:string? }
managed HostNetworkSystem : ExtensibleManagedObject { capabilities:HostNetCapabilities?
  networkInfo:HostNetworkInfo? offloadCapabilities:HostNetOffloadCapabilities?
  networkConfig:HostNetworkConfig? dnsConfig:HostDnsConfig? ipRouteConfig:HostIpRouteConfig?
  consoleIpRouteConfig:HostIpRouteConfig? }
managed HostVirtualNicManager : ExtensibleManagedObject { info:HostVirtualNicManagerInfo }
data HostVirtualNicManagerInfo : DynamicData { netConfig:VirtualNicManagerNetConfig[]? }
data VirtualNicManagerNetConfig : DynamicData { nicType:string multiSelectAllowed:boolean
  candidateVnic:HostVirtualNic[]? selectedVnic:Link[]? }
managed Network : ManagedEntity { summary:NetworkSummary host:HostSystem[]? vm:VirtualMachine[]?
  name:string }
data NetworkSummary : DynamicData { network:Network? name:string accessible:boolean
  ipPoolName:string ipPoolId:int? }
managed DistributedVirtualPortgroup : Network { config:DVPortgroupConfigInfo key:string
  portKeys:string[]? }
managed DistributedVirtualSwitch : ManagedEntity { uuid:string capability:DVSCapability
  summary:DVSSummary config:DVSConfigInfo portgroup:DistributedVirtualPortgroup[]?
  networkResourcePool:DVSNetworkResourcePool[]? runtime:DVSRuntimeInfo? }
managed VmwareDistributedVirtualSwitch : DistributedVirtualSwitch { }
managed DistributedVirtualSwitchManager { }

call HostVirtualNicManager.QueryNetConfig VirtualNicManagerNetConfig? { nicType:string }
call HostVirtualNicManager.SelectVnicForNicType void { nicType:string device:string }
call HostVirtualNicManager.DeselectVnicForNicType void { nicType:string device:string }
call HostNetworkSystem.AddVirtualNic string { portgroup:string nic:HostVirtualNicSpec }
call HostNetworkSystem.RemoveVirtualNic void { device:string }
call HostNetworkSystem.UpdateVirtualNic void { device:string nic:HostVirtualNicSpec }
call HostNetworkSystem.AddPortGroup void { portgrp:HostPortGroupSpec }
call HostNetworkSystem.UpdatePortGroup void { pgName:string portgrp:HostPortGroupSpec }
call HostNetworkSystem.RemovePortGroup void { pgName:string }
call HostNetworkSystem.RefreshNetworkSystem void { }
)";

} // namespace pf::vim
