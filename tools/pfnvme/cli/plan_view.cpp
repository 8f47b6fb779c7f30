#include "tools/pfnvme/cli/plan_view.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

constexpr std::int64_t kYear = 365 * 86400;
constexpr std::size_t kNamed = 5; // objects named in one line of text

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

std::string plural(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string left_behind_text(const Plan& plan) {
    if (plan.left_behind.empty()) {
        return {};
    }
    std::map<std::string, int> by_check;
    for (const LeftBehind& item : plan.left_behind) {
        ++by_check[item.check.empty() ? "intent" : item.check];
    }
    std::vector<std::string> parts;
    for (const auto& [check, count] : by_check) {
        parts.push_back(fmt::format("{} x{}", check, count));
    }
    return fmt::format(", {} left behind ({})", plan.left_behind.size(), fmt::join(parts, ", "));
}

std::string window_text(const Plan& plan, const Estimate& estimate) {
    if (plan.policy.windows.empty()) {
        return "window        none: the plan may start at any time\n";
    }
    TimeMs open = 0;
    for (const ChangeWindow& window : plan.policy.windows) {
        open += open_time({window}, window.span.start_s * 1000, window.span.end_s * 1000);
    }
    const std::int64_t spare = open / 1000 - estimate.plan.p90_s;
    std::string out = fmt::format("window        {} open", show_span(open / 1000));
    if (estimate.plan.fits) {
        return out + fmt::format(", fits; {} to spare (P90)\n",
                                 show_span(std::max<std::int64_t>(spare, 0)));
    }
    out += ", DOES NOT FIT";
    if (!estimate.does_not_fit.empty()) {
        std::vector<std::string> named(
            estimate.does_not_fit.begin(),
            estimate.does_not_fit.begin() +
                static_cast<std::ptrdiff_t>(std::min(kNamed, estimate.does_not_fit.size())));
        out += fmt::format(": {}{}", fmt::join(named, ", "),
                           estimate.does_not_fit.size() > kNamed ? ", ..." : "");
    }
    return out + "\n";
}

} // namespace

OrExit<Plan> plan_file(const std::string& path) {
    Result<Plan> plan = load_plan(path);
    if (!plan) {
        return tl::unexpected(report_error(
            plan.error().code == Errc::NotFound ? kExitUsage : kExitBadData, plan.error().what));
    }
    return std::move(*plan);
}

OrExit<Plan> plan_of(const OptionValues& values, std::string_view verb) {
    if (values.positionals().empty()) {
        return tl::unexpected(report_error(kExitUsage, fmt::format("{} takes a plan file", verb)));
    }
    return plan_file(values.positionals().front());
}

OrExit<Intent> intent_file(const std::string& path) {
    const Result<std::string> text = read_file(path);
    if (!text) {
        return tl::unexpected(report_error(
            text.error().code == Errc::NotFound ? kExitUsage : exit_code_of(text.error()),
            text.error().what));
    }
    const std::string folder = folder_of(path);
    Result<Intent> intent = parse_intent(*text, path, [&](const std::string& file) {
        return read_file(file.starts_with('/') ? file : folder + file);
    });
    if (!intent) {
        return tl::unexpected(report_error(kExitBadData, intent.error().what));
    }
    return std::move(*intent);
}

void add_rates_options(OptionTable& table) {
    table.add({.name = "rates",
               .help = "measured rates (pfnvme plan calibrate); else shipped guesses",
               .value_name = "FILE"});
    table.add({.name = "start",
               .help = "when the run would begin, RFC 3339; else now",
               .value_name = "TIME"});
    table.add({.name = "parallel",
               .type = OptionType::Integer,
               .help = "units at a time, as apply --parallel will say; else what the rates say",
               .min = 1,
               .max = 10000});
}

OrExit<CostModel> rates_of(const OptionValues& values) {
    const auto parallel = [&](CostModel model) {
        if (values.given("parallel")) {
            model.units_at_a_time = values.integer("parallel");
        }
        return model;
    };
    const std::string& path = values.text("rates");
    if (path.empty()) {
        return parallel(default_cost_model());
    }
    const Result<std::string> text = read_file(path);
    if (!text) {
        return tl::unexpected(report_error(kExitUsage, text.error().what));
    }
    Result<CostModel> model = cost_model_from_json(*text);
    if (!model) {
        return tl::unexpected(
            report_error(kExitBadData, fmt::format("{}: {}", path, model.error().what)));
    }
    return parallel(std::move(*model));
}

OrExit<std::int64_t> start_of(const OptionValues& values) {
    WallTime time = wall_now();
    if (const std::string& text = values.text("start"); !text.empty()) {
        const Result<WallTime> given = parse_rfc3339(text);
        if (!given) {
            return tl::unexpected(
                report_error(kExitUsage, fmt::format("--start: '{}' is no RFC 3339 time", text)));
        }
        time = *given;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string show_span(std::int64_t seconds) {
    if (seconds < 120) {
        return fmt::format("{}s", seconds);
    }
    const std::int64_t minutes = (seconds + 59) / 60;
    return minutes < 60 ? fmt::format("{}m", minutes)
                        : fmt::format("{}h{:02}", minutes / 60, minutes % 60);
}

std::string show_moment(std::int64_t seconds) {
    if (seconds < kYear) {
        return "+" + show_span(seconds);
    }
    std::string text = format_rfc3339(WallTime(std::chrono::seconds(seconds)));
    text[10] = ' ';
    return text.substr(0, 16) + "Z";
}

std::string estimate_text(const Plan& plan, const Estimate& estimate) {
    std::vector<std::string> parts;
    for (const StrategyTotal& total : estimate.strategies) {
        parts.push_back(
            fmt::format("{} {} ({})", total.units, total.strategy, plural(total.vms, "VM")));
    }
    std::string out = fmt::format(
        "Units: {}{}\n", parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", ")),
        left_behind_text(plan));
    const std::string basis =
        fmt::format("{} ({} simulations)", estimate.plan.basis, estimate.samples);
    std::vector<std::vector<std::string>> rows{{"", "P50", "P90", "basis", "confidence"}};
    for (const StrategyTotal& total : estimate.strategies) {
        rows.push_back({total.strategy, show_span(total.p50_s), show_span(total.p90_s), basis,
                        estimate.plan.confidence});
    }
    rows.push_back({"whole plan", show_span(estimate.plan.p50_s), show_span(estimate.plan.p90_s),
                    basis, estimate.plan.confidence});
    out += format_table(rows);
    out += window_text(plan, estimate);
    for (const StrategyTotal& total : estimate.strategies) {
        if (total.last_start_s != 0) {
            out += fmt::format("last safe start, {} units: {}\n", total.strategy,
                               show_moment(total.last_start_s));
        }
    }
    std::int64_t down = 0;
    std::string down_unit;
    for (std::size_t i = 0; i < estimate.units.size(); ++i) {
        if (estimate.units[i].down_p50_s > down) {
            down = estimate.units[i].down_p50_s;
            down_unit = plan.units[i].id;
        }
    }
    if (down > 0) {
        out += fmt::format("longest down time of a VM: {} at P50 (unit {})\n", show_span(down),
                           down_unit);
    }
    if (!estimate.plan.critical.empty()) {
        out += fmt::format("critical      {} ({} % of the run); lower bound {}\n",
                           estimate.plan.critical, estimate.plan.critical_percent,
                           show_span(estimate.plan.bound_s));
    }
    if (!estimate.hint.empty()) {
        out += "hint          " + estimate.hint + "\n";
    }
    return out;
}

json::object estimate_json(const Plan& plan, const Estimate& estimate) {
    json::object out;
    out["schemaVersion"] = 1;
    out["plan"] = plan.name;
    out["planSha256"] = plan.sha256;
    out["basis"] = estimate.plan.basis;
    out["confidence"] = estimate.plan.confidence;
    out["samples"] = estimate.samples;
    out["p50S"] = estimate.plan.p50_s;
    out["p90S"] = estimate.plan.p90_s;
    out["startS"] = estimate.plan.start_s;
    out["endP50S"] = estimate.plan.end_p50_s;
    out["endP90S"] = estimate.plan.end_p90_s;
    out["lowerBoundS"] = estimate.plan.bound_s;
    out["critical"] = estimate.plan.critical;
    out["criticalPercent"] = estimate.plan.critical_percent;
    out["fits"] = estimate.plan.fits;
    json::array misfits;
    for (const std::string& unit : estimate.does_not_fit) {
        misfits.emplace_back(unit);
    }
    out["doesNotFit"] = std::move(misfits);
    out["hint"] = estimate.hint;
    json::array strategies;
    for (const StrategyTotal& total : estimate.strategies) {
        json::object item;
        item["strategy"] = total.strategy;
        item["units"] = total.units;
        item["vms"] = total.vms;
        item["bytes"] = static_cast<std::int64_t>(total.bytes);
        item["p50S"] = total.p50_s;
        item["p90S"] = total.p90_s;
        item["lastStartS"] = total.last_start_s;
        strategies.emplace_back(std::move(item));
    }
    out["strategies"] = std::move(strategies);
    json::array units;
    for (std::size_t i = 0; i < estimate.units.size(); ++i) {
        const UnitEstimate& in = estimate.units[i];
        json::object item;
        item["unit"] = plan.units[i].id;
        item["strategy"] = plan.units[i].strategy;
        item["p50S"] = in.p50_s;
        item["p90S"] = in.p90_s;
        item["rollbackS"] = in.rollback_s;
        item["downP50S"] = in.down_p50_s;
        item["downP90S"] = in.down_p90_s;
        item["startS"] = in.start_s;
        item["endS"] = in.end_s;
        item["lastStartS"] = in.last_start_s;
        units.emplace_back(std::move(item));
    }
    out["units"] = std::move(units);
    return out;
}

OrExit<int> write_plan_file(const std::string& path, const std::string& text) {
    if (const Result<void> written = write_file_atomic(path, text); !written) {
        return tl::unexpected(report_error(written.error()));
    }
    return kExitOk;
}

} // namespace pf::nvmetool
