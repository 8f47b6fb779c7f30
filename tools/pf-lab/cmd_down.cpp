#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::lab {
namespace {

// Users of the storage first. The data servers outlive the MDM, so that it sees none of them leave
// and the next start finds every copy as good as it was.
std::vector<LabProcess> in_order_of_ending(std::vector<LabProcess> processes) {
    std::reverse(processes.begin(), processes.end());
    auto rank = [](const LabProcess& process) {
        return process.name.starts_with("sds-") ? 2 : process.name.starts_with("mdm-") ? 1 : 0;
    };
    std::stable_sort(processes.begin(), processes.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return processes;
}

} // namespace

int verb_down(const std::vector<std::string>& args) {
    auto table = verb_table("down", "ends the lab's processes and removes its data (logs stay)");
    table.add({.name = "keep",
               .type = OptionType::Flag,
               .help = "the data stay too: pf-lab up goes on where the lab was"});
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
    for (const auto& process : in_order_of_ending(state->processes))
        end_process(process, 10s);
    for (const auto& process : state->processes)
        if (is_running(process))
            return report({Errc::Failed,
                           fmt::format("process {} ({}) does not end", process.pid, process.name)});
    if (values.flag("keep")) {
        std::printf("The lab is down; pf-lab up --dir %s goes on with its data.\n",
                    dir.path().c_str());
        return 0;
    }
    if (const auto gone = dir.forget(); !gone)
        return report(gone.error());
    std::printf("The lab is down; its logs are in %s/log.\n", dir.path().c_str());
    return 0;
}

} // namespace pf::lab
