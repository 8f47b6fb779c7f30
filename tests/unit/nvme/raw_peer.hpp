// A peer that sends whatever bytes it likes to a session of the world, and takes apart what comes
// back. For input that no host queue would produce.
#pragma once

#include "base/crc32c.hpp"
#include "tests/unit/nvme/target_harness.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace pf::nvme::test {

class RawPeer {
  public:
    explicit RawPeer(World& world, bool discovery_port = false)
        : world_(world), session(world.open(discovery_port)) {}
    RawPeer(World& world, target::SessionId existing, DigestMode mode = {})
        : world_(world), session(existing), digests(mode) {}

    void send(ByteSpan bytes) {
        world_.core.on_bytes(session, bytes, world_.now);
        take();
    }
    void take() {
        world_.settle();
        const Bytes out = world_.output(session);
        world_.core.on_sent(session, out.size(), world_.now);
        in_.insert(in_.end(), out.begin(), out.end());
        world_.settle();
    }
    // Sends an ICReq and swallows its answer.
    bool initialize(DigestMode mode = {}, uint8_t hpda = 0) {
        digests = mode;
        send(encode_icreq(hpda, mode, 0));
        const auto pdus = received();
        return pdus.size() == 1 && type(pdus[0]) == PduType::IcResp;
    }
    // Whole PDUs that came since the last call.
    std::vector<Bytes> received() {
        take();
        std::vector<Bytes> out;
        while (in_.size() >= sizeof(PduHeader)) {
            const uint32_t plen = load_struct<PduHeader>(in_).plen;
            if (plen < sizeof(PduHeader) || plen > in_.size())
                break;
            out.emplace_back(in_.begin(), in_.begin() + plen);
            in_.erase(in_.begin(), in_.begin() + plen);
        }
        return out;
    }
    static PduType type(const Bytes& pdu) { return static_cast<PduType>(pdu.at(0)); }
    // The termination request that ends what came; nothing when there is none.
    std::optional<PduError> termination() {
        const auto pdus = received();
        if (pdus.empty() || type(pdus.back()) != PduType::C2hTermReq)
            return std::nullopt;
        const auto term = load_struct<TermReqPdu>(pdus.back());
        const uint32_t fei = term.fei;
        return PduError{static_cast<Fes>(term.fes), fei};
    }
    // Completions that came.
    std::vector<Cqe> completions() {
        std::vector<Cqe> out;
        for (const Bytes& pdu : received())
            if (type(pdu) == PduType::CapsuleResp)
                out.push_back(load_struct<CapsuleRespPdu>(pdu).cqe);
        return out;
    }
    std::vector<Status> statuses() {
        std::vector<Status> out;
        for (const Cqe& cqe : completions())
            out.push_back(Status::from_field(cqe.status));
        return out;
    }
    bool ended() const { return world_.is_closed(session); }

    // A command capsule; `data` goes in the capsule.
    Bytes capsule(Sqe sqe, ByteSpan data = {}) const {
        sqe.flags = static_cast<uint8_t>((sqe.flags & 3) | kPsdtSgl);
        if (!data.empty()) {
            sqe.sgl.type = Sgl::kInCapsule;
            sqe.sgl.length = static_cast<uint32_t>(data.size());
        }
        return exact(sqe, data);
    }
    // The same with flags and data pointer as they are.
    Bytes exact(const Sqe& sqe, ByteSpan data = {}) const {
        Bytes out;
        append_capsule_cmd(out, sqe, data, digests);
        return out;
    }
    static Sqe with_transport(Sqe sqe, uint32_t length) {
        sqe.sgl.type = Sgl::kTransport;
        sqe.sgl.length = length;
        return sqe;
    }
    Bytes h2c(uint16_t cid, uint16_t ttag, uint32_t offset, ByteSpan data, bool last) const {
        Bytes out;
        append_data(out, PduType::H2cData, last ? pdu_flag::kLast : uint8_t{0}, cid, ttag, offset,
                    data, digests);
        return out;
    }
    // The first R2T among what came.
    std::optional<R2tPdu> r2t() {
        for (const Bytes& pdu : received())
            if (type(pdu) == PduType::R2t)
                return load_struct<R2tPdu>(pdu);
        return std::nullopt;
    }
    World& world() { return world_; }

  private:
    World& world_;
    Bytes in_;

  public:
    target::SessionId session;
    DigestMode digests;
};

// A world with a host that behaves; whatever the others do, it goes on undisturbed.
class MalformedInput : public ::testing::Test {
  protected:
    MalformedInput() {
        world.set_view(World::default_view());
        witness.emplace(world, kHostB);
    }
    void TearDown() override {
        world.hold_io = false;
        world.settle();
        const Bytes data = pattern(4096, 0x5A);
        Bytes back(4096);
        ASSERT_FALSE(world.is_closed(witness->io->session));
        EXPECT_TRUE(witness->io->write(2, 64, data).ok());
        EXPECT_TRUE(witness->io->read(2, 64, back).ok());
        EXPECT_EQ(back, data);
        for (uint64_t device = 1; device <= 2; ++device)
            EXPECT_EQ(untouched(device), 0u) << "namespace " << device << " was written";
    }
    // Bytes of a device outside the witness's blocks that are not zero, unless the test writes.
    size_t untouched(uint64_t device) const {
        const auto at = world.disks.find(device);
        if (may_write || at == world.disks.end())
            return 0;
        size_t n = 0;
        for (size_t i = 0; i < at->second.size(); ++i)
            if (at->second[i] != std::byte{0} && (i < 64 * 512 || i >= 64 * 512 + 4096))
                ++n;
        return n;
    }
    // An enabled controller of host A whose I/O queue is driven by hand.
    struct Victim {
        explicit Victim(World& world, DigestMode mode = {})
            : host(world, kHostA, 0, mode), io(world, host.io->session, mode),
              admin(world, host.admin.session, mode) {}
        Connected host;
        RawPeer io;
        RawPeer admin;
    };
    // `bytes` as the first ones after an ICReq, or, with `raw`, of the connection.
    std::optional<PduError> fate(ByteSpan bytes, bool raw = false) {
        RawPeer peer(world);
        if (!raw) {
            EXPECT_TRUE(peer.initialize());
        }
        peer.send(bytes);
        const auto error = peer.termination();
        EXPECT_EQ(error.has_value(), peer.ended());
        return error;
    }
    static Bytes with_byte(Bytes pdu, size_t at, uint8_t value) {
        pdu.at(at) = static_cast<std::byte>(value);
        return pdu;
    }
    static Bytes with_plen(Bytes pdu, uint32_t plen) {
        std::memcpy(pdu.data() + 4, &plen, 4);
        return pdu;
    }
    static Sqe sqe_of(uint8_t opcode, uint16_t cid, uint32_t nsid = 0) {
        Sqe sqe;
        sqe.opcode = opcode;
        sqe.cid = cid;
        sqe.nsid = nsid;
        return sqe;
    }
    static Sqe rw(uint8_t opcode, uint16_t cid, uint64_t lba, uint32_t blocks, uint32_t nsid = 1) {
        Sqe sqe = Queue::io(opcode, nsid, lba, blocks);
        sqe.cid = cid;
        return sqe;
    }
    World world;
    std::optional<Connected> witness;
    bool may_write = false;
};

} // namespace pf::nvme::test
