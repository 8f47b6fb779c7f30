// Device: a disk or file of an SDS, given to a storage pool.
#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr std::uint64_t kKbPerGb = 1024ULL * 1024;

constexpr auto kProperties = std::to_array<Property>({
    {"accelerationPoolId", PropertyType::Text, "null"},
    {"deviceType", PropertyType::Text, "Unknown"},
    {"externalAccelerationType", PropertyType::Text, "None"},
    {"ledSetting", PropertyType::Text, "Off"},
    {"temperatureState", PropertyType::Text, "NeverFailed"},
    {"ssdEndOfLifeState", PropertyType::Text, "NeverFailed"},
    {"persistentChecksumState", PropertyType::Text, "Protected"},
    {"modelName", PropertyType::Text, "null"},
    {"vendorName", PropertyType::Text, "null"},
    {"serialNumber", PropertyType::Text, "null"},
    {"firmwareVersion", PropertyType::Text, "null"},
    {"slotNumber", PropertyType::Text, "null"},
    {"raidControllerSerialNumber", PropertyType::Text, "null"},
    {"logicalSectorSizeInBytes", PropertyType::Integer, "512"},
    {"physicalSectorSizeInBytes", PropertyType::Integer, "4096"},
    {"cacheLookAheadActive", PropertyType::Bool, "false"},
    {"writeCacheActive", PropertyType::Bool, "false"},
    {"ataSecurityActive", PropertyType::Bool, "false"},
    {"rfcacheErrorDeviceDoesNotExist", PropertyType::Bool, "false"},
    {"fglNvdimmMetadataAmortizationX100", PropertyType::Integer, "150"},
    {"fglNvdimmWriteCacheSize", PropertyType::Integer, "16"},
    {"accelerationProps", PropertyType::Text, "null"},
    {"rfcacheProps", PropertyType::Text, "null"},
});

const mdm::Device* find(const View& view, std::uint64_t id) {
    return View::find(view.all().devices, id);
}

json::object render(const View& view, std::uint64_t id) {
    const mdm::Device& device = *find(view, id);
    const bool failed = device.state == mdm::DeviceState::Failed;
    const std::uint64_t limit =
        device.capacity_limit_kb != 0 ? device.capacity_limit_kb : device.capacity_kb;
    json::object out{
        {"id", map::hex16(device.id)},
        {"name", text_or_null(device.name)},
        {"sdsId", map::hex16(device.sds)},
        {"storagePoolId", id_or_null(device.storage_pool.value)},
        {"spSdsId", nullptr},
        {"deviceCurrentPathName", device.path},
        {"deviceOriginalPathName", device.path},
        {"deviceState", device.state == mdm::DeviceState::Pending ? "InitialTest" : "Normal"},
        {"errorState", failed ? "Error" : "None"},
        {"aggregatedState", failed ? "Failed" : "NeverFailed"},
        {"mediaFailing", failed},
        {"mediaType", device.media_type},
        {"autoDetectMediaType", device.media_type},
        {"maxCapacityInKb", device.capacity_kb},
        {"capacityLimitInKb", limit},
        {"capacity", 0}};
    add_properties(out, kProperties, device.properties);
    return out;
}

json::object statistics(const View& view, std::uint64_t id) {
    const mdm::Device& device = *find(view, id);
    const std::uint64_t unused =
        device.capacity_kb > device.used_kb ? device.capacity_kb - device.used_kb : 0;
    return {{"maxCapacityInKb", device.capacity_kb},
            {"capacityLimitInKb", device.capacity_kb},
            {"capacityInUseInKb", device.used_kb},
            {"unusedCapacityInKb", unused}};
}

Reply create(const Call& call) {
    mdm::AddDevice request;
    PF_GW_TRY(request.path, call.in.required("deviceCurrentPathname"));
    PF_GW_TRY(const std::uint64_t sds, call.in.id("sdsId"));
    PF_GW_TRY(const std::uint64_t pool, call.in.id("storagePoolId"));
    PF_GW_TRY(request.name, checked_name(call.in.text("name")));
    PF_GW_TRY(const auto limit, call.in.optional_number("capacityLimitInKb", INT64_MAX));
    request.sds = mdm::SdsId{sds};
    request.storage_pool = mdm::StoragePoolId{pool};
    if (std::string media = call.in.text("mediaType"); !media.empty()) {
        request.media_type = std::move(media);
    }
    request.capacity_limit_kb = limit.value_or(0);
    PF_GW_TRY(const mdm::DeviceId id, call.mdm.add_device(request));
    return created(id.value);
}

Reply rename(const Call& call) {
    PF_GW_TRY(std::string name, call.in.required("newName"));
    PF_GW_TRY(name, checked_name(std::move(name)));
    PF_GW_CHECK(call.mdm.rename(mdm::ObjectKind::Device, call.id, name));
    return done();
}

Reply set_limit(const Call& call) {
    PF_GW_TRY(const std::uint64_t gb,
              call.in.number("capacityLimitInGB", INT64_MAX / static_cast<std::int64_t>(kKbPerGb)));
    PF_GW_CHECK(call.mdm.set_device_capacity_limit(mdm::DeviceId{call.id}, gb * kKbPerGb));
    return done();
}

Reply remove(const Call& call) {
    PF_GW_CHECK(call.mdm.remove(mdm::ObjectKind::Device, call.id, call.in.flag("forceRemove")));
    return done();
}

constexpr auto kActions = std::to_array<Action>({
    {"setDeviceName", rename},
    {"setDeviceCapacityLimit", set_limit},
    {"removeDevice", remove},
    {"setExternalAccelerationType", nullptr, "externalAccelerationType"},
});
constexpr auto kParents =
    std::to_array<ParentLink>({{"sdsId", "Sds"}, {"storagePoolId", "StoragePool"}});

} // namespace

const ObjectType& device_type() {
    static const ObjectType kType{
        .name = "Device",
        .list_name = "deviceList",
        .kind = mdm::ObjectKind::Device,
        .not_found = MdmError::DeviceNotFound,
        .list = [](const View& v) { return View::ids(v.all().devices); },
        .exists = [](const View& v, std::uint64_t id) { return find(v, id) != nullptr; },
        .render = render,
        .name_of = [](const View& v,
                      std::uint64_t id) { return std::string_view(find(v, id)->name); },
        .statistics = statistics,
        .create = create,
        .properties = kProperties,
        .parents = kParents,
        .actions = kActions,
    };
    return kType;
}

} // namespace pf::gateway
