#include "tools/pf-lab/control.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/net/http_client.hpp"
#include "libvsphere/simulator/simulator.hpp"

#include <atomic>

namespace pf::lab {
namespace {

using vim::sim::Simulator;

json::object esxcli_answer(const vim::sim::EsxcliResult& result) {
    return {{"exit", result.exit_status}, {"out", result.out}, {"err", result.err}};
}

Result<json::value> check(Simulator& simulator, const json::object& body) {
    PF_TRY(const std::string vm, json_str(body, "vm"));
    PF_TRY(const auto checks, simulator.check_vm(vm));
    json::array out;
    for (const auto& c : checks)
        out.push_back(json::object{
            {"vm", c.vm},
            {"key", c.disk_key},
            {"file", c.file},
            {"datastore", c.datastore},
            {"device", c.device_id},
            {"transport", c.transport == vim::sim::Transport::NvmeTcp ? "nvme" : "sdc"},
            {"bytes", static_cast<std::int64_t>(c.bytes)},
            {"badBytes", static_cast<std::int64_t>(c.bad_bytes)},
            {"countersChecked", static_cast<std::int64_t>(c.counters_checked)},
            {"countersLost", static_cast<std::int64_t>(c.counters_lost)},
            {"sha256", c.sha256},
            {"ok", c.ok()}});
    return json::value(std::move(out));
}

json::value inventory(Simulator& simulator) {
    const auto summary = simulator.inventory();
    json::array datastores;
    for (const auto& row : summary.datastores) {
        json::array hosts;
        for (const auto& host : row.mounted_on)
            hosts.emplace_back(host);
        datastores.push_back(json::object{{"name", row.name},
                                          {"uuid", row.uuid},
                                          {"device", row.device_id},
                                          {"accessible", row.accessible},
                                          {"hosts", std::move(hosts)}});
    }
    json::array vms;
    for (const auto& row : summary.vms)
        vms.push_back(json::object{{"name", row.name},
                                   {"host", row.host},
                                   {"vmx", row.vmx_path},
                                   {"power", row.power_state}});
    return json::object{{"datastores", std::move(datastores)}, {"vms", std::move(vms)}};
}

Result<json::value> dispatch(Simulator& simulator, const std::string& path,
                             const json::object& body) {
    if (path == "/shell") {
        PF_TRY(const std::string host, json_str(body, "host"));
        PF_TRY(const std::string line, json_str(body, "line"));
        PF_TRY(const auto result, simulator.shell_execute(host, line));
        return json::value(esxcli_answer(result));
    }
    if (path == "/check")
        return check(simulator, body);
    if (path == "/inventory")
        return inventory(simulator);
    if (path == "/record") {
        PF_TRY(const std::string dir, json_str(body, "dir"));
        PF_TRY(const std::size_t objects, simulator.record(dir));
        return json::value(json::object{{"objects", static_cast<std::int64_t>(objects)}});
    }
    if (path == "/reboot") {
        PF_TRY(const std::string host, json_str(body, "host"));
        PF_CHECK(simulator.reboot_host(host));
        return json::value(json::object{});
    }
    return fail(Errc::NotFound, "the lab knows no request {}", path);
}

net::HttpResponse answer(unsigned status, const json::value& value) {
    net::HttpResponse out;
    out.status = status;
    out.headers.set("Content-Type", "application/json");
    out.body = json::serialize(value);
    return out;
}

} // namespace

struct ControlServer::Impl {
    Impl(std::string address, Secret t)
        : token(std::move(t)),
          server({.address = std::move(address), .port = kControlPort, .name = "control"},
                 net::HttpServer::Handler(
                     [this](const net::HttpServerRequest& r) { return handle(r); })) {}

    net::HttpResponse handle(const net::HttpServerRequest& request) {
        const std::string expected = "Bearer " + std::string(token.expose());
        if (!equal_constant_time(as_bytes(request.headers.get("Authorization")),
                                 as_bytes(expected)))
            return answer(401, json::object{{"error", "wrong token"}});
        Simulator* target = simulator.load();
        if (request.path == "/status")
            return answer(200, json::object{{"ready", target != nullptr}});
        if (target == nullptr)
            return answer(503, json::object{{"error", "the estate is still starting"}});
        const auto body = parse_json(request.body);
        if (!body || !body->is_object())
            return answer(400, json::object{{"error", "the body is no JSON object"}});
        auto result = dispatch(*target, request.path, body->get_object());
        if (!result)
            return answer(result.error().code == Errc::NotFound ? 404 : 500,
                          json::object{{"error", result.error().what}});
        return answer(200, *result);
    }

    Secret token;
    std::atomic<Simulator*> simulator{nullptr};
    net::HttpServer server;
};

ControlServer::ControlServer(std::string address, Secret token)
    : impl_(std::make_unique<Impl>(std::move(address), std::move(token))) {}
ControlServer::~ControlServer() { impl_->server.stop(); }
Result<> ControlServer::start() { return impl_->server.start(); }
void ControlServer::ready(vim::sim::Simulator& simulator) { impl_->simulator = &simulator; }

ControlClient::ControlClient(const LabConfig& config, Secret token)
    : origin_(fmt::format("http://{}:{}", config.vcenter_address(), kControlPort)),
      token_(std::move(token)) {}

Result<json::value> ControlClient::call(const std::string& path, const json::object& body) {
    net::HttpClientOptions options;
    options.request_timeout = std::chrono::minutes(5);
    net::HttpClient client({}, options);
    net::HttpRequest request;
    request.method = "POST";
    request.url = origin_ + path;
    request.headers.set("Authorization", "Bearer " + std::string(token_.expose()));
    request.body = json::serialize(body);
    auto response = client.send(request);
    if (!response)
        return fail(std::move(response).error());
    PF_TRY(json::value value, parse_json(response->body));
    if (response->status == 200)
        return value;
    const std::string why =
        value.is_object() ? json_str_or(value.get_object(), "error", "unknown") : "unknown";
    return fail(response->status == 404   ? Errc::NotFound
                : response->status == 503 ? Errc::NotReady
                                          : Errc::Failed,
                "{}", why);
}

bool ControlClient::ready() {
    const auto status = call("/status", {});
    return status && status->is_object() && json_bool_or(status->get_object(), "ready", false);
}

} // namespace pf::lab
