// What vCenter keeps about VMs, read and put back over the wire: the adapter against the simulated
// vCenter, which forgets all of it when a VM is unregistered, as the real one does.
#include "base/net/http_client.hpp"
#include "base/net/tls.hpp"
#include "base/secret.hpp"
#include "libvsphere/administration.hpp"
#include "libvsphere/properties.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"
#include "libvsphere/task.hpp"
#include "tools/pfnvme/adapters/value_text.hpp"
#include "tools/pfnvme/adapters/vsphere_adapter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

namespace pf::nvmetool {
namespace {

using vim::DataObject;
using vim::MoRef;
using vim::Value;

Value object(const char* type, std::vector<vim::Field> fields) {
    return Value(DataObject(type, std::move(fields)));
}

class ContextTest : public ::testing::Test {
  protected:
    void SetUp() override {
        array_ = vim::sim::MemoryArray::create();
        vim::sim::Estate estate;
        estate.hosts = {vim::sim::Estate::default_host(1), vim::sim::Estate::default_host(2)};
        const auto volume = array_->add_volume(std::uint64_t{128} << 20U);
        estate.datastores.push_back({"sdc-01", "sdc-01", {}});
        for (const vim::sim::HostSpec& host : estate.hosts) {
            array_->map_sdc(volume, host.name);
        }
        for (const char* name : {"app1", "app2", "app3"}) {
            vim::sim::VmSpec vm;
            vm.name = name;
            vm.datastore = "sdc-01";
            vim::sim::DiskSpec disk;
            disk.size_bytes = 1U << 20U;
            vm.disks.push_back(disk);
            estate.vms.push_back(vm);
        }
        ASSERT_TRUE(estate.complete());
        const auto ca = net::CertificateAuthority::create("test CA");
        const auto certificate = ca->issue("vcenter", {"127.0.0.1"});
        net::TlsTrust trust;
        trust.sha256_pins = {*net::sha256_fingerprint(certificate->cert_pem)};
        vim::sim::SimulatorOptions options;
        options.vcenter.cert_pem = certificate->cert_pem;
        options.vcenter.key_pem = certificate->key_pem;
        options.timings.power = std::chrono::milliseconds(1);
        auto array = array_;
        simulator_ = std::make_unique<vim::sim::Simulator>(
            estate,
            [array](const std::string& name) -> Result<std::shared_ptr<vim::sim::HostStorage>> {
                return array->host(name);
            },
            options);
        ASSERT_TRUE(simulator_->start());
        ASSERT_TRUE(simulator_->seed({{"sdc-01", array_->sdc_device(volume)}}));
        const std::string url = fmt::format("https://127.0.0.1:{}", simulator_->vcenter_port());
        auto session = vim::Session::connect(url, trust, kUser, Secret("VMware1!"), {});
        ASSERT_TRUE(session) << session.error().what;
        session_ = std::move(*session);
        auto port = connect_vsphere(url, trust, kUser, Secret("VMware1!"), {});
        ASSERT_TRUE(port) << port.error().what;
        port_ = std::move(*port);
        const auto vms = port_->vms();
        ASSERT_TRUE(vms);
        for (const VmInfo& vm : *vms) {
            vms_[vm.name] = *port_->vm(vm.id);
        }
        const auto host = vim::retrieve_property(*session_, host_of("app1"), "parent");
        ASSERT_TRUE(host);
        cluster_ = host->ref();
    }
    void TearDown() override { simulator_->stop(); }

    MoRef ref(const std::string& name) { return {"VirtualMachine", vms_.at(name).id}; }
    MoRef host_of(const std::string& name) { return {"HostSystem", vms_.at(name).host_id}; }
    std::vector<std::string> ids() {
        std::vector<std::string> out;
        for (const auto& [name, vm] : vms_) {
            out.push_back(vm.id);
        }
        return out;
    }

    void reconfigure(const char* field, const char* type, Value info) {
        Value spec = object(type, {{"operation", Value::enumerator("ArrayUpdateOperation", "add")},
                                   {"info", std::move(info)}});
        const auto task = session_->call(
            cluster_, "ReconfigureComputeResource_Task",
            {{"spec", object("ClusterConfigSpecEx", {{field, Value::array(type, {spec})}})},
             {"modify", true}});
        ASSERT_TRUE(task) << task.error().what;
        const auto done = vim::wait_task(*session_, task->ref());
        ASSERT_TRUE(done) << done.error().what;
    }

    void give_context() {
        ASSERT_TRUE(vim::set_custom_value(*session_, ref("app1"), "owner", "team a.b"));
        ASSERT_TRUE(vim::set_entity_permissions(*session_, ref("app1"),
                                                {{ref("app1"), "LAB\\ops", true, true, -2}}));
        reconfigure("rulesSpec", "ClusterRuleSpec",
                    object("ClusterAntiAffinityRuleSpec",
                           {{"enabled", true},
                            {"name", "apart"},
                            {"mandatory", true},
                            {"vm", Value::refs({ref("app1"), ref("app2"), ref("app3")})}}));
        reconfigure("groupSpec", "ClusterGroupSpec",
                    object("ClusterVmGroup", {{"name", "web.front"},
                                              {"vm", Value::refs({ref("app1"), ref("app2")})}}));
        reconfigure("drsVmConfigSpec", "ClusterDrsVmConfigSpec",
                    object("ClusterDrsVmConfigInfo",
                           {{"key", ref("app2")},
                            {"enabled", true},
                            {"behavior", Value::enumerator("DrsBehavior", "manual")}}));
        reconfigure("dasVmConfigSpec", "ClusterDasVmConfigSpec",
                    object("ClusterDasVmConfigInfo",
                           {{"key", ref("app1")},
                            {"dasSettings",
                             object("ClusterDasVmSettings", {{"restartPriority", "high"},
                                                             {"isolationResponse", "none"}})}}));
        const auto manager =
            vim::retrieve_property(*session_, host_of("app2"), "configManager.autoStartManager");
        ASSERT_TRUE(manager);
        const Value power =
            object("AutoStartPowerInfo",
                   {{"key", ref("app2")},
                    {"startOrder", Value(std::int32_t{1})},
                    {"startDelay", Value(std::int32_t{5})},
                    {"waitForHeartbeat",
                     Value::enumerator("AutoStartWaitHeartbeatSetting", "systemDefault")},
                    {"startAction", "PowerOn"},
                    {"stopDelay", Value(std::int32_t{5})},
                    {"stopAction", "GuestShutdown"}});
        ASSERT_TRUE(session_->call(
            manager->ref(), "ReconfigureAutostart",
            {{"spec", object("HostAutoStartManagerConfig",
                             {{"powerInfo", Value::array("AutoStartPowerInfo", {power})}})}}));
    }

    void register_again(const std::string& name) {
        const VmInfo old = vms_.at(name);
        const auto task = port_->start_register(old.folder_id, old.vmx_path, old.name, false,
                                                old.pool_id, old.host_id);
        ASSERT_TRUE(task) << task.error().what;
        ASSERT_TRUE(vim::wait_task(*session_, {"Task", *task}));
        const auto now = port_->vm_by_uuid(old.instance_uuid);
        ASSERT_TRUE(now) << now.error().what;
        ASSERT_NE(now->id, old.id);
        vms_[name] = *now;
    }

    static std::vector<ContextItem> sorted(std::vector<ContextItem> items) {
        std::sort(items.begin(), items.end(), [](const ContextItem& a, const ContextItem& b) {
            return std::tie(a.vm_uuid, a.kind, a.name) < std::tie(b.vm_uuid, b.kind, b.name);
        });
        return items;
    }
    static std::string texts(const std::vector<ContextItem>& items) {
        std::string out;
        for (const ContextItem& item : items) {
            out += item.vm_uuid + " " + item.kind + " " + item.name + " " + item.value + "\n";
        }
        return out;
    }

    static constexpr const char* kUser = "administrator@vsphere.local";
    std::shared_ptr<vim::sim::MemoryArray> array_;
    std::unique_ptr<vim::sim::Simulator> simulator_;
    std::unique_ptr<vim::Session> session_;
    std::unique_ptr<VspherePort> port_;
    std::map<std::string, VmInfo> vms_;
    MoRef cluster_;
};

TEST_F(ContextTest, WhatUnregisteringLosesComesBackWithTheNewObject) {
    give_context();
    const auto before = port_->vm_context(ids());
    ASSERT_TRUE(before) << before.error().what;
    std::map<std::string, int> kinds;
    for (const ContextItem& item : *before) {
        ++kinds[item.kind];
    }
    const std::map<std::string, int> expected{{"attribute", 1}, {"permission", 1}, {"rule", 3},
                                              {"group", 2},     {"drs", 1},        {"ha", 1},
                                              {"autostart", 1}, {"folder", 3},     {"pool", 3}};
    EXPECT_EQ(kinds, expected) << texts(*before);

    for (const char* name : {"app1", "app2"}) {
        ASSERT_TRUE(port_->unregister(vms_.at(name).id));
    }
    for (const char* name : {"app1", "app2"}) {
        register_again(name);
    }
    const auto bare = port_->vm_context(ids());
    ASSERT_TRUE(bare);
    EXPECT_LT(bare->size(), before->size() - 7); // folder and pool alone are as they were

    const auto put = port_->restore_context(*before);
    ASSERT_TRUE(put) << put.error().what;
    for (std::size_t i = 0; i < put->size(); ++i) {
        const ContextItem& item = (*before)[i];
        EXPECT_TRUE((*put)[i].empty() || item.kind == "folder" || item.kind == "pool")
            << item.kind << ": " << (*put)[i];
    }
    const auto after = port_->vm_context(ids());
    ASSERT_TRUE(after);
    EXPECT_EQ(sorted(*after), sorted(*before)) << texts(*after) << "---\n" << texts(*before);
    // Twice is the same as once.
    ASSERT_TRUE(port_->restore_context(*before));
    EXPECT_EQ(sorted(*port_->vm_context(ids())), sorted(*before));
}

TEST_F(ContextTest, MembersOfOthersAreToldAndMissingOnesAreNamed) {
    give_context();
    const auto before = port_->vm_context({vms_.at("app1").id});
    ASSERT_TRUE(before);
    // The rule's other members are told too, because they may be away when this one returns.
    EXPECT_EQ(std::count_if(before->begin(), before->end(),
                            [](const ContextItem& item) { return item.kind == "rule"; }),
              3);
    for (const char* name : {"app1", "app2", "app3"}) {
        ASSERT_TRUE(port_->unregister(vms_.at(name).id));
    }
    register_again("app1");
    const auto put = port_->restore_context(*before);
    ASSERT_TRUE(put);
    for (std::size_t i = 0; i < put->size(); ++i) {
        const ContextItem& item = (*before)[i];
        if (item.vm_uuid != vms_.at("app1").instance_uuid) {
            EXPECT_EQ((*put)[i], "the VM is not registered");
        } else if (item.kind == "rule") {
            EXPECT_NE((*put)[i], ""); // a rule needs two VMs
        } else if (item.kind != "folder" && item.kind != "pool") {
            EXPECT_EQ((*put)[i], "") << item.kind;
        }
    }
    register_again("app2");
    register_again("app3");
    ASSERT_TRUE(port_->restore_context(*before));
    const auto after = port_->vm_context({vms_.at("app1").id});
    EXPECT_EQ(sorted(*after), sorted(*before)) << texts(*after) << "---\n" << texts(*before);
}

TEST(ValueText, KeepsEveryKindOfValue) {
    const Value value = object(
        "ClusterDasVmConfigInfo",
        {{"key", MoRef{"VirtualMachine", "vm-7"}},
         {"text", "a \"quoted\" line\nand another"},
         {"number", Value(std::int32_t{-3})},
         {"list", Value::refs({MoRef{"HostSystem", "host-1"}, MoRef{"HostSystem", "host-2"}})},
         {"empty", Value::array("string")},
         {"choice", Value::enumerator("DrsBehavior", "manual")}});
    const auto back = value_from_text(value_to_text(value));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, value);
    for (const char* wrong : {"", "7", "[]", R"(["x","",""])", R"(["o","T",[["a"]]])",
                              R"(["a","T","no list"])", R"(["s","T",3])"}) {
        EXPECT_FALSE(value_from_text(wrong)) << wrong;
    }
}

} // namespace
} // namespace pf::nvmetool
