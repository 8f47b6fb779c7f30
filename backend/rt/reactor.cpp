#include "backend/rt/reactor.hpp"

#include "backend/rt/reactor_impl.hpp"
#include "base/assert.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace pf::rt {

namespace {

// Under load the loop looks at the sockets only every so many rounds of ready work.
constexpr unsigned kRoundsPerPoll = 4;
constexpr Duration kLongestSleep = std::chrono::seconds(60);

class FileDisk final : public Disk {
  public:
    FileDisk(Executor& executor, DiskEngine& engine, UniqueFd fd, std::string path,
             std::uint64_t size)
        : executor_(executor), engine_(engine), fd_(std::move(fd)), path_(std::move(path)),
          size_(size) {}
    std::uint64_t size_bytes() const override { return size_; }
    std::uint32_t alignment() const override { return kAlignment; }
    const std::string& name() const override { return path_; }
    Executor& executor() noexcept override { return executor_; }

    static constexpr std::uint32_t kAlignment = 4096;

  protected:
    void submit(DiskOp& op) override { engine_.submit(fd_.get(), op); }

  private:
    Executor& executor_;
    DiskEngine& engine_;
    UniqueFd fd_;
    std::string path_;
    std::uint64_t size_;
};

Error open_error(const std::string& path, int error) {
    Errc code = error == ENOENT                     ? Errc::NotFound
                : error == EBUSY                    ? Errc::Busy
                : error == EACCES || error == EPERM ? Errc::PermissionDenied
                : error == ENOSPC                   ? Errc::NoSpace
                                                    : Errc::Io;
    return Error{code, fmt::format("cannot open {}: {}", path, std::strerror(error))};
}

} // namespace

Result<void> Reactor::Impl::init() {
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    event_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!epoll_ || !event_) {
        return fail(Errc::LimitExceeded, "cannot create the event loop: {}", std::strerror(errno));
    }
    PF_CHECK(watch(event_.get(), EPOLLIN | EPOLLET, wake_handler_));
    if (options_.allow_io_uring) {
        if (auto engine = make_uring_engine(std::clamp(options_.disk_queue_depth, 1u, 4096u))) {
            disks_ = std::move(*engine);
            uring_ = true;
        }
    }
    if (!disks_) {
        PF_TRY(disks_, make_pool_engine(options_.fallback_disk_threads));
    }
    return watch(disks_->poll_fd(), EPOLLIN, disk_handler_);
}

Result<void> Reactor::Impl::watch(int fd, std::uint32_t events, EventHandler& handler) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &handler;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return fail(Errc::LimitExceeded, "epoll_ctl: {}", std::strerror(errno));
    }
    return {};
}

void Reactor::Impl::forget(int fd, EventHandler& handler) noexcept {
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    for (std::size_t i = event_next_; i < event_count_; ++i) {
        if (events_[i].data.ptr == &handler) {
            events_[i].data.ptr = nullptr;
        }
    }
}

void Reactor::Impl::run_ready() {
    running_.swap(ready_);
    for (const Ready& item : running_) {
        item.fn(item.arg);
    }
    running_.clear();
}

bool Reactor::Impl::poll(Duration timeout) {
    turns_without_poll_ = 0;
    auto nanos = timeout.count();
    timespec limit{};
    limit.tv_sec = nanos / 1'000'000'000;
    limit.tv_nsec = nanos % 1'000'000'000;
    int count = ::epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                               &limit, nullptr);
    PF_ASSERT(count >= 0 || errno == EINTR, "epoll_wait failed");
    now_ = mono_now();
    event_count_ = count < 0 ? 0 : static_cast<std::size_t>(count);
    for (event_next_ = 0; event_next_ < event_count_;) {
        const epoll_event& event = events_[event_next_++];
        if (event.data.ptr != nullptr) {
            static_cast<EventHandler*>(event.data.ptr)->on_events(event.events);
        }
    }
    event_count_ = 0;
    return count > 0;
}

void Reactor::Impl::wake() noexcept {
    if (!wake_pending_.exchange(true)) {
        std::uint64_t one = 1;
        (void)!::write(event_.get(), &one, sizeof one);
    }
}

void Reactor::Impl::take_posted() {
    // Cleared before the queue is read: a post that comes later wakes the loop again.
    if (!wake_pending_.exchange(false)) {
        return;
    }
    std::uint64_t count = 0;
    (void)!::read(event_.get(), &count, sizeof count);
    std::vector<std::function<void()>> taken;
    {
        std::lock_guard lock(post_mutex_);
        taken.swap(posted_);
    }
    for (auto& fn : taken) {
        fn();
    }
}

Result<std::unique_ptr<Reactor>> Reactor::create(ReactorOptions options) {
    auto impl = std::make_unique<Impl>(options);
    PF_CHECK(impl->init());
    std::unique_ptr<Reactor> reactor(new Reactor(std::move(impl)));
    reactor->impl_->network_ = make_tcp_network(*reactor, *reactor->impl_);
    return reactor;
}

Reactor::Reactor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Reactor::~Reactor() = default;

MonoTime Reactor::now() const noexcept { return impl_->now_; }

void Reactor::defer(Callback fn, void* arg) { impl_->ready_.push_back(Impl::Ready{fn, arg}); }

void Reactor::post(std::function<void()> fn) {
    {
        std::lock_guard lock(impl_->post_mutex_);
        impl_->posted_.push_back(std::move(fn));
    }
    impl_->wake();
}

bool Reactor::on_own_thread() const noexcept {
    return impl_->owner_.load() == std::this_thread::get_id();
}

void Reactor::turn(const bool& done) {
    Impl& impl = *impl_;
    impl.owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    renew_budget();
    impl.take_posted();
    impl.run_ready();
    impl.disks_->flush();
    impl.disks_->reap();
    if (done || (!impl.ready_.empty() && ++impl.turns_without_poll_ < kRoundsPerPoll)) {
        return;
    }
    bool event = impl.poll(Duration::zero());
    while (timers_.fire_one(impl.now_)) {
    }
    if (impl.ready_.empty() && !event && impl.options_.spin.count() > 0) {
        const MonoTime until = impl.now_ + impl.options_.spin;
        while (impl.ready_.empty() && !event && !impl.wake_pending_.load() && impl.now_ < until &&
               impl.now_ < timers_.next()) {
            event = impl.disks_->reap() || impl.poll(Duration::zero());
        }
    }
    if (impl.ready_.empty() && !event && !impl.wake_pending_.load() && !impl.stop_.load()) {
        impl.disks_->flush();
        if (impl.disks_->reap()) {
            return;
        }
        Duration sleep = kLongestSleep;
        if (!timers_.empty()) {
            sleep = std::clamp(Duration(timers_.next() - impl.now_), Duration::zero(), sleep);
        }
        impl.poll(sleep);
        while (timers_.fire_one(impl.now_)) {
        }
    }
}

void Reactor::run() {
    const bool never = false;
    while (!impl_->stop_.load()) {
        turn(never);
    }
    impl_->stop_.store(false);
    impl_->owner_.store({});
}

void Reactor::stop() {
    impl_->stop_.store(true);
    impl_->wake();
}

Network& Reactor::network() noexcept { return *impl_->network_; }

bool Reactor::uses_io_uring() const noexcept { return impl_->uring_; }

Result<std::unique_ptr<Disk>> Reactor::open_disk(const std::string& path, DiskOptions options) {
    int flags = O_RDWR | O_CLOEXEC;
    struct stat st {};
    bool exists = ::stat(path.c_str(), &st) == 0;
    bool block = exists && S_ISBLK(st.st_mode);
    if (block && options.exclusive) {
        flags |= O_EXCL;
    }
    if (!exists && options.create_bytes != 0) {
        flags |= O_CREAT;
    }
    UniqueFd fd(options.direct ? ::open(path.c_str(), flags | O_DIRECT, 0600) : -1);
    if (!fd && (!options.direct || errno == EINVAL)) {
        fd.reset(::open(path.c_str(), flags, 0600));
    }
    if (!fd) {
        return fail(open_error(path, errno));
    }
    std::uint64_t size = 0;
    if (block) {
        if (::ioctl(fd.get(), BLKGETSIZE64, &size) != 0) {
            return fail(open_error(path, errno));
        }
    } else {
        if (options.exclusive && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            return fail(open_error(path, errno == EWOULDBLOCK ? EBUSY : errno));
        }
        if (::fstat(fd.get(), &st) != 0) {
            return fail(open_error(path, errno));
        }
        size = static_cast<std::uint64_t>(st.st_size);
        if (size < options.create_bytes) {
            size = options.create_bytes;
            // Real space, so that a full file system shows now and not in the middle of a write.
            int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size));
            if (error != 0) {
                return fail(open_error(path, error));
            }
            if (::fsync(fd.get()) != 0) {
                return fail(open_error(path, errno));
            }
        }
    }
    size -= size % FileDisk::kAlignment;
    return std::make_unique<FileDisk>(*this, *impl_->disks_, std::move(fd), path, size);
}

Result<std::unique_ptr<ReactorThread>> ReactorThread::create(ReactorOptions options) {
    PF_TRY(auto reactor, Reactor::create(options));
    return std::unique_ptr<ReactorThread>(new ReactorThread(std::move(reactor)));
}

ReactorThread::ReactorThread(std::unique_ptr<Reactor> reactor) : reactor_(std::move(reactor)) {
    thread_ = std::thread([this] { reactor_->run(); });
}

ReactorThread::~ReactorThread() {
    reactor_->stop();
    thread_.join();
}

} // namespace pf::rt
