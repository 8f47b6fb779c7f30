// The journal of a run and what it says, shared by the workers of an engine.
//
// append() makes a record durable, then applies it to the state; one lock around both, so that the
// journal's order is the state's order. The state of every unit and step exists from the beginning:
// its addresses are stable, and each is read and written only by the worker that has the unit (and
// by append() on its behalf). The coordinator reads a unit's state only while no worker has it.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/journal.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <mutex>

namespace pf::nvmetool {

class RunLog {
  public:
    RunLog(const Plan& plan, Journal& journal);

    Result<void> append(Record record);

    [[nodiscard]] UnitState& unit(const Unit& unit) { return state_.units.at(unit.id); }
    [[nodiscard]] StepState& step(const Unit& of, const Step& step) {
        return unit(of).steps.at(step.id);
    }
    [[nodiscard]] const RunState& run() const { return state_; } // coordinator's thread only
    [[nodiscard]] bool fresh() const { return fresh_; }          // nothing was journaled before

  private:
    std::mutex mutex_;
    Journal& journal_;
    RunState state_;
    bool fresh_;
};

} // namespace pf::nvmetool
