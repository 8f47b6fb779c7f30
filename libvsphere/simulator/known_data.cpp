#include "libvsphere/simulator/known_data.hpp"

#include "base/crc32c.hpp"

#include <algorithm>
#include <cstring>

namespace pf::vim::sim {

namespace {

constexpr std::string_view kCounterMagic = "PFCOUNT1";

uint64_t mix(uint64_t x) { // splitmix64
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

uint64_t pattern_word(uint64_t seed, uint64_t word) {
    return mix(mix(seed) ^ (word * 0x2545f4914f6cdd1dULL));
}

} // namespace

void fill_pattern(uint64_t seed, uint64_t offset, MutByteSpan out) {
    for (size_t i = 0; i + 8 <= out.size(); i += 8) {
        store_le<uint64_t>(out.data() + i, pattern_word(seed, (offset + i) / 8));
    }
}

uint64_t count_pattern_errors(uint64_t seed, uint64_t offset, ByteSpan data) {
    uint64_t bad = 0;
    std::array<std::byte, 8> expected{};
    for (size_t i = 0; i + 8 <= data.size(); i += 8) {
        store_le<uint64_t>(expected.data(), pattern_word(seed, (offset + i) / 8));
        if (std::memcmp(expected.data(), data.data() + i, 8) != 0) {
            for (size_t k = 0; k < 8; ++k) {
                bad += expected[k] != data[i + k] ? 1 : 0;
            }
        }
    }
    return bad;
}

Bytes encode_counter(const CounterBlock& block) {
    Bytes bytes(kPatternBlock);
    std::memcpy(bytes.data(), kCounterMagic.data(), kCounterMagic.size());
    std::copy(block.vm.begin(), block.vm.end(), bytes.begin() + 8);
    store_le<uint64_t>(bytes.data() + 24, block.counter);
    fill_pattern(block.counter, 0, MutByteSpan(bytes).subspan(32, kPatternBlock - 40));
    const uint32_t crc = crc32c(ByteSpan(bytes).first(kPatternBlock - 4));
    store_le<uint32_t>(bytes.data() + kPatternBlock - 4, crc);
    return bytes;
}

std::optional<CounterBlock> decode_counter(ByteSpan bytes) {
    if (bytes.size() != kPatternBlock ||
        std::memcmp(bytes.data(), kCounterMagic.data(), kCounterMagic.size()) != 0 ||
        load_le<uint32_t>(bytes.data() + kPatternBlock - 4) !=
            crc32c(bytes.first(kPatternBlock - 4))) {
        return std::nullopt;
    }
    CounterBlock block;
    std::copy_n(bytes.begin() + 8, block.vm.size(), block.vm.begin());
    block.counter = load_le<uint64_t>(bytes.data() + 24);
    return block;
}

} // namespace pf::vim::sim
