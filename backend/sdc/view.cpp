#include "backend/sdc/client.hpp"

#include <algorithm>

namespace pf::sdc {

namespace {

template<class T, class Id>
const T* find_by_id(const std::vector<T>& sorted, Id id) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), id,
                                     [](const T& item, Id wanted) { return item.id < wanted; });
    return at != sorted.end() && at->id == id ? &*at : nullptr;
}

} // namespace

const Volume* View::find(map::VolumeId id) const noexcept { return find_by_id(volumes, id); }

const Sdt* View::find_sdt(map::SdtId id) const noexcept { return find_by_id(sdts, id); }

const Volume* View::find_by_nsid(std::uint32_t nsid) const noexcept {
    const auto at = std::find_if(volumes.begin(), volumes.end(),
                                 [&](const Volume& volume) { return volume.nsid == nsid; });
    return at != volumes.end() ? &*at : nullptr;
}

const Host* View::find_host(std::string_view nqn) const noexcept {
    const auto at =
        std::find_if(hosts.begin(), hosts.end(), [&](const Host& host) { return host.nqn == nqn; });
    return at != hosts.end() ? &*at : nullptr;
}

} // namespace pf::sdc
