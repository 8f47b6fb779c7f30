// Snapshots with delta files: what stands in the datastore, what the guest reads and writes, what
// removal, relocation, registration and cloning make of a chain.
#include "fixture.hpp"

#include <algorithm>

namespace pf::vim::sim::test {
namespace {

class SnapshotsTest : public SimulatorTest {
  protected:
    MoRef vm(const std::string& name) { return find("vm/" + name); }
    Value snapshot(const MoRef& ref, const std::string& name) {
        return vc->run(ref, "CreateSnapshot_Task",
                       {{"name", name}, {"memory", false}, {"quiesce", false}});
    }
    Value backing(const MoRef& ref) {
        const Value devices = vc->property(ref, "config.hardware.device");
        for (const Value& device : devices.items()) {
            if (device.type_name() == "VirtualDisk") {
                return device["backing"];
            }
        }
        return {};
    }
    // File names of the chain, the topmost first.
    std::vector<std::string> chain(const MoRef& ref) {
        std::vector<std::string> out;
        for (Value at = backing(ref); at.is_set(); at = Value(at["parent"])) {
            out.push_back(at["fileName"].text());
        }
        return out;
    }
    std::vector<std::string> files(const MoRef& ref, const char* type) {
        std::vector<std::string> out;
        const Value layout = vc->property(ref, "layoutEx");
        for (const Value& file : layout["file"].items()) {
            if (file["type"].text() == type) {
                out.push_back(file["name"].text());
            }
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    Value relocate_spec(const MoRef& ref, const std::string& datastore) {
        return data("VirtualMachineRelocateSpec", {{"datastore", find("datastore/" + datastore)},
                                                   {"host", vc->property(ref, "runtime.host")}});
    }
    // Waits until the running guest has written on.
    void let_it_write() {
        auto before = simulator->check_vm("app01");
        ASSERT_TRUE(before);
        const std::string was = before->at(0).sha256;
        const auto end = mono_now() + std::chrono::seconds(20);
        std::string now = was;
        while (now == was && mono_now() < end) {
            auto check = simulator->check_vm("app01");
            ASSERT_TRUE(check) << check.error().what;
            now = check->at(0).sha256;
        }
        EXPECT_NE(now, was);
    }
    uint64_t free_space(const std::string& datastore) {
        const MoRef ref = find("datastore/" + datastore);
        vc->ok(ref, "RefreshDatastore");
        return static_cast<uint64_t>(vc->property(ref, "summary.freeSpace").int_or(0));
    }
};

TEST_F(SnapshotsTest, ARunningGuestWritesIntoItsDelta) {
    const MoRef app = vm("app01");
    const uint64_t before = free_space("sdc-ds-01");
    snapshot(app, "first");
    EXPECT_EQ(chain(app), (std::vector<std::string>{"[sdc-ds-01] app01/app01-000001.vmdk",
                                                    "[sdc-ds-01] app01/app01.vmdk"}));
    EXPECT_EQ(files(app, "diskExtent"),
              (std::vector<std::string>{"[sdc-ds-01] app01/app01-000001-sesparse.vmdk",
                                        "[sdc-ds-01] app01/app01-flat.vmdk"}));
    EXPECT_EQ(files(app, "snapshotData"),
              std::vector<std::string>{"[sdc-ds-01] app01/app01-Snapshot1.vmsn"});
    let_it_write();
    expect_intact("app01", Transport::Sdc);
    snapshot(app, "second");
    let_it_write();
    expect_intact("app01", Transport::Sdc);
    EXPECT_EQ(chain(app).size(), 3U);
    const Value layout = vc->property(app, "layoutEx");
    ASSERT_EQ(layout["snapshot"].items().size(), 2U);
    EXPECT_EQ(layout["disk"].items()[0]["chain"].items().size(), 3U);
    EXPECT_EQ(layout["snapshot"].items()[0]["disk"].items()[0]["chain"].items().size(), 1U);
    EXPECT_EQ(layout["snapshot"].items()[1]["disk"].items()[0]["chain"].items().size(), 2U);
    EXPECT_LT(free_space("sdc-ds-01"), before);
    vc->run(app, "RemoveAllSnapshots_Task");
    EXPECT_EQ(chain(app), std::vector<std::string>{"[sdc-ds-01] app01/app01.vmdk"});
    EXPECT_EQ(files(app, "diskExtent"),
              std::vector<std::string>{"[sdc-ds-01] app01/app01-flat.vmdk"});
    EXPECT_TRUE(files(app, "snapshotData").empty());
    let_it_write();
    expect_intact("app01", Transport::Sdc);
}

TEST_F(SnapshotsTest, ASnapshotInTheMiddleGoesAndItsBytesStay) {
    const MoRef app = vm("app01");
    const Value first = snapshot(app, "first");
    let_it_write();
    const Value second = snapshot(app, "second");
    let_it_write();
    snapshot(app, "third");
    let_it_write();
    // The second's file is merged into the first's own, under the name of the latter.
    const auto before = chain(app);
    ASSERT_EQ(before.size(), 4U);
    vc->run(second.ref(), "RemoveSnapshot_Task", {{"removeChildren", false}});
    EXPECT_EQ(chain(app), (std::vector<std::string>{before[0], before[2], before[3]}));
    expect_intact("app01", Transport::Sdc);
    const Value tree = vc->property(app, "snapshot");
    EXPECT_EQ(tree["rootSnapshotList"].items()[0]["childSnapshotList"].items()[0]["name"].text(),
              "third");
    // The snapshot's own configuration names what it froze.
    const Value frozen = vc->property(first.ref(), "config.hardware.device");
    for (const Value& device : frozen.items()) {
        if (device.type_name() == "VirtualDisk") {
            EXPECT_EQ(device["backing"]["fileName"].text(), before[3]);
        }
    }
    vc->run(first.ref(), "RemoveSnapshot_Task", {{"removeChildren", true}});
    EXPECT_EQ(chain(app), std::vector<std::string>{"[sdc-ds-01] app01/app01.vmdk"});
    let_it_write();
    expect_intact("app01", Transport::Sdc);
    EXPECT_FALSE(vc->property(app, "snapshot").is_set());
}

TEST_F(SnapshotsTest, RelocationTakesTheChainAlong) {
    const MoRef app = vm("app01");
    snapshot(app, "first");
    let_it_write();
    const Value second = snapshot(app, "second");
    let_it_write();
    vc->run(app, "RelocateVM_Task", {{"spec", relocate_spec(app, "sdc-ds-02")}});
    EXPECT_EQ(chain(app), (std::vector<std::string>{"[sdc-ds-02] app01/app01-000002.vmdk",
                                                    "[sdc-ds-02] app01/app01-000001.vmdk",
                                                    "[sdc-ds-02] app01/app01.vmdk"}));
    let_it_write();
    expect_intact("app01", Transport::Sdc);
    // Nothing of it is left behind.
    const Value found =
        vc->run({"HostDatastoreBrowser", "datastoreBrowser-" + find("datastore/sdc-ds-01").id},
                "SearchDatastoreSubFolders_Task", {{"datastorePath", "[sdc-ds-01]"}});
    for (const Value& folder : found.items()) {
        EXPECT_TRUE(folder["file"].items().empty()) << folder["folderPath"].text();
    }
    vc->run(second.ref(), "RemoveSnapshot_Task", {{"removeChildren", false}});
    let_it_write();
    expect_intact("app01", Transport::Sdc);
    vc->run(app, "RemoveAllSnapshots_Task");
    EXPECT_EQ(chain(app), std::vector<std::string>{"[sdc-ds-02] app01/app01.vmdk"});
    expect_intact("app01", Transport::Sdc);
}

TEST_F(SnapshotsTest, ARegisteredAgainVmHasItsSnapshots) {
    const MoRef app = vm("app02");
    snapshot(app, "first");
    snapshot(app, "second");
    const std::string path = vc->property(app, "config.files.vmPathName").text();
    const auto before = chain(app);
    vc->ok(app, "UnregisterVM");
    const Value again = vc->run({"Folder", "group-v3"}, "RegisterVM_Task",
                                {{"path", path},
                                 {"asTemplate", false},
                                 {"pool", MoRef{"ResourcePool", "resgroup-9"}},
                                 {"host", MoRef{"HostSystem", "host-21"}}});
    EXPECT_EQ(chain(again.ref()), before);
    const Value tree = vc->property(again.ref(), "snapshot");
    ASSERT_EQ(tree["rootSnapshotList"].items().size(), 1U);
    const Value root = tree["rootSnapshotList"].items()[0];
    EXPECT_EQ(root["name"].text(), "first");
    EXPECT_EQ(root["childSnapshotList"].items()[0]["name"].text(), "second");
    EXPECT_EQ(tree["currentSnapshot"].ref(),
              root["childSnapshotList"].items()[0]["snapshot"].ref());
    vc->run(again.ref(), "RemoveAllSnapshots_Task");
    EXPECT_EQ(chain(again.ref()).size(), 1U);
    expect_intact("app02", Transport::Sdc);
}

TEST_F(SnapshotsTest, ACloneHasTheBytesOfTheWholeChain) {
    const MoRef app = vm("app01");
    snapshot(app, "first");
    let_it_write();
    vc->run(app, "PowerOffVM_Task");
    auto source = simulator->check_vm("app01");
    ASSERT_TRUE(source);
    vc->run(app, "CloneVM_Task",
            {{"folder", MoRef{"Folder", "group-v3"}},
             {"name", "copy"},
             {"spec",
              data("VirtualMachineCloneSpec", {{"location", data("VirtualMachineRelocateSpec", {})},
                                               {"powerOn", false},
                                               {"template", false}})}});
    auto copy = simulator->check_vm("copy");
    ASSERT_TRUE(copy) << copy.error().what;
    EXPECT_EQ(copy->at(0).sha256, source->at(0).sha256);
    EXPECT_EQ(chain(vm("copy")).size(), 1U);
}

TEST_F(SnapshotsTest, AMissingParentIsFoundAtPowerOn) {
    const MoRef app = vm("app03");
    snapshot(app, "first");
    const std::string path = vc->property(app, "config.files.vmPathName").text();
    vc->ok(app, "UnregisterVM");
    vc->run({"FileManager", "FileManager"}, "DeleteDatastoreFile_Task",
            {{"name", "[sdc-ds-02] app03/app03.vmdk"}});
    const Value again = vc->run({"Folder", "group-v3"}, "RegisterVM_Task",
                                {{"path", path},
                                 {"asTemplate", false},
                                 {"pool", MoRef{"ResourcePool", "resgroup-9"}},
                                 {"host", MoRef{"HostSystem", "host-21"}}});
    EXPECT_EQ(vc->run_fault(again.ref(), "PowerOnVM_Task"), "FileNotFound");
}

} // namespace
} // namespace pf::vim::sim::test
