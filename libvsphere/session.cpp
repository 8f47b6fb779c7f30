#include "libvsphere/session.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/net/http_client.hpp"
#include "base/net/url.hpp"
#include "base/secret.hpp"
#include "libvsphere/automation.hpp"
#include "libvsphere/call_kinds.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace pf::vim {

namespace {

constexpr std::string_view kCookieName = "vmware_soap_session";

AboutInfo read_about(const Value& about) {
    AboutInfo info;
    info.name = about["name"].text_or();
    info.full_name = about["fullName"].text_or();
    info.version = about["version"].text_or();
    info.build = about["build"].text_or();
    info.api_type = about["apiType"].text_or();
    info.api_version = about["apiVersion"].text_or();
    info.product_line = about["productLineId"].text_or();
    info.instance_uuid = about["instanceUuid"].text_or();
    return info;
}

ServiceContent read_content(Value raw) {
    ServiceContent c;
    c.about = read_about(raw["about"]);
    c.root_folder = raw["rootFolder"].ref();
    c.property_collector = raw["propertyCollector"].ref();
    c.view_manager = raw["viewManager"].ref();
    c.session_manager = raw["sessionManager"].ref();
    c.task_manager = raw["taskManager"].ref();
    c.search_index = raw["searchIndex"].ref();
    c.file_manager = raw["fileManager"].ref();
    c.virtual_disk_manager = raw["virtualDiskManager"].ref();
    c.event_manager = raw["eventManager"].ref();
    c.perf_manager = raw["perfManager"].ref();
    c.authorization_manager = raw["authorizationManager"].ref();
    c.provisioning_checker = raw["vmProvisioningChecker"].ref();
    c.compatibility_checker = raw["vmCompatibilityChecker"].ref();
    c.storage_resource_manager = raw["storageResourceManager"].ref();
    c.custom_fields_manager = raw["customFieldsManager"].ref();
    c.extension_manager = raw["extensionManager"].ref();
    c.alarm_manager = raw["alarmManager"].ref();
    c.setting = raw["setting"].ref();
    c.raw = std::move(raw);
    return c;
}

/// Newest version that both sides know, and that is at least `min`.
Result<std::pair<ApiVersion, std::string>> choose_version(const ServiceVersions& offered,
                                                          const SessionOptions& options,
                                                          std::string_view host) {
    std::pair<ApiVersion, std::string> best;
    std::vector<std::string> all = offered.prior;
    all.push_back(offered.current);
    for (const std::string& text : all) {
        Result<ApiVersion> version = ApiVersion::parse(text);
        if (version && *version <= options.max_version && *version > best.first)
            best = {*version, text};
    }
    if (best.second.empty() || best.first < options.min_version)
        return fail(Errc::Unsupported,
                    "{} speaks vSphere API {} at most, {} or newer is needed (ESXi or vCenter "
                    "7.0 U3); update it first",
                    host, offered.current, options.min_version.str());
    return best;
}

/// Joins two stop tokens for the life of one call.
class EitherStop {
  public:
    EitherStop(std::stop_token a, std::stop_token b)
        : on_a_(std::move(a), Request{&source_}), on_b_(std::move(b), Request{&source_}) {}
    std::stop_token token() const { return source_.get_token(); }

  private:
    struct Request {
        std::stop_source* source;
        void operator()() const { source->request_stop(); }
    };
    std::stop_source source_;
    std::stop_callback<Request> on_a_;
    std::stop_callback<Request> on_b_;
};

} // namespace

struct Session::Impl {
    SessionOptions options;
    std::string endpoint, host, user;
    Secret password;
    std::unique_ptr<net::HttpClient> http;
    std::unique_ptr<Automation> automation;
    ApiVersion version;
    std::string soap_action;
    ServiceContent content;
    std::atomic<uint64_t> next_operation{1};

    std::mutex mutex; ///< guards the cookie and the login state
    std::string cookie;
    uint64_t login_generation = 0;
    bool logged_in = false, logged_out = false;

    MonoTime last_used{};   ///< when the last call was sent
    std::mutex login_mutex; ///< one login at a time, however many calls found the session expired

    Result<Reply> send(const MoRef& self, std::string_view method, std::vector<Field> args,
                       const CallOptions& call_options, std::chrono::milliseconds timeout,
                       std::string* text = nullptr);
    /// With `text`, an answer that is no fault is moved there undecoded.
    Result<Reply> attempt(const Call& call, net::HttpRequest request, std::stop_token stop,
                          std::string* text);
    /// send(), and once more after a renewal when the server says that nobody is logged in.
    Result<Reply> send_logged_in(const MoRef& self, std::string_view method,
                                 std::vector<Field> args, const CallOptions& options,
                                 std::string* text);
    Result<void> login();
    void abandon_login();
    Result<void> relogin(uint64_t seen_generation);
    void remember_cookie(const net::HttpResponse& response);
    Result<bool> is_alive(std::stop_token stop);
    void keep_alive(const std::stop_token& stop);

    // Last: it ends before what it uses does.
    std::jthread keeper;
};

void Session::Impl::remember_cookie(const net::HttpResponse& response) {
    for (const auto& header : response.headers.all("set-cookie")) {
        std::string_view text = header;
        if (text.substr(0, kCookieName.size()) != kCookieName)
            continue;
        // Verbatim up to the attributes: the double quotes are part of the value.
        std::lock_guard lock(mutex);
        cookie = text.substr(0, text.find(';'));
    }
}

Result<Reply> Session::Impl::attempt(const Call& call, net::HttpRequest request,
                                     std::stop_token stop, std::string* text) {
    {
        std::lock_guard lock(mutex);
        last_used = mono_now();
        if (!cookie.empty())
            request.headers.set("Cookie", cookie);
    }
    auto started = wall_now();
    auto clock = mono_now();
    Result<net::HttpResponse> response = http->send(request, std::move(stop));
    CallTrace trace;
    trace.operation_id = call.operation_id;
    trace.method = call.method;
    trace.receiver = call.self.str();
    trace.started_us =
        std::chrono::duration_cast<std::chrono::microseconds>(started.time_since_epoch()).count();
    trace.duration = std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - clock);
    trace.request_bytes = request.body.size();
    auto report = [&](const std::string& error) {
        if (!options.trace)
            return;
        trace.error = error;
        options.trace(trace);
    };
    if (!response) {
        report(response.error().what);
        return fail_while(response.error(), "{} {}", host, call.method);
    }
    trace.response_bytes = response->body.size();
    remember_cookie(*response);
    if (response->status != 200 && response->status != 500) {
        Error error{response->status == 503 || response->status == 502 ? Errc::Unreachable
                                                                       : Errc::Protocol,
                    fmt::format("{} {}: HTTP status {}", host, call.method, response->status)};
        report(error.what);
        return fail(std::move(error));
    }
    if (text && response->status == 200) {
        *text = std::move(response->body);
        report("");
        return Reply{};
    }
    CodecOptions codec{version, false};
    Result<Reply> reply = decode_reply_in_place(std::move(response->body), call, codec);
    if (!reply) {
        report(reply.error().what);
        return fail_while(reply.error(), "{} {}", host, call.method);
    }
    report(reply->fault ? reply->fault->detail.type + ": " + reply->fault->message : "");
    return reply;
}

Result<Reply> Session::Impl::send(const MoRef& self, std::string_view method,
                                  std::vector<Field> args, const CallOptions& call_options,
                                  std::chrono::milliseconds timeout, std::string* text) {
    Call call;
    call.method = method;
    call.self = self;
    call.args = std::move(args);
    call.operation_id = fmt::format("{}-{}", options.operation_prefix, next_operation++);
    net::HttpRequest request;
    PF_TRY(request.body, encode_call(call, CodecOptions{version, false}));
    call.args.clear(); // Login's password must not live on in traces
    request.method = "POST";
    request.url = endpoint;
    request.headers.set("Content-Type", "text/xml; charset=\"utf-8\"");
    request.headers.set("SOAPAction", soap_action);
    request.timeout = timeout;
    request.repeatable = detail::is_read_only(method);
    // What undoes or ends something must go out although the program is being stopped.
    if (call_options.despite_stop || method == "Logout")
        return attempt(call, std::move(request), call_options.stop, text);
    EitherStop stop(options.stop, call_options.stop);
    return attempt(call, std::move(request), stop.token(), text);
}

/// A login without an answer may have been accepted: hosts have room for few sessions, so what the
/// cookie stands for is ended, whether it is a login or not.
void Session::Impl::abandon_login() {
    {
        std::lock_guard lock(mutex);
        if (cookie.empty())
            return;
    }
    (void)send(content.session_manager, "Logout", {}, {}, options.logout_timeout);
    std::lock_guard lock(mutex);
    cookie.clear();
}

Result<void> Session::Impl::login() {
    std::vector<Field> args{{"userName", Value(user)},
                            {"password", Value(password.expose())},
                            {"locale", Value(options.locale)}};
    Result<Reply> answer =
        send(content.session_manager, "Login", std::move(args), {}, options.call_timeout);
    if (!answer) {
        abandon_login();
        return fail(answer.error());
    }
    Reply& reply = *answer;
    if (reply.fault) {
        if (reply.fault->is("InvalidLogin"))
            return fail(Errc::AuthFailed,
                        "{} does not accept user {} with this password; check both (it is not "
                        "tried again, ESXi locks accounts) [vim:{}]",
                        host, user, reply.fault->detail.type);
        return fail(to_error(*reply.fault, fmt::format("log in to {} as {}", host, user)));
    }
    std::lock_guard lock(mutex);
    logged_in = true;
    logged_out = false;
    ++login_generation;
    return {};
}

Result<void> Session::Impl::relogin(uint64_t seen_generation) {
    std::lock_guard one_at_a_time(login_mutex);
    {
        std::lock_guard lock(mutex);
        if (login_generation != seen_generation)
            return {}; // somebody else was faster
        if (logged_out)
            return fail(Errc::AuthFailed, "{}: the session is logged out", host);
        cookie.clear();
        logged_in = false;
    }
    log("vim").info("session expired, logging in again host={} user={}", host, user);
    return login();
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Session::~Session() {
    impl_->keeper.request_stop();
    (void)logout();
}

void Session::Impl::keep_alive(const std::stop_token& stop) {
    std::mutex nap_mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
        MonoTime due;
        {
            std::lock_guard lock(mutex);
            if (logged_out)
                return;
            due = last_used + options.keep_alive;
        }
        if (mono_now() >= due) {
            // What it finds is for the next call to act on: that one knows what may be repeated.
            if (Result<bool> alive = is_alive(stop); !alive)
                log("vim").debug("keep-alive failed host={} error={}", host, alive.error().what);
            std::lock_guard lock(mutex);
            last_used = mono_now();
            continue;
        }
        std::unique_lock lock(nap_mutex);
        wake.wait_until(lock, stop, due, [] { return false; });
    }
}

Result<std::unique_ptr<Session>> Session::connect(const std::string& url,
                                                  const net::TlsTrust& trust,
                                                  const std::string& user, const Secret& password,
                                                  SessionOptions options) {
    PF_TRY(net::Url parsed, net::parse_url(url));
    auto impl = std::make_unique<Impl>();
    impl->host = parsed.host;
    impl->user = user;
    impl->password = password;
    impl->endpoint = parsed.origin() + "/sdk";
    net::HttpClientOptions http;
    http.request_timeout = options.call_timeout;
    http.user_agent = options.user_agent;
    http.proxy = options.proxy;
    // As many as calls go on at once: a host that is waited for must not cost the others a new
    // TLS handshake for every call.
    http.max_idle_connections = 64;
    impl->http = std::make_unique<net::HttpClient>(trust, http);
    impl->options = std::move(options);

    net::HttpRequest versions;
    versions.url = impl->endpoint + "/vimServiceVersions.xml";
    versions.timeout = impl->options.call_timeout;
    PF_TRY(net::HttpResponse answer, impl->http->send(versions, impl->options.stop));
    if (answer.status != 200)
        return fail(Errc::Protocol, "{}: no vSphere API there (HTTP status {} for {})", impl->host,
                    answer.status, versions.url);
    PF_TRY(ServiceVersions offered, parse_service_versions(answer.body));
    PF_TRY(auto chosen, choose_version(offered, impl->options, impl->host));
    impl->version = chosen.first;
    impl->soap_action = "urn:vim25/" + chosen.second;

    PF_TRY(Reply content, impl->send(MoRef{"ServiceInstance", "ServiceInstance"},
                                     "RetrieveServiceContent", {}, {}, impl->options.call_timeout));
    if (content.fault)
        return fail(to_error(*content.fault, impl->host));
    impl->content = read_content(std::move(content.result));
    if (impl->content.session_manager.empty() || impl->content.property_collector.empty())
        return fail(Errc::Protocol, "{}: the service content has no session manager", impl->host);
    AutomationOptions rest;
    rest.origin = parsed.origin();
    rest.host = impl->host;
    rest.user = user;
    rest.password = password;
    rest.timeout = impl->options.bulk_timeout;
    rest.logout_timeout = impl->options.logout_timeout;
    rest.stop = impl->options.stop;
    if (impl->options.trace) {
        rest.trace = [trace = impl->options.trace](std::string_view call, auto took, size_t sent,
                                                   size_t received, const std::string& error) {
            CallTrace entry;
            entry.operation_id = "-";
            entry.method = call;
            entry.receiver = "-";
            entry.error = error;
            entry.started_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                   (wall_now() - took).time_since_epoch())
                                   .count();
            entry.duration = took;
            entry.request_bytes = sent;
            entry.response_bytes = received;
            trace(entry);
        };
    }
    impl->automation = std::make_unique<Automation>(*impl->http, std::move(rest));
    PF_CHECK(impl->login());
    if (impl->options.keep_alive.count() > 0)
        impl->keeper = std::jthread(
            [state = impl.get()](const std::stop_token& stop) { state->keep_alive(stop); });
    return std::unique_ptr<Session>(new Session(std::move(impl)));
}

const ServiceContent& Session::content() const { return impl_->content; }
ApiVersion Session::version() const { return impl_->version; }
const SessionOptions& Session::options() const { return impl_->options; }
const std::string& Session::endpoint() const { return impl_->endpoint; }
const std::string& Session::user() const { return impl_->user; }

Result<Reply> Session::Impl::send_logged_in(const MoRef& self, std::string_view method,
                                            std::vector<Field> args,
                                            const CallOptions& call_options, std::string* text) {
    if (self.empty())
        return fail(Errc::Unsupported, "{}: {} has no receiver on this server", host, method);
    std::chrono::milliseconds timeout = call_options.timeout;
    if (timeout.count() == 0)
        timeout = detail::timeout_of(self, method, options);
    uint64_t generation;
    {
        std::lock_guard lock(mutex);
        if (logged_out)
            return fail(Errc::AuthFailed, "{}: the session is logged out", host);
        generation = login_generation;
    }
    PF_TRY(Reply reply, send(self, method, args, call_options, timeout, text));
    if (!reply.fault || !reply.fault->is("NotAuthenticated"))
        return reply;
    // The server refused before doing anything, so sending it once more is safe.
    PF_CHECK(relogin(generation));
    return send(self, method, std::move(args), call_options, timeout, text);
}

Result<Reply> Session::call_raw(const MoRef& self, std::string_view method, std::vector<Field> args,
                                const CallOptions& options) {
    return impl_->send_logged_in(self, method, std::move(args), options, nullptr);
}

Result<std::string> Session::call_text(const MoRef& self, std::string_view method,
                                       std::vector<Field> args, const CallOptions& options) {
    std::string text;
    PF_TRY(Reply reply, impl_->send_logged_in(self, method, std::move(args), options, &text));
    if (reply.fault)
        return fail(to_error(*reply.fault, options.object.empty()
                                               ? fmt::format("{} {}", self.id, method)
                                               : options.object));
    return text;
}

Result<Automation*> Session::automation() {
    if (!is_vcenter())
        return fail(Errc::Unsupported, "{} is no vCenter; it has no tags and no content libraries",
                    impl_->host);
    return impl_->automation.get();
}

uint64_t Session::login_count() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->login_generation;
}

Result<Value> Session::call(const MoRef& self, std::string_view method, std::vector<Field> args,
                            const CallOptions& options) {
    PF_TRY(Reply reply, call_raw(self, method, std::move(args), options));
    if (!reply.fault)
        return std::move(reply.result);
    std::string object =
        options.object.empty() ? fmt::format("{} {}", self.id, method) : options.object;
    return fail(to_error(*reply.fault, object));
}

Result<bool> Session::is_alive() { return impl_->is_alive({}); }

Result<bool> Session::Impl::is_alive(std::stop_token stop) {
    CallOptions call_options;
    call_options.stop = std::move(stop);
    {
        std::lock_guard lock(mutex);
        if (logged_out)
            return false;
    }
    DataObject spec("PropertyFilterSpec");
    DataObject prop("PropertySpec");
    prop.set("type", Value("SessionManager"));
    prop.set("pathSet", Value::strings({"currentSession"}));
    DataObject object("ObjectSpec");
    object.set("obj", Value(content.session_manager));
    spec.set("propSet", Value::array("PropertySpec", {Value(prop)}));
    spec.set("objectSet", Value::array("ObjectSpec", {Value(object)}));
    // Without the renewal of call_raw: the question is whether this login still lives.
    PF_TRY(Reply reply, send(content.property_collector, "RetrievePropertiesEx",
                             {{"specSet", Value::array("PropertyFilterSpec", {Value(spec)})},
                              {"options", Value(DataObject("RetrieveOptions"))}},
                             call_options, options.call_timeout));
    if (reply.fault) {
        if (reply.fault->is("NotAuthenticated"))
            return false;
        return fail(to_error(*reply.fault, host));
    }
    for (const Value& object_content : reply.result["objects"].items()) {
        for (const Value& property : object_content["propSet"].items()) {
            if (property["name"].text_or() == "currentSession" && property["val"].as_object())
                return true;
        }
    }
    return false;
}

Result<void> Session::renew() {
    uint64_t generation;
    {
        std::lock_guard lock(impl_->mutex);
        generation = impl_->login_generation;
        impl_->logged_out = false;
    }
    return impl_->relogin(generation);
}

Result<void> Session::logout() {
    {
        std::lock_guard lock(impl_->mutex);
        if (impl_->logged_out || !impl_->logged_in)
            return {};
        impl_->logged_out = true;
        impl_->logged_in = false;
    }
    if (Result<void> ended = impl_->automation->logout(); !ended)
        log("vim").debug("logout failed host={} error={}", impl_->host, ended.error().what);
    PF_TRY(Reply reply, impl_->send(impl_->content.session_manager, "Logout", {}, {},
                                    impl_->options.logout_timeout));
    if (reply.fault && !reply.fault->is("NotAuthenticated"))
        return fail(to_error(*reply.fault, impl_->host));
    return {};
}

} // namespace pf::vim
