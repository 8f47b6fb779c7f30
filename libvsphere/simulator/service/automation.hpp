// vCenter's Automation API (JSON below /api): sessions, tags, content libraries; what the toolkit
// asks of it, in the words of the published reference.
#pragma once

#include "base/net/fault_rules.hpp"
#include "base/net/http_server.hpp"
#include "libvsphere/simulator/service/session_store.hpp"

namespace pf::vim::sim {

class AutomationService {
  public:
    // `scope` is vCenter's and must outlive this.
    AutomationService(World& world, const Scope& scope, Credentials login)
        : world_(world), scope_(scope), sessions_(world, std::move(login)) {}

    net::HttpResponse handle(const net::HttpServerRequest& request);
    // The request as fault rules see it: "POST /api/…", the ids that it names.
    static net::FaultCall describe(const net::HttpServerRequest& request);

  private:
    net::HttpResponse session(const net::HttpServerRequest& request);
    net::HttpResponse tag(const std::string& id);
    net::HttpResponse category(const std::string& id);
    net::HttpResponse library(const std::string& id);
    net::HttpResponse attached_on_objects(const std::string& user, const std::string& body);
    net::HttpResponse attach(const std::string& user, const std::string& tag_id,
                             const std::string& body);

    World& world_;
    const Scope& scope_;
    SessionStore sessions_; // tokens of this interface are no cookies of vim25's
};

// Attaches the tags of the estate's description; categories and tags are made as they are named.
// World::mutex held.
void place_tags(World& world);

} // namespace pf::vim::sim
