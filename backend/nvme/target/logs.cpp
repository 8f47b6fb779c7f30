// Get Log Page. A page is built whole, then cut at the offset that the host asks for.
#include "backend/nvme/target/impl.hpp"
#include "base/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pf::nvme::target {
namespace {

constexpr uint32_t kSupported = 1u;      // effects log: command supported
constexpr uint32_t kChangesContent = 2u; // logical block content change

EffectsLog effects_log() {
    EffectsLog log;
    for (const uint8_t op :
         {admin_op::kGetLogPage, admin_op::kIdentify, admin_op::kAbort, admin_op::kSetFeatures,
          admin_op::kGetFeatures, admin_op::kAsyncEvent, admin_op::kKeepAlive})
        log.admin[op] = kSupported;
    for (const uint8_t op : {io_op::kFlush, io_op::kRead, io_op::kCompare, io_op::kVerify})
        log.io[op] = kSupported;
    for (const uint8_t op : {io_op::kReservationRegister, io_op::kReservationReport,
                             io_op::kReservationAcquire, io_op::kReservationRelease})
        log.io[op] = kSupported;
    for (const uint8_t op : {io_op::kWrite, io_op::kWriteZeroes, io_op::kDsm})
        log.io[op] = kSupported | kChangesContent;
    return log;
}

SmartLog smart_log(const Controller& controller) {
    SmartLog log;
    log.temperature_kelvin = 308;
    log.available_spare = 100;
    log.spare_threshold = 10;
    constexpr uint64_t kDataUnit = 512 * 1000;
    log.data_units_read[0] = controller.read_bytes / kDataUnit;
    log.data_units_written[0] = controller.write_bytes / kDataUnit;
    log.host_reads[0] = controller.reads;
    log.host_writes[0] = controller.writes;
    return log;
}

Bytes firmware_log(const std::string& revision) {
    Bytes page(512);
    page[0] = std::byte{1}; // slot 1 is active
    std::array<char, 8> text{};
    put_text(text, revision, ' ');
    std::memcpy(page.data() + 8, text.data(), text.size());
    return page;
}

Bytes changed_namespaces(const std::set<uint32_t>& nsids) {
    std::array<uint32_t, 1024> list{};
    if (nsids.size() > list.size())
        list[0] = 0xFFFFFFFFu; // too many to list
    else
        std::copy(nsids.begin(), nsids.end(), list.begin());
    const ByteSpan s = struct_bytes(list);
    return Bytes(s.begin(), s.end());
}

Bytes bytes_of(const auto& structure) {
    const ByteSpan s = struct_bytes(structure);
    return Bytes(s.begin(), s.end());
}

} // namespace

Bytes Target::Impl::ana_log(const Controller& controller, bool groups_only) const {
    std::map<uint32_t, std::vector<uint32_t>> groups;
    for (const NamespaceConfig& ns : controller.attached)
        groups[ns.ana_group].push_back(ns.nsid);
    AnaLogHeader header;
    header.change_count = ana_changes_;
    header.groups = static_cast<uint16_t>(groups.size());
    Bytes page;
    append_struct(page, header);
    for (const auto& [group, nsids] : groups) {
        AnaGroupDescriptor d;
        d.group_id = group;
        d.namespaces = groups_only ? 0 : static_cast<uint32_t>(nsids.size());
        const auto changes = ana_group_changes_.find(group);
        d.change_count = changes == ana_group_changes_.end() ? 0 : changes->second;
        d.state = static_cast<uint8_t>(ana_state(controller, group));
        append_struct(page, d);
        if (!groups_only)
            for (const uint32_t nsid : nsids)
                append_struct(page, nsid);
    }
    return page;
}

Bytes Target::Impl::discovery_log(const Controller& controller) const {
    const HostConfig* h = host(controller.host_nqn);
    bool visible = view_.allow_any_host || view_.visibility == DiscoveryVisibility::All;
    if (h)
        visible =
            visible || view_.visibility == DiscoveryVisibility::Registered || !h->nsids.empty();
    const std::vector<Portal>& portals = h && h->portals ? *h->portals : view_.portals;
    DiscoveryLogHeader header;
    header.records = visible ? portals.size() : 0;
    Bytes page;
    append_struct(page, header);
    if (!visible)
        return page;
    for (const Portal& portal : portals) {
        DiscoveryLogEntry e;
        e.adrfam = portal.address.find(':') == std::string::npos ? 1 : 2;
        e.treq = 0x04; // the host may switch submission queue flow control off
        if (portal.tls) {
            e.treq |= 0x01; // a secure channel is required
            e.tsas[0] = 2;  // TLS 1.3
        }
        e.portid = portal.port_id;
        e.asqsz = 128;
        put_text(e.trsvcid, std::to_string(portal.port), ' ');
        put_text(e.subnqn, options_.subsystem_nqn, '\0');
        put_text(e.traddr, portal.address, ' ');
        append_struct(page, e);
    }
    return page;
}

// The generation is a digest of the content: it stays while the content stays, over restarts too,
// and every target of the system gives a host the same one for the same answer.
uint64_t Target::Impl::discovery_generation(const Controller& controller) const {
    const auto digest = sha256(discovery_log(controller));
    return load_struct<uint64_t>(ByteSpan(digest)) >> 16;
}

// The event that stood for the page may be told again.
void Target::Impl::log_was_read(Controller& controller, LogId lid) {
    if (lid == LogId::Discovery) {
        controller.discovery_event = {};
    } else if (lid == LogId::ChangedNamespaces) {
        controller.changed_nsids.clear();
        controller.namespace_event = {};
    } else if (lid == LogId::Ana) {
        controller.ana_event = {};
    } else if (lid == LogId::Reservation) {
        reservation_log_was_read(controller);
    }
}

void Target::Impl::get_log(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Command& cmd = c.command(slot);
    const Sqe& sqe = cmd.sqe;
    Controller& controller = *session.controller;
    const auto lid = static_cast<LogId>(sqe.cdw10 & 0xFF);
    const bool retain = (sqe.cdw10 & 0x8000) != 0;
    const uint64_t dwords = ((uint64_t{sqe.cdw11 & 0xFFFF} << 16) | (sqe.cdw10 >> 16)) + 1;
    const uint64_t offset = (uint64_t{sqe.cdw13} << 32) | sqe.cdw12;
    if (offset % 4 != 0) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    const bool io = !controller.discovery;
    if (sqe.nsid != 0 && sqe.nsid != kBroadcastNsid && lid != LogId::Smart) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    std::optional<Bytes> page;
    if (lid == LogId::Discovery && !io) {
        page = discovery_log(controller);
        const uint64_t generation = discovery_generation(controller);
        std::memcpy(page->data(), &generation, sizeof(generation));
    } else if (lid == LogId::ErrorInfo) {
        page = Bytes(64);
    } else if (lid == LogId::Smart && io) {
        page = bytes_of(smart_log(controller));
    } else if (lid == LogId::FirmwareSlot && io) {
        page = firmware_log(options_.firmware);
    } else if (lid == LogId::ChangedNamespaces && io) {
        page = changed_namespaces(controller.changed_nsids);
    } else if (lid == LogId::CommandEffects && io) {
        page = bytes_of(effects_log());
    } else if (lid == LogId::Ana && io) {
        page = ana_log(controller, (sqe.cdw10 >> 8 & 1) != 0);
    } else if (lid == LogId::Reservation && io) {
        page = reservation_log(controller);
    }
    if (!page) {
        c.respond(slot, st::kInvalidLogPage);
        return;
    }
    if (offset > page->size()) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    if (!retain)
        log_was_read(controller, lid);
    // Past the end of the page the host reads zeroes.
    const uint64_t wanted = std::min<uint64_t>(dwords * 4, cmd.length);
    page->erase(page->begin(), page->begin() + static_cast<std::ptrdiff_t>(offset));
    page->resize(wanted);
    c.respond_data(slot, *page);
}

} // namespace pf::nvme::target
