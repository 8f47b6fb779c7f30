// Reading disks back: known data byte for byte, counters against what was acknowledged.
#include "base/crypto.hpp"
#include "libvsphere/simulator/known_data.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>

namespace pf::vim::sim {

Result<DiskCheck> VmOps::check_disk(const VmState& vm, const VmDisk& disk, HostState& host) {
    HostOps ops(world_, host);
    DiskCheck check;
    check.vm = vm.name;
    check.disk_key = disk.key;
    auto path = ops.access(disk.flat.volume);
    if (!path) {
        return fail(Errc::Io, "VM {} disk {}: {}", vm.name, disk.key, path.error().message);
    }
    std::map<uint32_t, uint64_t> acked;
    {
        const std::lock_guard lock(world_.mutex);
        check.file = world_.path_text(disk.descriptor);
        const DatastoreState* ds = world_.datastore_of(disk.flat.volume);
        check.datastore = ds != nullptr ? ds->name : disk.flat.volume;
        const auto counter = world_.counters.find(vm.uuid);
        if (counter != world_.counters.end()) {
            acked = counter->second.acked;
        }
    }
    check.device_id = path->io->device_id();
    check.transport = path->transport;
    if (!disk.rdm.empty()) {
        return check;
    }
    Bytes whole(disk.size);
    constexpr size_t chunk = 1u << 20;
    for (uint64_t done = 0; done < disk.size; done += chunk) {
        const MutByteSpan part =
            MutByteSpan(whole).subspan(done, std::min<uint64_t>(chunk, disk.size - done));
        PF_CHECK(guest_read(vm.number, disk.key, done, part));
    }
    check.sha256 = sha256_hex(whole);
    if (disk.seed != 0) {
        const uint64_t bytes = std::min(disk.data_bytes, disk.size);
        check.bytes = bytes;
        check.bad_bytes = count_pattern_errors(disk.seed, 0, ByteSpan(whole).first(bytes));
    }
    if (vm.counter && disk.key == vm.disks.front().key && disk.size >= kCounterBytes) {
        for (const auto& [slot, counter] : acked) {
            const auto block = decode_counter(ByteSpan(whole).subspan(
                disk.size - kCounterBytes + slot * kPatternBlock, kPatternBlock));
            ++check.counters_checked;
            if (!block || block->counter < counter || block->counter % kCounterSlots != slot) {
                ++check.counters_lost;
            }
        }
    }
    return check;
}

Result<std::vector<DiskCheck>> VmOps::check(unsigned number) {
    VmState vm;
    HostState* host = nullptr;
    {
        const std::lock_guard lock(world_.mutex);
        const auto found = world_.vms.find(number);
        if (found == world_.vms.end()) {
            return fail(Errc::NotFound, "the VM is not registered");
        }
        vm = found->second;
        host = world_.host(vm.host);
    }
    std::vector<DiskCheck> checks;
    for (const VmDisk& disk : vm.disks) {
        if (disk.missing) {
            return fail(Errc::NotFound, "VM {}: disk {} is missing", vm.name, disk.missing_path);
        }
        PF_TRY(DiskCheck check, check_disk(vm, disk, *host));
        checks.push_back(std::move(check));
    }
    return checks;
}

} // namespace pf::vim::sim
