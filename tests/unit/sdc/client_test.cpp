// The client against an MDM and a data server that the test plays, over loopback.
#include "control.pb.h"

#include "backend/proto/control_link.hpp"
#include "backend/proto/control_message.hpp"
#include "backend/proto/stream_io.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sdc/client.hpp"
#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <list>
#include <optional>

namespace pf::sdc {
namespace {

namespace wire = proto::control;
using proto::Op;
using proto::Status;
using std::chrono::milliseconds;

constexpr map::VolumeId kVolume{0x51};
constexpr std::uint64_t kServer = 0x31;

// Accepts connections and hands each to a coroutine; ends them all.
class FakeServer {
  public:
    explicit FakeServer(rt::Reactor& reactor)
        : reactor_(reactor),
          listener_(reactor.network().listen(rt::Endpoint{"127.0.0.1", 0}).value()),
          gate_(reactor) {}
    virtual ~FakeServer() = default;
    void start() { gate_.spawn(accept_loop()); }
    rt::Endpoint address() const { return listener_->local(); }
    rt::Task<void> stop() {
        listener_->close();
        drop_connections();
        co_await gate_.close();
    }
    void drop_connections() {
        for (const auto& stream : streams_) {
            stream->close();
        }
    }

  protected:
    virtual rt::Task<void> serve(rt::Stream& stream) = 0;
    rt::Reactor& reactor_;

  private:
    rt::Task<void> accept_loop() {
        while (true) {
            auto accepted = co_await listener_->accept(rt::kNever);
            if (!accepted) {
                co_return;
            }
            streams_.push_back(std::move(*accepted));
            gate_.spawn(serve(*streams_.back()));
        }
    }
    std::unique_ptr<rt::Listener> listener_;
    std::list<std::unique_ptr<rt::Stream>> streams_;
    rt::Gate gate_;
};

class FakeMdm final : public FakeServer {
  public:
    using FakeServer::FakeServer;
    std::uint32_t lease_ms = 60'000;
    wire::MapUpdate map;
    std::vector<std::uint64_t> applied;

    void push(const wire::MapUpdate& update) {
        wire::Envelope envelope;
        *envelope.mutable_map_update() = update;
        send(envelope);
    }

  private:
    void send(const wire::Envelope& envelope) {
        const Bytes bytes = wire::encode(envelope).value();
        proto::OutFrame frame;
        frame.keep = rt::IoBuffer::allocate(bytes.size());
        std::memcpy(frame.keep.data(), bytes.data(), bytes.size());
        frame.a = frame.keep.span(0, bytes.size());
        out_->push(std::move(frame));
    }
    rt::Task<void> serve(rt::Stream& stream) override {
        proto::SendQueue out(stream, milliseconds(5000));
        out_ = &out;
        rt::Gate writer(reactor_);
        auto writing = [&]() -> rt::Task<void> { (void)co_await out.run(); };
        writer.spawn(writing());
        proto::FrameDecoder decoder;
        Bytes buffer(64 << 10);
        while (true) {
            auto got = co_await stream.read_some(buffer, rt::kNever);
            if (!got || *got == 0) {
                break;
            }
            decoder.feed(ByteSpan(buffer).first(*got));
            while (true) {
                auto payload = decoder.next();
                if (!payload || !*payload) {
                    break;
                }
                wire::Envelope envelope;
                EXPECT_TRUE(wire::decode(**payload, envelope));
                handle(envelope);
            }
        }
        out.close();
        co_await writer.close();
    }
    void handle(const wire::Envelope& envelope) {
        wire::Envelope answer;
        answer.set_request_id(envelope.request_id());
        if (envelope.has_client_register()) {
            auto& reply = *answer.mutable_client_register_reply();
            reply.set_system_id(7);
            reply.set_client_id(9);
            reply.set_heartbeat_ms(50);
            send(answer);
            push(map);
        } else if (envelope.has_client_heartbeat()) {
            auto& reply = *answer.mutable_heartbeat_reply();
            reply.set_seq(envelope.client_heartbeat().seq());
            reply.set_lease_ms(lease_ms);
            send(answer);
        } else if (envelope.has_map_applied()) {
            applied.push_back(envelope.map_applied().epoch());
        } else if (envelope.has_map_refresh()) {
            push(map);
        }
    }
    proto::SendQueue* out_ = nullptr;
};

class FakeSds final : public FakeServer {
  public:
    using FakeServer::FakeServer;
    enum class Behaviour { Answer, Silent, Drop };
    Behaviour behaviour = Behaviour::Answer;
    std::deque<Status> statuses; // for the next writes and reads; then Ok
    std::uint64_t detail = 0;
    bool hold = false; // no answer, and nothing further read, until it is false
    std::optional<std::uint64_t> refused_unit;
    std::vector<proto::RequestHeader> seen; // hellos left out
    std::map<std::pair<std::uint64_t, std::uint32_t>, Bytes> written;

  private:
    rt::Task<void> serve(rt::Stream& stream) override {
        while (true) {
            std::array<std::byte, proto::kRequestHeaderBytes> head{};
            auto got = co_await stream.read_exact(head, rt::kNever);
            if (!got) {
                co_return;
            }
            const auto header = proto::decode_request(head);
            EXPECT_TRUE(header);
            Bytes payload(header->payload_bytes);
            if (!payload.empty()) {
                auto more = co_await stream.read_exact(payload, rt::kNever);
                if (!more) {
                    co_return;
                }
            }
            EXPECT_TRUE(proto::check_payload(header->payload_crc, payload));
            if (header->op != Op::Hello) {
                seen.push_back(*header);
                if (behaviour == Behaviour::Silent) {
                    continue;
                }
                if (behaviour == Behaviour::Drop) {
                    stream.close();
                    co_return;
                }
                while (hold) {
                    (void)co_await rt::sleep_until(reactor_, reactor_.now() + milliseconds(1));
                }
            }
            const Bytes frame = make_answer(*header, std::move(payload));
            auto sent = co_await stream.write_all(ByteSpan(frame), rt::kNever);
            if (!sent) {
                co_return;
            }
        }
    }
    Bytes make_answer(const proto::RequestHeader& header, Bytes payload) {
        proto::ResponseHeader answer;
        answer.op = header.op;
        answer.tag = header.tag;
        Bytes body;
        if (header.op != Op::Hello && !statuses.empty()) {
            answer.status = statuses.front();
            answer.detail = detail;
            statuses.pop_front();
        } else if (header.op != Op::Hello && refused_unit == header.unit) {
            answer.status = Status::StaleGeneration;
        } else if (header.op == Op::Write) {
            written[{header.unit, header.offset_bytes}] = std::move(payload);
        } else if (header.op == Op::Read) {
            body.assign(header.length_bytes, static_cast<std::byte>(header.unit + 1));
            answer.payload_bytes = header.length_bytes;
            answer.payload_crc = crc32c(body);
        }
        Bytes frame(proto::kResponseHeaderBytes);
        encode(answer, frame);
        frame.insert(frame.end(), body.begin(), body.end());
        return frame;
    }
};

class ClientTest : public testing::Test {
  protected:
    std::unique_ptr<rt::Reactor> reactor_ = rt::Reactor::create().value();
    FakeMdm mdm_{*reactor_};
    FakeSds sds_{*reactor_};
    std::unique_ptr<Client> client_;

    MonoTime in(int ms) { return reactor_->now() + milliseconds(ms); }

    wire::MapUpdate full_map(std::uint64_t epoch, std::uint64_t generation) {
        wire::MapUpdate update;
        update.set_epoch(epoch);
        update.set_full(true);
        auto& pool = *update.add_pools();
        pool.set_id(5);
        pool.set_comb_base(1);
        pool.set_comb_count(1);
        auto& comb = *update.add_combs();
        comb.set_pool(5);
        comb.mutable_comb()->set_id(1);
        comb.mutable_comb()->set_primary(kServer);
        comb.mutable_comb()->set_generation(generation);
        auto& server = *update.add_sds();
        server.set_sds(kServer);
        server.set_port(sds_.address().port);
        server.add_ips()->set_ip("127.0.0.1");
        auto& volume = *update.add_volumes();
        volume.set_id(kVolume.value);
        volume.set_name("vol");
        volume.set_size_kb(8 << 20);
        volume.set_pool(5);
        volume.set_vtree(3);
        volume.set_leaf(77);
        return update;
    }
    // Runs the body with a connected client, then takes everything down.
    template<class Body>
    void run(Body body, std::uint32_t lease_ms = 60'000) {
        auto all = [&]() -> rt::Task<void> {
            mdm_.lease_ms = lease_ms;
            mdm_.map = full_map(1, 10);
            mdm_.start();
            sds_.start();
            ClientOptions options;
            options.mdms = {mdm_.address()};
            SdcIdentity identity;
            identity.guid = "6C9A1F52-0B1E-4C63-9C58-0D7A5B0E1F23";
            options.identity = identity;
            auto connecting = Client::connect(*reactor_, reactor_->network(), options,
                                              in(lease_ms == 0 ? 300 : 5000));
            auto connected = co_await std::move(connecting);
            EXPECT_TRUE(connected);
            client_ = std::move(*connected);
            co_await body();
            co_await client_->stop();
            co_await mdm_.stop();
            co_await sds_.stop();
        };
        reactor_->block_on(all());
    }
    std::size_t sent_to(std::uint32_t offset_bytes) const { // how often the server got it
        return static_cast<std::size_t>(
            std::count_if(sds_.seen.begin(), sds_.seen.end(), [&](const proto::RequestHeader& h) {
                return h.offset_bytes == offset_bytes;
            }));
    }
    rt::Task<void> nap(int ms) { (void)co_await rt::sleep_until(*reactor_, in(ms)); }
};

TEST_F(ClientTest, CallsAreCutAtUnitsAndJoined) {
    run([&]() -> rt::Task<void> {
        Bytes data(3 << 20);
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = static_cast<std::byte>(i / 4096);
        }
        auto writing = client_->write(kVolume, (1 << 20) - 512, data);
        const auto done = co_await std::move(writing);
        EXPECT_TRUE(done);
        EXPECT_EQ(sds_.seen.size(), 4U);
        Bytes joined;
        for (const auto& [where, bytes] : sds_.written) {
            joined.insert(joined.end(), bytes.begin(), bytes.end());
        }
        EXPECT_TRUE(joined == data);
        Bytes got(4096);
        auto reading = client_->read(kVolume, (2 << 20) - 2048, got);
        const auto read = co_await std::move(reading);
        EXPECT_TRUE(read);
        EXPECT_EQ(got[2047], std::byte{2});
        EXPECT_EQ(got[2048], std::byte{3});
        EXPECT_EQ(sds_.seen.back().node, 77U);
        EXPECT_EQ(sds_.seen.back().generation, 10U);
    });
}

TEST_F(ClientTest, ABrokenConnectionResendsTheSameRequest) {
    run([&]() -> rt::Task<void> {
        sds_.behaviour = FakeSds::Behaviour::Drop;
        Bytes data(4096);
        rt::Gate gate(*reactor_);
        Result<void> done = fail(Errc::Internal, "not yet");
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data);
            done = co_await std::move(writing);
        };
        gate.spawn(write());
        while (sds_.seen.size() < 2) {
            co_await nap(5);
        }
        sds_.behaviour = FakeSds::Behaviour::Answer;
        co_await gate.close();
        EXPECT_TRUE(done);
        EXPECT_EQ(sds_.seen.front().flags & proto::kFlagResend, 0);
        EXPECT_NE(sds_.seen.back().flags & proto::kFlagResend, 0) << "the first may be executed";
        for (const auto& header : sds_.seen) {
            EXPECT_EQ(header.request_id, sds_.seen.front().request_id);
            EXPECT_EQ(header.session, sds_.seen.front().session);
        }
        EXPECT_GE(client_->counters().resends, 1U);
    });
}

TEST_F(ClientTest, ASilentServerMakesWritesUnknownAndReadsTimeOut) {
    run([&]() -> rt::Task<void> {
        sds_.behaviour = FakeSds::Behaviour::Silent;
        Bytes data(4096);
        auto writing = client_->write(kVolume, 0, data, in(100));
        const auto wrote = co_await std::move(writing);
        EXPECT_EQ(wrote.error().code, Errc::OutcomeUnknown) << wrote.error().what;
        auto reading = client_->read(kVolume, 0, data, in(100));
        const auto read = co_await std::move(reading);
        EXPECT_EQ(read.error().code, Errc::Timeout);
        EXPECT_EQ(client_->counters().unknown_outcomes, 1U);
    });
}

TEST_F(ClientTest, ARefusalWaitsForTheNewMap) {
    run([&]() -> rt::Task<void> {
        sds_.statuses = {Status::StaleGeneration};
        rt::Gate gate(*reactor_);
        Result<void> done = fail(Errc::Internal, "not yet");
        Bytes data(4096);
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data);
            done = co_await std::move(writing);
        };
        gate.spawn(write());
        while (sds_.seen.empty()) {
            co_await nap(1);
        }
        sds_.statuses.assign(1000, Status::StaleGeneration); // until the map has moved
        mdm_.map = full_map(2, 11);
        mdm_.push(mdm_.map);
        while (sds_.seen.back().generation != 11) {
            co_await nap(1);
        }
        sds_.statuses.clear();
        co_await gate.close();
        EXPECT_TRUE(done);
        EXPECT_EQ(sds_.seen.back().flags & proto::kFlagResend, 0)
            << "a refusal without effect is no reason for doubt";
    });
}

TEST_F(ClientTest, ANewPrimaryEndsTheWaitForTheOldOne) {
    run([&]() -> rt::Task<void> {
        FakeSds other(*reactor_);
        other.start();
        sds_.behaviour = FakeSds::Behaviour::Silent; // hangs, its connections stay open
        rt::Gate gate(*reactor_);
        Result<void> done = fail(Errc::Internal, "not yet");
        Bytes data(4096);
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data, in(4000)); // attempts take 5 s
            done = co_await std::move(writing);
        };
        gate.spawn(write());
        while (sds_.seen.empty()) {
            co_await nap(1);
        }
        wire::MapUpdate update = full_map(2, 11);
        update.mutable_combs(0)->mutable_comb()->set_primary(kServer + 1);
        auto& server = *update.add_sds();
        server.set_sds(kServer + 1);
        server.set_port(other.address().port);
        server.add_ips()->set_ip("127.0.0.1");
        mdm_.map = update;
        mdm_.push(update);
        co_await gate.close();
        EXPECT_TRUE(done);
        EXPECT_EQ(other.seen.size(), 1U);
        if (!other.seen.empty()) {
            EXPECT_NE(other.seen[0].flags & proto::kFlagResend, 0);
            EXPECT_EQ(other.seen[0].request_id, sds_.seen[0].request_id);
        }
        co_await client_->stop();
        co_await other.stop();
    });
}

TEST_F(ClientTest, ARefusalThatMayHaveHadAnEffectIsRemembered) {
    run([&]() -> rt::Task<void> {
        sds_.statuses = {Status::NotPrimary};
        sds_.detail = 1;
        Bytes data(4096);
        auto writing = client_->write(kVolume, 0, data);
        const auto done = co_await std::move(writing);
        EXPECT_TRUE(done);
        EXPECT_NE(sds_.seen.back().flags & proto::kFlagResend, 0);
        sds_.statuses = {Status::OutcomeUnknown};
        auto again = client_->write(kVolume, 0, data);
        const auto unknown = co_await std::move(again);
        EXPECT_EQ(unknown.error().code, Errc::OutcomeUnknown);
    });
}

TEST_F(ClientTest, AnUnmapIsConfirmedOnlyAfterTheLastRequest) {
    run([&]() -> rt::Task<void> {
        while (mdm_.applied.empty()) {
            co_await nap(1);
        }
        sds_.behaviour = FakeSds::Behaviour::Silent;
        Bytes data(4096);
        rt::Gate gate(*reactor_);
        Result<void> done;
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data, in(400));
            done = co_await std::move(writing);
        };
        gate.spawn(write());
        while (sds_.seen.empty()) {
            co_await nap(1);
        }
        bool told = false;
        client_->on_change([&](const std::shared_ptr<const View>& view) {
            told = view->find(kVolume) == nullptr;
        });
        wire::MapUpdate update;
        update.set_epoch(2);
        update.add_removed_volumes(kVolume.value);
        mdm_.map = full_map(2, 10);
        mdm_.map.clear_volumes();
        mdm_.push(update);
        while (!told) {
            co_await nap(1);
        }
        co_await nap(60);
        EXPECT_EQ(mdm_.applied.back(), 1U) << "confirmed with a write under way";
        auto late = client_->write(kVolume, 0, data);
        const auto refused = co_await std::move(late);
        EXPECT_EQ(refused.error().code, Errc::NotFound);
        co_await gate.close();
        EXPECT_EQ(done.error().code, Errc::OutcomeUnknown);
        while (mdm_.applied.back() != 2) {
            co_await nap(1);
        }
    });
}

TEST_F(ClientTest, WithoutALeaseNothingIsSent) {
    run(
        [&]() -> rt::Task<void> {
            Bytes data(4096);
            auto writing = client_->write(kVolume, 0, data, in(150));
            const auto done = co_await std::move(writing);
            EXPECT_EQ(done.error().code, Errc::Timeout);
            EXPECT_TRUE(sds_.seen.empty());
        },
        0);
}

TEST_F(ClientTest, WordsThatAreOffAreRefusedHere) {
    run([&]() -> rt::Task<void> {
        Bytes data(512);
        const auto expect = [](const Result<void>& result, Errc code) {
            EXPECT_TRUE(!result && result.error().code == code);
        };
        auto odd = client_->write(kVolume, 7, data);
        expect(co_await std::move(odd), Errc::InvalidArgument);
        auto beyond = client_->read(kVolume, 8ULL << 30, data);
        expect(co_await std::move(beyond), Errc::InvalidArgument);
        auto unknown = client_->read(map::VolumeId{1}, 0, data);
        expect(co_await std::move(unknown), Errc::NotFound);
        wire::MapUpdate update = full_map(2, 10);
        update.mutable_volumes(0)->set_access_mode(wire::READ_ONLY);
        mdm_.push(update);
        while (client_->view()->epoch.value != 2) {
            co_await nap(1);
        }
        auto readonly = client_->write(kVolume, 0, data);
        expect(co_await std::move(readonly), Errc::PermissionDenied);
        auto reading = client_->read(kVolume, 0, data);
        const auto read = co_await std::move(reading);
        EXPECT_TRUE(read);
        EXPECT_TRUE(sds_.seen.size() == 1U);
    });
}

// ---- the fence

template<class T>
std::optional<Errc> code_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional<Errc>(result.error().code);
}

TEST_F(ClientTest, AWriteThatWaitsEndsWhenItsMappingBecomesReadOnly) {
    run([&]() -> rt::Task<void> {
        sds_.statuses.assign(100000, Status::StaleGeneration); // a refusal without effect
        Bytes data(4096);
        Result<void> written = fail(Errc::Internal, "not yet");
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data);
            written = co_await std::move(writing);
        };
        rt::Gate gate(*reactor_);
        gate.spawn(write());
        while (sent_to(0) < 3) {
            co_await nap(1);
        }
        wire::MapUpdate update = full_map(2, 10);
        update.mutable_volumes(0)->set_access_mode(wire::READ_ONLY);
        mdm_.push(update);
        while (client_->view()->epoch.value != 2) {
            co_await nap(1);
        }
        sds_.statuses.clear(); // from here on the server would take it
        co_await gate.close();
        EXPECT_EQ(code_of(written), Errc::PermissionDenied);
        EXPECT_EQ(sds_.written.count({0, 0}), 0U);
    });
}

TEST_F(ClientTest, AFencedWriteThatWasOnlyRefusedIsCancelledAndNotSentAgain) {
    run([&]() -> rt::Task<void> {
        sds_.statuses.assign(100000, Status::StaleGeneration); // a refusal without effect
        rt::CancelSource fence;
        rt::CancelSource other_fence;
        Bytes data(4096);
        Result<void> fenced;
        Result<void> other = fail(Errc::Internal, "not yet");
        Result<void> read = fail(Errc::Internal, "not yet");
        Bytes into(4096);
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data, rt::kNever, fence.token());
            fenced = co_await std::move(writing);
        };
        auto write_other = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 8192, data, rt::kNever, other_fence.token());
            other = co_await std::move(writing);
        };
        auto read_other = [&]() -> rt::Task<void> {
            auto reading = client_->read(kVolume, 16384, into);
            read = co_await std::move(reading);
        };
        rt::Gate gate(*reactor_);
        gate.spawn(write_other());
        gate.spawn(read_other());
        rt::Gate lost(*reactor_);
        lost.spawn(write());
        while (sent_to(0) < 3) {
            co_await nap(1);
        }
        fence.cancel();
        co_await lost.close();
        EXPECT_EQ(code_of(fenced), Errc::Cancelled);
        const std::size_t sent = sent_to(0);
        const std::size_t sent_by_other = sent_to(8192);
        while (sent_to(8192) < sent_by_other + 3) { // the other one goes on meanwhile
            co_await nap(1);
        }
        sds_.statuses.clear();
        co_await gate.close();
        EXPECT_TRUE(other);
        EXPECT_TRUE(read);
        EXPECT_EQ(sent_to(0), sent);
        EXPECT_EQ(sds_.written.count({0, 0}), 0U);
        EXPECT_EQ(sds_.written.count({0, 8192}), 1U);
    });
}

TEST_F(ClientTest, AFencedWriteThatMayHaveArrivedIsUnknownAndNotSentAgain) {
    run([&]() -> rt::Task<void> {
        sds_.behaviour = FakeSds::Behaviour::Drop;
        rt::CancelSource fence;
        Bytes data(4096);
        Result<void> fenced;
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data, rt::kNever, fence.token());
            fenced = co_await std::move(writing);
        };
        rt::Gate lost(*reactor_);
        lost.spawn(write());
        while (sent_to(0) < 2) {
            co_await nap(1);
        }
        fence.cancel();
        sds_.behaviour = FakeSds::Behaviour::Answer;
        co_await lost.close();
        EXPECT_EQ(code_of(fenced), Errc::OutcomeUnknown);
        EXPECT_EQ(client_->counters().unknown_outcomes, 1U);
        EXPECT_EQ(sds_.written.count({0, 0}), 0U) << "sent again after the fence";
        Bytes into(4096);
        auto reading = client_->read(kVolume, 0, into);
        const auto read = co_await std::move(reading);
        EXPECT_TRUE(read);
        EXPECT_EQ(sds_.written.count({0, 0}), 0U);
    });
}

TEST_F(ClientTest, AFencedRequestThatAServerHasIsWaitedFor) {
    run([&]() -> rt::Task<void> {
        sds_.hold = true;
        rt::CancelSource fence;
        Bytes data(4096);
        bool ended = false;
        Result<void> fenced = fail(Errc::Internal, "not yet");
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, 0, data, rt::kNever, fence.token());
            fenced = co_await std::move(writing);
            ended = true;
        };
        rt::Gate lost(*reactor_);
        lost.spawn(write());
        while (sent_to(0) < 1) {
            co_await nap(1);
        }
        fence.cancel();
        co_await nap(5);
        EXPECT_FALSE(ended) << "the server has it";
        sds_.hold = false;
        co_await lost.close();
        EXPECT_EQ(code_of(fenced), std::nullopt);
        EXPECT_EQ(sent_to(0), 1U);
    });
}

TEST_F(ClientTest, AFencedCallIsNeverSent) {
    run([&]() -> rt::Task<void> {
        rt::CancelSource fence;
        fence.cancel();
        Bytes data(4096);
        auto writing = client_->write(kVolume, 0, data, rt::kNever, fence.token());
        const auto wrote = co_await std::move(writing);
        EXPECT_EQ(code_of(wrote), Errc::Cancelled);
        auto zeroing = client_->write_zeroes(kVolume, 0, 4096, rt::kNever, fence.token());
        const auto zeroed = co_await std::move(zeroing);
        EXPECT_EQ(code_of(zeroed), Errc::Cancelled);
        auto swapping =
            client_->compare_and_write(kVolume, 0, data, data, rt::kNever, fence.token());
        const auto swapped = co_await std::move(swapping);
        EXPECT_EQ(code_of(swapped), Errc::Cancelled);
        EXPECT_TRUE(sds_.seen.empty());
    });
}

// The server reads nothing for a while: requests pile up here, behind a full connection.
TEST_F(ClientTest, AFencedWriteBehindAFullConnectionNeverLeaves) {
    run([&]() -> rt::Task<void> {
        sds_.hold = true;
        Bytes data(256 << 10);
        rt::CancelSource fence;
        Result<void> fenced;
        std::size_t arrived = 0;
        constexpr std::size_t kAhead = 80; // more than leave in one go
        auto ahead = [&](std::size_t i) -> rt::Task<void> {
            auto writing = client_->write(kVolume, i << 20, data);
            const auto done = co_await std::move(writing);
            EXPECT_TRUE(done);
            ++arrived;
        };
        auto write = [&]() -> rt::Task<void> {
            auto writing = client_->write(kVolume, kAhead << 20, ByteSpan(data).first(4096),
                                          rt::kNever, fence.token());
            fenced = co_await std::move(writing);
        };
        rt::Gate gate(*reactor_);
        gate.spawn(ahead(0)); // is sent alone, and held: the server reads no further
        while (sds_.seen.empty()) {
            co_await nap(1);
        }
        for (std::size_t i = 1; i < kAhead; ++i) {
            gate.spawn(ahead(i));
        }
        co_await nap(1); // those are being sent, in one system call that does not end
        rt::Gate lost(*reactor_);
        lost.spawn(write());
        co_await nap(1);
        fence.cancel();
        co_await nap(1);
        sds_.hold = false;
        co_await lost.close();
        co_await gate.close();
        EXPECT_EQ(arrived, kAhead);
        EXPECT_EQ(code_of(fenced), Errc::Cancelled);
        EXPECT_EQ(sds_.written.count({kAhead, 0}), 0U) << "left after the fence";
    });
}

TEST_F(ClientTest, AFencedCallThatIsWrittenInPartIsUnknown) {
    run([&]() -> rt::Task<void> {
        // Two units: the first is written, the second refused until the fence falls.
        sds_.refused_unit = 1;
        rt::CancelSource fence;
        Bytes data(8192);
        Result<void> fenced;
        auto write = [&]() -> rt::Task<void> {
            auto writing =
                client_->write(kVolume, (1 << 20) - 4096, data, rt::kNever, fence.token());
            fenced = co_await std::move(writing);
        };
        rt::Gate lost(*reactor_);
        lost.spawn(write());
        while (sent_to(0) < 2 || sds_.written.empty()) {
            co_await nap(1);
        }
        fence.cancel();
        co_await lost.close();
        EXPECT_EQ(sds_.written.size(), 1U);
        EXPECT_EQ(code_of(fenced), Errc::OutcomeUnknown);
    });
}

} // namespace
} // namespace pf::sdc
