// A seeded mutator against the listening end of the data path: whatever a connection sends, only
// that connection suffers.
#include "backend/proto/data_link.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sds/shell/data_server.hpp"
#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace pf::sds {
namespace {

using std::chrono::milliseconds;

// Disks that hold nothing and take everything.
class NullStore final : public UnitStore {
  public:
    rt::Task<Result<void>> read(const UnitPath&, std::uint32_t, MutByteSpan into) override {
        std::memset(into.data(), 0, into.size());
        co_return Result<void>{};
    }
    rt::Task<Result<void>> write(const UnitPath&, std::uint32_t, ByteSpan) override { return ok(); }
    rt::Task<Result<void>> write_zeroes(const UnitPath&, std::uint32_t, std::uint32_t) override {
        return ok();
    }
    BlockSet owned_blocks(map::DeviceId, const UnitId&) const override { return {}; }
    bool has_unit(map::DeviceId, const UnitId&) const override { return true; }
    std::vector<UnitKey> units(map::DeviceId, map::CombId) const override { return {}; }
    rt::Task<Result<UnitImage>> export_unit(map::DeviceId, UnitId) override {
        co_return Result<UnitImage>(UnitImage{});
    }
    rt::Task<Result<void>> import_unit(map::DeviceId, UnitId, UnitImage) override { return ok(); }
    rt::Task<Result<void>> drop_unit(map::DeviceId, UnitId) override { return ok(); }
    rt::Task<Result<void>> drop_node(map::NodeId) override { return ok(); }
    rt::Task<Result<void>> drop_comb(map::CombId) override { return ok(); }
    std::vector<map::NodeId> nodes() const override { return {}; }
    std::vector<map::CombId> combs() const override { return {}; }

  private:
    static rt::Task<Result<void>> ok() { co_return Result<void>{}; }
};

class NoPeers final : public PeerPort {
  public:
    rt::Task<Result<PeerAnswer>> call(map::SdsId, proto::RequestHeader, rt::IoBuffer, MonoTime,
                                      rt::CancelToken) override {
        co_return fail(Errc::Unreachable, "alone");
    }
};

class KindMdm final : public MdmPort {
  public:
    bool lease_valid() const override { return true; }
    rt::Task<Result<void>> mark_stale(map::CombId, map::Generation, map::SdsId,
                                      std::string) override {
        co_return Result<void>{};
    }
    rt::Task<Result<void>> rebuild_done(map::CombId, map::Generation) override {
        co_return Result<void>{};
    }
};

proto::RequestHeader some_request(std::mt19937_64& random) {
    proto::RequestHeader header;
    const proto::Op ops[] = {proto::Op::Read,        proto::Op::Write,
                             proto::Op::WriteZeroes, proto::Op::Flush,
                             proto::Op::Replicate,   proto::Op::CopyUnit,
                             proto::Op::ReadReplica, proto::Op::RebuildBegin,
                             proto::Op::RebuildEnd,  proto::Op::CompareAndWrite};
    header.op = ops[random() % std::size(ops)];
    header.generation = random() % 3;
    header.comb = static_cast<std::uint32_t>(random() % 3);
    header.node = random() % 3;
    header.unit = random() % 4;
    header.session = random() % 3;
    header.request_id =
        proto::make_request_id(random() % 5, static_cast<std::uint32_t>(random() % 4));
    header.offset_bytes = static_cast<std::uint32_t>(random() % 4) * 4096;
    header.length_bytes = header.op == proto::Op::CopyUnit ? proto::kUnitBytes : 4096;
    switch (header.op) {
    case proto::Op::Write:
    case proto::Op::Replicate:
        header.payload_bytes = header.length_bytes;
        break;
    case proto::Op::CompareAndWrite:
        header.payload_bytes = 2 * header.length_bytes;
        break;
    case proto::Op::CopyUnit:
        header.offset_bytes = 0;
        header.payload_bytes = 4096 * static_cast<std::uint32_t>(random() % 3) + 32;
        break;
    default:
        break;
    }
    return header;
}

TEST(DataServerFuzz, OnlyTheConnectionThatSendsGarbageSuffers) {
    auto reactor = rt::Reactor::create().value();
    NullStore store;
    NoPeers peers;
    KindMdm mdm;
    ReplicatorOptions options;
    options.self = map::SdsId{4};
    options.secondary_patience = milliseconds(5);
    Replicator core(*reactor, store, peers, mdm, options,
                    [](Replicator::Level, const std::string&) {});
    ReplicatorConfig config;
    map::Comb comb;
    comb.id = map::CombId{1};
    comb.primary = map::SdsId{4};
    comb.generation = map::Generation{1};
    comb.state = map::CombState::Degraded;
    config.combs.push_back({map::StoragePoolId{1}, comb});
    map::Node node;
    node.id = map::NodeId{1};
    config.nodes.push_back(node);
    core.apply(config);
    DataServer server(*reactor, reactor->network());
    ASSERT_TRUE(server.listen({rt::Endpoint{"127.0.0.1", 0}}));
    server.serve(ServerIdentity{7, 4, 1}, &core);

    proto::HelloPayload hello;
    hello.system_id = 7;
    hello.target_sds = 4;
    const auto in = [&](int ms) { return reactor->now() + milliseconds(ms); };

    const auto all = [&]() -> rt::Task<void> {
        auto dialling = proto::DataLink::connect(*reactor, reactor->network(),
                                                 server.addresses().at(0), hello, in(5000));
        auto good = co_await std::move(dialling);
        EXPECT_TRUE(good);
        std::mt19937_64 random(2026);
        for (int round = 0; round < 400; ++round) {
            auto connecting = reactor->network().connect(server.addresses().at(0), in(5000));
            auto bad = co_await std::move(connecting);
            EXPECT_TRUE(bad);
            Bytes bytes;
            const auto append = [&](proto::RequestHeader header, Bytes payload) {
                header.payload_crc = payload.empty() ? 0 : crc32c(payload);
                Bytes frame(proto::kRequestHeaderBytes);
                encode(header, frame);
                bytes.insert(bytes.end(), frame.begin(), frame.end());
                bytes.insert(bytes.end(), payload.begin(), payload.end());
            };
            if (random() % 8 != 0) { // some don't greet
                proto::HelloPayload own = hello;
                own.role = random() % 2 == 0 ? proto::PeerRole::Sds : proto::PeerRole::Sdc;
                own.sender_id = random() % 3;
                Bytes payload(proto::kHelloPayloadBytes);
                encode(own, payload);
                proto::RequestHeader header;
                header.payload_bytes = proto::kHelloPayloadBytes;
                append(header, payload);
            }
            const std::size_t clean = bytes.size();
            for (std::uint64_t frames = random() % 4 + 1; frames > 0; --frames) {
                const proto::RequestHeader header = some_request(random);
                Bytes payload(header.payload_bytes);
                for (auto& byte : payload) {
                    byte = static_cast<std::byte>(random());
                }
                append(header, std::move(payload));
            }
            if (random() % 3 != 0) {
                for (std::uint64_t flips = random() % 4 + 1; flips > 0; --flips) {
                    const std::size_t at = clean + random() % (bytes.size() - clean);
                    bytes[at] ^= static_cast<std::byte>(1U << (random() % 8));
                }
            }
            if (random() % 4 == 0) {
                bytes.resize(random() % bytes.size() + 1);
            }
            auto sent = co_await (*bad)->write_all(ByteSpan(bytes), in(5000));
            (void)sent; // it may have been closed in the middle
            Bytes sink(4096);
            auto answer = co_await (*bad)->read_some(sink, in(2));
            (void)answer;
            (*bad)->close();

            Bytes into(4096);
            proto::DataLink::Call call;
            call.header.op = proto::Op::Read;
            call.header.generation = 1;
            call.header.comb = 1;
            call.header.node = 1;
            call.header.length_bytes = 4096;
            call.into = into;
            auto calling = (*good)->call(std::move(call), in(5000));
            auto answered = co_await std::move(calling);
            EXPECT_TRUE(answered && answered->header.status == proto::Status::Ok) << round;
            if (!answered) {
                break;
            }
        }
        co_await (*good)->stop();
        co_await core.stop();
        co_await server.stop();
    };
    reactor->block_on(all());
}

} // namespace
} // namespace pf::sds
