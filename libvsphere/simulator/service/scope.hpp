// Who is asked: the vCenter, or one ESXi host that shows only itself, under hostd's own ids.
//
// Inside the simulator every object has its vCenter id. A host's endpoint translates references on
// the way in and on the way out ("host-21" <-> "ha-host"), and hides what is not the host's.
#pragma once

#include "libvsphere/simulator/world.hpp"

namespace pf::vim::sim {

class Scope {
  public:
    Scope() = default; // vCenter
    explicit Scope(HostState& host) : host_(&host) {}

    bool is_vcenter() const { return host_ == nullptr; }
    HostState* host() const { return host_; }

    // World::mutex held for all three.
    MoRef to_wire_locked(World& world, const MoRef& inner) const;
    MoRef from_wire_locked(World& world, const MoRef& wire) const;
    bool visible_locked(World& world, const MoRef& inner) const;

    // Every reference inside a value, in place.
    void to_wire_locked(World& world, Value& value) const;
    void from_wire_locked(World& world, Value& value) const;

  private:
    HostState* host_ = nullptr;
};

} // namespace pf::vim::sim
