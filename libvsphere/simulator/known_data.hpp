// Data whose every byte can be predicted: what a lab writes into disks and checks afterwards.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace pf::vim::sim {

inline constexpr uint64_t kPatternBlock = 4096;

// Bytes [offset, offset+out.size()) of the endless stream that belongs to `seed`; both multiples
// of 8. Every 4 KiB block differs from every other block and every other seed's.
void fill_pattern(uint64_t seed, uint64_t offset, MutByteSpan out);
// How many bytes differ from the pattern.
uint64_t count_pattern_errors(uint64_t seed, uint64_t offset, ByteSpan data);

// The counter workload: a running VM writes numbered blocks round-robin into the last
// kCounterSlots blocks of its first disk. A block is self-describing and checksummed.
inline constexpr uint32_t kCounterSlots = 64;
inline constexpr uint64_t kCounterBytes = kCounterSlots * kPatternBlock;

struct CounterBlock {
    std::array<std::byte, 16> vm{};
    uint64_t counter = 0; // slot == counter % kCounterSlots
};

Bytes encode_counter(const CounterBlock& block);
// Nothing when the block is not a whole, valid counter block.
std::optional<CounterBlock> decode_counter(ByteSpan bytes);

} // namespace pf::vim::sim
