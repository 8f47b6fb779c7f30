// Child processes: started with an argument vector, never a shell; ended only by their own id.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pf {

struct SpawnOptions {
    std::string stdout_file; // appended; empty: inherited
    std::string stderr_file; // appended; empty: inherited; "&1": same as stdout
    std::string working_dir;
    std::map<std::string, std::string> extra_env;
    bool new_session = false;     // setsid: survives the parent's terminal
    bool die_with_parent = false; // SIGKILL when the starting thread ends
};

// Owns the process: the destructor kills (SIGKILL) and reaps it unless released.
class ChildProcess {
  public:
    static Result<ChildProcess> spawn(const std::vector<std::string>& argv,
                                      const SpawnOptions& options = {});
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ~ChildProcess();

    pid_t pid() const { return pid_; }
    bool running();
    // The exit code (128 + signal when killed), or nullopt when it still runs at the deadline.
    std::optional<int> wait(Duration timeout);
    void signal(int number);
    // SIGTERM, wait, SIGKILL after `grace`.
    int stop(Duration grace = std::chrono::seconds(5));
    pid_t release();

  private:
    explicit ChildProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
};

struct CommandResult {
    int exit_code = 0;
    std::string out;
    std::string err;
};

// Runs to the end and returns what it printed (at most 64 MiB); Timeout kills it.
Result<CommandResult> run_command(const std::vector<std::string>& argv, Duration timeout,
                                  const std::string& input = {},
                                  const std::map<std::string, std::string>& extra_env = {});

// Is a process with this id there, and is its executable's file name `name`? Guards against reused
// ids.
bool process_is(pid_t pid, const std::string& name);

// Folder of the running executable.
std::string executable_dir();

} // namespace pf
