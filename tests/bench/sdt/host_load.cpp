#include "tests/bench/sdt/host_load.hpp"

#include "backend/nvme/host/host.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/rt/reactor.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <random>

namespace pf::bench {
namespace {

struct Shared {
    nvme::HostController& controller;
    const LoadSpec& spec;
    MonoTime end{};
    uint64_t next = 0;
    std::vector<uint32_t> latencies; // ns
    Result<void> outcome;
};

rt::Task<void> worker(Shared& shared, uint64_t seed) {
    const LoadSpec& spec = shared.spec;
    std::minstd_rand random(static_cast<uint32_t>(seed));
    const rt::IoBuffer buffer = rt::IoBuffer::zeroed(spec.block_bytes);
    const uint64_t blocks = spec.span_bytes / spec.block_bytes;
    while (shared.outcome && mono_now() < shared.end) {
        const uint64_t at =
            (spec.sequential ? shared.next++ : random()) % blocks * spec.block_bytes;
        const MonoTime begin = mono_now();
        rt::Task<Result<void>> task =
            spec.write ? shared.controller.write(spec.nsid, at, ByteSpan(buffer.span()))
                       : shared.controller.read(spec.nsid, at, buffer.span());
        auto done = co_await std::move(task);
        if (!done)
            shared.outcome = std::move(done);
        const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(mono_now() - begin);
        shared.latencies.push_back(static_cast<uint32_t>(ns.count()));
    }
}

} // namespace

Result<LoadResult> run_host_load(const LoadTarget& target, const LoadSpec& spec,
                                 const std::string& tls_psk) {
    PF_TRY(const auto reactor, rt::Reactor::create());
    nvme::Host host(*reactor, nvme::HostIdentity::from_nqn(target.host_nqn));
    nvme::ConnectOptions options;
    options.address = target.at.host;
    options.port = target.at.port;
    options.subsystem_nqn = target.subsystem_nqn;
    options.io_queues = static_cast<uint16_t>(spec.connections);
    options.digests = spec.digests;
    options.tls_psk = tls_psk;
    PF_TRY(const auto controller, reactor->block_on(host.connect(options)));
    Shared shared{*controller, spec, {}, 0, {}, {}};
    shared.latencies.reserve(4 << 20);
    const double cpu = own_cpu_seconds();
    const MonoTime begin = mono_now();
    shared.end = begin + spec.duration;
    const auto all = [&]() -> rt::Task<void> {
        rt::Gate gate(*reactor);
        for (uint32_t i = 0; i < spec.depth; ++i)
            gate.spawn(worker(shared, i + 1));
        auto closing = gate.close();
        co_await std::move(closing);
    };
    reactor->block_on(all());
    LoadResult result;
    result.seconds = std::chrono::duration<double>(mono_now() - begin).count();
    result.own_cpu_seconds = own_cpu_seconds() - cpu;
    reactor->block_on(controller->disconnect());
    PF_CHECK(shared.outcome);
    std::vector<uint32_t>& times = shared.latencies;
    if (times.empty())
        return fail(Errc::Timeout, "no operation ended in time");
    std::sort(times.begin(), times.end());
    double sum = 0;
    for (const uint32_t ns : times)
        sum += ns;
    result.operations = times.size();
    result.mean_us = sum / 1e3 / static_cast<double>(times.size());
    result.p50_us = times[(times.size() - 1) * 50 / 100] / 1000;
    result.p99_us = times[(times.size() - 1) * 99 / 100] / 1000;
    return result;
}

} // namespace pf::bench
