#pragma once
// Bulk property reads: container views, RetrievePropertiesEx with paging, missingSet.
//
// Synchronous; a result is a snapshot, each object read at its own instant. Views and tokens are
// cleaned up on every path. A property that the server could not or would not give is never an
// empty one: bulk reads tell it in `missing` with its fault, reads of one object fail.
// NotAuthenticated there is treated as an expired session and the read starts again once.

#include "libvsphere/session.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

struct MissingProperty {
    MoRef object;
    std::string path;
    std::string fault;     ///< vim fault type, e.g. "NoPermission"
    std::string privilege; ///< that the user lacks, when the server names it

    /// "VirtualMachine:vm-1 config.files: NoPermission, needs System.Read"
    std::string why() const;
};

/// As an error: PermissionDenied, NotFound …, by the fault.
Error to_error(const MissingProperty& missing);
/// For callers that act on what they read: fails when anything was withheld.
Result<void> require_complete(const std::vector<MissingProperty>& missing);

struct ObjectProps {
    MoRef object;
    std::map<std::string, Value, std::less<>> props;
    std::vector<MissingProperty> missing;

    /// Unset when not returned.
    const Value& operator[](std::string_view path) const;
};

struct PropertySpec {
    std::string type;
    std::vector<std::string> paths; ///< empty: all properties
};

/// Properties of the given objects (all of spec.type or of derived types). Order follows the
/// server. Objects that have vanished are absent from the result rather than an error.
Result<std::vector<ObjectProps>> retrieve(Session& session, const std::vector<MoRef>& objects,
                                          const PropertySpec& spec,
                                          const CallOptions& options = {});
/// One object; NotFound when it is gone, and an error when one of the properties was withheld.
Result<ObjectProps> retrieve_one(Session& session, const MoRef& object,
                                 const std::vector<std::string>& paths,
                                 const CallOptions& options = {});
Result<Value> retrieve_property(Session& session, const MoRef& object, const std::string& path);
/// Everything of these types below `root` (empty: the root folder), by one recursive container
/// view.
Result<std::vector<ObjectProps>> retrieve_below(Session& session, const MoRef& root,
                                                const std::vector<PropertySpec>& specs);

} // namespace pf::vim
