// The map as a client holds it: pushed by the MDM, looked up for every request.
#pragma once

#include "backend/map/map.hpp"
#include "backend/rt/network.hpp"
#include "backend/sdc/client.hpp"

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pf::proto::control {
class MapUpdate;
}

namespace pf::sdc {

class MapState {
  public:
    // Applies a push. Returns the volumes that were visible before and are not any more.
    std::vector<map::VolumeId> apply(const proto::control::MapUpdate& update);
    // The immutable picture for the owner of the client.
    std::shared_ptr<const View> make_view(map::SystemId system, std::uint64_t client_id) const;

    const Volume* volume(map::VolumeId id) const;
    // The comb of a volume's unit, when the pool's table is known.
    const map::Comb* comb_of(const Volume& volume, std::uint64_t unit) const;
    const std::vector<rt::Endpoint>* addresses(map::SdsId sds) const;
    // The servers that are primary of anything.
    std::unordered_set<std::uint64_t> primaries() const;
    map::MapEpoch epoch() const noexcept { return epoch_; }

  private:
    map::MapEpoch epoch_;
    std::string system_nqn_;
    std::map<map::VolumeId, Volume> volumes_;
    std::map<map::HostId, Host> hosts_;
    std::map<map::SdtId, Sdt> sdts_;
    std::unordered_map<map::StoragePoolId, map::PoolLayout> pools_;
    std::unordered_map<map::CombId, map::Comb> combs_;
    std::unordered_map<map::SdsId, std::vector<rt::Endpoint>> servers_;
};

} // namespace pf::sdc
