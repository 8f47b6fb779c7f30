#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <cstdio>

namespace pf::lab {

int verb_down(const std::vector<std::string>& args) {
    auto table = verb_table("down", "ends the lab's processes and removes its data (logs stay)");
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    const LabDir dir(values.text("dir"));
    auto state = dir.load();
    if (!state && state.error().code == Errc::NotFound) {
        std::printf("No lab is up in %s.\n", dir.path().c_str());
        return 0;
    }
    if (!state)
        return report(state.error());
    for (auto process = state->processes.rbegin(); process != state->processes.rend(); ++process)
        end_process(*process, 10s);
    for (const auto& process : state->processes)
        if (is_running(process))
            return report({Errc::Failed,
                           fmt::format("process {} ({}) does not end", process.pid, process.name)});
    if (const auto gone = dir.forget(); !gone)
        return report(gone.error());
    std::printf("The lab is down; its logs are in %s/log.\n", dir.path().c_str());
    return 0;
}

} // namespace pf::lab
