#include "libvsphere/task.hpp"

#include "base/clock.hpp"
#include "libvsphere/collector.hpp"
#include "libvsphere/properties.hpp"
#include "libvsphere/property_filter.hpp"

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

/// A task that is still running after this is followed by a collector instead of polls.
constexpr std::chrono::milliseconds kPollAtMost{400};
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr int32_t kHistoryPage = 1000; ///< the most that a server gives

/// Where the state of one task comes from. next() returns the state when it may have changed.
class TaskFeed {
  public:
    TaskFeed(Session& session, MoRef task) : session_(session), task_(std::move(task)) {}

    /// Errors: NotFound when the server does not know the task (any more); lost contact as it is.
    Result<std::optional<TaskInfo>> next(std::chrono::milliseconds max_wait,
                                         const CallOptions& options) {
        const bool wait = mono_now() - begun_ > kPollAtMost;
        if (!wait || no_collector_)
            return poll(options);
        if (!collector_) {
            PF_CHECK(open());
            if (no_collector_)
                return poll(options);
        }
        Result<detail::Updates> updates = collector_->wait(max_wait, 0, options);
        if (!updates) {
            collector_.reset();
            if (updates.error().code == Errc::StaleGeneration)
                return std::optional<TaskInfo>(); // the next call opens another
            return fail(updates.error());
        }
        if (!updates->gone.empty())
            return fail(Errc::NotFound, "task {} is gone", task_.id);
        std::optional<TaskInfo> out;
        for (const detail::ObjectUpdate& update : updates->objects) {
            if (update.kind == detail::ObjectUpdate::Kind::Leave)
                return fail(Errc::NotFound, "task {} is gone", task_.id);
            for (const detail::PropertyUpdate& change : update.changes) {
                if (change.path == "info" && change.value.is_object())
                    out = read_task(change.value, task_);
                else
                    return poll(options); // only a part was told
            }
        }
        return out;
    }
    /// After a loss: whatever was open belongs to the past.
    void forget() { collector_.reset(); }
    /// The pace of polls is the caller's; a collector's wait() blocks by itself.
    bool blocks() const { return collector_ != nullptr; }

  private:
    Result<std::optional<TaskInfo>> poll(const CallOptions& options) {
        PF_TRY(ObjectProps props, retrieve_one(session_, task_, {"info"}, options));
        if (!props["info"].is_object())
            return fail(Errc::Protocol, "task {} has no info", task_.id);
        return std::optional<TaskInfo>(read_task(props["info"], task_));
    }
    Result<void> open() {
        Result<std::unique_ptr<detail::Collector>> made = detail::Collector::create(session_);
        if (!made) {
            if (detail::is_lost_contact(made.error()) || made.error().code == Errc::Cancelled)
                return fail(made.error());
            no_collector_ = true; // a server without: polling does
            return {};
        }
        Result<MoRef> filter = (*made)->add_filter(detail::object_filter(task_, {"info"}));
        if (!filter) {
            if (is_fault(filter.error(), "ManagedObjectNotFound"))
                return fail(Errc::NotFound, "task {} is gone", task_.id);
            if (detail::is_lost_contact(filter.error()) || filter.error().code == Errc::Cancelled)
                return fail(filter.error());
            no_collector_ = true;
            return {};
        }
        collector_ = std::move(*made);
        return {};
    }

    Session& session_;
    MoRef task_;
    MonoTime begun_ = mono_now();
    std::unique_ptr<detail::Collector> collector_;
    bool no_collector_ = false;
};

/// The outcome of a task that has no object any more.
Result<TaskInfo> outcome_of_forgotten(Session& session, const MoRef& task, const TaskWait& wait,
                                      const std::string& object) {
    if (Result<std::optional<TaskInfo>> record = task_from_history(session, task);
        record && *record && (*record)->finished()) {
        if ((*record)->state == TaskState::Error)
            return fail(to_error((*record)->error, object));
        return std::move(**record);
    }
    if (wait.read_back) {
        Result<bool> there = wait.read_back();
        if (there && *there) {
            TaskInfo done;
            done.task = task;
            done.state = TaskState::Success;
            return done;
        }
        if (there)
            return fail(Errc::Failed,
                        "{}: task {} is no longer known to the server and its effect is not there; "
                        "look for the task in the server's log, then start it again",
                        object, task.id);
    }
    return fail(Errc::OutcomeUnknown,
                "{}: task {} is no longer known to the server; read the state of the inventory to "
                "learn its outcome",
                object, task.id);
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
    MonoTime lost_since{};
    bool cancel_sent = false;
    std::optional<std::pair<int, TaskState>> told;
    auto pause = std::min(wait.poll, kFirstPause);
    TaskFeed feed(session, task);
    while (true) {
        CallOptions options;
        if (cancel_sent)
            options.despite_stop = true; // the end of a cancelled task is still to be learnt
        else
            options.stop = wait.stop;
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - mono_now());
        const auto block = std::clamp(left, std::chrono::milliseconds(0), wait.poll);
        Result<std::optional<TaskInfo>> info = feed.next(block, options);
        if (info) {
            lost_since = {};
            if (*info) {
                if (wait.progress && told != std::pair{(*info)->progress, (*info)->state}) {
                    told = std::pair{(*info)->progress, (*info)->state};
                    wait.progress(**info);
                }
                if ((*info)->state == TaskState::Success)
                    return std::move(**info);
                if ((*info)->state == TaskState::Error)
                    return fail(to_error((*info)->error, object));
            }
        } else if (info.error().code == Errc::NotFound) {
            return outcome_of_forgotten(session, task, wait, object);
        } else if (detail::is_lost_contact(info.error())) {
            feed.forget();
            if (lost_since == MonoTime{})
                lost_since = mono_now();
            if (mono_now() - lost_since > wait.reconnect_for)
                return fail(Errc::OutcomeUnknown,
                            "{}: lost contact with the server while task {} ran ({})", object,
                            task.id, info.error().what);
        } else if (info.error().code != Errc::Cancelled || !wait.stop.stop_requested() ||
                   cancel_sent) {
            return fail(info.error());
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
        if (mono_now() >= deadline)
            return fail(Errc::Timeout, "{}: task {} is still running after {} s; it goes on",
                        object, task.id,
                        std::chrono::duration_cast<std::chrono::seconds>(wait.timeout).count());
        if (info && feed.blocks())
            continue;
        nap(std::min(pause, std::max(left, std::chrono::milliseconds(1))),
            cancel_sent ? std::stop_token{} : wait.stop);
        pause = std::min(pause * 3 / 2, wait.poll);
    }
}

Result<void> cancel_task(Session& session, const MoRef& task) {
    CallOptions options;
    options.object = fmt::format("task {}", task.id);
    options.despite_stop = true; // stopping is what cancels it
    PF_CHECK(session.call(task, "CancelTask", {}, options));
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

Result<std::optional<TaskInfo>> find_task(Session& session, const TaskQuery& query) {
    PF_TRY(std::vector<TaskInfo> tasks, recent_tasks(session));
    std::optional<TaskInfo> best;
    int64_t best_time = 0;
    for (TaskInfo& task : tasks) {
        Result<int64_t> queued = parse_date_time(task.queue_time);
        if (task.entity != query.entity || task.description_id != query.description_id || !queued ||
            *queued < query.not_before_us || (best && *queued < best_time))
            continue;
        best_time = *queued;
        best = std::move(task);
    }
    return best;
}

Result<std::optional<TaskInfo>> task_from_history(Session& session, const MoRef& task) {
    PF_TRY(Value made, session.call(session.content().task_manager, "CreateCollectorForTasks",
                                    {{"filter", Value(DataObject("TaskFilterSpec"))}}));
    PF_TRY(MoRef history, made.require_ref("the task history collector"));
    auto read = [&]() -> Result<std::optional<TaskInfo>> {
        PF_CHECK(
            session.call(history, "SetCollectorPageSize", {{"maxCount", Value(kHistoryPage)}}));
        PF_TRY(Value page, retrieve_property(session, history, "latestPage"));
        for (const Value& info : page.items()) {
            if (info["key"].text_view() == task.id || info["task"].ref() == task)
                return std::optional<TaskInfo>(read_task(info, task));
        }
        return std::optional<TaskInfo>();
    };
    Result<std::optional<TaskInfo>> found = read();
    (void)session.call(history, "DestroyCollector", {}, detail::cleanup_call());
    return found;
}

} // namespace pf::vim
