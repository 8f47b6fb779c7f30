#include "libvsphere/simulator/service/endpoint.hpp"

#include "base/log.hpp"
#include "libvsphere/simulator/service/access.hpp"
#include "libvsphere/simulator/service/collector.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/state.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

constexpr std::array<const char*, 19> kVersions = {
    "8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.1", "8.0.0.0", "7.0.3.2", "7.0.3.1",
    "7.0.3.0", "7.0.2.1", "7.0.2.0", "7.0.1.1", "7.0.1.0", "7.0",     "6.9.1",
    "6.7.3",   "6.7",     "6.5",     "6.0",     "5.5"};

constexpr size_t kMaxWaiters = 1000;

net::HttpResponse text_response(unsigned status, std::string body, const char* type) {
    net::HttpResponse response;
    response.status = status;
    response.headers.set("Content-Type", type);
    response.body = std::move(body);
    return response;
}

bool reads_only(std::string_view method) {
    for (const std::string_view start :
         {"Retrieve", "Query", "Continue", "Find", "Read", "Has", "CurrentTime", "Log",
          "CreateFilter", "CreateContainerView", "DestroyView", "DestroyProperty",
          "DestroyCollector", "CancelRetrieve", "Session"}) {
        if (method.starts_with(start)) {
            return true;
        }
    }
    return false;
}

// What may be asked without a login.
bool is_anonymous(const Call& call) {
    return call.method == "RetrieveServiceContent" || call.method == "Login" ||
           call.method == "RetrieveProperties" || call.method == "RetrievePropertiesEx" ||
           call.method == "CurrentTime";
}

bool asks_only_open_objects(const Call& call) {
    for (const Value& spec : call.arg("specSet").items()) {
        for (const Value& object : spec["objectSet"].items()) {
            const std::string type = object["obj"].ref().type;
            if (type != "ServiceInstance" && type != "SessionManager") {
                return false;
            }
        }
    }
    return true;
}

// A rule's fault is a vim type, or an HTTP status.
bool is_vim_fault(const net::FaultRule& rule) {
    return rule.fault.empty() || rule.fault.find_first_not_of("0123456789") != std::string::npos;
}

Fault made_fault(const net::FaultRule& rule) {
    const std::string type = rule.fault.empty() ? "SystemError" : rule.fault;
    const std::string text = rule.message.empty()
                                 ? "A general system error occurred: made by a fault rule"
                                 : rule.message;
    Fault fault = raise(type, text).value();
    fault.detail = *filled(std::move(fault.detail)).as_object();
    return fault;
}

net::HttpResponse http_failure(const net::FaultRule& rule) {
    return text_response(static_cast<unsigned>(std::stoul("0" + rule.fault) % 1000),
                         rule.message + "\n", "text/plain");
}

Fault not_authenticated(const MoRef& object) {
    return raise("NotAuthenticated", "The session is not authenticated.",
                 {{"object", Value(object)}, {"privilegeId", Value("System.View")}})
        .value();
}

} // namespace

Endpoint::Endpoint(World& world, Tasks& tasks, Scope scope, EndpointOptions options,
                   Credentials login)
    : world_(world), tasks_(tasks), scope_(scope), options_(std::move(options)),
      sessions_(world, login),
      automation_(scope.is_vcenter()
                      ? std::make_unique<AutomationService>(world, scope_, std::move(login))
                      : nullptr) {}

Endpoint::~Endpoint() { stop(); }

Result<void> Endpoint::start() {
    net::HttpServerOptions http;
    http.address = options_.address;
    http.port = options_.port;
    http.cert_pem = options_.cert_pem;
    http.key_pem = options_.key_pem;
    http.name = scope_.is_vcenter() ? world_.estate.vcenter_name : scope_.host()->spec.name;
    // Calls that wait for a host hold a thread each; a vCenter serves many hosts side by side.
    http.threads = scope_.is_vcenter() ? 96 : 4;
    net::HttpServer::AsyncHandler handler = [this](const net::HttpServerRequest& request,
                                                   net::Responder responder) {
        handle(request, responder);
    };
    server_ = std::make_unique<net::HttpServer>(http, std::move(handler));
    PF_CHECK(server_->start());
    watcher_ = std::thread([this] { watch(); });
    return {};
}

void Endpoint::stop() {
    if (server_) {
        server_->stop();
    }
    if (watcher_.joinable()) {
        watcher_.join();
    }
    const std::lock_guard lock(waiters_mutex_);
    waiters_.clear();
}

ApiVersion Endpoint::newest() const {
    const std::string& version =
        scope_.is_vcenter() ? world_.estate.vcenter_version : scope_.host()->spec.version;
    auto parsed = ApiVersion::parse(version + ".0");
    return parsed ? std::min(*parsed, kNewestKnownVersion) : kNewestKnownVersion;
}

// `"urn:vim25/8.0.3.0"`, quoted or not; a newer or unknown version falls back to the newest here.
ApiVersion Endpoint::bound_version(std::string_view soap_action) const {
    std::string text(soap_action);
    std::erase(text, '"');
    const size_t slash = text.rfind('/');
    if (slash == std::string::npos) {
        return newest();
    }
    auto parsed = ApiVersion::parse(text.substr(slash + 1));
    return parsed ? std::min(*parsed, newest()) : newest();
}

void Endpoint::handle(const net::HttpServerRequest& request, const net::Responder& responder) {
    const std::string& path = request.path;
    if (request.method == "GET" && path == "/sdk/vimServiceVersions.xml") {
        ServiceVersions versions;
        versions.current = newest().str();
        for (const char* version : kVersions) {
            auto parsed = ApiVersion::parse(version);
            if (parsed && *parsed < newest()) {
                versions.prior.emplace_back(version);
            }
        }
        return responder.respond(
            text_response(200, format_service_versions(versions), "text/xml; charset=utf-8"));
    }
    if (automation_ && path.starts_with("/api/")) {
        return automation(request, responder);
    }
    const bool sdk = path == "/sdk" || path == "/sdk/" || path == "/sdk/vimService";
    if (!sdk) {
        return responder.respond(text_response(404, "Not found\n", "text/plain"));
    }
    if (request.method != "POST") {
        return responder.respond(text_response(405, "Use POST\n", "text/plain"));
    }
    call(request, responder);
}

net::HttpResponse Endpoint::fault(Fault fault, ApiVersion version) {
    Value detail(fault.detail);
    {
        const std::lock_guard lock(world_.mutex);
        scope_.to_wire_locked(world_, detail);
    }
    fault.detail = std::move(*detail.as_object());
    return text_response(500, encode_fault(fault, {version, false}), "text/xml; charset=utf-8");
}

net::HttpResponse Endpoint::reply(const Call& call, Value result, ApiVersion version) {
    {
        const std::lock_guard lock(world_.mutex);
        scope_.to_wire_locked(world_, result);
    }
    auto body = encode_reply(call.method, call.self, result, {version, false});
    if (!body) {
        log("simulator")
            .error("reply not encodable method={} error={}", call.method, body.error().what);
        return fault(raise("SystemError", "A general system error occurred: " + body.error().what,
                           {{"reason", Value(body.error().what)}})
                         .value(),
                     version);
    }
    return text_response(200, std::move(*body), "text/xml; charset=utf-8");
}

void Endpoint::call(const net::HttpServerRequest& request, const net::Responder& responder) {
    const ApiVersion version = bound_version(request.headers.get("SOAPAction"));
    auto decoded = decode_call(request.body, {version, true});
    if (!decoded) {
        Fault invalid = raise("InvalidRequest", decoded.error().what).value();
        invalid.code = "ClientFaultCode";
        return responder.respond(fault(std::move(invalid), version));
    }
    Call& call = *decoded;
    {
        const std::lock_guard lock(world_.mutex);
        call.self = scope_.from_wire_locked(world_, call.self);
        for (Field& field : call.args) {
            scope_.from_wire_locked(world_, field.value);
        }
    }
    MethodContext context{world_, tasks_, scope_, sessions_, nullptr, version, request.remote, {}};
    context.agent = std::string(request.headers.get("User-Agent"));
    context.session = sessions_.find(session_cookie(request.headers.get("Cookie")));
    const bool open = is_anonymous(call) && asks_only_open_objects(call);
    if (!context.session && !open) {
        return responder.respond(fault(not_authenticated(call.self), version));
    }
    const MethodInfo* info = Schema::get().method(call.self.type, call.method);
    const Method* method = MethodTable::get().find(call.self.type, call.method);
    const bool waits = call.method == "WaitForUpdatesEx" || call.method == "WaitForUpdates" ||
                       call.method == "CheckForUpdates";
    if ((method == nullptr && !waits) || (info != nullptr && version < info->since)) {
        return responder.respond(fault(
            raise(info == nullptr ? "MethodNotFound" : "NotSupported",
                  fmt::format("Method {} of {} is not available.", call.method, call.self.type),
                  info == nullptr ? std::vector<Field>{{"receiver", Value(call.self)},
                                                       {"method", Value(call.method)}}
                                  : std::vector<Field>{})
                .value(),
            version));
    }
    std::optional<Fault> refused;
    {
        const std::shared_ptr<LiveSession> session = context.session;
        std::unique_lock<std::mutex> mine;
        if (session) {
            mine = std::unique_lock(session->mutex);
        }
        const std::lock_guard lock(world_.mutex);
        const PropertyContext properties{world_, scope_, session ? &session->state : nullptr};
        if (!object_exists(properties, call.self)) {
            mine = {};
            const Fault missing = raise_missing_object(call.self).value();
            // The world's lock is held: encode without translating.
            return responder.respond(text_response(500, encode_fault(missing, {version, false}),
                                                   "text/xml; charset=utf-8"));
        }
        if (session) {
            const auto allowed = check_call(properties, session->state.user, call);
            refused = allowed ? std::nullopt : std::optional(allowed.error());
        }
    }
    if (refused) {
        return responder.respond(fault(std::move(*refused), version));
    }
    const auto rule = world_.faults.decide(describe(call));
    const bool before = rule && rule->when == net::FaultWhen::Before;
    if (rule && rule->action == net::FaultAction::Fault) {
        if (before && !is_vim_fault(*rule)) {
            return responder.respond(http_failure(*rule));
        }
        if (before) {
            return responder.respond(fault(made_fault(*rule), version));
        }
        if (rule->when == net::FaultWhen::Task) {
            context.task_fault = made_fault(*rule);
        }
    }
    if (before && interrupted(*rule, responder)) {
        return;
    }
    if (waits) {
        return wait_for_updates(context, call, responder);
    }
    Outcome<Value> outcome = Value();
    try { // a session's object may vanish between the check above and its use
        outcome = (*method)(context, call);
    } catch (const std::exception& e) {
        log("simulator").error("call failed method={} error={}", call.method, e.what());
        outcome =
            raise("SystemError", "A general system error occurred.", {{"reason", Value(e.what())}});
    }
    if (outcome) {
        note(context, call);
        if (!reads_only(call.method)) {
            wait_until_kept(world_);
        }
    }
    net::HttpResponse response = outcome ? reply(call, std::move(*outcome), version)
                                         : fault(std::move(outcome.error()), version);
    if (call.method == "Login" && outcome && context.session) {
        response.headers.add("Set-Cookie",
                             fmt::format("vmware_soap_session=\"{}\"; Path=/; HttpOnly;{}",
                                         context.session->state.cookie,
                                         options_.cert_pem.empty() ? "" : " Secure;"));
    }
    if (rule && rule->when == net::FaultWhen::After) {
        if (rule->action == net::FaultAction::Fault) {
            response =
                is_vim_fault(*rule) ? fault(made_fault(*rule), version) : http_failure(*rule);
        } else if (interrupted(*rule, responder)) {
            return;
        }
    }
    responder.respond(std::move(response));
}

void Endpoint::automation(const net::HttpServerRequest& request, const net::Responder& responder) {
    const auto rule = world_.faults.decide(AutomationService::describe(request));
    const auto failure = [&] {
        net::HttpResponse response = http_failure(*rule);
        response.status = is_vim_fault(*rule) ? 500 : response.status;
        return response;
    };
    if (rule && rule->when == net::FaultWhen::Before) {
        if (rule->action == net::FaultAction::Fault) {
            return responder.respond(failure());
        }
        if (interrupted(*rule, responder)) {
            return;
        }
    }
    net::HttpResponse response = automation_->handle(request);
    if (rule && rule->when == net::FaultWhen::After) {
        if (rule->action == net::FaultAction::Fault) {
            response = failure();
        } else if (interrupted(*rule, responder)) {
            return;
        }
    }
    responder.respond(std::move(response));
}

// The events of calls that are no tasks.
void Endpoint::note(const MethodContext& context, const Call& call) {
    const std::string user = context.user();
    const std::lock_guard lock(world_.mutex);
    const PropertyContext properties{world_, scope_, nullptr};
    const std::string name = object_name(properties, call.self);
    if (call.method == "Login" && context.session) {
        const SessionState& state = context.session->state;
        post_event(world_, "UserLoginSessionEvent", state.user, {},
                   fmt::format("User {}@{} logged in", state.user, state.address),
                   {{"ipAddress", state.address},
                    {"userAgent", state.agent},
                    {"locale", "en"},
                    {"sessionId", state.key}});
    } else if (call.method == "Logout") {
        post_event(world_, "UserLogoutSessionEvent", user, {},
                   fmt::format("User {} logged out", user), {});
    } else if (call.method == "UnregisterVM") {
        post_event(world_, "VmRemovedEvent", user, {},
                   fmt::format("Removed {} from the inventory", call.self.id),
                   {{"template", false}});
    } else if (call.method == "RenameDatastore") {
        post_event(world_, "DatastoreRenamedEvent", user, call.self,
                   fmt::format("Renamed datastore to {}", name),
                   {{"oldName", call.self.id}, {"newName", name}});
    }
}

// Delays, drops or leaves hanging; true when the call is done with.
bool Endpoint::interrupted(const net::FaultRule& rule, const net::Responder& responder) {
    switch (rule.action) {
    case net::FaultAction::Drop:
        responder.respond(net::FaultRules::dropped());
        return true;
    case net::FaultAction::Hang:
        world_.faults.hang(responder);
        return true;
    case net::FaultAction::Delay:
        world_.faults.wait(rule);
        return false;
    case net::FaultAction::Fault:
        return false;
    }
    return false;
}

// The call as fault rules see it: its method (esxcli commands by their words), its object's id and
// name, its host's name.
net::FaultCall Endpoint::describe(const Call& call) const {
    net::FaultCall out;
    out.service = scope_.is_vcenter() ? "vcenter" : "esxi";
    if (call.method == "ExecuteSoap") {
        std::string words = call.arg("method").text();
        if (words.starts_with("vim.EsxCLI.")) {
            words = "esxcli " + words.substr(11);
            std::replace(words.begin(), words.end(), '.', ' ');
            out.methods.push_back(words);
        }
    }
    out.methods.push_back(call.method);
    out.objects.push_back(call.self.id);
    const std::lock_guard lock(world_.mutex);
    const PropertyContext properties{world_, scope_, nullptr};
    const std::string name = object_name(properties, call.self);
    if (!name.empty()) {
        out.objects.push_back(name);
    }
    const bool per_host = std::string_view(call.self.type).starts_with("Host") ||
                          call.self.type == "ManagedMethodExecuter";
    const HostState* host =
        per_host ? world_.host_numbered(trailing_number(call.self.id)) : scope_.host();
    if (host != nullptr) {
        out.objects.push_back(host->spec.name);
    }
    return out;
}

void Endpoint::wait_for_updates(MethodContext& context, const Call& call,
                                const net::Responder& responder) {
    Waiter waiter{responder,       context.session, call.self.id, call,
                  context.version, mono_now(),      {},           0};
    const Value& options = call.arg("options");
    const int64_t wait_s =
        call.method == "CheckForUpdates"
            ? 0
            : std::clamp<int64_t>(options["maxWaitSeconds"].int_or(1800), 0, 1800);
    waiter.deadline += std::chrono::seconds(wait_s);
    waiter.max_objects =
        static_cast<size_t>(std::max<int64_t>(0, options["maxObjectUpdates"].int_or(0)));
    {
        const std::lock_guard session(waiter.session->mutex);
        auto& collectors = waiter.session->state.collectors;
        const auto found = collectors.find(waiter.collector);
        if (found == collectors.end()) {
            return responder.respond(
                fault(raise_missing_object(call.self).value(), context.version));
        }
        found->second.cancel = false;
        auto accepted = accept_version(found->second, call.arg("version").text());
        if (!accepted) {
            return responder.respond(fault(std::move(accepted.error()), context.version));
        }
    }
    if (try_updates(waiter)) { // the first look at a large estate takes a while
        return;
    }
    const std::lock_guard lock(waiters_mutex_);
    if (waiters_.size() >= kMaxWaiters) {
        return responder.respond(text_response(503, "Too many waiting calls\n", "text/plain"));
    }
    waiters_.push_back(std::move(waiter));
    const std::lock_guard world(world_.mutex);
    world_.changed.notify_all(); // the watcher learns of the new deadline
}

bool Endpoint::try_updates(Waiter& waiter) {
    Outcome<Value> updates = Value();
    bool cancelled = false;
    {
        const std::lock_guard session(waiter.session->mutex);
        auto& collectors = waiter.session->state.collectors;
        const auto found = collectors.find(waiter.collector);
        if (found == collectors.end()) {
            cancelled = true;
        } else {
            cancelled = found->second.cancel;
            const PropertyContext properties{world_, scope_, &waiter.session->state};
            updates =
                collect_updates(properties, waiter.version, found->second, waiter.max_objects);
            waiter.again = found->second.not_before;
        }
    }
    if (!updates) {
        waiter.responder.respond(fault(std::move(updates.error()), waiter.version));
        return true;
    }
    if (updates->is_set()) {
        waiter.responder.respond(reply(waiter.call, std::move(*updates), waiter.version));
        return true;
    }
    if (cancelled) {
        waiter.responder.respond(fault(
            raise("RequestCanceled", "The task was canceled by a user.").value(), waiter.version));
        return true;
    }
    if (mono_now() >= waiter.deadline) {
        waiter.responder.respond(reply(waiter.call, Value(), waiter.version));
        return true;
    }
    return !waiter.responder.connected();
}

void Endpoint::watch() {
    uint64_t seen = 0;
    while (true) {
        MonoTime next = mono_now() + std::chrono::seconds(1);
        {
            const std::lock_guard lock(waiters_mutex_);
            for (auto it = waiters_.begin(); it != waiters_.end();) {
                if (try_updates(*it)) {
                    it = waiters_.erase(it);
                } else {
                    next = std::min(next, it->deadline);
                    if (it->again != MonoTime{}) { // a large estate is not looked at all the time
                        next = std::min(next, std::max(it->again, mono_now()));
                    }
                    ++it;
                }
            }
        }
        std::unique_lock lock(world_.mutex);
        if (world_.stopping) {
            return;
        }
        // Also woken without a change, for a new waiter's deadline.
        if (world_.revision + world_.task_revision == seen) {
            world_.changed.wait_until(lock, next);
        }
        seen = world_.revision + world_.task_revision;
        if (world_.stopping) {
            return;
        }
    }
}

} // namespace pf::vim::sim
