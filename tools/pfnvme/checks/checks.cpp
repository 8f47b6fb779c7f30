#include "tools/pfnvme/checks/checks.hpp"

#include "tools/pfnvme/checks/rule.hpp"
#include "tools/pfnvme/inventory/query.hpp"

#include <algorithm>
#include <set>

namespace pf::nvmetool {

namespace {

std::vector<CheckRule> make_rules() {
    std::vector<CheckRule> out;
    for (std::vector<CheckRule> part :
         {host_rules(), device_rules(), network_rules(), limit_rules(), powerflex_rules(),
          volume_rules(), datastore_rules(), datastore_use_rules(), vm_rules(),
          vm_context_rules()}) {
        std::move(part.begin(), part.end(), std::back_inserter(out));
    }
    std::sort(out.begin(), out.end(),
              [](const CheckRule& a, const CheckRule& b) { return a.id < b.id; });
    return out;
}

// Facts without which the engine can't even find the objects of this kind.
std::vector<Fact> facts_of(Subject subject) {
    switch (subject) {
    case Subject::Host:
        return {Fact::Hosts};
    case Subject::Cluster:
        return {Fact::Clusters};
    case Subject::Datastore:
    case Subject::Volume:
        return {Fact::Datastores, Fact::PowerFlex};
    case Subject::Vm:
        return {Fact::Vms, Fact::Datastores, Fact::PowerFlex};
    case Subject::PowerFlex:
        break;
    }
    return {Fact::PowerFlex};
}

// One rule over the objects of the run. Without its facts it answers "unknown", once.
void evaluate(const CheckRule& rule, CheckRun& run) {
    run.rule = &rule;
    run.tally = {std::string(rule.id), 0, 0, 0, 0};
    std::set<Fact> needs(rule.needs.begin(), rule.needs.end());
    needs.merge([&] {
        const std::vector<Fact> more = facts_of(rule.subject);
        return std::set<Fact>(more.begin(), more.end());
    }());
    std::string missing;
    for (const Fact fact : needs) {
        if (!run.inventory.knows(fact)) {
            missing += (missing.empty() ? "" : ", ") + std::string(to_string(fact));
        }
    }
    if (!missing.empty()) {
        run.at("", "inventory");
        run.unknown(fmt::format("{}: the inventory does not have {}", rule.id, missing));
        return;
    }
    rule.evaluate(run);
}

bool wanted(const CheckRule& rule, const CheckOptions& options) {
    if (!(rule.online && options.online) && !(rule.offline && options.offline)) {
        return false;
    }
    return options.only.empty() ||
           std::any_of(options.only.begin(), options.only.end(),
                       [&](const std::string& prefix) { return rule.id.starts_with(prefix); });
}

// A date alone means the end of that day.
bool past(const Waiver& waiver, const std::string& now) {
    return !now.empty() && now.substr(0, waiver.until.size()) > waiver.until;
}

bool covers(const Waiver& waiver, const CheckFinding& item) {
    if (waiver.check != item.check) {
        return false;
    }
    if (waiver.object.empty() || waiver.object == "*" ||
        wildcard_match(waiver.object, item.object) || waiver.object == item.object_id) {
        return true;
    }
    const std::size_t space = item.object.find(' ');
    return space != std::string::npos &&
           wildcard_match(waiver.object, std::string_view(item.object).substr(space + 1));
}

void apply_waivers(const CheckOptions& options, CheckReport& report) {
    for (const Waiver& waiver : options.waivers) {
        if (past(waiver, options.now)) {
            report.notes.push_back(fmt::format("the waiver of {} for '{}' ended on {}",
                                               waiver.check, waiver.object, waiver.until));
            continue;
        }
        bool used = false;
        for (CheckFinding& item : report.findings) {
            if (!covers(waiver, item) || item.verdict == Verdict::Waived) {
                continue;
            }
            used = true;
            const bool unknown = item.verdict == Verdict::Unknown;
            item.verdict = Verdict::Waived;
            item.waiver = waiver.reason;
            for (CheckTally& tally : report.tally) {
                if (tally.check == item.check) {
                    --(unknown ? tally.unknown : tally.violated);
                    ++tally.waived;
                }
            }
        }
        if (!used) {
            report.notes.push_back(fmt::format("the waiver of {} for '{}' covers nothing",
                                               waiver.check, waiver.object));
        }
    }
}

std::size_t count(const CheckReport& report, Severity severity) {
    return static_cast<std::size_t>(std::count_if(
        report.findings.begin(), report.findings.end(), [severity](const CheckFinding& item) {
            return item.verdict == Verdict::Violated && item.severity == severity;
        }));
}

// The violations of one rule, in gate mode.
std::vector<CheckFinding> violations(const CheckRule& rule, CheckRun& run) {
    run.findings.clear();
    evaluate(rule, run);
    std::vector<CheckFinding> out;
    for (CheckFinding& item : run.findings) {
        if (item.verdict == Verdict::Violated) {
            out.push_back(std::move(item));
        }
    }
    return out;
}

void append(std::vector<PlanFinding>& out, const std::vector<CheckFinding>& in) {
    for (const CheckFinding& item : in) {
        out.push_back(plan_finding(item));
    }
}

} // namespace

std::span<const CheckRule> all_checks() {
    static const std::vector<CheckRule> kRules = make_rules();
    return kRules;
}

const CheckRule* find_check(std::string_view id) {
    const auto rules = all_checks();
    const auto found = std::lower_bound(
        rules.begin(), rules.end(), id,
        [](const CheckRule& rule, std::string_view wanted_id) { return rule.id < wanted_id; });
    return found == rules.end() || found->id != id ? nullptr : &*found;
}

std::string_view to_string(Severity severity) {
    switch (severity) {
    case Severity::Blocker:
        return "blocker";
    case Severity::Warning:
        return "warning";
    case Severity::Info:
        return "info";
    }
    return "?";
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
    case Verdict::Ok:
        return "ok";
    case Verdict::Violated:
        return "violated";
    case Verdict::Unknown:
        return "unknown";
    case Verdict::Waived:
        return "waived";
    }
    return "?";
}

std::string_view to_string(Subject subject) {
    switch (subject) {
    case Subject::Host:
        return "host";
    case Subject::Cluster:
        return "cluster";
    case Subject::Datastore:
        return "datastore";
    case Subject::Vm:
        return "vm";
    case Subject::Volume:
        return "volume";
    case Subject::PowerFlex:
        return "powerflex";
    }
    return "?";
}

bool applies_to(const CheckRule& rule, const std::string& esxi_version) {
    if (esxi_version.empty()) {
        return true; // not known: better one finding too many
    }
    return (rule.from_version.empty() ||
            compare_versions(esxi_version, std::string(rule.from_version)) >= 0) &&
           (rule.until_version.empty() ||
            compare_versions(esxi_version, std::string(rule.until_version)) < 0);
}

Verdict CheckTally::verdict() const {
    return violated > 0  ? Verdict::Violated
           : unknown > 0 ? Verdict::Unknown
           : waived > 0  ? Verdict::Waived
                         : Verdict::Ok;
}

std::size_t CheckReport::blockers() const { return count(*this, Severity::Blocker); }
std::size_t CheckReport::warnings() const { return count(*this, Severity::Warning); }
std::size_t CheckReport::unknowns() const {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(),
                      [](const CheckFinding& item) { return item.verdict == Verdict::Unknown; }));
}

CheckReport run_checks(const Inventory& inventory, const CheckOptions& options) {
    CheckScope scope;
    scope.clusters = options.clusters;
    const CheckObjects objects = objects_in_scope(inventory, scope);
    const LimitTable& limits = options.limits == nullptr ? builtin_limits() : *options.limits;
    CheckRun run(inventory, scope, objects, limits, options.online, options.offline);
    CheckReport report;
    for (const CheckRule& rule : all_checks()) {
        if (!wanted(rule, options)) {
            continue;
        }
        evaluate(rule, run);
        report.tally.push_back(run.tally);
        std::move(run.findings.begin(), run.findings.end(), std::back_inserter(report.findings));
        run.findings.clear();
    }
    apply_waivers(options, report);
    return report;
}

PlanFinding finding(std::string_view check, std::string object, std::string message,
                    std::string fix) {
    const CheckRule* rule = find_check(check);
    PlanFinding out;
    out.check = check;
    out.severity = rule == nullptr ? "blocker" : std::string(to_string(rule->severity));
    out.object = std::move(object);
    out.message = std::move(message);
    out.fix = fix.empty() && rule != nullptr ? std::string(rule->fix) : std::move(fix);
    return out;
}

PlanFinding plan_finding(const CheckFinding& in) {
    PlanFinding out;
    out.check = in.check;
    out.severity = in.verdict == Verdict::Unknown  ? "unknown"
                   : in.verdict == Verdict::Waived ? "waived"
                                                   : std::string(to_string(in.severity));
    out.object = in.object;
    out.message = in.message;
    out.fix = in.fix;
    return out;
}

bool has_blocker(const std::vector<PlanFinding>& findings) {
    return std::any_of(findings.begin(), findings.end(), [](const PlanFinding& item) {
        return item.severity == "blocker" && item.waiver.empty();
    });
}

std::vector<PlanFinding> check_host(const Inventory& inventory, const HostInfo& host) {
    CheckScope scope;
    scope.host = &host;
    const CheckObjects objects = objects_in_scope(inventory, scope);
    CheckRun run(inventory, scope, objects, builtin_limits(), true, true);
    std::vector<PlanFinding> out;
    // What makes every other question pointless comes first and alone.
    for (const std::string_view first : {"E-CONN-01", "E-VER-01"}) {
        append(out, violations(*find_check(first), run));
        if (!out.empty()) {
            return out;
        }
    }
    for (const CheckRule& rule : all_checks()) {
        // What a host still lacks (paths, tags, adapters) is what onboarding is for.
        // What only one way of migrating needs is judged with the units that go that way.
        const bool asked =
            (rule.subject == Subject::Host || rule.id == "P-SDT-02") && rule.online && rule.offline;
        if (asked && !rule.id.starts_with("L-") && rule.id != "E-PATH-03" &&
            rule.id != "N-TAG-01" && rule.id != "N-NIC-02" && rule.id != "N-RED-01") {
            append(out, violations(rule, run));
        }
    }
    return out;
}

std::vector<PlanFinding> check_host_ready(const Inventory& inventory, const HostInfo& host,
                                          std::uint32_t new_namespaces, std::uint32_t min_paths) {
    std::vector<PlanFinding> out = check_host(inventory, host);
    if (has_blocker(out)) {
        return out;
    }
    const std::string object = "host " + host.name;
    const ReleaseLimits& limits = limits_for(host.version);
    std::uint32_t online = 0;
    for (const NvmeController& controller : host.controllers) {
        if (controller.online && controller.subsystem_nqn == inventory.powerflex.nqn) {
            ++online;
        }
    }
    const PowerFlexHost* registered = inventory.nvme_host(host.nqn);
    if (registered == nullptr || online < min_paths) {
        out.push_back(finding(
            "E-PATH-03", object,
            fmt::format("host '{}' has {} of {} NVMe/TCP controllers online{}", host.name, online,
                        min_paths,
                        registered == nullptr ? " and is not registered on PowerFlex" : "")));
        return out;
    }
    if (online > limits.paths_per_namespace) {
        out.push_back(
            finding("L-PATH-01", object,
                    fmt::format("host '{}' has {} controllers; ESXi {} allows {} paths for each "
                                "namespace",
                                host.name, online, host.version, limits.paths_per_namespace)));
    }
    const std::size_t after = inventory.volumes_of(*registered).size() + new_namespaces;
    if (after > limits.namespaces_per_host || after * online > limits.paths_per_host) {
        out.push_back(
            finding("L-NS-01", object,
                    fmt::format("host '{}' would have {} namespaces and {} paths; ESXi {} allows "
                                "{} and {}",
                                host.name, after, after * online, host.version,
                                limits.namespaces_per_host, limits.paths_per_host)));
    }
    if (online < 2) {
        out.push_back(
            finding("N-RED-01", object, fmt::format("host '{}' has a single path", host.name)));
    }
    return out;
}

std::vector<PlanFinding> check_unit(const Inventory& inventory,
                                    const std::vector<const DatastoreInfo*>& datastores,
                                    Strategy strategy) {
    CheckScope scope;
    scope.datastores = datastores;
    const CheckObjects objects = objects_in_scope(inventory, scope);
    const bool online = strategy == Strategy::Online;
    CheckRun run(inventory, scope, objects, builtin_limits(), online, !online);
    std::vector<PlanFinding> out;
    append(out, violations(*find_check("D-PF-01"), run));
    if (!out.empty()) {
        return out; // not ours: nothing else about it matters
    }
    for (const CheckRule& rule : all_checks()) {
        const bool of_unit = rule.subject == Subject::Datastore || rule.subject == Subject::Vm ||
                             rule.subject == Subject::Volume;
        if (of_unit && (online ? rule.online : rule.offline)) {
            append(out, violations(rule, run));
        }
    }
    return out;
}

std::vector<PlanFinding> check_datastore(const Inventory& inventory, const DatastoreInfo& datastore,
                                         Strategy strategy) {
    return check_unit(inventory, {&datastore}, strategy);
}

std::vector<PlanFinding> check_unknowns(const Inventory& inventory, Strategy strategy) {
    const bool online = strategy == Strategy::Online;
    std::vector<PlanFinding> out;
    for (const CheckRule& rule : all_checks()) {
        if (!(online ? rule.online : rule.offline)) {
            continue;
        }
        CheckScope scope;
        const CheckObjects nothing;
        CheckRun run(inventory, scope, nothing, builtin_limits(), online, !online);
        if (std::any_of(rule.needs.begin(), rule.needs.end(),
                        [&](Fact fact) { return !inventory.knows(fact); })) {
            evaluate(rule, run);
            append(out, run.findings);
        }
    }
    return out;
}

} // namespace pf::nvmetool
