#include "tools/pfnvme/run/ports.hpp"

namespace pf::nvmetool {

Result<VsphereEstate> VspherePort::estate(const VmSink&) {
    return fail(Errc::Unsupported, "this connection has no bulk reading of a vCenter");
}

Result<DatastoreInfo> VspherePort::datastore(const std::string& datastore_id) {
    PF_TRY(std::vector<DatastoreInfo> all, datastores());
    for (DatastoreInfo& item : all) {
        if (item.id == datastore_id) {
            return std::move(item);
        }
    }
    return fail(Errc::NotFound, "vCenter has no datastore {}", datastore_id);
}

Result<std::vector<DiscoveredTarget>> VspherePort::discover(const std::string&, const std::string&,
                                                            const std::string&, std::uint16_t) {
    return fail(Errc::Unsupported, "this connection can't ask for a discovery log");
}

Result<std::vector<Migration>> VspherePort::migrations() {
    return fail(Errc::Unsupported, "this connection does not tell running migrations");
}

Result<std::vector<double>> VspherePort::vm_latencies_ms(const std::vector<std::string>&) {
    return fail(Errc::Unsupported, "this connection does not tell the latency of VMs");
}

Result<std::vector<ContextItem>> VspherePort::vm_context(const std::vector<std::string>&) {
    return fail(Errc::Unsupported, "this connection does not tell what is kept about VMs");
}

Result<std::vector<std::string>> VspherePort::restore_context(const std::vector<ContextItem>&) {
    return fail(Errc::Unsupported, "this connection can't restore what was kept about VMs");
}

Result<PortGroupInfo> VspherePort::port_group(const std::string&, const std::string&) {
    return fail(Errc::Unsupported, "this connection does not tell port groups");
}

Result<std::string> VspherePort::add_vmk(const std::string&, const VmkRequest&) {
    return fail(Errc::Unsupported, "this connection can't add VMkernel ports");
}

Result<void> VspherePort::remove_vmk(const std::string&, const std::string&) {
    return fail(Errc::Unsupported, "this connection can't remove VMkernel ports");
}

Result<std::string> VspherePort::advisory_mark() {
    return fail(Errc::Unsupported, "this connection has no advisory mark");
}

Result<void> VspherePort::set_advisory_mark(const std::string&) {
    return fail(Errc::Unsupported, "this connection has no advisory mark");
}

Result<StorageLoad> PowerFlexPort::load() {
    return fail(Errc::Unsupported, "this connection does not tell how busy PowerFlex is");
}

Result<std::string> VspherePort::module_options(const std::string&, const std::string&) {
    return fail(Errc::Unsupported, "this connection does not tell the options of kernel modules");
}

Result<void> VspherePort::set_module_options(const std::string&, const std::string&,
                                             const std::string&) {
    return fail(Errc::Unsupported, "this connection can't set the options of kernel modules");
}

Result<void> PowerFlexPort::remove_sdc(const std::string&) {
    return fail(Errc::Unsupported, "this connection can't remove SDCs");
}

Result<void> PowerFlexPort::set_sdt_maintenance(const std::string&, bool) {
    return fail(Errc::Unsupported, "this connection can't set the maintenance mode of SDTs");
}

Result<void> PowerFlexPort::rename_host(const std::string&, const std::string&) {
    return fail(Errc::Unsupported, "this connection can't rename hosts");
}

Result<void> PowerFlexPort::set_host_limits(const std::string&, std::int64_t, std::int64_t) {
    return fail(Errc::Unsupported, "this connection can't set the limits of hosts");
}

Result<std::vector<bool>> VspherePort::has_privileges(const std::vector<std::string>&) {
    return fail(Errc::Unsupported, "this connection can't ask for privileges");
}

Result<PowerFlexEstate> PowerFlexPort::estate() {
    return fail(Errc::Unsupported, "this connection has no bulk reading of PowerFlex");
}

} // namespace pf::nvmetool
