#include "backend/gateway/core/gateway.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace pf::gateway {
namespace {

net::HttpResponse json_response(unsigned status, const json::value& body) {
    net::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = json::serialize(body);
    return response;
}

net::HttpResponse error_response(const ApiError& error) {
    return json_response(static_cast<unsigned>(error.http_status), error_body(error));
}

// Wrong credentials: JSON, a final answer.
net::HttpResponse bad_credentials() {
    return json_response(
        401, json::object{{"message", "Unauthorized"}, {"httpStatusCode", 401}, {"errorCode", 0}});
}

// A token that is missing or too old: HTML, as the real ingress sends it. LXD takes a JSON 401 for
// final.
net::HttpResponse expired_token() {
    net::HttpResponse response;
    response.status = 401;
    response.headers.add("Content-Type", "text/html");
    response.headers.add("WWW-Authenticate", "Bearer");
    response.body = "<html><head><title>401 Authorization Required</title></head><body>"
                    "<h1>401 Authorization Required</h1></body></html>";
    return response;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

struct BasicPair {
    std::string user;
    std::string password;
};
std::optional<BasicPair> basic_pair(std::string_view header) {
    if (header.size() < 6 || !equals_ignoring_case(header.substr(0, 6), "Basic ")) {
        return std::nullopt;
    }
    const auto decoded = base64_decode(header.substr(6));
    if (!decoded) {
        return std::nullopt;
    }
    const std::string text(reinterpret_cast<const char*>(decoded->data()), decoded->size());
    const auto colon = text.find(':');
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    return BasicPair{text.substr(0, colon), text.substr(colon + 1)};
}

std::string_view bearer_token(std::string_view header) {
    constexpr std::string_view kPrefix = "Bearer ";
    return header.size() > kPrefix.size() &&
                   equals_ignoring_case(header.substr(0, kPrefix.size()), kPrefix)
               ? header.substr(kPrefix.size())
               : std::string_view();
}

// The body for the audit: JSON without anything that could be a secret.
json::value redacted(std::string_view body) {
    auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object()) {
        return nullptr;
    }
    json::object out = parsed->get_object();
    for (auto& [key, value] : out) {
        const std::string_view name = key;
        if (name.find("assword") != std::string_view::npos ||
            name.find("token") != std::string_view::npos ||
            name.find("ecret") != std::string_view::npos ||
            name.find("Psk") != std::string_view::npos) {
            value = "***";
        }
    }
    return out;
}

} // namespace

struct Gateway::Exchange {
    const net::HttpServerRequest& request;
    std::string_view raw_path;
    MonoTime begin{};
    Identity identity;
    bool audited = false;
    int error_code = 0;
};

Gateway::Gateway(MdmApi& mdm, Users& users, SiteFacts facts, GatewayHooks hooks, SessionTimes times)
    : router_(mdm, std::move(facts)), users_(users), sessions_(times), hooks_(std::move(hooks)) {}

net::HttpResponse Gateway::handle(const net::HttpServerRequest& request) {
    Exchange x{request,       std::string_view(request.target).substr(0, request.target.find('?')),
               hooks_.mono(), {},
               false,         0};
    net::HttpResponse response = dispatch(x);
    by_status_class_[std::min<std::size_t>(response.status / 100, 5)].fetch_add(1);
    if (x.audited) {
        audit(x, response.status, x.error_code);
    }
    return response;
}

net::HttpResponse Gateway::dispatch(Exchange& x) {
    const std::string_view method = x.request.method;
    const std::string_view path = x.raw_path;
    if (path == "/api/login" && method == "GET") {
        return login_legacy(x);
    }
    if (path == "/rest/auth/login" && method == "POST") {
        return login_bearer(x);
    }
    if (path == "/rest/auth/update-token" && method == "POST") {
        return update_token(x);
    }
    if (path == "/api/logout" && method == "GET") {
        return logout(x, false);
    }
    if (path == "/rest/auth/logout" && method == "POST") {
        return logout(x, true);
    }
    const auto identity = identify(x);
    if (!identity) {
        return expired_token();
    }
    x.identity = *identity;
    if (path == "/api/version" && method == "GET") {
        return json_response(200, json::string(router_.facts().api_version));
    }
    if (equals_ignoring_case(path, "/api/v1/corelcm/status") && method == "GET") {
        return json_response(200,
                             json::object{{"lcmStatus", "READY"},
                                          {"clusterVersion", router_.facts().api_version + ".0.0"},
                                          {"clusterBuild", "0"}});
    }
    if (path == "/metrics" && method == "GET") {
        return metrics();
    }
    return rest(x);
}

// ---- logins
// --------------------------------------------------------------------------------------------

net::HttpResponse Gateway::login_legacy(Exchange& x) {
    x.audited = true;
    const auto pair = basic_pair(x.request.headers.get("Authorization"));
    if (!pair) {
        failed_logins_.fetch_add(1);
        return bad_credentials();
    }
    x.identity.user = pair->user;
    auto identity = users_.verify(pair->user, pair->password, x.begin);
    if (!identity) {
        failed_logins_.fetch_add(1);
        return bad_credentials();
    }
    x.identity = *identity;
    return json_response(200, json::string(sessions_.open_legacy(*identity, x.begin)));
}

net::HttpResponse Gateway::login_bearer(Exchange& x) {
    x.audited = true;
    auto parsed = parse_json(x.request.body);
    if (!parsed || !parsed->is_object()) {
        return error_response(bad_request("The login needs username and password.").value());
    }
    const powerflex::Fields fields(parsed->get_object());
    x.identity.user = fields.str("username");
    auto identity = users_.verify(x.identity.user, fields.str("password"), x.begin);
    if (!identity) {
        failed_logins_.fetch_add(1);
        return bad_credentials();
    }
    x.identity = *identity;
    const Sessions::Bearer tokens = sessions_.open_bearer(*identity, x.begin);
    return json_response(200, json::object{{"access_token", tokens.access_token},
                                           {"refresh_token", tokens.refresh_token},
                                           {"token_type", "Bearer"},
                                           {"expires_in", tokens.expires_in_s},
                                           {"refresh_expires_in", tokens.refresh_expires_in_s},
                                           {"scope", "openid"}});
}

net::HttpResponse Gateway::update_token(Exchange& x) {
    auto parsed = parse_json(x.request.body);
    const std::string token = parsed && parsed->is_object()
                                  ? powerflex::Fields(parsed->get_object()).str("refresh_token")
                                  : std::string();
    const auto tokens = sessions_.refresh(token, x.begin);
    if (!tokens) {
        return expired_token();
    }
    return json_response(200, json::object{{"access_token", tokens->access_token},
                                           {"refresh_token", tokens->refresh_token},
                                           {"token_type", "Bearer"},
                                           {"expires_in", tokens->expires_in_s},
                                           {"refresh_expires_in", tokens->refresh_expires_in_s}});
}

net::HttpResponse Gateway::logout(Exchange& x, bool bearer) {
    const std::string_view header = x.request.headers.get("Authorization");
    if (const auto pair = basic_pair(header)) {
        sessions_.close(pair->password);
    }
    if (const std::string_view token = bearer_token(header); !token.empty()) {
        sessions_.close(token);
    }
    if (auto parsed = parse_json(x.request.body); parsed && parsed->is_object()) {
        sessions_.close(powerflex::Fields(parsed->get_object()).str("refresh_token"));
    }
    if (bearer) {
        net::HttpResponse response;
        response.status = 204;
        return response;
    }
    return json_response(200, json::string("")); // clients require exactly 200
}

// Accepts every form that Dell's clients use: bearer with either kind of token, Basic with a token
// in the password's place, Basic with user and password.
std::optional<Identity> Gateway::identify(Exchange& x) {
    const std::string_view header = x.request.headers.get("Authorization");
    if (const std::string_view token = bearer_token(header); !token.empty()) {
        return sessions_.find(token, x.begin);
    }
    const auto pair = basic_pair(header);
    if (!pair) {
        return std::nullopt;
    }
    if (auto found = sessions_.find(pair->password, x.begin)) {
        return found;
    }
    if (pair->user.empty()) {
        return std::nullopt;
    }
    auto verified = users_.verify(pair->user, pair->password, x.begin);
    return verified ? std::optional<Identity>(*verified) : std::nullopt;
}

// ---- objects
// -------------------------------------------------------------------------------------------

net::HttpResponse Gateway::rest(Exchange& x) {
    const auto route = resolve(x.request.method, x.raw_path);
    if (!route) {
        x.error_code = route.error().code;
        return error_response(route.error());
    }
    x.audited = route->changes();
    if (route->changes()) {
        changes_.fetch_add(1);
        if (!may_change(x.identity.role)) {
            ApiError denied;
            denied.http_status = 403;
            denied.code = static_cast<int>(MdmError::NoPermissions);
            denied.message = fmt::format("User {} has the role {}, which may not change anything",
                                         x.identity.user, to_string(x.identity.role));
            x.error_code = denied.code;
            return error_response(denied);
        }
    }
    const Reply reply = router_.run(*route, x.request.body);
    if (!reply) {
        x.error_code = reply.error().code;
        return error_response(reply.error());
    }
    return json_response(200, *reply);
}

void Gateway::audit(const Exchange& x, unsigned status, int error_code) {
    if (!hooks_.audit) {
        return;
    }
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(hooks_.mono() - x.begin);
    hooks_.audit(json::serialize(json::object{{"time", format_rfc3339(hooks_.wall())},
                                              {"user", printable(x.identity.user)},
                                              {"remote", x.request.remote},
                                              {"method", x.request.method},
                                              {"path", printable(x.raw_path)},
                                              {"body", redacted(x.request.body)},
                                              {"status", status},
                                              {"errorCode", error_code},
                                              {"ms", took.count()}}));
}

// ---- metrics
// -------------------------------------------------------------------------------------------

net::HttpResponse Gateway::metrics() {
    std::string out = "# TYPE pf_gateway_responses_total counter\n";
    for (std::size_t i = 1; i < by_status_class_.size(); ++i) {
        out += fmt::format("pf_gateway_responses_total{{class=\"{}xx\"}} {}\n", i,
                           by_status_class_[i].load());
    }
    out += fmt::format("# TYPE pf_gateway_changes_total counter\npf_gateway_changes_total {}\n"
                       "# TYPE pf_gateway_failed_logins_total counter\n"
                       "pf_gateway_failed_logins_total {}\n"
                       "# TYPE pf_gateway_sessions gauge\npf_gateway_sessions {}\n",
                       changes_.load(), failed_logins_.load(), sessions_.count());
    const auto view = router_.view();
    out += fmt::format("# TYPE pf_mdm_up gauge\npf_mdm_up {}\n", view ? 1 : 0);
    if (view) {
        const mdm::Snapshot& all = view->all();
        out += "# TYPE pf_objects gauge\n";
        for (const ObjectType* type : object_types()) {
            out +=
                fmt::format("pf_objects{{type=\"{}\"}} {}\n", type->name, type->list(*view).size());
        }
        out += "# TYPE pf_sds_up gauge\n";
        for (const mdm::Sds& sds : all.sds) {
            out += fmt::format("pf_sds_up{{id=\"{}\",name=\"{}\"}} {}\n", map::hex16(sds.id),
                               sds.name, sds.connected && sds.joined ? 1 : 0);
        }
        out += "# TYPE pf_sdt_up gauge\n";
        for (const mdm::Sdt& sdt : all.sdts) {
            out += fmt::format("pf_sdt_up{{id=\"{}\",name=\"{}\"}} {}\n", map::hex16(sdt.id),
                               sdt.name, sdt.connected ? 1 : 0);
        }
        out += "# TYPE pf_pool_capacity_kib gauge\n# TYPE pf_pool_used_kib gauge\n"
               "# TYPE pf_pool_combs gauge\n";
        for (const mdm::StoragePool& pool : all.storage_pools) {
            const std::string id = map::hex16(pool.id);
            out += fmt::format(
                "pf_pool_capacity_kib{{id=\"{0}\"}} {1}\npf_pool_used_kib{{id=\"{0}\"}} "
                "{2}\n",
                id, pool.stats.max_capacity_kb, pool.stats.used_kb);
            out += fmt::format("pf_pool_combs{{id=\"{0}\",state=\"normal\"}} {1}\n"
                               "pf_pool_combs{{id=\"{0}\",state=\"degraded\"}} {2}\n"
                               "pf_pool_combs{{id=\"{0}\",state=\"rebuilding\"}} {3}\n"
                               "pf_pool_combs{{id=\"{0}\",state=\"failed\"}} {4}\n",
                               id, pool.stats.combs_normal, pool.stats.combs_degraded,
                               pool.stats.combs_rebuilding, pool.stats.combs_failed);
        }
    }
    net::HttpResponse response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4");
    response.body = std::move(out);
    return response;
}

} // namespace pf::gateway
