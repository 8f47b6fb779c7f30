// Admin commands other than Identify and Get Log Page.
#include "backend/nvme/target/impl.hpp"

#include <algorithm>

namespace pf::nvme::target {
namespace {

constexpr uint32_t kDefaultTemperature = 0x0157;

// Features that a controller only keeps: their default, or nothing when the id is unknown.
std::optional<uint32_t> plain_default(FeatureId id) {
    switch (id) {
    case FeatureId::Arbitration:
        return 6; // no limit on the burst
    case FeatureId::PowerManagement:
        return 0;
    case FeatureId::TemperatureThreshold:
        return kDefaultTemperature;
    case FeatureId::ErrorRecovery:
    case FeatureId::WriteAtomicity:
        return 0;
    default:
        return std::nullopt;
    }
}

} // namespace

void Target::Impl::admin(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Sqe& sqe = c.command(slot).sqe;
    Controller& controller = *session.controller;
    if (!controller.enabled()) {
        c.respond(slot, st::kCommandSequence);
        return;
    }
    if (controller.discovery) {
        const bool allowed =
            sqe.opcode == admin_op::kIdentify || sqe.opcode == admin_op::kGetLogPage ||
            sqe.opcode == admin_op::kKeepAlive || sqe.opcode == admin_op::kAsyncEvent ||
            sqe.opcode == admin_op::kSetFeatures || sqe.opcode == admin_op::kGetFeatures;
        if (!allowed) {
            c.respond(slot, st::kInvalidOpcode);
            return;
        }
    }
    switch (sqe.opcode) {
    case admin_op::kIdentify:
        return identify(session, slot);
    case admin_op::kGetLogPage:
        return get_log(session, slot);
    case admin_op::kSetFeatures:
        return set_features(session, slot);
    case admin_op::kGetFeatures:
        return get_features(session, slot);
    case admin_op::kAbort:
        return abort(session, slot);
    case admin_op::kAsyncEvent:
        return async_event(session, slot);
    case admin_op::kKeepAlive:
        c.respond(slot, st::kOk);
        return;
    default:
        c.respond(slot, st::kInvalidOpcode);
    }
}

// A write that storage has is never aborted: answered early, it could land after, and over, what
// the host writes next. Whatever changes nothing is answered at once.
bool Target::Impl::abort_command(Session& session, uint16_t cid, Status status) {
    Connection& c = session.connection;
    const AbortFound found = c.abort(cid, status);
    if (found.outcome != AbortOutcome::Executing || session.qid == 0)
        return found.outcome == AbortOutcome::Aborted;
    const Command& cmd = c.command(found.slot);
    const uint8_t op = cmd.sqe.opcode;
    const bool harmless =
        op == io_op::kRead || op == io_op::kCompare || op == io_op::kVerify || op == io_op::kFlush;
    if (!harmless || cmd.partner >= 0)
        return false;
    c.respond(found.slot, status);
    return true;
}

void Target::Impl::abort(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const uint32_t cdw10 = c.command(slot).sqe.cdw10;
    const auto sqid = static_cast<uint16_t>(cdw10);
    const auto cid = static_cast<uint16_t>(cdw10 >> 16);
    Controller& controller = *session.controller;
    bool aborted = false;
    if (sqid == 0) {
        const auto it = std::find_if(controller.aers.begin(), controller.aers.end(),
                                     [&](uint16_t aer) { return c.command(aer).sqe.cid == cid; });
        if (it != controller.aers.end()) {
            const uint16_t aer = *it;
            controller.aers.erase(it);
            c.respond(aer, st::kAborted);
            aborted = true;
        } else {
            aborted = abort_command(session, cid);
        }
    } else if (const auto q = controller.io_queues.find(sqid); q != controller.io_queues.end()) {
        if (Session* target = find(q->second)) {
            aborted = abort_command(*target, cid);
            touch(*target);
        }
    }
    c.respond(slot, st::kOk, aborted ? 0 : 1);
}

void Target::Impl::async_event(Session& session, uint16_t slot) {
    Controller& controller = *session.controller;
    if (controller.aers.size() >= kMaxAers) {
        session.connection.respond(slot, st::kAerLimit);
        return;
    }
    controller.aers.push_back(slot);
    deliver(controller);
}

void Target::Impl::set_features(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Sqe& sqe = c.command(slot).sqe;
    Controller& controller = *session.controller;
    if ((sqe.cdw10 & (1u << 31)) != 0) {
        c.respond(slot, st::kFeatureNotSaveable);
        return;
    }
    const auto id = static_cast<FeatureId>(sqe.cdw10 & 0xFF);
    switch (id) {
    case FeatureId::NumberOfQueues: {
        const auto sq = static_cast<uint16_t>(sqe.cdw11);
        const auto cq = static_cast<uint16_t>(sqe.cdw11 >> 16);
        if (controller.discovery || sq == 0xFFFF || cq == 0xFFFF)
            break;
        if (!controller.io_queues.empty()) {
            c.respond(slot, st::kCommandSequence);
            return;
        }
        const uint32_t granted =
            std::min<uint32_t>(options_.max_io_queues, std::min<uint32_t>(sq, cq) + 1u);
        controller.granted_queues = static_cast<uint16_t>(granted);
        c.respond(slot, st::kOk, (granted - 1) | (granted - 1) << 16);
        return;
    }
    case FeatureId::AsyncEventConfig: {
        const uint32_t supported =
            controller.discovery ? aen::kConfigDiscovery : aen::kConfigNamespace | aen::kConfigAna;
        controller.aec = sqe.cdw11 & supported;
        c.respond(slot, st::kOk);
        return;
    }
    case FeatureId::KeepAliveTimer:
        if (sqe.cdw11 == 0) {
            c.respond(slot, st::kKeepAliveInvalid);
            return;
        }
        controller.kato = effective_kato(sqe.cdw11);
        c.respond(slot, st::kOk);
        return;
    case FeatureId::HostBehavior:
        c.respond(slot, c.command(slot).data().size() == 512 ? st::kOk : st::kInvalidField);
        return;
    case FeatureId::HostId:
        c.respond(slot, st::kCommandSequence);
        return;
    case FeatureId::ReservationMask:
        if (controller.discovery)
            break;
        if (const NamespaceConfig* ns = nullptr; sqe.nsid != kBroadcastNsid) {
            if (const Status status = usable(controller, sqe.nsid, ns); !status.ok()) {
                c.respond(slot, status);
                return;
            }
        }
        for (const NamespaceConfig& ns : controller.attached)
            if (sqe.nsid == kBroadcastNsid || ns.nsid == sqe.nsid)
                controller.notice_masks[ns.nsid] = sqe.cdw11 & 0x0E;
        c.respond(slot, st::kOk);
        return;
    case FeatureId::ReservationPersistence:
        if (controller.discovery)
            break;
        return set_persistence(session, slot);
    case FeatureId::PowerManagement:
        c.respond(slot, (sqe.cdw11 & 0x1F) == 0 ? st::kOk : st::kInvalidField);
        return;
    default:
        if (controller.discovery || !plain_default(id))
            break;
        controller.features[static_cast<uint8_t>(id)] = sqe.cdw11;
        c.respond(slot, st::kOk);
        return;
    }
    c.respond(slot, st::kInvalidField);
}

void Target::Impl::get_features(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Sqe& sqe = c.command(slot).sqe;
    const Controller& controller = *session.controller;
    const auto id = static_cast<FeatureId>(sqe.cdw10 & 0xFF);
    const uint32_t select = sqe.cdw10 >> 8 & 7;
    if (select > 3) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    std::optional<uint32_t> value;
    const bool io = !controller.discovery;
    bool changeable = true;
    if (id == FeatureId::NumberOfQueues && io) {
        const uint32_t n = controller.granted_queues - 1u;
        value = n | n << 16;
    } else if (id == FeatureId::AsyncEventConfig) {
        value = controller.aec;
    } else if (id == FeatureId::KeepAliveTimer) {
        value = static_cast<uint32_t>(controller.kato.count());
    } else if (id == FeatureId::HostBehavior && io) {
        const Bytes none(512);
        c.respond_data(slot, none);
        return;
    } else if (id == FeatureId::HostId && io) {
        if (select == 0 && (sqe.cdw11 & 1) == 0) { // only the 128-bit form is in use
            c.respond(slot, st::kInvalidField);
            return;
        }
        if (select == 0) {
            c.respond_data(slot, struct_bytes(controller.host_id));
            return;
        }
        value = 0;
        changeable = false;
    } else if ((id == FeatureId::ReservationMask || id == FeatureId::ReservationPersistence) &&
               io) {
        const NamespaceConfig* ns = nullptr;
        if (const Status status = usable(controller, sqe.nsid, ns); !status.ok()) {
            c.respond(slot, status);
            return;
        }
        const auto mask = controller.notice_masks.find(sqe.nsid);
        if (select == 1)
            value = 0;
        else if (id == FeatureId::ReservationPersistence)
            value = ns->reservation && ns->reservation->persist ? 1 : 0;
        else
            value = mask == controller.notice_masks.end() ? 0 : mask->second;
    } else if (const auto fallback = plain_default(id); fallback && io) {
        const auto set = controller.features.find(static_cast<uint8_t>(id));
        value = select == 0 && set != controller.features.end() ? set->second : *fallback;
    }
    if (!value) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    constexpr uint32_t kChangeable = 4;
    c.respond(slot, st::kOk, select == 3 ? (changeable ? kChangeable : 0) : *value);
}

} // namespace pf::nvme::target
