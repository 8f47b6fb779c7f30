// query_properties: any property of any object, by PowerFlex's upper-case names.
//
// The names are those of the REST members in another spelling (MDM_CONNECTION_STATE is
// mdmConnectionState); the table lists only the exceptions. What is no member of the object is
// looked for among its statistics. Properties print one per line in a column of 50 under a "TYPE
// id:" line; with --flat_list each stands alone on a line as "TYPE id NAME value".
#include "base/json.hpp"
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <algorithm>
#include <array>

namespace pf::scli {
namespace {

struct TypeName {
    std::string_view scli;
    std::string_view rest;
};
constexpr auto kTypes = std::to_array<TypeName>({
    {"SYSTEM", "System"},
    {"PROTECTION_DOMAIN", "ProtectionDomain"},
    {"FAULT_SET", "FaultSet"},
    {"STORAGE_POOL", "StoragePool"},
    {"SDS", "Sds"},
    {"DEVICE", "Device"},
    {"SDC", "Sdc"},
    {"HOST", "Host"},
    {"SDT", "Sdt"},
    {"VOLUME", "Volume"},
    {"VTREE", "VTree"},
});

struct Special {
    std::string_view type; // REST type; empty: any
    std::string_view property;
    std::string_view member;
};
constexpr auto kSpecials = std::to_array<Special>({
    {"System", "NQN", "systemNqn"},
    {"System", "SYSTEM_NQN", "systemNqn"},
    {"Host", "NQN", "nqn"},
    {"Sds", "IPS", "ipList"},
    {"Sdt", "IPS", "ipList"},
    {"Sdc", "IP", "sdcIp"},
    {"Sdc", "IPS", "sdcIps"},
    {"Sdc", "GUID", "sdcGuid"},
    {"Sdc", "APPROVED", "sdcApproved"},
    {"Volume", "SIZE", "sizeInKb"},
    {"Volume", "TYPE", "volumeType"},
    {"Volume", "MAPPED_SDC_ID_LIST", "mappedSdcInfo"},
    {"Device", "CURRENT_PATH", "deviceCurrentPathName"},
    {"Device", "ORIGINAL_PATH", "deviceOriginalPathName"},
    {"StoragePool", "SPARE_PERCENT", "sparePercentage"},
    {"StoragePool", "ZERO_PAD_ENABLED", "zeroPaddingEnabled"},
    {"StoragePool", "DI_SCANNER_MODE", "backgroundScannerMode"},
    {"StoragePool", "DI_SCANNER_BANDWIDTH_LIMIT", "backgroundScannerBWLimitKBps"},
    {"Sds", "RMCACHE_SIZE", "rmcacheSizeInKb"},
    {"Sds", "DEVICE_ID_LIST", "deviceIds"},
});

std::string member_of(std::string_view type, std::string_view property) {
    for (const Special& special : kSpecials) {
        if (special.type == type && special.property == property) {
            return std::string(special.member);
        }
    }
    return lower_camel(property);
}

std::string value_text(std::string_view property, const json::value& value) {
    if (value.is_null()) {
        return property.ends_with("_ID") ? "0000000000000000" : "N/A";
    }
    if (value.is_bool()) {
        return value.get_bool() ? "Yes" : "No";
    }
    if (value.is_string()) {
        std::string text(value.get_string());
        return property == "TYPE" || property.ends_with("_MODE") ? upper_snake(text) : text;
    }
    if (value.is_array()) {
        std::string out;
        for (const json::value& item : value.get_array()) {
            std::string text;
            if (item.is_object()) { // an address with its role, a mapping with its host
                for (const char* key : {"ip", "sdcId"}) {
                    if (const json::value* found = item.get_object().if_contains(key);
                        found != nullptr && found->is_string()) {
                        text = std::string(found->get_string());
                    }
                }
            } else {
                text = value_text({}, item);
            }
            out += (out.empty() ? "" : ",") + text;
        }
        return out;
    }
    if (value.is_object()) {
        return json::serialize(value);
    }
    std::string number = json::serialize(value);
    if (property == "SIZE" || property == "RMCACHE_SIZE") {
        return size_text(std::strtoull(number.c_str(), nullptr, 10));
    }
    return property.find("PERCENT") != std::string_view::npos ? number + "%" : number;
}

struct Line {
    std::string name;
    std::string value;
};

Result<json::value> fetch(Context& context, const std::string& path) {
    PF_TRY(const std::string text, context.client().get(path));
    return parse_json(text);
}

Result<std::vector<Line>> lines_of(Context& context, std::string_view type,
                                   const json::object& object, const std::string& id,
                                   const std::vector<std::string>& properties) {
    std::vector<Line> out;
    if (properties.empty()) { // --preset ALL
        for (const auto& [key, value] : object) {
            if (key != "links" && !value.is_object()) {
                std::string name = upper_snake(key);
                std::string text = value_text(name, value);
                out.push_back({std::move(name), std::move(text)});
            }
        }
        return out;
    }
    json::value statistics;
    for (const std::string& property : properties) {
        const std::string member = member_of(type, property);
        const json::value* value = object.if_contains(member);
        if (value == nullptr) {
            if (statistics.is_null()) {
                auto fetched =
                    fetch(context,
                          fmt::format("/api/instances/{}::{}/relationships/Statistics", type, id));
                statistics = fetched && fetched->is_object() ? std::move(*fetched)
                                                             : json::value(json::object());
            }
            value = statistics.get_object().if_contains(member);
        }
        if (value == nullptr) {
            return fail(Errc::InvalidArgument, "{} has no property {}", upper_snake(type),
                        property);
        }
        out.push_back({property, value_text(property, *value)});
    }
    return out;
}

Result<void> query_properties(Context& context) {
    PF_TRY(const std::string type_name, context.args().required("object_type"));
    const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const TypeName& t) { return t.scli == type_name; });
    if (type == kTypes.end()) {
        std::string known;
        for (const TypeName& t : kTypes) {
            known += fmt::format("{}{}", known.empty() ? "" : ", ", t.scli);
        }
        return fail(Errc::InvalidArgument, "'{}' is not an object type ({})", type_name, known);
    }
    const auto properties = context.args().list("properties");
    if (properties.empty() && context.args().value("preset") != "ALL") {
        return fail(Errc::InvalidArgument, "give --properties NAME,… or --preset ALL");
    }
    const auto ids = context.args().list("object_id");
    if (ids.empty() == !context.args().flag("all_objects")) {
        return fail(Errc::InvalidArgument, "give either --all_objects or --object_id ID,…");
    }
    json::array objects;
    if (ids.empty()) {
        PF_TRY(json::value list,
               fetch(context, fmt::format("/api/types/{}/instances", type->rest)));
        if (list.is_array()) {
            objects = std::move(list.get_array());
        }
        if (type->rest == "Sdc") { // PowerFlex lists NVMe hosts here as well
            const auto tail =
                std::remove_if(objects.begin(), objects.end(), [](const json::value& o) {
                    return o.is_object() &&
                           json_str_or(o.get_object(), "hostType", "") == "NVMeHost";
                });
            objects.erase(tail, objects.end());
        }
    } else {
        for (const std::string& id : ids) {
            if (!powerflex::is_object_id(id)) {
                return fail(Errc::InvalidArgument, "'{}' is not an object id (16 hex digits)", id);
            }
            PF_TRY(json::value object,
                   fetch(context, fmt::format("/api/instances/{}::{}", type->rest, id)));
            objects.push_back(std::move(object));
        }
    }
    if (objects.empty()) {
        context.print("No objects returned");
        return {};
    }
    bool first = true;
    for (const json::value& item : objects) {
        if (!item.is_object()) {
            return fail(Errc::Protocol, "PowerFlex sent something else than objects");
        }
        const std::string id = json_str_or(item.get_object(), "id", "");
        PF_TRY(const std::vector<Line> lines,
               lines_of(context, type->rest, item.get_object(), id, properties));
        if (context.args().flag("flat_list")) {
            for (const Line& line : lines) {
                context.print("{} {} {} {}", type_name, id, line.name, line.value);
            }
            continue;
        }
        if (!first) {
            context.print("");
        }
        first = false;
        context.print("{} {}:", type_name, id);
        for (const Line& line : lines) {
            context.print("\t{:<50} {}", line.name, line.value);
        }
    }
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"query_properties", "object_type=,object_id=,all_objects,properties=,preset=,flat_list",
     "properties of objects: --object_type SYSTEM --properties NQN --flat_list --all_objects",
     query_properties},
});

} // namespace

std::span<const Command> query_properties_commands() { return kCommands; }

} // namespace pf::scli
