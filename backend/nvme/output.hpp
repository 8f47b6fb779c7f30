// What a connection has to send: an ordered list of byte ranges, some copied into small chunks of
// its own (headers, completions), some borrowed from buffers that it keeps alive (data). Made so
// that a socket turn with hundreds of answers is one gathering system call and no copy of data.
//
// Contract: append in wire order; `parts` stays valid until `clear` or the next append. Moving and
// swapping keep it valid. Single-threaded, as rt::IoBuffer is.
#pragma once

#include "backend/rt/io_buffer.hpp"
#include "base/bytes.hpp"

#include <span>
#include <vector>

namespace pf::nvme {

class Output {
  public:
    bool empty() const noexcept { return size_ == 0; }
    size_t size() const noexcept { return size_; }
    std::span<const ByteSpan> parts() const noexcept { return parts_; }

    // Room for `bytes` (at most kChunkBytes) more; they count as appended and must be written
    // before anything else happens.
    std::byte* extend(size_t bytes);
    void copy(ByteSpan bytes);
    // `data` lies in `holder`, which must not change any more.
    void borrow(rt::IoBuffer holder, ByteSpan data);
    // All of it in one piece, for tests and for small outputs.
    Bytes flatten() const;
    // Keeps some memory for the next round.
    void clear();

    static constexpr size_t kChunkBytes = 16 * 1024;

  private:
    std::vector<ByteSpan> parts_;
    std::vector<rt::IoBuffer> chunks_;
    std::vector<rt::IoBuffer> held_;
    size_t used_ = 0; // of the last chunk
    size_t size_ = 0;
};

} // namespace pf::nvme
