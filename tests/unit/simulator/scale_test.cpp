// Estates from a few words, with VMs on paper: complete, quick to start, and read without stalling
// others.
#include "fixture.hpp"

#include "base/json.hpp"

#include <atomic>

namespace pf::vim::sim::test {
namespace {

constexpr uint32_t kVms = 2000;

Result<Estate> generated(const std::string& text) {
    PF_TRY(const json::value value, parse_json(text));
    return Estate::from_value(value);
}

TEST(GeneratedEstate, HasWhatItWasAskedForAndRefusesNonsense) {
    const auto estate = generated(
        R"({"generate": {"hosts": 33, "hosts_per_group": 16, "datastores": 7, "vms": 50,
                         "rdm_every": 10}})");
    ASSERT_TRUE(estate) << estate.error().what;
    EXPECT_EQ(estate->hosts.size(), 33U);
    EXPECT_EQ(estate->datastores.size(), 7U);
    EXPECT_EQ(estate->vms.size(), 50U);
    for (const VmSpec& vm : estate->vms) { // each VM's host has its datastores
        for (const DatastoreSpec& ds : estate->datastores) {
            if (ds.name == vm.datastore) {
                EXPECT_NE(std::find(ds.hosts.begin(), ds.hosts.end(), vm.host), ds.hosts.end());
            }
        }
    }
    EXPECT_FALSE(generated(R"({"generate": {"hosts": 0}})"));
    EXPECT_FALSE(generated(R"({"generate": {"colour": 1}})"));
}

TEST(PaperEstate, IsReadInPagesWhileOthersAreServed) {
    auto estate = generated(fmt::format(
        R"({{"generate": {{"hosts": 8, "hosts_per_group": 8, "datastores": 40, "vms": {}}}}})",
        kVms));
    ASSERT_TRUE(estate) << estate.error().what;
    auto array = MemoryArray::create();
    std::map<std::string, std::string> device_of;
    for (const DatastoreSpec& ds : estate->datastores) {
        const uint64_t volume = array->add_volume(ds.size_bytes);
        device_of[ds.name] = array->sdc_device(volume);
        for (const std::string& host : ds.hosts) {
            array->map_sdc(volume, host);
        }
    }
    SimulatorOptions options;
    options.paper_vms = true;
    options.page_size = 100;
    Simulator simulator(
        *estate,
        [&](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
            return array->host(name);
        },
        options);
    ASSERT_TRUE(simulator.start());
    const auto seeded = simulator.seed(device_of);
    ASSERT_TRUE(seeded) << seeded.error().what;

    std::atomic<bool> done{false};
    std::atomic<int> answers{0};
    std::thread other([&] {
        SoapClient bystander(simulator.vcenter_port());
        bystander.login("administrator@vsphere.local", "VMware1!");
        while (!done) {
            bystander.ok({"ServiceInstance", "ServiceInstance"}, "CurrentTime");
            ++answers;
        }
    });
    SoapClient reader(simulator.vcenter_port());
    reader.login("administrator@vsphere.local", "VMware1!");
    const MoRef view = reader
                           .ok({"ViewManager", "ViewManager"}, "CreateContainerView",
                               {{"container", MoRef{"Folder", "group-d1"}},
                                {"type", Value::strings({"VirtualMachine"})},
                                {"recursive", true}})
                           .ref();
    const Value spec = data(
        "PropertyFilterSpec",
        {{"propSet",
          Value::array(
              "PropertySpec",
              {data("PropertySpec", {{"type", "VirtualMachine"},
                                     {"pathSet", Value::strings({"name", "config.hardware.device",
                                                                 "runtime.powerState"})}})})},
         {"objectSet",
          Value::array("ObjectSpec",
                       {data("ObjectSpec",
                             {{"obj", view},
                              {"skip", true},
                              {"selectSet",
                               Value::array("SelectionSpec",
                                            {data("TraversalSpec", {{"type", "ContainerView"},
                                                                    {"path", "view"}})})}})})}});
    const MoRef collector{"PropertyCollector", "propertyCollector"};
    Value result = reader.ok(collector, "RetrievePropertiesEx",
                             {{"specSet", Value::array("PropertyFilterSpec", {spec})},
                              {"options", data("RetrieveOptions", {})}});
    size_t objects = result["objects"].items().size();
    EXPECT_EQ(objects, 100U);
    while (result["token"].is_set()) {
        result = reader.ok(collector, "ContinueRetrievePropertiesEx", {{"token", result["token"]}});
        objects += result["objects"].items().size();
    }
    EXPECT_EQ(objects, kVms);
    done = true;
    other.join();
    EXPECT_GT(answers.load(), 10);

    // Rescans see the same volumes; a VM on paper can be renamed and switched on.
    reader.ok({"HostStorageSystem", "storageSystem-21"}, "RescanVmfs");
    EXPECT_EQ(simulator.inventory().datastores.size(), 40U);
    const MoRef vm = reader
                         .ok({"SearchIndex", "SearchIndex"}, "FindByInventoryPath",
                             {{"inventoryPath", "/Datacenter/vm/vm-00100"}})
                         .ref();
    reader.run(vm, "PowerOnVM_Task");
    EXPECT_EQ(reader.property(vm, "runtime.powerState").text(), "poweredOn");
    EXPECT_GT(reader.property(vm, "summary.storage.committed").int_or(0), 0);
    simulator.stop();
}

} // namespace
} // namespace pf::vim::sim::test
