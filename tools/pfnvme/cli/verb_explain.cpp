// pfnvme explain CHECK-ID | exit CODE | "error text" [--inventory FILE]
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/known_errors.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

int explain_exit(const std::string& number, Format format) {
    json::array codes;
    for (const ExitCodeText& text : exit_code_texts()) {
        if (number.empty() || std::to_string(text.code) == number) {
            codes.push_back(json::object{{"code", text.code},
                                         {"meaning", json::string(text.meaning)},
                                         {"advice", json::string(text.advice)}});
            if (format != Format::Text) {
                continue;
            }
            std::printf("%3d  %s%s%s\n", text.code, std::string(text.meaning).c_str(),
                        text.advice.empty() ? "" : "; ", std::string(text.advice).c_str());
        }
    }
    if (codes.empty()) {
        return report_error(kExitUsage, "there is no exit code " + number);
    }
    if (format != Format::Text) {
        print_document(
            json::object{{"schemaVersion", 1}, {"kind", "exit-codes"}, {"codes", std::move(codes)}},
            format);
    }
    return kExitOk;
}

std::string range(const CheckRule& rule) {
    if (rule.from_version.empty() && rule.until_version.empty()) {
        return "every ESXi release";
    }
    return fmt::format(
        "ESXi {}{}{}", rule.from_version, rule.from_version.empty() ? "before " : " and later",
        rule.until_version.empty() ? "" : fmt::format(", before {}", rule.until_version));
}

json::object rule_document(const CheckRule& rule) {
    json::array needs;
    for (const Fact fact : rule.needs) {
        needs.emplace_back(std::string(to_string(fact)));
    }
    return {{"schemaVersion", 1},
            {"kind", "check"},
            {"id", rule.id},
            {"severity", to_string(rule.severity)},
            {"subject", to_string(rule.subject)},
            {"title", rule.title},
            {"cause", rule.why},
            {"fix", json::array{json::string(rule.fix)}},
            {"appliesTo", range(rule)},
            {"needs", std::move(needs)},
            {"references", rule.references}};
}

void print_rule(const CheckRule& rule) {
    std::string needs;
    for (const Fact fact : rule.needs) {
        needs += (needs.empty() ? "" : ", ") + std::string(to_string(fact));
    }
    std::printf("%s (%s): %s\n%s\nfix: %s\napplies to: %s; %s\nneeds: %s\n",
                std::string(rule.id).c_str(), std::string(to_string(rule.severity)).c_str(),
                std::string(rule.title).c_str(), std::string(rule.why).c_str(),
                std::string(rule.fix).c_str(), range(rule).c_str(),
                rule.online && rule.offline ? "online and offline moves"
                : rule.online               ? "online moves"
                                            : "offline moves",
                needs.c_str());
    if (!rule.references.empty()) {
        std::printf("see: %s\n", std::string(rule.references).c_str());
    }
}

int explain_text(const std::string& text, Format format) {
    const std::vector<const KnownError*> found = errors_in(text);
    if (found.empty()) {
        return report_error(kExitUsage,
                            fmt::format("nothing is known about '{}'; pfnvme explain lists the "
                                        "checks",
                                        text));
    }
    json::array errors;
    for (const KnownError* error : found) {
        json::array causes;
        int rank = 0;
        if (format == Format::Text) {
            std::printf("%s\n", std::string(error->title).c_str());
        }
        for (const Cause& cause : error->causes) {
            ++rank;
            if (format == Format::Text) {
                std::printf("%d. %s%s%s%s -> %s\n", rank, std::string(cause.what).c_str(),
                            cause.check.empty() ? "" : " (", std::string(cause.check).c_str(),
                            cause.check.empty() ? "" : ")", std::string(cause.fix).c_str());
            }
            causes.push_back(json::object{{"rank", rank},
                                          {"cause", cause.what},
                                          {"fix", cause.fix},
                                          {"check", cause.check},
                                          {"op", cause.op}});
        }
        errors.push_back(json::object{{"title", error->title}, {"causes", std::move(causes)}});
    }
    if (format != Format::Text) {
        print_document(json::object{{"schemaVersion", 1},
                                    {"kind", "explanation"},
                                    {"errors", std::move(errors)}},
                       format);
    }
    return kExitOk;
}

} // namespace

int explain_verb(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.empty()) {
        for (const CheckRule& rule : all_checks()) {
            std::printf("%-13s %-8s %s\n", std::string(rule.id).c_str(),
                        std::string(to_string(rule.severity)).c_str(),
                        std::string(rule.title).c_str());
        }
        return kExitOk;
    }
    const Format format = format_of(values);
    if (words.front() == "exit") {
        return explain_exit(words.size() > 1 ? words[1] : "", format);
    }
    if (const CheckRule* rule = find_check(words.front()); rule != nullptr && words.size() == 1) {
        if (format == Format::Text) {
            print_rule(*rule);
        } else {
            print_document(rule_document(*rule), format);
        }
        return kExitOk;
    }
    return explain_text(fmt::format("{}", fmt::join(words, " ")), format);
}

} // namespace pf::nvmetool
