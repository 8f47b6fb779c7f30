// Every decoder of PowerFlex's answers under seeded damage: whatever arrives, the outcome is a
// value or an error.
#include "libpf/error_codes.hpp"
#include "libpf/model_json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pf::powerflex {
namespace {

const std::vector<std::string> kSeeds = {
    R"([{"id":"b5a167e40000000b","name":"v","sizeInKb":8388608,"volumeType":"Snapshot","nsid":12,
        "mappedSdcInfo":[{"sdcId":"13bf22b500010004","limitIops":"110","hostType":"NVMeHost"}]}])",
    R"({"id":"8bddf18b00000000","ipList":[{"ip":"10.0.0.1","role":"StorageAndHost"}],"nvmePort":4420})",
    R"([{"id":"1250de83018c2d0f","mdmCluster":{"master":{"id":"1","ips":["a"]},"tieBreakers":[{}]}}])",
    R"({"access_token":"a","refresh_token":"b","expires_in":300,"refresh_expires_in":1800})",
    R"({"message":"Error with details","errorCode":79,"details":[{"error":"X","rc":99}]})",
    R"({"volumeIdList":["b5a167e40000000b"],"snapshotGroupId":"5a05c11200000001"})",
    R"({"systemLimitEntryList":[{"type":"volumeSizeGb","maxVal":"1048576"}]})",
    R"({"maxCapacityInKb":1e300,"spareCapacityInKb":-1,"netUnusedCapacityInKb":18446744073709551615})",
    R"("4.6")",
};

const std::vector<std::string> kTokens = {"null", "-1",   "1e308", "\"\"",    "[", "]",   "{",
                                          "}",    "true", ",",     "\\u0000", ":", "[[]]"};

std::string damaged(std::mt19937_64& random) {
    std::string text = kSeeds[random() % kSeeds.size()];
    for (std::uint64_t n = random() % 6 + 1; n > 0; --n) {
        const std::size_t at = text.empty() ? 0 : random() % text.size();
        switch (random() % 4) {
        case 0:
            text.erase(at, random() % 9 + 1);
            break;
        case 1:
            text.insert(at, kTokens[random() % kTokens.size()]);
            break;
        case 2:
            if (!text.empty()) {
                text[at] = static_cast<char>(random() & 0xff);
            }
            break;
        default:
            text.insert(at, kSeeds[random() % kSeeds.size()].substr(0, random() % 40));
            break;
        }
    }
    return text;
}

TEST(LibpfFuzz, DecodersNeverFallOver) {
    std::mt19937_64 random(20261122);
    std::size_t good = 0;
    for (int i = 0; i < 30'000; ++i) {
        const std::string text = damaged(random);
        good += decode_list<Volume>(text).has_value() ? 1 : 0;
        good += decode<Sdt>(text).has_value() ? 1 : 0;
        good += decode_list<System>(text).has_value() ? 1 : 0;
        good += decode_list<AnyHost>(text).has_value() ? 1 : 0;
        good += decode_tokens(text).has_value() ? 1 : 0;
        good += decode_snapshot_result(text).has_value() ? 1 : 0;
        good += decode_limits(text).has_value() ? 1 : 0;
        good += decode_pool_capacity(text).has_value() ? 1 : 0;
        good += decode_version(text).has_value() ? 1 : 0;
        const Error error = to_error(parse_error_body(500, text), "op", (i & 1) != 0);
        ASSERT_FALSE(error.what.empty());
    }
    EXPECT_GT(good, 1000u); // the damage is mild enough to get past the parser
}

} // namespace
} // namespace pf::powerflex
