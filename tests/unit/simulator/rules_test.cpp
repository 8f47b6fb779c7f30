// Fault rules at the estate's doors: SOAP of the vCenter and of a host, esxcli.
#include "fixture.hpp"

#include "base/file.hpp"

namespace pf::vim::sim::test {
namespace {

class RulesTest : public SimulatorTest {
  protected:
    void options_for(SimulatorOptions& options) override {
        options.fault_rules_file = dir / "faults.json";
    }
    void rule(const std::string& text) {
        ASSERT_TRUE(write_file_atomic(dir / "faults.json", "{\"rules\": [" + text + "]}", 0600));
    }
    // The call's outcome as an outside client sees it, without expectations.
    Result<net::HttpResponse> send(const std::string& body, std::chrono::milliseconds timeout) {
        net::HttpClient http(net::TlsTrust{}, net::HttpClientOptions{});
        net::HttpRequest request;
        request.method = "POST";
        request.url = fmt::format("http://127.0.0.1:{}/sdk", simulator->vcenter_port());
        request.headers.set("SOAPAction", "urn:vim25/8.0.3.0");
        request.headers.set("Cookie", vc->cookie());
        request.body = "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body>" +
                       body + "</Body></Envelope>";
        request.timeout = timeout;
        return http.send(request);
    }
    static std::string tag_vmk(const char* verb) {
        return fmt::format("<{0} xmlns=\"urn:vim25\"><_this type=\"HostVirtualNicManager\">"
                           "virtualNicManager-21</_this><nicType>nvmeTcp</nicType><device>vmk1"
                           "</device></{0}>",
                           verb);
    }
    std::string tags() { return esxcli(1, "network ip interface tag get -i vmk1"); }
    TempDir dir;
};

constexpr auto kSoon = std::chrono::milliseconds(300);
constexpr auto kLong = std::chrono::seconds(20);

TEST_F(RulesTest, AFaultBeforeTheEffectAndOneAfterIt) {
    rule(R"({"service": "vcenter", "method": "SelectVnicForNicType",
             "fault": "HostConfigFault", "message": "no", "times": 1})");
    const MoRef nics{"HostVirtualNicManager", "virtualNicManager-21"};
    const std::vector<Field> args{{"nicType", "nvmeTcp"}, {"device", "vmk1"}};
    EXPECT_EQ(vc->fault(nics, "SelectVnicForNicType", args), "HostConfigFault");
    EXPECT_EQ(tags().find("NVMeTCP"), std::string::npos);
    rule(R"({"method": "SelectVnicForNicType", "object": "esx01*", "when": "after", "times": 1})");
    EXPECT_EQ(vc->fault(nics, "SelectVnicForNicType", args), "SystemError");
    EXPECT_NE(tags().find("NVMeTCP"), std::string::npos);
    vc->ok(nics, "SelectVnicForNicType", args);
}

TEST_F(RulesTest, ADroppedConnectionBeforeAndAfterTheEffect) {
    rule(R"({"method": "SelectVnicForNicType", "action": "drop", "times": 1})");
    EXPECT_FALSE(send(tag_vmk("SelectVnicForNicType"), kLong));
    EXPECT_EQ(tags().find("NVMeTCP"), std::string::npos);
    rule(R"({"method": "SelectVnicForNicType", "action": "drop", "when": "after", "times": 1})");
    EXPECT_FALSE(send(tag_vmk("SelectVnicForNicType"), kLong));
    EXPECT_NE(tags().find("NVMeTCP"), std::string::npos);
    EXPECT_TRUE(send(tag_vmk("SelectVnicForNicType"), kLong));
}

TEST_F(RulesTest, ACallThatNeverAnswersMayHaveHadItsEffect) {
    rule(R"({"method": "SelectVnicForNicType", "action": "hang", "times": 1})");
    EXPECT_FALSE(send(tag_vmk("SelectVnicForNicType"), kSoon));
    EXPECT_EQ(tags().find("NVMeTCP"), std::string::npos);
    rule(R"({"method": "SelectVnicForNicType", "action": "hang", "when": "after"})");
    EXPECT_FALSE(send(tag_vmk("SelectVnicForNicType"), kSoon));
    EXPECT_NE(tags().find("NVMeTCP"), std::string::npos);
}

TEST_F(RulesTest, ADelayAndAnHttpStatus) {
    rule(R"({"method": "CurrentTime", "action": "delay", "delayMs": 50})");
    const MonoTime before = mono_now();
    vc->ok({"ServiceInstance", "ServiceInstance"}, "CurrentTime");
    EXPECT_GE(mono_now() - before, std::chrono::milliseconds(50));
    rule(R"({"method": "CurrentTime", "fault": "503"})");
    const auto busy = send("<CurrentTime xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">"
                           "ServiceInstance</_this></CurrentTime>",
                           kLong);
    ASSERT_TRUE(busy);
    EXPECT_EQ(busy->status, 503U);
}

TEST_F(RulesTest, WaitingForUpdatesFailsToo) {
    rule(R"({"method": "WaitForUpdatesEx", "fault": "InvalidCollectorVersion", "times": 1})");
    const MoRef collector{"PropertyCollector", "propertyCollector"};
    const std::vector<Field> args{
        {"options", data("WaitOptions", {{"maxWaitSeconds", Value(int32_t{0})}})}};
    EXPECT_EQ(vc->fault(collector, "WaitForUpdatesEx", args), "InvalidCollectorVersion");
    EXPECT_FALSE(vc->ok(collector, "WaitForUpdatesEx", args).is_set());
}

TEST_F(RulesTest, ATaskThatFails) {
    rule(R"({"method": "PowerOnVM_Task", "object": "app02", "when": "task",
             "fault": "InvalidPowerState", "times": 1})");
    const MoRef vm = find("vm/app02");
    EXPECT_EQ(vc->run_fault(vm, "PowerOnVM_Task"), "InvalidPowerState");
    EXPECT_EQ(vc->property(vm, "runtime.powerState").text(), "poweredOff");
    vc->run(vm, "PowerOnVM_Task");
}

TEST_F(RulesTest, EsxcliOverSshAndSoap) {
    rule(R"({"service": "ssh", "method": "esxcli nvme info *", "message": "busy", "nth": 2})");
    EXPECT_NE(esxcli(1, "nvme info get").find("Host NQN"), std::string::npos);
    auto second =
        simulator->shell_execute("esx01.lab.local", "esxcli --formatter=json nvme info get");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->exit_status, 1);
    EXPECT_EQ(second->err, "busy\n");
    rule(R"({"service": "ssh", "method": "esxcli*", "action": "drop", "object": "host-22"})");
    auto dropped = simulator->shell_execute("esx02.lab.local", "esxcli nvme info get");
    ASSERT_TRUE(dropped);
    EXPECT_EQ(dropped->exit_status, 255);
    rule(R"({"service": "vcenter", "method": "esxcli nvme info get", "fault": "HostConfigFault"})");
    EXPECT_EQ(vc->fault({"ManagedMethodExecuter", "managedMethodExecuter-21"}, "ExecuteSoap",
                        {{"moid", "ha-cli-handler-nvme-info"},
                         {"version", "urn:vim25/5.0"},
                         {"method", "vim.EsxCLI.nvme.info.get"}}),
              "HostConfigFault");
}

} // namespace
} // namespace pf::vim::sim::test
