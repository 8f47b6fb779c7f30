// IoBuffer: shared memory for disk I/O, aligned to 4 KiB, as direct I/O wants it.
//
// A handle counts references without atomics: all handles of one buffer stay on one thread (or are
// handed over with the usual synchronisation). Freed buffers go to a bounded per-thread pool, since
// the data path asks for the same few sizes all the time.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pf::rt {

inline constexpr std::size_t kIoAlignment = 4096;

class IoBuffer {
  public:
    IoBuffer() noexcept = default;
    // Contents undefined. The size may be anything; the memory is rounded up to the alignment.
    static IoBuffer allocate(std::size_t size);
    static IoBuffer zeroed(std::size_t size);

    IoBuffer(const IoBuffer& other) noexcept : head_(other.head_) {
        if (head_ != nullptr) {
            ++head_->references;
        }
    }
    IoBuffer(IoBuffer&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
    IoBuffer& operator=(IoBuffer other) noexcept {
        std::swap(head_, other.head_);
        return *this;
    }
    ~IoBuffer() { release(); }

    explicit operator bool() const noexcept { return head_ != nullptr; }
    std::byte* data() const noexcept { return head_ == nullptr ? nullptr : head_->memory; }
    std::size_t size() const noexcept { return head_ == nullptr ? 0 : head_->size; }
    MutByteSpan span() const noexcept { return {data(), size()}; }
    MutByteSpan span(std::size_t offset, std::size_t length) const noexcept {
        return span().subspan(offset, length);
    }

  private:
    struct Head {
        std::byte* memory;
        std::size_t size;
        std::uint32_t references;
        std::uint32_t size_class;
        Head* next; // in the pool
    };
    friend class IoBufferPool;
    explicit IoBuffer(Head* head) noexcept : head_(head) {}
    void release() noexcept;
    Head* head_ = nullptr;
};

} // namespace pf::rt
