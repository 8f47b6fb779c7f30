#pragma once
// Bulk property reads without values in between: one page of the answer after the other, each
// object shown to a callback as views into the page's text.
//
// This is how an inventory of tens of thousands of objects is read: memory is one or two pages plus
// what the callback keeps, and the next page is fetched while this one is worked on. The callback
// runs on the calling thread. If the session expires in the middle (its view and its paging token
// die with it), the read logs in and starts again once, calling `restart` first, so that the caller
// drops what it had. Properties that the server would not give are in `missing`, as in
// properties.hpp.

#include "libvsphere/properties.hpp"
#include "libvsphere/wire/view.hpp"

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::vim {

/// One object of an answer. Valid during the callback.
class ObjectView {
  public:
    explicit ObjectView(xml::Element object_content);

    MoRef object;
    /// Not set when it was not returned.
    View operator[](std::string_view path) const;
    std::vector<MissingProperty> missing;

  private:
    std::vector<std::pair<std::string_view, View>> props_;
};

struct BulkSink {
    std::function<void(const ObjectView&)> object;
    std::function<void()> restart; ///< forget all objects so far
};

struct BulkStats {
    size_t pages = 0, objects = 0, bytes = 0;
};

/// All objects of spec.type (and derived types) below `root` (empty: the root folder).
Result<BulkStats> stream_below(Session& session, const MoRef& root, const PropertySpec& spec,
                               const BulkSink& sink);

/// The objects of one page (the text of an answer to RetrievePropertiesEx or
/// ContinueRetrievePropertiesEx) shown to `object`; returns the token, empty on the last page.
/// Errors: Protocol; AuthFailed when the page says that nobody is logged in (nothing was shown).
Result<std::string> read_page(std::string text, std::string_view method,
                              const std::function<void(const ObjectView&)>& object);

} // namespace pf::vim
