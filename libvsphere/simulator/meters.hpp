// What guests' I/O took, by real-time sample: the stuff of performance counters.
//
// A sample is what finished in one interval of SimulatorOptions' perf_interval, by the world's
// clock; the last hour's worth (kKept samples) is kept, as on ESXi. Nothing is kept for what did no
// I/O: such a sample is all zero. Under World::mutex, no threads of its own.
#pragma once

#include "base/clock.hpp"
#include "libvsphere/wire/value.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace pf::vim::sim {

struct IoTally {
    uint64_t operations = 0;
    uint64_t microseconds = 0; // together
};
struct IoSample {
    IoTally reads;
    IoTally writes;
};

class Meters {
  public:
    static constexpr int64_t kKept = 180;

    enum class Group { VirtualDisk, Datastore };
    // What is measured: "scsi0:0" of a VM, a VMFS UUID as a VM or a host sees it.
    struct Subject {
        MoRef entity;
        Group group = Group::VirtualDisk;
        std::string instance;
        auto operator<=>(const Subject&) const = default;
    };

    // Once, before anything else: when sample 0 begins.
    void begin(MonoTime now, WallTime wall, std::chrono::seconds interval);

    void add(const Subject& subject, bool write, std::chrono::microseconds took, MonoTime now);

    // Complete samples that are still kept: [first, end).
    struct Range {
        int64_t first = 0;
        int64_t end = 0;
    };
    Range complete(MonoTime now) const;
    WallTime end_of(int64_t sample) const;
    std::chrono::seconds interval() const { return interval_; }

    // All zero where nothing is kept.
    IoSample at(const Subject& subject, int64_t sample) const;

  private:
    int64_t sample_of(MonoTime now) const;

    MonoTime began_{};
    WallTime began_wall_{};
    std::chrono::seconds interval_{20};
    std::map<Subject, std::map<int64_t, IoSample>> kept_;
    int64_t swept_ = 0; // the sample at which the old ones were last dropped
};

} // namespace pf::vim::sim
