// pfnvme plan split PLAN: one plan for each wave, strategy or number of units. plan export PLAN:
// for spreadsheets and change tickets.
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/plan_view.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

std::string csv_cell(const std::string& text) {
    // A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    const bool formula =
        !text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos;
    std::string out = formula ? "'" + text : text;
    if (out.find_first_of(",\"\n\r") == std::string::npos) {
        return out;
    }
    for (std::size_t at = 0; (at = out.find('"', at)) != std::string::npos; at += 2) {
        out.insert(at, 1, '"');
    }
    return "\"" + out + "\"";
}

using Table = std::vector<std::vector<std::string>>;

std::string number(std::int64_t value) { return std::to_string(value); }

Table unit_table(const Plan& plan) {
    Table out{{"unit", "strategy", "wave", "canary", "depends_on", "datastores", "targets", "vms",
               "hosts", "p50_s", "p90_s", "rollback_s", "down_p50_s", "start", "end",
               "last_safe_start"}};
    for (const Unit& unit : plan.units) {
        std::vector<std::string> targets;
        for (const UnitPart& part : unit.objects.parts) {
            if (std::find(targets.begin(), targets.end(), part.target_datastore) == targets.end()) {
                targets.push_back(part.target_datastore);
            }
        }
        const UnitEstimate none;
        const UnitEstimate& e = unit.estimate ? *unit.estimate : none;
        const bool known = unit.estimate.has_value();
        const auto wave = static_cast<std::size_t>(unit.wave);
        out.push_back({unit.id, unit.strategy,
                       wave < plan.waves.size() ? plan.waves[wave] : number(unit.wave),
                       unit.canary ? "yes" : "", fmt::format("{}", fmt::join(unit.depends_on, " ")),
                       unit.objects.datastore, fmt::format("{}", fmt::join(targets, ", ")),
                       number(static_cast<std::int64_t>(unit.objects.vms.size())),
                       number(static_cast<std::int64_t>(unit.objects.hosts.size())),
                       known ? number(e.p50_s) : "", known ? number(e.p90_s) : "",
                       known ? number(e.rollback_s) : "", known ? number(e.down_p50_s) : "",
                       known ? show_moment(e.start_s) : "", known ? show_moment(e.end_s) : "",
                       e.last_start_s != 0 ? show_moment(e.last_start_s) : ""});
    }
    return out;
}

Table vm_table(const Plan& plan) {
    Table out{{"vm", "unit", "strategy", "datastores", "down_p50_s"}};
    for (const Unit& unit : plan.units) {
        for (const std::string& vm : unit.objects.vms) {
            out.push_back({vm, unit.id, unit.strategy, unit.objects.datastore,
                           unit.estimate ? number(unit.estimate->down_p50_s) : ""});
        }
    }
    return out;
}

Table step_table(const Plan& plan) {
    Table out{{"unit", "step", "title", "op", "commit_point", "deferred"}};
    for (const Unit& unit : plan.units) {
        for (const Step& step : unit.steps) {
            out.push_back({unit.id, step.id, step.title, step.action.op,
                           step.commit_point ? "yes" : "", step.deferred ? "yes" : ""});
        }
    }
    return out;
}

Table left_table(const Plan& plan) {
    Table out{{"object", "check", "reason"}};
    for (const LeftBehind& item : plan.left_behind) {
        out.push_back({item.object, item.check, item.reason});
    }
    return out;
}

Table finding_table(const Plan& plan) {
    Table out{{"check", "severity", "object", "message", "fix", "waiver"}};
    for (const PlanFinding& item : plan.findings) {
        out.push_back(
            {item.check, item.severity, item.object, item.message, item.fix, item.waiver});
    }
    return out;
}

Table namespace_table(const Plan& plan) {
    Table out{{"hosts", "version", "namespaces_now", "namespaces_after", "namespaces_limit",
               "paths_after", "paths_limit"}};
    for (const PlanBudget& row : plan.budget) {
        out.push_back({row.hosts, row.version, number(row.namespaces_now),
                       number(row.namespaces_after), number(row.namespaces_limit),
                       number(row.paths_after), number(row.paths_limit)});
    }
    return out;
}

constexpr std::array<std::pair<std::string_view, Table (*)(const Plan&)>, 6> kTables{
    {{"units", unit_table},
     {"vms", vm_table},
     {"steps", step_table},
     {"left-behind", left_table},
     {"findings", finding_table},
     {"namespaces", namespace_table}}};

std::string csv_text(const Table& table) {
    std::string out;
    for (const auto& row : table) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += (i == 0 ? "" : ",") + csv_cell(row[i]);
        }
        out += line + "\r\n";
    }
    return out;
}

std::string md_text(const Table& table) {
    std::string out;
    for (std::size_t r = 0; r < table.size(); ++r) {
        out += "|";
        for (std::string cell : table[r]) {
            for (std::size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2) {
                cell.insert(at, 1, '\\');
            }
            std::replace(cell.begin(), cell.end(), '\n', ' ');
            out += " " + cell + " |";
        }
        out += "\n";
        if (r == 0) {
            out += "|";
            for (std::size_t i = 0; i < table[0].size(); ++i) {
                out += "---|";
            }
            out += "\n";
        }
    }
    return out;
}

std::string markdown(const Plan& plan) {
    std::string out = fmt::format("# Plan {}\n\nCompiled {}, sha256 `{}`.\n\n{}\n\n", plan.name,
                                  plan.created_at, plan.sha256, plan.support);
    if (plan.estimate) {
        out += fmt::format("P50 {}, P90 {} ({}, confidence {}); {}; critical: {}.\n\n",
                           show_span(plan.estimate->p50_s), show_span(plan.estimate->p90_s),
                           plan.estimate->basis, plan.estimate->confidence,
                           plan.estimate->fits ? "fits its window" : "does not fit its window",
                           plan.estimate->critical);
    }
    out += "## Units\n\n" + md_text(unit_table(plan));
    if (!plan.left_behind.empty()) {
        out += "\n## Left behind\n\n" + md_text(left_table(plan));
    }
    if (!plan.findings.empty()) {
        out += "\n## Checks\n\n" + md_text(finding_table(plan));
    }
    if (!plan.budget.empty()) {
        out += "\n## Namespaces and paths\n\n" + md_text(namespace_table(plan));
    }
    return out;
}

// The part that each unit belongs to, by name.
std::map<std::string, std::vector<const Unit*>> parts_of(const Plan& plan, const std::string& by,
                                                         std::int64_t most) {
    std::map<std::string, std::vector<const Unit*>> out;
    std::size_t index = 0;
    for (const Unit& unit : plan.units) {
        std::string key;
        if (by == "wave") {
            const auto wave = static_cast<std::size_t>(unit.wave);
            key = fmt::format("{:02}-{}", unit.wave + 1,
                              wave < plan.waves.size() ? plan.waves[wave] : "rest");
        } else if (by == "strategy") {
            key = unit.strategy;
        } else {
            key = fmt::format("{:02}", index / static_cast<std::size_t>(most) + 1);
        }
        out[key].push_back(&unit);
        ++index;
    }
    return out;
}

} // namespace

void plan_split_options(OptionTable& table) {
    table.add({.name = "by", .default_value = "wave", .help = "wave, strategy or units"});
    table.add({.name = "units",
               .type = OptionType::Integer,
               .default_value = "50",
               .help = "units in each part, with --by units",
               .min = 1,
               .max = 100000});
    table.add({.name = "out-dir", .default_value = ".", .help = "folder of the parts"});
}

int plan_split(const OptionValues& values) {
    const OrExit<Plan> plan = plan_of(values, "plan split");
    if (!plan) {
        return plan.error();
    }
    const std::string& by = values.text("by");
    if (by != "wave" && by != "strategy" && by != "units") {
        return report_error(kExitUsage, "--by is wave, strategy or units");
    }
    const auto parts = parts_of(*plan, by, values.integer("units"));
    if (parts.size() < 2) {
        return report_error(kExitFailure,
                            fmt::format("plan '{}' has only one part by {}", plan->name, by));
    }
    if (const Result<void> made = make_dirs(values.text("out-dir")); !made) {
        return report_error(made.error());
    }
    std::map<std::string, std::string> part_of;
    for (const auto& [name, units] : parts) {
        for (const Unit* unit : units) {
            part_of[unit->id] = name;
        }
    }
    json::array listed;
    for (const auto& [name, units] : parts) {
        Plan part = *plan;
        part.name = plan->name + "-" + name;
        part.units.clear();
        part.left_behind.clear(); // the whole plan's business
        part.estimate.reset();    // of the whole; plan estimate makes a new one
        for (const Unit* unit : units) {
            Unit copy = *unit;
            std::erase_if(copy.depends_on,
                          [&](const std::string& other) { return part_of.at(other) != name; });
            if (copy.depends_on.size() != unit->depends_on.size()) {
                std::fprintf(stderr, "unit %s of part %s needs units of another part done first\n",
                             copy.id.c_str(), name.c_str());
            }
            part.units.push_back(std::move(copy));
        }
        seal(part);
        const std::string path = values.text("out-dir") + "/" + part.name + ".plan.json";
        if (const OrExit<int> written = write_plan_file(path, plan_to_json(part)); !written) {
            return written.error();
        }
        json::object item;
        item["plan"] = part.name;
        item["file"] = path;
        item["units"] = static_cast<std::int64_t>(part.units.size());
        item["sha256"] = part.sha256;
        listed.emplace_back(std::move(item));
        if (output_of(values) != Output::Json) {
            std::printf("%s: %zu units, sha256 %.12s, %s\n", part.name.c_str(), part.units.size(),
                        part.sha256.c_str(), path.c_str());
        }
    }
    if (output_of(values) == Output::Json) {
        std::fputs(pretty_json(listed).c_str(), stdout);
    }
    return kExitOk;
}

void plan_export_options(OptionTable& table) {
    table.add({.name = "format", .default_value = "csv", .help = "csv, md or json (also -f)"});
    table.add({.name = "table",
               .default_value = "units",
               .help = "of CSV: units, vms, steps, left-behind, findings, namespaces"});
    table.add({.name = "out", .help = "file; else standard output", .value_name = "FILE"});
}

int plan_export(const OptionValues& values) {
    const OrExit<Plan> plan = plan_of(values, "plan export");
    if (!plan) {
        return plan.error();
    }
    const std::string& format = values.text("format");
    std::string text;
    if (format == "json") {
        text = plan_to_json(*plan);
    } else if (format == "md") {
        text = markdown(*plan);
    } else if (format == "csv") {
        const auto* table = std::find_if(kTables.begin(), kTables.end(), [&](const auto& item) {
            return item.first == values.text("table");
        });
        if (table == kTables.end()) {
            return report_error(kExitUsage,
                                fmt::format("--table is units, vms, steps, left-behind, findings "
                                            "or namespaces, not '{}'",
                                            values.text("table")));
        }
        text = csv_text(table->second(*plan));
    } else {
        return report_error(kExitUsage,
                            fmt::format("--format is csv, md or json, not '{}'", format));
    }
    if (const std::string& out = values.text("out"); !out.empty()) {
        const OrExit<int> written = write_plan_file(out, text);
        return written ? *written : written.error();
    }
    std::fputs(text.c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
