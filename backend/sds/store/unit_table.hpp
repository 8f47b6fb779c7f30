// What the store knows in memory: every unit with its blocks' checksums, the blocks that are newer
// in the journal than at home, the free extents. Pure data structures.
#pragma once

#include "backend/rt/io_buffer.hpp"
#include "backend/sds/store/block_store.hpp"
#include "backend/sds/store/format.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pf::sds::store {

// A block whose current content is in memory (and in the journal), not at home yet.
struct Overlay {
    rt::IoBuffer buffer;
    std::uint32_t offset = 0;
    std::uint16_t block = 0;
    std::uint64_t lsn = 0;
    ByteSpan bytes() const { return buffer.span(offset, kBlockBytes); }
};

class ExtentPool;

// One unit. Shared by the index and by whatever is in flight for it; its extent is free when the
// last of them lets go. What it says about blocks is durable at any time, so a page may be written
// from it.
class Unit {
  public:
    Unit(ExtentPool& pool, UnitId unit_id, std::uint32_t unit_extent);
    ~Unit();
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;

    const UnitId id;
    const std::uint32_t extent;
    BlockSet owned;
    BlockSet zero;
    std::array<std::uint32_t, kBlocksPerUnit> crc{};
    std::uint64_t lsn = 0;     // last change
    std::uint64_t version = 0; // grows with every change: tells a reader that it raced with one
    std::uint32_t pending = 0; // appended changes that are not durable yet
    bool detached = false;     // out of the index: dropped or replaced, maybe not durably yet
    bool gone = false;         // durably so
    bool dirty_listed = false; // waits in the list of units with overlays

    const Overlay* overlay(std::uint32_t block) const;
    void put_overlay(Overlay overlay);
    void remove_overlay(std::uint32_t block);
    const std::vector<Overlay>& overlays() const { return overlays_; }
    void clear_overlays() { overlays_.clear(); }
    // Removes what a home write has brought home: the overlay, if it is still that one.
    void settle(std::uint32_t block, std::uint64_t lsn);

  private:
    std::vector<Overlay>::iterator find(std::uint32_t block);
    ExtentPool& pool_;
    std::vector<Overlay> overlays_; // by block
};
using UnitPtr = std::shared_ptr<Unit>;

// Free extents, and who has the others.
class ExtentPool {
  public:
    void init(std::uint64_t extents) { owners_.assign(extents, nullptr); }
    // After the units that exist have been made; lowest extents first.
    void collect_free();
    std::uint32_t take(); // kNoExtent when there is none
    std::uint64_t total() const { return owners_.size(); }
    std::uint64_t free() const { return free_.size(); }
    const Unit* owner(std::uint32_t extent) const { return owners_[extent]; }

  private:
    friend class Unit;
    std::vector<Unit*> owners_;
    std::vector<std::uint32_t> free_;
    bool collected_ = false;
};

struct UnitIdHash {
    std::size_t operator()(const UnitId& id) const noexcept {
        std::uint64_t h = id.unit * 0x9e3779b97f4a7c15u;
        h ^= (h >> 29) + id.node.value * 0xbf58476d1ce4e5b9u;
        h ^= (h >> 32) + id.comb.value * 0x94d049bb133111ebu;
        return static_cast<std::size_t>(h ^ (h >> 31));
    }
};

using UnitIndex = std::unordered_map<UnitId, UnitPtr, UnitIdHash>;

} // namespace pf::sds::store
