#pragma once
// Tasks: following one to its end, with progress, deadline, cancel; finding it again after a
// reconnect.
//
// A task lives in the server. Losing the connection or this process loses nothing: keep its MoRef
// (journal it) and call wait_task again on a new session. A task that runs for longer than a moment
// is followed by an own property collector, so that progress costs no polling; a connection, a
// login or a server lost meanwhile is waited out and the task found again by its MoRef. A finished
// task's object disappears after some minutes: its outcome is then looked up in the task history,
// then by TaskWait::read_back from the inventory; only when neither knows it is OutcomeUnknown.

#include "libvsphere/session.hpp"

#include <chrono>
#include <functional>
#include <optional>
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
        false; ///< also CancelTask when stopped; the wait goes on to learn the end state
    /// Asked when the server has forgotten the task: is its effect there?
    std::function<Result<bool>()> read_back;
    std::string object; ///< for error texts
};

Result<TaskInfo> describe_task(Session& session, const MoRef& task);
/// Waits for the end. Success → TaskInfo; a failed task → to_error(fault); Timeout leaves the task
/// running.
Result<TaskInfo> wait_task(Session& session, const MoRef& task, const TaskWait& wait = {});
Result<void> cancel_task(Session& session, const MoRef& task);
/// What is known of a task whose answer was lost, so that it has no MoRef.
struct TaskQuery {
    MoRef entity;               ///< what it works on
    std::string description_id; ///< "VirtualMachine.relocate"
    int64_t not_before_us = 0;  ///< queued at or after this instant (server's clock)
};
/// The newest task that fits; nothing when the server knows none.
Result<std::optional<TaskInfo>> find_task(Session& session, const TaskQuery& query);
/// The task's record in the server's history; nothing when there is none.
Result<std::optional<TaskInfo>> task_from_history(Session& session, const MoRef& task);
/// Tasks that the server still remembers, newest last; for finding a task whose MoRef was lost.
Result<std::vector<TaskInfo>> recent_tasks(Session& session);

} // namespace pf::vim
