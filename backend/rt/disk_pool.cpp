#include "backend/rt/disk_engine.hpp"
#include "base/file.hpp"

#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace pf::rt {

namespace {

class PoolEngine final : public DiskEngine {
  public:
    explicit PoolEngine(UniqueFd wake) : wake_(std::move(wake)) {}

    void start(unsigned threads) {
        for (unsigned i = 0; i < threads; ++i) {
            threads_.emplace_back([this] { work(); });
        }
    }

    ~PoolEngine() override {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        queued_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    void submit(int fd, DiskOp& op) override {
        op.file = fd;
        {
            std::lock_guard lock(mutex_);
            queue_.push_back(&op);
        }
        queued_.notify_one();
    }

    void flush() override {}

    bool reap() override {
        std::vector<std::pair<DiskOp*, std::int64_t>> done;
        {
            std::lock_guard lock(mutex_);
            done.swap(done_);
        }
        if (done.empty()) {
            return false;
        }
        std::uint64_t count = 0;
        (void)!::read(wake_.get(), &count, sizeof count);
        for (auto& [op, result] : done) {
            op->complete(result);
        }
        return true;
    }

    int poll_fd() const override { return wake_.get(); }

  private:
    static std::int64_t execute(DiskOp& op) {
        auto offset = static_cast<off_t>(op.offset());
        auto parts = op.vectors();
        auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
        ssize_t result = 0;
        switch (op.kind()) {
        case DiskOp::Kind::Read:
            result = ::preadv2(op.file, parts.data(), count, offset, 0);
            break;
        case DiskOp::Kind::Write:
            result = ::pwritev2(op.file, parts.data(), count, offset,
                                op.durability() == Durability::Durable ? RWF_DSYNC : 0);
            break;
        case DiskOp::Kind::Sync:
            result = ::fdatasync(op.file);
            break;
        }
        return result < 0 ? -errno : result;
    }

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            queued_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (stopping_) {
                return;
            }
            DiskOp* op = queue_.front();
            queue_.pop_front();
            lock.unlock();
            std::int64_t result = execute(*op);
            lock.lock();
            bool first = done_.empty();
            done_.emplace_back(op, result);
            if (first) {
                std::uint64_t one = 1;
                (void)!::write(wake_.get(), &one, sizeof one);
            }
        }
    }

    UniqueFd wake_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable queued_;
    std::deque<DiskOp*> queue_;
    std::vector<std::pair<DiskOp*, std::int64_t>> done_;
    bool stopping_ = false;
};

} // namespace

Result<std::unique_ptr<DiskEngine>> make_pool_engine(unsigned threads) {
    UniqueFd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!wake) {
        return fail(errno_error("cannot create", "an eventfd", errno));
    }
    auto engine = std::make_unique<PoolEngine>(std::move(wake));
    engine->start(threads == 0 ? 1 : threads);
    return engine;
}

} // namespace pf::rt
