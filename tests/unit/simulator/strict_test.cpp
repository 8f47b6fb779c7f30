// Every property of every object, and a walk through what clients do, judged as strict clients of
// several API versions judge it. (Every other call in these tests is judged the same way: the
// judgement stands in SoapClient::call.)
#include "fixture.hpp"

#include "libvsphere/wire/schema.hpp"

#include <deque>
#include <set>

namespace pf::vim::sim::test {
namespace {

Value all_properties(const MoRef& object) {
    return data(
        "PropertyFilterSpec",
        {{"propSet", Value::array("PropertySpec", {data("PropertySpec", {{"type", object.type},
                                                                         {"all", Value(true)}})})},
         {"objectSet", Value::array("ObjectSpec", {data("ObjectSpec", {{"obj", object}})})}});
}

void references(const Value& value, std::deque<MoRef>& out) {
    if (const MoRef* ref = value.as_ref()) {
        out.push_back(*ref);
    } else if (const DataObject* object = value.as_object()) {
        for (const Field& field : object->fields) {
            references(field.value, out);
        }
    } else if (const Value::Array* array = value.as_array()) {
        for (const Value& item : array->items) {
            references(item, out);
        }
    }
}

class StrictTest : public SimulatorTest, public ::testing::WithParamInterface<ApiVersion> {
  protected:
    // Reads all properties of everything that can be reached from the service content; the types.
    std::set<std::string> read_everything(SoapClient& client, const MoRef& instance,
                                          const MoRef& collector) {
        std::deque<MoRef> open{instance};
        std::set<MoRef> seen;
        std::set<std::string> types;
        while (!open.empty()) {
            const MoRef object = open.front();
            open.pop_front();
            if (!seen.insert(object).second || object.type == "Task") {
                continue;
            }
            const Reply reply = client.call(
                collector, "RetrieveProperties",
                {{"specSet", Value::array("PropertyFilterSpec", {all_properties(object)})}});
            EXPECT_FALSE(reply.fault) << object.type << " " << object.id << ": "
                                      << (reply.fault ? reply.fault->message : "");
            types.insert(object.type);
            references(reply.result, open);
        }
        return types;
    }
};

TEST_P(StrictTest, EverythingThatCanBeReachedFromVcenter) {
    SoapClient client(simulator->vcenter_port(), GetParam());
    client.login("administrator@vsphere.local", "VMware1!");
    const auto types = read_everything(client, {"ServiceInstance", "ServiceInstance"},
                                       {"PropertyCollector", "propertyCollector"});
    for (const char* type :
         {"Folder", "Datacenter", "ClusterComputeResource", "HostSystem", "VirtualMachine",
          "Datastore", "ResourcePool", "HostStorageSystem", "HostDatastoreBrowser"}) {
        EXPECT_TRUE(types.contains(type)) << type;
    }
}

TEST_P(StrictTest, EverythingThatCanBeReachedFromAHost) {
    SoapClient client(simulator->host_port("esx01.lab.local"), GetParam());
    client.use_session_manager({"SessionManager", "ha-sessionmgr"});
    client.login("root", "VMware1!");
    const auto types = read_everything(client, {"ServiceInstance", "ServiceInstance"},
                                       {"PropertyCollector", "ha-property-collector"});
    EXPECT_TRUE(types.contains("HostSystem"));
    EXPECT_TRUE(types.contains("VirtualMachine"));
}

INSTANTIATE_TEST_SUITE_P(Versions, StrictTest,
                         ::testing::Values(ApiVersion{6, 7, 1}, ApiVersion{7, 0},
                                           ApiVersion{7, 0, 3, 0}, ApiVersion{8, 0, 1, 0},
                                           ApiVersion{8, 0, 3, 0}));

} // namespace
} // namespace pf::vim::sim::test
