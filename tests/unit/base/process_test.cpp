#include "base/file.hpp"
#include "base/process.hpp"

#include <gtest/gtest.h>

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

} // namespace
} // namespace pf
