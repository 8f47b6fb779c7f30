#include "backend/rt/executor.hpp"

#include "base/assert.hpp"

namespace pf::rt {

bool TimerHeap::before(const TimerNode& a, const TimerNode& b) const noexcept {
    return a.when_ != b.when_ ? a.when_ < b.when_ : a.order_ < b.order_;
}

void TimerHeap::place(std::size_t index, TimerNode* node) noexcept {
    heap_[index] = node;
    node->index_ = index;
}

void TimerHeap::sift_up(std::size_t index) {
    TimerNode* node = heap_[index];
    while (index > 0) {
        std::size_t parent = (index - 1) / 2;
        if (!before(*node, *heap_[parent])) {
            break;
        }
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, node);
}

void TimerHeap::sift_down(std::size_t index) {
    TimerNode* node = heap_[index];
    for (;;) {
        std::size_t child = 2 * index + 1;
        if (child >= heap_.size()) {
            break;
        }
        if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) {
            ++child;
        }
        if (!before(*heap_[child], *node)) {
            break;
        }
        place(index, heap_[child]);
        index = child;
    }
    place(index, node);
}

void TimerHeap::arm(TimerNode& node, MonoTime when) {
    PF_ASSERT(!node.armed(), "timer armed twice");
    node.when_ = when;
    node.order_ = next_order_++;
    heap_.push_back(&node);
    sift_up(heap_.size() - 1);
}

void TimerHeap::disarm(TimerNode& node) {
    if (!node.armed()) {
        return;
    }
    std::size_t index = node.index_;
    PF_ASSERT(index < heap_.size() && heap_[index] == &node, "timer of another executor");
    TimerNode* last = heap_.back();
    heap_.pop_back();
    node.index_ = TimerNode::kIdle;
    if (last != &node) {
        place(index, last);
        sift_up(index);
        sift_down(last->index_);
    }
}

bool TimerHeap::fire_one(MonoTime now) {
    if (heap_.empty() || heap_.front()->when_ > now) {
        return false;
    }
    TimerNode* node = heap_.front();
    disarm(*node);
    node->fire_(*node);
    return true;
}

} // namespace pf::rt
