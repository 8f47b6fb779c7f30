// Distributed switches of the estate as objects. World::mutex held for all.
#pragma once

#include "libvsphere/simulator/service/properties.hpp"

#include <optional>

namespace pf::vim::sim {

// Group 0 is the uplink port group, the others follow the estate's order.
MoRef switch_ref(size_t index);
MoRef portgroup_ref(size_t index, size_t group);
std::string portgroup_name(const DvSwitchSpec& spec, size_t group);
std::string switch_uuid(const DvSwitchSpec& spec);
bool on_switch(const DvSwitchSpec& spec, const std::string& host);
// (switch, group) of a reference or of a port group's name.
std::optional<std::pair<size_t, size_t>> dvs_object(const World& world, const MoRef& ref);
std::optional<std::pair<size_t, size_t>> portgroup_named(const World& world, std::string_view name);

std::vector<MoRef> dvs_objects(const World& world);
std::string dvs_name(const World& world, const MoRef& object);
Value dvs_property(const PropertyContext& c, const MoRef& object, std::string_view name);
std::vector<Value> proxy_switches(World& world, const HostState& host);
// Unset when no distributed port group has the name.
Value port_connection(const World& world, std::string_view portgroup);

} // namespace pf::vim::sim
