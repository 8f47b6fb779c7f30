#include "tests/conformance/vim25/fake_server.hpp"

#include "tests/conformance/vim25/pugi_xml.hpp"

namespace pf::vim::test {

namespace {

Value service_content() {
    DataObject about("AboutInfo");
    about.set("name", Value("VMware vCenter Server"));
    about.set("fullName", Value("VMware vCenter Server 8.0.3 build-24022515"));
    about.set("vendor", Value("VMware, Inc."));
    about.set("version", Value("8.0.3"));
    about.set("build", Value("24022515"));
    about.set("osType", Value("linux-x64"));
    about.set("productLineId", Value("vpx"));
    about.set("apiType", Value("VirtualCenter"));
    about.set("apiVersion", Value("8.0.3.0"));
    DataObject content("ServiceContent");
    content.set("rootFolder", Value(MoRef{"Folder", "group-d1"}));
    content.set("propertyCollector", Value(MoRef{"PropertyCollector", "propertyCollector"}));
    content.set("viewManager", Value(MoRef{"ViewManager", "ViewManager"}));
    content.set("about", Value(std::move(about)));
    content.set("sessionManager", Value(MoRef{"SessionManager", "SessionManager"}));
    content.set("taskManager", Value(MoRef{"TaskManager", "TaskManager"}));
    content.set("vmProvisioningChecker",
                Value(MoRef{"VirtualMachineProvisioningChecker", "ProvChecker"}));
    return Value(std::move(content));
}

Value user_session() {
    DataObject session("UserSession");
    session.set("key", Value("52aa"));
    session.set("userName", Value("admin"));
    session.set("fullName", Value("Administrator"));
    session.set("loginTime", Value::date_time(0));
    session.set("lastActiveTime", Value::date_time(0));
    session.set("locale", Value("en"));
    session.set("messageLocale", Value("en"));
    return Value(std::move(session));
}

void write(pugi::xml_node node, std::string& out) {
    out += '<';
    out += xml::local_name(node.name());
    std::string type = xml::xsi_type(node);
    if (!type.empty())
        out += " xsi:type=" + type;
    if (node.attribute("type"))
        out += std::string(" type=") + node.attribute("type").value();
    out += '>';
    for (pugi::xml_node child : node.children()) {
        if (child.type() == pugi::node_element)
            write(child, out);
    }
    if (!xml::first_element(node))
        out += xml::text_of(node);
    out += "</>";
}

} // namespace

FakeServer::FakeServer() {
    on("RetrieveServiceContent", Answer(service_content()));
    on("Login", Answer(user_session()));
    net::HttpServerOptions options;
    options.name = "fake-vim25";
    options.threads = 2;
    server_ = std::make_unique<net::HttpServer>(
        options, net::HttpServer::AsyncHandler(
                     [this](const net::HttpServerRequest& request, net::Responder responder) {
                         if (std::optional<net::HttpResponse> response = handle(request)) {
                             responder.respond(std::move(*response));
                             return;
                         }
                         std::lock_guard lock(mutex_);
                         unanswered_.push_back(std::move(responder));
                     }));
    if (!server_->start())
        std::abort();
}

void FakeServer::on(const std::string& method, std::function<Answer(const Call&)> handler) {
    std::lock_guard lock(mutex_);
    handlers_[method] = std::move(handler);
}

void FakeServer::on(const std::string& method, Answer answer) {
    on(method, [answer = std::move(answer)](const Call&) { return answer; });
}

void FakeServer::set_versions(ServiceVersions versions) {
    std::lock_guard lock(mutex_);
    versions_ = std::move(versions);
}

void FakeServer::set_cookie(std::string value) {
    std::lock_guard lock(mutex_);
    cookie_ = std::move(value);
}

void FakeServer::give_cookie_early() {
    std::lock_guard lock(mutex_);
    early_cookie_ = true;
}

std::vector<FakeServer::Seen> FakeServer::seen() const {
    std::lock_guard lock(mutex_);
    return seen_;
}

FakeServer::Seen FakeServer::last(const std::string& method) const {
    std::lock_guard lock(mutex_);
    Seen found;
    for (const Seen& s : seen_) {
        if (s.call.method == method)
            found = s;
    }
    return found;
}

size_t FakeServer::count(const std::string& method) const {
    std::lock_guard lock(mutex_);
    size_t n = 0;
    for (const Seen& s : seen_)
        n += s.call.method == method ? 1 : 0;
    return n;
}

Result<std::unique_ptr<Session>> FakeServer::connect(SessionOptions options) {
    return Session::connect(url(), net::TlsTrust{}, "admin", Secret("pw & <secret>"),
                            std::move(options));
}

std::optional<net::HttpResponse> FakeServer::handle(const net::HttpServerRequest& request) {
    std::lock_guard lock(mutex_);
    net::HttpResponse response;
    response.headers.set("Content-Type", "text/xml; charset=utf-8");
    if (request.method == "GET" && request.path == "/sdk/vimServiceVersions.xml") {
        response.body = format_service_versions(versions_);
        return response;
    }
    CodecOptions codec;
    Result<Call> call = decode_call(request.body, codec);
    if (!call) {
        response.status = 400;
        response.body = call.error().what;
        return response;
    }
    seen_.push_back({*call, request.body, std::string(request.headers.get("cookie")),
                     std::string(request.headers.get("soapaction"))});
    auto handler = handlers_.find(call->method);
    Answer answer = handler == handlers_.end() ? Answer(Value()) : handler->second(*call);
    const bool brings_cookie =
        call->method == "Login" || (early_cookie_ && call->method == "RetrieveServiceContent");
    if (brings_cookie && std::holds_alternative<Value>(answer))
        response.headers.add("Set-Cookie",
                             "vmware_soap_session=" + cookie_ + "; Path=/; HttpOnly; Secure;");
    if (std::holds_alternative<NoAnswer>(answer))
        return std::nullopt;
    if (auto* raw = std::get_if<RawBody>(&answer)) {
        response.status = raw->status;
        response.body = std::move(raw->body);
        if (!raw->encoding.empty())
            response.headers.set("Content-Encoding", raw->encoding);
    } else if (auto* fault = std::get_if<Fault>(&answer)) {
        response.status = 500;
        response.body = encode_fault(*fault, codec);
    } else {
        Result<std::string> body =
            encode_reply(call->method, call->self, std::get<Value>(answer), codec);
        response.status = body ? 200 : 400;
        response.body = body ? *body : body.error().what;
    }
    return response;
}

std::string canonical(const std::string& text) {
    std::string wrapped =
        "<w xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">" + text + "</w>";
    pugi::xml_document document;
    if (!document.load_string(wrapped.c_str()))
        return "malformed";
    std::string out;
    write(xml::first_element(document.document_element()), out);
    return out;
}

std::string canonical_body(const std::string& envelope) {
    pugi::xml_document document;
    if (!document.load_string(envelope.c_str()))
        return "malformed";
    std::string out;
    write(xml::first_element(xml::child(document.document_element(), "Body")), out);
    return out;
}

} // namespace pf::vim::test
