#include "backend/rt/io_buffer.hpp"

#include "base/assert.hpp"

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace pf::rt {

// Free buffers by power-of-two size, per thread. Above the largest class, and beyond the bound,
// memory goes back to the allocator.
class IoBufferPool {
  public:
    using Head = IoBuffer::Head;
    static constexpr std::uint32_t kClasses = 9;         // 4 KiB … 1 MiB
    static constexpr std::uint32_t kUnpooled = kClasses; // larger
    static constexpr std::size_t kMaxCachedBytes = 64u << 20;

    ~IoBufferPool() {
        for (Head*& list : free_) {
            while (list != nullptr) {
                destroy(std::exchange(list, list->next));
            }
        }
        gone() = true;
    }

    Head* take(std::size_t size) {
        std::size_t rounded = (size + kIoAlignment - 1) / kIoAlignment * kIoAlignment;
        std::uint32_t size_class = kUnpooled;
        if (rounded <= kIoAlignment << (kClasses - 1)) {
            rounded = rounded == 0 ? kIoAlignment : std::bit_ceil(rounded);
            size_class = static_cast<std::uint32_t>(std::countr_zero(rounded / kIoAlignment));
            if (Head* head = free_[size_class]) {
                free_[size_class] = head->next;
                cached_bytes_ -= rounded;
                head->size = size;
                head->references = 1;
                return head;
            }
        }
        void* memory = std::aligned_alloc(kIoAlignment, rounded);
        if (memory == nullptr) {
            throw std::bad_alloc();
        }
        return new Head{static_cast<std::byte*>(memory), size, 1, size_class, nullptr};
    }

    static void give_back(Head* head) {
        if (gone() || !instance().keep(head)) {
            destroy(head);
        }
    }

    static IoBufferPool& instance() {
        thread_local IoBufferPool pool;
        return pool;
    }

  private:
    bool keep(Head* head) {
        if (head->size_class == kUnpooled) {
            return false;
        }
        std::size_t bytes = kIoAlignment << head->size_class;
        if (cached_bytes_ + bytes > kMaxCachedBytes) {
            return false;
        }
        cached_bytes_ += bytes;
        head->next = free_[head->size_class];
        free_[head->size_class] = head;
        return true;
    }
    static void destroy(Head* head) {
        std::free(head->memory);
        delete head;
    }
    // Buffers may die after the pool when the thread ends.
    static bool& gone() {
        thread_local bool value = false;
        return value;
    }
    std::array<Head*, kClasses> free_{};
    std::size_t cached_bytes_ = 0;
};

IoBuffer IoBuffer::allocate(std::size_t size) {
    return IoBuffer(IoBufferPool::instance().take(size));
}

IoBuffer IoBuffer::zeroed(std::size_t size) {
    IoBuffer buffer = allocate(size);
    std::memset(buffer.data(), 0, size);
    return buffer;
}

void IoBuffer::release() noexcept {
    if (head_ != nullptr && --head_->references == 0) {
        IoBufferPool::give_back(head_);
    }
}

} // namespace pf::rt
