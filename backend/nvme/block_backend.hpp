// What stands between the target and its storage: one block device of 512-byte blocks.
//
// Contract: offsets and lengths are bytes, multiples of 512, inside the device (the target core has
// checked). A write that is answered Ok is durable; so flush has nothing to do beyond ordering.
// Compare and write is atomic against everything else that touches the range, on whatever machine
// it comes from: the implementation must decide it where the data lives. Spans stay valid until the
// task is done. Any number of calls run at once; overlapping ones have no order between them.
//
// Fence: once it has fired nothing that changes the device may be sent on its way any more. The
// host has lost this controller and repeats its writes through another one; a late one would undo
// them.
//
// Failure modes: the Errc decides the NVMe status (status_of below): Retry-like codes become path
// errors that a host retries on another path, ChecksumMismatch and Corrupt media errors,
// OutcomeUnknown a path error too, since the host then re-issues the write.
#pragma once

#include "backend/nvme/spec.hpp"
#include "backend/rt/cancel.hpp"
#include "backend/rt/task.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <optional>

namespace pf::nvme {

class BlockBackend {
  public:
    virtual ~BlockBackend() = default;

    virtual uint64_t size_bytes() const = 0;
    virtual rt::Task<Result<void>> read(uint64_t offset, MutByteSpan into) = 0;
    virtual rt::Task<Result<void>> write(uint64_t offset, ByteSpan from, rt::CancelToken fence) = 0;
    virtual rt::Task<Result<void>> flush() = 0;
    // True when `expected` was there and `data` (of the same length) now is; false when it was not.
    virtual rt::Task<Result<bool>> compare_and_write(uint64_t offset, ByteSpan expected,
                                                     ByteSpan data, rt::CancelToken fence) = 0;
    // Later reads of the range give zeroes. With `deallocate` its space may be given back.
    virtual rt::Task<Result<void>> write_zeroes(uint64_t offset, uint64_t length, bool deallocate,
                                                rt::CancelToken fence) = 0;

    // Devices that need not wait do the same here at once, without a task: nothing means "use the
    // task instead".
    virtual std::optional<Result<void>> try_read(uint64_t, MutByteSpan) { return std::nullopt; }
    virtual std::optional<Result<void>> try_write(uint64_t, ByteSpan) { return std::nullopt; }
};

// The completion status that an error of a backend becomes.
Status status_of(Errc code);

} // namespace pf::nvme
