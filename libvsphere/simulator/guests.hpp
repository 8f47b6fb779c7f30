// The guests of powered-on VMs: one thread that writes numbered blocks for every VM with the
// counter workload, so that a migration is checked under load.
#pragma once

#include "libvsphere/simulator/vm_ops.hpp"

#include <thread>

namespace pf::vim::sim {

class Guests {
  public:
    explicit Guests(World& world) : world_(world), vms_(world) {}
    ~Guests() { stop(); }
    Guests(const Guests&) = delete;
    Guests& operator=(const Guests&) = delete;
    void start();
    void stop(); // joins; World::stopping must be set

  private:
    void run();
    void tick();

    World& world_;
    VmOps vms_;
    std::thread thread_;
};

} // namespace pf::vim::sim
