#include "backend/sds/core/replicator.hpp"

#include "backend/sds/core/active_write.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sds {

namespace {

// Whether a server in this role gets to see every write of the comb. The target of a rebuild does
// not: writes to what has not been copied yet are acknowledged without it.
bool sees_all_writes(const map::Comb& comb, map::SdsId self) {
    if (comb.state == map::CombState::Failed) {
        return false;
    }
    return comb.primary == self || (comb.secondary == self && comb.state == map::CombState::Normal);
}

constexpr std::size_t kMaxChain = 1024; // a V-Tree is never that deep: a longer walk is a loop

} // namespace

Replicator::Replicator(rt::Executor& executor, UnitStore& store, PeerPort& peers, MdmPort& mdm,
                       ReplicatorOptions options, LogSink log)
    : executor_(executor), store_(store), peers_(peers), mdm_(mdm), options_(options),
      log_(std::move(log)), write_ended_(executor), locks_(executor), sessions_(executor),
      zeroes_(rt::IoBuffer::zeroed(proto::kUnitBytes)),
      rebuild_slots_(executor, options.parallel_rebuilds), gate_(executor) {}

Replicator::~Replicator() = default;

rt::Task<Response> Replicator::execute(Request request) {
    using proto::Op;
    switch (request.header.op) {
    case Op::Read:
        co_return co_await client_read(request);
    case Op::Write:
    case Op::WriteZeroes:
    case Op::CompareAndWrite:
        co_return co_await client_write(request);
    case Op::Flush: {
        // Acknowledged writes are durable: what is left to say is whether this is the place to ask.
        const CombPtr comb = find(request.header.comb);
        co_return answer(request, admit_primary(comb.get(), request), comb.get());
    }
    case Op::Replicate:
        co_return co_await replicate(request);
    case Op::CopyUnit:
        co_return co_await copy_unit(request);
    case Op::RebuildBegin:
        co_return co_await rebuild_begin(request);
    case Op::RebuildEnd:
        co_return co_await rebuild_end(request);
    case Op::ReadReplica:
        co_return co_await read_replica(request);
    case Op::Hello:
        break;
    }
    co_return answer(request, proto::Status::InvalidRequest, nullptr);
}

Replicator::CombPtr Replicator::find(std::uint32_t comb) const {
    const auto found = combs_.find(comb);
    return found == combs_.end() ? nullptr : found->second;
}

map::DeviceId Replicator::own_device(const Comb& comb) const {
    return is_primary(comb) ? comb.value.primary_device : comb.value.secondary_device;
}

bool Replicator::build_chain(map::NodeId node, std::vector<map::NodeId>& chain) const {
    while (node.value != 0) {
        const auto found = nodes_.find(node);
        if (found == nodes_.end() || chain.size() == kMaxChain) {
            return false;
        }
        chain.push_back(node);
        node = found->second.parent;
    }
    return !chain.empty();
}

Response Replicator::answer(const Request& request, proto::Status status, const Comb* comb,
                            std::uint64_t detail) const {
    Response response;
    response.header.op = request.header.op;
    response.header.tag = request.header.tag;
    response.header.status = status;
    response.header.detail = detail;
    response.header.generation = comb == nullptr ? 0 : comb->value.generation.value;
    return response;
}

// ---- configuration ---------------------------------------------------------------------------

void Replicator::apply(ReplicatorConfig config) {
    if (config.full) {
        std::unordered_set<std::uint32_t> combs;
        for (const auto& placed : config.combs) {
            combs.insert(placed.comb.id.value);
        }
        for (const auto& [id, comb] : combs_) {
            if (!combs.contains(id)) {
                config.removed_combs.push_back(comb->value.id);
            }
        }
        for (const map::CombId id : store_.combs()) {
            if (!combs.contains(id.value) && !combs_.contains(id.value)) {
                config.removed_combs.push_back(id);
            }
        }
        std::unordered_set<std::uint64_t> nodes;
        for (const auto& node : config.nodes) {
            nodes.insert(node.id.value);
        }
        for (const auto& [id, node] : nodes_) {
            if (!nodes.contains(id.value)) {
                config.removed_nodes.push_back(id);
            }
        }
        for (const map::NodeId id : store_.nodes()) {
            if (!nodes.contains(id.value) && !nodes_.contains(id)) {
                config.removed_nodes.push_back(id);
            }
        }
    }
    for (const auto& node : config.nodes) {
        nodes_[node.id] = node;
        if (!node.frozen) {
            frozen_.erase(node.id.value);
        }
    }
    for (const map::NodeId node : config.removed_nodes) {
        nodes_.erase(node);
        frozen_.erase(node.value);
        gate_.spawn(drop_node_later(node));
    }
    for (const auto& placed : config.combs) {
        adopt(placed);
    }
    first_config_ = false;
    for (const map::CombId id : config.removed_combs) {
        const CombPtr comb = find(id.value);
        if (comb) {
            retire(comb);
        }
        gate_.spawn(drop_comb_later(id, comb));
    }
}

void Replicator::adopt(const ReplicatorConfig::PlacedComb& placed) {
    auto& slot = combs_[placed.comb.id.value];
    const bool fresh = !slot;
    if (fresh) {
        slot = std::make_shared<Comb>(executor_);
        slot->generation_over = std::make_unique<rt::CancelSource>(stop_.token());
    }
    const CombPtr comb = slot;
    comb->pool = placed.pool;
    if (!fresh && comb->value == placed.comb) {
        return;
    }
    if (!fresh && placed.comb.generation <= comb->value.generation) {
        log_(Level::Error, fmt::format("older configuration ignored comb={} generation={} have={}",
                                       placed.comb.id.value, placed.comb.generation.value,
                                       comb->value.generation.value));
        return;
    }
    const bool knew = !fresh && sees_all_writes(comb->value, options_.self);
    if (!knew || !sees_all_writes(placed.comb, options_.self)) {
        comb->knows_since = executor_.now();
    }
    if (!fresh) {
        log_(Level::Info, fmt::format("comb={} generation={} state={} primary={:x} secondary={:x}",
                                      placed.comb.id.value, placed.comb.generation.value,
                                      map::to_string(placed.comb.state), placed.comb.primary.value,
                                      placed.comb.secondary.value));
    }
    comb->value = placed.comb;
    comb->stale_asked = false;
    comb->suspect = false;
    comb->outgoing.reset();
    comb->incoming.reset();
    // Ends the waits that belong to the older generation; they look at the new one then.
    comb->generation_over->cancel();
    comb->generation_over = std::make_unique<rt::CancelSource>(stop_.token());
    comb->changed.wake_all();

    const bool primary = is_primary(*comb);
    if (first_config_ && options_.unclean && primary &&
        comb->value.state == map::CombState::Normal) {
        // Rule 7: writes that were in flight when we crashed may be on one copy only. Both copies
        // hold everything acknowledged, so ours becomes the only one and is copied over. Combs that
        // come to us later were not here when we crashed.
        comb->suspect = true;
        ask_stale(comb, comb->value.secondary, "primary restarted with writes in flight");
    }
    if (primary && comb->value.state == map::CombState::Rebuilding) {
        comb->outgoing = std::make_unique<Outgoing>();
        gate_.spawn(rebuild(comb, comb->value.generation));
    }
}

void Replicator::retire(const CombPtr& comb) {
    comb->removed = true;
    comb->generation_over->cancel();
    comb->changed.wake_all();
    combs_.erase(comb->value.id.value);
}

rt::Task<void> Replicator::drop_node_later(map::NodeId node) {
    while (node_writes_.contains(node.value) && !stopping_) {
        (void)co_await write_ended_.wait(executor_.now() + std::chrono::seconds(1), stop_.token());
    }
    if (stopping_ || nodes_.contains(node)) {
        co_return;
    }
    if (auto dropped = co_await store_.drop_node(node); !dropped) {
        log_(Level::Warn,
             fmt::format("node={:x} could not be dropped: {}", node.value, dropped.error().what));
    }
}

rt::Task<void> Replicator::drop_comb_later(map::CombId id, CombPtr comb) {
    // What was admitted before the removal ends soon: its waits have been cancelled.
    while (comb && !comb->writes.empty() && !stopping_) {
        (void)co_await write_ended_.wait(executor_.now() + std::chrono::seconds(1), stop_.token());
    }
    if (stopping_ || combs_.contains(id.value)) {
        co_return;
    }
    if (auto dropped = co_await store_.drop_comb(id); !dropped) {
        log_(Level::Warn,
             fmt::format("comb={} could not be dropped: {}", id.value, dropped.error().what));
    }
}

// ---- staleness -------------------------------------------------------------------------------

void Replicator::ask_stale(const CombPtr& comb, map::SdsId stale, std::string reason) {
    if (comb->stale_asked || comb->removed || stopping_) {
        return;
    }
    comb->stale_asked = true;
    ++counters_.stale_reports;
    log_(Level::Warn,
         fmt::format("comb={} generation={} stale={:x} reported: {}", comb->value.id.value,
                     comb->value.generation.value, stale.value, reason));
    gate_.spawn(ask_stale_until_moved(comb, comb->value.generation, stale, std::move(reason)));
}

rt::Task<void> Replicator::ask_stale_until_moved(CombPtr comb, map::Generation generation,
                                                 map::SdsId stale, std::string reason) {
    while (!stopping_ && !comb->removed && comb->value.generation == generation) {
        (void)co_await mdm_.mark_stale(comb->value.id, generation, stale, reason);
        if (comb->value.generation != generation) {
            break;
        }
        (void)co_await rt::sleep_until(executor_, executor_.now() + std::chrono::milliseconds(50),
                                       stop_.token());
    }
}

rt::Task<void> Replicator::wait_moved(Comb& comb, map::Generation from) {
    while (!stopping_ && !comb.removed && comb.value.generation == from) {
        (void)co_await comb.changed.wait(executor_.now() + std::chrono::seconds(1), stop_.token());
    }
}

// ---- freeze, stop ------------------------------------------------------------------------------

rt::Task<Result<void>> Replicator::freeze(std::vector<map::NodeId> nodes, MonoTime deadline) {
    for (const map::NodeId node : nodes) {
        frozen_.insert(node.value);
    }
    for (const map::NodeId node : nodes) {
        while (node_writes_.contains(node.value)) {
            auto woken = co_await write_ended_.wait(deadline, stop_.token());
            if (!woken && node_writes_.contains(node.value)) {
                co_return fail_while(std::move(woken).error(), "freezing node {:x}", node.value);
            }
        }
    }
    co_return Result<void>{};
}

bool Replicator::fenced_writes() const {
    return std::any_of(fence_writes_.begin(), fence_writes_.end(), [this](const auto& entry) {
        const auto& [node, fence] = entry.first;
        const auto known = nodes_.find(node);
        return known != nodes_.end() && fence < known->second.fence;
    });
}

rt::Task<void> Replicator::drain_fenced() {
    while (fenced_writes() && !stopping_) {
        (void)co_await write_ended_.wait(executor_.now() + std::chrono::seconds(1), stop_.token());
    }
}

rt::Task<void> Replicator::stop() {
    stopping_ = true;
    stop_.cancel();
    for (const auto& [id, comb] : combs_) {
        comb->changed.wake_all();
    }
    co_await gate_.close();
    while (writes_in_progress_ > 0) {
        (void)co_await write_ended_.wait(executor_.now() + std::chrono::seconds(1));
    }
}

std::vector<Replicator::RebuildProgress> Replicator::rebuilds() const {
    std::vector<RebuildProgress> progress;
    for (const auto& [id, comb] : combs_) {
        if (comb->outgoing) {
            const auto& out = *comb->outgoing;
            progress.push_back({comb->value.id, out.copied, out.copied + out.pending.size()});
        }
    }
    return progress;
}

} // namespace pf::sds
