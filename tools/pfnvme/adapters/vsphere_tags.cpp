#include "tools/pfnvme/adapters/vsphere_tags.hpp"

#include <set>

namespace pf::nvmetool {

template<class T>
void EstateTags::add(std::vector<T>& items, const char* type) {
    if (!state_) {
        return;
    }
    std::vector<vim::MoRef> refs;
    for (const T& item : items) {
        refs.push_back({type, item.id});
    }
    const auto found = reader_.attached(refs);
    if (!found) {
        state_ = fail(found.error());
        return;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        for (const vim::Tag& tag : (*found)[i]) {
            items[i].tags.push_back(tag.full_name());
        }
    }
}

void EstateTags::add_to(std::vector<VmInfo>& vms) { add(vms, "VirtualMachine"); }

void EstateTags::add_to(std::vector<DatastoreInfo>& datastores) { add(datastores, "Datastore"); }

void EstateTags::note(VsphereEstate& out) const {
    if (state_) {
        out.facts.insert(Fact::Tags);
    } else {
        out.gaps.push_back("tags: " + state_.error().what);
    }
}

void read_content_libraries(vim::Session& session, VsphereEstate& out) {
    const auto libraries = vim::content_libraries(session);
    if (!libraries) {
        out.gaps.push_back("content libraries: " + libraries.error().what);
        return;
    }
    std::set<std::string> backing;
    for (const vim::ContentLibrary& library : *libraries) {
        for (const vim::MoRef& datastore : library.datastores) {
            backing.insert(datastore.id);
        }
    }
    for (DatastoreInfo& datastore : out.datastores) {
        datastore.content_library = backing.contains(datastore.id);
    }
    out.facts.insert(Fact::ContentLibraries);
}

} // namespace pf::nvmetool
