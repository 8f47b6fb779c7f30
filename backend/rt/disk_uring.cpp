#include "backend/rt/disk_engine.hpp"
#include "base/assert.hpp"

#include <liburing.h>
#include <sys/uio.h>

#include <cstring>

namespace pf::rt {

namespace {

class UringEngine final : public DiskEngine {
  public:
    explicit UringEngine(unsigned queue_depth) : depth_(queue_depth) {}
    ~UringEngine() override {
        if (ready_) {
            io_uring_queue_exit(&ring_);
        }
    }

    Result<void> init() {
        io_uring_params params{};
        params.flags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER;
        int error = io_uring_queue_init_params(depth_, &ring_, &params);
        if (error == -EINVAL) { // kernels before 6.0 don't know these
            params = io_uring_params{};
            error = io_uring_queue_init_params(depth_, &ring_, &params);
        }
        if (error < 0) {
            return fail(Errc::Unsupported, "io_uring is not available: {}", std::strerror(-error));
        }
        ready_ = true;
        return {};
    }

    void submit(int fd, DiskOp& op) override {
        op.next = nullptr;
        op.file = fd;
        if (in_flight_ >= depth_ || waiting_head_ != nullptr) {
            (waiting_tail_ != nullptr ? waiting_tail_->next : waiting_head_) = &op;
            waiting_tail_ = &op;
            return;
        }
        prepare(op);
    }

    void flush() override {
        while (waiting_head_ != nullptr && in_flight_ < depth_) {
            DiskOp* op = waiting_head_;
            waiting_head_ = op->next;
            if (waiting_head_ == nullptr) {
                waiting_tail_ = nullptr;
            }
            prepare(*op);
        }
        if (prepared_ != 0) {
            int count = io_uring_submit(&ring_);
            // EAGAIN and EBUSY: the kernel is short of something; the next turn tries again.
            PF_ASSERT(count >= 0 || count == -EAGAIN || count == -EBUSY || count == -EINTR,
                      "io_uring_submit failed");
            if (count > 0) {
                prepared_ -= static_cast<unsigned>(count);
            }
        }
    }

    bool reap() override {
        io_uring_cqe* cqe = nullptr;
        unsigned head = 0;
        unsigned count = 0;
        // Completions are collected before they are acted upon: complete() may submit again.
        Done done[64];
        io_uring_for_each_cqe(&ring_, head, cqe) {
            done[count++] = Done{static_cast<DiskOp*>(io_uring_cqe_get_data(cqe)), cqe->res};
            if (count == std::size(done)) {
                break;
            }
        }
        io_uring_cq_advance(&ring_, count);
        in_flight_ -= count;
        for (unsigned i = 0; i < count; ++i) {
            done[i].op->complete(done[i].result);
        }
        return count != 0;
    }

    int poll_fd() const override { return ring_.ring_fd; }

  private:
    struct Done {
        DiskOp* op;
        int result;
    };

    void prepare(DiskOp& op) {
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        if (sqe == nullptr) {
            io_uring_submit(&ring_);
            prepared_ = 0;
            sqe = io_uring_get_sqe(&ring_);
        }
        PF_ASSERT(sqe != nullptr, "submission queue smaller than the operations in flight");
        auto parts = op.vectors().first(std::min<std::size_t>(op.vectors().size(), IOV_MAX));
        auto size = static_cast<unsigned>(parts.size());
        auto one = static_cast<unsigned>(parts.front().iov_len);
        switch (op.kind()) {
        case DiskOp::Kind::Read:
            if (size == 1) {
                io_uring_prep_read(sqe, op.file, parts.front().iov_base, one, op.offset());
            } else {
                io_uring_prep_readv(sqe, op.file, parts.data(), size, op.offset());
            }
            break;
        case DiskOp::Kind::Write:
            if (size == 1) {
                io_uring_prep_write(sqe, op.file, parts.front().iov_base, one, op.offset());
            } else {
                io_uring_prep_writev(sqe, op.file, parts.data(), size, op.offset());
            }
            if (op.durability() == Durability::Durable) {
                sqe->rw_flags = RWF_DSYNC;
            }
            break;
        case DiskOp::Kind::Sync:
            io_uring_prep_fsync(sqe, op.file, IORING_FSYNC_DATASYNC);
            break;
        }
        io_uring_sqe_set_data(sqe, &op);
        ++in_flight_;
        ++prepared_;
    }

    io_uring ring_{};
    bool ready_ = false;
    unsigned depth_;
    unsigned in_flight_ = 0;
    unsigned prepared_ = 0; // in the submission queue, not yet handed over
    DiskOp* waiting_head_ = nullptr;
    DiskOp* waiting_tail_ = nullptr;
};

} // namespace

Result<std::unique_ptr<DiskEngine>> make_uring_engine(unsigned queue_depth) {
    auto engine = std::make_unique<UringEngine>(queue_depth);
    PF_CHECK(engine->init());
    return engine;
}

} // namespace pf::rt
