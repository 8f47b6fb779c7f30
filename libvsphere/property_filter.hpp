#pragma once
// Private: the filter specs and the view that every bulk read is made of.

#include "libvsphere/properties.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pf::vim::detail {

DataObject property_spec(const PropertySpec& spec);
/// Everything that `view` shows, with these properties of each type.
DataObject view_filter(const MoRef& view, const std::vector<PropertySpec>& specs);
Value retrieve_options(const Session& session);

/// One object that no view shows.
DataObject object_filter(const MoRef& object, const std::vector<std::string>& paths);

/// For calls that only tidy up on the server: short, and sent although the program is stopping.
CallOptions cleanup_call();

/// A container view, destroyed on every path.
class ContainerView {
  public:
    static Result<ContainerView> create(Session& session, const MoRef& root,
                                        const std::vector<std::string>& types);
    ~ContainerView();
    ContainerView(ContainerView&& other) noexcept
        : session_(other.session_), view_(std::exchange(other.view_, {})) {}
    ContainerView(const ContainerView&) = delete;
    ContainerView& operator=(const ContainerView&) = delete;
    ContainerView& operator=(ContainerView&&) = delete;
    const MoRef& ref() const { return view_; }

  private:
    ContainerView(Session& session, MoRef view) : session_(&session), view_(std::move(view)) {}
    Session* session_;
    MoRef view_;
};

} // namespace pf::vim::detail
