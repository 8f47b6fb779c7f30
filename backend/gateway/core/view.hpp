// The MDM's objects at one instant, with the look-ups that REST needs. Immutable, cheap to copy.
#pragma once

#include "backend/mdm/client/types.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pf::gateway {

// Facts about the installation that the MDM does not report.
struct SiteFacts {
    std::string api_version = "4.6";
    std::string version_info = "R4_6.0.0"; // unlocks every 4.6 code path of Dell's clients
    std::vector<std::string> mdm_ips;
    std::uint16_t mdm_port = 9011;
};

class View {
  public:
    View(std::shared_ptr<const mdm::Snapshot> snapshot, const SiteFacts& facts)
        : snapshot_(std::move(snapshot)), facts_(&facts) {}

    [[nodiscard]] const mdm::Snapshot& all() const { return *snapshot_; }
    [[nodiscard]] const SiteFacts& facts() const { return *facts_; }

    // nullptr when there is none. The vectors of a Snapshot are ordered by id.
    template<class T>
    [[nodiscard]] static const T* find(const std::vector<T>& objects, std::uint64_t id) {
        const auto it =
            std::lower_bound(objects.begin(), objects.end(), id,
                             [](const T& o, std::uint64_t v) { return o.id.value < v; });
        return it == objects.end() || it->id.value != id ? nullptr : &*it;
    }
    template<class T>
    [[nodiscard]] static std::vector<std::uint64_t> ids(const std::vector<T>& objects) {
        std::vector<std::uint64_t> out;
        out.reserve(objects.size());
        for (const T& object : objects) {
            out.push_back(object.id.value);
        }
        return out;
    }
    template<class T, class Predicate>
    [[nodiscard]] static std::vector<std::uint64_t> ids_if(const std::vector<T>& objects,
                                                           Predicate predicate) {
        std::vector<std::uint64_t> out;
        for (const T& object : objects) {
            if (predicate(object)) {
                out.push_back(object.id.value);
            }
        }
        return out;
    }

    [[nodiscard]] const mdm::Volume* volume(std::uint64_t id) const {
        return find(all().volumes, id);
    }
    [[nodiscard]] const mdm::Sdc* sdc(std::uint64_t id) const { return find(all().sdcs, id); }
    [[nodiscard]] const mdm::Host* host(std::uint64_t id) const { return find(all().hosts, id); }
    [[nodiscard]] const mdm::StoragePool* pool(std::uint64_t id) const {
        return find(all().storage_pools, id);
    }
    [[nodiscard]] const mdm::ProtectionDomain* domain(std::uint64_t id) const {
        return find(all().protection_domains, id);
    }
    [[nodiscard]] const mdm::Sds* sds(std::uint64_t id) const { return find(all().sds, id); }

    [[nodiscard]] std::vector<std::uint64_t> volumes_of_initiator(std::uint64_t initiator) const {
        return ids_if(all().volumes, [&](const mdm::Volume& volume) {
            return std::any_of(volume.mappings.begin(), volume.mappings.end(),
                               [&](const mdm::Mapping& m) { return m.initiator == initiator; });
        });
    }

  private:
    std::shared_ptr<const mdm::Snapshot> snapshot_;
    const SiteFacts* facts_;
};

} // namespace pf::gateway
