#include "libvsphere/simulator/guests.hpp"

#include "libvsphere/simulator/known_data.hpp"
#include "libvsphere/simulator/service/extras.hpp"

#include <cstring>

namespace pf::vim::sim {

namespace {

// Every so many writes a guest reads back what it has written.
constexpr uint64_t kReadEvery = 10;

} // namespace

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

Result<void> Guests::transfer(const Work& work, bool write, uint64_t offset, Bytes& data) {
    const MonoTime begun = mono_now();
    const auto rule =
        world_.faults.decide({"guest", {write ? "write" : "read"}, {work.moid, work.name}});
    if (rule && rule->action != net::FaultAction::Delay) {
        return fail(Errc::Io, "VM {}: the disk fails", work.name);
    }
    if (rule) {
        world_.faults.wait(*rule);
    }
    PF_CHECK(write ? vms_.guest_write(work.vm, work.disk, offset, data)
                   : vms_.guest_read(work.vm, work.disk, offset, data));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - begun);
    const std::lock_guard lock(world_.mutex);
    Meters& meters = world_.extras->meters;
    const MonoTime now = world_.now();
    using Group = Meters::Group;
    const MoRef vm{"VirtualMachine", work.moid};
    meters.add({vm, Group::VirtualDisk, work.device}, write, took, now);
    meters.add({vm, Group::Datastore, work.volume}, write, took, now);
    meters.add({{"HostSystem", work.host}, Group::Datastore, work.volume}, write, took, now);
    return {};
}

void Guests::tick() {
    std::vector<Work> all;
    {
        const std::lock_guard lock(world_.mutex);
        for (const auto& [number, vm] : world_.vms) {
            const bool busy = vm.counter && vm.power == PowerState::On && !vm.disks.empty() &&
                              !vm.disks.front().missing &&
                              vm.disks.front().size >= 2 * kCounterBytes;
            if (busy) {
                const VmDisk& disk = vm.disks.front();
                all.push_back({number, vm.moid(), vm.name, vm.uuid, vm.host, disk.flat.volume,
                               disk_device(disk), disk.key, disk.size,
                               world_.counters[vm.uuid].next++});
            }
        }
    }
    for (const Work& work : all) {
        CounterBlock block;
        std::string digits = work.uuid;
        std::erase(digits, '-');
        const auto uuid = from_hex(digits);
        if (uuid && uuid->size() == block.vm.size()) {
            std::memcpy(block.vm.data(), uuid->data(), block.vm.size());
        }
        block.counter = work.counter;
        const uint32_t slot = static_cast<uint32_t>(work.counter % kCounterSlots);
        const uint64_t offset = work.size - kCounterBytes + slot * kPatternBlock;
        Bytes data = encode_counter(block);
        if (!transfer(work, true, offset, data)) {
            continue;
        }
        {
            const std::lock_guard lock(world_.mutex);
            world_.counters[work.uuid].acked[slot] = work.counter;
        }
        if (work.counter % kReadEvery == 0) {
            // What is read is judged by check(); here it only takes its time.
            (void)transfer(work, false, offset, data);
        }
    }
}

} // namespace pf::vim::sim
