// Snapshots and restore: the freeze protocol.
//
//   1  The intent is made durable, the nodes are marked frozen, every data server of the domain
//   that
//      may hold a lease is told to freeze them.
//   2  When all have acknowledged (or have lost their lease: they learn of it before they serve
//      again), every write that was acknowledged is in the frozen nodes, and none will follow.
//   3  The new tree is committed and pushed; clients send what was refused to the new leaves.
//
// If a server neither acknowledges nor loses its lease in time, or the MDM restarts, the freeze is
// undone and nothing has happened. One freeze at a time; further requests wait their turn.
#include "backend/mdm/core/core.hpp"
#include "backend/proto/control_message.hpp"

#include <algorithm>

namespace pf::mdm {
namespace {

constexpr std::size_t kMaxQueued = 256;
constexpr std::uint32_t kMaxVolumesPerTree = 127; // the base and 126 snapshots

} // namespace

map::NodeId Core::new_node(map::NodeId parent, std::uint64_t vtree, std::uint64_t pool) {
    map::Node node;
    node.id = map::NodeId{new_id()};
    node.parent = parent;
    node.vtree = map::VtreeId{vtree};
    node.pool = map::StoragePoolId{pool};
    changes_.nodes.insert(node.id);
    state_.nodes.emplace(node.id, node);
    return node.id;
}

void Core::collect_nodes() {
    std::vector<map::NodeId> leaves;
    leaves.reserve(state_.volumes.size());
    for (const auto& [id, v] : state_.volumes)
        leaves.push_back(map::NodeId{v.leaf()});
    for (auto id : map::unreachable_nodes(state_.nodes, leaves)) {
        state_.nodes.erase(id);
        changes_.nodes.insert(id);
    }
}

void Core::start_freeze(SessionId from, const wire::Envelope& request) {
    if (!freeze_)
        return begin_freeze(from, request);
    if (freeze_queue_.size() >= kMaxQueued)
        return refuse_request(from, request.request_id(),
                              {Rc::Busy, "Too many snapshot operations are waiting"});
    freeze_queue_.emplace_back(from, request);
}

Outcome<> Core::plan_freeze(const wire::ManagementRequest& r, Freeze& freeze) {
    if (r.op_case() == wire::ManagementRequest::kOverwriteVolume) {
        const auto& op = r.overwrite_volume();
        MDM_TRY(auto* target, volume(op.volume()));
        MDM_TRY(auto* source, volume(op.source()));
        if (target->vtree() != source->vtree())
            return refuse(Rc::VtreeMismatch);
        if (op.volume() == op.source())
            return refuse(Rc::WrongParameters, "A volume cannot be restored from itself");
        if (source->size_kb() > target->size_kb())
            return refuse(Rc::VolumeDecrease,
                          "The source volume '{}' is larger than the volume '{}'. Extend it first.",
                          source->name(), target->name());
        freeze.nodes = {target->leaf(), source->leaf()};
        freeze.volumes = {op.volume(), op.source()};
        return {};
    }
    const auto& op = r.snapshot_volumes();
    if (op.items().empty())
        return refuse(Rc::WrongParameters, "No volume to take a snapshot of");
    std::set<std::string> names;
    std::map<std::uint64_t, std::uint32_t> per_tree;
    for (const auto& item : op.items()) {
        MDM_TRY(auto* v, volume(item.volume()));
        MDM_CHECK(check_volume_name(item.name(), 0));
        if (!item.name().empty() && !names.insert(item.name()).second)
            return refuse(Rc::VolumeNameInUse);
        if (!freeze.volumes.insert(v->id()).second)
            return refuse(Rc::WrongParameters, "The volume '{}' is named twice", v->name());
        freeze.nodes.insert(v->leaf());
        const auto domain =
            state_.domains.find(state_.pools.at(v->storage_pool()).protection_domain());
        if (domain == state_.domains.end() || !domain->second.active())
            return refuse(Rc::DomainNotActive);
        if (per_tree.try_emplace(v->vtree(), 0).second)
            for (const auto& [id, other] : state_.volumes)
                per_tree[v->vtree()] += other.vtree() == v->vtree() ? 1 : 0;
        if (++per_tree[v->vtree()] > kMaxVolumesPerTree)
            return refuse(Rc::TooManySnapshots);
    }
    return {};
}

void Core::begin_freeze(SessionId from, const wire::Envelope& request) {
    Freeze freeze;
    if (auto planned = plan_freeze(request.management_request(), freeze); !planned)
        return refuse_request(from, request.request_id(), planned.error());
    freeze.id = new_id();
    freeze.session = from;
    freeze.request = request;
    freeze.deadline = now_.mono + config_.freeze_timeout;
    wire::FreezeIntentRecord intent;
    intent.set_id(freeze.id);
    std::set<std::uint64_t> domains;
    for (auto id : freeze.nodes) {
        intent.add_nodes(id);
        auto& node = state_.nodes.at(map::NodeId{id});
        node.frozen = true;
        changes_.nodes.insert(node.id);
        domains.insert(state_.pools.at(node.pool.value).protection_domain());
    }
    changes_.intents.insert(freeze.id);
    state_.intents.emplace(freeze.id, std::move(intent));
    for (const auto& [id, p] : sds_)
        if ((p.session != 0 || holds_lease(p)) &&
            domains.contains(state_.sds.at(id).protection_domain()))
            freeze.waiting.insert(id);
    say(LogLevel::Info,
        fmt::format("freeze begins id={} nodes={} servers={}", map::hex16(freeze.id),
                    freeze.nodes.size(), freeze.waiting.size()));
    freeze_ = std::move(freeze);
    for (auto id : freeze_->waiting)
        send_freeze(id);
    check_freeze();
}

void Core::send_freeze(std::uint64_t sds) {
    const auto& p = sds_.at(sds);
    if (p.session == 0)
        return; // told when it comes back
    wire::Envelope envelope;
    envelope.set_request_id(freeze_->id);
    auto& m = *envelope.mutable_freeze_nodes();
    m.set_freeze_id(freeze_->id);
    for (auto id : freeze_->nodes)
        m.add_nodes(id);
    send(p.session, std::move(envelope));
}

void Core::freeze_ack(std::uint64_t sds, const wire::Envelope& envelope) {
    if (!freeze_ || envelope.request_id() != freeze_->id)
        return; // of a freeze that was undone meanwhile
    if (auto outcome = wire::from_ack(envelope.ack()); !outcome)
        return abort_freeze(
            {Rc::NotReady, fmt::format("The SDS {} cannot freeze the volume: {}",
                                       state_.sds.at(sds).name(), outcome.error().what)});
    freeze_->waiting.erase(sds);
    check_freeze();
}

void Core::check_freeze() {
    if (!freeze_)
        return;
    std::erase_if(freeze_->waiting, [this](std::uint64_t id) {
        auto p = sds_.find(id);
        // Without a lease and unreachable: it serves nothing until it has the new configuration.
        return p == sds_.end() || (p->second.session == 0 && !holds_lease(p->second));
    });
    if (freeze_->waiting.empty())
        return commit_freeze();
    if (freeze_->deadline <= now_.mono) {
        std::string names;
        for (auto id : freeze_->waiting)
            names += (names.empty() ? "" : ", ") + state_.sds.at(id).name();
        abort_freeze(
            {Rc::Timeout, fmt::format("The volume could not be frozen in time on SDS {}", names)});
    }
}

void Core::commit_freeze() {
    const Freeze freeze = std::exchange(freeze_, std::nullopt).value();
    state_.intents.erase(freeze.id);
    changes_.intents.insert(freeze.id);
    wire::Envelope answer;
    answer.set_request_id(freeze.request.request_id());
    auto& reply = *answer.mutable_management_reply();
    const auto& r = freeze.request.management_request();
    if (r.op_case() == wire::ManagementRequest::kOverwriteVolume) {
        auto& target = state_.volumes.at(r.overwrite_volume().volume());
        auto& source = state_.volumes.at(r.overwrite_volume().source());
        const map::NodeId base{source.leaf()};
        source.set_leaf(new_node(base, source.vtree(), source.storage_pool()).value);
        target.set_leaf(new_node(base, target.vtree(), target.storage_pool()).value);
        changes_.volumes.insert(source.id());
        changes_.volumes.insert(target.id());
        collect_nodes(); // the target's old content, unless a snapshot still builds on it
        strict_ = true;
    } else {
        const auto& op = r.snapshot_volumes();
        const auto group = new_id();
        reply.set_group_id(group);
        for (const auto& item : op.items()) {
            auto& origin = state_.volumes.at(item.volume());
            const map::NodeId base{origin.leaf()};
            wire::VolumeRecord snapshot;
            snapshot.set_id(new_id());
            snapshot.set_name(item.name());
            snapshot.set_size_kb(origin.size_kb());
            snapshot.set_type(wire::SNAPSHOT);
            snapshot.set_storage_pool(origin.storage_pool());
            snapshot.set_vtree(origin.vtree());
            snapshot.set_ancestor(origin.id());
            snapshot.set_consistency_group(group);
            snapshot.set_created_at(now_.wall);
            snapshot.set_nsid(new_nsid());
            snapshot.set_access_mode_limit(op.access_mode_limit());
            *snapshot.mutable_properties() = op.properties();
            snapshot.set_leaf(new_node(base, origin.vtree(), origin.storage_pool()).value);
            origin.set_leaf(new_node(base, origin.vtree(), origin.storage_pool()).value);
            changes_.volumes.insert(origin.id());
            changes_.volumes.insert(snapshot.id());
            reply.add_ids(snapshot.id());
            state_.volumes.emplace(snapshot.id(), std::move(snapshot));
        }
    }
    say(LogLevel::Info, fmt::format("freeze committed id={}", map::hex16(freeze.id)));
    answer_.emplace(freeze.session, std::move(answer));
    // The next one waits for a later step (tick): one answer and one commit in each.
}

void Core::abort_freeze(const Refusal& why) {
    const Freeze freeze = std::exchange(freeze_, std::nullopt).value();
    undo_intent(freeze.id);
    say(LogLevel::Warn, fmt::format("freeze undone id={}: {}", map::hex16(freeze.id), why.text));
    refuse_request(freeze.session, freeze.request.request_id(), why);
}

// Leaves stay writable: only a leaf that some volume still has is thawed.
void Core::undo_intent(std::uint64_t id) {
    auto found = state_.intents.find(id);
    if (found == state_.intents.end())
        return;
    for (auto node_id : found->second.nodes()) {
        auto node = state_.nodes.find(map::NodeId{node_id});
        const bool leaf =
            std::any_of(state_.volumes.begin(), state_.volumes.end(),
                        [node_id](const auto& entry) { return entry.second.leaf() == node_id; });
        if (node == state_.nodes.end() || !leaf)
            continue;
        node->second.frozen = false;
        changes_.nodes.insert(node->first);
    }
    changes_.intents.insert(id);
    state_.intents.erase(found);
}

Outcome<> Core::remove_snapshot_group(const wire::RemoveSnapshotGroupOp& r,
                                      wire::ManagementReply& reply) {
    std::set<std::uint64_t> doomed;
    for (const auto& [id, v] : state_.volumes)
        if (v.consistency_group() == r.group() && r.group() != 0)
            doomed.insert(id);
    if (doomed.empty())
        return refuse(Rc::NotFound);
    MDM_CHECK(erase_volumes(doomed));
    reply.set_count(static_cast<std::uint32_t>(doomed.size()));
    return {};
}

} // namespace pf::mdm
