// The replication core of a data server: what makes "an acknowledged write is never lost" true.
//
// It owns the combs that have a copy here, orders what overlaps, and decides when a write may be
// acknowledged. It touches no socket, no disk and no clock by itself: those are the ports it is
// given, time is the executor's, so tests run it over memory, virtual time and a lossy wire.
//
// Rules (DESIGN 4.2), and where they live:
//   1 both copies durable before the acknowledgement    primary.cpp  commit, mirror
//   2 older generations are refused                     admit_primary, admit_secondary
//   3 stale is durable at the MDM before acking alone   primary.cpp  mirror, ask_stale
//   4 no lease, no service, reads included              admit_primary, admit_secondary
//   5 a stale copy never serves                         admit_* (state and role come from the MDM)
//   6 request ids, de-duplication                       sessions.hpp; resends older than this
//                                                       server's knowledge are OutcomeUnknown
//   7 both copies crashed: converge before serving      apply(): `suspect` combs
//   8 a bad block is repaired from the other copy       primary.cpp  read_repairing
//   - fences: a write of before a raised fence is refused, and drained before the MDM is told
//                                                       admit_write, drain_fenced
//   9 order of overlapping writes, compare-and-write    range_lock.hpp, primary.cpp
//
// Rebuild (rebuild.cpp): the primary copies unit by unit under a lock. A write to a unit that has
// been copied goes to both; a write to one that has not is only applied here, and the unit is
// copied after it. So the target's units are exact or untouched, never half new. That such a write
// is acknowledged with one copy is rule 3 kept: the target is durably not a copy until
// rebuild_done, which is sent only when every unit is exact and every further write goes to both.
//
// One executor's thread. stop() before the destructor.
#pragma once

#include "backend/map/map.hpp"
#include "backend/rt/gate.hpp"
#include "backend/sds/core/ports.hpp"
#include "backend/sds/core/range_lock.hpp"
#include "backend/sds/core/sessions.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pf::sds {

struct ReplicatorOptions {
    map::SdsId self;
    // The process before this one ended without draining its writes (rule 7).
    bool unclean = false;
    // One attempt to reach the secondary; then it is asked again, until `secondary_patience`.
    std::chrono::milliseconds replicate_timeout{1000};
    // How long a secondary may be unreachable or behind before it is reported stale.
    std::chrono::milliseconds secondary_patience{400};
    std::chrono::milliseconds retry_pause{5};
    std::chrono::milliseconds lock_timeout{30'000};
    std::uint32_t parallel_rebuilds = 4; // combs copied at once
};

// A change of configuration as the MDM pushed it. `full` replaces everything known.
struct ReplicatorConfig {
    struct PlacedComb {
        map::StoragePoolId pool;
        map::Comb comb;
    };
    bool full = false;
    std::vector<PlacedComb> combs;
    std::vector<map::CombId> removed_combs;
    std::vector<map::Node> nodes;
    std::vector<map::NodeId> removed_nodes;
};

// Who sent a request, as its connection's hello said.
struct Sender {
    proto::PeerRole role = proto::PeerRole::Sdc;
    std::uint64_t id = 0;
};
struct Request {
    proto::RequestHeader header;
    rt::IoBuffer payload; // header.payload_bytes of it
    Sender from;
};
// header.payload_bytes of `payload` from payload_offset on; checksums of the payload are filled in.
struct Response {
    proto::ResponseHeader header;
    rt::IoBuffer payload;
    std::uint32_t payload_offset = 0;
};

class Replicator {
  public:
    enum class Level : std::uint8_t { Info, Warn, Error };
    using LogSink = std::function<void(Level, const std::string&)>;

    Replicator(rt::Executor& executor, UnitStore& store, PeerPort& peers, MdmPort& mdm,
               ReplicatorOptions options, LogSink log);
    ~Replicator();

    // Any operation of the data path but Hello. Always answers.
    rt::Task<Response> execute(Request request);

    // In force when it returns; disks are relieved of what was removed in the background.
    void apply(ReplicatorConfig config);

    // From the call on no write to the nodes is admitted as primary; ends when those admitted
    // before have been answered. Timeout leaves them frozen. Undone by a config with frozen=false.
    rt::Task<Result<void>> freeze(std::vector<map::NodeId> nodes, MonoTime deadline);

    // A raised fence of a node holds from apply() on. True while a write is in progress that was
    // admitted under a lower one; drain_fenced ends when there is none, or with stop().
    bool fenced_writes() const;
    rt::Task<void> drain_fenced();

    // Refuses everything from now on, ends what is in progress, waits for it.
    rt::Task<void> stop();

    struct RebuildProgress {
        map::CombId comb;
        std::uint64_t units_done = 0;
        std::uint64_t units_total = 0;
    };
    std::vector<RebuildProgress> rebuilds() const;

    struct Counters {
        std::uint64_t reads = 0;
        std::uint64_t writes = 0;
        std::uint64_t replicas = 0;
        std::uint64_t duplicates = 0;
        std::uint64_t copied_units = 0;
        std::uint64_t repaired_blocks = 0;
        std::uint64_t stale_reports = 0;
    };
    const Counters& counters() const noexcept { return counters_; }
    std::size_t writes_in_progress() const noexcept { return writes_in_progress_; }

  private:
    // Source side of a rebuild, on the primary.
    struct Outgoing {
        std::unordered_set<UnitKey> synced;  // exact on the target
        std::unordered_set<UnitKey> pending; // to be copied
        bool complete_view = false;          // the target owns no unit beside the synced ones
        bool restart = false;                // the target lost its part: begin again
        bool done_sent = false;              // from here on nothing may be acknowledged alone
        std::uint64_t copied = 0;
    };
    // Target side, on the secondary.
    struct Incoming {
        std::unordered_set<UnitKey> touched;
    };
    struct Comb {
        Comb(rt::Executor& executor) : changed(executor) {}
        map::Comb value;
        map::StoragePoolId pool;
        bool removed = false;
        bool suspect = false;     // rule 7: serves only after the MDM moved the generation
        bool stale_asked = false; // for the current generation
        MonoTime knows_since{};   // since when every write of the comb came by here
        rt::WaitQueue changed;    // woken with each new generation, and by removal
        std::unique_ptr<rt::CancelSource> generation_over;
        std::map<std::uint64_t, std::size_t> writes; // admitted and unanswered, by generation
        std::unique_ptr<Outgoing> outgoing;
        std::unique_ptr<Incoming> incoming;
    };
    using CombPtr = std::shared_ptr<Comb>;
    // Counts a write while it is in progress: for freeze and for the start of a rebuild.
    class ActiveWrite;
    // What one write wants to put where. Lives in the write's coroutine.
    struct WritePlan {
        CombPtr comb;
        UnitPath path;
        std::uint32_t offset_bytes = 0; // aligned to blocks, as is the length
        std::uint32_t length_bytes = 0;
        bool zeroes = false;
        rt::IoBuffer data;
        std::uint32_t data_crc = 0; // CRC32C of data when it came with the request; 0: not known
        std::uint64_t session = 0;
        std::uint64_t request_id = 0;
        UnitKey key() const { return UnitKey{path.chain.front(), path.unit}; }
    };
    enum class Mirrored : std::uint8_t { Both, Alone, Lost };
    struct MirrorSlot {
        explicit MirrorSlot(rt::Executor& executor) : done(executor) {}
        std::optional<Mirrored> result;
        rt::WaitQueue done;
    };

    bool is_primary(const Comb& comb) const { return comb.value.primary == options_.self; }
    map::DeviceId own_device(const Comb& comb) const;
    CombPtr find(std::uint32_t comb) const;
    bool build_chain(map::NodeId node, std::vector<map::NodeId>& chain) const;
    Response answer(const Request& request, proto::Status status, const Comb* comb,
                    std::uint64_t detail = 0) const;

    // replicator.cpp
    void adopt(const ReplicatorConfig::PlacedComb& placed);
    void retire(const CombPtr& comb);
    rt::Task<void> drop_node_later(map::NodeId node);
    rt::Task<void> drop_comb_later(map::CombId id, CombPtr comb);
    void ask_stale(const CombPtr& comb, map::SdsId stale, std::string reason);
    rt::Task<void> ask_stale_until_moved(CombPtr comb, map::Generation generation, map::SdsId stale,
                                         std::string reason);
    rt::Task<void> wait_moved(Comb& comb, map::Generation from);

    // primary.cpp
    proto::Status admit_primary(const Comb* comb, const Request& request) const;
    proto::Status admit_write(const Comb* comb, const Request& request) const;
    rt::Task<Response> client_read(const Request& request);
    rt::Task<Response> client_write(Request& request);
    rt::Task<Response> execute_write(Request& request, const CombPtr& comb, bool& executed);
    rt::Task<Result<void>> prepare(const Request& request, WritePlan& plan, Response& refusal);
    rt::Task<proto::Status> commit(WritePlan& plan, bool& executed);
    bool mirrors(Comb& comb, const UnitKey& key, const UnitPath& path);
    rt::Task<Mirrored> mirror(const WritePlan& plan);
    rt::Task<void> mirror_into(const WritePlan& plan, MirrorSlot& slot);
    rt::Task<Result<void>> apply_locally(const WritePlan& plan);
    rt::Task<Result<void>> read_repairing(CombPtr comb, const UnitPath& path,
                                          std::uint32_t offset_bytes, MutByteSpan into);
    rt::Task<Result<void>> repair_block(CombPtr comb, const UnitPath& path, std::uint32_t block,
                                        MutByteSpan into);

    // secondary.cpp
    proto::Status admit_secondary(const Comb* comb, const Request& request) const;
    rt::Task<Response> replicate(Request& request);
    rt::Task<Response> copy_unit(Request& request);
    rt::Task<Response> rebuild_begin(Request& request);
    rt::Task<Response> rebuild_end(Request& request);
    rt::Task<Response> read_replica(Request& request);

    // rebuild.cpp
    rt::Task<void> rebuild(CombPtr comb, map::Generation generation);
    rt::Task<Result<void>> rebuild_pass(CombPtr comb, map::Generation generation);
    rt::Task<Result<void>> copy_pending(CombPtr comb, map::Generation generation);
    rt::Task<Result<void>> copy_one(CombPtr comb, map::Generation generation, UnitKey key);
    rt::Task<Result<PeerAnswer>> call_target(CombPtr comb, map::Generation generation,
                                             proto::RequestHeader header, rt::IoBuffer payload);
    bool rebuilding_at(const Comb& comb, map::Generation generation) const;
    std::unordered_set<UnitKey> local_units(const Comb& comb) const;

    rt::Executor& executor_;
    UnitStore& store_;
    PeerPort& peers_;
    MdmPort& mdm_;
    const ReplicatorOptions options_;
    LogSink log_;
    bool stopping_ = false;
    bool first_config_ = true;

    std::unordered_map<std::uint32_t, CombPtr> combs_;
    std::unordered_map<map::NodeId, map::Node> nodes_;
    std::unordered_set<std::uint64_t> frozen_; // by freeze(), until a config says otherwise
    std::unordered_map<std::uint64_t, std::size_t> node_writes_;
    std::map<std::pair<map::NodeId, std::uint32_t>, std::size_t> fence_writes_; // by (node, fence)
    std::size_t writes_in_progress_ = 0;
    rt::WaitQueue write_ended_;
    RangeLocks locks_;
    Sessions sessions_;
    rt::IoBuffer zeroes_;
    rt::CancelSource stop_;
    rt::Semaphore rebuild_slots_;
    Counters counters_;
    rt::Gate gate_;
};

} // namespace pf::sds
