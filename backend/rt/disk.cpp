#include "backend/rt/disk.hpp"

#include "base/assert.hpp"

#include <cerrno>
#include <cstring>

namespace pf::rt {

DiskOp::DiskOp(Disk& disk, Kind kind, std::uint64_t offset, iovec one, Durability durability)
    : disk_(disk), kind_(kind), durability_(durability), offset_(offset), remaining_(one.iov_len),
      one_(one) {}

DiskOp::DiskOp(Disk& disk, Kind kind, std::uint64_t offset, std::vector<iovec> many,
               Durability durability)
    : disk_(disk), kind_(kind), durability_(durability), offset_(offset), many_(std::move(many)) {
    for (const iovec& part : many_) {
        remaining_ += part.iov_len;
    }
}

std::span<iovec> DiskOp::vectors() noexcept {
    return many_.empty() ? std::span<iovec>(&one_, 1) : std::span<iovec>(many_).subspan(first_);
}

void DiskOp::await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    const std::uint64_t mask = disk_.alignment() - 1;
    PF_ASSERT(((offset_ | remaining_) & mask) == 0, "unaligned disk operation");
    PF_ASSERT(kind_ == Kind::Sync || offset_ + remaining_ <= disk_.size_bytes(),
              "disk operation beyond the end");
    disk_.submit(*this);
}

void DiskOp::complete(std::int64_t result) {
    if (result == -EINTR || result == -EAGAIN) {
        disk_.submit(*this);
        return;
    }
    if (result < 0) {
        error_ = static_cast<int>(-result);
    } else if (kind_ != Kind::Sync) {
        auto moved = static_cast<std::uint64_t>(result);
        PF_ASSERT(moved <= remaining_, "more bytes than asked for");
        remaining_ -= moved;
        offset_ += moved;
        if (moved == 0 && remaining_ != 0) {
            error_ = ENODATA; // the file is shorter than it was when it was opened
        } else if (remaining_ != 0) {
            while (moved >= vectors().front().iov_len) {
                moved -= vectors().front().iov_len;
                ++first_;
            }
            iovec& part = vectors().front();
            part.iov_base = static_cast<std::byte*>(part.iov_base) + moved;
            part.iov_len -= moved;
            disk_.submit(*this);
            return;
        }
    }
    disk_.executor().resume_soon(handle_);
}

Result<void> DiskOp::await_resume() {
    if (error_ == 0) {
        return {};
    }
    static constexpr const char* kNames[] = {"read", "write", "sync"};
    return fail(error_ == ENOSPC ? Errc::NoSpace : Errc::Io, "{}: {} at byte {} failed: {}",
                disk_.name(), kNames[static_cast<int>(kind_)], offset_, std::strerror(error_));
}

namespace {

iovec vec(ByteSpan bytes) { return {const_cast<std::byte*>(bytes.data()), bytes.size()}; }

template<class Span>
std::vector<iovec> vecs(std::span<const Span> parts) {
    std::vector<iovec> out;
    out.reserve(parts.size());
    for (const Span& part : parts) {
        if (!part.empty()) {
            out.push_back(vec(part));
        }
    }
    return out;
}

} // namespace

DiskOp Disk::read(std::uint64_t offset, MutByteSpan into) {
    return DiskOp(*this, DiskOp::Kind::Read, offset, vec(into), Durability::Volatile);
}
DiskOp Disk::readv(std::uint64_t offset, std::span<const MutByteSpan> into) {
    return DiskOp(*this, DiskOp::Kind::Read, offset, vecs(into), Durability::Volatile);
}
DiskOp Disk::write(std::uint64_t offset, ByteSpan from, Durability durability) {
    return DiskOp(*this, DiskOp::Kind::Write, offset, vec(from), durability);
}
DiskOp Disk::writev(std::uint64_t offset, std::span<const ByteSpan> from, Durability durability) {
    return DiskOp(*this, DiskOp::Kind::Write, offset, vecs(from), durability);
}
DiskOp Disk::sync() { return DiskOp(*this, DiskOp::Kind::Sync, 0, iovec{}, Durability::Durable); }

} // namespace pf::rt
