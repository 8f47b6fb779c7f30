#pragma once
// Tags and content libraries: what vCenter's Automation API tells of objects that vim25 knows by
// their managed object ids. Only on a vCenter (Unsupported elsewhere).
//
// Source: published reference of the vSphere Automation API, cis/tagging and content/library.

#include "libvsphere/session.hpp"

#include <string>
#include <vector>

namespace pf::vim {

struct Tag {
    std::string id; ///< "urn:vmomi:InventoryServiceTag:<uuid>:GLOBAL"
    std::string name, category;
    std::string full_name() const { return category + ":" + name; }
};

/// How many objects one question about attached tags names; vCenter bounds the size of a request.
inline constexpr size_t kTaggedAtOnce = 500;

/// Asks about tags; a tag and a category are asked for once, when an object has them. Not
/// thread-safe.
class TagReader {
  public:
    explicit TagReader(Session& session) : session_(session) {}
    /// The objects' tags, in the order of `objects`; those of one object by full name.
    Result<std::vector<std::vector<Tag>>> attached(const std::vector<MoRef>& objects);

  private:
    Result<Tag> tag(const std::string& id);
    Result<std::string> category(const std::string& id);

    Session& session_;
    std::vector<Tag> tags_;
    std::vector<std::pair<std::string, std::string>> categories_; ///< id, name
};

/// Attaches a tag; done already is success.
Result<void> attach_tag(Session& session, const std::string& tag_id, const MoRef& object);

struct ContentLibrary {
    std::string id, name;
    std::vector<MoRef> datastores; ///< that its items are on; empty for other backings
};
Result<std::vector<ContentLibrary>> content_libraries(Session& session);

} // namespace pf::vim
