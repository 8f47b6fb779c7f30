#include "libvsphere/simulator/service/session_store.hpp"

#include "base/crypto.hpp"

namespace pf::vim::sim {

std::string session_cookie(std::string_view header) {
    constexpr std::string_view name = "vmware_soap_session=";
    const size_t at = header.find(name);
    if (at == std::string_view::npos) {
        return {};
    }
    std::string_view value = header.substr(at + name.size());
    value = value.substr(0, value.find(';'));
    while (!value.empty() && (value.back() == ' ' || value.back() == '"')) {
        value.remove_suffix(1);
    }
    while (!value.empty() && value.front() == '"') {
        value.remove_prefix(1);
    }
    return std::string(value);
}

Outcome<std::shared_ptr<LiveSession>> SessionStore::login(const std::string& user,
                                                          const std::string& password,
                                                          const std::string& remote,
                                                          const std::string& agent) {
    auto same = [&](const std::string& name, const std::string& secret) {
        return equal_constant_time(as_bytes(user), as_bytes(name)) &&
               equal_constant_time(as_bytes(password), as_bytes(secret));
    };
    bool known = same(login_.user, login_.password);
    if (login_.user == world_.options.vcenter_login.user) { // the estate's users are vCenter's
        for (const UserSpec& spec : world_.estate.users) {
            known = known || (!spec.password.empty() && same(spec.name, spec.password));
        }
    }
    if (!known) {
        return raise("InvalidLogin",
                     "Cannot complete login due to an incorrect user name or password.");
    }
    const std::lock_guard lock(mutex_);
    expire_locked();
    if (by_cookie_.size() >= world_.options.max_sessions) {
        return raise("SystemError", "The maximum number of sessions has been reached.",
                     {{"reason", Value("session limit")}});
    }
    auto session = std::make_shared<LiveSession>();
    session->state.cookie = to_hex(random_bytes(20));
    session->state.key = uuid4();
    session->state.user = user;
    session->state.address = remote.substr(0, remote.rfind(':'));
    session->state.agent = agent;
    session->state.login = wall_now();
    session->state.last_active = mono_now();
    session->state.collectors["propertyCollector"];
    by_cookie_[session->state.cookie] = {session, mono_now()};
    return session;
}

void SessionStore::expire_locked() {
    const MonoTime oldest = mono_now() - world_.options.timings.session_idle;
    std::erase_if(by_cookie_, [&](const auto& entry) { return entry.second.last_active < oldest; });
}

std::shared_ptr<LiveSession> SessionStore::find(std::string_view cookie) {
    const std::lock_guard lock(mutex_);
    expire_locked();
    const auto found = by_cookie_.find(cookie);
    if (found == by_cookie_.end()) {
        return nullptr;
    }
    found->second.last_active = mono_now();
    LiveSession& session = *found->second.session;
    if (const std::unique_lock own(session.mutex, std::try_to_lock); own) {
        ++session.state.calls; // a count that is one less matters to nobody
    }
    return found->second.session;
}

void SessionStore::remove(const std::string& cookie) {
    const std::lock_guard lock(mutex_);
    by_cookie_.erase(cookie);
}

bool SessionStore::active(const std::string& key, const std::string& user) {
    const std::lock_guard lock(mutex_);
    expire_locked();
    for (const auto& [cookie, entry] : by_cookie_) { // neither changes after the login
        if (entry.session->state.key == key && entry.session->state.user == user) {
            return true;
        }
    }
    return false;
}

size_t SessionStore::count() const {
    const std::lock_guard lock(mutex_);
    return by_cookie_.size();
}

void SessionStore::clear() {
    const std::lock_guard lock(mutex_);
    by_cookie_.clear();
}

} // namespace pf::vim::sim
