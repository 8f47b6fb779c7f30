// What vCenter withheld takes facts away, so that no check answers from an empty value.

#include "tools/pfnvme/adapters/vsphere_missing.hpp"

#include <gtest/gtest.h>

namespace pf::nvmetool {
namespace {

vim::MissingProperty withheld(const char* type, const char* id, const char* path) {
    return {{type, id}, path, "NoPermission", "System.Read"};
}

TEST(Missing, EachPropertyStandsForItsFacts) {
    using Facts = std::set<Fact>;
    EXPECT_EQ(facts_of_property("VirtualMachine", "config.hardware.device"),
              (Facts{Fact::VmDisks, Fact::VmHardware}));
    EXPECT_EQ(facts_of_property("VirtualMachine", "config.hardware.numCPU"),
              Facts{Fact::VmHardware});
    EXPECT_EQ(facts_of_property("VirtualMachine", "runtime.powerState"), Facts{Fact::Vms});
    EXPECT_EQ(facts_of_property("VirtualMachine", "config.extraConfig"), Facts{Fact::Vms});
    EXPECT_EQ(facts_of_property("VirtualMachine", "config.annotation"), Facts{});
    EXPECT_EQ(facts_of_property("VirtualMachine", "snapshot"), Facts{Fact::VmSnapshots});
    EXPECT_EQ(facts_of_property("HostSystem", "config.network"), Facts{Fact::HostNetwork});
    EXPECT_EQ(facts_of_property("HostSystem", "name"), Facts{Fact::Hosts});
    EXPECT_EQ(facts_of_property("Datastore", "vm"), Facts{Fact::Datastores});
    EXPECT_EQ(facts_of_property("ClusterComputeResource", "configurationEx"),
              (Facts{Fact::Clusters, Fact::DrsOverrides}));
    EXPECT_EQ(facts_of_property("SomethingElse", "x"), Facts{});
}

TEST(Missing, ManyObjectsAreOneGap) {
    VsphereEstate estate;
    estate.facts = {Fact::Vms, Fact::VmDisks, Fact::VmHardware, Fact::Datastores, Fact::Hosts};
    note_missing({withheld("VirtualMachine", "vm-1", "config.hardware.device"),
                  withheld("VirtualMachine", "vm-2", "config.hardware.device"),
                  withheld("Datastore", "datastore-1", "vm")},
                 estate);
    EXPECT_EQ(estate.facts, (std::set<Fact>{Fact::Vms, Fact::Hosts}));
    ASSERT_EQ(estate.gaps.size(), 2u);
    EXPECT_EQ(estate.gaps[0], "vm of Datastore datastore-1: NoPermission, needs System.Read");
    EXPECT_EQ(estate.gaps[1], "config.hardware.device of 2 objects of type VirtualMachine (the "
                              "first: vm-1): NoPermission, needs System.Read");
    note_missing({}, estate);
    EXPECT_EQ(estate.gaps.size(), 2u);
}

} // namespace
} // namespace pf::nvmetool
