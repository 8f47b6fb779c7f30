#include "tools/pfnvme/report/report.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/report/facts.hpp"
#include "tools/pfnvme/run/context.hpp"
#include "tools/pfnvme/run/ops.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <algorithm>
#include <set>

namespace pf::nvmetool {

namespace {

json::array strings(const std::vector<std::string>& items) {
    return json::array(items.begin(), items.end());
}

std::string time_of(std::int64_t seconds) {
    return format_rfc3339(WallTime(std::chrono::seconds(seconds)));
}

void append(json::array& to, json::array from) {
    for (json::value& item : from) {
        to.emplace_back(std::move(item));
    }
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
    about["owner"] = plan.owner;
    about["ticket"] = plan.ticket;
    out["plan"] = std::move(about);
    json::array findings;
    for (const PlanFinding& item : plan.findings) {
        json::object finding;
        finding["check"] = item.check;
        finding["severity"] = item.severity;
        finding["object"] = item.object;
        finding["message"] = item.message;
        finding["fix"] = item.fix;
        finding["waiver"] = item.waiver;
        findings.emplace_back(std::move(finding));
    }
    out["findings"] = std::move(findings);
    json::array windows;
    for (const ChangeWindow& window : plan.policy.windows) {
        json::object item;
        item["start"] = time_of(window.span.start_s);
        item["end"] = time_of(window.span.end_s);
        windows.emplace_back(std::move(item));
    }
    out["windows"] = std::move(windows);
    if (plan.estimate) {
        json::object estimate;
        estimate["p50"] = show_seconds(static_cast<double>(plan.estimate->p50_s));
        estimate["p90"] = show_seconds(static_cast<double>(plan.estimate->p90_s));
        estimate["basis"] = plan.estimate->basis;
        estimate["confidence"] = plan.estimate->confidence;
        estimate["critical"] = plan.estimate->critical;
        estimate["fits"] = plan.estimate->fits;
        out["estimate"] = std::move(estimate);
    }
    json::array left;
    for (const LeftBehind& item : plan.left_behind) {
        left.emplace_back(item.text());
    }
    out["leftBehind"] = std::move(left);
    return out;
}

// Numbers at the top of the page.
json::object summary_of(const Plan& plan) {
    std::set<std::string> hosts;
    std::set<std::string> vms;
    std::int64_t datastores = 0;
    for (const Unit& unit : plan.units) {
        hosts.insert(unit.objects.hosts.begin(), unit.objects.hosts.end());
        vms.insert(unit.objects.vm_ids.begin(), unit.objects.vm_ids.end());
        datastores += static_cast<int>(unit.objects.parts.size());
    }
    json::object out;
    out["units"] = static_cast<std::int64_t>(plan.units.size());
    out["steps"] = static_cast<std::int64_t>(plan.step_count());
    out["hosts"] = static_cast<std::int64_t>(hosts.size());
    out["vms"] = static_cast<std::int64_t>(vms.size());
    out["datastores"] = datastores;
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
    out["wave"] = unit.wave;
    out["canary"] = unit.canary;
    if (unit.estimate) {
        out["plannedStartS"] = unit.estimate->start_s;
        out["plannedEndS"] = unit.estimate->end_s;
        out["estimatedSeconds"] = unit.estimate->p50_s;
        out["estimated"] = show_seconds(static_cast<double>(unit.estimate->p50_s));
    }
    return out;
}

json::object step_header(const Step& step) {
    json::object out;
    out["id"] = step.id;
    out["title"] = step.title;
    out["commitPoint"] = step.commit_point;
    out["deferred"] = step.deferred;
    json::array commands;
    if (const Op* op = find_op(step.action.op); op != nullptr && op->commands != nullptr) {
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

json::object step_of_run(const Step& step, const StepState* seen) {
    json::object row = step_header(step);
    row["status"] = step_status(seen);
    json::object evidence;
    if (seen != nullptr) {
        row["started"] = seen->first_time;
        row["time"] = seen->last_time;
        row["seconds"] = seconds_between(seen->first_time, seen->last_time);
        row["seen"] = seen->failed ? seen->error : param_or(seen->result, "seen", "");
        for (const auto& [name, value] : seen->result) {
            evidence[name] = value;
        }
    }
    row["evidence"] = std::move(evidence);
    return row;
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
    out["summary"] = summary_of(plan);
    out["verdict"] =
        fmt::format("{} steps to do, {} already there; nothing was changed", to_do, already);
    out["good"] = true;
    out["toDo"] = to_do;
    out["already"] = already;
    out["downtime"] = json::array();
    out["identities"] = json::array();
    out["notRestored"] = json::array();
    out["sdcRetirement"] = json::array();
    out["paths"] = json::array();
    out["evidence"] = json::array();
    out["commands"] = planned_commands(plan);
    out["topology"] = topology(plan, nullptr);
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
    out["lastTime"] = records.empty() ? "" : records.back().time;
    out["durationSeconds"] = seconds_between(run.started, run.ended);
    out["duration"] = show_seconds(seconds_between(run.started, run.ended));
    out["verdict"] = run.ended.empty() ? "not ended" : run.outcome;
    out["good"] = run.outcome == "done" || run.outcome == "rolled back";
    out["journalHash"] = records.empty() ? "" : records.back().hash;
    out["journalRecords"] = static_cast<std::int64_t>(records.size());
    json::array units;
    json::array downtime;
    json::array identity;
    json::array not_restored;
    std::int64_t done = 0;
    double worst_down = 0;
    for (const Unit& unit : plan.units) {
        json::object item = unit_header(unit);
        const UnitState* found = run.find(unit.id);
        const UnitState state = found == nullptr ? UnitState{} : *found;
        done += state.status == UnitStatus::Done ? 1 : 0;
        item["status"] = to_string(state.status);
        item["error"] = state.status == UnitStatus::Done ? "" : state.error;
        item["started"] = state.started;
        item["ended"] = state.ended;
        item["durationSeconds"] = seconds_between(state.started, state.ended);
        item["duration"] = show_seconds(seconds_between(state.started, state.ended));
        json::array down = downtimes(unit, state);
        for (const json::value& span : down) {
            worst_down = std::max(worst_down, span.at("downSeconds").to_number<double>());
        }
        item["downtime"] = down;
        append(downtime, std::move(down));
        json::array ids = identities(plan, unit, state);
        item["identities"] = ids;
        append(identity, std::move(ids));
        for (const std::string& text : lost_context(unit, state)) {
            json::object lost;
            lost["unit"] = unit.id;
            lost["what"] = text;
            not_restored.emplace_back(std::move(lost));
        }
        json::array steps;
        for (const Step& step : unit.steps) {
            steps.emplace_back(step_of_run(step, state.find(step.id)));
        }
        item["steps"] = std::move(steps);
        units.emplace_back(std::move(item));
    }
    out["units"] = std::move(units);
    json::object summary = summary_of(plan);
    summary["unitsDone"] = done;
    summary["longestDownSeconds"] = worst_down;
    summary["longestDown"] = show_seconds(worst_down);
    out["summary"] = std::move(summary);
    out["downtime"] = std::move(downtime);
    out["identities"] = std::move(identity);
    out["notRestored"] = std::move(not_restored);
    json::array retirement;
    for (const auto& [host, volumes] : run.sdc_volumes) {
        json::object item;
        item["host"] = host;
        item["volumes"] = volumes;
        item["advice"] =
            volumes == "0"
                ? "nothing uses its SDC any more: it may be retired (see pfnvme host sdc retire), "
                  "which takes maintenance mode and a restart"
                : "its SDC is still needed by " + volumes + " volume(s)";
        retirement.emplace_back(std::move(item));
    }
    out["sdcRetirement"] = std::move(retirement);
    out["paths"] = path_matrix(plan, run);
    out["evidence"] = evidence_of(plan, run);
    out["commands"] = executed_commands(plan, records);
    out["topology"] = topology(plan, &run);
    return pretty_json(json::value(std::move(out)));
}

} // namespace pf::nvmetool
