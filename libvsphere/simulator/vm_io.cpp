// What a guest reads and writes: the topmost file of a disk, with the frozen ones of its snapshots
// below it, and its copy while it is being moved.
//
// A delta file is a sparse file: a cluster that it has is its own, any other is read from the next
// file below. A write into a cluster that it lacks takes the whole cluster up first.
#include "libvsphere/simulator/vm_ops.hpp"

#include <algorithm>
#include <cstring>

namespace pf::vim::sim {

namespace {

constexpr uint64_t kCluster = vmfs::kClusterBytes;

bool has(const std::vector<vmfs::Range>& ranges, uint64_t offset) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const vmfs::Range& range) {
        return offset >= range.offset && offset < range.offset + range.length;
    });
}

// A disk's files, topmost first, each with what it has.
class Chain {
  public:
    static Result<Chain> open(HostOps& ops, const FileRef& top,
                              const std::vector<FileRef>& parents) {
        Chain chain;
        PF_CHECK(chain.add(ops, top));
        for (const FileRef& parent : parents) {
            PF_CHECK(chain.add(ops, parent));
        }
        return chain;
    }

    Result<void> read(uint64_t offset, MutByteSpan out) {
        while (!out.empty()) {
            // As long as the same file has it.
            uint64_t end = 0;
            Link& link = holder(offset, end);
            const size_t n = static_cast<size_t>(std::min<uint64_t>(out.size(), end - offset));
            PF_CHECK(link.path.volume->read(*link.path.io, link.file, offset, out.first(n)));
            out = out.subspan(n);
            offset += n;
        }
        return {};
    }

    Result<void> write(uint64_t offset, ByteSpan data) {
        Link& top = links_.front();
        if (links_.size() == 1) {
            return top.path.volume->write(*top.path.io, top.file, offset, data);
        }
        PF_TRY(const vmfs::FileInfo info, top.path.volume->stat(top.file));
        while (!data.empty()) {
            const uint64_t start = offset / kCluster * kCluster;
            const size_t n =
                static_cast<size_t>(std::min<uint64_t>(data.size(), start + kCluster - offset));
            if (has(top.ranges, start)) {
                PF_CHECK(top.path.volume->write(*top.path.io, top.file, offset, data.first(n)));
            } else {
                Bytes whole(static_cast<size_t>(std::min(kCluster, info.size - start)));
                PF_CHECK(read(start, whole));
                std::memcpy(whole.data() + (offset - start), data.data(), n);
                PF_CHECK(top.path.volume->write(*top.path.io, top.file, start, whole));
                top.ranges.push_back({start, kCluster});
            }
            data = data.subspan(n);
            offset += n;
        }
        return {};
    }

    // The clusters under a range, as they stand in the topmost file, into another one.
    Result<void> copy_clusters(const VolumeAccess& to, const std::string& file, uint64_t offset,
                               uint64_t length) {
        Link& top = links_.front();
        PF_TRY(const vmfs::FileInfo info, top.path.volume->stat(top.file));
        const uint64_t end =
            std::min(info.size, (offset + length + kCluster - 1) / kCluster * kCluster);
        for (uint64_t at = offset / kCluster * kCluster; at < end; at += kCluster) {
            Bytes whole(static_cast<size_t>(std::min(kCluster, info.size - at)));
            PF_CHECK(top.path.volume->read(*top.path.io, top.file, at, whole));
            PF_CHECK(to.volume->write(*to.io, file, at, whole));
        }
        return {};
    }

    bool layered() const { return links_.size() > 1; }

  private:
    struct Link {
        VolumeAccess path;
        std::string file;
        std::vector<vmfs::Range> ranges; // of the base: not looked at
    };

    Result<void> add(HostOps& ops, const FileRef& file) {
        auto path = ops.access(file.volume);
        if (!path) {
            return fail(Errc::Io, "{}", path.error().message);
        }
        auto ranges = path->volume->allocated(file.path);
        links_.push_back({std::move(*path), file.path, std::move(ranges)});
        return {};
    }

    // The file that has the byte at `offset`, and where the next one might have more.
    Link& holder(uint64_t offset, uint64_t& end) {
        if (links_.size() == 1) {
            end = UINT64_MAX;
            return links_.front();
        }
        end = (offset / kCluster + 1) * kCluster;
        for (Link& link : links_) {
            if (&link == &links_.back() || has(link.ranges, offset)) {
                return link;
            }
        }
        return links_.back();
    }

    std::vector<Link> links_;
};

bool is_running(const World& world, unsigned number) {
    const auto found = world.vms.find(number);
    return found != world.vms.end() && found->second.power == PowerState::On;
}

struct GuestDisk {
    std::shared_ptr<DiskGate> gate;
    HostState* host = nullptr; // that does the VM's I/O
};

// World::mutex held.
Result<GuestDisk> guest_disk(World& world, unsigned number, int32_t disk_key) {
    const auto found = world.vms.find(number);
    if (found == world.vms.end()) {
        return fail(Errc::NotFound, "the VM is gone");
    }
    for (const VmDisk& disk : found->second.disks) {
        if (disk.key == disk_key && !disk.missing) {
            return GuestDisk{disk.gate, world.host(found->second.host)};
        }
    }
    return fail(Errc::NotFound, "no disk {}", disk_key);
}

} // namespace

Result<void> VmOps::guest_write(unsigned number, int32_t disk_key, uint64_t offset, ByteSpan data) {
    GuestDisk disk;
    {
        const std::lock_guard lock(world_.mutex);
        if (!is_running(world_, number)) {
            return fail(Errc::NotReady, "the VM is not running");
        }
        PF_TRY(disk, guest_disk(world_, number, disk_key));
    }
    HostOps ops(world_, *disk.host);
    DiskGate* gate = disk.gate.get();
    const std::lock_guard io(gate->mutex);
    {
        const std::lock_guard lock(world_.mutex); // power_off waits for the gate after this check
        if (!is_running(world_, number)) {
            return fail(Errc::NotReady, "the VM is not running");
        }
    }
    PF_TRY(Chain chain, Chain::open(ops, gate->flat, gate->parents));
    PF_CHECK(chain.write(offset, data));
    if (gate->mirror) {
        auto copy = ops.access(gate->mirror->volume);
        Result<void> written;
        if (copy && chain.layered()) { // the copy may lack what is below: whole clusters
            written = chain.copy_clusters(*copy, gate->mirror->path, offset, data.size());
        } else if (copy) {
            written = copy->volume->write(*copy->io, gate->mirror->path, offset, data);
        }
        // A failing copy ends the relocation, not the guest.
        if (!copy || !written) {
            gate->mirror.reset();
            gate->mirror_failed = true;
        }
    }
    return {};
}

Result<void> VmOps::guest_read(unsigned number, int32_t disk_key, uint64_t offset,
                               MutByteSpan out) {
    GuestDisk disk;
    {
        const std::lock_guard lock(world_.mutex);
        PF_TRY(disk, guest_disk(world_, number, disk_key));
    }
    HostOps ops(world_, *disk.host);
    const std::lock_guard io(disk.gate->mutex);
    PF_TRY(Chain chain, Chain::open(ops, disk.gate->flat, disk.gate->parents));
    return chain.read(offset, out);
}

} // namespace pf::vim::sim
