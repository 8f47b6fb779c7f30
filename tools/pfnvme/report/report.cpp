#include "tools/pfnvme/report/report.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/run/ops.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <algorithm>
#include <chrono>

namespace pf::nvmetool {

namespace {

constexpr int kChartWidth = 900;

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
    return seconds >= 60 ? fmt::format("{}m {:02}s", static_cast<int>(seconds) / 60,
                                       static_cast<int>(seconds) % 60)
                         : fmt::format("{:.1f}s", seconds);
}

json::array strings(const std::vector<std::string>& items) {
    return json::array(items.begin(), items.end());
}

json::object header(const Plan& plan) {
    json::object out;
    out["schemaVersion"] = 1;
    json::object about;
    about["name"] = plan.name;
    about["kind"] = plan.kind;
    about["sha256"] = plan.sha256;
    about["createdAt"] = plan.created_at;
    about["vcenter"] = plan.vcenter_endpoint;
    about["powerflex"] = plan.powerflex_endpoint;
    about["systemId"] = plan.powerflex_system;
    about["toolVersion"] = plan.tool_version;
    about["support"] = plan.support;
    out["plan"] = std::move(about);
    json::array findings;
    for (const PlanFinding& item : plan.findings) {
        json::object finding;
        finding["check"] = item.check;
        finding["severity"] = item.severity;
        finding["object"] = item.object;
        finding["message"] = item.message;
        finding["fix"] = item.fix;
        findings.emplace_back(std::move(finding));
    }
    out["findings"] = std::move(findings);
    out["leftBehind"] = strings(plan.left_behind);
    return out;
}

json::object unit_header(const Unit& unit) {
    json::object out;
    out["id"] = unit.id;
    out["strategy"] = unit.strategy;
    out["datastore"] = unit.objects.datastore;
    out["volume"] = unit.objects.volume;
    out["targetVolume"] = unit.objects.target_volume;
    out["hosts"] = strings(unit.objects.hosts);
    out["vms"] = strings(unit.objects.vms);
    return out;
}

json::object step_header(const Step& step) {
    json::object out;
    out["id"] = step.id;
    out["title"] = step.title;
    out["commitPoint"] = step.commit_point;
    out["deferred"] = step.deferred;
    json::array commands;
    if (const Op* op = find_op(step.action.op); op != nullptr) {
        for (const std::string& command : op->commands(step.action.params)) {
            commands.emplace_back(command);
        }
    }
    out["commands"] = std::move(commands);
    return out;
}

std::string step_status(const StepState* state) {
    if (state == nullptr) {
        return "pending";
    }
    if (state->undo_complete) {
        return "undone";
    }
    if (state->already) {
        return "already there";
    }
    if (state->done) {
        return "done";
    }
    return state->failed ? "failed" : state->intent ? "started" : "pending";
}

// Time that each VM of an offline unit was down, from the records.
json::array downtimes(const Unit& unit, const UnitState& state) {
    std::map<std::string, std::pair<std::string, std::string>> spans;
    for (const Step& step : unit.steps) {
        const StepState* seen = state.find(step.id);
        if (seen == nullptr || !seen->done || seen->already) {
            continue;
        }
        if (step.action.op == "vm.shutdown") {
            spans[step.action.params.at("vm")].first = seen->first_time;
        } else if (step.action.op == "vm.restore_power") {
            spans[step.action.params.at("vm")].second = seen->last_time;
        }
    }
    json::array out;
    for (const auto& [vm, span] : spans) {
        if (!span.first.empty() && !span.second.empty()) {
            json::object item;
            item["vm"] = vm;
            item["downSeconds"] = seconds_between(span.first, span.second);
            item["down"] = show_seconds(seconds_between(span.first, span.second));
            out.emplace_back(std::move(item));
        }
    }
    return out;
}

// Ids that other tools know objects by, old and new.
json::array identities(const Unit& unit, const UnitState& state) {
    json::array out;
    const auto add = [&](const std::string& what, const std::string& from, const std::string& to) {
        json::object item;
        item["object"] = what;
        item["old"] = from;
        item["new"] = to;
        out.emplace_back(std::move(item));
    };
    const StepState* record = state.find("01-record");
    for (const Step& step : unit.steps) {
        const StepState* seen = state.find(step.id);
        if (seen == nullptr || !seen->done) {
            continue;
        }
        if (step.action.op == "vmfs.resignature") {
            add("datastore " + unit.objects.datastore + " (VMFS UUID)",
                step.action.params.at("old_uuid"), param_or(seen->result, "seen", ""));
        } else if (step.action.op == "vm.register" && record != nullptr) {
            add("VM " + step.action.params.at("vm") + " (managed object)",
                param_or(record->result, "moref." + step.action.params.at("vm_uuid"), ""),
                param_or(seen->result, "seen", ""));
        }
    }
    return out;
}

json::array chart_bars(const Plan& plan, const RunState& run) {
    double first = 0;
    double last = 0;
    for (const Unit& unit : plan.units) {
        const UnitState* state = run.find(unit.id);
        if (state == nullptr || state->started.empty()) {
            continue;
        }
        const double start = seconds_of(state->started);
        const double end = state->ended.empty() ? start : seconds_of(state->ended);
        first = first == 0 ? start : std::min(first, start);
        last = std::max(last, end);
    }
    json::array bars;
    const double span = std::max(last - first, 0.001);
    int row = 0;
    for (const Unit& unit : plan.units) {
        const UnitState* state = run.find(unit.id);
        if (state == nullptr || state->started.empty()) {
            continue;
        }
        const double start = seconds_of(state->started) - first;
        const double length = seconds_between(state->started, state->ended);
        json::object bar;
        bar["x"] = static_cast<int>(start / span * kChartWidth);
        bar["y"] = row * 26;
        bar["width"] = std::max(3, static_cast<int>(length / span * kChartWidth));
        bar["textY"] = row * 26 + 15;
        bar["label"] = unit.id + " " + unit.objects.datastore + " " + show_seconds(length);
        bar["class"] = std::string(state->status == UnitStatus::Done ? "good" : "bad");
        bars.emplace_back(std::move(bar));
        ++row;
    }
    return bars;
}

} // namespace

std::string plan_report_json(const Plan& plan, const DryRunStates& states) {
    json::object out = header(plan);
    out["report"] = "plan";
    out["isRun"] = false;
    std::int64_t to_do = 0;
    std::int64_t already = 0;
    json::array units;
    for (const Unit& unit : plan.units) {
        json::object item = unit_header(unit);
        item["status"] = "planned";
        json::array steps;
        for (const Step& step : unit.steps) {
            json::object row = step_header(step);
            const auto state = states.find({unit.id, step.id});
            const bool there = state != states.end() && state->second == "already";
            if (!step.deferred) {
                ++(there ? already : to_do);
            }
            row["status"] = step.deferred ? "later" : there ? "already there" : "would do";
            steps.emplace_back(std::move(row));
        }
        item["steps"] = std::move(steps);
        units.emplace_back(std::move(item));
    }
    out["units"] = std::move(units);
    out["verdict"] =
        fmt::format("{} steps to do, {} already there; nothing was changed", to_do, already);
    out["toDo"] = to_do;
    out["already"] = already;
    return pretty_json(json::value(std::move(out)));
}

std::string run_report_json(const Plan& plan, const std::string& run_id,
                            const std::vector<Record>& records) {
    const RunState run = replay(records);
    json::object out = header(plan);
    out["report"] = "run";
    out["isRun"] = true;
    out["run"] = run_id;
    out["started"] = run.started;
    out["ended"] = run.ended;
    out["durationSeconds"] = seconds_between(run.started, run.ended);
    out["duration"] = show_seconds(seconds_between(run.started, run.ended));
    out["verdict"] = run.ended.empty() ? "not ended" : run.outcome;
    out["journalHash"] = records.empty() ? "" : records.back().hash;
    out["journalRecords"] = static_cast<std::int64_t>(records.size());
    json::array units;
    for (const Unit& unit : plan.units) {
        json::object item = unit_header(unit);
        const UnitState* found = run.find(unit.id);
        const UnitState state = found == nullptr ? UnitState{} : *found;
        item["status"] = to_string(state.status);
        item["error"] = state.status == UnitStatus::Done ? "" : state.error;
        item["started"] = state.started;
        item["ended"] = state.ended;
        item["durationSeconds"] = seconds_between(state.started, state.ended);
        item["duration"] = show_seconds(seconds_between(state.started, state.ended));
        item["downtime"] = downtimes(unit, state);
        item["identities"] = identities(unit, state);
        json::array steps;
        for (const Step& step : unit.steps) {
            const StepState* seen = state.find(step.id);
            json::object row = step_header(step);
            row["status"] = step_status(seen);
            json::object evidence;
            if (seen != nullptr) {
                row["time"] = seen->last_time;
                row["seen"] = seen->failed ? seen->error : param_or(seen->result, "seen", "");
                for (const auto& [name, value] : seen->result) {
                    evidence[name] = value;
                }
            }
            row["evidence"] = std::move(evidence);
            steps.emplace_back(std::move(row));
        }
        item["steps"] = std::move(steps);
        units.emplace_back(std::move(item));
    }
    out["units"] = std::move(units);
    out["bars"] = chart_bars(plan, run);
    out["chartHeight"] = static_cast<std::int64_t>(plan.units.size() * 26 + 4);
    return pretty_json(json::value(std::move(out)));
}

} // namespace pf::nvmetool
