#pragma once
// Tasks: following one to its end, with progress, deadline, cancel; finding it again after a
// reconnect.
//
// A task lives in the server. Losing the connection or this process loses nothing: keep its MoRef
// (journal it) and call wait_task again on a new session. A finished task's object disappears after
// some minutes; then wait_task returns OutcomeUnknown and the caller must derive the outcome from
// the inventory.

#include "libvsphere/session.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace pf::vim {

enum class TaskState { Queued, Running, Success, Error };

struct TaskInfo {
    MoRef task, entity;
    std::string key, description_id, entity_name, user;
    TaskState state = TaskState::Queued;
    bool cancelable = false, cancelled = false;
    int progress = -1; ///< percent; -1 when the server reports none
    std::string queue_time, start_time, complete_time;
    Value result;
    Fault error; ///< meaningful when state == Error

    bool finished() const { return state == TaskState::Success || state == TaskState::Error; }
};

struct TaskWait {
    std::chrono::milliseconds timeout{std::chrono::minutes(10)};
    std::chrono::milliseconds poll{
        std::chrono::seconds(1)}; ///< longest WaitForUpdatesEx block or poll interval
    std::chrono::milliseconds reconnect_for{
        std::chrono::seconds(60)}; ///< survive Unreachable this long
    std::function<void(const TaskInfo&)>
        progress; ///< on every change; called on the waiting thread
    std::stop_token stop;
    bool cancel_on_stop =
        false;          ///< also CancelTask when stopped; the wait goes on to learn the end state
    std::string object; ///< for error texts
};

Result<TaskInfo> describe_task(Session& session, const MoRef& task);
/// Waits for the end. Success → TaskInfo; a failed task → to_error(fault); Timeout leaves the task
/// running.
Result<TaskInfo> wait_task(Session& session, const MoRef& task, const TaskWait& wait = {});
Result<void> cancel_task(Session& session, const MoRef& task);
/// Tasks that the server still remembers, newest last; for finding a task whose MoRef was lost.
Result<std::vector<TaskInfo>> recent_tasks(Session& session);

} // namespace pf::vim
