// Protection domains, fault sets, pools, SDSs, devices, SDTs. Every verb checks all it needs before
// it changes anything: a refusal leaves nothing behind.
#include "backend/mdm/core/core.hpp"

#include <algorithm>

namespace pf::mdm {
namespace {

constexpr int kMaxIpsPerSds = 8;
constexpr int kMaxIpsPerSdt = 8;
constexpr std::uint32_t kMaxSdts = 127; // controller ids: 512 for each, 65519 in all

bool valid_ip(const std::string& ip) {
    return !ip.empty() && ip.size() <= 45 && std::all_of(ip.begin(), ip.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
               c == '.' || c == ':';
    });
}
bool valid_port(std::uint32_t port) { return port > 0 && port <= 65535; }

template<class Ips>
std::vector<std::string> plain(const Ips& ips) {
    std::vector<std::string> out;
    for (const auto& ip : ips)
        out.push_back(ip.ip());
    return out;
}

// Adds, removes or re-roles one address of a record: SDS and SDT alike but for their checks.
// `check_free` judges an address that is to be added; `finish` completes the added entry.
template<class Role, class Record, class CheckFree, class Finish>
Outcome<> change_ip(const wire::ModifyIpOp& r, Record& record, int most, CheckFree check_free,
                    Finish finish) {
    auto& ips = *record.mutable_ips();
    const auto at =
        std::find_if(ips.begin(), ips.end(), [&r](const auto& ip) { return ip.ip() == r.ip(); });
    if (r.change() == wire::ModifyIpOp::ADD) {
        if (at != ips.end())
            return refuse(Rc::IpAlreadyExists);
        if (ips.size() >= most)
            return refuse(Rc::TooManyIps);
        MDM_CHECK(check_free());
        auto& added = *record.add_ips();
        added.set_ip(r.ip());
        added.set_role(static_cast<Role>(r.role()));
        finish(added);
    } else if (at == ips.end()) {
        return refuse(Rc::IpNotFound);
    } else if (r.change() == wire::ModifyIpOp::REMOVE) {
        if (ips.size() == 1)
            return refuse(Rc::LastIp);
        ips.erase(at);
    } else {
        at->set_role(static_cast<Role>(r.role()));
    }
    return {};
}

} // namespace

Outcome<> Core::add_domain(const wire::AddProtectionDomainOp& r, wire::ManagementReply& reply) {
    MDM_CHECK(check_name(r.name()));
    for (const auto& [id, domain] : state_.domains)
        if (domain.name() == r.name())
            return refuse(Rc::DomainNameInUse);
    wire::ProtectionDomainRecord record;
    record.set_id(new_id());
    record.set_name(r.name());
    record.set_active(true);
    reply.add_ids(record.id());
    changes_.domains.insert(record.id());
    state_.domains.emplace(record.id(), std::move(record));
    return {};
}

Outcome<> Core::set_active(const wire::SetActiveOp& r) {
    auto found = state_.domains.find(r.protection_domain());
    if (found == state_.domains.end())
        return refuse(Rc::DomainNotFound);
    found->second.set_active(r.active());
    changes_.domains.insert(found->first);
    return {};
}

Outcome<> Core::remove_domain(std::uint64_t id) {
    if (!state_.domains.contains(id))
        return refuse(Rc::DomainNotFound);
    const auto in_domain = [id](const auto& table) {
        return std::any_of(table.begin(), table.end(), [id](const auto& entry) {
            return entry.second.protection_domain() == id;
        });
    };
    if (in_domain(state_.sds) || in_domain(state_.sdts))
        return refuse(Rc::DomainHasSds);
    if (in_domain(state_.pools))
        return refuse(Rc::DomainHasPools);
    if (in_domain(state_.fault_sets))
        return refuse(Rc::DomainHasSds, "The Protection Domain has Fault Sets. Remove them first.");
    state_.domains.erase(id);
    changes_.domains.insert(id);
    return {};
}

Outcome<> Core::add_fault_set(const wire::AddFaultSetOp& r, wire::ManagementReply& reply) {
    MDM_CHECK(check_name(r.name()));
    if (!state_.domains.contains(r.protection_domain()))
        return refuse(Rc::DomainNotFound);
    for (const auto& [id, set] : state_.fault_sets)
        if (set.name() == r.name())
            return refuse(Rc::FaultSetNameInUse);
    wire::FaultSetRecord record;
    record.set_id(new_id());
    record.set_name(r.name());
    record.set_protection_domain(r.protection_domain());
    reply.add_ids(record.id());
    changes_.fault_sets.insert(record.id());
    state_.fault_sets.emplace(record.id(), std::move(record));
    return {};
}

Outcome<> Core::remove_fault_set(std::uint64_t id) {
    if (!state_.fault_sets.contains(id))
        return refuse(Rc::FaultSetNotFound);
    for (const auto& [sds, record] : state_.sds)
        if (record.fault_set() == id)
            return refuse(Rc::FaultSetHasSds);
    for (const auto& [sdt, record] : state_.sdts)
        if (record.fault_set() == id)
            return refuse(Rc::FaultSetHasSds);
    state_.fault_sets.erase(id);
    changes_.fault_sets.insert(id);
    return {};
}

Outcome<> Core::add_pool(const wire::AddStoragePoolOp& r, wire::ManagementReply& reply) {
    MDM_CHECK(check_name(r.name()));
    if (!state_.domains.contains(r.protection_domain()))
        return refuse(Rc::DomainNotFound);
    if (r.spare_percentage() > 90)
        return refuse(Rc::OutOfRange, "sparePercentage must be between 0 and 90");
    for (const auto& [id, pool] : state_.pools)
        if (pool.name() == r.name() && pool.protection_domain() == r.protection_domain())
            return refuse(Rc::PoolNameInUse);
    wire::StoragePoolRecord record;
    record.set_id(new_id());
    record.set_name(r.name());
    record.set_protection_domain(r.protection_domain());
    record.set_media_type(r.media_type());
    record.set_zero_padding(r.zero_padding());
    record.set_spare_percentage(r.spare_percentage());
    *record.mutable_properties() = r.properties();
    reply.add_ids(record.id());
    changes_.pools.insert(record.id());
    state_.pools.emplace(record.id(), std::move(record));
    return {};
}

Outcome<> Core::set_pool(const wire::SetPoolOp& r) {
    auto found = state_.pools.find(r.storage_pool());
    if (found == state_.pools.end())
        return refuse(Rc::PoolNotFound);
    if (r.has_spare_percentage() && r.spare_percentage() > 90)
        return refuse(Rc::OutOfRange, "sparePercentage must be between 0 and 90");
    if (r.has_zero_padding())
        found->second.set_zero_padding(r.zero_padding());
    if (r.has_spare_percentage())
        found->second.set_spare_percentage(r.spare_percentage());
    if (r.has_media_type())
        found->second.set_media_type(r.media_type());
    changes_.pools.insert(found->first);
    return {};
}

Outcome<> Core::remove_pool(std::uint64_t id) {
    if (!state_.pools.contains(id))
        return refuse(Rc::PoolNotFound);
    if (!pool_is_empty(id))
        return refuse(Rc::PoolHasVolumes);
    for (const auto& [device, record] : state_.devices)
        if (record.storage_pool() == id)
            return refuse(Rc::PoolHasDevices);
    unplace(id);
    state_.pools.erase(id);
    changes_.pools.insert(id);
    return {};
}

Outcome<> Core::check_sds_address(const std::vector<std::string>& ips, std::uint32_t port,
                                  std::uint64_t except) const {
    for (const auto& [id, sds] : state_.sds)
        for (const auto& ip : sds.ips())
            if (id != except && sds.port() == port &&
                std::find(ips.begin(), ips.end(), ip.ip()) != ips.end())
                return refuse(Rc::SdsAddressInUse);
    return {};
}

Outcome<> Core::add_sds(const wire::AddSdsOp& r, wire::ManagementReply& reply) {
    MDM_CHECK(check_name(r.name(), true));
    if (!state_.domains.contains(r.protection_domain()))
        return refuse(Rc::DomainNotFound);
    if (r.fault_set() != 0) {
        auto set = state_.fault_sets.find(r.fault_set());
        if (set == state_.fault_sets.end() ||
            set->second.protection_domain() != r.protection_domain())
            return refuse(Rc::FaultSetNotFound);
    }
    if (r.ips_size() == 0 || r.ips_size() > kMaxIpsPerSds)
        return refuse(Rc::TooManyIps, "An SDS has 1 to {} IP addresses", kMaxIpsPerSds);
    for (const auto& ip : r.ips())
        if (!valid_ip(ip.ip()))
            return refuse(Rc::OutOfRange, "'{}' is not an IP address", ip.ip());
    if (!valid_port(r.port()))
        return refuse(Rc::InvalidPort);
    for (const auto& [id, sds] : state_.sds)
        if (!r.name().empty() && sds.name() == r.name())
            return refuse(Rc::SdsNameInUse);
    MDM_CHECK(check_sds_address(plain(r.ips()), r.port(), 0));
    wire::SdsRecord record;
    record.set_id(new_id());
    record.set_name(r.name().empty() ? "SDS_" + map::hex16(record.id()) : r.name());
    record.set_protection_domain(r.protection_domain());
    record.set_fault_set(r.fault_set());
    *record.mutable_ips() = r.ips();
    record.set_port(r.port());
    *record.mutable_properties() = r.properties();
    reply.add_ids(record.id());
    changes_.sds.insert(record.id());
    sds_[record.id()];
    state_.sds.emplace(record.id(), std::move(record));
    return {};
}

// Forgets the device's copies. Only where nothing is lost: the pool has no volumes, or every comb
// on the device is led by another server that is up and this copy is stale or unreachable.
Outcome<> Core::drop_device_copies(std::uint64_t device) {
    const auto& record = state_.devices.at(device);
    const auto pool = record.storage_pool();
    if (state_.pools.contains(pool) && pool_is_empty(pool)) {
        const bool used =
            std::any_of(state_.combs.begin(), state_.combs.end(), [device](const auto& entry) {
                return entry.second.primary_device.value == device ||
                       entry.second.secondary_device.value == device;
            });
        if (used)
            unplace(pool); // placed anew for the next first volume
        return {};
    }
    for (const auto& [id, comb] : state_.combs) {
        if (comb.primary_device.value == device)
            return refuse(Rc::CopiesNotSafe);
        if (comb.secondary_device.value == device && comb.state != map::CombState::Degraded)
            return refuse(Rc::CopiesNotSafe);
        if (comb.secondary_device.value == device &&
            member(comb.primary, comb.primary_device) != Member::Up)
            return refuse(Rc::CopiesNotSafe);
    }
    for (auto& [id, comb] : state_.combs)
        if (comb.secondary_device.value == device) {
            comb.secondary = {};
            comb.secondary_device = {};
            bump(comb);
        }
    return {};
}

Outcome<> Core::remove_sds(std::uint64_t id, bool force) {
    if (!state_.sds.contains(id))
        return refuse(Rc::SdsNotFound);
    std::vector<std::uint64_t> devices;
    for (const auto& [device, record] : state_.devices)
        if (record.sds() == id)
            devices.push_back(device);
    if (!devices.empty() && !force)
        return refuse(Rc::PoolHasDevices, "The SDS has devices. Remove them first.");
    // Check them all before the first is dropped.
    for (const auto& [comb_id, comb] : state_.combs) {
        const bool here = comb.has_copy(map::SdsId{id});
        const auto pool = state_.pool_of(comb_id);
        if (here && !pool_is_empty(pool) &&
            (comb.primary.value == id || comb.state != map::CombState::Degraded))
            return refuse(Rc::CopiesNotSafe);
    }
    for (auto device : devices)
        MDM_CHECK(remove_device(device, force));
    auto& p = sds_.at(id);
    if (p.session != 0) {
        sessions_.erase(p.session);
        effects_.close.push_back(p.session);
    }
    sds_.erase(id);
    state_.sds.erase(id);
    changes_.sds.insert(id);
    return {};
}

Outcome<> Core::add_device(const wire::AddDeviceOp& r, wire::ManagementReply& reply) {
    auto sds = state_.sds.find(r.sds());
    if (sds == state_.sds.end())
        return refuse(Rc::SdsNotFound);
    auto pool = state_.pools.find(r.storage_pool());
    if (pool == state_.pools.end())
        return refuse(Rc::PoolNotFound);
    if (pool->second.protection_domain() != sds->second.protection_domain())
        return refuse(Rc::DomainPoolMismatch);
    MDM_CHECK(check_name(r.name(), true));
    if (r.path().empty() || r.path().size() > 1024)
        return refuse(Rc::WrongParameters, "The path of the device must be given");
    for (const auto& [id, device] : state_.devices) {
        if (device.sds() == r.sds() && device.path() == r.path())
            return refuse(Rc::DuplicateDevicePath);
        if (device.sds() == r.sds() && !r.name().empty() && device.name() == r.name())
            return refuse(Rc::DeviceNameInUse);
    }
    wire::DeviceRecord record;
    record.set_id(new_id());
    record.set_name(r.name().empty() ? "DEV_" + map::hex16(record.id()) : r.name());
    record.set_sds(r.sds());
    record.set_storage_pool(r.storage_pool());
    record.set_path(r.path());
    record.set_media_type(r.media_type());
    record.set_capacity_limit_kb(r.capacity_limit_kb());
    record.set_state(wire::DEVICE_PENDING);
    reply.add_ids(record.id());
    changes_.devices.insert(record.id());
    if (sds_.at(r.sds()).session != 0)
        wait_for_device_ = record.id();
    state_.devices.emplace(record.id(), std::move(record));
    return {};
}

Outcome<> Core::set_capacity_limit(const wire::SetCapacityLimitOp& r) {
    auto found = state_.devices.find(r.device());
    if (found == state_.devices.end())
        return refuse(Rc::DeviceNotFound);
    found->second.set_capacity_limit_kb(r.capacity_limit_kb());
    changes_.devices.insert(r.device());
    return {};
}

Outcome<> Core::remove_device(std::uint64_t id, bool force) {
    (void)force; // never overrides the safety of the data
    if (!state_.devices.contains(id))
        return refuse(Rc::DeviceNotFound);
    MDM_CHECK(drop_device_copies(id));
    if (auto p = sds_.find(state_.devices.at(id).sds()); p != sds_.end())
        p->second.devices.erase(id);
    state_.devices.erase(id);
    changes_.devices.insert(id);
    return {};
}

std::uint32_t Core::new_port_id() const {
    std::set<std::uint32_t> used;
    for (const auto& [id, sdt] : state_.sdts)
        for (const auto& ip : sdt.ips())
            used.insert(ip.port_id());
    std::uint32_t candidate = 1;
    while (used.contains(candidate))
        ++candidate;
    return candidate;
}

Outcome<> Core::check_sdt_address(const std::vector<std::string>& ips, std::uint32_t nvme_port,
                                  std::uint64_t except) const {
    for (const auto& [id, sdt] : state_.sdts)
        for (const auto& ip : sdt.ips())
            if (id != except && sdt.nvme_port() == nvme_port &&
                std::find(ips.begin(), ips.end(), ip.ip()) != ips.end())
                return refuse(Rc::IpAlreadyExists,
                              "The SDT IP address {} and port {} are already in use", ip.ip(),
                              nvme_port);
    return {};
}

Outcome<> Core::add_sdt(const wire::AddSdtOp& r, wire::ManagementReply& reply) {
    MDM_CHECK(check_name(r.name(), true));
    if (!state_.domains.contains(r.protection_domain()))
        return refuse(Rc::DomainNotFound);
    if (r.fault_set() != 0 && !state_.fault_sets.contains(r.fault_set()))
        return refuse(Rc::FaultSetNotFound);
    if (r.ips_size() == 0 || r.ips_size() > kMaxIpsPerSdt)
        return refuse(Rc::TooManyIps, "An SDT has 1 to {} IP addresses", kMaxIpsPerSdt);
    for (const auto& ip : r.ips())
        if (!valid_ip(ip.ip()))
            return refuse(Rc::OutOfRange, "'{}' is not an IP address", ip.ip());
    if (!valid_port(r.storage_port()) || !valid_port(r.nvme_port()) ||
        !valid_port(r.discovery_port()))
        return refuse(Rc::InvalidPort);
    for (const auto& [id, sdt] : state_.sdts)
        if (!r.name().empty() && sdt.name() == r.name())
            return refuse(Rc::SdtNameInUse);
    MDM_CHECK(check_sdt_address(plain(r.ips()), r.nvme_port(), 0));
    if (state_.sdts.size() >= kMaxSdts)
        return refuse(Rc::OutOfRange, "The system has the maximum of {} SDTs", kMaxSdts);
    std::set<std::uint32_t> used;
    for (const auto& [id, sdt] : state_.sdts)
        used.insert(sdt.index());
    std::uint32_t index = 0;
    while (used.contains(index))
        ++index;
    wire::SdtRecord record;
    record.set_id(new_id());
    record.set_name(r.name().empty() ? "SDT_" + map::hex16(record.id()) : r.name());
    record.set_protection_domain(r.protection_domain());
    record.set_fault_set(r.fault_set());
    record.set_storage_port(r.storage_port());
    record.set_nvme_port(r.nvme_port());
    record.set_discovery_port(r.discovery_port());
    record.set_index(index);
    auto& stored = state_.sdts.emplace(record.id(), record).first->second;
    for (const auto& ip : r.ips()) {
        const auto port_id = new_port_id(); // sees the addresses already added
        auto& added = *stored.add_ips();
        added = ip;
        added.set_port_id(port_id);
    }
    reply.add_ids(record.id());
    changes_.sdts.insert(record.id());
    return {};
}

Outcome<> Core::remove_sdt(std::uint64_t id, bool force) {
    if (!state_.sdts.contains(id))
        return refuse(Rc::SdtNotFound);
    const PartyKey key{PartyKind::Sdt, id};
    if (auto p = clients_.find(key); p != clients_.end()) {
        const bool busy = p->second.session != 0 && !p->second.controllers.empty();
        if (busy && !force)
            return refuse(Rc::HostConnected,
                          "The SDT has connected hosts. Enter maintenance mode or use force.");
        if (p->second.session != 0) {
            sessions_.erase(p->second.session);
            effects_.close.push_back(p->second.session);
        }
        clients_.erase(p);
    }
    state_.sdts.erase(id);
    changes_.sdts.insert(id);
    return {};
}

Outcome<> Core::modify_ip(const wire::ModifyIpOp& r) {
    if (r.change() == wire::ModifyIpOp::ADD && !valid_ip(r.ip()))
        return refuse(Rc::OutOfRange, "'{}' is not an IP address", r.ip());
    if (r.role() > 2)
        return refuse(Rc::OutOfRange, "Unknown IP role");
    const auto change = [&](auto& servers, auto& changed, Rc missing, auto&& apply) -> Outcome<> {
        auto found = servers.find(r.id());
        if (found == servers.end())
            return refuse(missing);
        MDM_CHECK(apply(found->second));
        changed.insert(r.id());
        return {};
    };
    if (r.kind() == wire::OBJECT_SDS)
        return change(state_.sds, changes_.sds, Rc::SdsNotFound, [&](wire::SdsRecord& record) {
            return change_ip<wire::SdsIpRole>(
                r, record, kMaxIpsPerSds,
                [&] { return check_sds_address({r.ip()}, record.port(), r.id()); }, [](auto&) {});
        });
    if (r.kind() == wire::OBJECT_SDT)
        return change(state_.sdts, changes_.sdts, Rc::SdtNotFound, [&](wire::SdtRecord& record) {
            return change_ip<wire::SdtIpRole>(
                r, record, kMaxIpsPerSdt,
                [&] { return check_sdt_address({r.ip()}, record.nvme_port(), r.id()); },
                [this](auto& added) { added.set_port_id(new_port_id()); });
        });
    return refuse(Rc::WrongParameters);
}

Outcome<> Core::set_ports(const wire::SetPortsOp& r) {
    for (auto port : {r.port(), r.nvme_port(), r.discovery_port()})
        if (port != 0 && !valid_port(port))
            return refuse(Rc::InvalidPort);
    if (r.kind() == wire::OBJECT_SDS) {
        auto found = state_.sds.find(r.id());
        if (found == state_.sds.end())
            return refuse(Rc::SdsNotFound);
        if (r.port() == 0)
            return refuse(Rc::InvalidPort);
        MDM_CHECK(check_sds_address(plain(found->second.ips()), r.port(), r.id()));
        found->second.set_port(r.port());
        changes_.sds.insert(r.id());
        return {};
    }
    auto found = state_.sdts.find(r.id());
    if (r.kind() != wire::OBJECT_SDT || found == state_.sdts.end())
        return refuse(Rc::SdtNotFound);
    auto& record = found->second;
    if (r.nvme_port() != 0)
        MDM_CHECK(check_sdt_address(plain(record.ips()), r.nvme_port(), r.id()));
    if (r.port() != 0)
        record.set_storage_port(r.port());
    if (r.nvme_port() != 0)
        record.set_nvme_port(r.nvme_port());
    if (r.discovery_port() != 0)
        record.set_discovery_port(r.discovery_port());
    changes_.sdts.insert(r.id());
    return {};
}

Outcome<> Core::set_maintenance(const wire::SetMaintenanceOp& r) {
    auto found = state_.sdts.find(r.id());
    if (r.kind() != wire::OBJECT_SDT || found == state_.sdts.end())
        return refuse(Rc::SdtNotFound);
    found->second.set_maintenance(r.maintenance());
    changes_.sdts.insert(r.id());
    return {};
}

} // namespace pf::mdm
