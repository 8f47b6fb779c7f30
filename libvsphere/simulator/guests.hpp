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
    // One block of a running VM, at the beginning of a tick.
    struct Work {
        unsigned vm = 0;
        std::string moid, name, uuid, host, volume, device;
        int32_t disk = 0;
        uint64_t size = 0;
        uint64_t counter = 0;
    };
    void run();
    void tick();
    // One I/O with the faults that are made on purpose; measured when it worked.
    Result<void> transfer(const Work& work, bool write, uint64_t offset, Bytes& data);

    World& world_;
    VmOps vms_;
    std::thread thread_;
};

} // namespace pf::vim::sim
