// Power cuts at random moments, many times over, against a model: whatever was answered is there,
// whatever was in flight is old or new (for each 4 KiB block; as a whole for imports, drops and
// key-value changes), nothing is torn. A seed reproduces a run.
#include "backend/rt/gate.hpp"
#include "tests/unit/store/fixture.hpp"

#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>

namespace pf::sds {
namespace {

constexpr std::uint32_t kSectors = kUnitBytes / kSectorBytes;
constexpr std::uint32_t kSectorsPerBlock = kBlockBytes / kSectorBytes;
constexpr map::CombId kComb{1};

// A layer of the model: one node's blocks of one unit; a sector holds one repeated value.
struct Layer {
    map::NodeId node;
    BlockSet owned;
    std::vector<std::uint32_t> sectors = std::vector<std::uint32_t>(kSectors, 0);
};

void fill(std::byte* to, std::uint32_t value) {
    for (std::uint32_t i = 0; i < kSectorBytes; i += 4) {
        std::memcpy(to + i, &value, 4);
    }
}

// What one worker does in one unit, and what it may find after a crash.
class Worker {
  public:
    Worker(StoreFixture& f, std::uint64_t number, std::uint64_t seed)
        : f_(f), unit_(number), random_(seed * 1000 + number) {
        snapshot();
    }

    // Runs random operations until one fails.
    rt::Task<void> run() {
        for (;;) {
            auto step = one();
            bool go_on = co_await std::move(step);
            if (!go_on) {
                co_return;
            }
        }
    }

    // After a reopen: everything read back must be explained; then the model takes what was found.
    void settle() {
        if (drop_or_import_) {
            settle_whole();
        }
        BlockSet owned;
        Bytes all = read_all(owned);
        for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
            bool old_fits = fits(all, block, layers_);
            bool new_fits = in_flight_ && fits(all, block, *in_flight_);
            ASSERT_TRUE(old_fits || new_fits)
                << "unit " << unit_ << " block " << block << " holds neither old nor new";
            if (!old_fits) {
                layers_.front() = take(layers_.front(), in_flight_->front(), block);
            } else if (new_fits) {
                // Same content either way; who owns the block decides.
                bool is_new =
                    f_.store().owned_blocks(leaf_id())[block] == in_flight_->front().owned[block];
                if (is_new) {
                    layers_.front() = take(layers_.front(), in_flight_->front(), block);
                }
            }
            ASSERT_EQ(f_.store().owned_blocks(leaf_id())[block], layers_.front().owned[block])
                << "unit " << unit_ << " block " << block;
        }
        in_flight_.reset();
        auto stored = f_.store().kv_get(kv_key());
        ASSERT_TRUE(stored == kv_ || (kv_in_flight_ && stored == *kv_in_flight_));
        kv_ = stored;
        kv_in_flight_.reset();
    }

  private:
    using Layers = std::vector<Layer>; // nearest first

    UnitId leaf_id() const { return UnitId{kComb, layers_.front().node, unit_}; }
    std::string kv_key() const { return "worker" + std::to_string(unit_); }
    std::vector<map::NodeId> chain() const {
        std::vector<map::NodeId> out;
        for (const Layer& layer : layers_) {
            out.push_back(layer.node);
        }
        return out;
    }
    void snapshot() {
        Layer layer;
        layer.node = map::NodeId{unit_ * 100 + ++nodes_};
        layers_.insert(layers_.begin(), std::move(layer));
    }
    static std::uint32_t value_at(const Layers& layers, std::uint32_t sector) {
        for (const Layer& layer : layers) {
            if (layer.owned[sector / kSectorsPerBlock]) {
                return layer.sectors[sector];
            }
        }
        return 0;
    }
    static bool fits(const Bytes& all, std::uint32_t block, const Layers& layers) {
        std::byte expect[kSectorBytes];
        for (std::uint32_t s = 0; s < kSectorsPerBlock; ++s) {
            std::uint32_t sector = block * kSectorsPerBlock + s;
            fill(expect, value_at(layers, sector));
            if (std::memcmp(expect, all.data() + sector * kSectorBytes, kSectorBytes) != 0) {
                return false;
            }
        }
        return true;
    }
    static Layer take(Layer to, const Layer& from, std::uint32_t block) {
        to.owned[block] = from.owned[block];
        for (std::uint32_t s = 0; s < kSectorsPerBlock; ++s) {
            to.sectors[block * kSectorsPerBlock + s] = from.sectors[block * kSectorsPerBlock + s];
        }
        return to;
    }
    static void own(Layers& layers, std::uint32_t block) {
        Layer& leaf = layers.front();
        if (!leaf.owned[block]) {
            for (std::uint32_t s = 0; s < kSectorsPerBlock; ++s) {
                std::uint32_t sector = block * kSectorsPerBlock + s;
                leaf.sectors[sector] = value_at(layers, sector);
            }
            leaf.owned.set(block);
        }
    }
    Bytes read_all(BlockSet& owned) {
        Bytes all(kUnitBytes);
        auto nodes = chain();
        auto done = f_.run(f_.store().read(kComb, nodes, unit_, 0, all, &owned));
        EXPECT_TRUE(done) << done.error().what;
        return all;
    }
    // Drop and import are all or nothing.
    void settle_whole() {
        drop_or_import_ = false;
        BlockSet owned;
        Bytes all = read_all(owned);
        bool all_old = true;
        bool all_new = true;
        for (std::uint32_t block = 0; block < kBlocksPerUnit; ++block) {
            all_old = all_old && fits(all, block, layers_);
            all_new = all_new && fits(all, block, *in_flight_);
        }
        EXPECT_TRUE(all_old || all_new) << "unit " << unit_ << " is half of two states";
        bool is_new = all_new && f_.store().owned_blocks(leaf_id()) == in_flight_->front().owned;
        if (is_new) {
            layers_ = *in_flight_;
        }
        in_flight_.reset();
    }

    rt::Task<bool> one() {
        const std::uint64_t dice = random_() % 100;
        auto nodes = chain();
        if (dice < 60) {
            const bool sectors = random_() % 3 == 0;
            const std::uint32_t grain = sectors ? 1 : kSectorsPerBlock;
            const std::uint32_t first =
                static_cast<std::uint32_t>(random_() % (kSectors / grain)) * grain;
            const std::uint32_t room = (kSectors - first) / grain;
            const std::uint32_t most = random_() % 8 == 0 ? 64u : 6u;
            const std::uint32_t count =
                static_cast<std::uint32_t>(random_() % std::min(room, most) + 1) * grain;
            Bytes data(std::size_t{count} * kSectorBytes);
            in_flight_ = layers_;
            for (std::uint32_t s = first; s < first + count; ++s) {
                own(*in_flight_, s / kSectorsPerBlock);
            }
            for (std::uint32_t s = first; s < first + count; ++s) {
                std::uint32_t value = static_cast<std::uint32_t>(random_()) | 1;
                fill(data.data() + std::size_t{s - first} * kSectorBytes, value);
                in_flight_->front().sectors[s] = value;
            }
            auto writing = f_.store().write(kComb, nodes, unit_, first * kSectorBytes, data);
            co_return answered(co_await std::move(writing));
        }
        if (dice < 68) {
            const std::uint32_t first = static_cast<std::uint32_t>(random_() % kBlocksPerUnit);
            const std::uint32_t count =
                static_cast<std::uint32_t>(random_() % std::min(kBlocksPerUnit - first, 20u) + 1);
            in_flight_ = layers_;
            bool needed = false;
            for (std::uint32_t b = first; b < first + count; ++b) {
                for (const Layer& layer : layers_) {
                    needed = needed || layer.owned[b];
                }
            }
            for (std::uint32_t b = first; needed && b < first + count; ++b) {
                own(*in_flight_, b);
                for (std::uint32_t s = 0; s < kSectorsPerBlock; ++s) {
                    in_flight_->front().sectors[b * kSectorsPerBlock + s] = 0;
                }
            }
            auto zeroing = f_.store().write_zeroes(kComb, nodes, unit_, first * kBlockBytes,
                                                   count * kBlockBytes);
            co_return answered(co_await std::move(zeroing));
        }
        if (dice < 72) {
            in_flight_ = layers_;
            in_flight_->front().owned.reset();
            drop_or_import_ = true;
            auto dropping = f_.store().drop_unit(leaf_id());
            co_return answered(co_await std::move(dropping));
        }
        if (dice < 78) {
            UnitImage image;
            image.data = rt::IoBuffer::zeroed(kUnitBytes);
            in_flight_ = layers_;
            Layer& leaf = in_flight_->front();
            leaf.owned.reset();
            for (std::uint32_t n = 0; n < 20; ++n) {
                std::uint32_t block = static_cast<std::uint32_t>(random_() % kBlocksPerUnit);
                image.owned.set(block);
                leaf.owned.set(block);
                for (std::uint32_t s = 0; s < kSectorsPerBlock; ++s) {
                    std::uint32_t value = n % 5 == 0 ? 0 : static_cast<std::uint32_t>(random_());
                    std::uint32_t sector = block * kSectorsPerBlock + s;
                    fill(image.data.data() + std::size_t{sector} * kSectorBytes, value);
                    leaf.sectors[sector] = value;
                }
            }
            drop_or_import_ = true;
            auto importing = f_.store().import_unit(leaf_id(), std::move(image));
            co_return answered(co_await std::move(importing));
        }
        if (dice < 82 && layers_.size() < 4) {
            snapshot();
            co_return true;
        }
        if (dice < 88) {
            std::string value = std::to_string(random_());
            kv_in_flight_ = value;
            auto putting = f_.store().kv_put(kv_key(), value);
            auto put = co_await std::move(putting);
            if (put) {
                kv_ = std::move(value);
                kv_in_flight_.reset();
            }
            co_return static_cast<bool>(put);
        }
        if (dice < 90) {
            auto checkpointing = f_.store().checkpoint();
            co_return static_cast<bool>(co_await std::move(checkpointing));
        }
        const std::uint32_t block = static_cast<std::uint32_t>(random_() % kBlocksPerUnit);
        Bytes data(kUnitBytes);
        auto reading = f_.store().read(
            kComb, nodes, unit_, block * kBlockBytes,
            MutByteSpan(data).subspan(std::size_t{block} * kBlockBytes, kBlockBytes));
        auto read = co_await std::move(reading);
        if (!read) {
            EXPECT_EQ(read.error().code, Errc::Io) << read.error().what;
            co_return false;
        }
        EXPECT_TRUE(fits(data, block, layers_)) << "unit " << unit_ << " block " << block;
        co_return true;
    }

    bool answered(const Result<void>& result) {
        if (!result) {
            EXPECT_EQ(result.error().code, Errc::Io) << result.error().what;
            return false; // in flight when the power went: old or new
        }
        layers_ = std::move(*in_flight_);
        in_flight_.reset();
        drop_or_import_ = false;
        return true;
    }

    StoreFixture& f_;
    std::uint64_t unit_;
    std::mt19937_64 random_;
    std::uint64_t nodes_ = 0;
    Layers layers_;
    std::optional<Layers> in_flight_; // the state if the operation under way took effect
    bool drop_or_import_ = false;
    std::optional<std::string> kv_;
    std::optional<std::string> kv_in_flight_;
};

void run_seed(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    StoreOptions options = StoreFixture::test_options();
    options.checkpoint_percent = seed % 2 == 0 ? 3 : 20;
    options.journal_writes_in_flight = 1 + static_cast<unsigned>(seed % 4);
    StoreFixture f(seed, options);
    auto opened = f.open();
    ASSERT_TRUE(opened) << opened.error().what;
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::uint64_t i = 0; i < 5; ++i) {
        workers.push_back(std::make_unique<Worker>(f, i + 1, seed));
    }
    for (int cycle = 0; cycle < 6; ++cycle) {
        SCOPED_TRACE("cycle " + std::to_string(cycle));
        f.disk().crash_after(1 + random() % 400);
        rt::Gate gate(f.reactor());
        for (auto& worker : workers) {
            gate.spawn(worker->run());
        }
        f.run(gate.close());
        f.power_cycle();
        if (random() % 3 == 0) { // a crash while recovering, too
            f.disk().crash_after(random() % 3);
            (void)f.open();
            f.power_cycle();
        }
        auto reopened = f.open();
        ASSERT_TRUE(reopened) << reopened.error().what;
        for (auto& worker : workers) {
            worker->settle();
            if (testing::Test::HasFailure()) {
                return;
            }
        }
    }
}

TEST(StoreCrashTest, RandomPowerCuts) {
    // More seeds for a long run: PF_STORE_SEEDS=100000 PF_STORE_FIRST_SEED=1
    const char* count = std::getenv("PF_STORE_SEEDS");
    const char* first = std::getenv("PF_STORE_FIRST_SEED");
    const std::uint64_t from = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
    const std::uint64_t seeds = count != nullptr ? std::strtoull(count, nullptr, 10) : 12;
    for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
        run_seed(seed);
        if (testing::Test::HasFailure()) {
            return;
        }
    }
}

// The power goes at every single write of a short history.
TEST(StoreCrashTest, EveryWriteBoundary) {
    for (std::uint64_t boundary = 0; boundary < 40; ++boundary) {
        SCOPED_TRACE("boundary " + std::to_string(boundary));
        StoreFixture f(boundary + 1);
        ASSERT_TRUE(f.open());
        f.disk().crash_after(boundary);
        const std::vector<map::NodeId> chain{map::NodeId{1}};
        int answered = 0;
        for (int i = 1; i <= 12; ++i) {
            auto unit = static_cast<std::uint64_t>(i % 3);
            if (!f.run(f.store().write(kComb, chain, unit, 0, pattern(8192, i)))) {
                break;
            }
            answered = i;
            if (i % 4 == 0 && !f.run(f.store().checkpoint())) {
                break;
            }
        }
        f.power_cycle();
        auto opened = f.open();
        ASSERT_TRUE(opened) << opened.error().what;
        for (int unit = 0; unit < 3; ++unit) {
            int old_value = 0;
            for (int i = 1; i <= answered; ++i) {
                old_value = i % 3 == unit ? i : old_value;
            }
            int next = answered + 1;
            Bytes out(8192);
            auto read =
                f.run(f.store().read(kComb, chain, static_cast<std::uint64_t>(unit), 0, out));
            ASSERT_TRUE(read) << read.error().what;
            for (int block = 0; block < 2; ++block) {
                Bytes part(out.begin() + block * 4096, out.begin() + (block + 1) * 4096);
                bool is_old = part == pattern(4096, old_value);
                bool is_new = next % 3 == unit && part == pattern(4096, next);
                ASSERT_TRUE(is_old || is_new) << "unit " << unit << " block " << block;
            }
        }
    }
}

} // namespace
} // namespace pf::sds
