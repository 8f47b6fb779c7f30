// What the server withholds (missingSet) is told by name and reason, and never taken for empty.

#include "libvsphere/administration.hpp"
#include "libvsphere/bulk.hpp"
#include "libvsphere/datastore_users.hpp"
#include "libvsphere/host_config.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/properties.hpp"
#include "tests/unit/libvsphere/scripted.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace pf::vim {
namespace {

using test::Answer;
using test::content_of;
using test::page;
using test::property;
using test::withheld;

const MoRef kVm{"VirtualMachine", "vm-1"};
const MoRef kOther{"VirtualMachine", "vm-2"};
const MoRef kDatastore{"Datastore", "datastore-1"};

class Missing : public ::testing::Test {
  protected:
    void SetUp() override {
        server.on("CreateContainerView", Answer(Value(MoRef{"ContainerView", "view-1"})));
        auto connected = server.connect();
        ASSERT_TRUE(connected) << connected.error().what;
        session = std::move(*connected);
    }
    /// Whatever is asked about `object`, this one property is withheld.
    void withhold(const MoRef& object, const std::string& path) {
        server.on("RetrievePropertiesEx",
                  Answer(page({Value(content_of(object, {}, {Value(withheld(path))}))})));
    }
    template<class T>
    static void expect_refused(const Result<T>& read, const std::string& path) {
        ASSERT_FALSE(read) << path;
        EXPECT_EQ(read.error().code, Errc::PermissionDenied) << read.error().what;
        EXPECT_TRUE(is_fault(read.error(), "NoPermission"));
        EXPECT_NE(read.error().what.find(path), std::string::npos) << read.error().what;
        EXPECT_NE(read.error().what.find("System.Read"), std::string::npos) << read.error().what;
    }

    test::FakeServer server;
    std::unique_ptr<Session> session;
    const Host host = test::scripted_host();
};

TEST_F(Missing, BulkReadsTellWhatAndWhyPageByPage) {
    server.on("RetrievePropertiesEx",
              Answer(page({Value(content_of(kVm, {Value(property("name", Value("web")))},
                                            {Value(withheld("config.files", "System.View"))}))},
                          "next")));
    server.on("ContinueRetrievePropertiesEx",
              Answer(page({Value(content_of(
                  kOther, {}, {Value(withheld("runtime.host")), Value(withheld("datastore"))}))})));
    InventoryOptions only_vms;
    only_vms.hosts = only_vms.datastores = false;
    std::vector<MissingProperty> streamed;
    size_t objects = 0;
    BulkSink sink;
    sink.object = [&](const ObjectView& view) {
        ++objects;
        streamed.insert(streamed.end(), view.missing.begin(), view.missing.end());
    };
    auto stats = stream_below(*session, {}, {"VirtualMachine", {"name", "config.files"}}, sink);
    ASSERT_TRUE(stats) << stats.error().what;
    auto values = retrieve_below(*session, {}, {{"VirtualMachine", {"name", "config.files"}}});
    ASSERT_TRUE(values) << values.error().what;
    std::vector<MissingProperty> decoded;
    for (const ObjectProps& props : *values)
        decoded.insert(decoded.end(), props.missing.begin(), props.missing.end());
    EXPECT_EQ(objects, 2u);
    for (const auto& missing : {streamed, decoded}) {
        ASSERT_EQ(missing.size(), 3u);
        EXPECT_EQ(missing[0].why(), "VirtualMachine:vm-1 config.files: NoPermission, needs "
                                    "System.View");
        EXPECT_EQ(missing[1].why(),
                  "VirtualMachine:vm-2 runtime.host: NoPermission, needs System.Read");
        EXPECT_EQ(missing[2].path, "datastore");
    }
    EXPECT_TRUE(require_complete({}));
    expect_refused(require_complete({streamed[1]}), "runtime.host");
}

TEST_F(Missing, TheInventoryKeepsTheListAndTheStreamOfVmsToo) {
    server.on("RetrievePropertiesEx", [](const Call& call) -> Answer {
        const std::string type =
            call.arg("specSet").items().at(0)["propSet"].items().at(0)["type"].text();
        if (type != "VirtualMachine")
            return Value(DataObject("RetrieveResult"));
        return page({Value(content_of(kVm, {Value(property("name", Value("web")))},
                                      {Value(withheld("config.hardware.device"))}))});
    });
    auto inventory = read_inventory(*session);
    ASSERT_TRUE(inventory) << inventory.error().what;
    ASSERT_EQ(inventory->vms.size(), 1u);
    ASSERT_EQ(inventory->missing.size(), 1u);
    EXPECT_EQ(inventory->missing.front().path, "config.hardware.device");
    expect_refused(require_complete(inventory->missing), "config.hardware.device");
    std::vector<MissingProperty> missing;
    size_t vms = 0;
    auto streamed = stream_vms(
        *session, 10,
        [&](std::vector<Vm>&& batch) -> Result<void> {
            vms += batch.size();
            return {};
        },
        missing);
    ASSERT_TRUE(streamed) << streamed.error().what;
    EXPECT_EQ(vms, 1u);
    ASSERT_EQ(missing.size(), 1u);
    EXPECT_EQ(missing.front().object, kVm);
}

TEST_F(Missing, ReadsOfOneObjectFail) {
    withhold(kVm, "config.hardware.device");
    expect_refused(read_vm(*session, kVm), "config.hardware.device");
    withhold(kVm, "runtime.powerState");
    expect_refused(read_power_state(*session, kVm), "runtime.powerState");
    withhold(kDatastore, "vm");
    expect_refused(read_datastore(*session, kDatastore), "vm");
    withhold(kDatastore, "host");
    expect_refused(read_datastore_mounts(*session, kDatastore), "host");
    withhold(kDatastore, "parent");
    expect_refused(storage_pod_of(*session, kDatastore), "parent");
    withhold(host.ref, "config.network");
    expect_refused(read_host(*session, host.ref), "config.network");
    withhold(host.managers.services, "serviceInfo.service");
    expect_refused(host_services(*session, host), "serviceInfo.service");
    withhold(kVm, "customValue");
    expect_refused(custom_values(*session, kVm), "customValue");
}

TEST_F(Missing, AStorageWithoutItsVolumesIsNoStorageWithoutMounts) {
    server.on(
        "RetrievePropertiesEx",
        Answer(page({Value(content_of(
            host.managers.storage,
            {Value(property("storageDeviceInfo",
                            Value(DataObject("HostStorageDeviceInfo",
                                             {{"softwareInternetScsiEnabled", Value(false)}}))))},
            {Value(withheld("fileSystemVolumeInfo"))}))})));
    expect_refused(read_storage(*session, host), "fileSystemVolumeInfo");
    // An unmount whose answer was lost is not done because nothing can be read.
    SessionOptions options;
    options.storage_timeout = std::chrono::milliseconds(50);
    options.settle_timeout = std::chrono::milliseconds(100);
    options.settle_poll = std::chrono::milliseconds(5);
    auto hasty = server.connect(options);
    ASSERT_TRUE(hasty);
    server.on("UnmountVmfsVolume", Answer(test::NoAnswer{}));
    auto unmounted = unmount_vmfs(**hasty, host, "u-1");
    ASSERT_FALSE(unmounted);
    EXPECT_EQ(unmounted.error().code, Errc::OutcomeUnknown) << unmounted.error().what;
}

TEST_F(Missing, OtherReasonsKeepTheirMeaning) {
    Fault gone = test::fault_of("ManagedObjectNotFound");
    DataObject entry("MissingProperty",
                     {{"path", Value("name")}, {"fault", Value(localized_fault(gone))}});
    server.on("RetrievePropertiesEx", Answer(page({Value(content_of(kVm, {}, {Value(entry)}))})));
    auto read = retrieve_property(*session, kVm, "name");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::NotFound) << read.error().what;
}

} // namespace
} // namespace pf::vim
