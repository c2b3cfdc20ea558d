// Which bits of a bitmap, one for each block, a range of blocks has: word by word, over a word
// type.
#pragma once

#include "impl/bits/word_bits.h"
#include "impl/space/block_counts.h"
#include "spec/word.h"

namespace quire::impl {

/// The first blocks of a range: those that one word of a bitmap has the bits of.
template <class W>
struct WordPart {
  W index;  ///< of the word
  W mask;   ///< their bits in it
  W end;    ///< the block behind them
};

/// Requires a range that is not empty.
template <spec::Word W>
constexpr WordPart<W> first_part(const BlockRange<W>& range) {
  using spec::lsh, spec::min, spec::rsh;
  const W first = range.start & (kWordBits - 1);
  const W count = min(kWordBits - first, range.end - range.start);  // 1 to 64
  return {
      rsh(range.start, W{kWordShift}),
      lsh(rsh(~W{0}, (kWordBits - count) & (kWordBits - 1)), first), range.start + count};
}

/// The bits of blocks from `block` on, in the word that has it.
template <spec::Word W>
constexpr W from_block_on(const W& block) {
  using spec::lsh;
  return lsh(~W{0}, block & (kWordBits - 1));
}

/// The first block of those before `end` whose bit is set in `bits`, which are those of word
/// `index`; or `end`: the word may have bits of blocks behind it. Requires that a bit is set.
template <spec::Word W>
constexpr W found_in(const W& index, const W& bits, const W& end) {
  return spec::min(lowest_in(index, bits), end);
}

}  // namespace quire::impl
