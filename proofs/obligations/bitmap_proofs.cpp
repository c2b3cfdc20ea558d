// How impl's bitmap of blocks is walked and searched, word by word, for any range.
#include "impl/bits/word_bits.h"
#include "impl/space/bitmap_words.h"
#include "proofs/engine/bit_counts.h"
#include "proofs/obligations/obligations.h"

namespace quire::proofs {
namespace {

/// One word of a bitmap, a range of blocks, and any block of that word.
template <class W>
struct WordOfRange {
  BOOST_HANA_DEFINE_STRUCT(WordOfRange,
    (W, start),
    (W, end),
    (W, index),
    (W, bits),
    (W, block),
    (W, next)  // the block where the walk continues, or that the search found
  );
};

Truth has(const Bits& bits, const Bits& block) { return (rsh(bits, block & 63) & 1) == 1; }

void bitmap_walk(Explorer& e) {
  WordOfRange<Bits> w{e.fresh("start"), e.fresh("end"), 0, 0, e.fresh("block"), 0};
  e.assume("A range of blocks is not empty.", w.start < w.end);
  const auto part = impl::first_part(impl::BlockRange<Bits>{w.start, w.end});
  w.index = part.index;
  w.bits = part.mask;
  w.next = part.end;
  if (e.broken("covers the block past the range")) w.bits = w.bits | (w.bits + w.bits);
  if (e.broken("skips a word of which it has all blocks")) {
    w.bits = ite(w.bits == ~Bits{0}, Bits{0}, w.bits);
  }
  e.claim("It makes progress.", w.start < w.next && w.next <= w.end, w);
  e.claim("It ends with the range, or with the word.", w.next == w.end || (w.next & 63) == 0, w);
  const Truth within = w.start <= w.block && w.block < w.next;
  const Truth in_word = rsh(w.block, 6) == w.index;
  e.claim("A block that is passed lies in the word.", implies(within, in_word), w);
  e.claim(
      "The mask has its bit, and no others.", implies(in_word, iff(has(w.bits, w.block), within)),
      w);
  e.claim("The mask has as many bits as blocks are passed.", ones(w.bits) == w.next - w.start, w);
}

void bitmap_find(Explorer& e) {
  WordOfRange<Bits> w{e.fresh("start"), e.fresh("end"),   e.fresh("index", 58),
                      e.fresh("bits"),  e.fresh("block"), 0};
  const Bits first = rsh(w.start, 6);
  e.assume(
      "The block that is followed lies in the word and in the range.",
      rsh(w.block, 6) == w.index && w.start <= w.block && w.block < w.end);
  const Bits all = w.bits;
  if (w.index == first) {
    if (!e.broken("finds blocks before the range"))
      w.bits = w.bits & impl::from_block_on(w.start);
  }
  if (w.bits == 0) {
    return e.claim("A word that is passed over has no such block.", !has(all, w.block), w);
  }
  w.next = impl::found_in(w.index, w.bits, w.end);
  if (e.broken("answers a block past the range")) w.next = impl::lowest_in(w.index, w.bits);
  if (e.broken("takes the highest")) w.next = w.block;
  e.claim("The block found lies in the range.", w.start <= w.next && w.next <= w.end, w);
  e.claim("No block before it is marked.", implies(has(all, w.block), w.next <= w.block), w);
  e.claim("It is marked.", w.next == w.end || (has(all, w.next) && rsh(w.next, 6) == w.index), w);
}

}  // namespace

std::vector<Obligation> bitmap_obligations() {
  return {
      {.name = "impl.bitmap_words.walk",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A walk over a range of blocks visits each of them once, and no others.",
       .body = bitmap_walk},
      {.name = "impl.bitmap_words.find",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A search answers the first marked block of its range, or the end.",
       .body = bitmap_find},
  };
}

}  // namespace quire::proofs
