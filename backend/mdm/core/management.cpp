// Management requests: dispatch, the verbs common to all objects.
#include "backend/mdm/core/core.hpp"
#include "backend/proto/control_message.hpp"

#include <algorithm>

namespace pf::mdm {
namespace {

void fill(wire::ManagementReply& reply, const Refusal& refusal) {
    reply.Clear();
    reply.set_code(std::string(wire::errc_name(errc(refusal.rc))));
    reply.set_rc(static_cast<std::uint32_t>(refusal.rc));
    reply.set_symbol(std::string(symbol(refusal.rc)));
    reply.set_message(refusal.text);
}

// Merges; an empty value removes the key.
template<class Record>
bool merge(std::map<std::uint64_t, Record>& table, std::uint64_t id,
           const google::protobuf::Map<std::string, std::string>& changes) {
    auto found = table.find(id);
    if (found == table.end())
        return false;
    auto& properties = *found->second.mutable_properties();
    for (const auto& [key, value] : changes) {
        if (value.empty())
            properties.erase(key);
        else
            properties[key] = value;
    }
    return true;
}

} // namespace

void Core::refuse_request(SessionId to, std::uint64_t request_id, const Refusal& refusal) {
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    fill(*envelope.mutable_management_reply(), refusal);
    send(to, std::move(envelope));
}

void Core::management(SessionId from, const wire::Envelope& request) {
    const auto& r = request.management_request();
    if (r.op_case() == wire::ManagementRequest::kSnapshotVolumes ||
        r.op_case() == wire::ManagementRequest::kOverwriteVolume)
        return start_freeze(from, request);
    wire::Envelope answer;
    answer.set_request_id(request.request_id());
    auto& reply = *answer.mutable_management_reply();
    if (auto outcome = dispatch(r, reply); !outcome)
        fill(reply, outcome.error());
    if (wait_for_device_) {
        device_waits_.push_back(
            {from, request.request_id(), *wait_for_device_, now_.mono + config_.device_timeout});
        return;
    }
    answer_.emplace(from, std::move(answer));
}

Outcome<> Core::dispatch(const wire::ManagementRequest& r, wire::ManagementReply& reply) {
    using Op = wire::ManagementRequest::OpCase;
    switch (r.op_case()) {
    case Op::kQuery:
        if (r.query().known_revision() == revision_ && !volatile_changed_) {
            reply.mutable_snapshot()->set_unchanged(true);
            reply.mutable_snapshot()->set_revision(revision_);
        } else {
            build_snapshot(*reply.mutable_snapshot());
        }
        return {};
    case Op::kRename:
        return rename(r.rename());
    case Op::kRemove:
        return remove(r.remove(), reply);
    case Op::kSetProperties:
        return set_properties(r.set_properties());
    case Op::kAddProtectionDomain:
        return add_domain(r.add_protection_domain(), reply);
    case Op::kSetActive:
        return set_active(r.set_active());
    case Op::kAddFaultSet:
        return add_fault_set(r.add_fault_set(), reply);
    case Op::kAddStoragePool:
        return add_pool(r.add_storage_pool(), reply);
    case Op::kSetPool:
        return set_pool(r.set_pool());
    case Op::kAddSds:
        return add_sds(r.add_sds(), reply);
    case Op::kAddDevice:
        return add_device(r.add_device(), reply);
    case Op::kSetCapacityLimit:
        return set_capacity_limit(r.set_capacity_limit());
    case Op::kAddSdt:
        return add_sdt(r.add_sdt(), reply);
    case Op::kModifyIp:
        return modify_ip(r.modify_ip());
    case Op::kSetPorts:
        return set_ports(r.set_ports());
    case Op::kSetMaintenance:
        return set_maintenance(r.set_maintenance());
    case Op::kApproveSdc:
        return approve_sdc(r.approve_sdc(), reply);
    case Op::kAddHost:
        return add_host(r.add_host(), reply);
    case Op::kSetHostLimits:
        return set_host_limits(r.set_host_limits());
    case Op::kSetHostAuth:
        return set_host_auth(r.set_host_auth());
    case Op::kCreateVolume:
        return create_volume(r.create_volume(), reply);
    case Op::kResizeVolume:
        return resize_volume(r.resize_volume());
    case Op::kMapVolume:
        return map_volume(r.map_volume());
    case Op::kUnmapVolume:
        return unmap_volume(r.unmap_volume());
    case Op::kSetMapping:
        return set_mapping(r.set_mapping());
    case Op::kSetAccessLimit:
        return set_access_limit(r.set_access_limit());
    case Op::kRemoveSnapshotGroup:
        return remove_snapshot_group(r.remove_snapshot_group(), reply);
    case Op::kSnapshotVolumes:
    case Op::kOverwriteVolume:
    case Op::OP_NOT_SET:
        break;
    }
    return refuse(Rc::WrongParameters, "The MDM does not know this command");
}

// Names: up to 31 printable ASCII characters without spaces. Base64 names (+ / =) are in use.
Outcome<> Core::check_name(std::string_view name, bool may_be_empty) const {
    if (name.empty())
        return may_be_empty ? Outcome<>{} : refuse(Rc::InvalidName, "A name must be given");
    if (name.size() > 31)
        return refuse(Rc::LongName);
    const bool clean =
        std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!clean)
        return refuse(Rc::InvalidName, "The name '{}' contains spaces or other invalid characters",
                      name);
    return {};
}

Outcome<> Core::rename(const wire::RenameOp& r) {
    const bool optional_name = r.kind() == wire::OBJECT_SYSTEM || r.kind() == wire::OBJECT_VTREE;
    MDM_CHECK(check_name(r.name(), optional_name));
    const auto taken = [&r](const auto& table) {
        return std::any_of(table.begin(), table.end(), [&r](const auto& entry) {
            return entry.first != r.id() && entry.second.name() == r.name();
        });
    };
    switch (r.kind()) {
    case wire::OBJECT_SYSTEM:
        state_.system.set_name(r.name());
        changes_.system = true;
        return {};
    case wire::OBJECT_PROTECTION_DOMAIN: {
        auto found = state_.domains.find(r.id());
        if (found == state_.domains.end())
            return refuse(Rc::DomainNotFound);
        if (taken(state_.domains))
            return refuse(Rc::DomainNameInUse);
        found->second.set_name(r.name());
        changes_.domains.insert(r.id());
        return {};
    }
    case wire::OBJECT_FAULT_SET: {
        auto found = state_.fault_sets.find(r.id());
        if (found == state_.fault_sets.end())
            return refuse(Rc::FaultSetNotFound);
        if (taken(state_.fault_sets))
            return refuse(Rc::FaultSetNameInUse);
        found->second.set_name(r.name());
        changes_.fault_sets.insert(r.id());
        return {};
    }
    case wire::OBJECT_STORAGE_POOL: {
        auto found = state_.pools.find(r.id());
        if (found == state_.pools.end())
            return refuse(Rc::PoolNotFound);
        for (const auto& [id, pool] : state_.pools)
            if (id != r.id() && pool.name() == r.name() &&
                pool.protection_domain() == found->second.protection_domain())
                return refuse(Rc::PoolNameInUse);
        found->second.set_name(r.name());
        changes_.pools.insert(r.id());
        return {};
    }
    case wire::OBJECT_SDS: {
        auto found = state_.sds.find(r.id());
        if (found == state_.sds.end())
            return refuse(Rc::SdsNotFound);
        if (taken(state_.sds))
            return refuse(Rc::SdsNameInUse);
        found->second.set_name(r.name());
        changes_.sds.insert(r.id());
        return {};
    }
    case wire::OBJECT_DEVICE: {
        auto found = state_.devices.find(r.id());
        if (found == state_.devices.end())
            return refuse(Rc::DeviceNotFound);
        for (const auto& [id, device] : state_.devices)
            if (id != r.id() && device.name() == r.name() && device.sds() == found->second.sds())
                return refuse(Rc::DeviceNameInUse);
        found->second.set_name(r.name());
        changes_.devices.insert(r.id());
        return {};
    }
    case wire::OBJECT_SDT: {
        auto found = state_.sdts.find(r.id());
        if (found == state_.sdts.end())
            return refuse(Rc::SdtNotFound);
        if (taken(state_.sdts))
            return refuse(Rc::SdtNameInUse);
        found->second.set_name(r.name());
        changes_.sdts.insert(r.id());
        return {};
    }
    case wire::OBJECT_SDC:
    case wire::OBJECT_HOST:
        return rename_initiator(r.id(), r.name(), r.kind());
    case wire::OBJECT_VOLUME: {
        MDM_TRY(auto* v, volume(r.id()));
        MDM_CHECK(check_volume_name(r.name(), r.id()));
        v->set_name(r.name());
        changes_.volumes.insert(r.id());
        return {};
    }
    case wire::OBJECT_VTREE: {
        auto found = state_.vtrees.find(r.id());
        if (found == state_.vtrees.end())
            return refuse(Rc::NotFound);
        found->second.set_name(r.name());
        changes_.vtrees.insert(r.id());
        return {};
    }
    default:
        return refuse(Rc::WrongParameters);
    }
}

Outcome<> Core::remove(const wire::RemoveOp& r, wire::ManagementReply& reply) {
    strict_ = true;
    switch (r.kind()) {
    case wire::OBJECT_PROTECTION_DOMAIN:
        return remove_domain(r.id());
    case wire::OBJECT_FAULT_SET:
        return remove_fault_set(r.id());
    case wire::OBJECT_STORAGE_POOL:
        return remove_pool(r.id());
    case wire::OBJECT_SDS:
        return remove_sds(r.id(), r.force());
    case wire::OBJECT_DEVICE:
        return remove_device(r.id(), r.force());
    case wire::OBJECT_SDT:
        return remove_sdt(r.id(), r.force());
    case wire::OBJECT_SDC:
    case wire::OBJECT_HOST:
        return remove_initiator(r.id(), r.kind());
    case wire::OBJECT_VOLUME:
        return remove_volume(r, reply);
    default:
        return refuse(Rc::WrongParameters);
    }
}

Outcome<> Core::set_properties(const wire::SetPropertiesOp& r) {
    const auto& p = r.properties();
    switch (r.kind()) {
    case wire::OBJECT_SYSTEM: {
        for (const auto& [key, value] : p) {
            if (key == "restrictedSdcMode") {
                if (value != "None" && value != "Guid" && value != "ApprovedIp")
                    return refuse(Rc::OutOfRange,
                                  "restrictedSdcMode must be None, Guid or ApprovedIp");
                state_.system.set_restricted_sdc_mode(value);
            } else if (value.empty()) {
                state_.system.mutable_properties()->erase(key);
            } else {
                (*state_.system.mutable_properties())[key] = value;
            }
        }
        changes_.system = true;
        return {};
    }
    case wire::OBJECT_PROTECTION_DOMAIN:
        if (!merge(state_.domains, r.id(), p))
            return refuse(Rc::DomainNotFound);
        changes_.domains.insert(r.id());
        return {};
    case wire::OBJECT_STORAGE_POOL:
        if (!merge(state_.pools, r.id(), p))
            return refuse(Rc::PoolNotFound);
        changes_.pools.insert(r.id());
        return {};
    case wire::OBJECT_SDS:
        if (!merge(state_.sds, r.id(), p))
            return refuse(Rc::SdsNotFound);
        changes_.sds.insert(r.id());
        return {};
    case wire::OBJECT_DEVICE:
        if (!merge(state_.devices, r.id(), p))
            return refuse(Rc::DeviceNotFound);
        changes_.devices.insert(r.id());
        return {};
    case wire::OBJECT_SDT:
        if (!merge(state_.sdts, r.id(), p))
            return refuse(Rc::SdtNotFound);
        changes_.sdts.insert(r.id());
        return {};
    case wire::OBJECT_SDC:
    case wire::OBJECT_HOST:
        // One id space: the gateway may name either by the Sdc verb.
        if (merge(state_.sdcs, r.id(), p)) {
            changes_.sdcs.insert(r.id());
            return {};
        }
        if (merge(state_.hosts, r.id(), p)) {
            changes_.hosts.insert(r.id());
            return {};
        }
        return refuse(r.kind() == wire::OBJECT_SDC ? Rc::SdcNotFound : Rc::HostNotFound);
    case wire::OBJECT_VOLUME:
        if (!merge(state_.volumes, r.id(), p))
            return refuse(Rc::VolumeNotFound);
        changes_.volumes.insert(r.id());
        return {};
    default:
        return refuse(Rc::WrongParameters);
    }
}

} // namespace pf::mdm
