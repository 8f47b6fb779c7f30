// The property collector: selecting objects, reading paths, and telling what changed.
//
// The session's mutex and World::mutex are held by the caller for all of these.
#pragma once

#include "libvsphere/simulator/service/methods.hpp"

namespace pf::vim::sim {

// ObjectContent[] of one PropertyFilterSpec. Faults: InvalidProperty, ManagedObjectNotFound,
// InvalidType.
Outcome<std::vector<Value>> retrieve_objects(const PropertyContext& c, ApiVersion version,
                                             const Value& spec);

// What changed since the client was last told, as an UpdateSet; unset when nothing did. Remembers
// what it tells. At most max_objects objects (0: all), the rest comes with the next call.
Outcome<Value> collect_updates(const PropertyContext& c, const Scope& scope, ApiVersion version,
                               CollectorState& collector, size_t max_objects);

// Checks the version a client presents: empty starts over. InvalidCollectorVersion otherwise.
Outcome<> accept_version(CollectorState& collector, const std::string& version);

// Members of a view, computed now.
std::vector<MoRef> view_members(const PropertyContext& c, const ViewState& view);

} // namespace pf::vim::sim
