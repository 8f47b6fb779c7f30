// Tags and content libraries of an estate, by vCenter's Automation API.
//
// An account or a vCenter that does not tell them leaves a gap, once, and the fact stays out.
#pragma once

#include "libvsphere/tagging.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <vector>

namespace pf::nvmetool {

class EstateTags {
  public:
    explicit EstateTags(vim::Session& session) : reader_(session) {}

    // Adds "category:name" of each object's tags; after a failure it asks no more.
    void add_to(std::vector<VmInfo>& vms);
    void add_to(std::vector<DatastoreInfo>& datastores);
    // Fact::Tags when everything could be read, else the gap.
    void note(VsphereEstate& out) const;

  private:
    template<class T>
    void add(std::vector<T>& items, const char* type);

    vim::TagReader reader_;
    Result<void> state_;
};

// Sets what is known of each datastore; Fact::ContentLibraries, or a gap.
void read_content_libraries(vim::Session& session, VsphereEstate& out);

} // namespace pf::nvmetool
