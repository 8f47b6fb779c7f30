#include "tools/pfnvme/plan/intent.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/yaml.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <set>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kKnowledgeBase = "Dell 000213232";

// One mapping of the document, read key by key; finish() refuses what nobody asked for.
class Section {
  public:
    Section(std::string path, const json::object& object, std::string* error)
        : path_(std::move(path)), object_(&object), error_(error) {}

    const json::value* get(std::string_view key) {
        known_.insert(std::string(key));
        return object_->if_contains(key);
    }

    std::string text(std::string_view key, std::string fallback) {
        const json::value* value = get(key);
        if (value == nullptr) {
            return fallback;
        }
        if (!value->is_string()) {
            return wrong(key, "a text"), fallback;
        }
        return std::string(value->get_string());
    }

    std::string one_of(std::string_view key, std::initializer_list<std::string_view> allowed,
                       std::string fallback) {
        std::string value = text(key, std::move(fallback));
        if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
            wrong(key, fmt::format("one of: {}", fmt::join(allowed, ", ")));
        }
        return value;
    }

    std::vector<std::string> texts(std::string_view key) {
        std::vector<std::string> out;
        const json::value* value = get(key);
        if (value == nullptr) {
            return out;
        }
        if (!value->is_array()) {
            return wrong(key, "a list of texts"), out;
        }
        for (const json::value& item : value->get_array()) {
            if (!item.is_string()) {
                return wrong(key, "a list of texts"), out;
            }
            out.emplace_back(item.get_string());
        }
        return out;
    }

    Section section(std::string_view key) {
        static const json::object kEmpty;
        const json::value* value = get(key);
        if (value != nullptr && !value->is_object()) {
            wrong(key, "a mapping");
        }
        const json::object& inner =
            value != nullptr && value->is_object() ? value->get_object() : kEmpty;
        return Section(path_.empty() ? std::string(key) : path_ + "." + std::string(key), inner,
                       error_);
    }

    void wrong(std::string_view key, std::string_view expected) {
        say(fmt::format("{}{}{} must be {}", path_, path_.empty() ? "" : ".", key, expected));
    }
    void say(std::string sentence) {
        if (error_->empty()) {
            *error_ = std::move(sentence);
        }
    }

    void finish() {
        for (const auto& member : *object_) {
            if (!known_.contains(std::string(member.key()))) {
                say(fmt::format("unknown key '{}{}{}'; known here: {}", path_,
                                path_.empty() ? "" : ".", std::string_view(member.key()),
                                fmt::join(known_, ", ")));
            }
        }
    }

  private:
    std::string path_;
    const json::object* object_;
    std::string* error_;
    std::set<std::string> known_;
};

// "5m", "90s", "14d" in seconds; -1 when it is none.
std::int64_t seconds_of(const std::string& text) {
    std::int64_t value = 0;
    const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(next, static_cast<std::size_t>(text.data() + text.size() - next));
    if (error != std::errc{} || value <= 0) {
        return -1;
    }
    if (unit == "s") {
        return value;
    }
    if (unit == "m") {
        return value * 60;
    }
    if (unit == "h") {
        return value * 3600;
    }
    return unit == "d" ? value * 86400 : -1;
}

// true/false or one of the words.
std::string voma_mode(Section& section, std::string_view key) {
    const json::value* value = section.get(key);
    if (value == nullptr) {
        return "if-available";
    }
    if (value->is_bool()) {
        return value->get_bool() ? "if-available" : "off";
    }
    if (value->is_string() &&
        (value->get_string() == "required" || value->get_string() == "if-available" ||
         value->get_string() == "off")) {
        return std::string(value->get_string());
    }
    section.wrong(key, "true, false, off, if-available or required");
    return "if-available";
}

// when: 'datastore == "glob"'
std::string rule_pattern(Section& section, const std::string& when) {
    constexpr std::string_view kPrefix = "datastore == \"";
    if (when.starts_with(kPrefix) && when.size() > kPrefix.size() && when.ends_with('"')) {
        return when.substr(kPrefix.size(), when.size() - kPrefix.size() - 1);
    }
    section.wrong("when", R"(of the form: datastore == "glob")");
    return {};
}

Use use_of(Section& section, std::string_view key) {
    const std::string text = section.one_of(key, {"online", "offline", "skip"}, "");
    return text == "offline" ? Use::Offline : text == "skip" ? Use::Skip : Use::Online;
}

void read_strategy(Section& root, Intent& intent, std::string* error) {
    Section strategy = root.section("strategy");
    if (const json::value* rules = strategy.get("classify"); rules != nullptr) {
        if (!rules->is_array()) {
            strategy.wrong("classify", "a list");
        } else {
            for (const json::value& item : rules->get_array()) {
                if (!item.is_object()) {
                    strategy.wrong("classify", "a list of mappings");
                    break;
                }
                Section rule("strategy.classify[]", item.get_object(), error);
                ClassifyRule out;
                if (item.get_object().contains("default")) {
                    out.pattern = "*";
                    out.use = use_of(rule, "default");
                } else {
                    out.pattern = rule_pattern(rule, rule.text("when", ""));
                    out.use = use_of(rule, "use");
                }
                rule.finish();
                intent.classify.push_back(out);
            }
        }
    }
    Section offline = strategy.section("offline");
    offline.one_of("signature", {"resign"}, "resign");
    offline.one_of("uuid_action", {"keep"}, "keep");
    intent.accepted_kb = offline.text("accept_kb", "");
    Section shutdown = offline.section("shutdown");
    intent.guest_shutdown_s = seconds_of(shutdown.text("guest", "5m"));
    if (intent.guest_shutdown_s < 0) {
        shutdown.wrong("guest", "a time such as 90s or 5m");
    }
    intent.power_off_after = shutdown.one_of("then", {"fail", "power-off"}, "fail") == "power-off";
    shutdown.finish();
    offline.finish();
    Section online = strategy.section("online");
    online.one_of("disk_format", {"keep"}, "keep");
    online.one_of("storage_policy", {"keep"}, "keep");
    online.finish();
    strategy.finish();
}

void read_target(Section& root, Intent& intent, std::string* error) {
    Section target = root.section("target");
    if (const json::value* pools = target.get("pools"); pools != nullptr) {
        if (!pools->is_array() || pools->get_array().size() != 1 ||
            !pools->get_array()[0].is_object()) {
            target.wrong("pools", "a list with one {protection_domain, storage_pool}");
        } else {
            Section pool("target.pools[]", pools->get_array()[0].get_object(), error);
            intent.protection_domain = pool.text("protection_domain", "");
            intent.storage_pool = pool.text("storage_pool", "");
            pool.finish();
        }
    }
    Section naming = target.section("naming");
    intent.volume_name = naming.text("volume", intent.volume_name);
    intent.datastore_online = naming.text("datastore_online", intent.datastore_online);
    intent.datastore_offline = naming.text("datastore_offline", intent.datastore_offline);
    naming.finish();
    target.finish();
}

void read_scope(Section& root, Intent& intent) {
    Section scope = root.section("scope");
    intent.clusters = scope.texts("clusters");
    Section datastores = scope.section("datastores");
    intent.include_datastores = datastores.texts("include");
    intent.exclude_datastores = datastores.texts("exclude");
    datastores.finish();
    scope.finish();
}

void read_rest(Section& root, Intent& intent) {
    Section metadata = root.section("metadata");
    intent.name = metadata.text("name", "");
    intent.owner = metadata.text("owner", "");
    intent.ticket = metadata.text("ticket", "");
    metadata.finish();
    Section contexts = root.section("contexts");
    contexts.text("vcenter", "");
    contexts.text("powerflex", "");
    contexts.finish();
    Section network = root.section("network");
    Section paths = network.section("paths");
    if (const json::value* minimum = paths.get("require_min"); minimum != nullptr) {
        if (!minimum->is_int64() || minimum->get_int64() < 1 || minimum->get_int64() > 32) {
            paths.wrong("require_min", "a number from 1 to 32");
        } else {
            intent.require_min_paths = static_cast<std::uint32_t>(minimum->get_int64());
        }
    }
    paths.finish();
    network.finish();
    Section safety = root.section("safety");
    safety.one_of("snapshot", {"required"}, "required");
    intent.snapshot_retention = safety.text("snapshot_retention", intent.snapshot_retention);
    if (seconds_of(intent.snapshot_retention) < 0) {
        safety.wrong("snapshot_retention", "a time such as 14d");
    }
    Section voma = safety.section("voma");
    intent.voma_before = voma_mode(voma, "before");
    intent.voma_after = voma_mode(voma, "after");
    voma.finish();
    safety.finish();
}

} // namespace

Result<Intent> parse_intent(std::string_view text, std::string_view name) {
    PF_TRY(const json::value document, parse_yaml(text, name));
    if (!document.is_object()) {
        return fail(Errc::InvalidArgument, "{}: an intent is a mapping", name);
    }
    std::string error;
    Intent intent;
    Section root("", document.get_object(), &error);
    root.one_of("apiVersion", {"pfnvme/v1"}, "");
    root.one_of("kind", {"MigrationIntent"}, "");
    read_rest(root, intent);
    read_scope(root, intent);
    read_strategy(root, intent, &error);
    read_target(root, intent, &error);
    root.finish();
    if (error.empty() && intent.name.empty()) {
        error = "metadata.name is missing";
    }
    if (error.empty() && intent.include_datastores.empty()) {
        error = "scope.datastores.include is missing: name the datastores to move";
    }
    if (error.empty() && !intent.accepted_kb.empty() && intent.accepted_kb != kKnowledgeBase) {
        error = fmt::format("strategy.offline.accept_kb must be \"{}\"", kKnowledgeBase);
    }
    if (!error.empty()) {
        return fail(Errc::InvalidArgument, "{}: {}", name, error);
    }
    intent.sha256 = sha256_hex(as_bytes(text));
    return intent;
}

bool glob_match(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) &&
            pattern[p] != '*') {
            ++p;
            ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

Use classify(const Intent& intent, const std::string& datastore) {
    for (const ClassifyRule& rule : intent.classify) {
        if (glob_match(rule.pattern, datastore)) {
            return rule.use;
        }
    }
    return Use::Online;
}

std::string expand_name(const std::string& pattern, const std::string& datastore) {
    constexpr std::string_view kPlaceholder = "{{ds.name}}";
    std::string out = pattern;
    for (std::size_t at = out.find(kPlaceholder); at != std::string::npos;
         at = out.find(kPlaceholder, at + datastore.size())) {
        out.replace(at, kPlaceholder.size(), datastore);
    }
    return out;
}

} // namespace pf::nvmetool
