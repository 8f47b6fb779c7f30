// pfnvme run list
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/run/run_dir.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <cstdio>

namespace pf::nvmetool {

void run_list_options(OptionTable& table) {
    add_view_options(table);
    add_table_options(table);
}

int run_list(const OptionValues& values) {
    const std::string state = state_dir(values.text("state-dir"));
    const Result<std::vector<std::string>> runs = RunDir::list(state);
    if (!runs) {
        return report_error(runs.error());
    }
    std::vector<std::vector<std::string>> rows{{"id", "plan", "started", "ended", "state"}};
    for (const std::string& id : *runs) {
        const Result<RunView> view = view_run(state, id);
        const RunState run = view ? replay(view->journal.records) : RunState{};
        rows.push_back({id, view ? view->plan.name : "", run.started, run.ended,
                        !view               ? "unreadable: " + view.error().what
                        : run.ended.empty() ? "not ended"
                                            : run.outcome});
    }
    return print_rows(values, "runs", rows, {"id", "plan", "started", "state"});
}

} // namespace pf::nvmetool
