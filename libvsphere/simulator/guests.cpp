#include "libvsphere/simulator/guests.hpp"

#include "libvsphere/simulator/known_data.hpp"

#include <cstring>

namespace pf::vim::sim {

void Guests::start() {
    thread_ = std::thread([this] { run(); });
}

void Guests::stop() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Guests::run() {
    while (true) {
        {
            std::unique_lock lock(world_.mutex);
            const MonoTime until = mono_now() + world_.options.timings.counter_interval;
            if (world_.changed.wait_until(lock, until, [&] { return world_.stopping; })) {
                return;
            }
        }
        tick();
    }
}

void Guests::tick() {
    struct Write {
        unsigned vm = 0;
        std::string uuid;
        int32_t disk = 0;
        uint64_t size = 0;
        uint64_t counter = 0;
    };
    std::vector<Write> writes;
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& [number, vm] : world_.vms) {
            const bool busy = vm.counter && vm.power == PowerState::On && !vm.disks.empty() &&
                              !vm.disks.front().missing &&
                              vm.disks.front().size >= 2 * kCounterBytes;
            if (busy) {
                const VmDisk& disk = vm.disks.front();
                writes.push_back(
                    {number, vm.uuid, disk.key, disk.size, world_.counters[vm.uuid].next++});
            }
        }
    }
    for (const Write& write : writes) {
        CounterBlock block;
        std::string digits = write.uuid;
        std::erase(digits, '-');
        const auto uuid = from_hex(digits);
        if (uuid && uuid->size() == block.vm.size()) {
            std::memcpy(block.vm.data(), uuid->data(), block.vm.size());
        }
        block.counter = write.counter;
        const uint32_t slot = static_cast<uint32_t>(write.counter % kCounterSlots);
        const uint64_t offset = write.size - kCounterBytes + slot * kPatternBlock;
        if (vms_.guest_write(write.vm, write.disk, offset, encode_counter(block))) {
            const std::lock_guard lock(world_.mutex);
            world_.counters[write.uuid].acked[slot] = write.counter;
        }
    }
}

} // namespace pf::vim::sim
