#include "tools/pfnvme/run/lookups.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pf::nvmetool {

namespace {

// NQNs are compared without regard to case, as PowerFlex's own clients do.
bool same_nqn(const std::string& left, const std::string& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

} // namespace

bool is_not_found(const Error& error) { return error.code == Errc::NotFound; }

Result<VolumeInfo> volume_named(OpContext& context, const std::string& name) {
    PF_TRY(std::vector<VolumeInfo> volumes, context.powerflex.volumes());
    for (VolumeInfo& volume : volumes) {
        if (volume.name == name) {
            return std::move(volume);
        }
    }
    return fail(Errc::NotFound, "PowerFlex has no volume named '{}'", name);
}

Result<VolumeInfo> lookup_volume(OpContext& context, const Params& params) {
    if (const auto id = params.find("volume"); id != params.end()) {
        return context.powerflex.volume(id->second);
    }
    return volume_named(context, param(params, "volume_name"));
}

Result<std::string> lookup_device_name(OpContext& context, const Params& params) {
    if (const auto device = params.find("device"); device != params.end()) {
        return device->second;
    }
    PF_TRY(const VolumeInfo volume, volume_named(context, param(params, "volume_name")));
    return nvme_device_name(context.plan.powerflex_system, volume.id);
}

Result<std::optional<DeviceInfo>> device_on_host(OpContext& context, const std::string& host_id,
                                                 const std::string& device) {
    PF_TRY(std::vector<DeviceInfo> devices, context.vsphere.devices(host_id));
    for (DeviceInfo& item : devices) {
        if (item.name == device) {
            return std::optional(std::move(item));
        }
    }
    return std::optional<DeviceInfo>();
}

namespace {

// Reading all datastores for each look at one is what makes large estates slow.
template<class Match>
Result<std::optional<DatastoreInfo>> find_datastore(OpContext& context, const std::string& key,
                                                    const Match& match) {
    if (context.datastore_ids != nullptr) {
        if (const auto known = context.datastore_ids->find(key);
            known != context.datastore_ids->end()) {
            Result<DatastoreInfo> datastore = context.vsphere.datastore(known->second);
            if (datastore && match(*datastore)) {
                return std::optional(std::move(*datastore));
            }
            if (!datastore && !is_not_found(datastore.error())) {
                return fail(datastore.error());
            }
            context.datastore_ids->erase(known);
        }
    }
    PF_TRY(std::vector<DatastoreInfo> datastores, context.vsphere.datastores());
    for (DatastoreInfo& item : datastores) {
        if (match(item)) {
            if (context.datastore_ids != nullptr) {
                (*context.datastore_ids)[key] = item.id;
            }
            return std::optional(std::move(item));
        }
    }
    return std::optional<DatastoreInfo>();
}

} // namespace

Result<std::optional<DatastoreInfo>> datastore_on_device(OpContext& context,
                                                         const std::string& device) {
    return find_datastore(context, device, [&](const DatastoreInfo& item) {
        return !item.extents.empty() && item.extents.front() == device;
    });
}

Result<std::optional<DatastoreInfo>> datastore_with_uuid(OpContext& context,
                                                         const std::string& uuid) {
    return find_datastore(context, uuid,
                          [&](const DatastoreInfo& item) { return item.uuid == uuid; });
}

Result<std::optional<PowerFlexHost>> nvme_host_with_nqn(OpContext& context,
                                                        const std::string& nqn) {
    PF_TRY(std::vector<PowerFlexHost> hosts, context.powerflex.hosts());
    for (PowerFlexHost& host : hosts) {
        if (host.nvme && same_nqn(host.nqn, nqn)) {
            return std::optional(std::move(host));
        }
    }
    return std::optional<PowerFlexHost>();
}

Result<std::optional<VmInfo>> registered_vm(OpContext& context, const std::string& instance_uuid) {
    Result<VmInfo> vm = context.vsphere.vm_by_uuid(instance_uuid);
    if (vm) {
        return std::optional(std::move(*vm));
    }
    if (is_not_found(vm.error())) {
        return std::optional<VmInfo>();
    }
    return fail(vm.error());
}

Observation present(std::string detail) { return {Effect::Present, std::move(detail), {}, false}; }
Observation absent(std::string detail) { return {Effect::Absent, std::move(detail), {}, false}; }
Observation partial(std::string detail) { return {Effect::Partial, std::move(detail), {}, false}; }
Observation in_progress(std::string detail, std::string task) {
    return {Effect::InProgress, std::move(detail), std::move(task), false};
}
Observation perhaps_in_progress(std::string detail, std::string task) {
    return {Effect::InProgress, std::move(detail), std::move(task), true};
}

} // namespace pf::nvmetool
