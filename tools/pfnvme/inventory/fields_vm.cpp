#include "tools/pfnvme/inventory/fields.hpp"

#include <array>

namespace pf::nvmetool {

template<>
std::span<const Field<DatastoreInfo>> fields<DatastoreInfo>() {
    static constexpr std::array kFields{
        field<&DatastoreInfo::id>("id"),
        field<&DatastoreInfo::name>("name"),
        field<&DatastoreInfo::uuid>("uuid"),
        field<&DatastoreInfo::type>("type"),
        field<&DatastoreInfo::vmfs_major>("vmfs_major"),
        field<&DatastoreInfo::accessible>("accessible"),
        field<&DatastoreInfo::capacity_bytes>("capacity_bytes"),
        field<&DatastoreInfo::free_bytes>("free_bytes"),
        field<&DatastoreInfo::extents>("extents"),
        field<&DatastoreInfo::vm_ids>("vm_ids"),
        field<&DatastoreInfo::uncommitted_bytes>("uncommitted_bytes"),
        field<&DatastoreInfo::vmfs_version>("vmfs_version"),
        field<&DatastoreInfo::url>("url"),
        field<&DatastoreInfo::datacenter>("datacenter"),
        field<&DatastoreInfo::parent_id>("parent_id"),
        field<&DatastoreInfo::datastore_cluster>("datastore_cluster"),
        field<&DatastoreInfo::sdrs_enabled>("sdrs_enabled"),
        field<&DatastoreInfo::lock_mode>("lock_mode"),
        field<&DatastoreInfo::sioc_enabled>("sioc_enabled"),
        field<&DatastoreInfo::clustered_vmdk>("clustered_vmdk"),
        field<&DatastoreInfo::content_library>("content_library"),
        field<&DatastoreInfo::force_mounted>("force_mounted"),
        field<&DatastoreInfo::maintenance_mode>("maintenance_mode"),
        field<&DatastoreInfo::tags>("tags"),
        field<&DatastoreInfo::attributes>("attributes"),
    };
    return kFields;
}

template<>
std::span<const Field<DatastoreMount>> fields<DatastoreMount>() {
    static constexpr std::array kFields{
        field<&DatastoreMount::host_id>("host_id"),
        field<&DatastoreMount::mounted>("mounted"),
        field<&DatastoreMount::accessible>("accessible"),
    };
    return kFields;
}

template<>
std::span<const Field<VmInfo>> fields<VmInfo>() {
    static constexpr std::array kFields{
        field<&VmInfo::id>("id"),
        field<&VmInfo::name>("name"),
        field<&VmInfo::instance_uuid>("instance_uuid"),
        field<&VmInfo::vmx_path>("vmx_path"),
        field<&VmInfo::host_id>("host_id"),
        field<&VmInfo::folder_id>("folder_id"),
        field<&VmInfo::pool_id>("pool_id"),
        field<&VmInfo::power_state>("power_state"),
        field<&VmInfo::connection_state>("connection_state"),
        field<&VmInfo::is_template>("is_template"),
        field<&VmInfo::tools_running>("tools_running"),
        field<&VmInfo::has_snapshots>("has_snapshots"),
        field<&VmInfo::shared_bus>("shared_bus"),
        field<&VmInfo::fault_tolerant>("fault_tolerant"),
        field<&VmInfo::question>("question"),
        field<&VmInfo::datastore_ids>("datastore_ids"),
        field<&VmInfo::bios_uuid>("bios_uuid"),
        field<&VmInfo::folder>("folder"),
        field<&VmInfo::pool>("pool"),
        field<&VmInfo::guest_id>("guest_id"),
        field<&VmInfo::hardware_version>("hardware_version"),
        field<&VmInfo::change_version>("change_version"),
        field<&VmInfo::tools_state>("tools_state"),
        field<&VmInfo::heartbeat>("heartbeat"),
        field<&VmInfo::managed_by>("managed_by"),
        field<&VmInfo::swap_placement>("swap_placement"),
        field<&VmInfo::annotation>("annotation"),
        field<&VmInfo::swap_datastore_id>("swap_datastore_id"),
        field<&VmInfo::memory_mb>("memory_mb"),
        field<&VmInfo::cpus>("cpus"),
        field<&VmInfo::cbt>("cbt"),
        field<&VmInfo::encrypted>("encrypted"),
        field<&VmInfo::replicated>("replicated"),
        field<&VmInfo::passthrough>("passthrough"),
        field<&VmInfo::vgpu>("vgpu"),
        field<&VmInfo::vcls>("vcls"),
        field<&VmInfo::consolidation_needed>("consolidation_needed"),
        field<&VmInfo::tools_installer>("tools_installer"),
        field<&VmInfo::drs_override>("drs_override"),
        field<&VmInfo::ha_override>("ha_override"),
        field<&VmInfo::drs_rules>("drs_rules"),
        field<&VmInfo::tags>("tags"),
        field<&VmInfo::attributes>("attributes"),
    };
    return kFields;
}

template<>
std::span<const Field<DiskInfo>> fields<DiskInfo>() {
    static constexpr std::array kFields{
        field<&DiskInfo::key>("key"),
        field<&DiskInfo::label>("label"),
        field<&DiskInfo::file>("file"),
        field<&DiskInfo::datastore_id>("datastore_id"),
        field<&DiskInfo::capacity_bytes>("capacity_bytes"),
        field<&DiskInfo::rdm>("rdm"),
        field<&DiskInfo::multi_writer>("multi_writer"),
        field<&DiskInfo::controller_key>("controller_key"),
        field<&DiskInfo::unit_number>("unit_number"),
        field<&DiskInfo::backing>("backing"),
        field<&DiskInfo::mode>("mode"),
        field<&DiskInfo::sharing>("sharing"),
        field<&DiskInfo::uuid>("uuid"),
        field<&DiskInfo::format>("format"),
        field<&DiskInfo::change_id>("change_id"),
        field<&DiskInfo::rdm_device>("rdm_device"),
        field<&DiskInfo::fcd_id>("fcd_id"),
        field<&DiskInfo::encrypted>("encrypted"),
        field<&DiskInfo::linked_clone>("linked_clone"),
        field<&DiskInfo::parents>("parents"),
        field<&DiskInfo::io_filters>("io_filters"),
    };
    return kFields;
}

template<>
std::span<const Field<VmController>> fields<VmController>() {
    static constexpr std::array kFields{
        field<&VmController::key>("key"),
        field<&VmController::kind>("kind"),
        field<&VmController::label>("label"),
        field<&VmController::shared_bus>("shared_bus"),
    };
    return kFields;
}

template<>
std::span<const Field<VmMedia>> fields<VmMedia>() {
    static constexpr std::array kFields{
        field<&VmMedia::label>("label"),
        field<&VmMedia::file>("file"),
        field<&VmMedia::datastore_id>("datastore_id"),
        field<&VmMedia::connected>("connected"),
    };
    return kFields;
}

template<>
std::span<const Field<VmSnapshot>> fields<VmSnapshot>() {
    static constexpr std::array kFields{
        field<&VmSnapshot::id>("id"),
        field<&VmSnapshot::name>("name"),
        field<&VmSnapshot::created_at>("created_at"),
        field<&VmSnapshot::depth>("depth"),
    };
    return kFields;
}

template<>
std::span<const Field<VmUsage>> fields<VmUsage>() {
    static constexpr std::array kFields{
        field<&VmUsage::datastore_id>("datastore_id"),
        field<&VmUsage::committed_bytes>("committed_bytes"),
        field<&VmUsage::uncommitted_bytes>("uncommitted_bytes"),
        field<&VmUsage::unshared_bytes>("unshared_bytes"),
    };
    return kFields;
}

template<>
std::span<const Field<ClusterInfo>> fields<ClusterInfo>() {
    static constexpr std::array kFields{
        field<&ClusterInfo::id>("id"),
        field<&ClusterInfo::name>("name"),
        field<&ClusterInfo::datacenter>("datacenter"),
        field<&ClusterInfo::is_cluster>("is_cluster"),
        field<&ClusterInfo::ha_enabled>("ha_enabled"),
        field<&ClusterInfo::drs_enabled>("drs_enabled"),
        field<&ClusterInfo::drs_behavior>("drs_behavior"),
        field<&ClusterInfo::pool_id>("pool_id"),
        field<&ClusterInfo::host_ids>("host_ids"),
        field<&ClusterInfo::heartbeat_datastore_ids>("heartbeat_datastore_ids"),
    };
    return kFields;
}

template<>
std::span<const Field<NetworkInfo>> fields<NetworkInfo>() {
    static constexpr std::array kFields{
        field<&NetworkInfo::id>("id"),           field<&NetworkInfo::name>("name"),
        field<&NetworkInfo::kind>("kind"),       field<&NetworkInfo::switch_name>("switch_name"),
        field<&NetworkInfo::host_id>("host_id"), field<&NetworkInfo::vlan>("vlan"),
        field<&NetworkInfo::active>("active"),   field<&NetworkInfo::standby>("standby"),
    };
    return kFields;
}

template<>
std::span<const Field<FolderInfo>> fields<FolderInfo>() {
    static constexpr std::array kFields{
        field<&FolderInfo::id>("id"),
        field<&FolderInfo::name>("name"),
        field<&FolderInfo::parent_id>("parent_id"),
        field<&FolderInfo::kind>("kind"),
    };
    return kFields;
}

} // namespace pf::nvmetool
