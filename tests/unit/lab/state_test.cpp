#include "base/file.hpp"
#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/state.hpp"

#include <gtest/gtest.h>

namespace pf::lab {
namespace {

TEST(LabState, SurvivesSaveAndLoad) {
    const TempDir temp;
    const LabDir dir(temp / "lab");
    ASSERT_TRUE(dir.create());
    LabState state;
    state.network = "127.99";
    state.ready = true;
    state.device_bytes = 123;
    state.processes.push_back({"sds-1", "pf-sds", 4242, {"/x/pf-sds", "--listen", "a b"}});
    ASSERT_TRUE(dir.save(state));
    auto loaded = dir.load();
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(loaded->network, "127.99");
    EXPECT_TRUE(loaded->ready);
    ASSERT_NE(loaded->find("sds-1"), nullptr);
    EXPECT_EQ(loaded->find("sds-1")->argv, state.processes[0].argv);
    EXPECT_EQ(loaded->find("sds-2"), nullptr);
}

TEST(LabState, NoLabIsNotFoundAndForgetLeavesOnlyLogs) {
    const TempDir temp;
    const LabDir dir(temp / "lab");
    EXPECT_EQ(dir.load().error().code, Errc::NotFound);
    ASSERT_TRUE(dir.create());
    ASSERT_TRUE(dir.make_secret("powerflex"));
    ASSERT_TRUE(write_file_atomic(dir.log_file("mdm-1"), "line\n"));
    ASSERT_TRUE(dir.forget());
    EXPECT_FALSE(file_exists(dir.secret_file("powerflex")));
    EXPECT_TRUE(file_exists(dir.log_file("mdm-1")));
}

TEST(LabState, PasswordsAreMadeOnceAndDiffer) {
    const TempDir temp;
    const LabDir dir(temp / "lab");
    ASSERT_TRUE(dir.create());
    const auto first = dir.make_secret("a");
    ASSERT_TRUE(first);
    EXPECT_EQ(dir.make_secret("a")->expose(), first->expose());
    EXPECT_NE(dir.make_secret("b")->expose(), first->expose());
    EXPECT_GE(first->expose().size(), 16u);
}

TEST(LabProcesses, AreKnownByIdAndProgramOnly) {
    const TempDir temp;
    const LabDir dir(temp / "lab");
    ASSERT_TRUE(dir.create());
    LabState state;
    ASSERT_TRUE(start_process(dir, state, {"sleeper", {"/bin/sleep", "100"}, {}}));
    const LabProcess sleeper = *state.find("sleeper");
    EXPECT_TRUE(is_running(sleeper));
    LabProcess other = sleeper;
    other.program = "pf-mdm"; // a reused id must not be taken for ours
    EXPECT_FALSE(is_running(other));
    end_process(other, 1s);
    EXPECT_TRUE(is_running(sleeper));
    end_process(sleeper, 5s);
    EXPECT_FALSE(is_running(sleeper));
}

TEST(LabProcesses, WaitingNamesTheLogOfAProcessThatDied) {
    const TempDir temp;
    const LabDir dir(temp / "lab");
    ASSERT_TRUE(dir.create());
    LabState state;
    ASSERT_TRUE(
        // not sh, which is a link: a process is known by its executable's own name
        start_process(dir, state, {"short", {"/bin/bash", "-c", "echo the reason; exit 1"}, {}}));
    const auto waited =
        wait_until(dir, state.find("short"), 20s, "it is ready", [] { return false; });
    ASSERT_FALSE(waited);
    EXPECT_NE(waited.error().what.find("the reason"), std::string::npos) << waited.error().what;
}

} // namespace
} // namespace pf::lab
