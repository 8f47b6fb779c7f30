#include "libvsphere/task.hpp"

#include "base/clock.hpp"
#include "libvsphere/properties.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace pf::vim {

namespace {

TaskInfo read_task(const Value& info, const MoRef& task) {
    TaskInfo out;
    out.task = info["task"].as_ref() ? info["task"].ref() : task;
    out.entity = info["entity"].ref();
    out.key = info["key"].text_or();
    out.description_id = info["descriptionId"].text_or();
    out.entity_name = info["entityName"].text_or();
    out.user = info["reason"]["userName"].text_or();
    std::string state = info["state"].text_or();
    out.state = state == "running"   ? TaskState::Running
                : state == "success" ? TaskState::Success
                : state == "error"   ? TaskState::Error
                                     : TaskState::Queued;
    out.cancelable = info["cancelable"].bool_or(false);
    out.cancelled = info["cancelled"].bool_or(false);
    out.progress = static_cast<int>(std::clamp<int64_t>(info["progress"].int_or(-1), -1, 100));
    out.queue_time = info["queueTime"].text_or();
    out.start_time = info["startTime"].text_or();
    out.complete_time = info["completeTime"].text_or();
    out.result = info["result"];
    if (info["error"].is_set())
        out.error = fault_from_localized(info["error"]);
    return out;
}

/// Sleeps, but wakes at once when stopped.
void nap(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, time, [] { return false; });
}

} // namespace

Result<TaskInfo> describe_task(Session& session, const MoRef& task) {
    PF_TRY(ObjectProps props, retrieve_one(session, task, {"info"}));
    const Value& info = props["info"];
    if (!info.as_object())
        return fail(Errc::Protocol, "task {} has no info", task.id);
    return read_task(info, task);
}

Result<TaskInfo> wait_task(Session& session, const MoRef& task, const TaskWait& wait) {
    const std::string object = wait.object.empty() ? fmt::format("task {}", task.id) : wait.object;
    const MonoTime deadline = mono_now() + wait.timeout;
    MonoTime unreachable_since{};
    bool cancel_sent = false;
    int last_progress = -2;
    TaskState last_state = TaskState::Queued;
    // Start with short polls: most tasks of the storage path end within a second.
    auto pause = std::min<std::chrono::milliseconds>(wait.poll, std::chrono::milliseconds(50));
    while (true) {
        Result<TaskInfo> info = describe_task(session, task);
        if (info) {
            unreachable_since = {};
            if (wait.progress && (info->progress != last_progress || info->state != last_state)) {
                last_progress = info->progress;
                last_state = info->state;
                wait.progress(*info);
            }
            if (info->state == TaskState::Success)
                return info;
            if (info->state == TaskState::Error)
                return fail(to_error(info->error, object));
        } else if (info.error().code == Errc::NotFound) {
            return fail(Errc::OutcomeUnknown,
                        "{}: task {} is no longer known to the server; read the state of the "
                        "inventory to learn its outcome",
                        object, task.id);
        } else if (info.error().code == Errc::Unreachable || info.error().code == Errc::Timeout ||
                   info.error().code == Errc::OutcomeUnknown) {
            if (unreachable_since == MonoTime{})
                unreachable_since = mono_now();
            if (mono_now() - unreachable_since > wait.reconnect_for)
                return fail(Errc::OutcomeUnknown,
                            "{}: lost contact with the server while task {} ran ({})", object,
                            task.id, info.error().what);
        } else {
            return info;
        }
        if (wait.stop.stop_requested()) {
            if (!wait.cancel_on_stop)
                return fail(Errc::Cancelled, "{}: stopped waiting, task {} goes on", object,
                            task.id);
            if (!cancel_sent) {
                cancel_sent = true;
                (void)cancel_task(session, task); // its end state tells whether it worked
            }
        }
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - mono_now());
        if (left.count() <= 0)
            return fail(Errc::Timeout, "{}: task {} is still running after {} s; it goes on",
                        object, task.id,
                        std::chrono::duration_cast<std::chrono::seconds>(wait.timeout).count());
        nap(std::min(pause, left), cancel_sent ? std::stop_token{} : wait.stop);
        pause = std::min(pause * 3 / 2, wait.poll);
    }
}

Result<void> cancel_task(Session& session, const MoRef& task) {
    PF_CHECK(session.call(task, "CancelTask", {}, {.object = fmt::format("task {}", task.id)}));
    return {};
}

Result<std::vector<TaskInfo>> recent_tasks(Session& session) {
    PF_TRY(Value list, retrieve_property(session, session.content().task_manager, "recentTask"));
    std::vector<TaskInfo> out;
    PF_TRY(std::vector<ObjectProps> tasks, retrieve(session, list.refs(), {"Task", {"info"}}));
    for (const ObjectProps& task : tasks) {
        if (task["info"].as_object())
            out.push_back(read_task(task["info"], task.object));
    }
    return out;
}

} // namespace pf::vim
