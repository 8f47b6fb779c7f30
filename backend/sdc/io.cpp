// One request to one comb, until it has an outcome.
#include "backend/sdc/impl.hpp"
#include "backend/sdc/join.hpp"

#include <algorithm>

namespace pf::sdc {

using proto::Status;

namespace {

constexpr std::chrono::milliseconds kShortPause{2};
constexpr std::chrono::milliseconds kLongPause{50};
constexpr std::uint64_t kMayHaveBeenExecuted = 1; // in the detail of a refusal

std::uint32_t age_ms(MonoTime since, MonoTime now) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(age, 0, UINT32_MAX));
}

} // namespace

// Counts a request on its volume while it may reach a server.
struct Client::Impl::Flight {
    Flight(Impl& impl, map::VolumeId id) : owner(impl), volume(id.value) {
        ++owner.in_flight_[volume];
    }
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    ~Flight() {
        const auto at = owner.in_flight_.find(volume);
        if (--at->second == 0) {
            owner.in_flight_.erase(at);
            if (owner.draining_.erase(volume) > 0) {
                owner.drained_.wake_all();
            }
        }
    }
    Impl& owner;
    std::uint64_t volume;
};

rt::Task<Result<UnitAnswer>> Client::Impl::unit_request(UnitRequest request) {
    if (!slots_.try_acquire(1)) {
        auto acquired = co_await slots_.acquire(1, request.deadline, stop_.token());
        if (!acquired) {
            co_return fail(std::move(acquired).error());
        }
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    auto answered = co_await attempt_until(request, proto::make_request_id(++sequence_, slot));
    free_slots_.push_back(slot);
    slots_.release(1);
    if (!answered && answered.error().code == Errc::OutcomeUnknown) {
        ++counters_.unknown_outcomes;
    }
    co_return answered;
}

rt::Task<void> Client::Impl::pause(MonoTime deadline, std::chrono::milliseconds at_most) {
    const MonoTime until = std::min(deadline, executor_.now() + at_most);
    (void)co_await changed_.wait(until, stop_.token());
}

void Client::Impl::want_refresh() {
    if (executor_.now() - last_refresh_ > std::chrono::seconds(1)) {
        last_refresh_ = executor_.now();
        refresh_wanted_ = true;
        drained_.wake_all(); // the task that talks to the MDM
    }
}

rt::Task<Result<UnitAnswer>> Client::Impl::attempt_until(UnitRequest& request,
                                                         std::uint64_t request_id) {
    const MonoTime begun = executor_.now();
    std::optional<MonoTime> first_sent;
    bool may_be_executed = false;
    Error last{Errc::Timeout, "the deadline passed"};
    unsigned tries = 0;
    unsigned damaged = 0;
    while (true) {
        // Given up: what is left to say depends on whether a write may have happened.
        const bool late = executor_.now() >= request.deadline;
        const Volume* volume = map_.volume(request.volume);
        const bool fenced = request.fence.cancelled();
        // The mapping may have become read-only while a write was waiting for its next attempt.
        const bool allowed = volume == nullptr || volume->access == AccessMode::ReadWrite ||
                             (volume->access == AccessMode::ReadOnly && !request.writes());
        if (late || stopping_ || fenced || volume == nullptr || !allowed) {
            if (may_be_executed && request.writes()) {
                co_return fail(Errc::OutcomeUnknown, "write to volume {} unit {}: {}",
                               map::hex16(request.volume), request.unit, last.what);
            }
            if (stopping_ || fenced) {
                co_return fail(Errc::Cancelled, "{}",
                               stopping_ ? "the client was stopped" : "the caller was fenced off");
            }
            if (volume == nullptr) {
                co_return fail(Errc::NotFound, "volume {} is not visible to this client",
                               map::hex16(request.volume));
            }
            if (!allowed) {
                co_return fail(Errc::PermissionDenied, "volume {} is no longer mapped for {}",
                               volume->name, request.writes() ? "writing" : "reading");
            }
            const Errc code = last.code == Errc::Failed ? Errc::Failed : Errc::Timeout;
            co_return fail(code, "volume {} unit {} after {} ms: {}", map::hex16(request.volume),
                           request.unit, age_ms(begun, executor_.now()), last.what);
        }
        if (tries++ > 0) {
            ++counters_.resends;
        }
        if (mono_now() >= lease_until_) {
            last = Error{Errc::NotReady, "this client has lost the MDM"};
            co_await pause(request.deadline, kLongPause);
            continue;
        }
        const map::Comb* comb = map_.comb_of(*volume, request.unit);
        if (comb == nullptr || comb->primary.value == 0 || comb->state == map::CombState::Failed) {
            last = comb == nullptr
                       ? Error{Errc::NotReady, "its place is not known yet"}
                       : Error{Errc::Failed, "both copies of its data are lost or unreachable"};
            co_await pause(request.deadline, kLongPause);
            continue;
        }
        const std::vector<rt::Endpoint>* addresses = map_.addresses(comb->primary);
        if (addresses == nullptr) {
            last = Error{Errc::NotReady, "its data server has no address"};
            co_await pause(request.deadline, kLongPause);
            continue;
        }
        proto::DataLink::Call call;
        call.header.op = request.op;
        call.header.session = session_;
        call.header.request_id = request_id;
        call.header.generation = comb->generation.value;
        call.header.pool = volume->pool.value;
        call.header.node = volume->leaf.value;
        call.header.fence = request.writes() ? volume->leaf_fence : 0;
        call.header.unit = request.unit;
        call.header.comb = comb->id.value;
        call.header.offset_bytes = request.offset_bytes;
        call.header.length_bytes = request.length_bytes;
        call.payload = request.payload;
        call.more_payload = request.more_payload;
        call.into = request.into;
        call.fence = request.fence;
        const Flight flight(*this, request.volume);
        const map::MapEpoch asked = map_.epoch();
        auto getting = links_.get(comb->primary.value, *addresses, request.deadline);
        auto link = co_await std::move(getting);
        if (!link) {
            last = std::move(link).error();
            want_refresh();
            co_await pause(request.deadline, kLongPause);
            continue;
        }
        if (map_.epoch() != asked || mono_now() >= lease_until_ || stopping_ ||
            request.fence.cancelled()) {
            continue; // the map or our right to it changed while we were dialling: look again
        }
        const MonoTime now = executor_.now();
        if (may_be_executed) {
            call.header.flags |= proto::kFlagResend;
            call.header.age_ms = age_ms(*first_sent, now);
        }
        bool sent = false;
        auto calling = (*link)->call(std::move(call),
                                     std::min(request.deadline, now + options_.attempt_timeout),
                                     stop_.token(), &sent);
        auto answered = co_await std::move(calling);
        if (!answered) {
            last = std::move(answered).error();
            if (sent) {
                may_be_executed = true;
                if (!first_sent) {
                    first_sent = now;
                }
            }
            if (last.code == Errc::Timeout) {
                (*link)->close(); // a server that does not answer: ask again another way
            }
            want_refresh();
            co_await pause(request.deadline, tries < 3 ? kShortPause : kLongPause);
            continue;
        }
        switch (answered->header.status) {
        case Status::Ok:
            co_return UnitAnswer{};
        case Status::Miscompare:
            co_return UnitAnswer{true, static_cast<std::uint32_t>(answered->header.detail)};
        case Status::NoSpace:
            co_return fail(Errc::NoSpace, "volume {}: the storage pool is full",
                           map::hex16(request.volume));
        case Status::OutcomeUnknown:
            co_return fail(Errc::OutcomeUnknown, "write to volume {} unit {}: the server was away",
                           map::hex16(request.volume), request.unit);
        case Status::ChecksumMismatch:
            if (request.writes() && ++damaged < 4) {
                last = Error{Errc::ChecksumMismatch, "payloads arrive damaged"};
                break; // on the way: nothing was done
            }
            co_return fail(Errc::ChecksumMismatch, "volume {} unit {}: no copy fits its checksum",
                           map::hex16(request.volume), request.unit);
        case Status::Failed:
            co_return fail(Errc::Failed, "volume {} unit {}: I/O error on every usable copy",
                           map::hex16(request.volume), request.unit);
        case Status::InvalidRequest:
        case Status::Absent:
            co_return fail(Errc::Internal, "volume {} unit {}: the server refuses the request",
                           map::hex16(request.volume), request.unit);
        case Status::StaleGeneration:
        case Status::NotPrimary:
        case Status::Retry:
        case Status::NoLease:
        case Status::Behind:
            last = Error{Errc::NotReady, fmt::format("the server answers {}",
                                                     proto::to_string(answered->header.status))};
            if (answered->header.detail == kMayHaveBeenExecuted) {
                may_be_executed = true;
                if (!first_sent) {
                    first_sent = now;
                }
            }
            if (tries > 8) {
                want_refresh();
            }
            break;
        }
        co_await pause(request.deadline, tries < 8 ? kShortPause : kLongPause);
    }
}

} // namespace pf::sdc
