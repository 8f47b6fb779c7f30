#include "backend/sds/store/unit_table.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace pf::sds::store {

Unit::Unit(ExtentPool& pool, UnitId unit_id, std::uint32_t unit_extent)
    : id(unit_id), extent(unit_extent), pool_(pool) {
    PF_ASSERT(extent < pool.owners_.size() && pool.owners_[extent] == nullptr,
              "extent given to two units");
    pool.owners_[extent] = this;
}

Unit::~Unit() {
    pool_.owners_[extent] = nullptr;
    if (pool_.collected_) {
        pool_.free_.push_back(extent);
    }
}

std::vector<Overlay>::iterator Unit::find(std::uint32_t block) {
    return std::lower_bound(overlays_.begin(), overlays_.end(), block,
                            [](const Overlay& o, std::uint32_t b) { return o.block < b; });
}

const Overlay* Unit::overlay(std::uint32_t block) const {
    if (overlays_.empty()) {
        return nullptr;
    }
    auto at = const_cast<Unit*>(this)->find(block);
    return at != overlays_.end() && at->block == block ? &*at : nullptr;
}

void Unit::put_overlay(Overlay overlay) {
    if (overlays_.empty() || overlays_.back().block < overlay.block) {
        overlays_.push_back(std::move(overlay)); // sequential writers
        return;
    }
    auto at = find(overlay.block);
    if (at->block == overlay.block) {
        *at = std::move(overlay);
    } else {
        overlays_.insert(at, std::move(overlay));
    }
}

void Unit::remove_overlay(std::uint32_t block) {
    auto at = find(block);
    if (at != overlays_.end() && at->block == block) {
        overlays_.erase(at);
    }
}

void Unit::settle(std::uint32_t block, std::uint64_t written_lsn) {
    auto at = find(block);
    if (at != overlays_.end() && at->block == block && at->lsn == written_lsn) {
        overlays_.erase(at);
    }
}

void ExtentPool::collect_free() {
    free_.clear();
    for (std::size_t i = owners_.size(); i-- > 0;) {
        if (owners_[i] == nullptr) {
            free_.push_back(static_cast<std::uint32_t>(i));
        }
    }
    collected_ = true;
}

std::uint32_t ExtentPool::take() {
    if (free_.empty()) {
        return kNoExtent;
    }
    std::uint32_t extent = free_.back();
    free_.pop_back();
    return extent;
}

} // namespace pf::sds::store
