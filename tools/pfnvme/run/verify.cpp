#include "tools/pfnvme/run/verify.hpp"

#include "tools/pfnvme/run/ops.hpp"
#include "tools/pfnvme/run/unit_runner.hpp"

#include <algorithm>
#include <array>

namespace pf::nvmetool {

namespace {

// What holds after the end of a unit, not only at its step.
constexpr std::array<std::string_view, 8> kLasting{"check.vm",     "check.volume", "check.paths",
                                                   "check.empty",  "device.ready", "vmfs.present",
                                                   "nvme.connect", "vmk.tag"};

// A volume that the unit itself takes away again (a probe) leaves nothing to look at.
bool taken_away(const Unit& unit, const std::string& volume) {
    return !volume.empty() &&
           std::any_of(unit.steps.begin(), unit.steps.end(), [&](const Step& step) {
               return step.action.op == "volume.remove" && !step.deferred &&
                      param_or(step.action.params, "volume_name", "") == volume;
           });
}

bool lasting(const Unit& unit, const Step& step) {
    return std::find(kLasting.begin(), kLasting.end(), step.action.op) != kLasting.end() &&
           !taken_away(unit, param_or(step.action.params, "volume_name", ""));
}

} // namespace

Result<std::vector<VerifyRow>> verify_run(VspherePort& vsphere, PowerFlexPort& powerflex,
                                          const Plan& plan, const RunState& run) {
    std::vector<VerifyRow> out;
    for (const Unit& unit : plan.units) {
        const UnitState* state = run.find(unit.id);
        if (state == nullptr || state->status != UnitStatus::Done) {
            continue;
        }
        OpContext context{vsphere,
                          powerflex,
                          plan,
                          unit,
                          [state](const std::string& step) -> const Params* {
                              const StepState* seen = state->find(step);
                              return seen == nullptr || !seen->done ? nullptr : &seen->result;
                          },
                          nullptr};
        for (const Step& step : unit.steps) {
            const Op* op = find_op(step.action.op);
            if (!lasting(unit, step) || op == nullptr) {
                continue;
            }
            VerifyRow row{unit.id, step.id, step.title, false, {}};
            Error error;
            if (op->kind == OpKind::Check) {
                const Result<CallOutcome> judged = op->execute(context, step.action.params);
                row.holds = judged.has_value();
                error = judged ? Error{} : judged.error();
            } else {
                const Result<Observation> seen = op->observe(context, step.action.params);
                row.holds = seen && seen->effect == Effect::Present;
                row.seen = seen ? seen->detail : "";
                error = seen ? Error{} : seen.error();
            }
            if (!error.what.empty()) {
                if (cannot_ask(error.code)) {
                    return fail(error);
                }
                row.seen = error.what;
            }
            out.push_back(std::move(row));
        }
    }
    return out;
}

} // namespace pf::nvmetool
