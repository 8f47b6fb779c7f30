#include "backend/sdc/client.hpp"

#include "backend/sdc/impl.hpp"
#include "backend/sdc/join.hpp"
#include "base/crypto.hpp"

#include <algorithm>
#include <cstring>

namespace pf::sdc {

namespace {

std::uint64_t random_u64() {
    const auto bytes = random_bytes(8);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value | 1; // never 0
}

} // namespace

Client::Impl::Impl(rt::Executor& executor, rt::Network& network, ClientOptions options)
    : executor_(executor), network_(network), options_(std::move(options)), session_(random_u64()),
      instance_(random_u64()), asked_changed_(executor), changed_(executor), drained_(executor),
      links_(executor, network, options_.dial_timeout),
      slots_(executor, std::min(options_.max_in_flight, proto::kMaxSlots)), gate_(executor) {
    for (auto slot = std::min(options_.max_in_flight, proto::kMaxSlots); slot > 0; --slot) {
        free_slots_.push_back(slot - 1);
    }
    view_ = std::make_shared<View>();
}

rt::Task<Result<void>> Client::Impl::start(MonoTime deadline) {
    gate_.spawn(mdm_loop());
    while (!have_map_ || mono_now() >= lease_until_) {
        auto woken = co_await changed_.wait(deadline, stop_.token());
        if (!woken && !have_map_) {
            co_return fail(last_mdm_error_);
        }
        if (!woken) {
            break; // the map is there; I/O waits for the lease by itself
        }
    }
    co_return Result<void>{};
}

rt::Task<void> Client::Impl::stop() {
    stopping_ = true;
    stop_.cancel();
    changed_.wake_all();
    drained_.wake_all();
    links_.close_all();
    if (link_ != nullptr) {
        link_->close();
    }
    co_await gate_.close();
    co_await links_.stop();
    while (!in_flight_.empty()) { // calls made by others see stopping_ and end
        (void)co_await rt::sleep_until(executor_, executor_.now() + std::chrono::milliseconds(1));
    }
}

Result<const Volume*> Client::Impl::check(map::VolumeId id, std::uint64_t offset_bytes,
                                          std::uint64_t length_bytes, bool writes) const {
    const Volume* volume = map_.volume(id);
    if (volume == nullptr) {
        return fail(Errc::NotFound, "volume {} is not visible to this client", map::hex16(id));
    }
    if (offset_bytes % proto::kSectorBytes != 0 || length_bytes % proto::kSectorBytes != 0) {
        return fail(Errc::InvalidArgument, "I/O of {}+{} bytes is not aligned to {}", offset_bytes,
                    length_bytes, proto::kSectorBytes);
    }
    if (offset_bytes > volume->size_bytes || length_bytes > volume->size_bytes - offset_bytes) {
        return fail(Errc::InvalidArgument, "I/O of {}+{} bytes leaves volume {} of {} bytes",
                    offset_bytes, length_bytes, volume->name, volume->size_bytes);
    }
    if (volume->access == AccessMode::NoAccess ||
        (writes && volume->access != AccessMode::ReadWrite)) {
        return fail(Errc::PermissionDenied, "volume {} is mapped without {} access", volume->name,
                    writes ? "write" : "any");
    }
    return volume;
}

rt::Task<void> Client::Impl::unit_part(UnitRequest request, Join& join) {
    auto answered = co_await unit_request(request);
    join.add(std::move(answered));
}

rt::Task<Result<void>> Client::Impl::transfer(proto::Op op, map::VolumeId volume,
                                              std::uint64_t offset_bytes,
                                              std::uint64_t length_bytes, ByteSpan from,
                                              MutByteSpan into, MonoTime deadline,
                                              rt::CancelToken fence) {
    UnitRequest request;
    request.op = op;
    request.volume = volume;
    request.fence = std::move(fence);
    request.deadline = deadline == rt::kNever ? executor_.now() + options_.io_timeout : deadline;
    if (auto checked = check(volume, offset_bytes, length_bytes, request.writes()); !checked) {
        co_return fail(std::move(checked).error());
    }
    if (op == proto::Op::Read) {
        ++counters_.reads;
        counters_.read_bytes += length_bytes;
    } else {
        ++counters_.writes;
        counters_.write_bytes += length_bytes;
    }
    if (length_bytes == 0) {
        co_return Result<void>{};
    }
    const auto cut = [&](std::uint64_t at) { // the piece that starts `at` bytes into the call
        const std::uint64_t where = offset_bytes + at;
        request.unit = map::unit_of(where);
        request.offset_bytes = map::offset_in_unit(where);
        request.length_bytes = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(length_bytes - at, proto::kUnitBytes - request.offset_bytes));
        if (!from.empty()) {
            request.payload = from.subspan(at, request.length_bytes);
        }
        if (!into.empty()) {
            request.into = into.subspan(at, request.length_bytes);
        }
    };
    cut(0);
    if (request.length_bytes == length_bytes) {
        auto answered = co_await unit_request(request);
        if (!answered) {
            co_return fail(std::move(answered).error());
        }
        co_return Result<void>{};
    }
    Join join(executor_);
    join.left = 1; // ours, until all parts are on their way
    // A huge zeroing is many units: no more of them at once than there are slots for, half of them
    // left to others.
    const std::size_t at_once = std::max<std::size_t>(1, options_.max_in_flight / 2);
    for (std::uint64_t at = 0; at < length_bytes && join.outcome; at += request.length_bytes) {
        cut(at);
        ++join.left;
        if (!gate_.spawn(unit_part(request, join))) {
            join.add(fail(Errc::Cancelled, "the client was stopped"));
        }
        while (join.left > at_once) {
            (void)co_await rt::sleep_until(executor_,
                                           executor_.now() + std::chrono::milliseconds(1));
        }
    }
    join.leave();
    while (join.left > 0) {
        (void)co_await join.done.wait(rt::kNever); // each part has the deadline
    }
    if (!join.outcome && join.outcome.error().code == Errc::Cancelled && request.writes() &&
        join.done_parts > 0) { // Cancelled would say that nothing was written
        ++counters_.unknown_outcomes;
        co_return fail(Errc::OutcomeUnknown, "write to volume {}: {} with a part of it done",
                       map::hex16(volume), join.outcome.error().what);
    }
    co_return join.outcome;
}

rt::Task<Result<CompareOutcome>>
Client::Impl::compare_and_write(map::VolumeId volume, std::uint64_t offset_bytes, ByteSpan expected,
                                ByteSpan desired, MonoTime deadline, rt::CancelToken fence) {
    if (expected.size() != desired.size() || expected.empty()) {
        co_return fail(Errc::InvalidArgument, "compare-and-write of {} against {} bytes",
                       expected.size(), desired.size());
    }
    if (expected.size() > proto::kMaxCompareBytes ||
        map::unit_of(offset_bytes) != map::unit_of(offset_bytes + expected.size() - 1)) {
        co_return fail(Errc::Unsupported,
                       "compare-and-write of {} bytes at {}: at most {} and inside one MiB",
                       expected.size(), offset_bytes, proto::kMaxCompareBytes);
    }
    if (auto checked = check(volume, offset_bytes, expected.size(), true); !checked) {
        co_return fail(std::move(checked).error());
    }
    UnitRequest request;
    request.op = proto::Op::CompareAndWrite;
    request.volume = volume;
    request.unit = map::unit_of(offset_bytes);
    request.offset_bytes = map::offset_in_unit(offset_bytes);
    request.length_bytes = static_cast<std::uint32_t>(expected.size());
    request.payload = expected;
    request.more_payload = desired;
    request.fence = std::move(fence);
    request.deadline = deadline == rt::kNever ? executor_.now() + options_.io_timeout : deadline;
    ++counters_.writes;
    auto answered = co_await unit_request(request);
    if (!answered) {
        co_return fail(std::move(answered).error());
    }
    co_return CompareOutcome{!answered->miscompare, answered->first_difference};
}

void Client::Impl::report(std::vector<ControllerReport> controllers) {
    controllers_ = std::move(controllers);
    if (link_ != nullptr && registered_) {
        send_report(*link_);
    }
}

rt::Task<Result<nvme::Status>>
Client::Impl::reserve(map::VolumeId volume, std::optional<nvme::ReservationCommand> command) {
    if (link_ == nullptr || !registered_) {
        co_return fail(Errc::NotReady, "this client has lost the MDM");
    }
    Asked asked;
    const std::uint64_t id = send_reserve(*link_, volume, command);
    asked_.emplace(id, &asked);
    const MonoTime deadline = executor_.now() + options_.io_timeout;
    while (!asked.answer) {
        auto woken = co_await asked_changed_.wait(deadline, stop_.token());
        if (!woken && !asked.answer) {
            asked.answer =
                fail(Errc::OutcomeUnknown, "the MDM does not answer: {}", woken.error().what);
        }
    }
    asked_.erase(id);
    co_return std::move(*asked.answer);
}

// ---- the public face
// -----------------------------------------------------------------------------

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

rt::Task<Result<std::unique_ptr<Client>>> Client::connect(rt::Executor& executor,
                                                          rt::Network& network,
                                                          ClientOptions options,
                                                          MonoTime deadline) {
    std::unique_ptr<Client> client(
        new Client(std::make_unique<Impl>(executor, network, std::move(options))));
    auto starting = client->impl_->start(deadline);
    auto started = co_await std::move(starting);
    if (!started) {
        co_await client->impl_->stop();
        co_return fail(std::move(started).error());
    }
    co_return Result<std::unique_ptr<Client>>(std::move(client));
}

std::shared_ptr<const View> Client::view() const { return impl_->view(); }
void Client::on_change(OnChange callback) { impl_->on_change(std::move(callback)); }
bool Client::mdm_connected() const { return impl_->mdm_connected(); }

rt::Task<Result<void>> Client::read(map::VolumeId volume, std::uint64_t offset_bytes,
                                    MutByteSpan into, MonoTime deadline) {
    return impl_->transfer(proto::Op::Read, volume, offset_bytes, into.size(), {}, into, deadline,
                           {});
}

rt::Task<Result<void>> Client::write(map::VolumeId volume, std::uint64_t offset_bytes,
                                     ByteSpan bytes, MonoTime deadline, rt::CancelToken fence) {
    return impl_->transfer(proto::Op::Write, volume, offset_bytes, bytes.size(), bytes, {},
                           deadline, std::move(fence));
}

rt::Task<Result<void>> Client::write_zeroes(map::VolumeId volume, std::uint64_t offset_bytes,
                                            std::uint64_t length_bytes, MonoTime deadline,
                                            rt::CancelToken fence) {
    return impl_->transfer(proto::Op::WriteZeroes, volume, offset_bytes, length_bytes, {}, {},
                           deadline, std::move(fence));
}

rt::Task<Result<CompareOutcome>>
Client::compare_and_write(map::VolumeId volume, std::uint64_t offset_bytes, ByteSpan expected,
                          ByteSpan desired, MonoTime deadline, rt::CancelToken fence) {
    return impl_->compare_and_write(volume, offset_bytes, expected, desired, deadline,
                                    std::move(fence));
}

rt::Task<Result<void>> Client::flush(map::VolumeId volume, MonoTime deadline) {
    (void)deadline;
    auto checked = impl_->check(volume, 0, 0, false);
    if (!checked) {
        co_return fail(std::move(checked).error());
    }
    co_return Result<void>{};
}

void Client::report_controllers(std::vector<ControllerReport> controllers) {
    impl_->report(std::move(controllers));
}

Client::Counters Client::counters() const { return impl_->counters(); }

rt::Task<Result<nvme::Status>> Client::reserve(map::VolumeId volume,
                                               nvme::ReservationCommand command) {
    return impl_->reserve(volume, command);
}

bool Client::running() const { return impl_->running(); }

rt::Task<Result<void>> Client::fence(map::VolumeId volume) {
    auto asking = impl_->reserve(volume, std::nullopt);
    auto answered = co_await std::move(asking);
    if (!answered && answered.error().code != Errc::NotFound) {
        co_return fail_while(std::move(answered).error(), "fencing volume {}", map::hex16(volume));
    }
    co_return Result<void>{};
}

rt::Task<void> Client::stop() { return impl_->stop(); }

} // namespace pf::sdc
