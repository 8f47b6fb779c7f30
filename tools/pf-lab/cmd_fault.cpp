#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <csignal>
#include <cstdio>

namespace pf::lab {
namespace {

Result<> inject(OpenLab& lab, const std::string& what, const std::string& name) {
    auto* process = lab.state.find(name);
    if (process == nullptr)
        return fail(Errc::NotFound, "the lab has no process '{}'; pf-lab status lists them", name);
    if (what == "start") {
        if (is_running(*process))
            return fail(Errc::Conflict, "{} runs already", name);
        return start_process(lab.dir, lab.state, {name, process->argv});
    }
    const int number = what == "kill"     ? SIGKILL
                       : what == "pause"  ? SIGSTOP
                       : what == "resume" ? SIGCONT
                                          : 0;
    if (number == 0)
        return fail(Errc::InvalidArgument, "'{}' is none of kill, pause, resume, start", what);
    if (!is_running(*process))
        return fail(Errc::Conflict, "{} does not run", name);
    ::kill(process->pid, number);
    if (number == SIGKILL)
        return wait_until(lab.dir, nullptr, 10s, name + " is gone",
                          [&] { return !is_running(*process); });
    return {};
}

} // namespace

int verb_fault(const std::vector<std::string>& args) {
    auto table = verb_table("fault", "kill|pause|resume|start PROCESS");
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, true, values, code))
        return code;
    if (values.positionals().size() != 2)
        return report(
            {Errc::InvalidArgument, "usage: pf-lab fault kill|pause|resume|start PROCESS"});
    auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    if (const auto done = inject(*lab, values.positionals()[0], values.positionals()[1]); !done)
        return report(done.error());
    return 0;
}

} // namespace pf::lab
