#include "tools/pfnvme/inventory/fields.hpp"

#include <array>

namespace pf::nvmetool {

template<>
std::span<const Field<PowerFlexInfo>> fields<PowerFlexInfo>() {
    static constexpr std::array kFields{
        field<&PowerFlexInfo::endpoint>("endpoint"),
        field<&PowerFlexInfo::user>("user"),
        field<&PowerFlexInfo::system_id>("system_id"),
        field<&PowerFlexInfo::name>("name"),
        field<&PowerFlexInfo::nqn>("nqn"),
        field<&PowerFlexInfo::version>("version"),
        field<&PowerFlexInfo::mdm_mode>("mdm_mode"),
        field<&PowerFlexInfo::mdm_state>("mdm_state"),
        field<&PowerFlexInfo::limits>("limits"),
    };
    return kFields;
}

template<>
std::span<const Field<PowerFlexHost>> fields<PowerFlexHost>() {
    static constexpr std::array kFields{
        field<&PowerFlexHost::id>("id"),
        field<&PowerFlexHost::name>("name"),
        field<&PowerFlexHost::nvme>("nvme"),
        field<&PowerFlexHost::nqn>("nqn"),
        field<&PowerFlexHost::guid>("guid"),
        field<&PowerFlexHost::ip>("ip"),
        field<&PowerFlexHost::connected>("connected"),
        field<&PowerFlexHost::max_paths>("max_paths"),
        field<&PowerFlexHost::max_system_ports>("max_system_ports"),
        field<&PowerFlexHost::os_type>("os_type"),
        field<&PowerFlexHost::version>("version"),
        field<&PowerFlexHost::approved>("approved"),
    };
    return kFields;
}

template<>
std::span<const Field<SdtAddress>> fields<SdtAddress>() {
    static constexpr std::array kFields{
        field<&SdtAddress::sdt_id>("sdt_id"),
        field<&SdtAddress::sdt_name>("sdt_name"),
        field<&SdtAddress::protection_domain_id>("protection_domain_id"),
        field<&SdtAddress::ip>("ip"),
        field<&SdtAddress::nvme_port>("nvme_port"),
        field<&SdtAddress::serving>("serving"),
        field<&SdtAddress::discovery_port>("discovery_port"),
        field<&SdtAddress::role>("role"),
        field<&SdtAddress::state>("state"),
        field<&SdtAddress::maintenance>("maintenance"),
    };
    return kFields;
}

template<>
std::span<const Field<PoolInfo>> fields<PoolInfo>() {
    static constexpr std::array kFields{
        field<&PoolInfo::id>("id"),
        field<&PoolInfo::name>("name"),
        field<&PoolInfo::protection_domain_id>("protection_domain_id"),
        field<&PoolInfo::protection_domain>("protection_domain"),
        field<&PoolInfo::domain_state>("domain_state"),
        field<&PoolInfo::media>("media"),
        field<&PoolInfo::layout>("layout"),
        field<&PoolInfo::zero_padding>("zero_padding"),
        field<&PoolInfo::capacity_known>("capacity_known"),
        field<&PoolInfo::max_kib>("max_kib"),
        field<&PoolInfo::in_use_kib>("in_use_kib"),
        field<&PoolInfo::net_unused_kib>("net_unused_kib"),
        field<&PoolInfo::available_kib>("available_kib"),
        field<&PoolInfo::allocation_limit_kib>("allocation_limit_kib"),
        field<&PoolInfo::degraded_kib>("degraded_kib"),
        field<&PoolInfo::failed_kib>("failed_kib"),
        field<&PoolInfo::rebuilding_kib>("rebuilding_kib"),
    };
    return kFields;
}

template<>
std::span<const Field<SdsInfo>> fields<SdsInfo>() {
    static constexpr std::array kFields{
        field<&SdsInfo::id>("id"),
        field<&SdsInfo::name>("name"),
        field<&SdsInfo::protection_domain_id>("protection_domain_id"),
        field<&SdsInfo::state>("state"),
        field<&SdsInfo::connection>("connection"),
        field<&SdsInfo::maintenance>("maintenance"),
        field<&SdsInfo::ips>("ips"),
    };
    return kFields;
}

template<>
std::span<const Field<VolumeInfo>> fields<VolumeInfo>() {
    static constexpr std::array kFields{
        field<&VolumeInfo::id>("id"),
        field<&VolumeInfo::name>("name"),
        field<&VolumeInfo::size_kib>("size_kib"),
        field<&VolumeInfo::pool_id>("pool_id"),
        field<&VolumeInfo::vtree_id>("vtree_id"),
        field<&VolumeInfo::ancestor_id>("ancestor_id"),
        field<&VolumeInfo::replicated>("replicated"),
        field<&VolumeInfo::type>("type"),
        field<&VolumeInfo::nsid>("nsid"),
        field<&VolumeInfo::consistency_group>("consistency_group"),
        field<&VolumeInfo::access_limit>("access_limit"),
        field<&VolumeInfo::replication_state>("replication_state"),
        field<&VolumeInfo::created_at_s>("created_at_s"),
    };
    return kFields;
}

template<>
std::span<const Field<MappingInfo>> fields<MappingInfo>() {
    static constexpr std::array kFields{
        field<&MappingInfo::host_id>("host_id"),
        field<&MappingInfo::host_name>("host_name"),
        field<&MappingInfo::nvme>("nvme"),
        field<&MappingInfo::limit_iops>("limit_iops"),
        field<&MappingInfo::limit_mib_per_s>("limit_mib_per_s"),
        field<&MappingInfo::read_only>("read_only"),
    };
    return kFields;
}

} // namespace pf::nvmetool
