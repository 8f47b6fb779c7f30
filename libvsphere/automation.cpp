#include "libvsphere/automation.hpp"

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace pf::vim {

namespace json = boost::json;

namespace {

constexpr const char* kTokenHeader = "vmware-api-session-id";

// The first message of an error body, "" when it has none.
std::string message_of(const std::string& body) {
    boost::system::error_code bad;
    const json::value parsed = json::parse(body, bad);
    const json::object* error = bad ? nullptr : parsed.if_object();
    const json::value* messages = error == nullptr ? nullptr : error->if_contains("messages");
    const json::array* list = messages == nullptr ? nullptr : messages->if_array();
    if (list == nullptr || list->empty() || !list->front().is_object()) {
        return {};
    }
    const json::value* text = list->front().get_object().if_contains("default_message");
    return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
}

} // namespace

Automation::Automation(net::HttpClient& http, AutomationOptions options)
    : http_(http), options_(std::move(options)) {}

Error Automation::error_of(const net::HttpResponse& response, std::string_view what,
                           bool mutating) const {
    const std::string message = message_of(response.body);
    const Errc code = net::errc_of_status(response.status, mutating);
    // The proxy is there and the service behind it is not: nobody can be asked now.
    return Error{code == Errc::NotReady ? Errc::Unreachable : code,
                 fmt::format("{} {}: HTTP status {}{}{}", options_.host, what, response.status,
                             message.empty() ? "" : ": ", message)};
}

Result<net::HttpResponse> Automation::send(net::HttpRequest request, std::string_view path,
                                           std::stop_token stop) {
    request.url = options_.origin + std::string(path);
    const std::string what = fmt::format("{} {}", request.method, path);
    const MonoTime started = mono_now();
    Result<net::HttpResponse> response = http_.send(request, std::move(stop));
    if (options_.trace) {
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - started);
        std::string error;
        if (!response) {
            error = response.error().what;
        } else if (response->status >= 400) {
            error = fmt::format("HTTP status {}", response->status);
        }
        options_.trace(what, took, request.body.size(), response ? response->body.size() : 0,
                       error);
    }
    if (!response) {
        return fail_while(response.error(), "{} {}", options_.host, what);
    }
    return response;
}

// mutex_ held.
Result<std::string> Automation::log_in() {
    net::HttpRequest request;
    request.method = "POST";
    request.timeout = options_.timeout;
    std::string pair = options_.user + ":" + std::string(options_.password.expose());
    request.headers.set("Authorization", "Basic " + base64_encode(as_bytes(pair)));
    wipe(pair);
    PF_TRY(const net::HttpResponse response,
           send(std::move(request), "/api/session", options_.stop));
    if (response.status == 404) {
        return fail(Errc::Unsupported,
                    "{} does not serve the vSphere Automation API (POST /api/session: HTTP status "
                    "404); vCenter 7.0 U3 or newer does",
                    options_.host);
    }
    if (response.status == 401) {
        return fail(Errc::AuthFailed,
                    "{} does not accept user {} for the vSphere Automation API; it must be a user "
                    "of vCenter Single Sign-On",
                    options_.host, options_.user);
    }
    if (response.status != 200 && response.status != 201) {
        return fail(error_of(response, "POST /api/session", false));
    }
    boost::system::error_code bad;
    const json::value parsed = json::parse(response.body, bad);
    if (bad || !parsed.is_string() || parsed.get_string().empty()) {
        return fail(Errc::Protocol, "{} POST /api/session: the answer is no session token",
                    options_.host);
    }
    token_ = std::string(parsed.get_string());
    return token_;
}

Result<std::string> Automation::token() {
    const std::lock_guard lock(mutex_);
    if (!token_.empty()) {
        return token_;
    }
    return log_in();
}

Result<std::string> Automation::call(net::HttpRequest request, std::string_view path) {
    request.timeout = options_.timeout;
    request.headers.set("Accept", "application/json");
    PF_TRY(std::string used, token());
    request.headers.set(kTokenHeader, used);
    const std::string what = fmt::format("{} {}", request.method, path);
    const bool mutating = request.method != "GET" && !request.repeatable;
    PF_TRY(net::HttpResponse response, send(request, path, options_.stop));
    if (response.status == 401) {
        // Refused before anything was done, so sending it once more is safe.
        {
            const std::lock_guard lock(mutex_);
            if (token_ == used) { // else another call has renewed it
                token_.clear();
            }
        }
        PF_TRY(used, token());
        request.headers.set(kTokenHeader, used);
        PF_TRY(response, send(std::move(request), path, options_.stop));
    }
    if (response.status < 200 || response.status >= 300) {
        return fail(error_of(response, what, mutating));
    }
    return std::move(response.body);
}

Result<std::string> Automation::get(std::string_view path) { return call({}, path); }

Result<std::string> Automation::post(std::string_view path, std::string body, bool reads) {
    net::HttpRequest request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    request.repeatable = reads;
    return call(std::move(request), path);
}

Result<void> Automation::logout() {
    std::string ended;
    {
        const std::lock_guard lock(mutex_);
        ended.swap(token_);
    }
    if (ended.empty()) {
        return {};
    }
    net::HttpRequest request;
    request.method = "DELETE";
    request.timeout = options_.logout_timeout;
    request.headers.set(kTokenHeader, ended);
    PF_TRY(const net::HttpResponse response, send(std::move(request), "/api/session", {}));
    if (response.status >= 300 && response.status != 401) {
        return fail(error_of(response, "DELETE /api/session", false));
    }
    return {};
}

} // namespace pf::vim
