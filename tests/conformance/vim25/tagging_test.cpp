// Tags and content libraries: the client of vCenter's Automation API against the simulated estate,
// over the wire.

#include "base/file.hpp"
#include "libvsphere/tagging.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"
#include "tests/conformance/vim25/live_estate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace pf::vim {
namespace {

using test::Live;

class Tagging : public Live {
  protected:
    void SetUp() override {
        options_.fault_rules_file = dir_.path() + "/faults.json";
        Live::SetUp();
    }
    void describe(sim::Estate& estate) override {
        estate.vms[0].tags = {"sla:24x7", "owner:web team"};
        estate.vms[1].tags = {"sla:business"};
        estate.datastores[0].tags = {"tier:gold"};
        options_.hosts[estate.hosts[0].name] = {};
        estate.content_libraries = {{"images", "sdc-01"}};
        estate.roles.push_back({"Looker", {"System.Read"}});
        sim::UserSpec all{"reader@vsphere.local", "reader's", "Looker", {}};
        sim::UserSpec one{"one@vsphere.local", "one's", "Looker", {"/Datacenter/vm/vm-1"}};
        estate.users = {all, one};
    }
    std::vector<std::string> tags_of(Session& session, const std::vector<MoRef>& objects) {
        auto found = TagReader(session).attached(objects);
        EXPECT_TRUE(found) << found.error().what;
        std::vector<std::string> out;
        for (const auto& list : found ? *found : std::vector<std::vector<Tag>>()) {
            std::string line;
            for (const Tag& tag : list)
                line += (line.empty() ? "" : ",") + tag.full_name();
            out.push_back(line);
        }
        return out;
    }
    /// A session that notes its calls of the Automation API.
    std::unique_ptr<Session> noted() {
        SessionOptions session_options;
        session_options.trace = [this](const CallTrace& call) {
            const std::lock_guard lock(mutex_);
            if (call.method.find(" /api/") != std::string::npos)
                calls_.push_back(call.method);
        };
        return connect(simulator_->vcenter_port(), options_.vcenter_login.user,
                       options_.vcenter_login.password, std::move(session_options));
    }
    long count(const std::string& call) {
        const std::lock_guard lock(mutex_);
        return std::count(calls_.begin(), calls_.end(), call);
    }

    TempDir dir_{"pf-tagging"};
    std::mutex mutex_;
    std::vector<std::string> calls_;
};

TEST_F(Tagging, TagsOfVmsAndDatastoresAreReadInOneQuestion) {
    auto session = noted();
    ASSERT_TRUE(session);
    const MoRef datastore = inventory().datastores.front().ref;
    EXPECT_EQ(
        tags_of(*session, {vm("vm-2"), vm("vm-1"), datastore, vm("vm-0")}),
        (std::vector<std::string>{"", "sla:business", "tier:gold", "owner:web team,sla:24x7"}));
    EXPECT_EQ(count("POST /api/session"), 1);
    EXPECT_EQ(count("POST /api/cis/tagging/tag-association?action=list-attached-tags-on-objects"),
              1);
    const std::string category = "GET /api/cis/tagging/category/";
    EXPECT_EQ(std::count_if(calls_.begin(), calls_.end(),
                            [&](const std::string& call) { return call.starts_with(category); }),
              3); // sla is asked for once
    ASSERT_TRUE(session->logout());
    EXPECT_EQ(count("DELETE /api/session"), 1);
}

TEST_F(Tagging, MoreObjectsThanOneQuestionNamesAreAskedInSeveral) {
    auto session = noted();
    ASSERT_TRUE(session);
    std::vector<MoRef> many(kTaggedAtOnce + 1, MoRef{"VirtualMachine", "vm-999999"});
    for (size_t i = 0; i < many.size(); ++i)
        many[i].id = "vm-9" + std::to_string(100000 + i);
    many.back() = vm("vm-1");
    auto found = TagReader(*session).attached(many);
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_EQ(found->size(), many.size());
    ASSERT_EQ(found->back().size(), 1u);
    EXPECT_EQ(found->back()[0].full_name(), "sla:business");
    EXPECT_EQ(count("POST /api/cis/tagging/tag-association?action=list-attached-tags-on-objects"),
              2);
}

TEST_F(Tagging, ATagIsLostWithTheRegistrationAndAttachedAgain) {
    const MoRef first = vm("vm-1");
    auto before = TagReader(*session_).attached({first});
    ASSERT_TRUE(before);
    ASSERT_EQ(before->at(0).size(), 1u);
    const std::string id = before->at(0)[0].id;
    auto found = read_vm(*session_, first);
    ASSERT_TRUE(found) << found.error().what;
    const std::string path = found->vmx_path;
    ASSERT_TRUE(unregister_vm(*session_, first));
    const Inventory all = inventory();
    Registration again;
    again.folder = all.datacenters.front().vm_folder;
    again.vmx_path = path;
    again.pool = all.pools.front().ref;
    again.host = all.hosts.front().ref;
    auto task = register_task(*session_, again);
    ASSERT_TRUE(task) << task.error().what;
    auto registered = wait_task(*session_, *task);
    ASSERT_TRUE(registered) << registered.error().what;
    const MoRef second = vm("vm-1");
    ASSERT_NE(first, second);
    EXPECT_EQ(tags_of(*session_, {second}), std::vector<std::string>{""});
    for (int i = 0; i < 2; ++i) { // the second time there is nothing to do
        auto attached = attach_tag(*session_, id, second);
        ASSERT_TRUE(attached) << attached.error().what;
    }
    EXPECT_EQ(tags_of(*session_, {second}), std::vector<std::string>{"sla:business"});
}

TEST_F(Tagging, WhatIsNotThereIsRefused) {
    const auto unknown =
        attach_tag(*session_, "urn:vmomi:InventoryServiceTag:0:GLOBAL", vm("vm-2"));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::NotFound) << unknown.error().what;
    auto tags = TagReader(*session_).attached({vm("vm-0")});
    ASSERT_TRUE(tags);
    const auto nobody = attach_tag(*session_, tags->at(0).at(0).id, {"VirtualMachine", "vm-1"});
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, Errc::InvalidArgument) << nobody.error().what;
    const auto path = attach_tag(*session_, "../../session?x=", vm("vm-2"));
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, Errc::Protocol) << path.error().what;
}

TEST_F(Tagging, AnExpiredTokenIsRenewedOnce) {
    auto session = noted();
    ASSERT_TRUE(session);
    const MoRef web = vm("vm-1");
    EXPECT_EQ(tags_of(*session, {web}), std::vector<std::string>{"sla:business"});
    const auto refuse = [&](int times) {
        return write_file_atomic(
            options_.fault_rules_file,
            R"({"rules": [{"id": "expired )" + std::to_string(times) +
                R"(", "method": "POST /api/cis/*", "fault": "401", "times": )" +
                std::to_string(times) + "}]}");
    };
    ASSERT_TRUE(refuse(1));
    EXPECT_EQ(tags_of(*session, {web}), std::vector<std::string>{"sla:business"});
    EXPECT_EQ(count("POST /api/session"), 2);
    ASSERT_TRUE(refuse(2)); // the new token is refused too
    const auto twice = TagReader(*session).attached({web});
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, Errc::AuthFailed) << twice.error().what;
    EXPECT_EQ(count("POST /api/session"), 3);
}

TEST_F(Tagging, RightsDecide) {
    const MoRef web = vm("vm-0"), business = vm("vm-1");
    auto tags = TagReader(*session_).attached({web});
    ASSERT_TRUE(tags);
    auto reader = connect(simulator_->vcenter_port(), "reader@vsphere.local", "reader's");
    ASSERT_TRUE(reader);
    EXPECT_EQ(tags_of(*reader, {web})[0], "owner:web team,sla:24x7");
    const auto refused = attach_tag(*reader, tags->at(0)[0].id, business);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::PermissionDenied);
    EXPECT_NE(refused.error().what.find("InventoryService.Tagging.AttachTag"), std::string::npos)
        << refused.error().what;
    EXPECT_EQ(tags_of(*session_, {business})[0], "sla:business");
    auto one = connect(simulator_->vcenter_port(), "one@vsphere.local", "one's");
    ASSERT_TRUE(one);
    EXPECT_EQ(tags_of(*one, {web, business}), (std::vector<std::string>{"", "sla:business"}));
}

TEST_F(Tagging, ContentLibrariesNameTheirDatastores) {
    const auto libraries = content_libraries(*session_);
    ASSERT_TRUE(libraries) << libraries.error().what;
    ASSERT_EQ(libraries->size(), 1u);
    EXPECT_EQ(libraries->front().name, "images");
    EXPECT_EQ(libraries->front().datastores,
              std::vector<MoRef>{inventory().datastores.front().ref});
}

TEST_F(Tagging, AHostHasNone) {
    auto host = connect(simulator_->host_port(host_name_), options_.host_login.user,
                        options_.host_login.password);
    ASSERT_TRUE(host);
    const auto none = content_libraries(*host);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::Unsupported) << none.error().what;
}

} // namespace
} // namespace pf::vim
