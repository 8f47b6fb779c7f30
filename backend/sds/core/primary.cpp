// The primary's side: reads, and writes up to their acknowledgement.
#include "backend/sds/core/active_write.hpp"
#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace pf::sds {

using proto::Status;

namespace {

// The MDM's word is what the client should act upon, and it may have been executed all the same.
constexpr std::uint64_t kMayHaveBeenExecuted = 1;
constexpr std::chrono::milliseconds kTransitSlack{1000};

LockRange aligned_range(const proto::RequestHeader& header) {
    const std::uint32_t begin = header.offset_bytes / kBlockBytes * kBlockBytes;
    const std::uint32_t end = header.offset_bytes + header.length_bytes;
    return LockRange{begin, (end + kBlockBytes - 1) / kBlockBytes * kBlockBytes};
}

Status status_of(const Error& error) {
    switch (error.code) {
    case Errc::NoSpace:
        return Status::NoSpace;
    case Errc::ChecksumMismatch:
        return Status::ChecksumMismatch;
    case Errc::Timeout:
    case Errc::Cancelled:
        return Status::Retry;
    default:
        return Status::Failed;
    }
}

} // namespace

Status Replicator::admit_primary(const Comb* comb, const Request& request) const {
    if (stopping_ || !mdm_.lease_valid()) {
        return Status::NoLease;
    }
    if (comb == nullptr || comb->removed || !is_primary(*comb) ||
        comb->value.state == map::CombState::Failed) {
        return Status::NotPrimary;
    }
    if (request.header.generation < comb->value.generation.value) {
        return Status::StaleGeneration;
    }
    if (request.header.generation > comb->value.generation.value || comb->suspect) {
        return Status::Retry; // our own configuration is about to move
    }
    return Status::Ok;
}

// The same, and the node's fence: what was sent under an older one belongs to a host that has been
// fenced off since, or is sent again under the new one.
Status Replicator::admit_write(const Comb* comb, const Request& request) const {
    if (const Status admitted = admit_primary(comb, request); admitted != Status::Ok) {
        return admitted;
    }
    const auto node = nodes_.find(map::NodeId{request.header.node});
    if (node == nodes_.end() || request.header.fence > node->second.fence) {
        return Status::Retry;
    }
    return request.header.fence < node->second.fence ? Status::StaleGeneration : Status::Ok;
}

// ---- reads -------------------------------------------------------------------------------------

rt::Task<Response> Replicator::client_read(const Request& request) {
    const proto::RequestHeader& header = request.header;
    const CombPtr comb = find(header.comb);
    if (const Status admitted = admit_primary(comb.get(), request); admitted != Status::Ok) {
        co_return answer(request, admitted, comb.get());
    }
    UnitPath path;
    path.device = own_device(*comb);
    path.comb = comb->value.id;
    path.unit = header.unit;
    if (!build_chain(map::NodeId{header.node}, path.chain)) {
        co_return answer(request, Status::Retry, comb.get());
    }
    const LockRange range = aligned_range(header);
    const UnitKey key{path.chain.front(), path.unit};
    // A read waits for overlapping writes in progress: what it shows has both copies, so that no
    // fail-over takes it back.
    auto guard = locks_.try_acquire(key, range, LockMode::Shared);
    if (!guard) {
        auto waited = co_await locks_.acquire(
            key, range, LockMode::Shared, executor_.now() + options_.lock_timeout, stop_.token());
        if (!waited) {
            co_return answer(request, Status::Retry, comb.get());
        }
        guard.emplace(std::move(*waited));
        if (const Status admitted = admit_primary(comb.get(), request); admitted != Status::Ok) {
            co_return answer(request, admitted, comb.get());
        }
    }
    rt::IoBuffer buffer = rt::IoBuffer::allocate(range.end - range.begin);
    auto done = co_await read_repairing(comb, path, range.begin, buffer.span());
    if (!done) {
        log_(Level::Error, fmt::format("read failed comb={} node={:x} unit={}: {}", header.comb,
                                       header.node, header.unit, done.error().what));
        co_return answer(request, status_of(done.error()), comb.get());
    }
    ++counters_.reads;
    Response response = answer(request, Status::Ok, comb.get());
    response.payload = std::move(buffer);
    response.payload_offset = header.offset_bytes - range.begin;
    response.header.payload_bytes = header.length_bytes;
    response.header.payload_crc =
        crc32c(response.payload.span(response.payload_offset, header.length_bytes));
    co_return response;
}

rt::Task<Result<void>> Replicator::read_repairing(CombPtr comb, const UnitPath& path,
                                                  std::uint32_t offset_bytes, MutByteSpan into) {
    auto done = co_await store_.read(path, offset_bytes, into);
    if (done || done.error().code != Errc::ChecksumMismatch) {
        co_return done;
    }
    // Block by block: what is good is read here, what is bad comes from the other copy.
    for (std::size_t at = 0; at < into.size(); at += kBlockBytes) {
        const auto block_offset = static_cast<std::uint32_t>(offset_bytes + at);
        const MutByteSpan block = into.subspan(at, kBlockBytes);
        auto one = co_await store_.read(path, block_offset, block);
        if (!one && one.error().code == Errc::ChecksumMismatch) {
            one = co_await repair_block(comb, path, block_offset / kBlockBytes, block);
        }
        if (!one) {
            co_return one;
        }
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> Replicator::repair_block(CombPtr comb, const UnitPath& path,
                                                std::uint32_t block, MutByteSpan into) {
    const auto damaged = [&](std::string_view why) {
        return fail(Errc::ChecksumMismatch, "comb {} unit {} block {} is damaged and {}",
                    path.comb.value, path.unit, block, why);
    };
    if (comb->value.state != map::CombState::Normal) {
        co_return damaged("there is no other copy");
    }
    UnitPath owner = path;
    while (!owner.chain.empty() && !store_.owned_blocks(path.device, owner.id()).test(block)) {
        owner.chain.erase(owner.chain.begin());
    }
    if (owner.chain.empty()) {
        co_return damaged("nobody owns it");
    }
    owner.chain.resize(1);
    proto::RequestHeader header;
    header.op = proto::Op::ReadReplica;
    header.generation = comb->value.generation.value;
    header.pool = comb->pool.value;
    header.comb = path.comb.value;
    header.node = owner.chain.front().value;
    header.unit = path.unit;
    header.offset_bytes = block * kBlockBytes;
    header.length_bytes = kBlockBytes;
    auto call =
        peers_.call(comb->value.other(options_.self), header, rt::IoBuffer(),
                    executor_.now() + options_.replicate_timeout, comb->generation_over->token());
    auto good = co_await std::move(call);
    if (!good || good->header.status != Status::Ok || good->payload.size() < kBlockBytes) {
        co_return damaged("the other copy could not be read");
    }
    std::memcpy(into.data(), good->payload.data(), kBlockBytes);
    auto written = co_await store_.write(owner, block * kBlockBytes,
                                         ByteSpan(good->payload.span(0, kBlockBytes)));
    ++counters_.repaired_blocks;
    log_(Level::Warn,
         fmt::format("repaired comb={} node={:x} unit={} block={} ok={}", path.comb.value,
                     owner.chain.front().value, path.unit, block, written.has_value()));
    co_return Result<void>{};
}

// ---- writes ------------------------------------------------------------------------------------

rt::Task<Response> Replicator::client_write(Request& request) {
    const proto::RequestHeader& header = request.header;
    const CombPtr comb = find(header.comb);
    std::shared_ptr<Sessions::Entry> entry;
    while (true) {
        if (const Status admitted = admit_write(comb.get(), request); admitted != Status::Ok) {
            co_return answer(request, admitted, comb.get());
        }
        auto begin = sessions_.begin(header.session, header.request_id);
        entry = std::move(begin.entry);
        if (begin.found == Sessions::Found::New) {
            break;
        }
        ++counters_.duplicates;
        if (begin.found == Sessions::Found::Obsolete) {
            co_return answer(request, Status::InvalidRequest, comb.get());
        }
        if (begin.found == Sessions::Found::Running) {
            auto woken = co_await entry->finished.wait(executor_.now() + options_.lock_timeout,
                                                       stop_.token());
            if (!woken && !entry->done) {
                co_return answer(request, Status::Retry, comb.get(), kMayHaveBeenExecuted);
            }
        }
        if (entry->done) {
            co_return answer(request, entry->outcome.status, comb.get(), entry->outcome.detail);
        }
    }
    // A resend from before this server saw the comb's writes may have been executed by others.
    const MonoTime first_sent = executor_.now() - std::chrono::milliseconds(header.age_ms);
    if ((header.flags & proto::kFlagResend) != 0 &&
        first_sent <= comb->knows_since + kTransitSlack) {
        sessions_.drop(header.session, *entry);
        co_return answer(request, Status::OutcomeUnknown, comb.get());
    }
    bool executed = false;
    Response response = co_await execute_write(request, comb, executed);
    const Status status = response.header.status;
    if (status == Status::Ok || status == Status::Miscompare) {
        Sessions::finish(*entry, Sessions::Outcome{status, response.header.detail});
    } else {
        sessions_.drop(header.session, *entry);
        if (executed) {
            response.header.detail = kMayHaveBeenExecuted;
        }
    }
    co_return response;
}

rt::Task<Response> Replicator::execute_write(Request& request, const CombPtr& comb,
                                             bool& executed) {
    const proto::RequestHeader& header = request.header;
    const map::NodeId node{header.node};
    const LockRange range = aligned_range(header);
    const UnitKey key{node, header.unit};
    auto guard = locks_.try_acquire(key, range, LockMode::Exclusive);
    if (!guard) {
        auto waited =
            co_await locks_.acquire(key, range, LockMode::Exclusive,
                                    executor_.now() + options_.lock_timeout, stop_.token());
        if (!waited) {
            co_return answer(request, Status::Retry, comb.get());
        }
        guard.emplace(std::move(*waited));
    }
    // Between these checks and ActiveWrite nothing is awaited: a freeze or a new generation either
    // comes before, and is seen, or after, and sees this write.
    if (const Status admitted = admit_write(comb.get(), request); admitted != Status::Ok) {
        co_return answer(request, admitted, comb.get());
    }
    WritePlan plan;
    plan.comb = comb;
    plan.path.device = own_device(*comb);
    plan.path.comb = comb->value.id;
    plan.path.unit = header.unit;
    if (!build_chain(node, plan.path.chain) || nodes_.at(node).frozen ||
        frozen_.contains(node.value)) {
        co_return answer(request, Status::Retry, comb.get());
    }
    plan.offset_bytes = range.begin;
    plan.length_bytes = range.end - range.begin;
    plan.session = header.session;
    plan.request_id = header.request_id;
    const ActiveWrite active(*this, comb, node, header.fence);

    Response refusal = answer(request, Status::Ok, comb.get());
    if (auto prepared = co_await prepare(request, plan, refusal); !prepared) {
        co_return answer(request, status_of(prepared.error()), comb.get());
    }
    if (refusal.header.status != Status::Ok) {
        co_return refusal;
    }
    const Status status = co_await commit(plan, executed);
    ++counters_.writes;
    co_return answer(request, status, comb.get());
}

// Makes plan.data: whole blocks, with what the request leaves of the first and the last one.
rt::Task<Result<void>> Replicator::prepare(const Request& request, WritePlan& plan,
                                           Response& refusal) {
    const proto::RequestHeader& header = request.header;
    const std::uint32_t head = header.offset_bytes - plan.offset_bytes;
    const bool aligned = head == 0 && plan.length_bytes == header.length_bytes;
    if (header.op == proto::Op::Write && aligned) {
        plan.data = request.payload;
        plan.data_crc = header.payload_crc;
        co_return Result<void>{};
    }
    if (header.op == proto::Op::WriteZeroes && aligned) {
        plan.zeroes = true;
        co_return Result<void>{};
    }
    plan.data = rt::IoBuffer::allocate(plan.length_bytes);
    if (header.op == proto::Op::CompareAndWrite) {
        PF_CO_CHECK(
            co_await read_repairing(plan.comb, plan.path, plan.offset_bytes, plan.data.span()));
        const ByteSpan expected = request.payload.span(0, header.length_bytes);
        const MutByteSpan current = plan.data.span(head, header.length_bytes);
        const auto differs = std::mismatch(expected.begin(), expected.end(), current.begin());
        if (differs.first != expected.end()) {
            refusal.header.status = Status::Miscompare;
            refusal.header.detail =
                static_cast<std::uint64_t>(std::distance(expected.begin(), differs.first));
            co_return Result<void>{};
        }
        std::memcpy(current.data(), request.payload.data() + header.length_bytes,
                    header.length_bytes);
        co_return Result<void>{};
    }
    // Only the edge blocks are read; the middle is all new.
    PF_CO_CHECK(co_await read_repairing(plan.comb, plan.path, plan.offset_bytes,
                                        plan.data.span(0, kBlockBytes)));
    if (plan.length_bytes > kBlockBytes) {
        const std::uint32_t last = plan.length_bytes - kBlockBytes;
        PF_CO_CHECK(co_await read_repairing(plan.comb, plan.path, plan.offset_bytes + last,
                                            plan.data.span(last, kBlockBytes)));
    }
    const MutByteSpan target = plan.data.span(head, header.length_bytes);
    if (header.op == proto::Op::WriteZeroes) {
        std::memset(target.data(), 0, target.size());
    } else {
        std::memcpy(target.data(), request.payload.data(), target.size());
    }
    co_return Result<void>{};
}

rt::Task<Result<void>> Replicator::apply_locally(const WritePlan& plan) {
    if (plan.zeroes) {
        return store_.write_zeroes(plan.path, plan.offset_bytes, plan.length_bytes);
    }
    return store_.write(plan.path, plan.offset_bytes,
                        ByteSpan(plan.data.span(0, plan.length_bytes)));
}

// Whether a write to the unit must go to the secondary too, decided once per write, under its lock.
bool Replicator::mirrors(Comb& comb, const UnitKey& key, const UnitPath& path) {
    if (comb.value.state == map::CombState::Normal) {
        return true;
    }
    if (comb.value.state != map::CombState::Rebuilding) {
        return false;
    }
    Outgoing& out = *comb.outgoing;
    if (out.synced.contains(key)) {
        return true;
    }
    if (out.complete_view && !store_.has_unit(path.device, path.id())) {
        out.synced.insert(key); // absent on both: equal, and stays so from here on
        return true;
    }
    out.pending.insert(key);
    return false;
}

rt::Task<Status> Replicator::commit(WritePlan& plan, bool& executed) {
    const CombPtr comb = plan.comb;
    const bool creates = !store_.has_unit(plan.path.device, plan.path.id());
    const bool mirrored = mirrors(*comb, plan.key(), plan.path);
    MirrorSlot slot(executor_);
    // A write that takes new space waits for ours first: "no space" then has had no effect
    // anywhere.
    const bool parallel = mirrored && !creates;
    if (parallel) {
        executed = true;
        if (!gate_.spawn(mirror_into(plan, slot))) {
            slot.result = Mirrored::Lost;
        }
    }
    auto local = co_await apply_locally(plan);
    if (!local && !parallel && local.error().code == Errc::NoSpace) {
        co_return Status::NoSpace;
    }
    executed = true;
    if (parallel) {
        while (!slot.result) {
            (void)co_await slot.done.wait(rt::kNever);
        }
    } else if (mirrored && local) {
        slot.result = co_await mirror(plan);
    }
    if (!local) {
        const map::Generation generation = comb->value.generation;
        log_(Level::Error,
             fmt::format("write failed comb={} node={:x} unit={}: {}", comb->value.id.value,
                         plan.path.chain.front().value, plan.path.unit, local.error().what));
        if (comb->value.state != map::CombState::Normal || !is_primary(*comb)) {
            co_return is_primary(*comb) ? Status::Failed : Status::NotPrimary;
        }
        ask_stale(comb, options_.self, local.error().what);
        co_await wait_moved(*comb, generation); // no read sees the torn state: we hold the lock
        co_return Status::NotPrimary;
    }
    if (slot.result == Mirrored::Lost || !is_primary(*comb) || comb->removed) {
        co_return Status::NotPrimary;
    }
    co_return Status::Ok;
}

rt::Task<void> Replicator::mirror_into(const WritePlan& plan, MirrorSlot& slot) {
    slot.result = co_await mirror(plan);
    slot.done.wake_all();
}

// Ends when the write may be acknowledged as far as the other copy is concerned: it has it (Both),
// or the MDM has durably said that it is no copy (Alone), or this server lost the comb (Lost).
rt::Task<Replicator::Mirrored> Replicator::mirror(const WritePlan& plan) {
    const CombPtr comb = plan.comb;
    proto::RequestHeader header;
    header.op = proto::Op::Replicate;
    header.flags = plan.zeroes ? proto::kFlagZeroes : std::uint16_t{0};
    header.payload_bytes = plan.zeroes ? 0 : plan.length_bytes;
    header.payload_crc = plan.data_crc;
    header.session = plan.session;
    header.request_id = plan.request_id;
    header.pool = comb->pool.value;
    header.comb = comb->value.id.value;
    header.node = plan.path.chain.front().value;
    header.unit = plan.path.unit;
    header.offset_bytes = plan.offset_bytes;
    header.length_bytes = plan.length_bytes;

    std::optional<MonoTime> trouble_since;
    while (true) {
        if (stopping_ || comb->removed || !is_primary(*comb) ||
            comb->value.state == map::CombState::Failed ||
            !nodes_.contains(plan.path.chain.front())) {
            co_return Mirrored::Lost;
        }
        if (comb->value.state == map::CombState::Degraded) {
            co_return Mirrored::Alone; // rule 3: durable at the MDM, or we would not know
        }
        if (comb->value.state == map::CombState::Rebuilding &&
            !comb->outgoing->synced.contains(plan.key())) {
            PF_ASSERT(!comb->outgoing->done_sent, "a unit was left out of a finished rebuild");
            comb->outgoing->pending.insert(plan.key());
            co_return Mirrored::Alone;
        }
        const map::Generation generation = comb->value.generation;
        header.generation = generation.value;
        auto call = peers_.call(comb->value.secondary, header, plan.data,
                                executor_.now() + options_.replicate_timeout,
                                comb->generation_over->token());
        auto answered = co_await std::move(call);
        if (answered && answered->header.status == Status::Ok) {
            co_return Mirrored::Both; // also when the generation moved: that copy has it
        }
        if (comb->value.generation != generation || comb->removed || stopping_) {
            continue;
        }
        if (!trouble_since) {
            trouble_since = executor_.now();
        }
        bool patient = executor_.now() - *trouble_since < options_.secondary_patience;
        std::string reason;
        if (answered) {
            const Status status = answered->header.status;
            reason = fmt::format("secondary answers {}", proto::to_string(status));
            const bool transient = status == Status::Behind || status == Status::Retry ||
                                   status == Status::NoLease || status == Status::StaleGeneration ||
                                   status == Status::ChecksumMismatch;
            patient = patient && transient;
            if (status == Status::Retry && comb->outgoing && !comb->outgoing->done_sent) {
                comb->outgoing->restart = true; // it lost its side of the rebuild
                comb->outgoing->synced.clear();
                comb->outgoing->complete_view = false;
                continue;
            }
        } else {
            reason = answered.error().what;
            patient = patient && answered.error().code != Errc::Timeout;
        }
        if (patient) {
            (void)co_await comb->changed.wait(executor_.now() + options_.retry_pause,
                                              stop_.token());
            continue;
        }
        ask_stale(comb, comb->value.secondary, reason);
        co_await wait_moved(*comb, generation);
    }
}

} // namespace pf::sds
