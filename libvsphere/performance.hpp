#pragma once
// What performance counters tell: which a server has, how often they are taken, and the newest
// real-time samples of several objects in one call.
//
// A counter's number is the server's own and differs between servers and versions: it is looked up
// by name ("virtualDisk.totalReadLatency.average") once per session. Everything here only reads.

#include "libvsphere/session.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

struct PerfCounter {
    int id = 0;
    std::string name; ///< group.name.rollup
    std::string unit; ///< "millisecond", "number" …
};
Result<std::vector<PerfCounter>> perf_counters(Session& session);
/// By name, in the order of `names`; Unsupported when the server has one of them not.
Result<std::vector<int>> perf_counter_ids(Session& session,
                                          const std::vector<std::string_view>& names);

struct PerfProvider {
    bool real_time = false;  ///< has samples of now
    int refresh_seconds = 0; ///< how long one of them lasts; 0: not told
};
Result<PerfProvider> perf_provider(Session& session, const MoRef& entity);

struct PerfSeries {
    MoRef entity;
    int counter = 0;
    std::string instance;         ///< "scsi0:0", a VMFS UUID …
    std::vector<int64_t> samples; ///< oldest first; -1: not taken
};
struct PerfQuery {
    std::vector<MoRef> entities;
    std::vector<int> counters;
    std::string instance = "*";
    int interval_seconds = 20; ///< the provider's refresh rate
    int samples = 1;           ///< the newest ones
};
/// Entities that tell nothing (switched off, gone, not visible) are left out. Bounded by the
/// caller: one call for all of them.
Result<std::vector<PerfSeries>> query_perf(Session& session, const PerfQuery& query);

/// How long the disks of a VM take; a disk that did nothing in these samples is left out.
struct DiskLatency {
    MoRef vm;
    std::string disk;       ///< "scsi0:0"
    int64_t latency_ms = 0; ///< of reads or writes, the slower ones, in the worst of the samples
};
/// Reads the newest samples of virtual disks; knows the server's counters after the first read.
/// One thread at a time, as the session.
class DiskLatencyReader {
  public:
    explicit DiskLatencyReader(Session& session) : session_(session) {}

    /// Ok when this server tells latencies of virtual disks.
    Result<void> check();
    /// Of the VMs that run; in calls of kVmsPerCall.
    Result<std::vector<DiskLatency>> read(const std::vector<MoRef>& vms);

    static constexpr size_t kVmsPerCall = 64;
    static constexpr int kSamples = 3; ///< a minute at the usual 20 s

  private:
    Session& session_;
    std::vector<int>
        counters_; ///< reads, writes, read latency, write latency; empty: not asked yet
    int interval_seconds_ = 0;
};

} // namespace pf::vim
