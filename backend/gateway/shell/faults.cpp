#include "backend/gateway/shell/faults.hpp"

#include "backend/gateway/core/api_error.hpp"
#include "base/json.hpp"

#include <charconv>

namespace pf::gateway {

namespace {

net::FaultCall describe(const net::HttpServerRequest& request) {
    net::FaultCall call;
    call.service = "gateway";
    call.methods = {request.method + " " + request.path};
    call.methods.push_back(request.path.substr(request.path.rfind('/') + 1));
    const std::size_t id = request.path.find("::");
    if (id != std::string::npos) {
        const std::size_t end = request.path.find('/', id);
        call.objects.push_back(request.path.substr(id + 2, end - id - 2));
    }
    call.objects.push_back(request.path);
    return call;
}

net::HttpResponse failure(const net::FaultRule& rule) {
    ApiError error;
    int status = 500;
    std::from_chars(rule.fault.data(), rule.fault.data() + rule.fault.size(), status);
    error.http_status = status;
    error.code = 0;
    error.message = rule.message.empty() ? "Internal error made by a fault rule" : rule.message;
    net::HttpResponse response;
    response.status = static_cast<unsigned>(status);
    response.headers.set("Content-Type", "application/json");
    response.body = json::serialize(error_body(error));
    return response;
}

} // namespace

void answer_with_faults(Gateway& gateway, net::FaultRules& faults,
                        const net::HttpServerRequest& request, const net::Responder& responder) {
    const auto rule = faults.decide(describe(request));
    if (!rule) {
        return responder.respond(gateway.handle(request));
    }
    net::HttpResponse response;
    if (rule->when != net::FaultWhen::Before) {
        response = gateway.handle(request);
    }
    switch (rule->action) {
    case net::FaultAction::Fault:
        return responder.respond(failure(*rule));
    case net::FaultAction::Drop:
        return responder.respond(net::FaultRules::dropped());
    case net::FaultAction::Hang:
        return faults.hang(responder);
    case net::FaultAction::Delay:
        break;
    }
    faults.wait(*rule);
    responder.respond(rule->when == net::FaultWhen::Before ? gateway.handle(request)
                                                           : std::move(response));
}

} // namespace pf::gateway
