// std::popcount and std::countr_zero of a symbolic word, by masks, shifts and sums.
#pragma once

#include "proofs/engine/bits.h"

#include <array>
#include <cstdint>

namespace quire::proofs {

/// The masks of the stages in which bits are counted: fields of 2, 4, 8, 16, 32 and 64 bits get the
/// sum of their halves.
inline constexpr std::array<std::uint64_t, 6> kHalves = {0x5555555555555555, 0x3333333333333333,
                                                         0x0f0f0f0f0f0f0f0f, 0x00ff00ff00ff00ff,
                                                         0x0000ffff0000ffff, 0x00000000ffffffff};

/// Stage `i`: each field becomes the sum of its halves.
inline Bits sum_of_halves(const Bits& fields, std::size_t i) {
  const Bits half{std::uint64_t{1} << i};
  return (fields & kHalves[i]) + (rsh(fields, half) & kHalves[i]);
}

/// How many bits are set.
inline Bits ones(const Bits& word) {
  Bits fields = word;
  for (std::size_t i = 0; i < kHalves.size(); ++i) fields = sum_of_halves(fields, i);
  return fields;
}

/// The number of the lowest bit that is set; 64 if none is.
inline Bits lowest(const Bits& word) {
  Bits rest = word;
  Bits number{0};
  for (std::size_t i = kHalves.size(); i-- > 0;) {
    const Bits half{std::uint64_t{1} << i};
    const Truth above = (rest & (lsh(Bits{1}, half) - 1)) == 0;
    number = number + ite(above, half, Bits{0});
    rest = ite(above, rsh(rest, half), rest);
  }
  return ite(word == 0, Bits{64}, number);
}

}  // namespace quire::proofs
