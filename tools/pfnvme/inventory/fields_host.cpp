#include "tools/pfnvme/inventory/fields.hpp"

#include <array>

namespace pf::nvmetool {

template<>
std::span<const Field<VcenterInfo>> fields<VcenterInfo>() {
    static constexpr std::array kFields{
        field<&VcenterInfo::endpoint>("endpoint"),
        field<&VcenterInfo::user>("user"),
        field<&VcenterInfo::product>("product"),
        field<&VcenterInfo::version>("version"),
        field<&VcenterInfo::instance_uuid>("instance_uuid"),
    };
    return kFields;
}

template<>
std::span<const Field<HostInfo>> fields<HostInfo>() {
    static constexpr std::array kFields{
        field<&HostInfo::id>("id"),
        field<&HostInfo::name>("name"),
        field<&HostInfo::cluster>("cluster"),
        field<&HostInfo::cluster_id>("cluster_id"),
        field<&HostInfo::version>("version"),
        field<&HostInfo::build>("build"),
        field<&HostInfo::connection_state>("connection_state"),
        field<&HostInfo::in_maintenance>("in_maintenance"),
        field<&HostInfo::nvme_tcp_supported>("nvme_tcp_supported"),
        field<&HostInfo::nqn>("nqn"),
        field<&HostInfo::sdc_guid>("sdc_guid"),
        field<&HostInfo::uuid>("uuid"),
        field<&HostInfo::vendor>("vendor"),
        field<&HostInfo::model>("model"),
        field<&HostInfo::power_state>("power_state"),
        field<&HostInfo::discovery_supported>("discovery_supported"),
        field<&HostInfo::batch_nvme_supported>("batch_nvme_supported"),
        field<&HostInfo::storage_vmotion>("storage_vmotion"),
        field<&HostInfo::sdc_loaded>("sdc_loaded"),
        field<&HostInfo::powerpath>("powerpath"),
        field<&HostInfo::diagnostic_device>("diagnostic_device"),
        field<&HostInfo::coredump_file>("coredump_file"),
        field<&HostInfo::swap_datastore_id>("swap_datastore_id"),
        field<&HostInfo::options>("options"),
        field<&HostInfo::claim_rules>("claim_rules"),
    };
    return kFields;
}

template<>
std::span<const Field<PhysicalNic>> fields<PhysicalNic>() {
    static constexpr std::array kFields{
        field<&PhysicalNic::name>("name"),
        field<&PhysicalNic::driver>("driver"),
        field<&PhysicalNic::speed_mbit>("speed_mbit"),
        field<&PhysicalNic::pci>("pci"),
        field<&PhysicalNic::mac>("mac"),
    };
    return kFields;
}

template<>
std::span<const Field<VmkNic>> fields<VmkNic>() {
    static constexpr std::array kFields{
        field<&VmkNic::name>("name"),
        field<&VmkNic::address>("address"),
        field<&VmkNic::netmask>("netmask"),
        field<&VmkNic::portgroup>("portgroup"),
        field<&VmkNic::mtu>("mtu"),
        field<&VmkNic::uplinks>("uplinks"),
        field<&VmkNic::nvme_tagged>("nvme_tagged"),
        field<&VmkNic::standby_uplinks>("standby_uplinks"),
        field<&VmkNic::services>("services"),
        field<&VmkNic::switch_name>("switch_name"),
        field<&VmkNic::dv_portgroup_key>("dv_portgroup_key"),
        field<&VmkNic::netstack>("netstack"),
        field<&VmkNic::vlan>("vlan"),
        field<&VmkNic::switch_mtu>("switch_mtu"),
        field<&VmkNic::dhcp>("dhcp"),
    };
    return kFields;
}

template<>
std::span<const Field<NvmeAdapter>> fields<NvmeAdapter>() {
    static constexpr std::array kFields{
        field<&NvmeAdapter::name>("name"),
        field<&NvmeAdapter::nic>("nic"),
    };
    return kFields;
}

template<>
std::span<const Field<StorageAdapter>> fields<StorageAdapter>() {
    static constexpr std::array kFields{
        field<&StorageAdapter::name>("name"),     field<&StorageAdapter::kind>("kind"),
        field<&StorageAdapter::driver>("driver"), field<&StorageAdapter::model>("model"),
        field<&StorageAdapter::status>("status"), field<&StorageAdapter::protocol>("protocol"),
        field<&StorageAdapter::nic>("nic"),
    };
    return kFields;
}

template<>
std::span<const Field<NvmeController>> fields<NvmeController>() {
    static constexpr std::array kFields{
        field<&NvmeController::name>("name"),
        field<&NvmeController::number>("number"),
        field<&NvmeController::subsystem_nqn>("subsystem_nqn"),
        field<&NvmeController::adapter>("adapter"),
        field<&NvmeController::address>("address"),
        field<&NvmeController::port>("port"),
        field<&NvmeController::online>("online"),
        field<&NvmeController::devices>("devices"),
        field<&NvmeController::fused>("fused"),
        field<&NvmeController::queues>("queues"),
        field<&NvmeController::queue_size>("queue_size"),
        field<&NvmeController::model>("model"),
    };
    return kFields;
}

template<>
std::span<const Field<NvmeNamespace>> fields<NvmeNamespace>() {
    static constexpr std::array kFields{
        field<&NvmeNamespace::name>("name"),
        field<&NvmeNamespace::nsid>("nsid"),
        field<&NvmeNamespace::block_bytes>("block_bytes"),
        field<&NvmeNamespace::blocks>("blocks"),
    };
    return kFields;
}

template<>
std::span<const Field<DeviceInfo>> fields<DeviceInfo>() {
    static constexpr std::array kFields{
        field<&DeviceInfo::name>("name"),
        field<&DeviceInfo::uuid>("uuid"),
        field<&DeviceInfo::block_bytes>("block_bytes"),
        field<&DeviceInfo::blocks>("blocks"),
        field<&DeviceInfo::attached>("attached"),
        field<&DeviceInfo::lost>("lost"),
        field<&DeviceInfo::nvme>("nvme"),
        field<&DeviceInfo::plugin>("plugin"),
        field<&DeviceInfo::paths_total>("paths_total"),
        field<&DeviceInfo::paths_active>("paths_active"),
        field<&DeviceInfo::policy>("policy"),
        field<&DeviceInfo::satp>("satp"),
        field<&DeviceInfo::vendor>("vendor"),
        field<&DeviceInfo::model>("model"),
        field<&DeviceInfo::display_name>("display_name"),
        field<&DeviceInfo::vaai>("vaai"),
        field<&DeviceInfo::queue_depth>("queue_depth"),
    };
    return kFields;
}

template<>
std::span<const Field<DevicePath>> fields<DevicePath>() {
    static constexpr std::array kFields{
        field<&DevicePath::name>("name"),   field<&DevicePath::adapter>("adapter"),
        field<&DevicePath::state>("state"), field<&DevicePath::working>("working"),
        field<&DevicePath::ana>("ana"),
    };
    return kFields;
}

template<>
std::span<const Field<UnresolvedVolume>> fields<UnresolvedVolume>() {
    static constexpr std::array kFields{
        field<&UnresolvedVolume::label>("label"),
        field<&UnresolvedVolume::uuid>("uuid"),
        field<&UnresolvedVolume::device>("device"),
        field<&UnresolvedVolume::device_path>("device_path"),
        field<&UnresolvedVolume::resolvable>("resolvable"),
        field<&UnresolvedVolume::multiple_copies>("multiple_copies"),
    };
    return kFields;
}

template<>
std::span<const Field<HostService>> fields<HostService>() {
    static constexpr std::array kFields{
        field<&HostService::name>("name"),
        field<&HostService::running>("running"),
        field<&HostService::policy>("policy"),
    };
    return kFields;
}

} // namespace pf::nvmetool
