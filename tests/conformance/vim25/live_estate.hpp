// A small simulated estate over plain HTTP, and a session with it: two hosts, a datastore, five
// VMs.
#pragma once

#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/session.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace pf::vim::test {

class Live : public ::testing::Test {
  protected:
    void SetUp() override {
        array_ = sim::MemoryArray::create();
        sim::Estate estate;
        for (unsigned i = 1; i <= 2; ++i)
            estate.hosts.push_back(sim::Estate::default_host(i));
        array_->add_portal("192.0.2.11", 4420);
        const auto volume = array_->add_volume(uint64_t{256} << 20);
        estate.datastores.push_back({"sdc-01", "sdc-01", {}});
        for (const sim::HostSpec& host : estate.hosts)
            array_->map_sdc(volume, host.name);
        for (int i = 0; i < 5; ++i) {
            sim::VmSpec vm;
            vm.name = "vm-" + std::to_string(i);
            vm.datastore = "sdc-01";
            vm.powered_on = i == 0;
            sim::DiskSpec disk;
            disk.size_bytes = 1u << 20;
            vm.disks.push_back(disk);
            estate.vms.push_back(vm);
        }
        describe(estate);
        auto completed = estate.complete();
        ASSERT_TRUE(completed) << completed.error().what;
        options_.page_size = 2;
        options_.timings.power = power_time_;
        auto array = array_;
        simulator_ = std::make_unique<sim::Simulator>(
            estate,
            [array](const std::string& name) -> Result<std::shared_ptr<sim::HostStorage>> {
                return std::static_pointer_cast<sim::HostStorage>(array->host(name));
            },
            options_);
        auto started = simulator_->start();
        ASSERT_TRUE(started) << started.error().what;
        auto seeded = simulator_->seed({{"sdc-01", array_->sdc_device(volume)}});
        ASSERT_TRUE(seeded) << seeded.error().what;
        session_ = connect();
        ASSERT_TRUE(session_);
        host_name_ = simulator_->estate().hosts.front().name;
    }

    /// What else a test wants to be there.
    virtual void describe(sim::Estate& estate) { (void)estate; }

    void TearDown() override {
        session_.reset();
        if (simulator_)
            simulator_->stop();
    }

    std::unique_ptr<Session> connect() {
        SessionOptions session_options;
        session_options.page_size = 2;
        return connect(simulator_->vcenter_port(), options_.vcenter_login.user,
                       options_.vcenter_login.password, std::move(session_options));
    }
    static std::unique_ptr<Session> connect(uint16_t port, const std::string& user,
                                            const std::string& password,
                                            SessionOptions session_options = {}) {
        auto session = Session::connect("http://127.0.0.1:" + std::to_string(port), net::TlsTrust{},
                                        user, Secret(password), session_options);
        EXPECT_TRUE(session) << session.error().what;
        return session ? std::move(*session) : nullptr;
    }

    /// Ends the login on the server without telling the client's session.
    void expire(Session& session) {
        EXPECT_TRUE(session.call(session.content().session_manager, "Logout"));
    }

    Inventory inventory() {
        auto read = read_inventory(*session_);
        EXPECT_TRUE(read) << read.error().what;
        return read ? std::move(*read) : Inventory{};
    }

    MoRef vm(const std::string& name) {
        for (const Vm& v : inventory().vms) {
            if (v.name == name)
                return v.ref;
        }
        ADD_FAILURE() << "no VM " << name;
        return {};
    }

    /// Long enough for a collector to take over from polling.
    std::chrono::milliseconds power_time_{600};
    sim::SimulatorOptions options_;
    std::shared_ptr<sim::MemoryArray> array_;
    std::unique_ptr<sim::Simulator> simulator_;
    std::unique_ptr<Session> session_;
    std::string host_name_;
};

} // namespace pf::vim::test
