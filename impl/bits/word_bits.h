// The bits of one word of a bitmap, over a word type: counted, found, set and cleared.
//
// Templates, so that proofs/ proves for any word the code that the bitmaps run. A word type brings
// ones() and lowest() along, which count and find its bits.
#pragma once

#include "spec/word.h"

#include <bit>
#include <cstdint>

namespace quire::impl {

/// Bits of a word, and log2 of it.
inline constexpr std::uint64_t kWordBits = 64;
inline constexpr std::uint64_t kWordShift = 6;

/// How many bits are set.
constexpr std::uint64_t ones(std::uint64_t word) {
  return static_cast<std::uint64_t>(std::popcount(word));
}

/// The number of the lowest bit that is set; kWordBits if none is.
constexpr std::uint64_t lowest(std::uint64_t word) {
  return static_cast<std::uint64_t>(std::countr_zero(word));
}

/// Sets the bits of `mask`. Returns how many were not set before.
template <spec::Word W>
constexpr W set_bits(W& word, const W& mask) {
  const W added = ones(mask & ~word);
  word = word | mask;
  return added;
}

/// Clears the bits of `mask`. Returns how many were set before.
template <spec::Word W>
constexpr W clear_bits(W& word, const W& mask) {
  const W cleared = ones(mask & word);
  word = word & ~mask;
  return cleared;
}

/// The number in the bitmap of the lowest bit that is set in `bits`, which are those of word
/// `index`. Requires that one is.
template <spec::Word W>
constexpr W lowest_in(const W& index, const W& bits) {
  using spec::lsh;
  return lsh(index, W{kWordShift}) + lowest(bits);
}

}  // namespace quire::impl
