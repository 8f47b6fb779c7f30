#include "tools/pfnvme/cli/run_state_view.hpp"

#include "tools/pfnvme/run/run_dir.hpp"

namespace pf::nvmetool {

Result<RunView> view_run(const std::string& state, const std::string& id) {
    PF_TRY(const RunDir dir, RunDir::open(state, id));
    RunView out;
    out.id = dir.id();
    PF_TRY(out.plan, load_plan(dir.plan_path()));
    if (file_exists(dir.journal_path())) {
        PF_TRY(out.journal, read_journal(dir.journal_path()));
    }
    return out;
}

Result<RunView> view_run(const OptionValues& values) {
    return view_run(state_dir(values.text("state-dir")),
                    values.positionals().empty() ? "last" : values.positionals().front());
}

} // namespace pf::nvmetool
