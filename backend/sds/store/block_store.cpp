#include "backend/sds/store/block_store.hpp"

#include "backend/sds/store/impl.hpp"

#include <algorithm>
#include <set>

namespace pf::sds {

BlockStore::BlockStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BlockStore::~BlockStore() = default;

rt::Task<Result<void>> BlockStore::close() { return impl_->close(); }
BlockStore::Identity BlockStore::identity() const { return impl_->super_.identity; }
StoreStats BlockStore::stats() const { return impl_->stats(); }

rt::Task<Result<void>> BlockStore::write(map::CombId comb, std::span<const map::NodeId> chain,
                                         std::uint64_t unit, std::uint32_t offset, ByteSpan data) {
    return impl_->write(comb, chain, unit, offset, data);
}

rt::Task<Result<void>> BlockStore::write_zeroes(map::CombId comb,
                                                std::span<const map::NodeId> chain,
                                                std::uint64_t unit, std::uint32_t offset,
                                                std::uint32_t length) {
    return impl_->write_zeroes(comb, chain, unit, offset, length);
}

rt::Task<Result<void>> BlockStore::read(map::CombId comb, std::span<const map::NodeId> chain,
                                        std::uint64_t unit, std::uint32_t offset, MutByteSpan into,
                                        BlockSet* owned) {
    return impl_->read(comb, chain, unit, offset, into, owned);
}

bool BlockStore::has_unit(const UnitId& id) const { return owned_blocks(id).any(); }

BlockSet BlockStore::owned_blocks(const UnitId& id) const {
    UnitPtr unit = impl_->find(id);
    return unit ? unit->owned : BlockSet{};
}

std::vector<UnitSummary> BlockStore::list_units(map::CombId comb) const {
    std::vector<UnitSummary> out;
    if (auto found = impl_->combs_.find(comb.value); found != impl_->combs_.end()) {
        out.reserve(found->second.size());
        for (const auto& [id, unit] : found->second) {
            if (unit->owned.any()) {
                out.push_back(UnitSummary{id, unit->owned});
            }
        }
    }
    std::ranges::sort(out, {}, &UnitSummary::id);
    return out;
}

std::vector<map::CombId> BlockStore::list_combs() const {
    std::set<map::CombId> combs;
    for (const auto& [comb, index] : impl_->combs_) {
        if (std::ranges::any_of(index, [](const auto& i) { return i.second->owned.any(); })) {
            combs.insert(map::CombId{comb});
        }
    }
    return {combs.begin(), combs.end()};
}

std::vector<map::NodeId> BlockStore::list_nodes() const {
    std::set<map::NodeId> nodes;
    for (const auto& [comb, index] : impl_->combs_) {
        for (const auto& [id, unit] : index) {
            if (unit->owned.any()) {
                nodes.insert(id.node);
            }
        }
    }
    return {nodes.begin(), nodes.end()};
}

rt::Task<Result<UnitImage>> BlockStore::export_unit(UnitId id) { return impl_->export_unit(id); }

rt::Task<Result<void>> BlockStore::import_unit(UnitId id, UnitImage image) {
    return impl_->import_unit(id, std::move(image));
}

rt::Task<Result<void>> BlockStore::merge_unit(UnitId from, UnitId to) {
    return impl_->merge_unit(from, to);
}

rt::Task<Result<void>> BlockStore::drop_unit(UnitId id) {
    Entry entry;
    entry.kind = EntryKind::DropUnit;
    entry.id = id;
    return impl_->drop(std::move(entry));
}

rt::Task<Result<void>> BlockStore::drop_node(map::NodeId node) {
    Entry entry;
    entry.kind = EntryKind::DropNode;
    entry.id.node = node;
    return impl_->drop(std::move(entry));
}

rt::Task<Result<void>> BlockStore::drop_comb(map::CombId comb) {
    Entry entry;
    entry.kind = EntryKind::DropComb;
    entry.id.comb = comb;
    return impl_->drop(std::move(entry));
}

rt::Task<Result<void>> BlockStore::kv_put(std::string key, std::string value) {
    std::vector<KvChange> changes;
    changes.emplace_back(std::move(key), std::move(value));
    return impl_->kv_apply(std::move(changes));
}

rt::Task<Result<void>> BlockStore::kv_remove(std::string key) {
    std::vector<KvChange> changes;
    changes.emplace_back(std::move(key), std::nullopt);
    return impl_->kv_apply(std::move(changes));
}

rt::Task<Result<void>> BlockStore::kv_apply(std::vector<KvChange> changes) {
    return impl_->kv_apply(std::move(changes));
}

std::optional<std::string> BlockStore::kv_get(std::string_view key) const {
    auto it = impl_->kv_.find(key);
    return it == impl_->kv_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::pair<std::string, std::string>>
BlockStore::kv_list(std::string_view prefix) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (auto it = impl_->kv_.lower_bound(prefix);
         it != impl_->kv_.end() && it->first.starts_with(prefix); ++it) {
        out.emplace_back(it->first, it->second);
    }
    return out;
}

rt::Task<Result<void>> BlockStore::checkpoint() { return impl_->checkpoint(); }
rt::Task<Result<void>> BlockStore::verify_unit(UnitId id) { return impl_->verify_unit(id); }

} // namespace pf::sds
