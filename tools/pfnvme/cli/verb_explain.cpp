// pfnvme explain CHECK-ID | exit CODE | "error text" [--op NAME] [--host NAME]
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/known_errors.hpp"
#include "tools/pfnvme/cli/observed_causes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"
#include "tools/pfnvme/run/ops.hpp"

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

// A cause as it is told: a known one, or what was seen of it on a host.
struct Told {
    std::string what;
    std::string fix;
    std::string_view check;
    std::string_view op;
    bool observed = false;
};

// Known causes of the error, those first that were seen on the host, then those of the operation.
std::vector<Told> told_causes(const KnownError& error, const std::string& op,
                              const std::vector<ObservedCause>* observed) {
    std::vector<Told> out;
    for (const Cause& cause : error.causes) {
        Told told{std::string(cause.what), std::string(cause.fix), cause.check, cause.op, false};
        for (const ObservedCause& seen :
             observed == nullptr ? std::vector<ObservedCause>{} : *observed) {
            const std::string_view key = cause.seen_as.empty() ? cause.check : cause.seen_as;
            if (!key.empty() && seen.check == key) {
                told.what = seen.what;
                told.fix = seen.fix;
                told.observed = true;
                break;
            }
        }
        out.push_back(std::move(told));
    }
    std::stable_sort(out.begin(), out.end(), [&](const Told& a, const Told& b) {
        const auto rank = [&](const Told& told) {
            return (told.observed ? 0 : 2) +
                   (!op.empty() && told.op != op && !told.op.empty() ? 1 : 0);
        };
        return rank(a) < rank(b);
    });
    return out;
}

void print_told(std::size_t rank, const Told& told) {
    const char* mark = !told.observed ? "" : rank == 1 ? "(most likely, observed) " : "(observed) ";
    std::printf("%zu. %s%s%s%s%s -> %s\n", rank, mark, told.what.c_str(),
                told.check.empty() ? "" : " (", std::string(told.check).c_str(),
                told.check.empty() ? "" : ")", told.fix.c_str());
}

int explain_text(const std::string& text, Format format, const std::string& op,
                 const std::vector<ObservedCause>* observed) {
    std::vector<const KnownError*> found = errors_in(text);
    // An error that belongs to another operation is not this one.
    std::erase_if(found, [&](const KnownError* error) {
        return !op.empty() &&
               std::none_of(error->causes.begin(), error->causes.end(),
                            [&](const Cause& cause) { return cause.op.empty() || cause.op == op; });
    });
    if (found.empty()) {
        return report_error(kExitUsage,
                            fmt::format("nothing is known about '{}'{}; pfnvme explain lists the "
                                        "checks",
                                        text, op.empty() ? "" : " of " + op));
    }
    json::array errors;
    for (const KnownError* error : found) {
        json::array causes;
        std::size_t rank = 0;
        if (format == Format::Text) {
            std::printf("%s\n", std::string(error->title).c_str());
        }
        for (const Told& told : told_causes(*error, op, observed)) {
            ++rank;
            if (format == Format::Text) {
                print_told(rank, told);
            }
            json::object cause{{"rank", static_cast<std::int64_t>(rank)},
                               {"cause", told.what},
                               {"fix", told.fix},
                               {"check", told.check},
                               {"op", told.op}};
            if (observed != nullptr) {
                cause["observed"] = told.observed;
            }
            causes.push_back(std::move(cause));
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

Result<std::vector<ObservedCause>> look_at_host(const OptionValues& values,
                                                const std::string& text) {
    const std::string& wanted = values.text("host");
    PF_TRY(const std::unique_ptr<Estate> estate, read_estate(values));
    for (const HostInfo& host : estate->inventory.hosts) {
        if (host.name == wanted || short_name(host.name) == wanted) {
            return observed_causes(estate->inventory, host, text);
        }
    }
    return fail(Errc::NotFound, "vCenter has no host '{}'; list them with: pfnvme host nqn list",
                wanted);
}

} // namespace

void explain_options(OptionTable& table) {
    table.add({.name = "op",
               .help = "operation that failed, as plans name it (nvme.connect, vmfs.mount, …)",
               .value_name = "NAME"});
    table.add({.name = "host",
               .help = "host on which it failed: its causes are looked for there, now",
               .value_name = "NAME"});
}

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
    const std::string text = fmt::format("{}", fmt::join(words, " "));
    const std::string& op = values.text("op");
    if (!op.empty() && find_op(op) == nullptr && op != "nvme.discover") {
        return report_error(kExitUsage, fmt::format("there is no operation '{}'; plans name them: "
                                                    "pfnvme plan show",
                                                    op));
    }
    if (values.text("host").empty()) {
        return explain_text(text, format, op, nullptr);
    }
    const auto observed = look_at_host(values, text);
    return observed ? explain_text(text, format, op, &*observed) : report_error(observed.error());
}

} // namespace pf::nvmetool
