// Who may do what: the permissions that apply to a user on an object, and what a call needs.
//
// An administrator may everything; a user of the estate may what the roles give that stand on the
// object or, propagating, on what is above it: the nearest entity with a permission decides. Every
// role has System.Anonymous, System.View and System.Read but NoAccess. World::mutex held for all.
#pragma once

#include "libvsphere/simulator/service/methods.hpp"

namespace pf::vim::sim {

// Every privilege that this server knows.
const std::vector<std::string>& all_privileges();

// The entity whose permissions decide about an object: itself, the host of a host's manager, the
// VM of a snapshot; the root folder for what belongs to no entity.
MoRef deciding_entity(const PropertyContext& c, const MoRef& object);

// Roles of the user on the entity; empty: none applies.
std::vector<int> effective_roles(const PropertyContext& c, const std::string& user,
                                 const MoRef& entity);
bool has_privilege(const PropertyContext& c, const std::string& user, const MoRef& entity,
                   std::string_view privilege);

// The privilege that reading the object lacks; empty: it may be read.
std::string read_refused(const PropertyContext& c, const MoRef& object);
// True when the user sees the object in views and traversals: by its own permission, or because
// something below it may be seen.
bool is_visible(const PropertyContext& c, const MoRef& object);

// NoPermission of a call, before anything of it is done.
Outcome<> check_call(const PropertyContext& c, const std::string& user, const Call& call);

// The entity at "/Datacenter/vm/apps"; empty: there is none.
MoRef object_at(const PropertyContext& c, std::string_view inventory_path);

Fault no_permission(const MoRef& object, std::string_view privilege);

} // namespace pf::vim::sim
