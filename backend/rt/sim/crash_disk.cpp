#include "backend/rt/sim/crash_disk.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace pf::rt::sim {

CrashDisk::CrashDisk(Executor& executor, std::uint64_t size_bytes, std::uint64_t seed, Image image)
    : executor_(executor), size_(size_bytes), random_(seed), durable_(std::move(image)) {}

CrashDisk::~CrashDisk() { PF_ASSERT(pending_.empty(), "operations in flight"); }

void CrashDisk::crash_after(std::uint64_t operations) {
    crash_at_ = operations_ + operations;
    if (operations == 0) {
        power_off();
    }
}

void CrashDisk::submit(DiskOp& op) {
    if (op.kind() != DiskOp::Kind::Read && !crashed_ && ++operations_ > crash_at_) {
        power_off();
    }
    Pending pending;
    pending.op = &op;
    pending.horizon = order_;
    if (op.kind() == DiskOp::Kind::Write) {
        std::vector<std::byte> flat;
        for (const iovec& part : op.vectors()) {
            const auto* from = static_cast<const std::byte*>(part.iov_base);
            flat.insert(flat.end(), from, from + part.iov_len);
        }
        pending.data.resize(flat.size() / kSector);
        std::memcpy(pending.data.data(), flat.data(), flat.size());
    }
    pending_.push_back(std::move(pending));
    executor_.defer(&CrashDisk::complete_one, this);
}

void CrashDisk::complete_one(void* self) {
    auto& disk = *static_cast<CrashDisk*>(self);
    std::size_t chosen = disk.random_() % disk.pending_.size();
    std::swap(disk.pending_[chosen], disk.pending_.back());
    Pending pending = std::move(disk.pending_.back());
    disk.pending_.pop_back();
    disk.execute(pending);
}

void CrashDisk::read_sector(std::uint64_t sector, std::byte* to) const {
    if (auto recent = unsynced_.find(sector); recent != unsynced_.end()) {
        std::memcpy(to, recent->second.back().data.data(), kSector);
    } else if (auto stored = durable_.find(sector); stored != durable_.end()) {
        std::memcpy(to, stored->second.data(), kSector);
    } else {
        std::memset(to, 0, kSector);
    }
}

void CrashDisk::execute(Pending& pending) {
    DiskOp& op = *pending.op;
    if (crashed_ || (fail_writes_ && op.kind() != DiskOp::Kind::Read)) {
        op.complete(-EIO);
        return;
    }
    const std::uint64_t first = op.offset() / kSector;
    switch (op.kind()) {
    case DiskOp::Kind::Read: {
        std::uint64_t sector = first;
        for (const iovec& part : op.vectors()) {
            auto* to = static_cast<std::byte*>(part.iov_base);
            for (std::size_t at = 0; at < part.iov_len; at += kSector) {
                read_sector(sector++, to + at);
            }
        }
        break;
    }
    case DiskOp::Kind::Write:
        ++order_;
        for (std::size_t i = 0; i < pending.data.size(); ++i) {
            if (op.durability() == Durability::Durable) {
                unsynced_.erase(first + i);
                durable_[first + i] = pending.data[i];
            } else {
                Version version;
                version.order = order_;
                version.data = pending.data[i];
                unsynced_[first + i].push_back(version);
            }
        }
        break;
    case DiskOp::Kind::Sync:
        for (auto it = unsynced_.begin(); it != unsynced_.end();) {
            auto& versions = it->second;
            while (!versions.empty() && versions.front().order <= pending.horizon) {
                durable_[it->first] = versions.front().data;
                versions.erase(versions.begin());
            }
            it = versions.empty() ? unsynced_.erase(it) : std::next(it);
        }
        break;
    }
    op.complete(static_cast<std::int64_t>(op.remaining()));
}

void CrashDisk::power_off() {
    crashed_ = true;
    auto keep = [this] { return (random_() & 1) != 0; };
    for (const auto& [sector, versions] : unsynced_) {
        for (const Version& version : versions) {
            if (keep()) {
                durable_[sector] = version.data;
            }
        }
    }
    unsynced_.clear();
    for (const Pending& pending : pending_) {
        const std::uint64_t first = pending.op->offset() / kSector;
        for (std::size_t i = 0; i < pending.data.size(); ++i) {
            if (keep()) {
                durable_[first + i] = pending.data[i];
            }
        }
    }
}

CrashDisk::Image CrashDisk::surviving_image() {
    if (!crashed_) {
        power_off();
    }
    return durable_;
}

void CrashDisk::corrupt(std::uint64_t offset) {
    const std::uint64_t sector = offset / kSector;
    Sector data{};
    read_sector(sector, data.data());
    data[offset % kSector] ^= std::byte{1};
    unsynced_.erase(sector);
    durable_[sector] = data;
}

} // namespace pf::rt::sim
