#pragma once
// What an administrator keeps beside the objects and would lose with them: permissions, custom
// attributes; and whether this user may do what is planned.
//
// Privileges are asked before a run, per call and object, so that a missing one is a line in a
// report instead of a fault half-way. Tags are in tagging.hpp.

#include "libvsphere/inventory.hpp"
#include "libvsphere/session.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::vim {

// ---- Privileges

/// What a vim25 method needs on its receiver (or on the object that it names). Empty for calls that
/// every user may make, nothing for methods that are not in the table.
std::optional<std::vector<std::string_view>> privileges_for(std::string_view method);

struct MissingPrivilege {
    MoRef entity;
    std::string privilege;
};
/// Which of `privileges` this session's user lacks on the entities. On vCenter and ESXi alike.
Result<std::vector<MissingPrivilege>>
missing_privileges(Session& session, const std::vector<MoRef>& entities,
                   const std::vector<std::string>& privileges);

struct EntityPermission {
    MoRef entity;
    std::string principal;
    bool group = false, propagate = false;
    int role_id = 0;
};
/// Only what is defined on the entity itself, unless `inherited`.
Result<std::vector<EntityPermission>> entity_permissions(Session& session, const MoRef& entity,
                                                         bool inherited = false);
/// Puts recorded permissions on an entity (after re-registration). Others on it stay.
Result<void> set_entity_permissions(Session& session, const MoRef& entity,
                                    const std::vector<EntityPermission>& permissions);

// ---- Custom attributes (vCenter only; Unsupported on a single ESXi)

struct CustomField {
    int key = 0;
    std::string name, type; ///< type: managed type that it is for; empty = every one
};
Result<std::vector<CustomField>> custom_fields(Session& session);
/// The field's key; made when there is none of this name for `type` or for all.
Result<int> ensure_custom_field(Session& session, const std::string& name,
                                const std::string& type = {});
Result<std::vector<std::pair<std::string, std::string>>> custom_values(Session& session,
                                                                       const MoRef& entity);
Result<void> set_custom_value(Session& session, const MoRef& entity, const std::string& field,
                              const std::string& value);

} // namespace pf::vim
