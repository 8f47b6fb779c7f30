// The live copy and the following of tasks, against scripted answers of WaitForUpdatesEx.

#include "libvsphere/live_cache.hpp"
#include "libvsphere/task.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>

namespace pf::vim {
namespace {

using test::Answer;
using test::FakeServer;
using test::fault_of;
using test::one_property;
using test::RawBody;
using namespace std::chrono_literals;

Value change(const std::string& name, Value val, const std::string& op = "assign") {
    DataObject out("PropertyChange",
                   {{"name", Value(name)}, {"op", Value::enumerator("PropertyChangeOp", op)}});
    out.set("val", std::move(val));
    return Value(out);
}

Value update(const std::string& kind, const MoRef& object, std::vector<Value> changes,
             const std::string& missing = {}) {
    DataObject out("ObjectUpdate",
                   {{"kind", Value::enumerator("ObjectUpdateKind", kind)}, {"obj", Value(object)}});
    if (!changes.empty())
        out.set("changeSet", Value::array("PropertyChange", std::move(changes)));
    if (!missing.empty())
        out.set("missingSet",
                Value::array("MissingProperty",
                             {Value(DataObject(
                                 "MissingProperty",
                                 {{"path", Value(missing)},
                                  {"fault", Value(localized_fault(fault_of("NoPermission")))}}))}));
    return Value(out);
}

Value update_set(const std::string& version, std::vector<Value> objects, bool truncated = false) {
    DataObject filter("PropertyFilterUpdate", {{"filter", Value(MoRef{"PropertyFilter", "f"})}});
    filter.set("objectSet", Value::array("ObjectUpdate", std::move(objects)));
    DataObject set("UpdateSet", {{"version", Value(version)}});
    set.set("filterSet", Value::array("PropertyFilterUpdate", {Value(filter)}));
    if (truncated)
        set.set("truncated", Value(true));
    return Value(set);
}

/// A server whose WaitForUpdatesEx gives one scripted answer after the other, then nothing.
class Scripted {
  public:
    Scripted() {
        server.on("CreateContainerView", Answer(Value(MoRef{"ContainerView", "view-1"})));
        server.on("CreatePropertyCollector", [this](const Call&) -> Answer {
            return Value(MoRef{"PropertyCollector", "pc-" + std::to_string(++collectors)});
        });
        server.on("CreateFilter", Answer(Value(MoRef{"PropertyFilter", "f"})));
        server.on("WaitForUpdatesEx", [this](const Call& call) -> Answer {
            std::lock_guard lock(mutex);
            versions.push_back(call.arg("version").text());
            if (answers.empty())
                return Value();
            Answer next = std::move(answers.front());
            answers.pop_front();
            return next;
        });
        auto connected = server.connect();
        EXPECT_TRUE(connected);
        session = std::move(*connected);
    }
    void script(std::vector<Answer> next) {
        std::lock_guard lock(mutex);
        for (Answer& a : next)
            answers.push_back(std::move(a));
    }

    FakeServer server;
    std::unique_ptr<Session> session;
    std::mutex mutex;
    std::deque<Answer> answers;
    std::vector<std::string> versions;
    std::atomic<int> collectors{0};
};

const MoRef kVm1{"VirtualMachine", "vm-1"};
const MoRef kVm2{"VirtualMachine", "vm-2"};

LiveSpec vms() {
    LiveSpec spec;
    spec.types = {{"VirtualMachine", {"name", "runtime.powerState"}}};
    return spec;
}

std::string shown(const std::vector<LiveChange>& changes) {
    std::string out;
    for (const LiveChange& c : changes) {
        out += c.kind == LiveChange::Kind::Enter    ? "+"
               : c.kind == LiveChange::Kind::Modify ? "~"
                                                    : "-";
        out += c.object.id;
        for (const std::string& path : c.paths)
            out += " " + path;
        out += ";";
    }
    return out;
}

TEST(LiveCache, AppliesEnterModifyLeaveAndKeepsTheVersion) {
    Scripted s;
    LiveCache cache(*s.session, vms());
    EXPECT_FALSE(cache.fresh());
    s.script({update_set("1", {update("enter", kVm1, {change("name", Value("web"))}),
                               update("enter", kVm2, {change("name", Value("db"))})})});
    auto first = cache.update(1s);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(shown(*first), "+vm-1 name;+vm-2 name;");
    EXPECT_TRUE(cache.fresh());
    s.script({update_set("2", {update("modify", kVm1, {change("name", Value("web2"))}),
                               update("leave", kVm2, {})})});
    auto second = cache.update(1s);
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_EQ(shown(*second), "~vm-1 name;-vm-2;");
    EXPECT_EQ(cache.get(kVm1, "name").text(), "web2");
    EXPECT_FALSE(cache.get(kVm2));
    auto nothing = cache.update(0s);
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->empty());
    EXPECT_EQ(s.versions, (std::vector<std::string>{"", "1", "2"}));
    EXPECT_EQ(cache.resyncs(), 0u);
    EXPECT_EQ(cache.objects("VirtualMachine"), std::vector<MoRef>{kVm1});
}

TEST(LiveCache, FollowsTruncatedAnswersToTheEndAsOneChange) {
    Scripted s;
    LiveCache cache(*s.session, vms());
    s.script({update_set("1", {update("enter", kVm1, {change("name", Value("a"))})}, true),
              update_set("2", {update("enter", kVm2, {change("name", Value("b"))})}, true),
              update_set("3", {update("modify", kVm1, {change("name", Value("c"))})})});
    auto all = cache.update(1s);
    ASSERT_TRUE(all) << all.error().what;
    EXPECT_EQ(shown(*all), "+vm-1 name;+vm-2 name;");
    EXPECT_EQ(cache.get(kVm1, "name").text(), "c");
    // What comes and goes between two updates is nothing; what goes and comes is a change.
    s.script({update_set(
                  "4", {update("leave", kVm1, {}), update("enter", {"VirtualMachine", "vm-3"}, {})},
                  true),
              update_set("5", {update("leave", {"VirtualMachine", "vm-3"}, {}),
                               update("enter", kVm1, {change("name", Value("d"))})})});
    auto more = cache.update(1s);
    ASSERT_TRUE(more) << more.error().what;
    EXPECT_EQ(shown(*more), "~vm-1 name;");
}

TEST(LiveCache, RemembersWhatIsMissingAndForgetsWhatIsUnset) {
    Scripted s;
    LiveCache cache(*s.session, vms());
    s.script({update_set(
        "1", {update("enter", kVm1, {change("name", Value("a"))}, "runtime.powerState")})});
    ASSERT_TRUE(cache.update(1s));
    auto vm = cache.get(kVm1);
    ASSERT_TRUE(vm);
    ASSERT_EQ(vm->missing.size(), 1u);
    EXPECT_EQ(vm->missing[0].fault, "NoPermission");
    s.script({update_set("2", {update("modify", kVm1,
                                      {change("runtime.powerState", Value("poweredOn")),
                                       change("name", Value(), "indirectRemove")})})});
    ASSERT_TRUE(cache.update(1s));
    vm = cache.get(kVm1);
    EXPECT_TRUE(vm->missing.empty());
    EXPECT_FALSE((*vm)["name"].is_set());
    EXPECT_EQ((*vm)["runtime.powerState"].text(), "poweredOn");
}

TEST(LiveCache, AnInvalidVersionOrAnExpiredLoginIsAFullResyncThatTellsTheDifference) {
    for (const char* loss :
         {"InvalidCollectorVersion", "ManagedObjectNotFound", "NotAuthenticated"}) {
        SCOPED_TRACE(loss);
        Scripted s;
        LiveCache cache(*s.session, vms());
        s.script({update_set("1", {update("enter", kVm1, {change("name", Value("a"))}),
                                   update("enter", kVm2, {change("name", Value("b"))})})});
        ASSERT_TRUE(cache.update(1s));
        std::vector<Answer> next{fault_of(loss)};
        if (std::string_view(loss) == "NotAuthenticated")
            next.emplace_back(fault_of("ManagedObjectNotFound")); // the repeated call's answer
        next.emplace_back(update_set("1", {update("enter", kVm1, {change("name", Value("A"))}),
                                           update("enter", {"VirtualMachine", "vm-3"}, {})}));
        s.script(std::move(next));
        auto again = cache.update(1s);
        ASSERT_TRUE(again) << again.error().what;
        EXPECT_EQ(shown(*again), "~vm-1 name;+vm-3;-vm-2;");
        EXPECT_EQ(cache.resyncs(), 1u);
        EXPECT_EQ(s.collectors, 2);
        EXPECT_EQ(s.versions.back(), "");
    }
}

TEST(LiveCache, KeepsTheOldValuesWhileTheServerIsAway) {
    Scripted s;
    LiveCache cache(*s.session, vms());
    s.script({update_set("1", {update("enter", kVm1, {change("name", Value("a"))})})});
    ASSERT_TRUE(cache.update(1s));
    s.script({RawBody{"gone", 503}, RawBody{"gone", 503}});
    for (int i = 0; i < 2; ++i) {
        auto lost = cache.update(1s);
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().code, Errc::Unreachable);
        EXPECT_FALSE(cache.fresh());
        EXPECT_EQ(cache.get(kVm1, "name").text(), "a");
    }
    s.script({update_set("1", {update("enter", kVm1, {change("name", Value("a"))})})});
    auto back = cache.update(1s);
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_TRUE(back->empty()) << shown(*back);
    EXPECT_TRUE(cache.fresh());
}

TEST(LiveCache, ReadsTheWholePropertyWhenOnlyAPartIsTold) {
    Scripted s;
    LiveCache cache(*s.session, vms());
    s.script(
        {update_set("1", {update("enter", kVm1, {change("config.hardware.device", Value("old"))})}),
         update_set("2", {update("modify", kVm1,
                                 {change("config.hardware.device[2000].key", Value(1))})})});
    ASSERT_TRUE(cache.update(1s));
    s.server.on("RetrievePropertiesEx",
                Answer(one_property(kVm1, "config.hardware.device", Value("new"))));
    auto changed = cache.update(1s);
    ASSERT_TRUE(changed) << changed.error().what;
    EXPECT_EQ(cache.get(kVm1, "config.hardware.device").text(), "new");
    ASSERT_EQ(changed->size(), 1u);
}

TEST(LiveCache, AddsAndRemovesObjectsOnTheWay) {
    Scripted s;
    LiveCache cache(*s.session, vms());
    ASSERT_TRUE(cache.update(0s));
    const MoRef task{"Task", "task-1"};
    cache.follow(task, {"info"});
    s.script({update_set("1", {update("enter", task, {change("info", Value("running"))})})});
    auto changed = cache.update(1s);
    ASSERT_TRUE(changed) << changed.error().what;
    EXPECT_EQ(shown(*changed), "+task-1 info;");
    EXPECT_EQ(s.server.last("CreateFilter").call.arg("spec")["objectSet"].items()[0]["obj"].ref(),
              task);
    cache.unfollow(task);
    ASSERT_TRUE(cache.update(0s));
    EXPECT_EQ(s.server.count("DestroyPropertyFilter"), 1u);
    EXPECT_FALSE(cache.get(task));
}

TEST(LiveCache, StopsAtOnceAndTidiesUp) {
    Scripted s;
    {
        LiveCache cache(*s.session, vms());
        ASSERT_TRUE(cache.update(0s));
        std::stop_source stop;
        stop.request_stop();
        auto stopped = cache.update(30s, stop.get_token());
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().code, Errc::Cancelled);
    }
    EXPECT_EQ(s.server.count("DestroyPropertyCollector"), 1u);
    EXPECT_EQ(s.server.count("DestroyView"), 1u);
}

// ---- tasks

const MoRef kTask{"Task", "task-7"};

Value task_info(const std::string& state, int progress = -1) {
    DataObject info = test::task_info(kTask, state);
    info.set("entity", Value(kVm1));
    if (progress >= 0)
        info.set("progress", Value(int32_t(progress)));
    return Value(info);
}

TEST(TaskFollowing, ProgressComesByTheCollectorAndSurvivesALostLogin) {
    Scripted s;
    s.server.on("RetrievePropertiesEx",
                Answer(one_property(kTask, "info", task_info("running", 1))));
    s.script(
        {update_set("1", {update("enter", kTask, {change("info", task_info("running", 10))})}),
         update_set("2", {update("modify", kTask, {change("info", task_info("running", 40))})}),
         RawBody{"restarting", 503},
         update_set("1", {update("enter", kTask, {change("info", task_info("running", 80))})}),
         fault_of("ManagedObjectNotFound"), // the collector died with the login
         update_set("1", {update("enter", kTask, {change("info", task_info("success"))})})});
    std::vector<int> progress;
    TaskWait wait;
    wait.poll = 20ms;
    wait.timeout = 20s;
    wait.progress = [&](const TaskInfo& info) { progress.push_back(info.progress); };
    auto done = wait_task(*s.session, kTask, wait);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(progress, (std::vector<int>{1, 10, 40, 80, -1}));
    EXPECT_EQ(s.collectors, 3);
    EXPECT_EQ(s.server.count("DestroyPropertyCollector"), 3u);
}

TEST(TaskFollowing, AForgottenTaskIsFoundInTheHistory) {
    Scripted s;
    const MoRef history{"TaskHistoryCollector", "h-1"};
    s.server.on("RetrievePropertiesEx", [&](const Call& call) -> Answer {
        const MoRef asked = call.arg("specSet").items()[0]["objectSet"].items()[0]["obj"].ref();
        if (asked == history)
            return one_property(history, "latestPage",
                                Value::array("TaskInfo", {task_info("success")}));
        return fault_of("ManagedObjectNotFound");
    });
    s.server.on("CreateCollectorForTasks", Answer(Value(history)));
    auto done = wait_task(*s.session, kTask);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(done->entity, kVm1);
    EXPECT_EQ(s.server.last("SetCollectorPageSize").call.arg("maxCount").int_or(0), 1000);
    EXPECT_EQ(s.server.count("DestroyCollector"), 1u);
}

TEST(TaskFollowing, WithoutHistoryTheInventoryIsAsked) {
    Scripted s;
    s.server.on("RetrievePropertiesEx", Answer(fault_of("ManagedObjectNotFound")));
    s.server.on("CreateCollectorForTasks", Answer(fault_of("NotSupported")));
    TaskWait wait;
    auto unknown = wait_task(*s.session, kTask, wait);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::OutcomeUnknown);
    wait.read_back = []() -> Result<bool> { return true; };
    EXPECT_TRUE(wait_task(*s.session, kTask, wait));
    wait.read_back = []() -> Result<bool> { return false; };
    auto absent = wait_task(*s.session, kTask, wait);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Errc::Failed);
    wait.read_back = []() -> Result<bool> { return fail(Errc::Unreachable, "no"); };
    unknown = wait_task(*s.session, kTask, wait);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::OutcomeUnknown);
}

TEST(TaskFollowing, ATaskWhoseAnswerWasLostIsFoundAgain) {
    Scripted s;
    s.server.on("RetrievePropertiesEx", [&](const Call& call) -> Answer {
        const Value& spec = call.arg("specSet").items()[0];
        if (spec["objectSet"].items()[0]["obj"].ref().type == "TaskManager")
            return one_property({"TaskManager", "TaskManager"}, "recentTask", Value::refs({kTask}));
        return one_property(kTask, "info", task_info("running", 5));
    });
    auto found = find_task(*s.session, {kVm1, "VirtualMachine.relocate", 500'000});
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->task, kTask);
    for (const TaskQuery& other :
         {TaskQuery{kVm2, "VirtualMachine.relocate", 0}, TaskQuery{kVm1, "VirtualMachine.clone", 0},
          TaskQuery{kVm1, "VirtualMachine.relocate", 2'000'000}}) {
        found = find_task(*s.session, other);
        ASSERT_TRUE(found);
        EXPECT_FALSE(*found);
    }
}

TEST(TaskFollowing, StoppingCancelsAndLearnsTheEnd) {
    Scripted s;
    std::atomic<bool> cancelled{false};
    s.server.on("CancelTask", [&](const Call&) -> Answer {
        cancelled = true;
        return Value();
    });
    s.server.on("RetrievePropertiesEx", [&](const Call&) -> Answer {
        if (!cancelled)
            return one_property(kTask, "info", task_info("running", 5));
        DataObject info = *task_info("error").as_object();
        info.set("cancelled", Value(true));
        info.set("error", Value(localized_fault(fault_of("RequestCanceled"))));
        return one_property(kTask, "info", Value(info));
    });
    std::stop_source stop;
    TaskWait wait;
    wait.stop = stop.get_token();
    wait.cancel_on_stop = true;
    wait.progress = [&](const TaskInfo&) { stop.request_stop(); };
    auto done = wait_task(*s.session, kTask, wait);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::Cancelled);
    EXPECT_TRUE(cancelled);
}

} // namespace
} // namespace pf::vim
