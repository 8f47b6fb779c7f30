#include "tools/pfnvme/plan/intent_keys.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

namespace pf::nvmetool {

namespace {

using K = KeyKind;

constexpr std::array kKeys = std::to_array<IntentKey>({
    {"apiVersion", K::Choice, "pfnvme/v1", "", "version of this language", true},
    {"kind", K::Choice, "MigrationIntent", "", "kind of document", true},
    {"metadata", K::Section, "", "", "who wants what", true},
    {"metadata.name", K::Text, "", "", "name of plan and runs; typed to confirm", true},
    {"metadata.owner", K::Text, "", "", "the author, for approvals"},
    {"metadata.ticket", K::Text, "", "", "change ticket, for reports"},
    {"contexts", K::Section, "", "", "for the reader; connections come from options"},
    {"contexts.vcenter", K::Text, "", "", "vCenter"},
    {"contexts.powerflex", K::Text, "", "", "PowerFlex"},
    {"scope", K::Section, "", "", "which objects", true},
    {"scope.clusters", K::Texts, "globs", "all", "clusters whose datastores are meant"},
    {"scope.datastores", K::Section, "", "", "which datastores", true},
    {"scope.datastores.include", K::Texts, "globs", "", "datastores to move", true},
    {"scope.datastores.exclude", K::Texts, "globs", "none", "datastores to leave alone"},
    {"scope.vms", K::Section, "", "", "which VMs on them"},
    {"scope.vms.exclude", K::Section, "", "", "VMs to leave where they are"},
    {"scope.vms.exclude.names", K::Texts, "globs", "none", "by name"},
    {"scope.vms.exclude.folders", K::Texts, "globs", "none", "by folder path"},
    {"scope.vms.exclude.tags", K::Texts, "globs", "none", "by tag, category:name or name"},
    {"scope.vms.exclude.power_states", K::Texts, "poweredOn, poweredOff, suspended", "none",
     "by power state"},
    {"scope.vms.exclude.when", K::Text, "rule", "none", "by a rule as in strategy.classify"},
    {"strategy", K::Section, "", "", "how to move"},
    {"strategy.classify", K::Sections, "", "all online", "rules; the first that matches wins"},
    {"strategy.classify[].when", K::Text, "rule", "", "which VMs or datastores (see below)"},
    {"strategy.classify[].csv", K::Text, "file", "",
     "CSV beside the intent: columns vm or datastore, and use"},
    {"strategy.classify[].use", K::Choice, "online|offline|auto|skip", "",
     "auto: whichever fits the window with the least down time"},
    {"strategy.classify[].default", K::Choice, "online|offline|auto|skip", "",
     "instead of when and use: everything else"},
    {"strategy.mixed", K::Choice, "online|offline|split", "online",
     "a datastore with VMs of both kinds: all one way, or split: online VMs leave it first, the "
     "rest is converted"},
    {"strategy.offline", K::Section, "", "", "conversion of the volume itself"},
    {"strategy.offline.signature", K::Choice, "resign", "resign", "new VMFS signature"},
    {"strategy.offline.uuid_action", K::Choice, "keep", "keep",
     "answer to 'moved or copied': moved, so that a VM keeps its UUID"},
    {"strategy.offline.accept_kb", K::Choice, "Dell 000213232", "",
     "says that the procedure was read; required for offline units"},
    {"strategy.offline.shutdown", K::Section, "", "", "how VMs are stopped"},
    {"strategy.offline.shutdown.guest", K::Duration, "1s..1d", "5m", "time for the guest"},
    {"strategy.offline.shutdown.then", K::Choice, "fail|power-off", "fail", "when it is over"},
    {"strategy.online", K::Section, "", "", "Storage vMotion"},
    {"strategy.online.disk_format", K::Choice, "keep", "keep", "format of the moved disks"},
    {"strategy.online.storage_policy", K::Choice, "keep", "keep", "storage policy of the VMs"},
    {"strategy.online.verify_free", K::Percent, "0..90", "10%",
     "free space that must be left on a target datastore"},
    {"target", K::Section, "", "", "where to"},
    {"target.pools", K::Sections, "", "the source volume's pool", "in this order, while they last"},
    {"target.pools[].protection_domain", K::Text, "", "", "protection domain"},
    {"target.pools[].storage_pool", K::Text, "", "", "storage pool", true},
    {"target.naming", K::Section, "", "", "names, with {{ds.name}}"},
    {"target.naming.volume", K::Text, "", "nvme-{{ds.name}}", "new volume of an online unit"},
    {"target.naming.datastore_online", K::Text, "", "{{ds.name}}-nvme", "its datastore"},
    {"target.naming.datastore_offline", K::Text, "", "{{ds.name}}", "a converted datastore"},
    {"target.naming.consolidated", K::Text, "", "nvme-{{cluster}}-{{number}}",
     "datastore and volume that take several sources"},
    {"target.consolidate", K::Section, "", "",
     "join datastores when a cluster's namespaces don't suffice; without it they are proposed"},
    {"target.consolidate.max_namespaces_per_host", K::Text, "auto, or a number", "auto",
     "auto: the limit of the lowest host"},
    {"target.consolidate.max_vms_per_datastore", K::Number, "1..2048", "60",
     "VMs on a joined datastore"},
    {"target.consolidate.max_size", K::Size, "8GiB..64TiB", "16TiB", "size of a joined datastore"},
    {"network", K::Section, "", "", "paths"},
    {"network.paths", K::Section, "", "", "paths of every host"},
    {"network.paths.require_min", K::Number, "1..32", "2",
     "controllers that must be online on every host"},
    {"network.paths.per_namespace", K::Text, "auto, or a number", "auto",
     "most paths for a namespace; auto: the limit of the lowest host"},
    {"network.paths.vmks", K::Texts, "names", "any", "VMkernel ports that must carry NVMe/TCP"},
    {"network.paths.sdts", K::Texts, "names, or all", "any",
     "SDTs to which every host must be connected"},
    {"limits", K::Section, "", "", "caps of a run; 0 is no cap"},
    {"limits.svmotion_per_host", K::Number, "0..64", "2", "Storage vMotions at a time on a host"},
    {"limits.svmotion_per_datastore", K::Number, "0..128", "8", "and on a datastore"},
    {"limits.svmotion_total", K::Number, "0..10000", "0", "and in all"},
    {"limits.datastores_in_flight", K::Number, "0..10000", "4", "offline datastores at a time"},
    {"limits.units_in_flight", K::Number, "0..10000", "0", "units at a time"},
    {"limits.hosts_rescanning", K::Number, "0..1000", "2", "hosts that rescan at a time"},
    {"limits.host_nic_share", K::Percent, "1..100", "60%", "of a host's NIC for copies"},
    {"window", K::Sections, "", "any time", "when units may start"},
    {"window[].start", K::Time, "RFC 3339", "", "opens", true},
    {"window[].end", K::Time, "RFC 3339", "", "closes", true},
    {"window[].freeze", K::Texts, "START/END", "none", "times inside it when nothing may run"},
    {"schedule", K::Section, "", "", "rules about windows"},
    {"schedule.start_rule", K::Choice, "inside_window|p90_before_end|p90_plus_rollback_before_end",
     "p90_plus_rollback_before_end", "until when a unit may start"},
    {"schedule.overrun", K::Choice, "finish-unit|rollback-unit|ask", "finish-unit",
     "what happens to a unit that is not done when the window closes"},
    {"waves", K::Sections, "", "one", "order; each starts when the one before is done"},
    {"waves[].name", K::Text, "", "", "name of the wave", true},
    {"waves[].when", K::Text, "rule", "everything else", "which VMs or datastores are in it"},
    {"blast_radius", K::Section, "", "", "what may be at risk at a time; 0 is no limit"},
    {"blast_radius.canary", K::Number, "0..100", "0", "units that go first, alone"},
    {"blast_radius.max_failed_units", K::Number, "0..1000", "1",
     "after so many failures nothing new starts"},
    {"blast_radius.max_vms_down", K::Number, "0..100000", "0", "VMs shut down at a time"},
    {"blast_radius.max_datastores_offline", K::Number, "0..10000", "0",
     "datastores unmounted at a time"},
    {"slo", K::Section, "", "", "observed limits; above them the run slows down"},
    {"slo.vm_latency_p95", K::Duration, "1ms..1m", "",
     "slowest disk of the plan's VMs, 95th percentile over the VMs"},
    {"slo.storage_latency_p95", K::Duration, "1ms..1m", "",
     "mean latency of pools, 95th percentile of the last samples"},
    {"slo.pause_on_rebuild", K::Flag, "", "false", "pause while PowerFlex rebuilds"},
    {"safety", K::Section, "", "", "the way back"},
    {"safety.snapshot", K::Choice, "required", "required", "snapshot of the volume, offline"},
    {"safety.snapshot_retention", K::Duration, "1s..3650d", "14d", "until run cleanup removes it"},
    {"safety.voma", K::Section, "", "", "VMFS metadata checks, offline"},
    {"safety.voma.before", K::Text, "true, false, off, if-available, required", "if-available",
     "before"},
    {"safety.voma.after", K::Text, "true, false, off, if-available, required", "if-available",
     "after"},
    {"safety.retire_source_after", K::Duration, "1s..3650d", "never",
     "age at which run cleanup may remove an empty source"},
    {"hooks", K::Section, "", "", "commands of yours; {{unit.id}}, {{unit.datastore}}, {{run.id}}"},
    {"hooks.pre_run", K::Sections, "", "", "before the first unit"},
    {"hooks.post_run", K::Sections, "", "", "after the last one"},
    {"hooks.pre_unit", K::Sections, "", "", "before each unit"},
    {"hooks.post_unit", K::Sections, "", "", "after each unit"},
    {"hooks.on_failure", K::Sections, "", "", "after a unit that failed"},
    {"hooks.*[].run", K::Text, "", "", "command line; no shell", true},
    {"hooks.*[].timeout", K::Duration, "1s..1d", "5m", "then it has failed"},
    {"hooks.*[].on_fail", K::Choice, "stop|skip-unit|warn", "stop", "what a failure means"},
    {"waivers", K::Sections, "", "", "checks that may be ignored"},
    {"waivers[].check", K::Text, "check id", "", "which check", true},
    {"waivers[].object", K::Text, "glob", "*", "for which object: its name, or 'host esx01'"},
    {"waivers[].reason", K::Text, "", "", "why", true},
    {"waivers[].until", K::Text, "2026-11-01 or RFC 3339", "", "last day", true},
    {"waivers[].by", K::Text, "", "", "who decided", true},
    {"approval", K::Section, "", "", "signatures before apply"},
    {"approval.required", K::Number, "0..16", "0", "how many"},
    {"approval.not_author", K::Flag, "", "false", "the owner's own does not count"},
    {"approval.signers", K::Texts, "SHA256:…", "any key", "fingerprints of the keys that count"},
});

bool is_hook(std::string_view path) { return path.starts_with("hooks.") && path.ends_with("[]"); }

// Path as it stands in the table: all hook lists share their members.
std::string table_path(std::string_view parent, std::string_view key) {
    if (parent.empty()) {
        return std::string(key);
    }
    return (is_hook(parent) ? std::string("hooks.*[]") : std::string(parent)) + "." +
           std::string(key);
}

const std::map<std::string_view, const IntentKey*>& by_path() {
    static const std::map<std::string_view, const IntentKey*> kMap = [] {
        std::map<std::string_view, const IntentKey*> out;
        for (const IntentKey& key : kKeys) {
            out.emplace(key.path, &key);
        }
        return out;
    }();
    return kMap;
}

// Names of the keys right below a path.
std::vector<std::string_view> children(std::string_view parent) {
    const std::string prefix = table_path(parent, "");
    std::vector<std::string_view> out;
    for (const IntentKey& key : kKeys) {
        if (key.path.starts_with(prefix) &&
            key.path.substr(prefix.size()).find('.') == std::string_view::npos) {
            out.push_back(key.path.substr(prefix.size()));
        }
    }
    return out;
}

std::vector<std::string_view> words_of(std::string_view choices) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t bar = choices.find('|');
        out.push_back(choices.substr(0, bar));
        if (bar == std::string_view::npos) {
            return out;
        }
        choices.remove_prefix(bar + 1);
    }
}

struct Range {
    std::int64_t low = INT64_MIN;
    std::int64_t high = INT64_MAX;
};

template<class Parse>
Range range_of(std::string_view accepts, Parse parse) {
    const std::size_t dots = accepts.find("..");
    if (dots == std::string_view::npos) {
        return {};
    }
    return {parse(accepts.substr(0, dots)), parse(accepts.substr(dots + 2))};
}

std::int64_t plain_number(std::string_view text) {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

std::int64_t size_number(std::string_view text) {
    const Result<std::int64_t> value = parse_size_bytes(text);
    return value ? *value : -1;
}

tl::unexpected<Error> must_be(std::string_view path, std::string_view what) {
    return fail(Errc::InvalidArgument, "{} must be {}", path, what);
}

Result<void> check_in(std::string_view path, std::int64_t value, const Range& range,
                      const IntentKey& key, std::string_view what) {
    if (value < range.low || value > range.high) {
        return must_be(path, fmt::format("{} {}", what, key.accepts));
    }
    return {};
}

Result<void> check_scalar(const IntentKey& key, std::string_view path, const json::value& value) {
    const auto text = [&] { return std::string_view(value.get_string()); };
    switch (key.kind) {
    case K::Text:
        return value.is_string() ||
                       (value.is_int64() && key.accepts.find("number") != key.accepts.npos) ||
                       (value.is_bool() && key.accepts.find("true") != key.accepts.npos)
                   ? Result<void>()
                   : must_be(path, key.accepts.empty() ? "a text" : key.accepts);
    case K::Texts:
        if (value.is_array() &&
            std::all_of(value.get_array().begin(), value.get_array().end(),
                        [](const json::value& item) { return item.is_string(); })) {
            return {};
        }
        if (value.is_string() && key.accepts.find("or all") != key.accepts.npos &&
            value.get_string() == "all") {
            return {};
        }
        return must_be(path, "a list of texts");
    case K::Number:
        if (!value.is_int64()) {
            return must_be(path, fmt::format("a number from {}", key.accepts));
        }
        return check_in(path, value.get_int64(), range_of(key.accepts, plain_number), key,
                        "a number from");
    case K::Percent: {
        std::int64_t number = -1;
        if (value.is_int64()) {
            number = value.get_int64();
        } else if (value.is_string() && text().ends_with('%')) {
            number = plain_number(text().substr(0, text().size() - 1));
        }
        return check_in(path, number, range_of(key.accepts, plain_number), key,
                        "a percentage such as 60%, from");
    }
    case K::Flag:
        return value.is_bool() ? Result<void>() : must_be(path, "true or false");
    case K::Duration: {
        const std::int64_t ms = value.is_string() ? intent_milliseconds(text()) : -1;
        return ms <= 0 ? must_be(path, "a time such as 90s or 5m")
                       : check_in(path, ms, range_of(key.accepts, intent_milliseconds), key,
                                  "a time from");
    }
    case K::Size:
        return check_in(path, value.is_string() ? size_number(text()) : -1,
                        range_of(key.accepts, size_number), key, "a size such as 16TiB, from");
    case K::Time:
        return value.is_string() && parse_rfc3339(text())
                   ? Result<void>()
                   : must_be(path, "a time such as 2026-10-17T20:00:00+02:00, with its offset");
    case K::Choice: {
        const std::vector<std::string_view> words = words_of(key.accepts);
        if (value.is_string() && std::find(words.begin(), words.end(), text()) != words.end()) {
            return {};
        }
        return must_be(path, words.size() == 1 ? fmt::format("\"{}\"", words.front())
                                               : fmt::format("one of: {}", fmt::join(words, ", ")));
    }
    case K::Section:
    case K::Sections:
        break;
    }
    return {};
}

// Values of VMware's own vocabulary that the engine does not act on get a reason, not just a no.
Result<void> check_refused(std::string_view path, const json::value& value) {
    if (path == "strategy.online.disk_format" && value.is_string() &&
        value.get_string() != "keep") {
        return fail(Errc::InvalidArgument,
                    "{}: '{}' is refused: a move that changes the format can't be verified disk by "
                    "disk against its source; change the format before or after",
                    path, std::string_view(value.get_string()));
    }
    if (path == "strategy.online.storage_policy" && value.is_string() &&
        value.get_string() != "keep") {
        return fail(
            Errc::InvalidArgument,
            "{}: '{}' is refused: policies belong to vCenter's storage policy service, which "
            "this tool does not change; assign it before the run",
            path, std::string_view(value.get_string()));
    }
    return {};
}

Result<void> check_object(const json::object& object, const std::string& path);

Result<void> check_member(const IntentKey& key, const std::string& path, const json::value& value) {
    if (key.kind == K::Section) {
        return value.is_object() ? check_object(value.get_object(), path)
                                 : must_be(path, "a mapping");
    }
    if (key.kind == K::Sections) {
        if (!value.is_array()) {
            return must_be(path, "a list");
        }
        for (const json::value& item : value.get_array()) {
            if (!item.is_object()) {
                return must_be(path, "a list of mappings");
            }
            PF_CHECK(check_object(item.get_object(), path + "[]"));
        }
        return {};
    }
    PF_CHECK(check_refused(path, value));
    return check_scalar(key, path, value);
}

Result<void> check_object(const json::object& object, const std::string& path) {
    for (const auto& member : object) {
        const std::string name(member.key());
        const std::string shown = path.empty() ? name : path + "." + name;
        const auto key = by_path().find(table_path(path, name));
        if (key == by_path().end() || name.find('.') != std::string::npos) {
            return fail(Errc::InvalidArgument, "unknown key '{}'; known here: {}", shown,
                        fmt::join(children(path), ", "));
        }
        PF_CHECK(check_member(*key->second, shown, member.value()));
    }
    for (const std::string_view name : children(path)) {
        const IntentKey* key = by_path().at(table_path(path, name));
        if (!key->required || object.contains(name)) {
            continue;
        }
        // Name what has to be written, not the section around it.
        std::string missing = path.empty() ? std::string(name) : path + "." + std::string(name);
        for (bool deeper = key->kind == K::Section; deeper;) {
            deeper = false;
            for (const std::string_view inner : children(missing)) {
                const IntentKey* next = by_path().at(table_path(missing, inner));
                if (next->required) {
                    missing += "." + std::string(inner);
                    key = next;
                    deeper = next->kind == K::Section;
                    break;
                }
            }
        }
        return fail(Errc::InvalidArgument, "{} is missing: {}", missing, key->help);
    }
    return {};
}

std::string_view kind_text(const IntentKey& key) {
    switch (key.kind) {
    case K::Text:
        return "text";
    case K::Texts:
        return "list of texts";
    case K::Number:
        return "number";
    case K::Percent:
        return "percentage";
    case K::Flag:
        return "true, false";
    case K::Duration:
        return "time span";
    case K::Size:
        return "size";
    case K::Time:
        return "time";
    case K::Choice:
        return "word";
    case K::Section:
        return "mapping";
    case K::Sections:
        return "list of mappings";
    }
    return "";
}

json::object schema_of_object(const std::string& path);

json::object schema_of(const IntentKey& key, const std::string& path) {
    json::object out;
    out["description"] = key.help;
    switch (key.kind) {
    case K::Section: {
        json::object inner = schema_of_object(path);
        inner["description"] = key.help;
        return inner;
    }
    case K::Sections:
        out["type"] = "array";
        out["items"] = schema_of_object(path + "[]");
        break;
    case K::Texts:
        if (key.accepts.find("or all") != key.accepts.npos) {
            out["type"] = json::array{"array", "string"};
        } else {
            out["type"] = "array";
        }
        out["items"] = json::object{{"type", "string"}};
        break;
    case K::Number: {
        const Range range = range_of(key.accepts, plain_number);
        out["type"] = "integer";
        out["minimum"] = range.low;
        out["maximum"] = range.high;
        break;
    }
    case K::Percent:
        out["type"] = json::array{"integer", "string"};
        out["pattern"] = "^[0-9]+%$";
        break;
    case K::Flag:
        out["type"] = "boolean";
        break;
    case K::Duration:
        out["type"] = "string";
        out["pattern"] = "^[0-9]+(ms|s|m|h|d)$";
        break;
    case K::Time:
        out["type"] = "string";
        out["format"] = "date-time";
        break;
    case K::Choice: {
        json::array words;
        for (const std::string_view word : words_of(key.accepts)) {
            words.emplace_back(word);
        }
        out["enum"] = std::move(words);
        break;
    }
    case K::Text:
        if (key.accepts.find("number") != key.accepts.npos) {
            out["type"] = json::array{"string", "integer"};
        } else if (key.accepts.find("true") != key.accepts.npos) {
            out["type"] = json::array{"string", "boolean"};
        } else {
            out["type"] = "string";
        }
        break;
    case K::Size:
        out["type"] = "string";
        break;
    }
    return out;
}

json::object schema_of_object(const std::string& path) {
    json::object properties;
    json::array required;
    for (const std::string_view name : children(path)) {
        const IntentKey& key = *by_path().at(table_path(path, name));
        properties[name] =
            schema_of(key, path.empty() ? std::string(name) : path + "." + std::string(name));
        if (key.required) {
            required.emplace_back(name);
        }
    }
    json::object out;
    out["type"] = "object";
    out["additionalProperties"] = false;
    out["properties"] = std::move(properties);
    if (!required.empty()) {
        out["required"] = std::move(required);
    }
    return out;
}

} // namespace

std::span<const IntentKey> intent_keys() { return kKeys; }

Result<void> check_intent_document(const json::value& document) {
    if (!document.is_object()) {
        return fail(Errc::InvalidArgument, "an intent is a mapping");
    }
    return check_object(document.get_object(), "");
}

std::string intent_reference() {
    std::string out = "| key | value | default | what |\n|---|---|---|---|\n";
    for (const IntentKey& key : kKeys) {
        std::string accepts(key.accepts);
        for (std::size_t at = 0; (at = accepts.find('|', at)) != std::string::npos; at += 2) {
            accepts.replace(at, 1, ", ");
        }
        out += fmt::format("| `{}`{} | {}{}{} | {} | {} |\n", key.path,
                           key.required ? " (required)" : "", kind_text(key),
                           accepts.empty() ? "" : ": ", accepts, key.fallback, key.help);
    }
    return out;
}

std::string intent_schema() {
    json::object schema = schema_of_object("");
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "pfnvme migration intent";
    return pretty_json(schema);
}

std::string intent_template(std::string_view name) {
    return fmt::format(R"(apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {{name: {}}}            # owner and ticket appear in reports
scope:
  # clusters: [esx-cl01]
  datastores: {{include: ["*"]}}      # globs; pfnvme plan lint says what is wrong
  # vms: {{exclude: {{tags: ["backup-appliance"]}}}}
strategy:
  classify:                         # first match wins: online, offline, auto, skip
    # - {{when: 'tag == "sla:24x7"', use: online}}
    # - {{when: 'powerState == "poweredOff"', use: offline}}
    - {{default: online}}
  # offline: {{shutdown: {{guest: 5m, then: fail}}, accept_kb: "Dell 000213232"}}
network:
  paths: {{require_min: 2}}
# window:
#   - {{start: 2026-10-17T20:00:00+02:00, end: 2026-10-19T05:00:00+02:00}}
blast_radius: {{canary: 1, max_failed_units: 1}}
safety: {{snapshot: required, snapshot_retention: 14d}}
)",
                       name);
}

std::int64_t intent_milliseconds(std::string_view text) {
    std::int64_t value = 0;
    const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(next, static_cast<std::size_t>(text.data() + text.size() - next));
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits{
        {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    if (error != std::errc{} || value <= 0) {
        return -1;
    }
    for (const auto& [name, factor] : kUnits) {
        if (unit == name) {
            return value > INT64_MAX / factor ? -1 : value * factor;
        }
    }
    return -1;
}

std::int64_t intent_seconds(std::string_view text) {
    const std::int64_t ms = intent_milliseconds(text);
    return ms < 0 ? -1 : (ms + 999) / 1000;
}

} // namespace pf::nvmetool
