#include "libvsphere/simulator/tasks.hpp"

#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/state.hpp"

#include <algorithm>

namespace pf::vim::sim {

void TaskContext::progress(int percent) {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.tasks.find(number_);
    if (found != world_.tasks.end() && found->second.progress != percent) {
        found->second.progress = percent;
        world_.touch_task();
    }
}

bool TaskContext::cancelled() const {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.tasks.find(number_);
    return world_.stopping || (found != world_.tasks.end() && found->second.cancel_wanted);
}

bool TaskContext::sleep(std::chrono::milliseconds time) const {
    std::unique_lock lock(world_.mutex);
    const MonoTime until = mono_now() + time;
    auto wanted = [&] {
        const auto found = world_.tasks.find(number_);
        return world_.stopping || (found != world_.tasks.end() && found->second.cancel_wanted);
    };
    return !world_.changed.wait_until(lock, until, wanted);
}

void Tasks::start(size_t threads) {
    for (size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { run(); });
    }
}

void Tasks::stop() {
    {
        const std::lock_guard lock(world_.mutex);
        world_.stopping = true;
        world_.touch();
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

void Tasks::drop_old_locked() {
    const MonoTime oldest = mono_now() - world_.options.timings.task_retention;
    std::erase_if(world_.tasks, [&](const auto& entry) {
        return entry.second.finished() && entry.second.completed_mono < oldest;
    });
}

Outcome<Value> Tasks::submit(TaskSpec spec, Work work) {
    const std::lock_guard lock(world_.mutex);
    drop_old_locked();
    if (queue_.size() >= world_.options.max_queued_tasks) {
        return raise("LimitExceeded", "Too many tasks are queued.");
    }
    if (spec.vm != 0) {
        const auto vm = world_.vms.find(spec.vm);
        if (vm == world_.vms.end()) {
            return raise_missing_object(spec.entity);
        }
        if (vm->second.busy_task != 0) {
            const MoRef other{"Task", "task-" + std::to_string(vm->second.busy_task)};
            return raise("TaskInProgress", "Another task is already in progress.",
                         {{"task", Value(other)}});
        }
    }
    TaskRecord record;
    record.number = world_.next_task++;
    record.description = spec.description;
    record.entity = spec.entity;
    record.entity_name = spec.entity_name;
    record.user = spec.user;
    record.cancelable = spec.cancelable;
    record.queued = wall_now();
    if (spec.vm != 0) {
        world_.vms.at(spec.vm).busy_task = record.number;
    }
    const Value reference(record.ref());
    queue_.push_back({record.number, std::move(spec), std::move(work)});
    world_.tasks.emplace(record.number, std::move(record));
    world_.touch();
    return reference;
}

Outcome<> Tasks::cancel(const std::string& moid) {
    const std::lock_guard lock(world_.mutex);
    TaskRecord* task = world_.task(moid);
    if (task == nullptr) {
        return raise_missing_object({"Task", moid});
    }
    if (task->finished()) {
        return raise("InvalidState", "The operation is not allowed in the current state.");
    }
    if (!task->cancelable) {
        return raise("NotSupported", "The operation is not supported on the object.");
    }
    task->cancel_wanted = true;
    world_.touch();
    return {};
}

void Tasks::run() {
    std::unique_lock lock(world_.mutex);
    while (!world_.stopping) {
        Job job;
        bool found = false;
        for (auto it = queue_.begin(); it != queue_.end(); ++it) {
            const TaskRecord* record = world_.task("task-" + std::to_string(it->number));
            const bool cancelled = record != nullptr && record->cancel_wanted;
            if (cancelled) { // ends without having run: nothing to release
                it->spec.release = nullptr;
            }
            if (cancelled || !it->spec.admit || it->spec.admit()) {
                job = std::move(*it);
                queue_.erase(it);
                found = true;
                break;
            }
        }
        if (!found) {
            world_.changed.wait(lock);
            continue;
        }
        lock.unlock();
        execute(job);
        lock.lock();
    }
}

void Tasks::execute(Job& job) {
    TaskContext context(world_, job.number);
    context.sleep(world_.options.timings.task_start);
    bool cancelled = context.cancelled();
    {
        const std::lock_guard lock(world_.mutex);
        TaskRecord& record = world_.tasks.at(job.number);
        if (!cancelled) {
            record.state = TaskState::Running;
            record.started = wall_now();
            world_.touch_task();
        }
    }
    Outcome<Value> outcome = Value();
    if (!cancelled) {
        outcome = job.work(context);
    } else {
        outcome = raise("RequestCanceled", "The task was canceled by a user.");
    }
    wait_until_kept(world_);
    const std::lock_guard lock(world_.mutex);
    TaskRecord& record = world_.tasks.at(job.number);
    record.completed = wall_now();
    record.completed_mono = mono_now();
    record.progress = -1;
    if (outcome) {
        record.state = TaskState::Success;
        record.result = std::move(*outcome);
    } else {
        record.state = TaskState::Error;
        record.error = std::move(outcome.error());
        record.cancelled = record.error->detail.type == "RequestCanceled";
    }
    post_task_event(world_, record);
    if (job.spec.vm != 0) {
        const auto vm = world_.vms.find(job.spec.vm);
        if (vm != world_.vms.end() && vm->second.busy_task == job.number) {
            vm->second.busy_task = 0;
        }
    }
    if (job.spec.release) {
        job.spec.release();
    }
    world_.touch();
}

} // namespace pf::vim::sim
