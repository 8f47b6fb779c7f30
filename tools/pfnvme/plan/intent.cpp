#include "tools/pfnvme/plan/intent.hpp"

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/glob.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "base/yaml.hpp"
#include "tools/pfnvme/plan/intent_keys.hpp"

#include <algorithm>
#include <charconv>

namespace pf::nvmetool {

namespace {

constexpr std::int64_t kSecondsPerDay = 86400;

// The document has passed check_intent_document: types are as the table says.
const json::object& section(const json::object& parent, std::string_view key) {
    static const json::object kEmpty;
    const json::value* value = parent.if_contains(key);
    return value == nullptr ? kEmpty : value->get_object();
}

const json::array& items(const json::object& parent, std::string_view key) {
    static const json::array kEmpty;
    const json::value* value = parent.if_contains(key);
    return value == nullptr ? kEmpty : value->get_array();
}

std::string text(const json::object& parent, std::string_view key, std::string fallback = {}) {
    const json::value* value = parent.if_contains(key);
    return value == nullptr ? std::move(fallback) : std::string(value->get_string());
}

std::vector<std::string> texts(const json::object& parent, std::string_view key) {
    std::vector<std::string> out;
    const json::value* value = parent.if_contains(key);
    if (value != nullptr && value->is_string()) {
        out.emplace_back(value->get_string());
    } else if (value != nullptr) {
        for (const json::value& item : value->get_array()) {
            out.emplace_back(item.get_string());
        }
    }
    return out;
}

void number(const json::object& parent, std::string_view key, std::int64_t& out) {
    if (const json::value* value = parent.if_contains(key); value != nullptr) {
        out = value->get_int64();
    }
}

void percent(const json::object& parent, std::string_view key, std::int64_t& out) {
    const json::value* value = parent.if_contains(key);
    if (value == nullptr) {
        return;
    }
    if (value->is_int64()) {
        out = value->get_int64();
        return;
    }
    const std::string_view word(value->get_string());
    std::from_chars(word.data(), word.data() + word.size(), out);
}

void flag(const json::object& parent, std::string_view key, bool& out) {
    if (const json::value* value = parent.if_contains(key); value != nullptr) {
        out = value->get_bool();
    }
}

void seconds(const json::object& parent, std::string_view key, std::int64_t& out) {
    if (parent.contains(key)) {
        out = intent_seconds(text(parent, key));
    }
}

// "auto" is 0.
Result<void> auto_or_number(const json::object& parent, std::string_view key, std::string_view path,
                            std::int64_t& out) {
    const json::value* value = parent.if_contains(key);
    if (value == nullptr || (value->is_string() && value->get_string() == "auto")) {
        return {};
    }
    if (!value->is_int64() || value->get_int64() < 1) {
        return fail(Errc::InvalidArgument, "{} must be auto or a number from 1", path);
    }
    out = value->get_int64();
    return {};
}

Result<std::string> voma_mode(const json::object& parent, std::string_view key) {
    const json::value* value = parent.if_contains(key);
    if (value == nullptr) {
        return std::string("if-available");
    }
    if (value->is_bool()) {
        return std::string(value->get_bool() ? "if-available" : "off");
    }
    std::string word(value->get_string());
    if (word != "off" && word != "if-available" && word != "required") {
        return fail(Errc::InvalidArgument,
                    "safety.voma.{} must be true, false, off, if-available or required", key);
    }
    return word;
}

Result<Use> use_of(std::string_view word, std::string_view where) {
    for (const Use use : {Use::Online, Use::Offline, Use::Auto, Use::Skip}) {
        if (word == to_string(use)) {
            return use;
        }
    }
    return fail(Errc::InvalidArgument, "{}: '{}' must be one of: online, offline, auto, skip",
                where, word);
}

Result<Selector> rule(const json::object& parent, std::string_view key, std::string_view path) {
    Result<Selector> out = Selector::parse(text(parent, key));
    if (!out) {
        return fail(Errc::InvalidArgument, "{}: {}", path, out.error().what);
    }
    return out;
}

Result<std::int64_t> moment(std::string_view word) {
    PF_TRY(const WallTime time, parse_rfc3339(word));
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// ---- CSV ----

std::vector<std::string> csv_cells(std::string_view line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted) {
            if (c != '"') {
                out.back() += c;
            } else if (i + 1 < line.size() && line[i + 1] == '"') {
                out.back() += line[++i];
            } else {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',' || c == ';') {
            out.emplace_back();
        } else if (c != '\r') {
            out.back() += c;
        }
    }
    return out;
}

Result<void> read_csv(const std::string& content, ClassifyRule& out) {
    std::size_t name_at = SIZE_MAX;
    std::size_t use_at = SIZE_MAX;
    std::size_t at = 0;
    for (int line_number = 1; at < content.size(); ++line_number) {
        const std::size_t end = std::min(content.find('\n', at), content.size());
        const std::vector<std::string> cells =
            csv_cells(std::string_view(content).substr(at, end - at));
        at = end + 1;
        if (line_number == 1) {
            for (std::size_t i = 0; i < cells.size(); ++i) {
                if (cells[i] == "vm" || cells[i] == "datastore") {
                    name_at = i;
                    out.csv_by_vm = cells[i] == "vm";
                } else if (cells[i] == "use") {
                    use_at = i;
                }
            }
            if (name_at == SIZE_MAX || use_at == SIZE_MAX) {
                return fail(Errc::InvalidArgument,
                            "{}: the first line must name the columns 'vm' or 'datastore', and "
                            "'use'",
                            out.csv);
            }
            continue;
        }
        if (cells.size() == 1 && cells[0].empty()) {
            continue;
        }
        if (cells.size() <= std::max(name_at, use_at)) {
            return fail(Errc::InvalidArgument, "{}:{}: too few columns", out.csv, line_number);
        }
        PF_TRY(const Use use, use_of(cells[use_at], fmt::format("{}:{}", out.csv, line_number)));
        if (!out.csv_names.emplace(cells[name_at], use).second) {
            return fail(Errc::InvalidArgument, "{}:{}: '{}' stands twice", out.csv, line_number,
                        cells[name_at]);
        }
    }
    return {};
}

// ---- sections ----

Result<void> read_scope(const json::object& root, Intent& intent) {
    const json::object& scope = section(root, "scope");
    intent.clusters = texts(scope, "clusters");
    const json::object& datastores = section(scope, "datastores");
    intent.include_datastores = texts(datastores, "include");
    intent.exclude_datastores = texts(datastores, "exclude");
    if (intent.include_datastores.empty()) {
        return fail(Errc::InvalidArgument,
                    "scope.datastores.include is missing: name the datastores to move");
    }
    const json::object& exclude = section(section(scope, "vms"), "exclude");
    intent.exclude_vms.names = texts(exclude, "names");
    intent.exclude_vms.folders = texts(exclude, "folders");
    intent.exclude_vms.tags = texts(exclude, "tags");
    intent.exclude_vms.power_states = texts(exclude, "power_states");
    if (exclude.contains("when")) {
        PF_TRY(intent.exclude_vms.when, rule(exclude, "when", "scope.vms.exclude.when"));
    }
    return {};
}

Result<void> read_classify(const json::object& strategy, Intent& intent, const IntentFiles& files,
                           std::string& named_files) {
    int index = 0;
    for (const json::value& item : items(strategy, "classify")) {
        const json::object& in = item.get_object();
        const std::string path = fmt::format("strategy.classify[{}]", index++);
        ClassifyRule out;
        const bool is_default = in.contains("default");
        const bool is_csv = in.contains("csv");
        if (is_default ? in.size() != 1
            : is_csv   ? in.size() != 1
                       : in.size() != 2 || !in.contains("when") || !in.contains("use")) {
            return fail(Errc::InvalidArgument, "{} must be {{when, use}}, {{csv}} or {{default}}",
                        path);
        }
        if (is_default) {
            PF_TRY(out.use, use_of(text(in, "default"), path + ".default"));
        } else if (is_csv) {
            out.csv = text(in, "csv");
            if (!files) {
                return fail(Errc::InvalidArgument, "{}.csv: files can't be read here", path);
            }
            PF_TRY(const std::string content, files(out.csv));
            PF_CHECK(read_csv(content, out));
            named_files += content;
        } else {
            PF_TRY(out.when, rule(in, "when", path + ".when"));
            PF_TRY(out.use, use_of(text(in, "use"), path + ".use"));
        }
        intent.classify.push_back(std::move(out));
    }
    return {};
}

Result<void> read_strategy(const json::object& root, Intent& intent, const IntentFiles& files,
                           std::string& named_files) {
    const json::object& strategy = section(root, "strategy");
    PF_CHECK(read_classify(strategy, intent, files, named_files));
    const std::string mixed = text(strategy, "mixed", "online");
    intent.mixed = mixed == "split"     ? MixedUse::Split
                   : mixed == "offline" ? MixedUse::Offline
                                        : MixedUse::Online;
    const json::object& offline = section(strategy, "offline");
    intent.accepted_kb = text(offline, "accept_kb");
    const json::object& shutdown = section(offline, "shutdown");
    seconds(shutdown, "guest", intent.guest_shutdown_s);
    intent.power_off_after = text(shutdown, "then") == "power-off";
    percent(section(strategy, "online"), "verify_free", intent.verify_free_percent);
    return {};
}

Result<void> read_target(const json::object& root, Intent& intent) {
    const json::object& target = section(root, "target");
    for (const json::value& item : items(target, "pools")) {
        intent.pools.push_back({text(item.get_object(), "protection_domain"),
                                text(item.get_object(), "storage_pool")});
    }
    const json::object& naming = section(target, "naming");
    intent.volume_name = text(naming, "volume", intent.volume_name);
    intent.datastore_online = text(naming, "datastore_online", intent.datastore_online);
    intent.datastore_offline = text(naming, "datastore_offline", intent.datastore_offline);
    intent.consolidated_name = text(naming, "consolidated", intent.consolidated_name);
    if (intent.consolidated_name.find("{{number}}") == std::string::npos) {
        return fail(Errc::InvalidArgument,
                    "target.naming.consolidated must contain {{{{number}}}}: there may be several");
    }
    intent.consolidate.wanted = target.contains("consolidate");
    const json::object& consolidate = section(target, "consolidate");
    PF_CHECK(auto_or_number(consolidate, "max_namespaces_per_host",
                            "target.consolidate.max_namespaces_per_host",
                            intent.consolidate.max_namespaces));
    number(consolidate, "max_vms_per_datastore", intent.consolidate.max_vms);
    if (consolidate.contains("max_size")) {
        PF_TRY(const std::int64_t bytes, parse_size_bytes(text(consolidate, "max_size")));
        intent.consolidate.max_bytes = static_cast<std::uint64_t>(bytes);
    }
    const json::object& paths = section(section(root, "network"), "paths");
    std::int64_t minimum = intent.require_min_paths;
    number(paths, "require_min", minimum);
    intent.require_min_paths = static_cast<std::uint32_t>(minimum);
    PF_CHECK(auto_or_number(paths, "per_namespace", "network.paths.per_namespace",
                            intent.paths_per_namespace));
    intent.require_vmks = texts(paths, "vmks");
    intent.require_sdts = texts(paths, "sdts");
    return {};
}

Result<TimeSpan> span_of(std::string_view start, std::string_view end, std::string_view path) {
    TimeSpan out;
    const Result<std::int64_t> from = moment(start);
    const Result<std::int64_t> to = moment(end);
    if (!from || !to) {
        return fail(Errc::InvalidArgument, "{}: '{}' is no time with an offset", path,
                    from ? end : start);
    }
    out.start_s = *from;
    out.end_s = *to;
    if (out.end_s <= out.start_s) {
        return fail(Errc::InvalidArgument, "{} ends before it starts", path);
    }
    return out;
}

Result<void> read_windows(const json::object& root, RunPolicy& policy) {
    int index = 0;
    for (const json::value& item : items(root, "window")) {
        const json::object& in = item.get_object();
        const std::string path = fmt::format("window[{}]", index++);
        ChangeWindow out;
        PF_TRY(out.span, span_of(text(in, "start"), text(in, "end"), path));
        for (const std::string& freeze : texts(in, "freeze")) {
            const std::size_t slash = freeze.find('/');
            if (slash == std::string::npos) {
                return fail(Errc::InvalidArgument, "{}.freeze: '{}' must be START/END", path,
                            freeze);
            }
            PF_TRY(TimeSpan span,
                   span_of(freeze.substr(0, slash), freeze.substr(slash + 1), path + ".freeze"));
            span.start_s = std::max(span.start_s, out.span.start_s);
            span.end_s = std::min(span.end_s, out.span.end_s);
            if (span.end_s <= span.start_s) {
                return fail(Errc::InvalidArgument, "{}.freeze: '{}' is outside the window", path,
                            freeze);
            }
            out.freezes.push_back(span);
        }
        const auto by_start = [](const TimeSpan& a, const TimeSpan& b) {
            return a.start_s < b.start_s;
        };
        std::sort(out.freezes.begin(), out.freezes.end(), by_start);
        policy.windows.push_back(std::move(out));
    }
    std::sort(policy.windows.begin(), policy.windows.end(),
              [](const ChangeWindow& a, const ChangeWindow& b) {
                  return a.span.start_s < b.span.start_s;
              });
    for (std::size_t i = 1; i < policy.windows.size(); ++i) {
        if (policy.windows[i].span.start_s < policy.windows[i - 1].span.end_s) {
            return fail(Errc::InvalidArgument, "two of the windows overlap; join them");
        }
    }
    return {};
}

std::vector<Hook> hooks_of(const json::object& hooks, std::string_view key) {
    std::vector<Hook> out;
    for (const json::value& item : items(hooks, key)) {
        const json::object& in = item.get_object();
        Hook hook;
        hook.run = text(in, "run");
        seconds(in, "timeout", hook.timeout_s);
        hook.on_fail = text(in, "on_fail", hook.on_fail);
        out.push_back(std::move(hook));
    }
    return out;
}

Result<void> read_policy(const json::object& root, RunPolicy& policy) {
    const json::object& limits = section(root, "limits");
    number(limits, "svmotion_per_host", policy.caps.svmotion_per_host);
    number(limits, "svmotion_per_datastore", policy.caps.svmotion_per_datastore);
    number(limits, "svmotion_total", policy.caps.svmotion_total);
    number(limits, "datastores_in_flight", policy.caps.datastores_in_flight);
    number(limits, "units_in_flight", policy.caps.units_in_flight);
    number(limits, "hosts_rescanning", policy.caps.hosts_rescanning);
    percent(limits, "host_nic_share", policy.caps.host_nic_share_percent);
    PF_CHECK(read_windows(root, policy));
    const json::object& schedule = section(root, "schedule");
    for (const StartRule candidate :
         {StartRule::InsideWindow, StartRule::P90BeforeEnd, StartRule::P90PlusRollbackBeforeEnd}) {
        if (text(schedule, "start_rule") == to_string(candidate)) {
            policy.start_rule = candidate;
        }
    }
    for (const Overrun candidate : {Overrun::FinishUnit, Overrun::RollbackUnit, Overrun::Ask}) {
        if (text(schedule, "overrun") == to_string(candidate)) {
            policy.overrun = candidate;
        }
    }
    const json::object& blast = section(root, "blast_radius");
    number(blast, "canary", policy.blast.canary);
    number(blast, "max_failed_units", policy.blast.max_failed_units);
    number(blast, "max_vms_down", policy.blast.max_vms_down);
    number(blast, "max_datastores_offline", policy.blast.max_datastores_offline);
    const json::object& slo = section(root, "slo");
    if (slo.contains("vm_latency_p95")) {
        policy.slo.vm_latency_p95_ms = intent_milliseconds(text(slo, "vm_latency_p95"));
    }
    if (slo.contains("storage_latency_p95")) {
        policy.slo.storage_latency_p95_ms = intent_milliseconds(text(slo, "storage_latency_p95"));
    }
    flag(slo, "pause_on_rebuild", policy.slo.pause_on_rebuild);
    const json::object& hooks = section(root, "hooks");
    policy.hooks.pre_run = hooks_of(hooks, "pre_run");
    policy.hooks.post_run = hooks_of(hooks, "post_run");
    policy.hooks.pre_unit = hooks_of(hooks, "pre_unit");
    policy.hooks.post_unit = hooks_of(hooks, "post_unit");
    policy.hooks.on_failure = hooks_of(hooks, "on_failure");
    const json::object& approval = section(root, "approval");
    number(approval, "required", policy.approval.required);
    flag(approval, "not_author", policy.approval.not_author);
    policy.approval.signers = texts(approval, "signers");
    const json::object& safety = section(root, "safety");
    seconds(safety, "snapshot_retention", policy.snapshot_retention_s);
    seconds(safety, "retire_source_after", policy.retire_source_after_s);
    return {};
}

Result<void> read_rest(const json::object& root, Intent& intent) {
    const json::object& metadata = section(root, "metadata");
    intent.name = text(metadata, "name");
    intent.owner = text(metadata, "owner");
    intent.ticket = text(metadata, "ticket");
    if (intent.name.empty()) {
        return fail(Errc::InvalidArgument, "metadata.name is empty");
    }
    for (const json::value& item : items(root, "waves")) {
        const json::object& in = item.get_object();
        WaveRule wave;
        wave.name = text(in, "name");
        if (in.contains("when")) {
            PF_TRY(wave.when, rule(in, "when", "waves[" + wave.name + "].when"));
        }
        intent.waves.push_back(std::move(wave));
    }
    const json::object& voma = section(section(root, "safety"), "voma");
    PF_TRY(intent.voma_before, voma_mode(voma, "before"));
    PF_TRY(intent.voma_after, voma_mode(voma, "after"));
    for (const json::value& item : items(root, "waivers")) {
        const json::object& in = item.get_object();
        WaiverRule waiver{text(in, "check"), text(in, "object", "*"), text(in, "reason"),
                          text(in, "by"),    text(in, "until"),       0};
        const bool is_date = waiver.until.size() == 10;
        const Result<std::int64_t> until =
            moment(is_date ? waiver.until + "T00:00:00Z" : waiver.until);
        if (!until) {
            return fail(Errc::InvalidArgument, "waivers[{}].until: '{}' is no date", waiver.check,
                        waiver.until);
        }
        waiver.until_s = *until + (is_date ? kSecondsPerDay : 0); // a date counts to its end
        intent.waivers.push_back(std::move(waiver));
    }
    return {};
}

Result<Intent> read_intent(const json::object& root, const IntentFiles& files,
                           std::string& named_files) {
    Intent intent;
    PF_CHECK(read_rest(root, intent));
    PF_CHECK(read_scope(root, intent));
    PF_CHECK(read_strategy(root, intent, files, named_files));
    PF_CHECK(read_target(root, intent));
    PF_CHECK(read_policy(root, intent.policy));
    return intent;
}

bool any_match(const std::vector<std::string>& patterns, const std::string& value) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, value); });
}

} // namespace

std::string_view to_string(Use use) {
    switch (use) {
    case Use::Online:
        return "online";
    case Use::Offline:
        return "offline";
    case Use::Auto:
        return "auto";
    case Use::Skip:
        return "skip";
    }
    return "?";
}

Result<Intent> parse_intent(std::string_view text, std::string_view name,
                            const IntentFiles& files) {
    PF_TRY(const json::value document, parse_yaml(text, name));
    std::string named_files;
    Result<Intent> intent = [&]() -> Result<Intent> {
        PF_CHECK(check_intent_document(document));
        return read_intent(document.get_object(), files, named_files);
    }();
    if (!intent) {
        return fail(Errc::InvalidArgument, "{}: {}", name, intent.error().what);
    }
    intent->sha256 = sha256_hex(as_bytes(std::string(text) + named_files));
    return intent;
}

Use classify(const Intent& intent, const RuleSubject& subject) {
    for (const ClassifyRule& rule : intent.classify) {
        if (rule.when) {
            if (rule.when->matches(subject)) {
                return rule.use;
            }
        } else if (rule.csv.empty()) {
            return rule.use;
        } else if (rule.csv_by_vm) {
            if (subject.vm != nullptr) {
                const auto found = rule.csv_names.find(subject.vm->name);
                if (found != rule.csv_names.end()) {
                    return found->second;
                }
            }
        } else {
            for (const DatastoreInfo* datastore : subject.datastores) {
                const auto found = rule.csv_names.find(datastore->name);
                if (found != rule.csv_names.end()) {
                    return found->second;
                }
            }
        }
    }
    return Use::Online;
}

bool excluded(const Intent& intent, const RuleSubject& subject) {
    const VmExclusion& rules = intent.exclude_vms;
    if (subject.vm == nullptr) {
        return false;
    }
    const VmInfo& vm = *subject.vm;
    if (any_match(rules.names, vm.name) || any_match(rules.folders, vm.folder) ||
        any_match(rules.power_states, vm.power_state)) {
        return true;
    }
    for (const std::string& tag : vm.tags) {
        if (any_match(rules.tags, tag) || any_match(rules.tags, tag.substr(tag.find(':') + 1))) {
            return true;
        }
    }
    return rules.when && rules.when->matches(subject);
}

std::size_t wave_of(const Intent& intent, const RuleSubject& subject) {
    for (std::size_t i = 0; i < intent.waves.size(); ++i) {
        if (!intent.waves[i].when || intent.waves[i].when->matches(subject)) {
            return i;
        }
    }
    return intent.waves.size();
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
