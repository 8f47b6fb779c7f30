#include "tools/pfnvme/report/facts.hpp"

#include "base/clock.hpp"
#include "tools/pfnvme/run/ops.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kPathKey = "path.";

const Step* first_step(const Unit& unit, std::string_view op) {
    for (const Step& step : unit.steps) {
        if (step.action.op == op) {
            return &step;
        }
    }
    return nullptr;
}

const StepState* record_of(const Unit& unit, const UnitState& state) {
    const Step* step = first_step(unit, "unit.record");
    return step == nullptr ? nullptr : state.find(step->id);
}

json::object identity(const Unit& unit, const std::string& kind, const std::string& object,
                      const std::string& from, const std::string& to) {
    json::object out;
    out["unit"] = unit.id;
    out["kind"] = kind;
    out["object"] = object;
    out["old"] = from;
    out["new"] = to;
    return out;
}

json::array commands_of(const OpCall& call) {
    json::array out;
    if (const Op* op = find_op(call.op); op != nullptr && op->commands != nullptr) {
        for (const std::string& command : op->commands(call.params)) {
            out.emplace_back(command);
        }
    }
    return out;
}

std::string protocol_word(const std::string& strategy, bool after) {
    if (strategy == "onboard") {
        return "NVMe/TCP";
    }
    const bool to_sdc = strategy == "reverse";
    return after != to_sdc ? "NVMe/TCP" : "SDC";
}

} // namespace

double seconds_of(const std::string& time) {
    const Result<WallTime> parsed = parse_rfc3339(time);
    if (!parsed) {
        return 0;
    }
    return std::chrono::duration<double>(parsed->time_since_epoch()).count();
}

double seconds_between(const std::string& from, const std::string& to) {
    return from.empty() || to.empty() ? 0 : std::max(0.0, seconds_of(to) - seconds_of(from));
}

std::string show_seconds(double seconds) {
    const auto whole = static_cast<long>(seconds);
    if (whole >= 3600) {
        return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
    }
    return whole >= 60 ? fmt::format("{}m {:02}s", whole / 60, whole % 60)
                       : fmt::format("{:.1f}s", seconds);
}

json::array downtimes(const Unit& unit, const UnitState& state) {
    std::map<std::string, std::pair<std::string, std::string>> spans;
    for (const Step& step : unit.steps) {
        const StepState* seen = state.find(step.id);
        if (seen == nullptr || seen->already) {
            continue;
        }
        if (step.action.op == "vm.shutdown") {
            spans[step.action.params.at("vm")].first = seen->first_time;
            if (seen->undo_complete) { // rolled back: up again when the undo was done
                spans[step.action.params.at("vm")].second = seen->last_time;
            }
        } else if (step.action.op == "vm.restore_power" && seen->done && !seen->undo_complete) {
            spans[step.action.params.at("vm")].second = seen->last_time;
        }
    }
    json::array out;
    for (const auto& [vm, span] : spans) {
        if (span.first.empty()) {
            continue;
        }
        json::object item;
        item["unit"] = unit.id;
        item["vm"] = vm;
        item["from"] = span.first;
        item["to"] = span.second;
        item["downSeconds"] = seconds_between(span.first, span.second);
        item["down"] = span.second.empty() ? "still down"
                                           : show_seconds(seconds_between(span.first, span.second));
        out.emplace_back(std::move(item));
    }
    return out;
}

json::array identities(const Plan& plan, const Unit& unit, const UnitState& state) {
    json::array out;
    const StepState* record = record_of(unit, state);
    std::map<std::string, std::string> old_devices; // by datastore
    for (const UnitPart& part : unit.objects.parts) {
        old_devices[part.datastore] = unit.strategy == "reverse"
                                          ? nvme_device_name(plan.powerflex_system, part.volume_id)
                                          : sdc_device_name(plan.powerflex_system, part.volume_id);
    }
    for (const Step& step : unit.steps) {
        const Params& params = step.action.params;
        const StepState* seen = state.find(step.id);
        if (seen == nullptr || !seen->done || seen->undo_complete) {
            continue;
        }
        if (step.action.op == "vmfs.resignature") {
            std::string uuid = param_or(seen->result, "seen", "");
            if (constexpr std::string_view kWords = "new UUID "; uuid.starts_with(kWords)) {
                uuid.erase(0, kWords.size());
            }
            const std::string& datastore = params.at("datastore");
            out.emplace_back(identity(unit, "vmfs-uuid", datastore, params.at("old_uuid"), uuid));
            out.emplace_back(
                identity(unit, "device", datastore, old_devices[datastore], params.at("device")));
        } else if (step.action.op == "vm.register" && record != nullptr) {
            out.emplace_back(identity(unit, "moref", params.at("vm"),
                                      param_or(record->result, "moref." + params.at("vm_uuid"), ""),
                                      param_or(seen->result, "seen", "")));
        } else if (step.action.op == "check.volume" && !unit.objects.target_volume.empty()) {
            const std::string id = param_or(seen->result, "volume", "");
            std::vector<UnitPart> sources = unit.objects.parts;
            if (sources.empty()) { // a new volume that takes nobody's place
                sources.push_back({{}, {}, {}, {}, unit.objects.target_volume, {}});
            }
            for (const UnitPart& part : sources) {
                if (part.target_volume == param_or(params, "volume_name", "")) {
                    out.emplace_back(identity(unit, "volume", part.datastore, part.volume_id, id));
                    out.emplace_back(identity(unit, "device", part.datastore,
                                              old_devices[part.datastore],
                                              nvme_device_name(plan.powerflex_system, id)));
                }
            }
        }
    }
    return out;
}

json::array path_matrix(const Plan& plan, const RunState& run) {
    // (host, adapter, target) → states of the first and of the last reading
    std::map<std::tuple<std::string, std::string, std::string>, std::pair<std::string, std::string>>
        cells;
    for (const Unit& unit : plan.units) {
        const UnitState* state = run.find(unit.id);
        if (state == nullptr) {
            continue;
        }
        for (const Step& step : unit.steps) {
            const StepState* seen = state->find(step.id);
            if (seen == nullptr || !seen->done) {
                continue;
            }
            const bool before = step.action.op == "check.hosts";
            for (const auto& [key, value] : seen->result) {
                if (!key.starts_with(kPathKey)) {
                    continue;
                }
                const std::string rest = key.substr(kPathKey.size()); // host|adapter|target
                const std::size_t first = rest.find('|');
                const std::size_t second = rest.find('|', first + 1);
                if (second == std::string::npos) {
                    continue;
                }
                auto& cell =
                    cells[{rest.substr(0, first), rest.substr(first + 1, second - first - 1),
                           rest.substr(second + 1)}];
                if (before && cell.first.empty()) {
                    cell.first = value;
                } else if (!before) {
                    cell.second = value;
                }
            }
        }
    }
    json::array out;
    for (const auto& [where, states] : cells) {
        json::object item;
        item["host"] = std::get<0>(where);
        item["adapter"] = std::get<1>(where);
        item["target"] = std::get<2>(where);
        item["before"] = states.first;
        item["after"] = states.second;
        out.emplace_back(std::move(item));
    }
    return out;
}

json::array executed_commands(const Plan& plan, const std::vector<Record>& records) {
    json::array out;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const Record& record = records[i];
        const bool undo = record.phase == Phase::UndoIntent;
        if (record.phase != Phase::Intent && !undo) {
            continue;
        }
        const Unit* unit = plan.find_unit(record.unit);
        const Step* step = unit == nullptr ? nullptr : unit->find_step(record.step);
        if (step == nullptr) {
            continue;
        }
        const OpCall* call = &step->action;
        if (undo) {
            const std::string index = param_or(record.result, "undo", "0");
            const auto at = static_cast<std::size_t>(std::strtoul(index.c_str(), nullptr, 10));
            if (at >= step->undo.size()) {
                continue;
            }
            call = &step->undo[at];
        }
        const Op* op = find_op(call->op);
        if (op == nullptr || op->kind == OpKind::Check) {
            continue;
        }
        std::string result = "outcome not recorded";
        for (std::size_t j = i + 1; j < records.size(); ++j) {
            const Record& later = records[j];
            if (later.unit != record.unit || later.step != record.step) {
                continue;
            }
            if (later.phase == record.phase) {
                break; // announced again after a crash
            }
            if (later.phase == Phase::Done || later.phase == Phase::Undone) {
                result = "done";
                break;
            }
            if (later.phase == Phase::Failed || later.phase == Phase::UndoFailed) {
                result = "failed: " + later.detail;
                break;
            }
        }
        json::object item;
        item["time"] = record.time;
        item["unit"] = record.unit;
        item["step"] = record.step;
        item["endpoint"] = record.endpoint;
        item["direction"] = undo ? "back" : "forward";
        item["what"] = op->describe(call->params);
        item["result"] = result;
        item["commands"] = commands_of(*call);
        out.emplace_back(std::move(item));
    }
    return out;
}

json::array planned_commands(const Plan& plan) {
    json::array out;
    for (const Unit& unit : plan.units) {
        for (const Step& step : unit.steps) {
            const Op* op = find_op(step.action.op);
            if (op == nullptr || op->kind == OpKind::Check || step.deferred) {
                continue;
            }
            json::object item;
            item["time"] = "";
            item["unit"] = unit.id;
            item["step"] = step.id;
            item["endpoint"] = op->on_powerflex ? plan.powerflex_endpoint : plan.vcenter_endpoint;
            item["direction"] = "forward";
            item["what"] = step.title;
            item["result"] = "planned";
            item["commands"] = commands_of(step.action);
            out.emplace_back(std::move(item));
        }
    }
    return out;
}

json::array topology(const Plan& plan, const RunState* run) {
    json::array out;
    for (const Unit& unit : plan.units) {
        if (unit.objects.datastore.empty()) {
            continue;
        }
        const UnitState* state = run == nullptr ? nullptr : run->find(unit.id);
        const bool moved =
            run == nullptr || (state != nullptr && state->status == UnitStatus::Done);
        for (const UnitPart& part : unit.objects.parts) {
            json::object item;
            item["unit"] = unit.id;
            item["datastore"] = part.datastore;
            item["volume"] = part.volume;
            item["targetVolume"] = part.target_volume.empty() ? part.volume : part.target_volume;
            item["hosts"] = json::array(unit.objects.hosts.begin(), unit.objects.hosts.end());
            item["before"] = protocol_word(unit.strategy, false);
            item["after"] = protocol_word(unit.strategy, moved);
            out.emplace_back(std::move(item));
        }
    }
    return out;
}

json::array evidence_of(const Plan& plan, const RunState& run) {
    json::array out;
    for (const Unit& unit : plan.units) {
        const UnitState* state = run.find(unit.id);
        for (const Step& step : unit.steps) {
            const Op* op = find_op(step.action.op);
            const StepState* seen = state == nullptr ? nullptr : state->find(step.id);
            if (op == nullptr || op->kind != OpKind::Check || seen == nullptr ||
                step.action.op == "unit.record" || step.action.op == "context.record") {
                continue;
            }
            std::string said;
            for (const auto& [key, value] : seen->result) {
                if (!key.starts_with(kPathKey)) {
                    said += fmt::format("{}{}={}", said.empty() ? "" : ", ", key, value);
                }
            }
            json::object item;
            item["unit"] = unit.id;
            item["step"] = step.id;
            item["what"] = step.title;
            item["passed"] = seen->done && !seen->failed;
            item["result"] = seen->failed ? seen->error : said;
            out.emplace_back(std::move(item));
        }
    }
    return out;
}

} // namespace pf::nvmetool
