// A small estate over RAM volumes: two hosts, two SDC datastores, VMs with known data.
#pragma once

#include "soap_client.hpp"

#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"

namespace pf::vim::sim::test {

class SimulatorTest : public ::testing::Test {
  protected:
    static constexpr uint64_t kVolume = 96u << 20;
    static constexpr uint64_t kDisk = 8u << 20;

    static VmSpec vm_spec(const std::string& name, const std::string& datastore, uint64_t seed) {
        VmSpec vm;
        vm.name = name;
        vm.datastore = datastore;
        DiskSpec disk;
        disk.size_bytes = kDisk;
        disk.seed = seed;
        vm.disks = {disk};
        return vm;
    }

    virtual void describe(Estate& estate) {
        VmSpec running = vm_spec("app01", "sdc-ds-01", 11);
        running.powered_on = true;
        running.counter_workload = true;
        estate.vms = {running, vm_spec("app02", "sdc-ds-02", 22),
                      vm_spec("app03", "sdc-ds-02", 33)};
    }

    virtual void options_for(SimulatorOptions& options) { (void)options; }

    void SetUp() override {
        Estate estate;
        estate.hosts = {Estate::default_host(1), Estate::default_host(2)};
        for (const char* name : {"sdc-ds-01", "sdc-ds-02"}) {
            DatastoreSpec ds;
            ds.name = name;
            estate.datastores.push_back(ds);
        }
        describe(estate);
        ASSERT_TRUE(estate.complete());
        array = MemoryArray::create();
        array->add_portal("192.168.151.10", 4420);
        array->add_portal("192.168.151.11", 4420);
        volume1 = array->add_volume(kVolume);
        volume2 = array->add_volume(kVolume);
        for (const HostSpec& host : estate.hosts) {
            array->map_sdc(volume1, host.name);
            array->map_sdc(volume2, host.name);
        }
        SimulatorOptions options;
        options.timings.rescan = std::chrono::milliseconds(0);
        options.timings.power = std::chrono::milliseconds(1);
        options.timings.guest_shutdown = std::chrono::milliseconds(1);
        options.timings.counter_interval = std::chrono::milliseconds(1);
        options.hosts["esx01.lab.local"] = EndpointOptions{};
        options_for(options);
        auto factory = [this](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
            return array->host(name);
        };
        simulator = std::make_unique<Simulator>(estate, factory, options);
        auto started = simulator->start();
        ASSERT_TRUE(started) << started.error().what;
        auto seeded = simulator->seed(
            {{"sdc-ds-01", array->sdc_device(volume1)}, {"sdc-ds-02", array->sdc_device(volume2)}});
        ASSERT_TRUE(seeded) << seeded.error().what;
        vc = std::make_unique<SoapClient>(simulator->vcenter_port());
        vc->login("administrator@vsphere.local", "VMware1!");
    }
    void TearDown() override { simulator->stop(); }

    std::string nqn(int host) {
        return array->host(fmt::format("esx0{}.lab.local", host))->host_nqn();
    }
    MoRef storage(int host) const {
        return {"HostStorageSystem", fmt::format("storageSystem-{}", 20 + host)};
    }
    MoRef datastores(int host) const {
        return {"HostDatastoreSystem", fmt::format("datastoreSystem-{}", 20 + host)};
    }
    MoRef find(const std::string& path) {
        return vc
            ->ok({"SearchIndex", "SearchIndex"}, "FindByInventoryPath",
                 {{"inventoryPath", "/Datacenter/" + path}})
            .ref();
    }
    std::string esxcli(int host, const std::string& line) {
        auto result =
            simulator->shell_execute(fmt::format("esx0{}.lab.local", host), "esxcli " + line);
        return result ? result->out : result.error().what;
    }
    void rescan(int host) {
        vc->ok(storage(host), "RescanAllHba");
        vc->ok(storage(host), "RescanVmfs");
    }

    // Tags, adapters, and a controller from each adapter to each portal.
    void onboard(int host) {
        const MoRef nics{"HostVirtualNicManager", fmt::format("virtualNicManager-{}", 20 + host)};
        for (const char* vmk : {"vmk1", "vmk2"}) {
            vc->ok(nics, "SelectVnicForNicType", {{"nicType", "nvmeTcp"}, {"device", vmk}});
        }
        for (const char* nic : {"vmnic0", "vmnic1"}) {
            vc->ok(storage(host), "CreateSoftwareAdapter",
                   {{"spec", data("HostTcpHbaCreateSpec", {{"pnic", nic}})}});
        }
        for (const char* adapter : {"vmhba65", "vmhba66"}) {
            for (const char* address : {"192.168.151.10", "192.168.151.11"}) {
                vc->ok(storage(host), "ConnectNvmeController",
                       {{"connectSpec", connect_spec(adapter, address)}});
            }
        }
    }
    Value connect_spec(const char* adapter, const char* address) const {
        return data("HostNvmeConnectSpec",
                    {{"hbaName", adapter},
                     {"transportParameters",
                      data("HostNvmeOverTcpParameters",
                           {{"address", address}, {"portNumber", Value(int32_t{4420})}})},
                     {"subnqn", array->subsystem_nqn()}});
    }
    std::string lun_uuid(int host, const std::string& device) {
        const Value info = vc->property(storage(host), "storageDeviceInfo.scsiLun");
        for (const Value& lun : info.items()) {
            if (lun["canonicalName"].text() == device) {
                return lun["uuid"].text();
            }
        }
        return {};
    }
    void expect_intact(const std::string& vm, Transport transport) {
        auto checks = simulator->check_vm(vm);
        ASSERT_TRUE(checks) << checks.error().what;
        for (const DiskCheck& check : *checks) {
            EXPECT_TRUE(check.ok())
                << vm << ": bad " << check.bad_bytes << " lost " << check.counters_lost;
            EXPECT_GT(check.bytes, 0U);
            EXPECT_EQ(check.transport, transport);
        }
    }

    std::shared_ptr<MemoryArray> array;
    uint64_t volume1 = 0;
    uint64_t volume2 = 0;
    std::unique_ptr<Simulator> simulator;
    std::unique_ptr<SoapClient> vc;
};

} // namespace pf::vim::sim::test
