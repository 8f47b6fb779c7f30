// One host with a datastore and two VMs, another that has none, and libvsphere's session with their
// vCenter.
#pragma once

#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "libvsphere/datastore.hpp"
#include "libvsphere/datastore_users.hpp"
#include "libvsphere/guest.hpp"
#include "libvsphere/host_config.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/properties.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

namespace pf::vim::test {

using namespace std::chrono_literals;

inline constexpr uint64_t kVolume = uint64_t{96} << 20;

class Effects : public ::testing::Test {
  protected:
    virtual std::string version() const { return "8.0.3"; }
    virtual void options_for(sim::SimulatorOptions& options) { (void)options; }
    virtual void describe(sim::Estate& estate) { (void)estate; }
    virtual SessionOptions session_options() const { return {}; }
    void SetUp() override {
        array_ = sim::MemoryArray::create();
        array_->add_portal("192.0.2.11", 4420);
        volume_ = array_->add_volume(kVolume);
        sim::Estate estate;
        estate.hosts = {sim::Estate::default_host(1), sim::Estate::default_host(2)};
        estate.hosts[0].version = version();
        array_->map_sdc(volume_, estate.hosts[0].name);
        estate.datastores.push_back({"sdc-01", "sdc-01", {}, {estate.hosts[0].name}, {}});
        for (const char* name : {"one", "two"}) {
            sim::VmSpec vm;
            vm.name = name;
            vm.datastore = "sdc-01";
            sim::DiskSpec disk;
            disk.size_bytes = 4u << 20;
            disk.seed = 7;
            vm.disks.push_back(disk);
            estate.vms.push_back(vm);
        }
        estate.vms[1].tools = false;
        describe(estate);
        ASSERT_TRUE(estate.complete());
        sim::SimulatorOptions options;
        options.timings.power = 1ms;
        options.timings.guest_shutdown = 1ms;
        options_for(options);
        simulator_ = std::make_unique<sim::Simulator>(
            estate,
            [array = array_](const std::string& name) -> Result<std::shared_ptr<sim::HostStorage>> {
                return std::static_pointer_cast<sim::HostStorage>(array->host(name));
            },
            options);
        auto started = simulator_->start();
        ASSERT_TRUE(started) << started.error().what;
        auto seeded = simulator_->seed({{"sdc-01", array_->sdc_device(volume_)}});
        ASSERT_TRUE(seeded) << seeded.error().what;
        login_ = options.vcenter_login;
        auto session = connect();
        ASSERT_TRUE(session) << session.error().what;
        session_ = std::move(*session);
        Inventory all = inventory();
        ASSERT_TRUE(all.host_by_name(estate.hosts[0].name));
        host_ = *all.host_by_name(estate.hosts[0].name);
        datastore_ = all.datastores.at(0).ref;
        uuid_ = all.datastores.at(0).vmfs_uuid;
    }
    void TearDown() override {
        session_.reset();
        simulator_->stop();
    }

    Result<std::unique_ptr<Session>> connect() {
        return Session::connect("http://127.0.0.1:" + std::to_string(simulator_->vcenter_port()),
                                net::TlsTrust{}, login_.user, Secret(login_.password),
                                session_options());
    }
    Inventory inventory() {
        auto read = read_inventory(*session_);
        EXPECT_TRUE(read) << read.error().what;
        return read ? std::move(*read) : Inventory{};
    }
    MoRef vm(const std::string& name) {
        for (const Vm& one : inventory().vms) {
            if (one.name == name)
                return one.ref;
        }
        return {};
    }
    HostStorage storage() {
        auto read = read_storage(*session_, host_);
        EXPECT_TRUE(read) << read.error().what;
        return read ? std::move(*read) : HostStorage{};
    }
    ScsiDevice device(const std::string& id) {
        const HostStorage now = storage();
        const ScsiDevice* found = now.device(id);
        EXPECT_TRUE(found) << id;
        return found ? *found : ScsiDevice{};
    }
    TaskInfo finish(const Result<MoRef>& task) {
        EXPECT_TRUE(task) << task.error().what;
        TaskWait wait;
        wait.timeout = 30s;
        auto done = task ? wait_task(*session_, *task, wait) : Result<TaskInfo>(TaskInfo{});
        EXPECT_TRUE(done) << done.error().what;
        return done ? *done : TaskInfo{};
    }
    template<class T>
    static std::string fault(const Result<T>& result) {
        if (result)
            return "no fault";
        for (const char* type :
             {"InvalidPowerState", "NotFound", "InvalidArgument", "InvalidState", "InvalidName",
              "HostConfigFault", "ResourceInUse", "ToolsUnavailable", "NotSupported"}) {
            if (is_fault(result.error(), type))
                return type;
        }
        return result.error().what;
    }

    std::shared_ptr<sim::MemoryArray> array_;
    uint64_t volume_ = 0;
    std::unique_ptr<sim::Simulator> simulator_;
    std::unique_ptr<Session> session_;
    sim::Credentials login_;
    Host host_;
    MoRef datastore_;
    std::string uuid_;
};

} // namespace pf::vim::test
