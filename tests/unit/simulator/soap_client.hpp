// A bare vim25 caller for the simulator's tests: the wire codec over HTTP, nothing of the client
// library.
#pragma once

#include "base/net/http_client.hpp"
#include "libvsphere/wire/soap.hpp"
#include "tests/conformance/vim25/strict_reply.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace pf::vim::sim::test {

struct RawReply {
    unsigned status = 0;
    std::string body;
};

class SoapClient {
  public:
    explicit SoapClient(uint16_t port, ApiVersion version = {8, 0, 3, 0})
        : port_(port), version_(version), http_(net::TlsTrust{}, net::HttpClientOptions{}) {}

    RawReply post(const std::string& body) {
        net::HttpRequest request;
        request.method = "POST";
        request.url = fmt::format("http://127.0.0.1:{}/sdk", port_);
        request.headers.set("Content-Type", "text/xml; charset=utf-8");
        request.headers.set("SOAPAction", "urn:vim25/" + version_.str());
        if (!cookie_.empty()) {
            request.headers.set("Cookie", cookie_);
        }
        request.body = body;
        auto response = http_.send(request);
        if (!response) {
            ADD_FAILURE() << response.error().what;
            return {};
        }
        const std::string_view set = response->headers.get("Set-Cookie");
        if (!set.empty()) {
            cookie_ = std::string(set.substr(0, set.find(';')));
        }
        return {response->status, response->body};
    }
    RawReply get(const std::string& path) {
        net::HttpRequest request;
        request.method = "GET";
        request.url = fmt::format("http://127.0.0.1:{}{}", port_, path);
        auto response = http_.send(request);
        return response ? RawReply{response->status, response->body} : RawReply{};
    }

    Reply call(const MoRef& self, std::string_view method, std::vector<Field> args = {}) {
        Call call;
        call.method = method;
        call.self = self;
        call.args = std::move(args);
        auto body = encode_call(call, {version_, false});
        if (!body) {
            ADD_FAILURE() << method << ": " << body.error().what;
            return {};
        }
        const RawReply raw = post(*body);
        auto reply = decode_reply(raw.body, call, {version_, false});
        if (!reply) {
            ADD_FAILURE() << method << ": " << reply.error().what << "\n" << raw.body;
            return {};
        }
        EXPECT_EQ(raw.status, reply->fault ? 500U : 200U) << method;
        for (const std::string& defect :
             vim::test::strict_defects(raw.body, self.type, method, version_)) {
            ADD_FAILURE() << "a strict client of " << version_.str() << " minds: " << defect;
        }
        return *reply;
    }
    // The result of a call that must not fault.
    Value ok(const MoRef& self, std::string_view method, std::vector<Field> args = {}) {
        Reply reply = call(self, method, std::move(args));
        if (reply.fault) {
            ADD_FAILURE() << method << ": " << reply.fault->detail.type << ": "
                          << reply.fault->message;
        }
        return reply.result;
    }
    // The fault's type of a call that must fault.
    std::string fault(const MoRef& self, std::string_view method, std::vector<Field> args = {}) {
        const Reply reply = call(self, method, std::move(args));
        return reply.fault ? reply.fault->detail.type : "no fault";
    }

    void login(const std::string& user, const std::string& password) {
        ok(sessions_, "Login", {{"userName", user}, {"password", password}});
    }
    const std::string& cookie() const { return cookie_; }
    void use_session_manager(const MoRef& ref) { sessions_ = ref; }

    Value property(const MoRef& object, const std::string& path,
                   const MoRef& collector = {"PropertyCollector", "propertyCollector"}) {
        const Value spec = Value(DataObject(
            "PropertyFilterSpec",
            {{"propSet", Value::array("PropertySpec",
                                      {Value(DataObject("PropertySpec",
                                                        {{"type", object.type},
                                                         {"pathSet", Value::strings({path})}}))})},
             {"objectSet",
              Value::array("ObjectSpec", {Value(DataObject("ObjectSpec", {{"obj", object}}))})}}));
        const Value result = ok(collector, "RetrievePropertiesEx",
                                {{"specSet", Value::array("PropertyFilterSpec", {spec})},
                                 {"options", Value(DataObject("RetrieveOptions"))}});
        for (const Value& content : result["objects"].items()) {
            for (const Value& prop : content["propSet"].items()) {
                return prop["val"];
            }
        }
        return {};
    }

    // Polls the task to its end; the TaskInfo.
    Value wait(const Value& task, int seconds = 60) {
        if (task.ref().empty()) {
            return {};
        }
        for (int i = 0; i < seconds * 100; ++i) {
            Value info = property(task.ref(), "info");
            const std::string state = info["state"].text();
            if (state == "success" || state == "error") {
                return info;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        ADD_FAILURE() << "task did not end";
        return {};
    }
    Value run(const MoRef& self, std::string_view method, std::vector<Field> args = {}) {
        const Value info = wait(ok(self, method, std::move(args)));
        EXPECT_EQ(info["state"].text(), "success")
            << method << ": " << info["error"]["localizedMessage"].text();
        return info["result"];
    }
    std::string run_fault(const MoRef& self, std::string_view method,
                          std::vector<Field> args = {}) {
        const Value info = wait(ok(self, method, std::move(args)));
        return info["state"].text() == "error" ? info["error"]["fault"].type_name() : "no fault";
    }

  private:
    uint16_t port_;
    ApiVersion version_;
    net::HttpClient http_;
    std::string cookie_;
    MoRef sessions_{"SessionManager", "SessionManager"};
};

inline Value data(std::string type, std::vector<Field> fields) {
    return Value(DataObject(std::move(type), std::move(fields)));
}

} // namespace pf::vim::sim::test
