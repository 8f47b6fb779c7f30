// pfnvme plan init: an intent to begin with. plan lint INTENT: what is wrong with one, and what is
// probably not meant. Neither connects to anything.
#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/plan_view.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/intent_keys.hpp"
#include "tools/pfnvme/plan/judge.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

std::vector<std::string> lint(const Intent& intent, std::int64_t now_s) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i + 1 < intent.classify.size(); ++i) {
        if (!intent.classify[i].when && intent.classify[i].csv.empty()) {
            out.push_back(fmt::format("strategy.classify: the rules after the default (number {}) "
                                      "are never asked",
                                      i + 1));
            break;
        }
    }
    const bool stops =
        std::any_of(intent.classify.begin(), intent.classify.end(), [](const ClassifyRule& rule) {
            return rule.use == Use::Offline || rule.use == Use::Auto;
        });
    if (stops && intent.accepted_kb.empty()) {
        out.emplace_back("strategy.offline.accept_kb is missing: plan compile will refuse offline "
                         "units");
    }
    for (const ChangeWindow& window : intent.policy.windows) {
        if (window.span.end_s <= now_s) {
            out.push_back("window: the one that ends " + show_moment(window.span.end_s) +
                          " is over");
        }
    }
    for (const WaiverRule& waiver : intent.waivers) {
        if (find_check(waiver.check) == nullptr) {
            out.push_back("waivers: there is no check " + waiver.check);
        } else if (!waivable(waiver.check)) {
            out.push_back("waivers: " + waiver.check + " protects data and is never waived");
        } else if (waiver.until_s <= now_s) {
            out.push_back(
                fmt::format("waivers: the one of {} ended {}", waiver.check, waiver.until));
        }
    }
    for (std::size_t i = 0; i + 1 < intent.waves.size(); ++i) {
        if (!intent.waves[i].when) {
            out.push_back("waves: '" + intent.waves[i].name +
                          "' takes everything, the later ones stay empty");
            break;
        }
    }
    if (intent.policy.approval.not_author && intent.owner.empty()) {
        out.emplace_back("approval.not_author needs metadata.owner to know the author");
    }
    if (intent.policy.blast.canary == 0 && stops) {
        out.emplace_back("blast_radius.canary is 0: the first offline unit meets no rehearsal");
    }
    return out;
}

} // namespace

void plan_init_options(OptionTable& table) {
    table.add({.name = "name", .default_value = "migration", .help = "metadata.name"});
    table.add({.name = "out", .help = "file; else standard output", .value_name = "FILE"});
    table.add({.name = "reference",
               .type = OptionType::Flag,
               .help = "print the table of all keys instead (Markdown)"});
    table.add({.name = "schema",
               .type = OptionType::Flag,
               .help = "print the JSON schema of an intent instead"});
}

int plan_init(const OptionValues& values) {
    if (!values.positionals().empty()) {
        return report_error(kExitUsage, "plan init takes no argument; --name and --out do");
    }
    const std::string text = values.flag("reference") ? intent_reference()
                             : values.flag("schema")  ? intent_schema()
                                                      : intent_template(values.text("name"));
    if (const std::string& out = values.text("out"); !out.empty()) {
        const OrExit<int> written = write_plan_file(out, text);
        return written ? *written : written.error();
    }
    std::fputs(text.c_str(), stdout);
    return kExitOk;
}

void plan_lint_options(OptionTable& table) {
    table.add(
        {.name = "strict", .type = OptionType::Flag, .help = "exit 10 when there are warnings"});
}

int plan_lint(const OptionValues& values) {
    if (values.positionals().size() != 1) {
        return report_error(kExitUsage, "plan lint takes one intent file");
    }
    const OrExit<Intent> intent = intent_file(values.positionals().front());
    if (!intent) {
        return intent.error();
    }
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
    const std::vector<std::string> warnings = lint(*intent, now);
    if (output_of(values) == Output::Json) {
        json::object out;
        out["schemaVersion"] = 1;
        out["intent"] = intent->name;
        out["sha256"] = intent->sha256;
        json::array list;
        for (const std::string& warning : warnings) {
            list.emplace_back(warning);
        }
        out["warnings"] = std::move(list);
        std::fputs(pretty_json(out).c_str(), stdout);
    } else {
        for (const std::string& warning : warnings) {
            std::printf("warning: %s\n", warning.c_str());
        }
        std::printf("intent '%s' is valid, %zu warning(s)\n", intent->name.c_str(),
                    warnings.size());
    }
    return !warnings.empty() && values.flag("strict") ? kExitWarnings : kExitOk;
}

} // namespace pf::nvmetool
