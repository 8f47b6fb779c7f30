// The gateway as a function from HTTP request to HTTP response: logins, roles, routes, audit,
// metrics.
//
// Thread-safe; called by the HTTP server's handler threads. Time comes from the injected clock. An
// audit line is written, and synced, for every login and every change before the answer leaves.
#pragma once

#include "backend/gateway/core/router.hpp"
#include "backend/gateway/core/sessions.hpp"
#include "backend/gateway/core/users.hpp"
#include "base/clock.hpp"
#include "base/net/http_server.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pf::gateway {

struct GatewayHooks {
    std::function<MonoTime()> mono = mono_now;
    std::function<WallTime()> wall = wall_now;
    std::function<void(std::string_view)> audit; // one JSON line without newline
};

class Gateway {
  public:
    Gateway(MdmApi& mdm, Users& users, SiteFacts facts, GatewayHooks hooks = {},
            SessionTimes times = {});

    [[nodiscard]] net::HttpResponse handle(const net::HttpServerRequest& request);

  private:
    struct Exchange; // one request on its way

    [[nodiscard]] net::HttpResponse login_legacy(Exchange& x);
    [[nodiscard]] net::HttpResponse login_bearer(Exchange& x);
    [[nodiscard]] net::HttpResponse update_token(Exchange& x);
    [[nodiscard]] net::HttpResponse logout(Exchange& x, bool bearer);
    [[nodiscard]] net::HttpResponse dispatch(Exchange& x);
    [[nodiscard]] net::HttpResponse rest(Exchange& x);
    [[nodiscard]] net::HttpResponse metrics();
    [[nodiscard]] std::optional<Identity> identify(Exchange& x);
    void audit(const Exchange& x, unsigned status, int error_code);

    Router router_;
    Users& users_;
    Sessions sessions_;
    const GatewayHooks hooks_;
    std::array<std::atomic<std::uint64_t>, 6> by_status_class_{}; // [2] counts 2xx …
    std::atomic<std::uint64_t> changes_{0};
    std::atomic<std::uint64_t> failed_logins_{0};
};

} // namespace pf::gateway
