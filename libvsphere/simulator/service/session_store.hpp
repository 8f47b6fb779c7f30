// Sessions of one endpoint by cookie: login, idle expiry, the cap on their number.
#pragma once

#include "libvsphere/simulator/service/methods.hpp"

namespace pf::vim::sim {

class SessionStore {
  public:
    SessionStore(World& world, Credentials login) : world_(world), login_(std::move(login)) {}

    // InvalidLogin on wrong credentials; the new session's cookie is in its state.
    Outcome<std::shared_ptr<LiveSession>> login(const std::string& user,
                                                const std::string& password,
                                                const std::string& remote,
                                                const std::string& agent);
    // nullptr when unknown or idle for too long. Counts as activity.
    std::shared_ptr<LiveSession> find(std::string_view cookie);
    void remove(const std::string& cookie);
    bool active(const std::string& key, const std::string& user);
    size_t count() const;
    void clear();

  private:
    void expire_locked();
    World& world_;
    Credentials login_;
    mutable std::mutex mutex_;
    // Not in the session: its own mutex may be held for as long as a large read takes, and nobody
    // else shall wait for that.
    struct Entry {
        std::shared_ptr<LiveSession> session;
        MonoTime last_active{};
    };
    std::map<std::string, Entry, std::less<>> by_cookie_;
};

// "vmware_soap_session" of a Cookie header, without quotes; "" when it is not there.
std::string session_cookie(std::string_view header);

} // namespace pf::vim::sim
