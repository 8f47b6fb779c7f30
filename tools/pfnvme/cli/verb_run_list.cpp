// pfnvme run list
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/run/run_dir.hpp"
#include "tools/pfnvme/run/run_state.hpp"

#include <cstdio>

namespace pf::nvmetool {

int run_list(const OptionValues& values) {
    const std::string state = state_dir(values.text("state-dir"));
    const Result<std::vector<std::string>> runs = RunDir::list(state);
    if (!runs) {
        return report_error(runs.error());
    }
    json::array list;
    std::vector<std::vector<std::string>> rows{{"RUN", "PLAN", "STARTED", "STATE"}};
    for (const std::string& id : *runs) {
        const Result<RunView> view = view_run(state, id);
        const RunState run = view ? replay(view->journal.records) : RunState{};
        const std::string status = !view               ? "unreadable: " + view.error().what
                                   : run.ended.empty() ? "not ended"
                                                       : run.outcome;
        rows.push_back({id, view ? view->plan.name : "-", run.started, status});
        json::object item;
        item["id"] = id;
        item["plan"] = view ? view->plan.name : "";
        item["started"] = run.started;
        item["ended"] = run.ended;
        item["state"] = status;
        list.emplace_back(std::move(item));
    }
    if (output_of(values) == Output::Json) {
        json::object out;
        out["schemaVersion"] = 1;
        out["runs"] = std::move(list);
        std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    } else {
        std::fputs(format_table(rows).c_str(), stdout);
    }
    return kExitOk;
}

} // namespace pf::nvmetool
