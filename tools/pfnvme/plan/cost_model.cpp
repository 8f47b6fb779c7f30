#include "tools/pfnvme/plan/cost_model.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <cmath>

namespace pf::nvmetool {

namespace {

constexpr double kZ90 = 1.2815515655446004; // 90 % of a normal distribution lie below it
constexpr double kMib = 1024.0 * 1024.0;
constexpr std::size_t kFewest = 3; // samples below that say nothing about a spread
constexpr std::int64_t kConfident = 10;

// Each number of the model by its name in the file.
template<class Model, class Visit>
void each_number(Model& model, Visit visit) {
    visit("hostCapacity", model.host_capacity);
    visit("hostSvmotion", model.host_svmotion);
    visit("datastoreCapacity", model.datastore_capacity);
    visit("datastoreSvmotion", model.datastore_svmotion);
    visit("streamMibS", model.stream_mib_s);
    visit("streamSigma", model.stream_sigma);
    visit("commonSigma", model.common_sigma);
    visit("hostMibS", model.host_mib_s);
    visit("vmSetupS", model.vm_setup_s);
    visit("movesInUnit", model.moves_in_unit);
    visit("unitsAtATime", model.units_at_a_time);
    visit("moveSamples", model.move_samples);
}

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double log_spread(const std::vector<double>& values, double center) {
    double sum = 0;
    for (const double value : values) {
        const double off = std::log(std::max(value, 0.001) / std::max(center, 0.001));
        sum += off * off;
    }
    return std::sqrt(sum / static_cast<double>(values.size()));
}

} // namespace

double OpTime::mean() const { return p50_s * std::exp(sigma * sigma / 2); }
double OpTime::p90() const { return p50_s * std::exp(kZ90 * sigma); }

OpTime CostModel::op(const std::string& name) const {
    const auto found = ops.find(name);
    return found == ops.end() ? OpTime{2, 0.5, 0} : found->second;
}

std::string_view CostModel::confidence() const {
    if (basis == "history") {
        return move_samples >= kConfident || ops.empty() ? "high" : "medium";
    }
    return basis == "benchmark" ? "medium" : "low";
}

// Assumed, not measured: an order of magnitude for a mid-size site. Every estimate says so.
CostModel default_cost_model() {
    CostModel out;
    out.version = "2026-11-22";
    out.ops = {
        {"check.hosts", {3, 0.3, 0}},
        {"unit.record", {5, 0.4, 0}},
        {"snapshot.create", {5, 0.4, 0}},
        {"vm.shutdown", {60, 0.6, 0}},
        {"vm.unregister", {3, 0.4, 0}},
        {"vmfs.unmount", {8, 0.5, 0}},
        {"check.vmfs", {60, 0.7, 0}},
        {"device.detach", {4, 0.4, 0}},
        {"unmap.sdc", {3, 0.4, 0}},
        {"check.unmapped", {2, 0.3, 0}},
        {"device.gone", {20, 0.5, 0}},
        {"map.nvme", {3, 0.4, 0}},
        {"unmap.nvme", {3, 0.4, 0}},
        {"map.sdc", {3, 0.4, 0}},
        {"device.ready", {20, 0.5, 0}},
        {"vmfs.resignature", {30, 0.5, 0}},
        {"vmfs.rename", {3, 0.4, 0}},
        {"vmfs.present", {10, 0.5, 0}},
        {"vm.register", {6, 0.4, 0}},
        {"vm.restore_power", {20, 0.5, 0}},
        {"check.vm", {5, 0.5, 0}},
        {"check.volume", {2, 0.3, 0}},
        {"volume.create", {4, 0.4, 0}},
        {"vmfs.create", {15, 0.4, 0}},
        {"check.empty", {2, 0.3, 0}},
        {"vmfs.mount", {8, 0.5, 0}},
        {"device.attach", {10, 0.5, 0}},
        {"volume.remove", {4, 0.4, 0}},
        {"snapshot.restore", {20, 0.5, 0}},
        {"vmfs.remove", {10, 0.4, 0}},
        {"vmk.tag", {2, 0.3, 0}},
        {"adapter.add", {10, 0.4, 0}},
        {"pfhost.add", {3, 0.3, 0}},
        {"nvme.connect", {8, 0.5, 0}},
        {"check.paths", {3, 0.4, 0}},
        {"context.record", {4, 0.5, 0}},
        {"context.restore", {10, 0.6, 0}},
        {"vmk.create", {5, 0.4, 0}},
        {"vmfs.update_paths", {20, 0.6, 0}},
    };
    return out;
}

std::string cost_model_to_json(const CostModel& model) {
    json::object out;
    out["schemaVersion"] = 1;
    out["version"] = model.version;
    out["basis"] = model.basis;
    each_number(model, [&](std::string_view name, const auto& value) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, double>) {
            out[name] = rounded(value);
        } else {
            out[name] = value;
        }
    });
    json::object ops;
    for (const auto& [name, time] : model.ops) {
        json::object item;
        item["p50S"] = rounded(time.p50_s);
        item["sigma"] = rounded(time.sigma);
        item["samples"] = time.samples;
        ops[name] = std::move(item);
    }
    out["ops"] = std::move(ops);
    return pretty_json(out);
}

Result<CostModel> cost_model_from_json(std::string_view text) {
    PF_TRY(const json::value document, parse_json(text));
    if (!document.is_object()) {
        return fail(Errc::InvalidArgument, "a rates file is a JSON object");
    }
    const json::object& in = document.get_object();
    CostModel out = default_cost_model();
    std::string error;
    std::vector<std::string> known{"schemaVersion", "version", "basis", "ops"};
    out.version = json_str_or(in, "version", out.version);
    out.basis = json_str_or(in, "basis", "benchmark"); // somebody measured what he wrote down
    if (out.basis != "default" && out.basis != "benchmark" && out.basis != "history") {
        error = "basis must be default, benchmark or history";
    }
    each_number(out, [&](std::string_view name, auto& value) {
        known.emplace_back(name);
        const json::value* found = in.if_contains(name);
        if (found == nullptr) {
            return;
        }
        using Number = std::remove_cvref_t<decltype(value)>;
        const double number = found->is_double()  ? found->get_double()
                              : found->is_int64() ? static_cast<double>(found->get_int64())
                                                  : -1;
        if (number < 0 || number > 1e9 ||
            (number == 0 && name != "moveSamples" && !name.ends_with("Sigma"))) {
            error = fmt::format("{} must be a positive number", name);
            return;
        }
        value = static_cast<Number>(number);
    });
    if (const json::value* ops = in.if_contains("ops"); ops != nullptr && ops->is_object()) {
        for (const auto& member : ops->get_object()) {
            if (!member.value().is_object()) {
                error = "ops must hold mappings";
                break;
            }
            const json::object& item = member.value().get_object();
            OpTime time = out.op(std::string(member.key()));
            const auto number = [&](std::string_view name, double fallback) {
                const json::value* value = item.if_contains(name);
                return value == nullptr     ? fallback
                       : value->is_double() ? value->get_double()
                       : value->is_int64()  ? static_cast<double>(value->get_int64())
                                            : -1.0;
            };
            time.p50_s = number("p50S", time.p50_s);
            time.sigma = number("sigma", time.sigma);
            time.samples = static_cast<std::int64_t>(number("samples", 0));
            if (time.p50_s <= 0 || time.sigma < 0 || time.sigma > 3) {
                error = fmt::format("ops.{} must have p50S > 0 and sigma from 0 to 3",
                                    std::string_view(member.key()));
            }
            out.ops[std::string(member.key())] = time;
        }
    }
    for (const auto& member : in) {
        if (std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end()) {
            error = fmt::format("unknown member '{}'", std::string_view(member.key()));
        }
    }
    if (!error.empty()) {
        return fail(Errc::InvalidArgument, "{}", error);
    }
    return out;
}

CostModel calibrate(CostModel model, const std::vector<MeasuredStep>& steps) {
    std::map<std::string, std::vector<double>> by_op;
    std::vector<const MeasuredStep*> moves;
    for (const MeasuredStep& step : steps) {
        if (step.bytes > 0) {
            moves.push_back(&step);
        } else {
            by_op[step.op].push_back(step.seconds);
        }
    }
    bool measured = false;
    for (const auto& [op, seconds] : by_op) {
        if (seconds.size() < kFewest) {
            continue;
        }
        const double center = std::max(median(seconds), 0.001);
        model.ops[op] = {center, std::clamp(log_spread(seconds, center), 0.05, 2.0),
                         static_cast<std::int64_t>(seconds.size())};
        measured = true;
    }
    if (moves.size() >= kFewest) {
        // seconds = setup + MiB / rate, least squares; sizes that are all alike tell only the sum.
        double sum_x = 0;
        double sum_y = 0;
        for (const MeasuredStep* move : moves) {
            sum_x += static_cast<double>(move->bytes) / kMib;
            sum_y += move->seconds;
        }
        const auto count = static_cast<double>(moves.size());
        const double mean_x = sum_x / count;
        const double mean_y = sum_y / count;
        double xx = 0;
        double xy = 0;
        for (const MeasuredStep* move : moves) {
            const double dx = static_cast<double>(move->bytes) / kMib - mean_x;
            xx += dx * dx;
            xy += dx * (move->seconds - mean_y);
        }
        double slope = xx > 0.01 * mean_x * mean_x ? xy / xx : 0;
        double setup = mean_y - slope * mean_x;
        if (slope <= 0 || setup < 0) {
            setup = std::min(model.vm_setup_s, mean_y / 2);
            slope = (mean_y - setup) / mean_x;
        }
        model.vm_setup_s = std::max(setup, 0.001);
        model.stream_mib_s = 1.0 / std::max(slope, 1e-9);
        std::vector<double> ratios;
        for (const MeasuredStep* move : moves) {
            const double expected = setup + slope * static_cast<double>(move->bytes) / kMib;
            ratios.push_back(move->seconds / std::max(expected, 0.001));
        }
        model.stream_sigma = std::clamp(log_spread(ratios, 1.0), 0.05, 2.0);
        model.move_samples = static_cast<std::int64_t>(moves.size());
        measured = true;
    }
    if (measured) {
        model.basis = "history";
        model.common_sigma = 0.1;
    }
    return model;
}

} // namespace pf::nvmetool
