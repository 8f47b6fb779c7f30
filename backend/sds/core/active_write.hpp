// Private to the replication core: counts a write while it is in progress.
#pragma once

#include "backend/sds/core/replicator.hpp"

namespace pf::sds {

class Replicator::ActiveWrite {
  public:
    ActiveWrite(Replicator& owner, CombPtr comb, map::NodeId node, std::uint32_t fence)
        : owner_(owner), comb_(std::move(comb)), node_(node), fence_(fence),
          generation_(comb_->value.generation.value) {
        ++comb_->writes[generation_];
        ++owner_.node_writes_[node_.value];
        ++owner_.fence_writes_[{node_, fence_}];
        ++owner_.writes_in_progress_;
    }
    ActiveWrite(const ActiveWrite&) = delete;
    ActiveWrite& operator=(const ActiveWrite&) = delete;
    ~ActiveWrite() {
        if (--comb_->writes[generation_] == 0) {
            comb_->writes.erase(generation_);
        }
        const auto node = owner_.node_writes_.find(node_.value);
        if (--node->second == 0) {
            owner_.node_writes_.erase(node);
        }
        const auto fenced = owner_.fence_writes_.find({node_, fence_});
        if (--fenced->second == 0) {
            owner_.fence_writes_.erase(fenced);
        }
        --owner_.writes_in_progress_;
        if (!owner_.write_ended_.empty()) {
            owner_.write_ended_.wake_all();
        }
    }

  private:
    Replicator& owner_;
    CombPtr comb_;
    map::NodeId node_;
    std::uint32_t fence_;
    std::uint64_t generation_;
};

} // namespace pf::sds
