// How the reactor runs disk operations: io_uring, or threads. Private to backend/rt.
#pragma once

#include "backend/rt/disk.hpp"
#include "backend/rt/executor.hpp"

#include <memory>

namespace pf::rt {

class DiskEngine {
  public:
    virtual ~DiskEngine() = default;
    virtual void submit(int fd, DiskOp& op) = 0;
    // Hands to the kernel what submit() collected; once per turn of the loop.
    virtual void flush() = 0;
    // Completes what has ended; false when nothing had.
    virtual bool reap() = 0;
    // Becomes readable when reap() has work.
    virtual int poll_fd() const = 0;
};

// Errc::Unsupported when the kernel or a seccomp filter refuses io_uring.
Result<std::unique_ptr<DiskEngine>> make_uring_engine(unsigned queue_depth);
Result<std::unique_ptr<DiskEngine>> make_pool_engine(unsigned threads);

} // namespace pf::rt
