// pfnvme check run: every rule over an inventory.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/xml.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/inventory_source.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/user_files.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

struct Prepared {
    CheckOptions options;
    LimitTable limits;
};

Result<void> prepare(const OptionValues& values, Prepared& out) {
    out.options.only = values.list("only");
    out.options.clusters = values.list("cluster");
    out.options.now = format_rfc3339(wall_now());
    const std::string& strategy = values.text("strategy");
    if (strategy != "both" && strategy != "online" && strategy != "offline") {
        return fail(Errc::InvalidArgument, "--strategy is online, offline or both, not '{}'",
                    strategy);
    }
    out.options.online = strategy != "offline";
    out.options.offline = strategy != "online";
    for (const std::string& prefix : out.options.only) {
        const auto rules = all_checks();
        if (std::none_of(rules.begin(), rules.end(),
                         [&](const CheckRule& rule) { return rule.id.starts_with(prefix); })) {
            return fail(Errc::InvalidArgument,
                        "no check begins with '{}'; list them with: pfnvme check list", prefix);
        }
    }
    out.limits = builtin_limits();
    if (const std::string& file = values.text("limits"); !file.empty()) {
        PF_TRY(const std::string text, read_file(file));
        PF_TRY(out.limits, parse_limits(text, file));
    }
    out.options.limits = &out.limits;
    std::string waivers = values.text("waivers");
    if (waivers.empty() && file_exists(config_folder() + "/waivers.json")) {
        waivers = config_folder() + "/waivers.json";
    }
    if (!waivers.empty()) {
        PF_TRY(const std::string text, read_file(waivers));
        PF_TRY(out.options.waivers, parse_waivers(text, waivers));
    }
    return {};
}

TableOut findings_table(const CheckReport& report) {
    TableOut out{"findings",
                 {{"check", FieldKind::Text},
                  {"severity", FieldKind::Text},
                  {"verdict", FieldKind::Text},
                  {"subject", FieldKind::Text},
                  {"object", FieldKind::Text},
                  {"object_id", FieldKind::Text},
                  {"message", FieldKind::Text},
                  {"fix", FieldKind::Text},
                  {"waiver", FieldKind::Text}},
                 {},
                 {"check", "severity", "verdict", "message"}};
    for (const CheckFinding& item : report.findings) {
        out.rows.push_back({item.check, std::string(to_string(item.severity)),
                            std::string(to_string(item.verdict)),
                            std::string(to_string(item.subject)), item.object, item.object_id,
                            item.message, item.fix, item.waiver});
    }
    return out;
}

json::object report_document(const CheckReport& report, const Inventory& inventory,
                             const LimitTable& limits) {
    json::array findings;
    for (const CheckFinding& item : report.findings) {
        findings.push_back(json::object{{"check", item.check},
                                        {"severity", to_string(item.severity)},
                                        {"verdict", to_string(item.verdict)},
                                        {"subject", to_string(item.subject)},
                                        {"object", item.object},
                                        {"objectId", item.object_id},
                                        {"message", item.message},
                                        {"fix", item.fix},
                                        {"waiver", item.waiver}});
    }
    json::array tally;
    for (const CheckTally& item : report.tally) {
        tally.push_back(json::object{{"check", item.check},
                                     {"verdict", to_string(item.verdict())},
                                     {"objects", item.objects},
                                     {"violated", item.violated},
                                     {"unknown", item.unknown},
                                     {"waived", item.waived}});
    }
    json::array notes;
    for (const std::string& note : report.notes) {
        notes.emplace_back(note);
    }
    return {{"schemaVersion", 1},
            {"kind", "checks"},
            {"collectedAt", inventory.collected_at},
            {"limitsVersion", limits.version},
            {"blockers", report.blockers()},
            {"warnings", report.warnings()},
            {"unknown", report.unknowns()},
            {"findings", std::move(findings)},
            {"checks", std::move(tally)},
            {"notes", std::move(notes)}};
}

void print_text(const CheckReport& report) {
    const bool colour = colour_wanted();
    std::string last;
    for (const CheckFinding& item : report.findings) {
        if (item.check != last) {
            const CheckRule* rule = find_check(item.check);
            std::printf("%s%s %s\n", last.empty() ? "" : "\n", item.check.c_str(),
                        rule == nullptr ? "" : std::string(rule->title).c_str());
            last = item.check;
        }
        const std::string word(item.verdict == Verdict::Violated ? to_string(item.severity)
                                                                 : to_string(item.verdict));
        const char* code = word == "blocker" ? "31" : word == "warning" ? "33" : "36";
        std::printf("  %s %s%s\n", coloured(fmt::format("{:<8}", word), code, colour).c_str(),
                    item.message.c_str(),
                    item.waiver.empty() ? "" : (" (waived: " + item.waiver + ")").c_str());
        if (item.verdict == Verdict::Violated) {
            std::printf("           fix: %s\n", item.fix.c_str());
        }
    }
    for (const std::string& note : report.notes) {
        std::printf("note: %s\n", note.c_str());
    }
    std::printf("%s%zu checks: %zu blockers, %zu warnings, %zu unknown\n",
                report.findings.empty() && report.notes.empty() ? "" : "\n", report.tally.size(),
                report.blockers(), report.warnings(), report.unknowns());
}

// One test case for each rule; violations fail it, unknown ones are errors.
std::string junit(const CheckReport& report) {
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::string cases;
    for (const CheckTally& item : report.tally) {
        cases += fmt::format("  <testcase classname=\"pfnvme.check\" name=\"{}\">", item.check);
        for (const CheckFinding& found : report.findings) {
            if (found.check != item.check) {
                continue;
            }
            if (found.verdict == Verdict::Violated && found.severity == Severity::Blocker) {
                cases += fmt::format("\n    <failure type=\"blocker\" message=\"{}\"/>",
                                     xml_escaped(found.message));
            } else if (found.verdict == Verdict::Unknown) {
                cases += fmt::format("\n    <error type=\"unknown\" message=\"{}\"/>",
                                     xml_escaped(found.message));
            } else {
                cases +=
                    fmt::format("\n    <system-out>{}</system-out>", xml_escaped(found.message));
            }
        }
        failures += item.violated > 0 ? 1U : 0U;
        errors += item.unknown > 0 ? 1U : 0U;
        cases += "</testcase>\n";
    }
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite "
                       "name=\"pfnvme.check\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}"
                       "</testsuite>\n",
                       report.tally.size(), failures, errors, cases);
}

} // namespace

void check_run_options(OptionTable& table) {
    add_inventory_options(table);
    table.add({.name = "only",
               .type = OptionType::List,
               .help = "only checks that begin with this (may be repeated)",
               .value_name = "ID"});
    table.add({.name = "cluster",
               .type = OptionType::List,
               .help = "only hosts and datastores of this cluster (may be repeated)",
               .value_name = "NAME"});
    table.add({.name = "strategy",
               .default_value = "both",
               .help = "checks of online moves, of offline ones, or both",
               .value_name = "WORD"});
    table.add({.name = "waivers",
               .help = "waivers with reason and end; else waivers.json in the configuration folder",
               .value_name = "FILE"});
    table.add(
        {.name = "limits", .help = "limits that replace the built-in ones", .value_name = "FILE"});
    table.add({.name = "strict",
               .type = OptionType::Flag,
               .help = "exit 10 for warnings and for what is unknown"});
    add_table_options(table);
}

int check_run(const OptionValues& values) {
    Prepared prepared;
    if (const Result<void> ready = prepare(values, prepared); !ready) {
        return report_error(ready.error());
    }
    const Result<Inventory> inventory = open_inventory_source(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    const CheckReport report = run_checks(*inventory, prepared.options);
    const Format format = format_of(values);
    if (values.text("output") == "junit") {
        std::fputs(junit(report).c_str(), stdout);
    } else if (format == Format::Json || format == Format::Yaml) {
        print_document(report_document(report, *inventory, prepared.limits), format);
    } else if (format == Format::Text && values.text("query").empty() &&
               values.text("columns").empty()) {
        print_text(report);
    } else if (const auto printed = print_table(values, findings_table(report)); !printed) {
        return report_error(printed.error());
    }
    if (report.blockers() > 0) {
        return kExitBlockers;
    }
    return values.flag("strict") && report.warnings() + report.unknowns() > 0 ? kExitWarnings
                                                                              : kExitOk;
}

} // namespace pf::nvmetool
