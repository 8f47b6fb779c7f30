#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/yaml.hpp"
#include "tools/pfnvme/checks/checks.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

namespace {

// 2026-11-01, or a whole RFC 3339 time.
bool is_date(const std::string& text) {
    if (text.size() == 10) {
        return parse_rfc3339(text + "T00:00:00Z").has_value();
    }
    return parse_rfc3339(text).has_value();
}

} // namespace

Result<std::vector<Waiver>> parse_waivers(std::string_view text, std::string_view name) {
    PF_TRY(const json::value document, parse_yaml(text, name));
    if (!document.is_object()) {
        return fail(Errc::InvalidArgument, "{}: a waiver file is a mapping with 'waivers'", name);
    }
    PF_TRY(const json::array* list, json_array(document.get_object(), "waivers"));
    std::vector<Waiver> out;
    for (const json::value& item : *list) {
        if (!item.is_object()) {
            return fail(Errc::InvalidArgument, "{}: a waiver is a mapping", name);
        }
        const json::object& object = item.get_object();
        for (const json::key_value_pair& pair : object) {
            const std::string_view key(pair.key());
            if (key != "check" && key != "object" && key != "reason" && key != "until" &&
                key != "by") {
                return fail(Errc::InvalidArgument, "{}: a waiver has no '{}'", name, key);
            }
        }
        Waiver waiver;
        PF_TRY(waiver.check, json_str(object, "check"));
        waiver.object = json_str_or(object, "object", "*");
        waiver.reason = json_str_or(object, "reason", "");
        waiver.until = json_str_or(object, "until", "");
        waiver.by = json_str_or(object, "by", "");
        if (find_check(waiver.check) == nullptr) {
            return fail(Errc::InvalidArgument, "{}: there is no check '{}'", name, waiver.check);
        }
        if (waiver.reason.empty()) {
            return fail(Errc::InvalidArgument, "{}: the waiver of {} gives no reason", name,
                        waiver.check);
        }
        if (!is_date(waiver.until)) {
            return fail(Errc::InvalidArgument,
                        "{}: the waiver of {} has no end; until: 2026-12-31 is a date", name,
                        waiver.check);
        }
        out.push_back(std::move(waiver));
    }
    return out;
}

} // namespace pf::nvmetool
