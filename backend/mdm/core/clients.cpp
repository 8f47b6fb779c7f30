// Clients of the data path: SDCs and SDTs.
#include "backend/mdm/core/core.hpp"
#include "backend/proto/control_message.hpp"

#include <algorithm>

namespace pf::mdm {

void Core::client_register(SessionId from, std::uint64_t request_id,
                           const wire::ClientRegister& m) {
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    auto& reply = *envelope.mutable_client_register_reply();
    reply.set_system_id(state_.system.id());
    auto refuse_it = [&](Errc code, std::string text) {
        refuse_registration(from, envelope, reply, "client", Error{code, std::move(text)});
    };
    if (const auto fault = registration_fault(m.protocol_version(), m.system_id(), "client"))
        return refuse_it(fault->code, fault->what);
    PartyKey key;
    if (m.kind() == wire::CLIENT_SDT) {
        wire::SdtRecord* record = nullptr;
        if (auto found = state_.sdts.find(m.sdt_id());
            m.sdt_id() != 0 && found != state_.sdts.end())
            record = &found->second;
        for (auto& [id, sdt] : state_.sdts)
            if (record == nullptr && m.sdt_id() == 0 && !m.name().empty() && sdt.name() == m.name())
                record = &sdt;
        for (auto& [id, sdt] : state_.sdts) {
            if (record != nullptr || m.sdt_id() != 0 || sdt.nvme_port() != m.nvme_port())
                continue;
            for (const auto& ip : sdt.ips())
                if (std::find(m.ips().begin(), m.ips().end(), ip.ip()) != m.ips().end())
                    record = &sdt;
        }
        if (record == nullptr)
            return refuse_it(Errc::NotFound,
                             fmt::format("no SDT '{}' at {}:{} has been added", m.name(),
                                         m.ips_size() > 0 ? m.ips(0) : "?", m.nvme_port()));
        if (record->software_version() != m.software_version() ||
            record->tls_port() != m.tls_port()) {
            record->set_software_version(m.software_version());
            record->set_tls_port(m.tls_port());
            changes_.sdts.insert(record->id());
        }
        *reply.mutable_sdt() = *record;
        key = {PartyKind::Sdt, record->id()};
    } else {
        if (m.guid().empty())
            return refuse_it(Errc::InvalidArgument, "an SDC registers with its GUID");
        wire::SdcRecord* record = nullptr;
        for (auto& [id, sdc] : state_.sdcs)
            if (sdc.guid() == m.guid())
                record = &sdc;
        if (record == nullptr) {
            wire::SdcRecord fresh;
            fresh.set_id(new_id());
            fresh.set_guid(m.guid());
            const bool name_free =
                std::none_of(state_.sdcs.begin(), state_.sdcs.end(),
                             [&m](const auto& entry) { return entry.second.name() == m.name(); });
            if (name_free && check_name(m.name(), true))
                fresh.set_name(m.name());
            fresh.set_approved(state_.system.restricted_sdc_mode() == "None");
            fresh.set_ip(m.ip());
            record = &state_.sdcs.emplace(fresh.id(), fresh).first->second;
            changes_.sdcs.insert(fresh.id());
            say(LogLevel::Info, fmt::format("SDC added sdc={} guid={} ip={}",
                                            map::hex16(fresh.id()), m.guid(), m.ip()));
        }
        if (record->ip() != m.ip() || record->os_type() != m.os_type() ||
            record->software_version() != m.software_version()) {
            record->set_ip(m.ip());
            record->set_os_type(m.os_type());
            record->set_software_version(m.software_version());
            changes_.sdcs.insert(record->id());
        }
        if (!record->approved())
            return refuse_it(Errc::PermissionDenied,
                             fmt::format("SDC {} is not approved", m.guid()));
        key = {PartyKind::Sdc, record->id()};
    }
    auto& p = clients_[key];
    if (p.session != 0 && p.session != from) {
        sessions_.erase(p.session);
        effects_.close.push_back(p.session);
    }
    sessions_[from] = key;
    p.session = from;
    p.sent_epoch = 0;
    p.applied_epoch = 0;
    p.unacked_since.reset();
    p.controllers.clear();
    p.needs_full = true;
    volatile_changed_ = true;
    if (key.kind == PartyKind::Sdt)
        changes_.sdts.insert(key.id); // the other SDTs count on it from now on
    reply.set_client_id(key.id);
    reply.set_heartbeat_ms(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(config_.heartbeat).count()));
    send_early(from, std::move(envelope));
    say(LogLevel::Info,
        fmt::format("client registered kind={} id={}", key.kind == PartyKind::Sdc ? "SDC" : "SDT",
                    map::hex16(key.id)));
}

void Core::client_heartbeat(SessionId from, const PartyKey& key, std::uint64_t request_id,
                            const wire::ClientHeartbeat& m) {
    auto& p = clients_.at(key);
    wire::Envelope envelope;
    envelope.set_request_id(request_id);
    auto& reply = *envelope.mutable_heartbeat_reply();
    reply.set_seq(m.seq());
    reply.set_lease_ms(lease_ms_for(p, p.applied_epoch > 0 || p.sent_epoch == 0));
    if (reply.lease_ms() != 0)
        p.lapsed = false;
    send(from, std::move(envelope));
}

// What the client sent under what it knows now is refused by the data servers from here on.
void Core::fence_client(const PartyKey& key, ClientParty& p) {
    std::set<std::uint64_t> volumes = p.losing;
    for (const auto& [id, v] : state_.volumes)
        if (client_sees(key, v))
            volumes.insert(id);
    std::size_t fenced = 0;
    for (const auto id : volumes) {
        const auto v = state_.volumes.find(id);
        if (v == state_.volumes.end())
            continue; // its nodes are gone: nobody writes there
        raise_fence(map::NodeId{v->second.leaf()});
        changes_.volumes.insert(id);
        ++fenced;
    }
    if (fenced == 0)
        return;
    lapsed_now_.push_back(key);
    say(LogLevel::Warn,
        fmt::format("client is fenced kind={} id={} volumes={}",
                    key.kind == PartyKind::Sdc ? "SDC" : "SDT", map::hex16(key.id), fenced));
}

// Its lease has run out: it sends nothing more, as far as it knows itself. But it may be standing
// still with requests in its hands, or they are still on their way from it; hosts that have given
// it up repeat those through others, and write over them.
void Core::fence_lapsed() {
    for (auto& [key, p] : clients_) {
        if (p.lapsed || holds_lease(p))
            continue;
        p.lapsed = true;
        fence_client(key, p);
        p.losing.clear();
    }
}

void Core::sdt_report(const PartyKey& key, const wire::SdtReport& m) {
    if (key.kind != PartyKind::Sdt)
        return;
    auto& p = clients_.at(key);
    p.controllers.assign(m.controllers().begin(), m.controllers().end());
    volatile_changed_ = true;
}

} // namespace pf::mdm
