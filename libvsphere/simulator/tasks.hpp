// Tasks: work that runs on the simulator's own threads and is visible as a Task object.
//
// A queued job starts when its admission test passes (vCenter's cost limits); jobs are looked at in
// the order of submission. The queue is bounded, finished records are dropped after a retention
// time. Thread-safe; stop() cancels what is cancelable and waits for the rest.
#pragma once

#include "libvsphere/simulator/outcome.hpp"
#include "libvsphere/simulator/world.hpp"

#include <deque>
#include <functional>
#include <thread>

namespace pf::vim::sim {

class TaskContext {
  public:
    TaskContext(World& world, unsigned number) : world_(world), number_(number) {}
    void progress(int percent);
    bool cancelled() const;
    unsigned number() const { return number_; }
    // Waits; false when the task was cancelled or the simulator stops meanwhile.
    bool sleep(std::chrono::milliseconds time) const;

  private:
    World& world_;
    unsigned number_;
};

struct TaskSpec {
    std::string description;
    MoRef entity;
    std::string entity_name;
    std::string user;
    bool cancelable = false;
    unsigned vm = 0;               // this VM is busy until the task ends
    std::function<bool()> admit;   // World::mutex held; takes what it admits
    std::function<void()> release; // World::mutex held; only after admit said true
};

class Tasks {
  public:
    using Work = std::function<Outcome<Value>(TaskContext&)>;

    explicit Tasks(World& world) : world_(world) {}
    ~Tasks() { stop(); }
    Tasks(const Tasks&) = delete;
    Tasks& operator=(const Tasks&) = delete;

    void start(size_t threads);
    void stop();
    // TaskInProgress when the VM is busy; the task's reference otherwise.
    Outcome<Value> submit(TaskSpec spec, Work work);
    Outcome<> cancel(const std::string& moid);

  private:
    struct Job {
        unsigned number = 0;
        TaskSpec spec;
        Work work;
    };
    void run();
    void execute(Job& job);
    void drop_old_locked();

    World& world_;
    std::deque<Job> queue_; // World::mutex
    std::vector<std::thread> threads_;
};

} // namespace pf::vim::sim
