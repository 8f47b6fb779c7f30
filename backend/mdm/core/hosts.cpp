// Initiators: SDCs and NVMe hosts. One id space.
#include "backend/mdm/core/core.hpp"
#include "backend/nvme/auth.hpp"
#include "backend/nvme/tls_psk.hpp"

#include <algorithm>

namespace pf::mdm {
namespace {

constexpr std::uint32_t kDefaultMaxPaths = 4;
constexpr std::uint32_t kMaxPaths = 8;
constexpr std::uint32_t kDefaultMaxSysPorts = 10;
constexpr std::uint32_t kMaxSysPorts = 128;
constexpr std::size_t kMaxNqnBytes = 223;

bool same_text(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

std::string upper(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

} // namespace

Outcome<> Core::approve_sdc(const wire::ApproveSdcOp& r, wire::ManagementReply& reply) {
    MDM_CHECK(check_name(r.name(), true));
    if (r.guid().empty() && r.ip().empty())
        return refuse(Rc::WrongParameters, "The GUID or the IP address of the SDC must be given");
    const std::string guid = upper(r.guid());
    wire::SdcRecord* record = nullptr;
    for (auto& [id, sdc] : state_.sdcs)
        if (guid.empty() ? sdc.ip() == r.ip() : sdc.guid() == guid)
            record = &sdc;
    if (record == nullptr) {
        if (guid.empty())
            return refuse(Rc::SdcNotFound);
        MDM_CHECK(check_initiator_name(r.name(), 0));
        // Approved before its first contact.
        wire::SdcRecord fresh;
        fresh.set_id(new_id());
        fresh.set_guid(guid);
        fresh.set_ip(r.ip());
        record = &state_.sdcs.emplace(fresh.id(), fresh).first->second;
    }
    if (!r.name().empty())
        MDM_CHECK(rename_initiator(record->id(), r.name(), wire::OBJECT_SDC));
    record->set_approved(true);
    changes_.sdcs.insert(record->id());
    reply.add_ids(record->id());
    return {};
}

Outcome<> Core::check_initiator_name(const std::string& name, std::uint64_t except) const {
    const auto taken = [&](const auto& table) {
        return std::any_of(table.begin(), table.end(), [&](const auto& entry) {
            return entry.first != except && entry.second.name() == name;
        });
    };
    if (!name.empty() && (taken(state_.hosts) || taken(state_.sdcs)))
        return refuse(Rc::DuplicateHostName);
    return {};
}

Outcome<> Core::add_host(const wire::AddHostOp& r, wire::ManagementReply& reply) {
    if (!r.nqn().starts_with("nqn.") || r.nqn().size() > kMaxNqnBytes || r.nqn().size() < 12 ||
        !std::all_of(r.nqn().begin(), r.nqn().end(), [](char c) { return c > ' ' && c < '\x7f'; }))
        return refuse(Rc::OutOfRange, "'{}' is not an NVMe qualified name (nqn.yyyy-mm.…)",
                      r.nqn());
    MDM_CHECK(check_name(r.name(), true));
    for (const auto& [id, host] : state_.hosts)
        if (same_text(host.nqn(), r.nqn()))
            return refuse(Rc::HostNqnInUse, "A host with the NQN {} already exists", r.nqn());
    MDM_CHECK(check_initiator_name(r.name(), 0));
    if (r.max_num_paths() > kMaxPaths)
        return refuse(Rc::OutOfRange, "maxNumPaths must be between 1 and {}", kMaxPaths);
    if (r.max_num_sys_ports() > kMaxSysPorts)
        return refuse(Rc::OutOfRange, "maxNumSysPorts must be between 1 and {}", kMaxSysPorts);
    wire::HostRecord record;
    record.set_id(new_id());
    record.set_nqn(r.nqn());
    record.set_name(r.name());
    record.set_max_num_paths(r.max_num_paths() == 0 ? kDefaultMaxPaths : r.max_num_paths());
    record.set_max_num_sys_ports(r.max_num_sys_ports() == 0 ? kDefaultMaxSysPorts
                                                            : r.max_num_sys_ports());
    reply.add_ids(record.id());
    changes_.hosts.insert(record.id());
    state_.hosts.emplace(record.id(), std::move(record));
    return {};
}

Outcome<> Core::set_host_limits(const wire::SetHostLimitsOp& r) {
    auto found = state_.hosts.find(r.host());
    if (found == state_.hosts.end())
        return refuse(Rc::HostNotFound);
    if (r.max_num_paths() > kMaxPaths)
        return refuse(Rc::OutOfRange, "maxNumPaths must be between 1 and {}", kMaxPaths);
    if (r.max_num_sys_ports() > kMaxSysPorts)
        return refuse(Rc::OutOfRange, "maxNumSysPorts must be between 1 and {}", kMaxSysPorts);
    if (r.max_num_paths() != 0)
        found->second.set_max_num_paths(r.max_num_paths());
    if (r.max_num_sys_ports() != 0)
        found->second.set_max_num_sys_ports(r.max_num_sys_ports());
    changes_.hosts.insert(r.host());
    return {};
}

Outcome<> Core::set_host_auth(const wire::SetHostAuthOp& r) {
    auto found = state_.hosts.find(r.host());
    if (found == state_.hosts.end())
        return refuse(Rc::HostNotFound);
    auto& record = found->second;
    const std::string secret = r.has_secret() ? r.secret() : record.dhchap_secret();
    const std::string ctrl = r.has_ctrl_secret() ? r.ctrl_secret() : record.dhchap_ctrl_secret();
    for (const std::string& text : {secret, ctrl})
        if (!text.empty() && !nvme::parse_dhchap_secret(text))
            return refuse(Rc::OutOfRange, "A DH-HMAC-CHAP secret has the form DHHC-1:00:…:");
    if (r.has_tls_psk() && !r.tls_psk().empty() && !nvme::parse_tls_psk(r.tls_psk()))
        return refuse(Rc::OutOfRange, "A TLS key has the form NVMeTLSkey-1:01:…:");
    if (secret.empty() && !ctrl.empty())
        return refuse(
            Rc::WrongParameters,
            "A controller secret needs a host secret: authentication starts with the host");
    record.set_dhchap_secret(secret);
    record.set_dhchap_ctrl_secret(ctrl);
    if (r.has_tls_psk())
        record.set_tls_psk(r.tls_psk());
    changes_.hosts.insert(r.host());
    return {};
}

bool Core::has_mappings(std::uint64_t initiator) const {
    return std::any_of(state_.volumes.begin(), state_.volumes.end(), [&](const auto& entry) {
        const auto& mappings = entry.second.mappings();
        return std::any_of(mappings.begin(), mappings.end(),
                           [&](const auto& m) { return m.initiator() == initiator; });
    });
}

bool Core::host_connected(const std::string& nqn) const {
    for (const auto& [key, p] : clients_)
        for (const auto& controller : p.controllers)
            if (p.session != 0 && !controller.discovery() && same_text(controller.host_nqn(), nqn))
                return true;
    return false;
}

Outcome<> Core::remove_initiator(std::uint64_t id, wire::ObjectKind kind) {
    if (auto host = state_.hosts.find(id); host != state_.hosts.end()) {
        if (has_mappings(id))
            return refuse(Rc::InitiatorHasMappings);
        if (host_connected(host->second.nqn()))
            return refuse(Rc::HostConnected);
        changes_.hosts.insert(id);
        state_.hosts.erase(host);
        return {};
    }
    auto sdc = state_.sdcs.find(id);
    if (sdc == state_.sdcs.end() || kind == wire::OBJECT_HOST)
        return refuse(kind == wire::OBJECT_HOST ? Rc::HostNotFound : Rc::SdcNotFound);
    if (has_mappings(id))
        return refuse(Rc::InitiatorHasMappings);
    const PartyKey key{PartyKind::Sdc, id};
    if (auto p = clients_.find(key); p != clients_.end()) {
        if (p->second.session != 0)
            return refuse(Rc::MustBeDisconnected);
        clients_.erase(p);
    }
    changes_.sdcs.insert(id);
    state_.sdcs.erase(sdc);
    return {};
}

Outcome<> Core::rename_initiator(std::uint64_t id, const std::string& name, wire::ObjectKind kind) {
    MDM_CHECK(check_initiator_name(name, id));
    if (auto host = state_.hosts.find(id); host != state_.hosts.end()) {
        host->second.set_name(name);
        changes_.hosts.insert(id);
        return {};
    }
    if (auto sdc = state_.sdcs.find(id); sdc != state_.sdcs.end() && kind == wire::OBJECT_SDC) {
        sdc->second.set_name(name);
        changes_.sdcs.insert(id);
        return {};
    }
    return refuse(kind == wire::OBJECT_HOST ? Rc::HostNotFound : Rc::SdcNotFound);
}

} // namespace pf::mdm
