// pfnvme check list [--for VERSION] and check waive|unwaive.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/user_files.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <cstdio>
#include <cstdlib>

namespace pf::nvmetool {

namespace {

std::string waiver_file(const OptionValues& values) {
    const std::string& given = values.text("waivers");
    return given.empty() ? config_folder() + "/waivers.json" : given;
}

Result<std::vector<Waiver>> read_waivers(const std::string& path) {
    if (!file_exists(path)) {
        return std::vector<Waiver>{};
    }
    PF_TRY(const std::string text, read_file(path));
    return parse_waivers(text, path);
}

Result<void> write_waivers(const std::string& path, const std::vector<Waiver>& waivers) {
    json::array list;
    for (const Waiver& item : waivers) {
        list.push_back(json::object{{"check", item.check},
                                    {"object", item.object},
                                    {"reason", item.reason},
                                    {"until", item.until},
                                    {"by", item.by}});
    }
    const std::string text = pretty_json(json::object{{"waivers", std::move(list)}});
    PF_CHECK(parse_waivers(text, path)); // what is written can be read
    if (const std::size_t slash = path.rfind('/'); slash != std::string::npos) {
        PF_CHECK(make_dirs(path.substr(0, slash), 0700));
    }
    return write_file_atomic(path, text, 0600);
}

Result<void> add_waiver(const OptionValues& values, const std::string& check) {
    const std::string path = waiver_file(values);
    PF_TRY(std::vector<Waiver> waivers, read_waivers(path));
    const char* user = std::getenv("USER");
    const Waiver made{check, values.text("object"), values.text("reason"), values.text("until"),
                      user == nullptr ? "" : user};
    std::erase_if(waivers, [&](const Waiver& item) {
        return item.check == made.check && item.object == made.object;
    });
    waivers.push_back(made);
    PF_CHECK(write_waivers(path, waivers));
    say(values, fmt::format("{} is waived for '{}' until {} ({})", made.check, made.object,
                            made.until, path));
    return {};
}

} // namespace

void check_list_options(OptionTable& table) {
    table.add({.name = "for",
               .help = "only checks that apply to this ESXi release",
               .value_name = "VERSION"});
    add_table_options(table);
}

int check_list(const OptionValues& values) {
    TableOut table{"checks",
                   {{"id", FieldKind::Text},
                    {"severity", FieldKind::Text},
                    {"subject", FieldKind::Text},
                    {"title", FieldKind::Text},
                    {"from", FieldKind::Text},
                    {"until", FieldKind::Text},
                    {"online", FieldKind::Flag},
                    {"offline", FieldKind::Flag},
                    {"needs", FieldKind::List},
                    {"why", FieldKind::Text},
                    {"fix", FieldKind::Text},
                    {"references", FieldKind::Text}},
                   {},
                   {"id", "severity", "subject", "title"}};
    const std::string& version = values.text("for");
    for (const CheckRule& rule : all_checks()) {
        if (!version.empty() && !applies_to(rule, version)) {
            continue;
        }
        std::vector<std::string> needs;
        for (const Fact fact : rule.needs) {
            needs.emplace_back(to_string(fact));
        }
        table.rows.push_back({std::string(rule.id), std::string(to_string(rule.severity)),
                              std::string(to_string(rule.subject)), std::string(rule.title),
                              std::string(rule.from_version), std::string(rule.until_version),
                              rule.online, rule.offline, encode_list(needs), std::string(rule.why),
                              std::string(rule.fix), std::string(rule.references)});
    }
    const Result<void> printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

void check_waive_options(OptionTable& table) {
    table.add({.name = "object",
               .default_value = "*",
               .help = "object by name, * and ? as wild cards",
               .value_name = "NAME"});
    table.add({.name = "reason", .help = "why it is accepted", .value_name = "TEXT"});
    table.add({.name = "until", .help = "last day, like 2026-12-31", .value_name = "DATE"});
    table.add({.name = "waivers",
               .help = "file; else waivers.json in the configuration folder",
               .value_name = "FILE"});
}

int check_waive(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "check waive takes one check id");
    }
    const Result<void> done = add_waiver(values, values.positionals().front());
    return done ? kExitOk : report_error(done.error());
}

int check_unwaive(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "check unwaive takes one check id");
    }
    const std::string path = waiver_file(values);
    Result<std::vector<Waiver>> waivers = read_waivers(path);
    if (!waivers) {
        return report_error(waivers.error());
    }
    const std::size_t gone = std::erase_if(*waivers, [&](const Waiver& item) {
        return item.check == values.positionals().front() && item.object == values.text("object");
    });
    if (gone == 0) {
        return report_error(kExitFailure,
                            fmt::format("{} is not waived for '{}' in {}",
                                        values.positionals().front(), values.text("object"), path));
    }
    const Result<void> written = write_waivers(path, *waivers);
    return written ? kExitOk : report_error(written.error());
}

} // namespace pf::nvmetool
