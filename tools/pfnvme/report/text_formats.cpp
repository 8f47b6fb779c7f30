// CSV, Markdown and JUnit, all made from the JSON document.
#include "base/json.hpp"
#include "base/xml.hpp"
#include "tools/pfnvme/report/charts.hpp"
#include "tools/pfnvme/report/report.hpp"
#include "tools/pfnvme/report/xlsx.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

namespace {

struct Table {
    std::string_view name;
    std::string_view key; // member of the document
    std::vector<std::string_view> columns;
};

const std::vector<Table>& tables() {
    static const std::vector<Table> kTables{
        {"units",
         "units",
         {"id", "strategy", "datastore", "volume", "targetVolume", "status", "started", "ended",
          "durationSeconds", "error"}},
        {"map", "identities", {"unit", "kind", "object", "old", "new"}},
        {"not-restored", "notRestored", {"unit", "what"}},
        {"sdc", "sdcRetirement", {"host", "volumes", "advice"}},
        {"downtime", "downtime", {"unit", "vm", "from", "to", "downSeconds"}},
        {"paths", "paths", {"host", "adapter", "target", "before", "after"}},
        {"checks", "findings", {"check", "severity", "object", "message", "fix"}},
        {"evidence", "evidence", {"unit", "step", "what", "passed", "result"}},
        {"commands",
         "commands",
         {"time", "unit", "step", "endpoint", "direction", "what", "result", "commands"}},
        {"steps", "", {"unit", "id", "title", "status", "started", "time", "seconds", "seen"}},
    };
    return kTables;
}

std::string cell_text(const json::value& value) {
    if (value.is_string()) {
        return std::string(value.get_string());
    }
    if (value.is_double()) {
        return fmt::format("{:.3f}", value.get_double());
    }
    if (value.is_array()) {
        std::string out;
        for (const json::value& item : value.get_array()) {
            out += (out.empty() ? "" : "; ") + cell_text(item);
        }
        return out;
    }
    return value.is_null() ? "" : canonical_json(value);
}

std::string member_text(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found == nullptr ? "" : cell_text(*found);
}

// A leading sign would make a spreadsheet calculate a name.
std::string csv_field(std::string text) {
    if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) {
        text.insert(text.begin(), '\'');
    }
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

const json::array& rows_of(const json::object& report, std::string_view key) {
    static const json::array kNone;
    const json::value* found = report.if_contains(key);
    return found == nullptr || !found->is_array() ? kNone : found->get_array();
}

Result<json::value> parse_report(const std::string& text) {
    PF_TRY(json::value report, parse_json(text));
    if (!report.is_object()) {
        return fail(Errc::InvalidArgument, "a report is a JSON object");
    }
    return report;
}

void csv_row(std::string& out, const Table& table, const json::object& row) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        out += (i == 0 ? "" : ",") + csv_field(member_text(row, table.columns[i]));
    }
    out += "\r\n";
}

std::string md_cell(std::string text) {
    std::string out;
    for (const char c : text) {
        out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
    }
    return out;
}

void md_table(std::string& out, std::string_view title, const json::array& rows,
              const std::vector<std::string_view>& columns) {
    if (rows.empty()) {
        return;
    }
    out += fmt::format("\n## {}\n\n|", title);
    for (const std::string_view column : columns) {
        out += fmt::format(" {} |", column);
    }
    out += "\n|";
    for (std::size_t i = 0; i < columns.size(); ++i) {
        out += "---|";
    }
    out += "\n";
    for (const json::value& row : rows) {
        out += "|";
        for (const std::string_view column : columns) {
            out += fmt::format(" {} |", md_cell(member_text(row.get_object(), column)));
        }
        out += "\n";
    }
}

struct Case {
    std::string suite;
    std::string name;
    std::string failure; // empty: passed
    std::string skipped; // empty: ran
    std::string output;
    double seconds = 0;
};

std::vector<Case> cases_of(const json::object& report) {
    std::vector<Case> out;
    for (const json::value& value : rows_of(report, "findings")) {
        const json::object& finding = value.get_object();
        Case item{"checks",
                  fmt::format("{} {}", json_str_or(finding, "check", ""),
                              json_str_or(finding, "object", "")),
                  "",
                  "",
                  "",
                  0};
        const std::string text = fmt::format("{}; fix: {}", json_str_or(finding, "message", ""),
                                             json_str_or(finding, "fix", ""));
        (json_str_or(finding, "severity", "") == "blocker" ? item.failure : item.output) = text;
        out.push_back(std::move(item));
    }
    for (const json::value& value : rows_of(report, "units")) {
        const json::object& unit = value.get_object();
        Case item{
            "units",
            fmt::format("{} {}", json_str_or(unit, "id", ""), json_str_or(unit, "datastore", "")),
            "",
            "",
            "",
            0};
        const std::string status = json_str_or(unit, "status", "");
        if (status == "planned" || status == "pending") {
            item.skipped = status;
        } else if (status != "done") {
            item.failure = status + ": " + json_str_or(unit, "error", "");
        }
        if (const json::value* took = unit.if_contains("durationSeconds")) {
            item.seconds = took->to_number<double>();
        }
        out.push_back(std::move(item));
    }
    for (const json::value& value : rows_of(report, "notRestored")) {
        const json::object& row = value.get_object();
        out.push_back({"context",
                       fmt::format("{} {}", json_str_or(row, "unit", ""),
                                   json_str_or(row, "what", "").substr(0, 60)),
                       json_str_or(row, "what", ""), "", "", 0});
    }
    for (const json::value& value : rows_of(report, "evidence")) {
        const json::object& row = value.get_object();
        Case item{"verification",
                  fmt::format("{} {}", json_str_or(row, "unit", ""), json_str_or(row, "what", "")),
                  "",
                  "",
                  "",
                  0};
        (json_bool_or(row, "passed", false) ? item.output : item.failure) =
            json_str_or(row, "result", "");
        out.push_back(std::move(item));
    }
    return out;
}

} // namespace

std::span<const std::string_view> report_tables() {
    static const std::vector<std::string_view> kNames = [] {
        std::vector<std::string_view> names;
        for (const Table& table : tables()) {
            names.push_back(table.name);
        }
        return names;
    }();
    return kNames;
}

Result<std::string> report_csv(const std::string& report_json, std::string_view wanted) {
    PF_TRY(const json::value parsed, parse_report(report_json));
    const json::object& report = parsed.get_object();
    for (const Table& table : tables()) {
        if (table.name != wanted) {
            continue;
        }
        std::string out;
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            out += fmt::format("{}{}", i == 0 ? "" : ",", table.columns[i]);
        }
        out += "\r\n";
        if (!table.key.empty()) {
            for (const json::value& row : rows_of(report, table.key)) {
                csv_row(out, table, row.get_object());
            }
            return out;
        }
        for (const json::value& unit : rows_of(report, "units")) {
            for (const json::value& step : rows_of(unit.get_object(), "steps")) {
                json::object row = step.get_object();
                row["unit"] = json_str_or(unit.get_object(), "id", "");
                csv_row(out, table, row);
            }
        }
        return out;
    }
    return fail(Errc::InvalidArgument, "there is no report table '{}'; there are: {}", wanted,
                fmt::join(report_tables(), ", "));
}

Result<std::string> report_markdown(const std::string& report_json) {
    PF_TRY(const json::value parsed, parse_report(report_json));
    const json::object& report = parsed.get_object();
    const json::object& plan = report.at("plan").get_object();
    const bool run = json_bool_or(report, "isRun", false);
    std::string out = fmt::format(
        "# {} {}\n\n**{}**\n\n", run ? "Run " + json_str_or(report, "run", "") + " of" : "Plan",
        json_str_or(plan, "name", ""), json_str_or(report, "verdict", ""));
    out += fmt::format("- plan: `{}`\n- vCenter: {}\n- PowerFlex: {} (system {})\n",
                       json_str_or(plan, "sha256", ""), json_str_or(plan, "vcenter", ""),
                       json_str_or(plan, "powerflex", ""), json_str_or(plan, "systemId", ""));
    if (run) {
        out += fmt::format("- time: {} to {} ({})\n- journal: {} records, last hash `{}`\n",
                           json_str_or(report, "started", ""), json_str_or(report, "ended", ""),
                           json_str_or(report, "duration", ""),
                           json_int_or(report, "journalRecords", 0),
                           json_str_or(report, "journalHash", ""));
    }
    md_table(out, "Units", rows_of(report, "units"),
             run ? std::vector<std::string_view>{"id", "strategy", "datastore", "status",
                                                 "duration", "error"}
                 : std::vector<std::string_view>{"id", "strategy", "datastore", "status"});
    md_table(out, "Checks", rows_of(report, "findings"),
             {"check", "severity", "object", "message", "fix"});
    if (const json::array& left = rows_of(report, "leftBehind"); !left.empty()) {
        out += "\n## Left behind\n\n";
        for (const json::value& item : left) {
            out += fmt::format("- {}\n", cell_text(item));
        }
    }
    md_table(out, "Not restored", rows_of(report, "notRestored"), {"unit", "what"});
    md_table(out, "SDC retirement", rows_of(report, "sdcRetirement"),
             {"host", "volumes", "advice"});
    md_table(out, "Down time", rows_of(report, "downtime"), {"unit", "vm", "from", "to", "down"});
    md_table(out, "Old and new identities", rows_of(report, "identities"),
             {"unit", "kind", "object", "old", "new"});
    md_table(out, "Paths", rows_of(report, "paths"),
             {"host", "adapter", "target", "before", "after"});
    md_table(out, "Verification", rows_of(report, "evidence"),
             {"unit", "what", "passed", "result"});
    return out;
}

Result<std::string> report_junit(const std::string& report_json) {
    PF_TRY(const json::value parsed, parse_report(report_json));
    const json::object& report = parsed.get_object();
    const std::vector<Case> cases = cases_of(report);
    std::size_t failures = 0;
    std::size_t skipped = 0;
    for (const Case& item : cases) {
        failures += item.failure.empty() ? 0U : 1U;
        skipped += item.skipped.empty() ? 0U : 1U;
    }
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    const std::string name = json_str_or(report.at("plan").get_object(), "name", "");
    out += fmt::format("<testsuites>\n<testsuite name=\"pfnvme {}\" tests=\"{}\" failures=\"{}\" "
                       "skipped=\"{}\" errors=\"0\">\n",
                       xml_escaped(name), cases.size(), failures, skipped);
    for (const Case& item : cases) {
        out += fmt::format("<testcase classname=\"pfnvme.{}\" name=\"{}\" time=\"{:.3f}\">",
                           item.suite, xml_escaped(item.name), item.seconds);
        if (!item.failure.empty()) {
            out += fmt::format("<failure message=\"{0}\">{0}</failure>", xml_escaped(item.failure));
        }
        if (!item.skipped.empty()) {
            out += fmt::format("<skipped message=\"{}\"/>", xml_escaped(item.skipped));
        }
        if (!item.output.empty()) {
            out += fmt::format("<system-out>{}</system-out>", xml_escaped(item.output));
        }
        out += "</testcase>\n";
    }
    return out + "</testsuite>\n</testsuites>\n";
}

Result<std::string> report_xlsx(const std::string& report_json) {
    std::vector<Sheet> sheets;
    for (const std::string_view table : report_tables()) {
        PF_TRY(const std::string csv, report_csv(report_json, table));
        PF_TRY(Sheet sheet, sheet_of_csv(std::string(table), csv));
        sheets.push_back(std::move(sheet));
    }
    return xlsx_workbook(sheets);
}

Result<std::string> report_as(const std::string& report_json, std::string_view format,
                              std::string_view table) {
    if (format == "json") {
        return report_json;
    }
    if (format == "html") {
        return report_html(report_json);
    }
    if (format == "csv") {
        return report_csv(report_json, table.empty() ? report_tables().front() : table);
    }
    if (format == "md") {
        return report_markdown(report_json);
    }
    if (format == "junit") {
        return report_junit(report_json);
    }
    if (format == "xlsx") {
        return report_xlsx(report_json);
    }
    return fail(Errc::InvalidArgument, "--format is html, json, csv, md, junit or xlsx, not '{}'",
                format);
}

} // namespace pf::nvmetool
