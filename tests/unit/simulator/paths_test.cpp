// Paths that go and come back, by a clock that the test moves; rescans that wait for each other.
#include "fixture.hpp"

#include <atomic>
#include <thread>

namespace pf::vim::sim::test {
namespace {

class PathsTest : public SimulatorTest {
  protected:
    void options_for(SimulatorOptions& options) override {
        options.clock = [this] { return MonoTime(std::chrono::seconds(seconds.load())); };
    }
    // A datastore on a namespace that esx01 reaches by four paths.
    void make_nvme_datastore() {
        volume = array->add_volume(kVolume);
        onboard(1);
        array->map_nvme(volume, nqn(1));
        rescan(1);
        device = array->nvme_device(volume);
        const Value spec = vc->ok(datastores(1), "QueryVmfsDatastoreCreateOptions",
                                  {{"devicePath", "/vmfs/devices/disks/" + device}})
                               .items()[0]["spec"];
        DataObject create = *spec.as_object();
        DataObject vmfs = *create["vmfs"].as_object();
        vmfs.set("volumeName", "nvme-ds");
        create.set("vmfs", Value(vmfs));
        vc->ok(datastores(1), "CreateVmfsDatastore", {{"spec", Value(create)}});
    }
    void reachable(bool yes) {
        for (const char* address : {"192.168.151.10", "192.168.151.11"}) {
            array->set_reachable(address, yes);
        }
        vc->ok(storage(1), "RescanAllHba");
    }
    std::string reason() {
        const Value mounts =
            vc->property({"HostSystem", "host-21"}, "config.fileSystemVolume.mountInfo");
        for (const Value& mount : mounts.items()) {
            if (mount["volume"]["name"].text() == "nvme-ds") {
                return mount["mountInfo"]["accessible"].bool_or(false)
                           ? "accessible"
                           : mount["mountInfo"]["inaccessibleReason"].text();
            }
        }
        return "no mount";
    }
    std::string state() {
        const Value luns = vc->property(storage(1), "storageDeviceInfo.scsiLun");
        for (const Value& lun : luns.items()) {
            if (lun["canonicalName"].text() == device) {
                return lun["operationalState"].texts().at(0);
            }
        }
        return "no device";
    }
    bool becomes(const std::string& wanted) {
        const auto end = mono_now() + std::chrono::seconds(20);
        while (reason() != wanted && mono_now() < end) {
            std::this_thread::yield();
        }
        return reason() == wanted;
    }
    std::vector<std::string> kernel_events() {
        const Value events = vc->ok({"EventManager", "EventManager"}, "QueryEvents",
                                    {{"filter", data("EventFilterSpec", {})}});
        std::vector<std::string> out;
        for (const Value& event : events.items()) {
            if (event.type_name() == "EventEx") {
                out.push_back(event["eventTypeId"].text());
            }
        }
        return out;
    }
    Value alarms() { return vc->property({"HostSystem", "host-21"}, "triggeredAlarmState"); }

    std::atomic<int64_t> seconds{1000};
    uint64_t volume = 0;
    std::string device;
};

TEST_F(PathsTest, AllPathsDownTimesOutAndEndsWhenAPathReturns) {
    make_nvme_datastore();
    EXPECT_TRUE(alarms().items().empty());
    reachable(false);
    EXPECT_EQ(reason(), "AllPathsDown_Start");
    EXPECT_EQ(state(), "lostCommunication");
    seconds += 139; // Misc.APDTimeout is 140 s
    vc->ok(storage(1), "RefreshStorageSystem");
    EXPECT_EQ(reason(), "AllPathsDown_Start");
    seconds += 1;
    ASSERT_TRUE(becomes("AllPathsDown_Timeout"));
    EXPECT_EQ(state(), "timeout");
    ASSERT_EQ(alarms().items().size(), 1U);
    const Value alarm = alarms().items()[0];
    EXPECT_EQ(alarm["overallStatus"].text(), "red");
    EXPECT_FALSE(alarm["acknowledged"].bool_or(true));
    EXPECT_EQ(vc->property({"HostSystem", "host-21"}, "overallStatus").text(), "red");
    const MoRef manager{"AlarmManager", "AlarmManager"};
    const MoRef host{"HostSystem", "host-21"};
    vc->ok(manager, "AcknowledgeAlarm", {{"alarm", alarm["alarm"]}, {"entity", host}});
    EXPECT_TRUE(alarms().items()[0]["acknowledged"].bool_or(false));
    EXPECT_EQ(alarms().items()[0]["acknowledgedByUser"].text(), "administrator@vsphere.local");
    EXPECT_EQ(vc->fault(manager, "AcknowledgeAlarm",
                        {{"alarm", alarm["alarm"]}, {"entity", MoRef{"HostSystem", "host-22"}}}),
              "InvalidArgument");
    reachable(true);
    EXPECT_EQ(reason(), "accessible");
    EXPECT_EQ(state(), "ok");
    EXPECT_TRUE(alarms().items().empty());
    EXPECT_EQ(kernel_events(), (std::vector<std::string>{"esx.problem.storage.apd.start",
                                                         "esx.problem.storage.apd.timeout",
                                                         "esx.clear.storage.apd.exit"}));
}

TEST_F(PathsTest, PermanentLossNeverTimesOut) {
    make_nvme_datastore();
    array->unmap_nvme(volume, nqn(1));
    vc->ok(storage(1), "RescanAllHba");
    EXPECT_EQ(reason(), "PermanentDeviceLoss");
    seconds += 10'000;
    vc->ok(storage(1), "RescanAllHba");
    EXPECT_EQ(reason(), "PermanentDeviceLoss");
    EXPECT_EQ(kernel_events(),
              std::vector<std::string>{"esx.problem.scsi.device.state.permanentloss"});
    array->map_nvme(volume, nqn(1));
    vc->ok(storage(1), "RescanAllHba");
    EXPECT_EQ(reason(), "accessible");
}

// Counts how many rescans are under way at once; each waits for company, for a while.
class Company {
  public:
    explicit Company(std::chrono::milliseconds patience) : patience_(patience) {}
    void visit() {
        std::unique_lock lock(mutex_);
        most_ = std::max(most_, ++inside_);
        changed_.notify_all();
        changed_.wait_for(lock, patience_, [&] { return most_ > 1; });
        --inside_;
    }
    int most() const {
        const std::lock_guard lock(mutex_);
        return most_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::chrono::milliseconds patience_;
    int inside_ = 0;
    int most_ = 0;
};

// A host's storage whose rescans are counted.
class Counted : public HostStorage {
  public:
    Counted(std::shared_ptr<HostStorage> inner, Company& company)
        : inner_(std::move(inner)), company_(company) {}
    Result<void> rescan(Timeout timeout) override {
        company_.visit();
        return inner_->rescan(timeout);
    }
    std::string host_nqn() override { return inner_->host_nqn(); }
    std::string sdc_guid() override { return inner_->sdc_guid(); }
    std::string sdc_mdm_addresses() override { return inner_->sdc_mdm_addresses(); }
    std::vector<Device> list_devices() override { return inner_->list_devices(); }
    Result<void> read(std::string_view id, uint64_t offset, MutByteSpan out,
                      Timeout timeout) override {
        return inner_->read(id, offset, out, timeout);
    }
    Result<void> write(std::string_view id, uint64_t offset, ByteSpan bytes,
                       Timeout timeout) override {
        return inner_->write(id, offset, bytes, timeout);
    }
    Result<Discovery> nvme_discover(const NvmeTarget& target, Timeout timeout) override {
        return inner_->nvme_discover(target, timeout);
    }
    Result<uint32_t> nvme_connect(const NvmeConnectRequest& request, Timeout timeout) override {
        return inner_->nvme_connect(request, timeout);
    }
    Result<void> nvme_disconnect(uint32_t number, Timeout timeout) override {
        return inner_->nvme_disconnect(number, timeout);
    }
    std::vector<NvmeController> nvme_controllers() override { return inner_->nvme_controllers(); }
    void on_change(std::function<void()> callback) override {
        inner_->on_change(std::move(callback));
    }

  private:
    std::shared_ptr<HostStorage> inner_;
    Company& company_;
};

// The most rescans at once when two hosts are asked at the same time, or one host twice.
int most_at_once(RescanOrder order, int first, int second, std::chrono::milliseconds patience) {
    Company company(patience);
    auto array = MemoryArray::create();
    Estate estate;
    estate.hosts = {Estate::default_host(1), Estate::default_host(2)};
    EXPECT_TRUE(estate.complete());
    SimulatorOptions options;
    options.rescan_order = order;
    Simulator simulator(
        estate,
        [&](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
            return std::make_shared<Counted>(array->host(name), company);
        },
        options);
    EXPECT_TRUE(simulator.start());
    std::vector<std::thread> clients;
    for (const int host : {first, second}) {
        clients.emplace_back([&simulator, host] {
            SoapClient vc(simulator.vcenter_port());
            vc.login("administrator@vsphere.local", "VMware1!");
            vc.ok({"HostStorageSystem", fmt::format("storageSystem-{}", 20 + host)},
                  "RescanAllHba");
        });
    }
    for (std::thread& client : clients) {
        client.join();
    }
    simulator.stop();
    return company.most();
}

TEST(Rescans, HostsScanBesideEachOtherUnlessTheEstateSerialisesThem) {
    using std::chrono::milliseconds;
    EXPECT_EQ(most_at_once(RescanOrder::PerHost, 1, 2, milliseconds(10'000)), 2);
    EXPECT_EQ(most_at_once(RescanOrder::WholeEstate, 1, 2, milliseconds(100)), 1);
    EXPECT_EQ(most_at_once(RescanOrder::PerHost, 1, 1, milliseconds(100)), 1);
}

TEST(Rescans, TakeTheTimeThatTheyAreGivenAndEndWithTheSimulator) {
    auto array = MemoryArray::create();
    Estate estate;
    estate.hosts = {Estate::default_host(1)};
    ASSERT_TRUE(estate.complete());
    SimulatorOptions options;
    options.timings.rescan = std::chrono::milliseconds(150);
    Simulator simulator(
        estate,
        [&](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
            return array->host(name);
        },
        options);
    ASSERT_TRUE(simulator.start());
    SoapClient vc(simulator.vcenter_port());
    vc.login("administrator@vsphere.local", "VMware1!");
    const MonoTime begun = mono_now();
    vc.ok({"HostStorageSystem", "storageSystem-21"}, "RescanAllHba");
    vc.ok({"HostStorageSystem", "storageSystem-21"}, "RescanVmfs");
    EXPECT_GE(mono_now() - begun, std::chrono::milliseconds(300));
    simulator.stop();
}

} // namespace
} // namespace pf::vim::sim::test
