// The bytes that callers write: a function of a seed and a position, never 0 and never the poison.
#pragma once

#include "props/memory/poison.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quire::props {

/// Of a seed: the first quarter of every kRepeatedBytes repeats to their end, so that the bytes can
/// be compressed.
inline constexpr std::uint64_t kRepeating = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kRepeatedBytes = 4096;

/// Eight bytes of the pattern, those from byte 8 * index on, the first in the lowest bits.
constexpr std::uint64_t pattern_word(std::uint64_t seed, std::uint64_t index) {
  if ((seed & kRepeating) != 0) index &= ~(kRepeatedBytes / 8 - kRepeatedBytes / 32);
  // The finalizer of splitmix64 (Steele, Lea, Flood 2014) over a Weyl sequence of its own a seed.
  std::uint64_t z = seed * 0xd1342543de82ef95 + (index + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  // A byte with this bit set is neither 0 nor the poison, where the bit is clear.
  constexpr std::byte kMark{0x04};
  static_assert((kPoison & kMark) == std::byte{0});
  return (z ^ (z >> 31)) | static_cast<std::uint64_t>(kMark) * 0x0101010101010101;
}

/// Byte i of the pattern of `seed`: one of 128 values, never 0 and never kPoison.
constexpr std::byte pattern(std::uint64_t seed, std::uint64_t i) {
  return static_cast<std::byte>(pattern_word(seed, i / 8) >> (8 * (i % 8)));
}

/// Fills `to` with the bytes of the pattern from byte `first` on. A thread remembers the start of
/// its last pattern: a write's bytes are asked for again, for each subject and its model.
void fill_pattern(std::span<std::byte> to, std::uint64_t seed, std::uint64_t first);

}  // namespace quire::props
