#include "tools/pfnvme/run/run_log.hpp"

#include <utility>

namespace pf::nvmetool {

RunLog::RunLog(const Plan& plan, Journal& journal)
    : journal_(journal), state_(replay(journal.records())), fresh_(journal.records().empty()) {
    for (const Unit& item : plan.units) {
        UnitState& state = state_.units[item.id];
        for (const Step& part : item.steps) {
            state.steps[part.id];
        }
    }
}

Result<void> RunLog::append(Record record) {
    const std::lock_guard lock(mutex_);
    PF_CHECK(journal_.append(std::move(record)));
    apply(state_, journal_.records().back());
    return {};
}

} // namespace pf::nvmetool
