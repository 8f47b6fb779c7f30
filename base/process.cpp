#include "base/process.hpp"

#include "base/assert.hpp"
#include "base/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

extern char** environ;

namespace pf {
namespace {

int open_output(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

std::vector<std::string> merged_env(const std::map<std::string, std::string>& extra) {
    std::vector<std::string> out;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string entry(*at);
        if (extra.find(entry.substr(0, entry.find('='))) == extra.end())
            out.push_back(entry);
    }
    for (const auto& [name, value] : extra)
        out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (auto& word : words)
        out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

// Everything the child needs is prepared before fork: only async-signal-safe calls after it.
struct Prepared {
    std::vector<std::string> argv;
    std::vector<std::string> env;
    int in = -1;
    int out = -1;
    int err = -1;
    std::string working_dir;
    bool new_session = false;
    bool die_with_parent = false;
};

Result<pid_t> fork_exec(Prepared p) {
    if (p.argv.empty())
        return fail(Errc::InvalidArgument, "no command to start");
    auto argv = pointers(p.argv);
    auto env = pointers(p.env);
    int report[2];
    if (::pipe2(report, O_CLOEXEC) != 0)
        return fail(errno_error("cannot create a pipe for", p.argv[0], errno));
    UniqueFd report_read(report[0]);
    UniqueFd report_write(report[1]);
    const pid_t pid = ::fork();
    if (pid < 0)
        return fail(errno_error("cannot start", p.argv[0], errno));
    if (pid == 0) {
        if (p.new_session)
            ::setsid();
        if (p.die_with_parent)
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        bool ok = true;
        if (p.in >= 0)
            ok = ok && ::dup2(p.in, 0) >= 0;
        if (p.out >= 0)
            ok = ok && ::dup2(p.out, 1) >= 0;
        if (p.err >= 0)
            ok = ok && ::dup2(p.err, 2) >= 0;
        if (!p.working_dir.empty())
            ok = ok && ::chdir(p.working_dir.c_str()) == 0;
        if (ok)
            ::execvpe(argv[0], argv.data(), env.data());
        const int error = errno;
        (void)!::write(report_write.get(), &error, sizeof error);
        ::_exit(127);
    }
    report_write.reset();
    int child_error = 0;
    ssize_t n = 0;
    do {
        n = ::read(report_read.get(), &child_error, sizeof child_error);
    } while (n < 0 && errno == EINTR);
    if (n == sizeof child_error) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        return fail(errno_error("cannot start", p.argv[0], child_error));
    }
    return pid;
}

int to_exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Result<ChildProcess> ChildProcess::spawn(const std::vector<std::string>& argv,
                                         const SpawnOptions& options) {
    Prepared p;
    p.argv = argv;
    p.env = merged_env(options.extra_env);
    p.working_dir = options.working_dir;
    p.new_session = options.new_session;
    p.die_with_parent = options.die_with_parent;
    UniqueFd null_in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    p.in = null_in.get();
    UniqueFd out;
    UniqueFd err;
    if (!options.stdout_file.empty()) {
        out.reset(open_output(options.stdout_file));
        if (!out)
            return fail(errno_error("cannot open", options.stdout_file, errno));
        p.out = out.get();
    }
    if (options.stderr_file == "&1") {
        p.err = p.out;
    } else if (!options.stderr_file.empty()) {
        err.reset(open_output(options.stderr_file));
        if (!err)
            return fail(errno_error("cannot open", options.stderr_file, errno));
        p.err = err.get();
    }
    PF_TRY(const pid_t pid, fork_exec(std::move(p)));
    return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this != &other) {
        if (pid_ > 0 && !exit_code_) {
            signal(SIGKILL);
            (void)wait(std::chrono::seconds(10));
        }
        pid_ = std::exchange(other.pid_, -1);
        exit_code_ = other.exit_code_;
    }
    return *this;
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0 && !exit_code_) {
        signal(SIGKILL);
        (void)wait(std::chrono::seconds(10));
    }
}

bool ChildProcess::running() { return pid_ > 0 && !wait(Duration::zero()); }

std::optional<int> ChildProcess::wait(Duration timeout) {
    if (exit_code_)
        return exit_code_;
    PF_ASSERT(pid_ > 0, "wait on a process that is not owned");
    const MonoTime deadline = mono_now() + timeout;
    for (;;) {
        int status = 0;
        const pid_t done = ::waitpid(pid_, &status, WNOHANG);
        if (done == pid_)
            return exit_code_ = to_exit_code(status);
        if (done < 0 && errno == ECHILD)
            return exit_code_ = 0;
        if (mono_now() >= deadline)
            return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

void ChildProcess::signal(int number) {
    if (pid_ > 0 && !exit_code_)
        ::kill(pid_, number);
}

int ChildProcess::stop(Duration grace) {
    signal(SIGTERM);
    if (const auto code = wait(grace))
        return *code;
    signal(SIGKILL);
    return wait(std::chrono::seconds(10)).value_or(-1);
}

pid_t ChildProcess::release() { return std::exchange(pid_, -1); }

Result<CommandResult> run_command(const std::vector<std::string>& argv, Duration timeout,
                                  const std::string& input,
                                  const std::map<std::string, std::string>& extra_env) {
    int in[2];
    int out[2];
    int err[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
        return fail(errno_error("cannot create a pipe for", argv.empty() ? "?" : argv[0], errno));
    UniqueFd in_read(in[0]);
    UniqueFd in_write(in[1]);
    UniqueFd out_read(out[0]);
    UniqueFd out_write(out[1]);
    UniqueFd err_read(err[0]);
    UniqueFd err_write(err[1]);
    Prepared p;
    p.argv = argv;
    p.env = merged_env(extra_env);
    p.in = in_read.get();
    p.out = out_write.get();
    p.err = err_write.get();
    PF_TRY(const pid_t pid, fork_exec(std::move(p)));
    in_read.reset();
    out_write.reset();
    err_write.reset();
    ::fcntl(in_write.get(), F_SETFL, O_NONBLOCK);

    CommandResult result;
    std::string_view to_send = input;
    if (to_send.empty())
        in_write.reset();
    const MonoTime deadline = mono_now() + timeout;
    auto kill_and_fail = [&](Errc code, std::string_view why) -> Result<CommandResult> {
        ::kill(pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, 0);
        return fail(code, "{} {}", argv[0], why);
    };
    while (out_read || err_read) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - mono_now()).count();
        if (left <= 0)
            return kill_and_fail(Errc::Timeout, "did not finish in time and was ended");
        pollfd fds[3] = {
            {out_read.get(), POLLIN, 0}, {err_read.get(), POLLIN, 0}, {in_write.get(), POLLOUT, 0}};
        if (::poll(fds, 3, static_cast<int>(std::min<std::int64_t>(left, 1000))) < 0 &&
            errno != EINTR)
            return kill_and_fail(Errc::Io, "could not be watched");
        auto drain = [&](UniqueFd& fd, const pollfd& state, std::string& into) {
            if (!fd || state.revents == 0)
                return;
            char chunk[16384];
            const ssize_t n = ::read(fd.get(), chunk, sizeof chunk);
            if (n > 0)
                into.append(chunk, static_cast<std::size_t>(n));
            else if (n == 0 || errno != EINTR)
                fd.reset();
        };
        drain(out_read, fds[0], result.out);
        drain(err_read, fds[1], result.err);
        if (result.out.size() + result.err.size() > (64u << 20))
            return kill_and_fail(Errc::LimitExceeded, "printed more than 64 MiB and was ended");
        if (in_write && fds[2].revents != 0) {
            const ssize_t n = ::write(in_write.get(), to_send.data(), to_send.size());
            if (n > 0)
                to_send.remove_prefix(static_cast<std::size_t>(n));
            if ((n < 0 && errno != EAGAIN && errno != EINTR) || to_send.empty())
                in_write.reset();
        }
    }
    for (;;) {
        int status = 0;
        const pid_t done = ::waitpid(pid, &status, WNOHANG);
        if (done == pid) {
            result.exit_code = to_exit_code(status);
            return result;
        }
        if (mono_now() >= deadline)
            return kill_and_fail(Errc::Timeout, "did not finish in time and was ended");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

bool process_is(pid_t pid, const std::string& name) {
    std::error_code error;
    const auto exe = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    if (!error)
        return exe.filename().string() == name || exe.filename().string() == name + " (deleted)";
    if (error != std::errc::permission_denied)
        return false;
    // A process that forbids core dumps hides its links from everybody but root; the kernel's short
    // name of it stays readable.
    constexpr std::size_t kCommLength = 15;
    std::string comm;
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    return std::getline(file, comm) && comm == name.substr(0, kCommLength);
}

std::string executable_dir() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

} // namespace pf
