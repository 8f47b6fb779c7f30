// Ten thousand connections that come, make a controller and go, some of them rudely: neither memory
// nor descriptors may grow.
#include "backend/nvme/host/queue.hpp"
#include "backend/nvme/memory_device.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sdt/shell/server.hpp"
#include "base/log.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <filesystem>

namespace pf::sdt {
namespace {

constexpr const char* kSubsystem = "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f";
constexpr const char* kHost = "nqn.2014-08.local:nvme:esxi-1";

Bytes connect_capsule() {
    nvme::ConnectData data;
    data.hostid[0] = 1;
    nvme::put_text(data.subnqn, kSubsystem, '\0');
    nvme::put_text(data.hostnqn, kHost, '\0');
    nvme::Sqe sqe;
    sqe.opcode = nvme::admin_op::kFabrics;
    sqe.flags = nvme::kPsdtSgl;
    sqe.nsid = nvme::fctype::kConnect;
    sqe.cdw11 = 31;
    sqe.sgl.type = nvme::Sgl::kInCapsule;
    sqe.sgl.length = sizeof data;
    Bytes out;
    nvme::append_capsule_cmd(out, sqe, nvme::struct_bytes(data), {});
    return out;
}

enum class Manner { Connects, OnlyInitializes, SaysNothing };

rt::Task<Result<void>> cycle(rt::Executor& executor, rt::Network& network, rt::Endpoint to,
                             Manner manner) {
    const MonoTime deadline = executor.now() + std::chrono::seconds(20);
    auto dialling = network.connect(to, deadline);
    PF_CO_TRY(auto stream, co_await std::move(dialling));
    Bytes answer(128);
    if (manner != Manner::SaysNothing) {
        const Bytes icreq = nvme::encode_icreq(0, {}, 0);
        PF_CO_CHECK(co_await stream->write_all(ByteSpan(icreq), deadline));
        PF_CO_CHECK(co_await stream->read_exact(answer, deadline));
    }
    if (manner == Manner::Connects) {
        const Bytes capsule = connect_capsule();
        PF_CO_CHECK(co_await stream->write_all(ByteSpan(capsule), deadline));
        PF_CO_CHECK(co_await stream->read_exact(MutByteSpan(answer).first(24), deadline));
        const auto resp = nvme::load_struct<nvme::CapsuleRespPdu>(answer);
        const uint16_t status = resp.cqe.status;
        if (status != 0)
            co_return fail(Errc::Fault, "Connect is answered with {:#06x}", status);
    }
    stream->close();
    co_return Result<void>{};
}

size_t descriptors() {
    const auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

TEST(Cycles, TenThousandConnectionsLeaveNothing) {
    LogOptions quiet;
    quiet.level = LogLevel::Warn; // each controller is a line
    init_logging(quiet);
    const auto reactor = rt::Reactor::create().value();
    nvme::target::TargetOptions options;
    options.subsystem_nqn = kSubsystem;
    Server server(*reactor, reactor->network(), options);
    const rt::Endpoint at = server.listen(rt::Endpoint{"127.0.0.1", 0}, false).value();
    nvme::target::TargetView view;
    view.allow_any_host = true;
    server.set_view(view, {});
    size_t open_before = 0;
    size_t memory_before = 0;
    constexpr int kCycles = 10'000;
    for (int i = 0; i < kCycles; ++i) {
        const auto manner = i % 10 < 8    ? Manner::Connects
                            : i % 10 == 8 ? Manner::OnlyInitializes
                                          : Manner::SaysNothing;
        const auto done = reactor->block_on(cycle(*reactor, reactor->network(), at, manner));
        ASSERT_TRUE(done) << i << ": " << done.error().what;
        if (i == kCycles / 10) {
            open_before = descriptors();
            memory_before = mallinfo2().uordblks;
        }
    }
    // The last ones may not have been noticed yet.
    const MonoTime end = mono_now() + std::chrono::seconds(10);
    const auto turn = [&]() -> rt::Task<void> {
        auto pause = rt::sleep_until(*reactor, reactor->now() + std::chrono::milliseconds(1));
        (void)co_await std::move(pause);
    };
    while (!server.target().controllers().empty() && mono_now() < end)
        reactor->block_on(turn());
    EXPECT_TRUE(server.target().controllers().empty());
    EXPECT_EQ(server.target().counters().controllers_created, kCycles / 10 * 8u);
    EXPECT_LE(descriptors(), open_before + 2);
    EXPECT_LE(mallinfo2().uordblks, memory_before + (256u << 10));
    reactor->block_on(server.stop());
}

} // namespace
} // namespace pf::sdt
