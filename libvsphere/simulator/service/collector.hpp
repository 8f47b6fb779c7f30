// The property collector: selecting objects, reading paths, and telling what changed.
//
// Reading goes in batches: World::mutex is let go between them, so that a read of a whole estate
// stalls nobody. The session's mutex is held by the caller throughout.
#pragma once

#include "libvsphere/simulator/service/methods.hpp"

namespace pf::vim::sim {

// The objects that a PropertyFilterSpec selects, in a stable order, those without a matching
// propSet left out. World::mutex held. Faults: InvalidProperty, ManagedObjectNotFound, InvalidType.
Outcome<std::vector<MoRef>> select_objects(const PropertyContext& c, ApiVersion version,
                                           const Value& spec);

// ObjectContent of one selected object; unset when it is gone meanwhile. World::mutex held.
Outcome<Value> read_object(const PropertyContext& c, ApiVersion version, const Value& spec,
                           const MoRef& object);

// Takes the next page of a result, at most `size` objects. World::mutex not held.
Outcome<std::vector<Value>> read_page(const PropertyContext& c, ApiVersion version,
                                      PendingResult& pending, size_t size);

// What changed since the client was last told, as an UpdateSet; unset when nothing did. Remembers
// what it tells. At most max_objects objects (0: all), the rest comes with the next call.
// World::mutex not held.
Outcome<Value> collect_updates(const PropertyContext& c, ApiVersion version,
                               CollectorState& collector, size_t max_objects);

// Checks the version a client presents: empty starts over. InvalidCollectorVersion otherwise.
Outcome<> accept_version(CollectorState& collector, const std::string& version);

// True when some property of the filter's depends on tasks.
bool reads_tasks(const Value& spec);

// Members of a view, computed now. World::mutex held.
std::vector<MoRef> view_members(const PropertyContext& c, const ViewState& view);

} // namespace pf::vim::sim
