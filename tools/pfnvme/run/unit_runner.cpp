#include "tools/pfnvme/run/unit_runner.hpp"

#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/run/hook_runner.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace pf::nvmetool {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPoll = 50ms;
constexpr std::chrono::milliseconds kLongestPoll = 2s;
// A system that does not answer is asked again for this long before a run stops as interrupted.
constexpr std::chrono::seconds kPatience = 30s;
// A call whose answers are lost again and again is not repeated for ever.
constexpr int kMostAttempts = 4;

// The call may have had its effect although it failed.
bool outcome_open(Errc code) {
    return code == Errc::Unreachable || code == Errc::Timeout || code == Errc::OutcomeUnknown;
}

// Asks again while the systems don't answer. Nothing but reading may go through here.
template<class T>
Result<T> patiently(EngineClock& clock, const std::function<Result<T>()>& ask) {
    std::chrono::milliseconds pause = kFirstPoll;
    const auto deadline = clock.now() + kPatience;
    while (true) {
        Result<T> answer = ask();
        if (answer || !outcome_open(answer.error().code) || clock.now() >= deadline) {
            return answer;
        }
        clock.sleep(pause);
        pause = std::min(pause * 2, kLongestPoll);
    }
}

tl::unexpected<StepFailure> unknown_operation(const std::string& name) {
    return tl::unexpected(
        StepFailure{Error{Errc::InvalidArgument,
                          fmt::format("operation '{}' is not known to this pfnvme", name)},
                    true});
}

// The objects of one unit, read one by one: many units start side by side, and a whole inventory
// for each would take longer than the units.
Result<Inventory> collect_unit(VspherePort& vsphere, PowerFlexPort& powerflex, const Unit& unit) {
    Inventory out;
    const UnitObjects& objects = unit.objects;
    for (const std::string& id : objects.host_ids) {
        Result<HostInfo> host = vsphere.host(id);
        if (host) {
            out.hosts.push_back(std::move(*host));
        } else if (host.error().code != Errc::NotFound) {
            return fail(host.error());
        }
    }
    std::set<std::string> datastore_ids;
    std::set<std::string> volume_ids;
    if (!objects.datastore_id.empty()) {
        datastore_ids.insert(objects.datastore_id);
    }
    if (!objects.volume_id.empty()) {
        volume_ids.insert(objects.volume_id);
    }
    for (const UnitPart& part : objects.parts) {
        datastore_ids.insert(part.datastore_id);
        volume_ids.insert(part.volume_id);
    }
    std::set<std::string> vm_ids(objects.vm_ids.begin(), objects.vm_ids.end());
    if (!datastore_ids.empty()) {
        PF_TRY(out.datastores, vsphere.datastores());
    }
    for (const DatastoreInfo& datastore : out.datastores) {
        if (datastore_ids.contains(datastore.id)) {
            vm_ids.insert(datastore.vm_ids.begin(), datastore.vm_ids.end());
        }
    }
    for (const std::string& id : vm_ids) {
        Result<VmInfo> vm = vsphere.vm(id);
        if (vm) {
            out.vms.push_back(std::move(*vm));
        } else if (vm.error().code != Errc::NotFound) {
            return fail(vm.error());
        }
    }
    for (const std::string& id : volume_ids) {
        Result<VolumeInfo> volume = powerflex.volume(id);
        if (volume) {
            out.volumes.push_back(std::move(*volume));
        } else if (volume.error().code != Errc::NotFound) {
            return fail(volume.error());
        }
    }
    std::sort(out.vms.begin(), out.vms.end(),
              [](const VmInfo& a, const VmInfo& b) { return a.name < b.name; });
    out.index();
    return out;
}

} // namespace

bool cannot_ask(Errc code) {
    return code == Errc::Unreachable || code == Errc::Timeout || code == Errc::AuthFailed ||
           code == Errc::Untrusted || code == Errc::OutcomeUnknown || code == Errc::Cancelled;
}

void UnitRunner::point(const Unit& unit, const Step& step, std::string_view phase) {
    if (shared_.hooks.at_point) {
        shared_.hooks.at_point(unit.id, step.id, phase);
    }
}

RunWish UnitRunner::wish() const {
    return std::max(shared_.hooks.wish ? shared_.hooks.wish() : RunWish::Go,
                    shared_.overrun.load());
}

// Waits its turn; the holder before it ends within the deadline of its step.
class UnitRunner::RescanSlot {
  public:
    RescanSlot(RunnerShared& shared, std::string_view op) : shared_(shared) {
        const std::int64_t cap = shared.plan.policy.caps.hosts_rescanning;
        held_ = cap > 0 && (op == "device.ready" || op == "device.gone" || op == "vmfs.present" ||
                            op == "device.attach");
        if (held_) {
            std::unique_lock lock(shared_.rescan_mutex);
            shared_.rescan_free.wait(lock, [&] { return shared_.rescanning < cap; });
            ++shared_.rescanning;
        }
    }
    ~RescanSlot() {
        if (held_) {
            const std::lock_guard lock(shared_.rescan_mutex);
            --shared_.rescanning;
            shared_.rescan_free.notify_one();
        }
    }
    RescanSlot(const RescanSlot&) = delete;
    RescanSlot& operator=(const RescanSlot&) = delete;

  private:
    RunnerShared& shared_;
    bool held_ = false;
};

void UnitRunner::tell(EngineEvent::Kind kind, const Unit& unit, const Step* step,
                      std::string text) {
    if (!shared_.hooks.on_event) {
        return;
    }
    EngineEvent event;
    event.kind = kind;
    event.unit = &unit;
    event.step = step;
    event.text = std::move(text);
    if (step != nullptr) {
        event.step_number = static_cast<std::size_t>(step - unit.steps.data()) + 1;
    }
    const std::lock_guard lock(shared_.event_mutex);
    shared_.hooks.on_event(event);
}

OpContext UnitRunner::context(const Unit& unit) {
    return OpContext{vsphere_,
                     powerflex_,
                     shared_.plan,
                     unit,
                     [this, &unit](const std::string& step_id) -> const Params* {
                         const StepState* step = shared_.log.unit(unit).find(step_id);
                         return step == nullptr || !step->done ? nullptr : &step->result;
                     },
                     &datastore_ids_};
}

StepResult UnitRunner::write(const Unit& unit, const Step* step, Phase phase, std::string detail,
                             std::string task, Params result, const OpCall* call) {
    Record record;
    record.phase = phase;
    record.detail = std::move(detail);
    record.task = std::move(task);
    record.result = std::move(result);
    record.unit = unit.id;
    if (step != nullptr) {
        record.step = step->id;
        record.key = step->key;
        const OpCall& named = call == nullptr ? step->action : *call;
        record.request = call_digest(named);
        if (const Op* op = find_op(named.op); op != nullptr) {
            record.endpoint =
                op->on_powerflex ? shared_.plan.powerflex_endpoint : shared_.plan.vcenter_endpoint;
        }
    }
    if (Result<void> appended = shared_.log.append(std::move(record)); !appended) {
        // Without its journal a run must not touch anything.
        return tl::unexpected(StepFailure{appended.error(), true});
    }
    return {};
}

Result<void> UnitRunner::dry_run(const Unit& unit) {
    tell(EngineEvent::Kind::UnitStart, unit, nullptr, unit.strategy);
    OpContext op_context = context(unit);
    for (const Step& step : unit.steps) {
        if (step.deferred) {
            continue;
        }
        const Op* op = find_op(step.action.op);
        if (op == nullptr) {
            return fail(unknown_operation(step.action.op).value().error);
        }
        if (op->observe != nullptr) {
            const Result<Observation> seen = observe(op_context, *op, step.action.params);
            // Objects that a later step looks at may not exist yet in a dry run.
            if (!seen && cannot_ask(seen.error().code)) {
                return fail(seen.error());
            }
            if (seen && seen->effect == Effect::Present) {
                tell(EngineEvent::Kind::Already, unit, &step, seen->detail);
                continue;
            }
        }
        tell(EngineEvent::Kind::WouldDo, unit, &step, step.title);
    }
    return {};
}

Result<Observation> UnitRunner::observe(OpContext& op_context, const Op& op, const Params& params) {
    return patiently<Observation>(shared_.clock, [&] { return op.observe(op_context, params); });
}

Result<void> UnitRunner::guard(OpContext& op_context, const Op& op, const Params& params) {
    if (op.guard == nullptr) {
        return {};
    }
    return patiently<void>(shared_.clock, [&] { return op.guard(op_context, params); });
}

Result<Observation> UnitRunner::settled(OpContext& op_context, const Op& op, const Params& params) {
    std::chrono::milliseconds pause = kFirstPoll;
    const auto deadline = shared_.clock.now() + deadline_of(op, params);
    while (true) {
        Result<Observation> seen = observe(op_context, op, params);
        if (!seen || seen->effect != Effect::InProgress || seen->task.empty() ||
            shared_.clock.now() >= deadline) {
            return seen;
        }
        if (op.assist != nullptr) {
            if (const Result<void> helped = op.assist(op_context, params);
                !helped && !outcome_open(helped.error().code)) {
                return fail(helped.error());
            }
        }
        shared_.clock.sleep(pause);
        pause = std::min(pause * 2, kLongestPoll);
    }
}

Result<CallOutcome> UnitRunner::call(OpContext& op_context, const Op& op, const Params& params) {
    Result<CallOutcome> called = op.execute(op_context, params);
    if (called || !outcome_open(called.error().code) || op.observe == nullptr) {
        return called;
    }
    // An operation of two calls whose first answer was lost: what is there shows that the second is
    // missing.
    const Result<Observation> seen = observe(op_context, op, params);
    if (seen && seen->effect == Effect::Partial) {
        return op.execute(op_context, params);
    }
    return called;
}

Result<Observation> UnitRunner::await(OpContext& op_context, const Op& op, const Params& params,
                                      CallOutcome& outcome, Lost lost) {
    std::chrono::milliseconds pause = kFirstPoll;
    EngineClock& clock = shared_.clock;
    auto deadline = clock.now() + deadline_of(op, params);
    auto patience = clock.now() + kPatience;
    auto settled_by = clock.now() + shared_.options.settle;
    bool escalated = false;
    std::string last = "nothing seen yet";
    for (bool first = true;; first = false) {
        if (!outcome.task.empty()) {
            const Result<TaskInfo> task = vsphere_.task(outcome.task);
            if (task && task->state == TaskInfo::State::Error) {
                // It may have failed because what it was to do was done already.
                Result<Observation> there = observe(op_context, op, params);
                if (there && there->effect == Effect::Present) {
                    return there;
                }
                return fail(Errc::Fault, "{}",
                            task->error.empty() ? "the task failed" : task->error);
            }
        }
        Result<Observation> seen = op.observe(op_context, params);
        if (seen) {
            patience = clock.now() + kPatience;
            if (seen->effect == Effect::Present) {
                return seen;
            }
            last = seen->detail;
            if (outcome.task.empty() && !seen->task.empty() && !seen->perhaps) {
                outcome.task = seen->task;
            }
            if (seen->effect == Effect::InProgress) {
                settled_by = clock.now() + shared_.options.settle;
            } else if (lost.answer_lost && outcome.task.empty() && clock.now() >= settled_by) {
                return fail(Errc::Retry, "no effect of a call whose answer was lost: {}", last);
            }
            if (op.assist != nullptr && !first) {
                if (const Result<void> helped = op.assist(op_context, params);
                    !helped && !outcome_open(helped.error().code)) {
                    return fail(helped.error());
                }
            }
        } else if (!cannot_ask(seen.error().code) || clock.now() >= patience) {
            return seen;
        }
        if (clock.now() >= deadline) {
            if (op.escalate == nullptr || escalated) {
                return fail(Errc::Failed, "no effect after {} s: {}",
                            deadline_of(op, params).count(), last);
            }
            escalated = true;
            PF_TRY(outcome, op.escalate(op_context, params));
            deadline = clock.now() + op.deadline;
        }
        clock.sleep(pause);
        pause = std::min(pause * 2, kLongestPoll);
    }
}

StepResult UnitRunner::fail_step(const Unit& unit, const Step& step, const Op& op, Error error) {
    if (cannot_ask(error.code)) {
        return tl::unexpected(StepFailure{std::move(error), true});
    }
    Params result;
    // Whether the attempt left something behind decides about commit point and rollback, so look.
    if (op.observe != nullptr) {
        OpContext op_context = context(unit);
        const Result<Observation> seen = observe(op_context, op, step.action.params);
        const StepState& attempted = shared_.log.step(unit, step);
        bool over = !attempted.sent; // refused by the guard or by the call itself
        if (!attempted.task.empty()) {
            const Result<TaskInfo> task = vsphere_.task(attempted.task);
            over = task && !task->active();
        }
        if (seen && seen->effect == Effect::Absent && over) {
            result["effect"] = "none";
        }
    } else {
        result["effect"] = "none"; // checks have none
    }
    tell(EngineEvent::Kind::Failed, unit, &step, error.what);
    if (StepResult written = write(unit, &step, Phase::Failed, error.what, {}, result); !written) {
        return written;
    }
    return tl::unexpected(StepFailure{std::move(error), false});
}

StepResult UnitRunner::run_check(const Unit& unit, const Step& step, const Op& op) {
    OpContext op_context = context(unit);
    point(unit, step, "before-intent");
    if (StepResult written = write(unit, &step, Phase::Intent, step.title); !written) {
        return written;
    }
    point(unit, step, "after-intent");
    const Result<CallOutcome> outcome = patiently<CallOutcome>(
        shared_.clock, [&] { return op.execute(op_context, step.action.params); });
    point(unit, step, "after-call");
    if (!outcome) {
        return fail_step(unit, step, op, outcome.error());
    }
    if (StepResult written = write(unit, &step, Phase::Sent, ""); !written) {
        return written;
    }
    point(unit, step, "after-sent");
    point(unit, step, "after-observed");
    if (StepResult written = write(unit, &step, Phase::Done, step.title, {}, outcome->evidence);
        !written) {
        return written;
    }
    point(unit, step, "after-done");
    tell(EngineEvent::Kind::Done, unit, &step, "");
    return {};
}

tl::expected<Observation, StepFailure> UnitRunner::attempt(const Unit& unit, const Step& step,
                                                           const Op& op, bool again,
                                                           CallOutcome& outcome) {
    OpContext op_context = context(unit);
    const Params& params = step.action.params;
    const auto failed = [&](Error error) -> tl::expected<Observation, StepFailure> {
        return tl::unexpected(fail_step(unit, step, op, std::move(error)).error());
    };
    if (Result<void> allowed = guard(op_context, op, params); !allowed) {
        return failed(allowed.error());
    }
    if (StepResult written = write(unit, &step, Phase::Intent, step.title); !written) {
        return tl::unexpected(written.error());
    }
    point(unit, step, "after-intent");
    Result<CallOutcome> called = call(op_context, op, params);
    point(unit, step, "after-call");
    Lost lost;
    if (called) {
        outcome = std::move(*called);
    } else if (outcome_open(called.error().code)) {
        lost.answer_lost = true;
    } else {
        // Something on the way may have sent the call twice: what was not there before it and is
        // there now is its effect, whatever the second answer says.
        const Result<Observation> seen = observe(op_context, op, params);
        const bool there = seen && (seen->effect == Effect::Present ||
                                    (again && seen->effect == Effect::InProgress));
        if (!there) {
            return failed(called.error());
        }
    }
    const std::string detail = called ? ""
                               : lost.answer_lost
                                   ? "outcome unknown: " + called.error().what
                                   : "refused, its effect is there: " + called.error().what;
    if (StepResult written =
            write(unit, &step, Phase::Sent, detail, outcome.task, outcome.evidence);
        !written) {
        return tl::unexpected(written.error());
    }
    point(unit, step, "after-sent");
    Result<Observation> effect = await(op_context, op, params, outcome, lost);
    if (!effect) {
        return effect.error().code == Errc::Retry
                   ? tl::unexpected(StepFailure{effect.error(), false})
                   : failed(effect.error());
    }
    return std::move(*effect);
}

StepResult UnitRunner::run_change(const Unit& unit, const Step& step, const Op& op) {
    OpContext op_context = context(unit);
    const Params& params = step.action.params;
    const bool announced = shared_.log.step(unit, step).intent;
    point(unit, step, "before-intent");
    Result<Observation> seen = settled(op_context, op, params);
    if (!seen) {
        return fail_step(unit, step, op, seen.error());
    }
    if (seen->effect == Effect::Present) {
        // An announced call whose effect is there was ours; then it is ours to undo.
        // Nothing is called, but every point is passed, so that a test can stop at any step's any
        // phase.
        for (const std::string_view phase :
             {"after-intent", "after-call", "after-sent", "after-observed"}) {
            point(unit, step, phase);
        }
        const Phase phase = announced ? Phase::Done : Phase::Already;
        Params evidence{{"seen", seen->detail}};
        if (StepResult written = write(unit, &step, phase, seen->detail, {}, evidence); !written) {
            return written;
        }
        point(unit, step, "after-done");
        tell(EngineEvent::Kind::Already, unit, &step, seen->detail);
        return {};
    }
    tell(EngineEvent::Kind::Start, unit, &step, step.title);
    CallOutcome outcome;
    Observation effect;
    // An announced call that has begun to take effect is waited for, not repeated.
    bool call_it = !announced || seen->effect != Effect::InProgress;
    if (!call_it) {
        Result<Observation> awaited = await(op_context, op, params, outcome, Lost{true});
        if (awaited) {
            effect = std::move(*awaited);
        } else if (awaited.error().code == Errc::Retry) {
            call_it = true;
        } else {
            return fail_step(unit, step, op, awaited.error());
        }
    }
    for (int tried = 1; call_it; ++tried) {
        outcome = {};
        tl::expected<Observation, StepFailure> brought =
            attempt(unit, step, op, announced || tried > 1, outcome);
        if (brought) {
            effect = std::move(*brought);
            break;
        }
        if (brought.error().error.code != Errc::Retry) {
            return tl::unexpected(brought.error());
        }
        if (tried == kMostAttempts) {
            return tl::unexpected(
                StepFailure{Error{Errc::OutcomeUnknown,
                                  fmt::format("{}: {} attempts, each answer lost; {}", step.title,
                                              tried, brought.error().error.what)},
                            true});
        }
    }
    if (StepResult written = write(unit, &step, Phase::Observed, effect.detail, outcome.task);
        !written) {
        return written;
    }
    point(unit, step, "after-observed");
    Params evidence = std::move(outcome.evidence);
    evidence["seen"] = effect.detail;
    if (StepResult written = write(unit, &step, Phase::Done, step.title, {}, evidence); !written) {
        return written;
    }
    point(unit, step, "after-done");
    tell(EngineEvent::Kind::Done, unit, &step, effect.detail);
    return {};
}

StepResult UnitRunner::run_step(const Unit& unit, const Step& step) {
    if (shared_.log.step(unit, step).done) {
        return {};
    }
    const Op* op = find_op(step.action.op);
    if (op == nullptr) {
        return unknown_operation(step.action.op);
    }
    const RescanSlot slot(shared_, op->name);
    return op->kind == OpKind::Change ? run_change(unit, step, *op) : run_check(unit, step, *op);
}

StepResult UnitRunner::check_fresh(const Unit& unit, bool& stale) {
    const Result<Inventory> inventory = patiently<Inventory>(
        shared_.clock, [&] { return collect_unit(vsphere_, powerflex_, unit); });
    if (!inventory) {
        return tl::unexpected(StepFailure{inventory.error(), true});
    }
    const std::optional<std::string> now = fingerprint(*inventory, unit);
    stale = !now || *now != unit.fingerprint;
    if (stale) {
        const std::string detail = fmt::format(
            "unit {} ({}) changed since the plan was compiled; compile again: pfnvme plan compile",
            unit.id,
            unit.objects.datastore.empty() ? fmt::format("{}", fmt::join(unit.objects.hosts, ", "))
                                           : unit.objects.datastore);
        tell(EngineEvent::Kind::UnitStale, unit, nullptr, detail);
        return write(unit, nullptr, Phase::UnitStale, detail);
    }
    return write(unit, nullptr, Phase::UnitStart, unit.strategy);
}

tl::expected<UnitEnd, StepFailure>
UnitRunner::run_steps(const Unit& unit, const std::vector<std::size_t>& steps, bool first) {
    if (first) {
        tell(EngineEvent::Kind::UnitStart, unit, nullptr, unit.strategy);
    }
    for (const std::size_t index : steps) {
        const Step& step = unit.steps[index];
        if (shared_.log.step(unit, step).done) {
            continue;
        }
        // A unit whose VMs run over the new protocol is finished: that is the shorter way to rest.
        const RunWish asked = wish();
        if (asked == RunWish::Pause) {
            return UnitEnd::Paused;
        }
        if (asked == RunWish::Abort && !committed(unit, shared_.log.unit(unit))) {
            return UnitEnd::Aborted;
        }
        if (StepResult result = run_step(unit, step); !result) {
            return tl::unexpected(result.error());
        }
    }
    return UnitEnd::Done;
}

StepResult UnitRunner::end_unit(const Unit& unit) {
    if (StepResult written = write(unit, nullptr, Phase::UnitDone, unit.strategy); !written) {
        return written;
    }
    tell(EngineEvent::Kind::UnitDone, unit, nullptr, "");
    return {};
}

void UnitRunner::say(const std::string& text) {
    Record record;
    record.phase = Phase::Observed;
    record.detail = text;
    (void)shared_.log.append(std::move(record)); // whoever writes next meets a broken journal
    if (shared_.hooks.on_event) {
        EngineEvent event;
        event.kind = EngineEvent::Kind::Note;
        event.text = text;
        const std::lock_guard lock(shared_.event_mutex);
        shared_.hooks.on_event(event);
    }
}

void UnitRunner::note_facts(const std::string& what, Params facts) {
    Record record;
    record.phase = Phase::Observed;
    record.detail = what;
    record.result = std::move(facts);
    (void)shared_.log.append(std::move(record));
}

Result<void> UnitRunner::hook(const Unit* unit, const std::set<std::string>& ended,
                              const char* event, std::size_t index, const Hook& what) {
    const std::string name = fmt::format("{}.{}", event, index);
    if (ended.contains(name)) {
        return {};
    }
    const Result<std::string> said = run_hook(what, {shared_.run_id, event, unit});
    if (!said) {
        say(said.error().what);
        return fail(said.error());
    }
    Record record;
    record.phase = Phase::Observed;
    record.unit = unit == nullptr ? "" : unit->id;
    record.detail = fmt::format("hook '{}' ({}) ended well{}{}", what.run, event,
                                said->empty() ? "" : ": ", *said);
    record.result = {{"hook", name}};
    if (const Result<void> written = shared_.log.append(std::move(record)); !written) {
        return fail(Errc::Cancelled, "{}", written.error().what);
    }
    return {};
}

Result<void> UnitRunner::run_unit_hook(const Unit& unit, const char* event, std::size_t index,
                                       const Hook& what) {
    return hook(&unit, shared_.log.unit(unit).hooks, event, index, what);
}

Result<void> UnitRunner::run_hook_of_run(const char* event, std::size_t index, const Hook& what) {
    return hook(nullptr, shared_.log.run().hooks, event, index, what);
}

StepResult UnitRunner::run_deferred(const Unit& unit) {
    for (const Step& step : unit.steps) {
        if (step.deferred) {
            if (StepResult result = run_step(unit, step); !result) {
                return result;
            }
        }
    }
    return {};
}

StepResult UnitRunner::renew_context(const Unit& unit) {
    const bool back = shared_.log.unit(unit).status == UnitStatus::RolledBack;
    for (const Step& step : unit.steps) {
        const StepState& state = shared_.log.step(unit, step);
        const OpCall* call = &step.action;
        if (back) {
            const bool undone = state.undone.contains(0);
            call = undone ? &step.undo.front() : nullptr;
        } else if (!state.done) {
            call = nullptr;
        }
        if (call == nullptr || call->op != "context.restore") {
            continue;
        }
        OpContext op_context = context(unit);
        const Result<CallOutcome> outcome = patiently<CallOutcome>(shared_.clock, [&] {
            return find_op("context.restore")->execute(op_context, call->params);
        });
        if (!outcome) {
            return tl::unexpected(StepFailure{outcome.error(), true});
        }
        const Params& evidence = outcome->evidence;
        const bool same = std::all_of(evidence.begin(), evidence.end(), [&](const auto& item) {
            return param_or(state.result, item.first, "") == item.second;
        });
        if (same) {
            return {};
        }
        Params result = evidence;
        if (back) {
            result["undo"] = "0";
        }
        return write(unit, &step, back ? Phase::Undone : Phase::Done, step.title, {},
                     std::move(result), call);
    }
    return {};
}

} // namespace pf::nvmetool
