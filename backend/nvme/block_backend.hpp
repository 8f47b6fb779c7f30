// What stands between the target and its storage: one block device of 512-byte blocks.
//
// Contract: offsets and lengths are bytes, multiples of 512, inside the device (the target core has
// checked). A write that is answered Ok is durable; so flush has nothing to do beyond ordering.
// Compare and write is atomic against everything else that touches the range, on whatever machine
// it comes from: the implementation must decide it where the data lives. Spans stay valid until the
// task is done. Any number of calls run at once; overlapping ones have no order between them.
//
// Failure modes: the Errc decides the NVMe status (status_of below): Retry-like codes become path
// errors that a host retries on another path, ChecksumMismatch and Corrupt media errors,
// OutcomeUnknown a path error too, since the host then re-issues the write.
#pragma once

#include "backend/nvme/spec.hpp"
#include "backend/rt/task.hpp"
#include "base/bytes.hpp"

namespace pf::nvme {

class BlockBackend {
  public:
    virtual ~BlockBackend() = default;

    virtual uint64_t size_bytes() const = 0;
    virtual rt::Task<Result<void>> read(uint64_t offset, MutByteSpan into) = 0;
    virtual rt::Task<Result<void>> write(uint64_t offset, ByteSpan from) = 0;
    virtual rt::Task<Result<void>> flush() = 0;
    // True when `expected` was there and `data` (of the same length) now is; false when it was not.
    virtual rt::Task<Result<bool>> compare_and_write(uint64_t offset, ByteSpan expected,
                                                     ByteSpan data) = 0;
    // Later reads of the range give zeroes. With `deallocate` its space may be given back.
    virtual rt::Task<Result<void>> write_zeroes(uint64_t offset, uint64_t length,
                                                bool deallocate) = 0;
};

// The completion status that an error of a backend becomes.
Status status_of(Errc code);

} // namespace pf::nvme
