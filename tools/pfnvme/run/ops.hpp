// Operations: everything that a step can do to the outside world, as a table.
//
// A step names an operation and gives it parameters (plan/plan.hpp). The table holds for each
// operation how to describe it, the command an administrator would type for the same effect, how to
// see whether its effect is there (observe), what must hold before the call (guard) and the call
// itself (execute). The engine (run/engine.hpp) is the only caller of guard and execute; a dry run
// stops before them. The undo of a step is a list of further operations from the same table.
//
// observe() never changes anything and answers from the systems, not from memory: that is what
// makes resume safe. Operations address objects by names known beforehand and look ids up when they
// need them.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct OpContext {
    VspherePort& vsphere;
    PowerFlexPort& powerflex;
    const Plan& plan;
    const Unit& unit;
    // The journaled result of an earlier step of the unit; nullptr when it has none.
    std::function<const Params*(const std::string& step_id)> result_of;
    // Device or VMFS UUID → the datastore that had it when it was last looked for. Never believed:
    // the object is read again, and searched for when it is another one now.
    std::map<std::string, std::string>* datastore_ids = nullptr;
};

enum class Effect {
    Absent,
    Partial, // some of it; the call may be made again and completes it
    Present,
    InProgress, // a task is working on it, or the system has not caught up
};

struct Observation {
    Effect effect = Effect::Absent;
    std::string detail;   // what was seen
    std::string task;     // InProgress: the task to wait for, if known
    bool perhaps = false; // that task is of the right kind on the right object, but it may be
                          // another unit's: waited for, never taken for our own
};

struct CallOutcome {
    std::string task; // empty: the call is complete
    Params evidence;
};

enum class OpKind {
    Check,  // reads and judges; execute() fails when the judgement is no; run again on every resume
    Change, // has an effect that observe() can see
    Renew,  // has an effect that can't be told from its absence, but doing it again does no harm
};

struct Op {
    std::string_view name;
    OpKind kind = OpKind::Change;
    bool on_powerflex = false;          // else on vCenter
    std::chrono::seconds deadline{120}; // from the call until observe() must say Present
    std::string (*describe)(const Params&) = nullptr;
    std::vector<std::string> (*commands)(const Params&) =
        nullptr;                                           // esxcli, REST or vim25 equivalents
    std::string (*precondition)(const Params&) = nullptr;  // for people; guard enforces it
    std::string (*postcondition)(const Params&) = nullptr; // for people; observe checks it
    Result<void> (*guard)(OpContext&, const Params&) = nullptr;
    Result<Observation> (*observe)(OpContext&, const Params&) = nullptr; // Check and Renew: none
    Result<CallOutcome> (*execute)(OpContext&, const Params&) = nullptr;
    // Called at every poll while the effect is awaited (answers questions, rescans).
    Result<void> (*assist)(OpContext&, const Params&) = nullptr;
    // Called once when the deadline of the first attempt is over; may start a stronger attempt,
    // which gets the deadline once more.
    Result<CallOutcome> (*escalate)(OpContext&, const Params&) = nullptr;
};

// nullptr: no such operation (the plan was compiled by another version).
[[nodiscard]] const Op* find_op(std::string_view name);
[[nodiscard]] std::vector<const Op*> all_ops();

// Parameter access; a missing parameter is a mistake of the compiler of plans.
[[nodiscard]] const std::string& param(const Params& params, const std::string& name);
[[nodiscard]] std::string param_or(const Params& params, const std::string& name,
                                   const std::string& fallback);

// Several values in one parameter: "a,b". None of them has a comma.
[[nodiscard]] std::vector<std::string> list_of(const std::string& text);

// Longest wait that a step may ask for itself (parameter deadline_s), else the operation's own.
[[nodiscard]] std::chrono::seconds deadline_of(const Op& op, const Params& params);

// What of the host's network stands against this VMkernel port (ops_vmk.cpp); nothing does when it
// is there already.
[[nodiscard]] Result<void> refuse_vmk(const HostInfo& host, const VmkRequest& request);
[[nodiscard]] const VmkNic* vmk_made_of(const HostInfo& host, const VmkRequest& request);
[[nodiscard]] Params vmk_params(const VmkRequest& request);

// The tables that make up all_ops(), one per source file.
[[nodiscard]] std::span<const Op> host_ops();
[[nodiscard]] std::span<const Op> vmk_ops();
[[nodiscard]] std::span<const Op> volume_ops();
[[nodiscard]] std::span<const Op> datastore_ops();
[[nodiscard]] std::span<const Op> vm_ops();
[[nodiscard]] std::span<const Op> check_ops();
[[nodiscard]] std::span<const Op> context_ops();
[[nodiscard]] std::span<const Op> upkeep_ops();

} // namespace pf::nvmetool
