// The secondary's side: it applies what the primary of the same generation tells it, in the order
// of arrival where ranges overlap.
#include "backend/sds/core/replicator.hpp"
#include "backend/sds/core/unit_codec.hpp"
#include "base/crc32c.hpp"

#include <fmt/format.h>

namespace pf::sds {

using proto::Status;

namespace {

Status status_of(const Error& error) {
    return error.code == Errc::NoSpace ? Status::NoSpace : Status::Failed;
}

} // namespace

Status Replicator::admit_secondary(const Comb* comb, const Request& request) const {
    if (stopping_ || !mdm_.lease_valid()) {
        return Status::NoLease;
    }
    if (comb == nullptr || comb->removed) {
        return Status::Behind;
    }
    if (request.header.generation < comb->value.generation.value) {
        return Status::StaleGeneration;
    }
    if (request.header.generation > comb->value.generation.value) {
        return Status::Behind;
    }
    const bool sender_is_primary =
        request.from.role == proto::PeerRole::Sds && request.from.id == comb->value.primary.value;
    if (!sender_is_primary || comb->value.secondary != options_.self ||
        (comb->value.state != map::CombState::Normal &&
         comb->value.state != map::CombState::Rebuilding)) {
        return Status::InvalidRequest;
    }
    return Status::Ok;
}

rt::Task<Response> Replicator::replicate(Request& request) {
    const proto::RequestHeader& header = request.header;
    const CombPtr comb = find(header.comb);
    const UnitKey key{map::NodeId{header.node}, header.unit};
    const LockRange range{header.offset_bytes, header.offset_bytes + header.length_bytes};
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
    if (const Status admitted = admit_secondary(comb.get(), request); admitted != Status::Ok) {
        co_return answer(request, admitted, comb.get());
    }
    if (!nodes_.contains(key.node)) {
        co_return answer(request, Status::Behind, comb.get());
    }
    if (comb->value.state == map::CombState::Rebuilding) {
        if (!comb->incoming) {
            // We were restarted in the middle of a rebuild: the primary has to begin again.
            co_return answer(request, Status::Retry, comb.get());
        }
        comb->incoming->touched.insert(key);
    }
    // Whole blocks: nothing is taken from the layers below, so the chain is the node alone.
    UnitPath path;
    path.device = comb->value.secondary_device;
    path.comb = comb->value.id;
    path.unit = header.unit;
    path.chain.push_back(key.node);
    const bool zeroes = (header.flags & proto::kFlagZeroes) != 0;
    auto applying = zeroes ? store_.write_zeroes(path, header.offset_bytes, header.length_bytes)
                           : store_.write(path, header.offset_bytes,
                                          ByteSpan(request.payload.span(0, header.payload_bytes)));
    auto applied = co_await std::move(applying);
    if (!applied) {
        log_(Level::Error,
             fmt::format("replica write failed comb={} node={:x} unit={}: {}", header.comb,
                         header.node, header.unit, applied.error().what));
        co_return answer(request, status_of(applied.error()), comb.get());
    }
    sessions_.record(header.session, header.request_id);
    ++counters_.replicas;
    co_return answer(request, Status::Ok, comb.get());
}

rt::Task<Response> Replicator::rebuild_begin(Request& request) {
    const CombPtr comb = find(request.header.comb);
    const Status admitted = admit_secondary(comb.get(), request);
    if (admitted == Status::Ok) {
        if (comb->value.state != map::CombState::Rebuilding) {
            co_return answer(request, Status::InvalidRequest, comb.get());
        }
        comb->incoming = std::make_unique<Incoming>();
    }
    co_return answer(request, admitted, comb.get());
}

rt::Task<Response> Replicator::copy_unit(Request& request) {
    const proto::RequestHeader& header = request.header;
    const CombPtr comb = find(header.comb);
    const UnitKey key{map::NodeId{header.node}, header.unit};
    auto guard = co_await locks_.acquire(key, kWholeUnit, LockMode::Exclusive,
                                         executor_.now() + options_.lock_timeout, stop_.token());
    if (!guard) {
        co_return answer(request, Status::Retry, comb.get());
    }
    if (const Status admitted = admit_secondary(comb.get(), request); admitted != Status::Ok) {
        co_return answer(request, admitted, comb.get());
    }
    if (!comb->incoming) {
        co_return answer(request, Status::Retry, comb.get());
    }
    if (!nodes_.contains(key.node)) {
        co_return answer(request, Status::Behind, comb.get());
    }
    auto image = unpack_unit(ByteSpan(request.payload.span(0, header.payload_bytes)));
    if (!image) {
        co_return answer(request, Status::InvalidRequest, comb.get());
    }
    comb->incoming->touched.insert(key);
    const UnitId id{comb->value.id, key.node, key.unit};
    auto importing = store_.import_unit(comb->value.secondary_device, id, std::move(*image));
    auto imported = co_await std::move(importing);
    if (!imported) {
        log_(Level::Error,
             fmt::format("unit copy failed comb={} node={:x} unit={}: {}", header.comb, header.node,
                         header.unit, imported.error().what));
        co_return answer(request, status_of(imported.error()), comb.get());
    }
    ++counters_.copied_units;
    co_return answer(request, Status::Ok, comb.get());
}

// Drops what the primary does not have: units of removed snapshots, for example.
rt::Task<Response> Replicator::rebuild_end(Request& request) {
    const CombPtr comb = find(request.header.comb);
    if (const Status admitted = admit_secondary(comb.get(), request); admitted != Status::Ok) {
        co_return answer(request, admitted, comb.get());
    }
    if (!comb->incoming) {
        co_return answer(request, Status::Retry, comb.get());
    }
    const map::DeviceId device = comb->value.secondary_device;
    for (const UnitKey& key : store_.units(device, comb->value.id)) {
        auto guard =
            co_await locks_.acquire(key, kWholeUnit, LockMode::Exclusive,
                                    executor_.now() + options_.lock_timeout, stop_.token());
        if (const Status admitted = admit_secondary(comb.get(), request); admitted != Status::Ok) {
            co_return answer(request, admitted, comb.get());
        }
        if (!guard || !comb->incoming) {
            co_return answer(request, Status::Retry, comb.get());
        }
        if (comb->incoming->touched.contains(key)) {
            continue;
        }
        const UnitId id{comb->value.id, key.node, key.unit};
        auto dropped = co_await store_.drop_unit(device, id);
        if (!dropped) {
            co_return answer(request, status_of(dropped.error()), comb.get());
        }
    }
    co_return answer(request, Status::Ok, comb.get());
}

// Own bytes of one node for the other copy's repair. Both members may be asked: in state Normal
// both are valid.
rt::Task<Response> Replicator::read_replica(Request& request) {
    const proto::RequestHeader& header = request.header;
    const CombPtr comb = find(header.comb);
    if (stopping_ || !mdm_.lease_valid()) {
        co_return answer(request, Status::NoLease, comb.get());
    }
    if (!comb || comb->value.generation.value != header.generation ||
        comb->value.state != map::CombState::Normal || !comb->value.has_copy(options_.self) ||
        request.from.role != proto::PeerRole::Sds ||
        request.from.id != comb->value.other(options_.self).value) {
        co_return answer(request, Status::InvalidRequest, comb.get());
    }
    UnitPath path;
    path.device = own_device(*comb);
    path.comb = comb->value.id;
    path.unit = header.unit;
    path.chain.push_back(map::NodeId{header.node});
    const BlockSet owned = store_.owned_blocks(path.device, path.id());
    for (std::uint32_t at = 0; at < header.length_bytes; at += kBlockBytes) {
        if (!owned.test((header.offset_bytes + at) / kBlockBytes)) {
            co_return answer(request, Status::Absent, comb.get());
        }
    }
    rt::IoBuffer buffer = rt::IoBuffer::allocate(header.length_bytes);
    auto done = co_await store_.read(path, header.offset_bytes, buffer.span());
    if (!done) {
        co_return answer(request, Status::Failed, comb.get());
    }
    Response response = answer(request, Status::Ok, comb.get());
    response.header.payload_bytes = header.length_bytes;
    response.header.payload_crc = crc32c(ByteSpan(buffer.span()));
    response.payload = std::move(buffer);
    co_return response;
}

} // namespace pf::sds
