// A world for the replication core: virtual time, disks in memory that survive a crash, a wire that
// delays and breaks, and a small MDM that keeps the promises of the real one.
#pragma once

#include "backend/rt/gate.hpp"
#include "backend/sds/core/replicator.hpp"
#include "base/assert.hpp"
#include "base/crc32c.hpp"

#include <array>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>

namespace pf::sds::test {

using std::chrono::milliseconds;

class TestExecutor final : public rt::Executor {
  public:
    explicit TestExecutor(std::uint64_t seed) : random(seed) {}
    MonoTime now() const noexcept override { return now_; }
    void defer(Callback fn, void* arg) override { ready_.emplace_back(fn, arg); }
    void post(std::function<void()> fn) override { posted_.push_back(std::move(fn)); }

    // Runs what is ready, in an order that the seed decides.
    void drain() {
        while (!ready_.empty() || !posted_.empty()) {
            renew_budget();
            if (!posted_.empty()) {
                auto fn = std::move(posted_.front());
                posted_.pop_front();
                fn();
                continue;
            }
            const std::size_t pick = random() % ready_.size();
            const auto next = ready_[pick];
            ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(pick));
            next.first(next.second);
        }
    }
    void run_for(milliseconds time) {
        const MonoTime until = now_ + time;
        drain();
        while (timers_.next() <= until) {
            now_ = std::max(now_, timers_.next());
            while (timers_.fire_one(now_)) {
            }
            drain();
        }
        now_ = until;
    }
    // Runs the task to its end; fails the test when it takes more than a virtual minute.
    template<class T>
    T wait(rt::Task<T> task) {
        rt::Gate gate(*this);
        std::optional<T> value;
        auto body = [](rt::Task<T> inner, std::optional<T>& out) -> rt::Task<void> {
            out.emplace(co_await std::move(inner));
        };
        gate.spawn(body(std::move(task), value));
        for (int i = 0; i < 60'000 && !value; ++i) {
            run_for(milliseconds(1));
        }
        PF_ASSERT(value.has_value(), "the task does not end");
        return std::move(*value);
    }
    bool chance(unsigned percent) { return random() % 100 < percent; }
    milliseconds some(unsigned most_ms) { return milliseconds(random() % (most_ms + 1)); }

    std::mt19937_64 random;

  private:
    MonoTime now_{std::chrono::hours(1)};
    std::deque<std::pair<Callback, void*>> ready_;
    std::deque<std::function<void()>> posted_;
};

// One device. What was answered survives a crash; what was in flight survives block by block.
class MemDisk {
  public:
    using Block = std::array<std::byte, kBlockBytes>;
    using Unit = std::map<std::uint32_t, Block>;
    struct Flight {
        UnitId id;
        std::uint32_t first_block;
        ByteSpan data; // empty: zeroes
        std::uint32_t blocks;
        bool cut_off = false;
    };

    void apply(const Flight& flight, std::uint32_t block) {
        Block& target = units[flight.id][flight.first_block + block];
        if (flight.data.empty()) {
            target.fill(std::byte{0});
        } else {
            std::memcpy(target.data(), flight.data.data() + std::size_t{block} * kBlockBytes,
                        kBlockBytes);
        }
    }
    void crash(TestExecutor& executor) {
        for (Flight* flight : flights) {
            flight->cut_off = true;
            for (std::uint32_t block = 0; block < flight->blocks; ++block) {
                if (executor.chance(50)) {
                    apply(*flight, block);
                }
            }
        }
    }

    std::map<UnitId, Unit> units;
    std::set<std::pair<UnitId, std::uint32_t>> damaged;
    std::list<Flight*> flights;
    std::optional<Errc> fail_writes;
};

// What one process of a data server sees of its disk.
class MemStore final : public UnitStore {
  public:
    MemStore(TestExecutor& executor, MemDisk& disk, unsigned delay_ms)
        : executor_(executor), disk_(disk), delay_ms_(delay_ms) {}
    bool dead = false;

    rt::Task<Result<void>> read(const UnitPath& path, std::uint32_t offset_bytes,
                                MutByteSpan into) override {
        co_await pause();
        for (std::size_t at = 0; at < into.size(); at += kBlockBytes) {
            const auto block = static_cast<std::uint32_t>((offset_bytes + at) / kBlockBytes);
            std::memset(into.data() + at, 0, kBlockBytes);
            for (const map::NodeId node : path.chain) {
                const UnitId id{path.comb, node, path.unit};
                const auto unit = disk_.units.find(id);
                if (unit == disk_.units.end() || !unit->second.contains(block)) {
                    continue;
                }
                if (disk_.damaged.contains({id, block})) {
                    co_return fail(Errc::ChecksumMismatch, "block {} is damaged", block);
                }
                std::memcpy(into.data() + at, unit->second.at(block).data(), kBlockBytes);
                break;
            }
        }
        co_return Result<void>{};
    }
    rt::Task<Result<void>> write(const UnitPath& path, std::uint32_t offset_bytes,
                                 ByteSpan bytes) override {
        return put(path, offset_bytes, bytes, static_cast<std::uint32_t>(bytes.size()));
    }
    rt::Task<Result<void>> write_zeroes(const UnitPath& path, std::uint32_t offset_bytes,
                                        std::uint32_t length_bytes) override {
        return put(path, offset_bytes, ByteSpan(), length_bytes);
    }
    BlockSet owned_blocks(map::DeviceId, const UnitId& id) const override {
        BlockSet owned;
        const auto unit = disk_.units.find(id);
        if (unit != disk_.units.end()) {
            for (const auto& [block, data] : unit->second) {
                owned.set(block);
            }
        }
        return owned;
    }
    bool has_unit(map::DeviceId, const UnitId& id) const override {
        return disk_.units.contains(id);
    }
    std::vector<UnitKey> units(map::DeviceId, map::CombId comb) const override {
        std::vector<UnitKey> keys;
        for (const auto& [id, unit] : disk_.units) {
            if (id.comb == comb) {
                keys.push_back(UnitKey{id.node, id.unit});
            }
        }
        return keys;
    }
    rt::Task<Result<UnitImage>> export_unit(map::DeviceId device, UnitId id) override {
        co_await pause();
        UnitImage image;
        image.owned = owned_blocks(device, id);
        image.data = rt::IoBuffer::zeroed(kUnitBytes);
        for (const auto& [block, data] : disk_.units[id]) {
            std::memcpy(image.data.data() + std::size_t{block} * kBlockBytes, data.data(),
                        kBlockBytes);
        }
        if (disk_.units[id].empty()) {
            disk_.units.erase(id);
        }
        co_return Result<UnitImage>(std::move(image));
    }
    rt::Task<Result<void>> import_unit(map::DeviceId, UnitId id, UnitImage image) override {
        co_await pause();
        if (dead) {
            co_return fail(Errc::Cancelled, "dead");
        }
        disk_.units.erase(id);
        for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
            if (image.owned.test(block)) {
                std::memcpy(disk_.units[id][block].data(),
                            image.data.data() + std::size_t{block} * kBlockBytes, kBlockBytes);
            }
        }
        co_return Result<void>{};
    }
    rt::Task<Result<void>> drop_unit(map::DeviceId, UnitId id) override {
        co_await pause();
        if (!dead) {
            disk_.units.erase(id);
        }
        co_return Result<void>{};
    }
    rt::Task<Result<void>> drop_node(map::NodeId node) override {
        co_await pause();
        if (!dead) {
            std::erase_if(disk_.units, [&](const auto& unit) { return unit.first.node == node; });
        }
        co_return Result<void>{};
    }
    rt::Task<Result<void>> drop_comb(map::CombId comb) override {
        co_await pause();
        if (!dead) {
            std::erase_if(disk_.units, [&](const auto& unit) { return unit.first.comb == comb; });
        }
        co_return Result<void>{};
    }
    std::vector<map::NodeId> nodes() const override {
        std::set<map::NodeId> all;
        for (const auto& [id, unit] : disk_.units) {
            all.insert(id.node);
        }
        return {all.begin(), all.end()};
    }
    std::vector<map::CombId> combs() const override {
        std::set<map::CombId> all;
        for (const auto& [id, unit] : disk_.units) {
            all.insert(id.comb);
        }
        return {all.begin(), all.end()};
    }

  private:
    rt::Task<void> pause() {
        if (delay_ms_ > 0) {
            (void)co_await rt::sleep_until(executor_, executor_.now() + executor_.some(delay_ms_));
        }
    }
    rt::Task<Result<void>> put(const UnitPath& path, std::uint32_t offset_bytes, ByteSpan bytes,
                               std::uint32_t length_bytes) {
        if (dead) {
            co_return fail(Errc::Cancelled, "dead");
        }
        MemDisk::Flight flight{path.id(), offset_bytes / kBlockBytes, bytes,
                               length_bytes / kBlockBytes};
        const auto at = disk_.flights.insert(disk_.flights.end(), &flight);
        co_await pause();
        disk_.flights.erase(at);
        if (flight.cut_off || dead) {
            co_return fail(Errc::Cancelled, "dead");
        }
        if (disk_.fail_writes) {
            co_return fail(*disk_.fail_writes, "the device fails");
        }
        for (std::uint32_t block = 0; block < flight.blocks; ++block) {
            disk_.apply(flight, block);
            disk_.damaged.erase({flight.id, flight.first_block + block});
        }
        co_return Result<void>{};
    }
    TestExecutor& executor_;
    MemDisk& disk_;
    const unsigned delay_ms_;
};

class World;

// A data server: a disk that stays, and a process that comes and goes.
struct Server {
    class Process final : public PeerPort, public MdmPort {
      public:
        Process(World& world, Server& server, bool unclean);
        rt::Task<Result<PeerAnswer>> call(map::SdsId to, proto::RequestHeader header,
                                          rt::IoBuffer payload, MonoTime deadline,
                                          rt::CancelToken token) override;
        bool lease_valid() const override;
        rt::Task<Result<void>> mark_stale(map::CombId comb, map::Generation generation,
                                          map::SdsId stale, std::string reason) override;
        rt::Task<Result<void>> rebuild_done(map::CombId comb, map::Generation generation) override;

        World& world;
        Server& server;
        bool dead = false;
        MonoTime lease_until{};
        MemStore store;
        Replicator core;
    };

    map::SdsId id;
    MemDisk disk;
    std::shared_ptr<Process> process; // none: down
    bool cut_from_mdm = false;
    std::uint64_t link_epoch = 0; // grows when connections to it break
    bool ever_ran = false;
    MonoTime down_since{};
};

inline constexpr map::NodeId kNode{100};
inline constexpr map::CombId kComb{7};
inline constexpr milliseconds kLease{300};

// The MDM's part is done in one piece, at once, as its own tests have it; what takes time here is
// the delivery of its decisions.
class World {
  public:
    explicit World(std::uint64_t seed, unsigned delay_ms = 2, std::size_t servers = 2);
    ~World();

    void start(std::size_t index);
    void kill(std::size_t index); // kill -9
    void break_links(std::size_t index);
    void cut_from_mdm(std::size_t index) { servers[index].cut_from_mdm = true; }
    void heal(std::size_t index);
    // Lease bookkeeping, fail-over of dead servers, rebuild of returned ones. Call it often.
    void mdm_tick();
    void push(); // the current comb to everybody who can hear it
    void advance(milliseconds time) {
        for (milliseconds t{0}; t < time; t += milliseconds(5)) {
            executor.run_for(milliseconds(5));
            mdm_tick();
        }
    }
    map::SdsId primary() const { return comb.primary; }
    Server* find(map::SdsId id);
    void set_nodes(std::vector<map::Node> list) {
        nodes = std::move(list);
        push();
    }

    rt::Task<Response> send(map::SdsId to, Request request);
    static Request make(proto::Op op, std::uint64_t generation, std::uint64_t unit,
                        std::uint32_t offset_bytes, std::uint32_t length_bytes);

    TestExecutor executor;
    rt::Gate gate;
    map::Comb comb;
    std::vector<map::Node> nodes;
    std::deque<Server> servers;
    bool refuse_reports = false; // the MDM is away: nothing is marked stale
    bool auto_failover = true;
    std::uint64_t stale_reports = 0;
    unsigned drop_percent = 0;
    unsigned delay_ms;

  private:
    rt::Task<void> deliver(std::shared_ptr<Server::Process> process, map::Comb value,
                           std::vector<map::Node> list, bool full);
    friend struct Server;
    std::map<std::uint64_t, std::size_t> undelivered_;
};

} // namespace pf::sds::test
