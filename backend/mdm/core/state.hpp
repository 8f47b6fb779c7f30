// The MDM's durable state in memory, and its mirror in the MetaStore. Every object has one key;
// combs are stored in pages of 256. docs/formats/meta.md lists the keys.
#pragma once

#include "control.pb.h"

#include "backend/map/map.hpp"
#include "backend/mdm/core/sealer.hpp"
#include "backend/meta/meta_store.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace pf::mdm {

namespace wire = proto::control;

inline constexpr std::uint32_t kCombsPerPage = 256;

// Ids of what a step has changed, by kind. Feeds the MetaStore transaction and the map pushes.
struct Changes {
    bool system = false;
    std::set<std::uint64_t> domains, fault_sets, pools, sds, devices, vtrees, volumes, sdcs, hosts,
        sdts, intents;
    std::set<map::NodeId> nodes;
    std::set<map::CombId> combs;

    bool any() const;
    // Something that data servers or clients hold has changed: the map epoch rises.
    bool map_relevant() const;
};

struct State {
    wire::SystemRecord system;
    std::map<std::uint64_t, wire::ProtectionDomainRecord> domains;
    std::map<std::uint64_t, wire::FaultSetRecord> fault_sets;
    std::map<std::uint64_t, wire::StoragePoolRecord> pools;
    std::map<std::uint64_t, wire::SdsRecord> sds;
    std::map<std::uint64_t, wire::DeviceRecord> devices;
    std::map<std::uint64_t, wire::VtreeRecord> vtrees;
    std::map<std::uint64_t, wire::VolumeRecord> volumes;
    std::map<std::uint64_t, wire::SdcRecord> sdcs;
    std::map<std::uint64_t, wire::HostRecord> hosts;
    std::map<std::uint64_t, wire::SdtRecord> sdts;
    std::map<std::uint64_t, wire::FreezeIntentRecord> intents;
    map::NodeTable nodes;
    std::map<map::CombId, map::Comb> combs;
    std::uint64_t epoch = 0;
    std::shared_ptr<const Sealer> sealer; // of the hosts' secrets; without it hosts have none
    Changes unsealed; // hosts whose stored record has a secret in clear: to be written anew

    // NotReady when the store holds no system yet; Corrupt names the key that does not parse, or
    // the host whose secrets this sealer does not open.
    static Result<State> load(meta::MetaStore& store, std::shared_ptr<const Sealer> sealer);

    // Appends the puts and deletes that make the store equal to this state.
    void write(const Changes& changes, meta::Txn& txn) const;

    // 0 when the comb belongs to no pool.
    std::uint64_t pool_of(map::CombId comb) const;
};

wire::CombRecord to_record(const map::Comb& comb);
map::Comb from_record(const wire::CombRecord& record);
wire::NodeRecord to_record(const map::Node& node);
map::Node from_record(const wire::NodeRecord& record);

} // namespace pf::mdm
