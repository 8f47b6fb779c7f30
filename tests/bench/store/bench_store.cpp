// Throughput of the block store on a real file or device, beside what the same disk does without
// it.
//   bench_store PATH [SECONDS_PER_CASE] [SIZE_MIB]
// PATH is overwritten. Prints one JSON object a line: case, operations per second, MiB/s, latency
// in microseconds, CPU microseconds per operation.
#include "backend/rt/gate.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sds/store/block_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace pf;

double cpu_seconds() {
    timespec ts{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

// Runs `depth` copies of an operation until the time is up.
class Runner {
  public:
    Runner(rt::Reactor& reactor, double seconds) : reactor_(reactor), seconds_(seconds) {}

    using Operation = std::function<rt::Task<Result<void>>(std::uint64_t number)>;

    void run(const std::string& name, unsigned depth, std::size_t bytes, const Operation& op) {
        latencies_.clear();
        errors_ = 0;
        next_ = 0;
        const double cpu = cpu_seconds();
        const MonoTime start = mono_now();
        end_ = start + std::chrono::microseconds(static_cast<std::int64_t>(seconds_ * 1e6));
        rt::Gate gate(reactor_);
        for (unsigned i = 0; i < depth; ++i) {
            gate.spawn(worker(op));
        }
        reactor_.block_on(gate.close());
        const double wall = std::chrono::duration<double>(mono_now() - start).count();
        const double used = cpu_seconds() - cpu;
        std::ranges::sort(latencies_);
        const auto count = static_cast<double>(latencies_.size());
        auto at = [&](double q) {
            return latencies_.empty() ? 0.0
                                      : latencies_[static_cast<std::size_t>(q * (count - 1))] * 1e6;
        };
        fmt::print("{{\"case\":\"{}\",\"depth\":{},\"block_bytes\":{},\"iops\":{:.0f},"
                   "\"mib_per_s\":{:.1f},\"p50_us\":{:.0f},\"p99_us\":{:.0f},"
                   "\"cpu_us_per_op\":{:.2f},\"errors\":{}}}\n",
                   name, depth, bytes, count / wall,
                   count / wall * static_cast<double>(bytes) / 1048576.0, at(0.5), at(0.99),
                   used * 1e6 / std::max(1.0, count), errors_);
        std::fflush(stdout);
    }

  private:
    rt::Task<void> worker(const Operation& op) {
        while (mono_now() < end_) {
            const MonoTime start = mono_now();
            auto running = op(next_++);
            auto done = co_await std::move(running);
            if (!done) {
                ++errors_;
                fmt::print(stderr, "{}\n", done.error().what);
                co_return;
            }
            latencies_.push_back(std::chrono::duration<double>(mono_now() - start).count());
        }
    }
    rt::Reactor& reactor_;
    double seconds_;
    MonoTime end_{};
    std::uint64_t next_ = 0;
    std::uint64_t errors_ = 0;
    std::vector<double> latencies_;
};

constexpr map::CombId kComb{1};

int run(const std::string& path, double seconds, std::uint64_t mib) {
    auto reactor = rt::Reactor::create().value();
    rt::DiskOptions disk_options;
    disk_options.create_bytes = mib << 20;
    auto disk = reactor->open_disk(path, disk_options);
    if (!disk) {
        fmt::print(stderr, "{}\n", disk.error().what);
        return 1;
    }
    Runner runner(*reactor, seconds);
    std::mt19937_64 random(1);
    rt::IoBuffer data = rt::IoBuffer::zeroed(sds::kUnitBytes);
    for (std::byte& byte : data.span()) {
        byte = static_cast<std::byte>(random());
    }
    const std::uint64_t units = (mib - mib / 8 - 64) / 2;

    // The bars: the same disk, the same blocks, the same durability, nothing in between. The area
    // is written first, so that neither side pays for first-time allocation.
    auto prefill = [&](std::uint64_t i) -> rt::Task<Result<void>> {
        co_return co_await (*disk)->write(i * sds::kUnitBytes, data.span(),
                                          rt::Durability::Volatile);
    };
    for (std::uint64_t i = 0; i < mib; ++i) {
        (void)reactor->block_on(prefill(i));
    }
    auto raw_write = [&](std::uint64_t) -> rt::Task<Result<void>> {
        const std::uint64_t at = random() % (units * 256) * 4096;
        co_return co_await (*disk)->write(at, data.span(0, 4096), rt::Durability::Durable);
    };
    auto raw_read = [&](std::uint64_t) -> rt::Task<Result<void>> {
        rt::IoBuffer into = rt::IoBuffer::allocate(4096);
        const std::uint64_t at = random() % (units * 256) * 4096;
        co_return co_await (*disk)->read(at, into.span());
    };
    auto raw_stream = [&](std::uint64_t i) -> rt::Task<Result<void>> {
        co_return co_await (*disk)->write(i % units * sds::kUnitBytes, data.span(),
                                          rt::Durability::Durable);
    };
    for (unsigned depth : {1u, 32u}) {
        runner.run("disk_durable_write_random_4k", depth, 4096, raw_write);
        runner.run("disk_read_random_4k", depth, 4096, raw_read);
    }
    runner.run("disk_durable_write_1m", 4, sds::kUnitBytes, raw_stream);

    sds::StoreOptions options;
    auto formatted = reactor->block_on(sds::BlockStore::format(**disk, {}, options));
    auto opened = reactor->block_on(sds::BlockStore::open(**disk, options));
    if (!formatted || !opened) {
        fmt::print(stderr, "cannot make a store\n");
        return 1;
    }
    sds::BlockStore& store = **opened;
    const std::vector<map::NodeId> chain{map::NodeId{1}};
    auto fill = [&](std::uint64_t i) -> rt::Task<Result<void>> {
        auto writing = store.write(kComb, chain, i % units, 0, data.span());
        co_return co_await std::move(writing);
    };
    runner.run("store_write_1m_new", 4, sds::kUnitBytes, fill);
    for (std::uint64_t i = 0; i < units; ++i) {
        (void)reactor->block_on(fill(i));
    }
    runner.run("store_write_1m_over", 4, sds::kUnitBytes, fill);
    (void)reactor->block_on(store.checkpoint());
    auto write = [&](std::uint64_t) -> rt::Task<Result<void>> {
        const std::uint64_t block = random() % (units * 256);
        auto writing =
            store.write(kComb, chain, block / 256, static_cast<std::uint32_t>(block % 256 * 4096),
                        data.span(0, 4096));
        co_return co_await std::move(writing);
    };
    auto read = [&](std::uint64_t) -> rt::Task<Result<void>> {
        const std::uint64_t block = random() % (units * 256);
        rt::IoBuffer into = rt::IoBuffer::allocate(4096);
        auto reading = store.read(kComb, chain, block / 256,
                                  static_cast<std::uint32_t>(block % 256 * 4096), into.span());
        co_return co_await std::move(reading);
    };
    for (unsigned depth : {1u, 32u, 128u}) {
        runner.run("store_read_random_4k", depth, 4096, read);
    }
    for (unsigned depth : {1u, 32u, 128u}) {
        runner.run("store_write_random_4k", depth, 4096, write);
    }
    auto import = [&](std::uint64_t i) -> rt::Task<Result<void>> {
        sds::UnitImage image;
        image.owned.set();
        image.data = data;
        auto importing = store.import_unit(sds::UnitId{kComb, chain[0], i % units}, image);
        co_return co_await std::move(importing);
    };
    runner.run("store_import_unit", 4, sds::kUnitBytes, import);
    auto stats = store.stats();
    fmt::print("{{\"case\":\"store_totals\",\"writes\":{},\"journal_commits\":{},"
               "\"checkpoints\":{},\"io_uring\":{}}}\n",
               stats.writes, stats.journal_commits, stats.checkpoints, reactor->uses_io_uring());
    (void)reactor->block_on(store.close());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: bench_store PATH [SECONDS_PER_CASE] [SIZE_MIB]\n");
        return 2;
    }
    return run(argv[1], argc > 2 ? std::atof(argv[2]) : 2.0,
               argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 2048);
}
