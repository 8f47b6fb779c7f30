// One HTTPS endpoint that speaks vim25: the vCenter's (with the Automation API), or one host's.
//
// Requests run on the HTTP server's threads. A WaitForUpdatesEx with nothing to tell holds no
// thread: it waits in a list that one watcher thread looks at when the world changes.
#pragma once

#include "base/net/http_server.hpp"
#include "libvsphere/simulator/service/automation.hpp"
#include "libvsphere/simulator/service/session_store.hpp"

#include <list>
#include <thread>

namespace pf::vim::sim {

class Endpoint {
  public:
    Endpoint(World& world, Tasks& tasks, Scope scope, EndpointOptions options, Credentials login);
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    Result<void> start();
    void stop(); // World::stopping must be set
    uint16_t port() const { return server_ ? server_->port() : 0; }

  private:
    struct Waiter {
        net::Responder responder;
        std::shared_ptr<LiveSession> session;
        std::string collector;
        Call call;
        ApiVersion version;
        MonoTime deadline;
        MonoTime again{}; // when a large estate may be looked at again
        size_t max_objects = 0;
    };

    void handle(const net::HttpServerRequest& request, const net::Responder& responder);
    void call(const net::HttpServerRequest& request, const net::Responder& responder);
    void automation(const net::HttpServerRequest& request, const net::Responder& responder);
    void wait_for_updates(MethodContext& context, const Call& call,
                          const net::Responder& responder);
    // True when answered.
    bool try_updates(Waiter& waiter);
    void watch();
    void note(const MethodContext& context, const Call& call);
    bool interrupted(const net::FaultRule& rule, const net::Responder& responder);
    net::FaultCall describe(const Call& call) const;
    net::HttpResponse reply(const Call& call, Value result, ApiVersion version);
    net::HttpResponse fault(Fault fault, ApiVersion version);
    ApiVersion bound_version(std::string_view soap_action) const;
    ApiVersion newest() const;

    World& world_;
    Tasks& tasks_;
    Scope scope_;
    EndpointOptions options_;
    SessionStore sessions_;
    std::unique_ptr<AutomationService> automation_; // vCenter's
    std::unique_ptr<net::HttpServer> server_;
    std::mutex waiters_mutex_; // before session mutexes and World::mutex
    std::list<Waiter> waiters_;
    std::thread watcher_;
};

} // namespace pf::vim::sim
