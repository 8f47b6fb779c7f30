#include "tools/pf-lab/processes.hpp"

#include "base/file.hpp"
#include "base/process.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

namespace pf::lab {
namespace {

// The last lines of a log, for an error that would otherwise only say "died".
std::string tail_of(const std::string& path) {
    const auto text = read_file(path);
    if (!text)
        return {};
    std::size_t at = text->size();
    for (int lines = 0; at > 0 && lines < 6; --at)
        if ((*text)[at - 1] == '\n')
            ++lines;
    return text->substr(at == 0 ? 0 : at + 1);
}

} // namespace

std::string sibling_program(const std::string& name) { return executable_dir() + "/" + name; }

Result<> start_process(const LabDir& dir, LabState& state, const StartSpec& spec) {
    if (auto* known = state.find(spec.name); known != nullptr && is_running(*known))
        return {};
    SpawnOptions options;
    options.stdout_file = dir.log_file(spec.name);
    options.stderr_file = "&1";
    options.new_session = true;
    options.extra_env = spec.env;
    PF_TRY(ChildProcess child, ChildProcess::spawn(spec.argv, options));
    LabProcess process;
    process.name = spec.name;
    process.program = spec.argv[0].substr(spec.argv[0].rfind('/') + 1);
    process.argv = spec.argv;
    process.pid = child.release();
    if (auto* known = state.find(spec.name))
        *known = process;
    else
        state.processes.push_back(process);
    return dir.save(state);
}

bool is_running(const LabProcess& process) {
    if (process.pid <= 0)
        return false;
    (void)::waitpid(process.pid, nullptr, WNOHANG); // our own child may be a zombie by now
    return process_is(process.pid, process.program);
}

void end_process(const LabProcess& process, Duration grace) {
    if (!is_running(process))
        return;
    ::kill(process.pid, SIGCONT); // a paused process would not see the SIGTERM
    ::kill(process.pid, SIGTERM);
    const MonoTime deadline = mono_now() + grace;
    while (is_running(process) && mono_now() < deadline)
        std::this_thread::sleep_for(20ms);
    if (is_running(process))
        ::kill(process.pid, SIGKILL);
    while (is_running(process) && mono_now() < deadline + 10s)
        std::this_thread::sleep_for(10ms);
}

Result<> wait_until(const LabDir& dir, const LabProcess* process, Duration timeout,
                    const std::string& what, const std::function<bool()>& probe) {
    const MonoTime deadline = mono_now() + timeout;
    while (!probe()) {
        if (process != nullptr && !is_running(*process))
            return fail(Errc::Failed, "{} ended before {}; its log {} ends with:\n{}",
                        process->name, what, dir.log_file(process->name),
                        tail_of(dir.log_file(process->name)));
        if (mono_now() >= deadline) {
            if (process == nullptr)
                return fail(Errc::Timeout, "timed out waiting until {}", what);
            return fail(Errc::Timeout, "timed out waiting until {}; see {}", what,
                        dir.log_file(process->name));
        }
        std::this_thread::sleep_for(30ms);
    }
    return {};
}

} // namespace pf::lab
