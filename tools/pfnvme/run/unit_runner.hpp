// Executes the steps of one unit at a time, forwards and backwards. For each step:
//
//   observe ──present──▶ journal "already" (or "done", if an earlier life of this run had announced
//   it)
//      │absent
//   guard ▶ journal "intent" ▶ call ▶ journal "sent" ▶ wait and read back ▶ journal "observed",
//   "done"
//
// After a crash the same walk is taken again: what is there is recognised by looking, a task that
// still runs is waited for, and the rest is done. A call whose outcome is unknown is treated the
// same way: look first. When its effect does not appear within EngineOptions::settle, and no task
// is at work on it, the call is made again; that is safe because every operation names its object
// beforehand, so a second try finds what the first one made.
//
// Each worker of an engine has one, with a pair of ports of its own. Not thread-safe.
#pragma once

#include "tools/pfnvme/run/engine.hpp"
#include "tools/pfnvme/run/run_log.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct StepFailure {
    Error error;
    bool interrupted = false; // could not ask the systems
};
using StepResult = tl::expected<void, StepFailure>;

enum class UnitEnd { Done, Paused, Aborted };

// What the engine hands to its workers; outlives them.
struct RunnerShared {
    const Plan& plan;
    EngineClock& clock;
    const EngineHooks& hooks;
    const EngineOptions& options;
    RunLog& log;
    std::mutex event_mutex; // EngineHooks::on_event is called by one worker at a time
    std::string run_id{};
    // What the end of a change window asks of the units at work, beside people's wishes.
    std::atomic<RunWish> overrun{RunWish::Go};
    // Hosts that rescan now; RunCaps::hosts_rescanning at a time.
    std::mutex rescan_mutex{};
    std::condition_variable rescan_free{};
    std::int64_t rescanning = 0;
};

class UnitRunner {
  public:
    UnitRunner(VspherePort& vsphere, PowerFlexPort& powerflex, RunnerShared& shared)
        : vsphere_(vsphere), powerflex_(powerflex), shared_(shared) {}

    [[nodiscard]] StepResult check_fresh(const Unit& unit, bool& stale);
    // Some steps of a unit, in order; `first`: the unit begins with them.
    [[nodiscard]] tl::expected<UnitEnd, StepFailure>
    run_steps(const Unit& unit, const std::vector<std::size_t>& steps, bool first);
    [[nodiscard]] StepResult end_unit(const Unit& unit);
    // A command of the plan's hooks, unless it ended well in an earlier life of this run.
    // Cancelled: the journal can't be written.
    [[nodiscard]] Result<void> run_unit_hook(const Unit& unit, const char* event, std::size_t index,
                                             const Hook& hook);
    [[nodiscard]] Result<void> run_hook_of_run(const char* event, std::size_t index,
                                               const Hook& hook);
    void say(const std::string& text); // a note of the run, journaled
    void note_facts(const std::string& what, Params facts);
    [[nodiscard]] StepResult run_deferred(const Unit& unit);
    [[nodiscard]] StepResult rollback_unit(const Unit& unit, bool discard_writes);
    // Restores once more what vCenter kept about the unit's VMs: units that were at work beside it
    // may have had VMs unregistered that share its rules. For units that are over.
    [[nodiscard]] StepResult renew_context(const Unit& unit);
    // Observes every step, calls nothing.
    [[nodiscard]] Result<void> dry_run(const Unit& unit);

  private:
    // Why a call's effect is not waited for any longer.
    struct Lost {
        bool answer_lost = false; // the call's outcome is unknown
    };

    [[nodiscard]] OpContext context(const Unit& unit);
    [[nodiscard]] StepResult run_step(const Unit& unit, const Step& step);
    [[nodiscard]] StepResult run_check(const Unit& unit, const Step& step, const Op& op);
    [[nodiscard]] StepResult run_change(const Unit& unit, const Step& step, const Op& op);
    // One announced call and what it brings; Errc::Retry: its answer was lost and it had no effect.
    // `again`: the call was made before, so a refusal may only say that it had its effect.
    [[nodiscard]] tl::expected<Observation, StepFailure>
    attempt(const Unit& unit, const Step& step, const Op& op, bool again, CallOutcome& outcome);
    [[nodiscard]] StepResult fail_step(const Unit& unit, const Step& step, const Op& op,
                                       Error error);
    [[nodiscard]] StepResult undo_step(const Unit& unit, const Step& step);
    [[nodiscard]] StepResult undo_call(const Unit& unit, const Step& step, std::size_t index);
    [[nodiscard]] StepResult undo_failed(const Unit& unit, const Step& step, const OpCall& call,
                                         const Params& which, Error error);
    // The external call; repeated only where a part of its effect is seen and the rest is not.
    [[nodiscard]] Result<CallOutcome> call(OpContext& op_context, const Op& op,
                                           const Params& params);
    // Reading calls are repeated for a while when the systems don't answer.
    [[nodiscard]] Result<Observation> observe(OpContext& op_context, const Op& op,
                                              const Params& params);
    [[nodiscard]] Result<void> guard(OpContext& op_context, const Op& op, const Params& params);
    // Observes, and waits for a task of an earlier life of this run (or of somebody else) that is
    // at work on the same effect: neither repeating nor undoing may race with it.
    [[nodiscard]] Result<Observation> settled(OpContext& op_context, const Op& op,
                                              const Params& params);
    // Waits until the effect is there; `outcome` is replaced when a stronger attempt is made.
    // Errc::Retry: `lost`, and nothing of an effect was seen for the settle time.
    [[nodiscard]] Result<Observation> await(OpContext& op_context, const Op& op,
                                            const Params& params, CallOutcome& outcome, Lost lost);

    [[nodiscard]] StepResult write(const Unit& unit, const Step* step, Phase phase,
                                   std::string detail, std::string task = {}, Params result = {},
                                   const OpCall* call = nullptr);
    class RescanSlot; // held while a step makes a host rescan
    [[nodiscard]] Result<void> hook(const Unit* unit, const std::set<std::string>& ended,
                                    const char* event, std::size_t index, const Hook& what);
    void point(const Unit& unit, const Step& step, std::string_view phase);
    void tell(EngineEvent::Kind kind, const Unit& unit, const Step* step, std::string text);
    [[nodiscard]] RunWish wish() const;

    VspherePort& vsphere_;
    PowerFlexPort& powerflex_;
    RunnerShared& shared_;
    std::map<std::string, std::string> datastore_ids_; // OpContext::datastore_ids
};

// Failures to ask, as opposed to answers.
[[nodiscard]] bool cannot_ask(Errc code);

} // namespace pf::nvmetool
