#include "libvsphere/simulator/meters.hpp"

#include <algorithm>

namespace pf::vim::sim {

void Meters::begin(MonoTime now, WallTime wall, std::chrono::seconds interval) {
    began_ = now;
    began_wall_ = wall;
    interval_ = std::max(interval, std::chrono::seconds(1));
}

int64_t Meters::sample_of(MonoTime now) const {
    return std::max<int64_t>(0, (now - began_) / interval_);
}

void Meters::add(const Subject& subject, bool write, std::chrono::microseconds took, MonoTime now) {
    const int64_t sample = sample_of(now);
    if (sample > swept_) {
        for (auto it = kept_.begin(); it != kept_.end();) {
            auto& samples = it->second;
            samples.erase(samples.begin(), samples.lower_bound(sample - kKept));
            it = samples.empty() ? kept_.erase(it) : std::next(it);
        }
        swept_ = sample;
    }
    IoSample& at = kept_[subject][sample];
    IoTally& tally = write ? at.writes : at.reads;
    ++tally.operations;
    tally.microseconds += static_cast<uint64_t>(std::max<int64_t>(took.count(), 0));
}

Meters::Range Meters::complete(MonoTime now) const {
    const int64_t end = sample_of(now); // the one that is being filled
    return {std::max<int64_t>(0, end - kKept), end};
}

WallTime Meters::end_of(int64_t sample) const {
    return began_wall_ + std::chrono::duration_cast<WallTime::duration>((sample + 1) * interval_);
}

IoSample Meters::at(const Subject& subject, int64_t sample) const {
    const auto found = kept_.find(subject);
    if (found == kept_.end()) {
        return {};
    }
    const auto value = found->second.find(sample);
    return value == found->second.end() ? IoSample{} : value->second;
}

} // namespace pf::vim::sim
