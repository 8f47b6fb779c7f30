// Disk: a fixed-size array of bytes with explicit durability, behind an interface: the real one is
// io_uring (or a small thread pool) on a file or block device, the simulated one loses and tears
// what was not synced.
//
// Contract: a write is durable when it was asked for with Durability::Durable and has been
// answered, or when a sync() submitted after its answer has been answered. Until then a crash may
// leave any mix of old and new 512-byte sectors. Operations in flight at once have no order among
// them. Offsets, lengths and memory must be multiples of alignment(). Buffers live until the
// answer.
#pragma once

#include "backend/rt/executor.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <sys/uio.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pf::rt {

enum class Durability { Volatile, Durable };

class Disk;

// One operation; awaitable, lives in the awaiting coroutine's frame. co_await gives Result<void>:
// Io on failure, with the disk's name, the offset and the reason.
class [[nodiscard]] DiskOp {
  public:
    enum class Kind { Read, Write, Sync };

    DiskOp(Disk& disk, Kind kind, std::uint64_t offset, iovec one, Durability durability);
    DiskOp(Disk& disk, Kind kind, std::uint64_t offset, std::vector<iovec> many,
           Durability durability);
    DiskOp(const DiskOp&) = delete;
    DiskOp& operator=(const DiskOp&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle);
    Result<void> await_resume();

    Kind kind() const noexcept { return kind_; }
    Durability durability() const noexcept { return durability_; }
    std::uint64_t offset() const noexcept { return offset_; }
    std::uint64_t remaining() const noexcept { return remaining_; }
    // What is still to be moved, from offset() on.
    std::span<iovec> vectors() noexcept;
    // For implementations, on the executor's thread: bytes moved, or a negative errno. Short
    // transfers are resubmitted from here.
    void complete(std::int64_t result);

    DiskOp* next = nullptr; // for implementations that queue
    int file = -1;          // for implementations on files

  private:
    Disk& disk_;
    Kind kind_;
    Durability durability_;
    std::uint64_t offset_;
    std::uint64_t remaining_ = 0;
    iovec one_{};
    std::vector<iovec> many_;
    std::size_t first_ = 0;
    int error_ = 0;
    std::coroutine_handle<> handle_;
};

class Disk {
  public:
    virtual ~Disk() = default;
    virtual std::uint64_t size_bytes() const = 0;
    virtual std::uint32_t alignment() const = 0;
    virtual const std::string& name() const = 0;
    virtual Executor& executor() noexcept = 0;

    DiskOp read(std::uint64_t offset, MutByteSpan into);
    DiskOp readv(std::uint64_t offset, std::span<const MutByteSpan> into);
    DiskOp write(std::uint64_t offset, ByteSpan from, Durability durability);
    DiskOp writev(std::uint64_t offset, std::span<const ByteSpan> from, Durability durability);
    // Makes durable every write answered before this call.
    DiskOp sync();

  protected:
    friend class DiskOp;
    virtual void submit(DiskOp& op) = 0;
};

} // namespace pf::rt
