#include "base/file.hpp"
#include "base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace pf {
namespace {

TEST(Process, RunCommandCapturesBothStreamsAndInput) {
    const auto done = run_command({"/bin/sh", "-c", "cat; echo err >&2; exit 3"}, 10s, "input");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->exit_code, 3);
    EXPECT_EQ(done->out, "input");
    EXPECT_EQ(done->err, "err\n");
}

TEST(Process, MissingProgramIsAnError) {
    EXPECT_EQ(run_command({"/nonexistent/prog"}, 1s).error().code, Errc::NotFound);
    EXPECT_FALSE(ChildProcess::spawn({"/nonexistent/prog"}));
}

TEST(Process, TimeoutEndsTheChild) {
    EXPECT_EQ(run_command({"sleep", "100"}, 50ms).error().code, Errc::Timeout);
}

TEST(Process, StopAndExitCode) {
    auto child = ChildProcess::spawn({"sleep", "100"});
    ASSERT_TRUE(child);
    EXPECT_TRUE(child->running());
    EXPECT_TRUE(process_is(child->pid(), "sleep"));
    EXPECT_EQ(child->stop(), 128 + SIGTERM);
    EXPECT_FALSE(child->running());
}

TEST(Process, EnvironmentAndFiles) {
    const TempDir dir;
    auto child = ChildProcess::spawn({"/bin/sh", "-c", "echo $PF_X"},
                                     {.stdout_file = dir / "out", .extra_env = {{"PF_X", "y"}}});
    ASSERT_TRUE(child);
    EXPECT_EQ(child->wait(10s), 0);
    EXPECT_EQ(*read_file(dir / "out"), "y\n");
}

// pf-gateway and pf-mdm forbid core dumps, and the kernel then hides their links from other users'
// programs and from their own.
TEST(Process, HiddenProcessOfOrdinaryUserIsRecognised) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
    const auto become_ordinary = [] { return ::geteuid() != 0 || ::setuid(65534) == 0; };
    const pid_t hidden = ::fork();
    if (hidden == 0) {
        if (become_ordinary() && ::prctl(PR_SET_DUMPABLE, 0) == 0 &&
            ::prctl(PR_SET_NAME, "pf-hidden-progr") == 0 && ::write(ready[1], "x", 1) == 1)
            ::pause();
        ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const pid_t asking = ::fork();
    if (asking == 0) {
        const bool right = become_ordinary() && process_is(hidden, "pf-hidden-program") &&
                           !process_is(hidden, "pf-another");
        ::_exit(right ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(asking, &status, 0), asking);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    ::kill(hidden, SIGKILL);
    ::waitpid(hidden, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
}

} // namespace
} // namespace pf
