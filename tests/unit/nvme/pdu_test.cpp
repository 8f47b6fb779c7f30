#include "backend/nvme/identify.hpp"
#include "backend/nvme/pdu.hpp"
#include "base/crc32c.hpp"

#include <gtest/gtest.h>

namespace pf::nvme {
namespace {

Bytes hex(std::string_view text) {
    std::string plain;
    for (const char c : text)
        if (c != ' ')
            plain += c;
    return from_hex(plain).value();
}

// Collects what the reader hands over.
struct Collector final : PduHandler {
    std::optional<PduError> on_header(const PduInfo& pdu, MutByteSpan& into) override {
        data.resize(pdu.data_length);
        into = data;
        return std::nullopt;
    }
    std::optional<PduError> on_pdu(const PduInfo& pdu, bool ok) override {
        types.push_back(pdu.type());
        payloads.push_back(data);
        digests.push_back(ok);
        return std::nullopt;
    }
    Bytes data;
    std::vector<PduType> types;
    std::vector<Bytes> payloads;
    std::vector<bool> digests;
};

Bytes connect_like(DigestMode digests) {
    Sqe sqe;
    sqe.opcode = 0x7F;
    sqe.flags = kPsdtSgl;
    sqe.sgl.type = Sgl::kInCapsule;
    sqe.sgl.length = 1024;
    Bytes out;
    append_capsule_cmd(out, sqe, Bytes(1024, std::byte{7}), digests);
    return out;
}

TEST(Crc, GoldenVectors) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
    EXPECT_EQ(crc32c(Bytes(32)), 0x8A9136AAu);
    EXPECT_EQ(crc32c(Bytes(4096)), 0x98F94189u);
}

TEST(Encode, IcReqAndIcResp) {
    const Bytes req = encode_icreq(0, {true, true}, 0);
    ASSERT_EQ(req.size(), 128u);
    EXPECT_EQ(to_hex(ByteSpan(req).first(16)), "00008000800000000000000300000000");
    const Bytes resp = encode_icresp(0, {true, true}, 128 * 1024);
    EXPECT_EQ(to_hex(ByteSpan(resp).first(16)), "01008000800000000000000300000200");
}

TEST(Encode, ConnectHeaderWithEveryDigestChoice) {
    EXPECT_EQ(to_hex(ByteSpan(connect_like({})).first(8)), "0400484848040000");
    EXPECT_EQ(to_hex(ByteSpan(connect_like({true, false})).first(8)), "0401484c4c040000");
    EXPECT_EQ(to_hex(ByteSpan(connect_like({true, true})).first(8)), "0403484c50040000");
}

TEST(Encode, R2t) {
    Bytes out;
    append_r2t(out, 0x1234, 7, 0, 65536, {});
    EXPECT_EQ(out, hex("09 00 18 00 18 00 00 00 34 12 07 00 00 00 00 00 00 00 01 00 00 00 00 00"));
}

TEST(Encode, C2hDataPlainAndWithDigests) {
    Bytes out;
    append_data(out, PduType::C2hData, pdu_flag::kLast | pdu_flag::kSuccess, 0x1234, 0, 0,
                Bytes(4096), {});
    EXPECT_EQ(to_hex(ByteSpan(out).first(24)), "070c1818181000003412000000000000001000000000"
                                               "0000");
    out.clear();
    append_data(out, PduType::C2hData, pdu_flag::kLast | pdu_flag::kSuccess, 0x1234, 0, 0,
                Bytes(4096), {true, true});
    EXPECT_EQ(to_hex(ByteSpan(out).first(28)), "070f181c2010000034120000000000000010000000000000"
                                               "338eaf78");
    EXPECT_EQ(load_le<uint32_t>(out.data() + out.size() - 4), 0x98F94189u);
}

TEST(Encode, DataIsAlignedAsThePeerAsked) {
    Bytes out;
    append_data(out, PduType::C2hData, pdu_flag::kLast, 1, 0, 0, Bytes(512, std::byte{9}), {}, 128);
    EXPECT_EQ(std::to_integer<int>(out[3]), 128);
    EXPECT_EQ(out.size(), 128u + 512u);
    EXPECT_EQ(out[128], std::byte{9});
}

TEST(Encode, CapsuleResponse) {
    Cqe cqe;
    cqe.sqhd = 5;
    cqe.cid = 0x1234;
    Bytes out;
    append_capsule_resp(out, cqe, {});
    EXPECT_EQ(to_hex(out), "050018001800000000000000000000000500000034120000");
}

TEST(Encode, TermReqCarriesTheOffendingHeader) {
    const Bytes bad = hex("04 00 47 00 48 00 00 00");
    const Bytes out = encode_term(PduType::C2hTermReq, {Fes::InvalidHeaderField, 2}, bad);
    EXPECT_EQ(to_hex(out), "0300180020000000010002000000000000000000000000000400470048000000");
}

TEST(Reader, TakesAnySegmentation) {
    Bytes stream;
    for (int i = 0; i < 3; ++i) {
        Sqe sqe;
        sqe.cid = static_cast<uint16_t>(i);
        append_capsule_cmd(stream, sqe, i == 1 ? Bytes() : Bytes(4096, std::byte(i + 1)),
                           {true, true});
    }
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{71}, size_t{77}, stream.size()}) {
        PduReader reader(PduDirection::HostToController);
        reader.set_digests(true, true);
        Collector got;
        for (size_t at = 0; at < stream.size(); at += piece)
            ASSERT_FALSE(reader.feed(
                ByteSpan(stream).subspan(at, std::min(piece, stream.size() - at)), got));
        ASSERT_EQ(got.types.size(), 3u) << "piece " << piece;
        EXPECT_EQ(got.payloads[0], Bytes(4096, std::byte{1}));
        EXPECT_TRUE(got.payloads[1].empty());
        EXPECT_EQ(got.payloads[2], Bytes(4096, std::byte{3}));
    }
}

TEST(Reader, HeaderDigestMismatchEndsTheConnection) {
    Bytes stream = connect_like({true, true});
    stream[20] ^= std::byte{1};
    PduReader reader(PduDirection::HostToController);
    reader.set_digests(true, true);
    Collector got;
    const auto error = reader.feed(stream, got);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fes, Fes::HeaderDigest);
    EXPECT_TRUE(got.types.empty());
}

TEST(Reader, DataDigestMismatchIsReportedAndTheStreamGoesOn) {
    Bytes stream = connect_like({true, true});
    stream[200] ^= std::byte{1};
    const Bytes good = connect_like({true, true});
    stream.insert(stream.end(), good.begin(), good.end());
    PduReader reader(PduDirection::HostToController);
    reader.set_digests(true, true);
    Collector got;
    ASSERT_FALSE(reader.feed(stream, got));
    EXPECT_EQ(got.digests, (std::vector<bool>{false, true}));
}

struct Malformed {
    const char* name;
    const char* header; // the first eight bytes
    Fes fes;
    uint32_t fei;
};

TEST(Reader, MalformedHeadersAreNamedByField) {
    const Malformed cases[] = {
        {"type of the other direction", "01 00 80 00 80 00 00 00", Fes::InvalidHeaderField, 0},
        {"reserved type", "08 00 18 00 18 00 00 00", Fes::InvalidHeaderField, 0},
        {"unknown type", "ff 00 18 00 18 00 00 00", Fes::InvalidHeaderField, 0},
        {"HLEN 0", "04 00 00 00 48 00 00 00", Fes::InvalidHeaderField, 2},
        {"HLEN 71", "04 00 47 00 48 00 00 00", Fes::InvalidHeaderField, 2},
        {"HLEN 73", "04 00 49 00 48 00 00 00", Fes::InvalidHeaderField, 2},
        {"HLEN 255", "04 00 ff 00 48 00 00 00", Fes::InvalidHeaderField, 2},
        {"digest flag not negotiated", "04 01 48 00 48 00 00 00", Fes::InvalidHeaderField, 1},
        {"data digest not negotiated", "04 02 48 48 4c 04 00 00", Fes::InvalidHeaderField, 1},
        {"PLEN 0", "04 00 48 00 00 00 00 00", Fes::InvalidHeaderField, 4},
        {"PLEN below HLEN", "04 00 48 00 47 00 00 00", Fes::InvalidHeaderField, 4},
        {"data without PDO", "04 00 48 00 48 04 00 00", Fes::InvalidHeaderField, 3},
        {"PDO inside the header", "04 00 48 44 48 04 00 00", Fes::InvalidHeaderField, 3},
        {"PDO misaligned", "04 00 48 49 48 04 00 00", Fes::InvalidHeaderField, 3},
        {"PDO beyond 128", "04 00 48 84 48 04 00 00", Fes::InvalidHeaderField, 3},
        {"PDO at the end", "04 00 48 4c 4c 00 00 00", Fes::InvalidHeaderField, 4},
        {"H2CData without data", "06 00 18 00 18 00 00 00", Fes::InvalidHeaderField, 4},
        {"ICReq with data", "00 00 80 00 84 00 00 00", Fes::InvalidHeaderField, 4},
        {"TermReq too short", "02 00 18 00 17 00 00 00", Fes::InvalidHeaderField, 4},
        {"TermReq too long", "02 00 18 00 99 00 00 00", Fes::InvalidHeaderField, 4},
        {"TermReq of 4 GiB", "02 00 18 00 ff ff ff ff", Fes::InvalidHeaderField, 4},
    };
    for (const Malformed& c : cases) {
        PduReader reader(PduDirection::HostToController);
        Collector got;
        Bytes bytes = hex(c.header);
        bytes.resize(300);
        const auto error = reader.feed(bytes, got);
        ASSERT_TRUE(error) << c.name;
        EXPECT_EQ(error->fes, c.fes) << c.name;
        EXPECT_EQ(error->fei, c.fei) << c.name;
        // Dead from here on.
        EXPECT_FALSE(reader.feed(bytes, got)) << c.name;
        EXPECT_TRUE(got.types.empty()) << c.name;
    }
}

TEST(Identify, VolumeNguidCarriesVolumeAndSystem) {
    // Published by the storage drivers of an OpenStack release.
    EXPECT_EQ(nguid_hex(volume_nguid(0x3bd1f78800000019, 0x1250de83018c2d0f)),
              "3bd1f7880000001964b94e83018c2d0f");
}

TEST(StatusField, RoundTrips) {
    for (const Status s : {st::kOk, st::kInvalidField, st::kCompareFailure, st::kConnectBusy})
        EXPECT_EQ(Status::from_field(s.field()), s);
    EXPECT_EQ(st::kInvalidOpcode.field(), 0x8002);
}

} // namespace
} // namespace pf::nvme
