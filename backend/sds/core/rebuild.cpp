// Source side of a rebuild: copies a comb to the server that the MDM chose, while it is written to.
// replicator.hpp tells why no update is lost; the invariants are
//   - a unit in `synced` is equal on both servers but for writes in progress, which go to both,
//   - any other unit that exists here is in `pending` or is being copied under its lock,
//   - writes that were admitted under an older generation have ended before the units are listed.
#include "backend/sds/core/replicator.hpp"
#include "backend/sds/core/unit_codec.hpp"
#include "base/assert.hpp"

#include <fmt/format.h>

namespace pf::sds {

using proto::Status;

namespace {

constexpr std::chrono::milliseconds kCopyTimeout{10'000};
constexpr std::chrono::milliseconds kTargetPatience{3'000};
constexpr std::chrono::milliseconds kPassPause{200};

} // namespace

bool Replicator::rebuilding_at(const Comb& comb, map::Generation generation) const {
    return !stopping_ && !comb.removed && comb.value.generation == generation && comb.outgoing;
}

std::unordered_set<UnitKey> Replicator::local_units(const Comb& comb) const {
    std::unordered_set<UnitKey> keys;
    for (const UnitKey& key : store_.units(own_device(comb), comb.value.id)) {
        keys.insert(key);
    }
    return keys;
}

rt::Task<void> Replicator::rebuild(CombPtr comb, map::Generation generation) {
    while (rebuilding_at(*comb, generation)) {
        auto slot = co_await rebuild_slots_.acquire(1, executor_.now() + std::chrono::seconds(5),
                                                    comb->generation_over->token());
        if (!slot) {
            continue;
        }
        Result<void> passed;
        if (rebuilding_at(*comb, generation)) {
            passed = co_await rebuild_pass(comb, generation);
        }
        rebuild_slots_.release(1);
        if (!rebuilding_at(*comb, generation)) {
            co_return;
        }
        if (!passed) {
            log_(Level::Warn,
                 fmt::format("rebuild pass ended comb={} generation={}: {}", comb->value.id.value,
                             generation.value, passed.error().what));
            (void)co_await comb->changed.wait(executor_.now() + kPassPause, stop_.token());
            continue;
        }
        while (rebuilding_at(*comb, generation)) {
            (void)co_await mdm_.rebuild_done(comb->value.id, generation);
            if (rebuilding_at(*comb, generation)) {
                (void)co_await comb->changed.wait(executor_.now() + kPassPause, stop_.token());
            }
        }
    }
}

rt::Task<Result<void>> Replicator::rebuild_pass(CombPtr comb, map::Generation generation) {
    while (!comb->writes.empty() && comb->writes.begin()->first < generation.value) {
        (void)co_await write_ended_.wait(executor_.now() + std::chrono::seconds(1), stop_.token());
        if (!rebuilding_at(*comb, generation)) {
            co_return fail(Errc::StaleGeneration, "the comb moved on");
        }
    }
    Outgoing& out = *comb->outgoing; // alive while rebuilding_at() holds: checked after each wait
    out.restart = false;
    out.synced.clear();
    out.complete_view = false;
    out.copied = 0;
    out.pending.merge(local_units(*comb));

    proto::RequestHeader header;
    header.op = proto::Op::RebuildBegin;
    PF_CO_CHECK(co_await call_target(comb, generation, header, rt::IoBuffer()));
    PF_CO_CHECK(co_await copy_pending(comb, generation));
    header.op = proto::Op::RebuildEnd;
    PF_CO_CHECK(co_await call_target(comb, generation, header, rt::IoBuffer()));
    if (out.restart) {
        co_return fail(Errc::Retry, "the target was restarted");
    }
    out.complete_view = true;
    PF_CO_CHECK(co_await copy_pending(comb, generation));
    // Nothing is awaited between the last look at `pending` and this: every write from here on is
    // mirrored, and so was or will be copied everything before.
    PF_ASSERT(out.pending.empty(), "units left to copy");
    out.done_sent = true;
    co_return Result<void>{};
}

rt::Task<Result<void>> Replicator::copy_pending(CombPtr comb, map::Generation generation) {
    while (true) {
        if (!rebuilding_at(*comb, generation)) {
            co_return fail(Errc::StaleGeneration, "the comb moved on");
        }
        if (comb->outgoing->restart) {
            co_return fail(Errc::Retry, "the target was restarted");
        }
        if (comb->outgoing->pending.empty()) {
            co_return Result<void>{};
        }
        const UnitKey key = *comb->outgoing->pending.begin();
        PF_CO_CHECK(co_await copy_one(comb, generation, key));
    }
}

rt::Task<Result<void>> Replicator::copy_one(CombPtr comb, map::Generation generation, UnitKey key) {
    // Shared: readers go on, writers wait for the copy.
    auto guard = co_await locks_.acquire(key, kWholeUnit, LockMode::Shared,
                                         executor_.now() + options_.lock_timeout,
                                         comb->generation_over->token());
    if (!guard) {
        co_return fail(std::move(guard).error());
    }
    if (!rebuilding_at(*comb, generation)) {
        co_return fail(Errc::StaleGeneration, "the comb moved on");
    }
    if (!nodes_.contains(key.node)) {
        comb->outgoing->pending.erase(key); // removed meanwhile; the target drops it at the end
        co_return Result<void>{};
    }
    const UnitId id{comb->value.id, key.node, key.unit};
    PF_CO_TRY(UnitImage image, co_await store_.export_unit(own_device(*comb), id));
    proto::RequestHeader header;
    header.op = proto::Op::CopyUnit;
    header.node = key.node.value;
    header.unit = key.unit;
    header.length_bytes = proto::kUnitBytes;
    rt::IoBuffer packed = pack_unit(image);
    header.payload_bytes = static_cast<std::uint32_t>(packed.size());
    PF_CO_CHECK(co_await call_target(comb, generation, header, std::move(packed)));
    if (comb->outgoing->restart) {
        co_return fail(Errc::Retry, "the target was restarted");
    }
    comb->outgoing->pending.erase(key);
    comb->outgoing->synced.insert(key);
    ++comb->outgoing->copied;
    co_return Result<void>{};
}

// Ok only when the target did it and the comb is still being rebuilt at `generation`.
rt::Task<Result<PeerAnswer>> Replicator::call_target(CombPtr comb, map::Generation generation,
                                                     proto::RequestHeader header,
                                                     rt::IoBuffer payload) {
    header.generation = generation.value;
    header.pool = comb->pool.value;
    header.comb = comb->value.id.value;
    const MonoTime give_up = executor_.now() + kTargetPatience;
    while (true) {
        auto call = peers_.call(comb->value.secondary, header, payload,
                                executor_.now() + kCopyTimeout, comb->generation_over->token());
        auto answered = co_await std::move(call);
        if (!rebuilding_at(*comb, generation)) {
            co_return fail(Errc::StaleGeneration, "the comb moved on");
        }
        std::string reason;
        bool patient = executor_.now() < give_up;
        if (answered) {
            const Status status = answered->header.status;
            if (status == Status::Ok) {
                co_return answered;
            }
            if (status == Status::Retry) {
                comb->outgoing->restart = true;
                comb->outgoing->synced.clear();
                comb->outgoing->complete_view = false;
                co_return fail(Errc::Retry, "the target was restarted");
            }
            reason = fmt::format("rebuild target answers {}", proto::to_string(status));
            patient = patient &&
                      (status == Status::Behind || status == Status::NoLease ||
                       status == Status::StaleGeneration || status == Status::ChecksumMismatch);
        } else {
            reason = answered.error().what;
        }
        if (!patient) {
            ask_stale(comb, comb->value.secondary, reason);
            co_return fail(Errc::Unreachable, "{}", reason);
        }
        (void)co_await comb->changed.wait(executor_.now() + options_.retry_pause, stop_.token());
    }
}

} // namespace pf::sds
