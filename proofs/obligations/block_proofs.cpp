// The blocks of a folio: the bits of a range in impl's bitmaps and their count, the bytes of a copy
// that are accepted, and the state of any one block in ref.
#include "impl/bits/word_bits.h"
#include "impl/cache/block_bits.h"
#include "impl/file/accept.h"
#include "proofs/engine/bit_counts.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/cache/accept.h"
#include "ref/cache/block_flags.h"
#include "spec/write/write_begin_end.h"

namespace quire::proofs {
namespace {

/// One bit of one word of a bitmap, and a range of bits.
template <class W>
struct MaskedBit {
  BOOST_HANA_DEFINE_STRUCT(MaskedBit,
    (W, index),  // of the word in the bitmap
    (W, bit),    // of the bit in the word
    (W, first),  // of the range
    (W, end),    // of the range, one past its last bit
    (W, mask)    // the word's mask
  );
};

void range_mask(Explorer& e) {
  // A folio of 2 MiB has 4096 blocks of 512 bytes.
  MaskedBit<Bits> m{
      e.fresh("index", 7), e.fresh("bit", 6), e.fresh("first", 13), e.fresh("end", 13), 0};
  m.mask = impl::range_mask<Bits>(m.index, m.first, m.end);
  if (e.broken("covers the bit past the range")) {
    m.mask = impl::range_mask<Bits>(m.index, m.first, m.end + 1);
  }
  const Bits number = lsh(m.index, 6) + m.bit;
  e.claim(
      "A bit is in the mask exactly if its number is in the range.",
      iff((rsh(m.mask, m.bit) & 1) != 0, m.first <= number && number < m.end), m);
}

/// A copy into a range, and the bytes that impl accepts of it.
template <class W>
struct Acceptance {
  BOOST_HANA_DEFINE_STRUCT(Acceptance,
    (W, range_uptodate),
    (W, length),
    (W, copied),
    (W, accepted)
  );
};

void accept(Explorer& e) {
  Acceptance<Bits> a{e.fresh("range_uptodate", 1), e.fresh("length", 22), e.fresh("copied", 22), 0};
  a.accepted = impl::accept<Bits>(a.range_uptodate == 1, a.length, a.copied);
  if (e.broken("counts a short copy into a stale range")) a.accepted = a.copied;
  spec::WriteEnd<Bits> op{0,          a.length,         0,     a.length, a.length, a.copied,
                          a.accepted, a.range_uptodate, 0,     0,        0,        0,
                          0,          {0, 0},           {0, 0}};
  e.claim(spec::short_copy_is_rejected, op);
  e.claim(spec::good_copy_is_accepted, op);
}

/// One word of a bitmap, and the mask that is set or cleared in it.
template <class W>
struct MaskedWord {
  BOOST_HANA_DEFINE_STRUCT(MaskedWord,
    (W, before),
    (W, mask),
    (W, after),
    (W, changed)  // bits, as the function returns it
  );
};

/// Whether the two add up in each field of stage `i` to no more than it has bits.
Truth add_up_within(const Bits& a, const Bits& b, std::size_t i) {
  const std::uint64_t width = std::uint64_t{1} << i;
  const std::uint64_t field = ~std::uint64_t{0} >> (64 - width);
  Truth all = true;
  for (std::uint64_t at = 0; at < 64; at += width) {
    all = all && (rsh(a, at) & field) + (rsh(b, at) & field) <= width;
  }
  return all;
}

/// ones() counts bits, proven stage by stage: as a whole the question is too hard. With the count
/// of one bit this defines std::popcount; a test compares the two (tests/proofs).
void ones_add_up(Explorer& e) {
  const Bits bit = e.fresh("bit", 6);
  const Bits one = ones(lsh(Bits{1}, bit));
  e.claim("One bit counts 1, none 0.", one == 1 && ones(Bits{0}) == 0);
  const Bits x = e.fresh("x"), y = e.fresh("y");
  e.claim(
      "Words that share no bit are fields of one bit that add up.",
      implies((x & y) == 0, add_up_within(x, y, 0) && (x | y) == x + y));
  // Any stage, on a path of its own.
  const Bits stage = e.fresh("stage", 3);
  std::size_t i = 0;
  while (i + 1 < kHalves.size() && stage != i) ++i;
  const Bits a = e.fresh("a"), b = e.fresh("b");
  Truth fits = add_up_within(a, b, i);
  if (i == 0 && e.broken("counts a bit that two words share once")) fits = true;
  const Bits sum_a = sum_of_halves(a, i), sum_b = sum_of_halves(b, i);
  e.claim("The sum of halves adds up.", implies(fits, sum_of_halves(a + b, i) == sum_a + sum_b));
  e.claim("The sum stays within its field.", implies(fits, add_up_within(sum_a, sum_b, i + 1)));
}

/// The count of `both` is the sum of those of `a` and `b`: ones_add_up() proves it for words that
/// share no bit, which is claimed here. It is a premise of the next claim and not an assumption:
/// whether a path can continue with it is a hard question.
Truth counted_apart(Explorer& e, const Bits& both, const Bits& a, const Bits& b) {
  e.claim("Each bit is in one of two parts.", both == (a | b) && (a & b) == 0);
  return ones(both) == ones(a) + ones(b);
}

void set_and_clear(Explorer& e) {
  MaskedWord<Bits> w{e.fresh("word"), e.fresh("mask"), 0, 0};
  w.after = w.before;
  const bool sets = bool(e.fresh("sets", 1) == 1);
  if (sets) {
    w.changed = impl::set_bits(w.after, w.mask);
    const Truth apart = counted_apart(e, w.after, w.before, w.mask & ~w.before);
    if (e.broken("counts bits that were set already")) w.changed = ones(w.mask);
    e.claim("All bits of the mask are set, and no others.", w.after == (w.before | w.mask), w);
    e.claim(
        "The count grows by the bits that turned.",
        implies(apart, ones(w.after) == ones(w.before) + w.changed), w);
  } else {
    w.changed = impl::clear_bits(w.after, w.mask);
    const Truth apart = counted_apart(e, w.before, w.after, w.mask & w.before);
    if (e.broken("counts bits that were clear already")) w.changed = ones(w.mask);
    e.claim("All bits of the mask are clear, and no others.", w.after == (w.before & ~w.mask), w);
    e.claim(
        "The count shrinks by the bits that turned.",
        implies(apart, ones(w.before) == ones(w.after) + w.changed), w);
  }
}

/// A block of a folio, and the range of a write in it.
struct BlockInFolio {
  Bits folio_pos, folio_size;
  ref::ByteRange<Bits> block;
  ref::BlockFlags<Truth> flags;
  ref::ByteRange<Bits> range;

  explicit BlockInFolio(Explorer& e)
      : folio_pos(e.fresh("folio_pos", 62)),
        folio_size(e.fresh("folio_size", kFolioBits)),
        block{folio_pos + e.fresh("block_offset", kFolioBits), 0},
        flags{e.fresh("uptodate", 1) == 1, e.fresh("dirty", 1) == 1},
        range{folio_pos + e.fresh("offset", kFolioBits), 0} {
    block.end = block.pos + e.fresh("block_size", kFolioBits);
    range.end = range.pos + e.fresh("want", kFolioBits);
    const Bits end = folio_pos + folio_size;
    e.assume(
        "A block and the range of a write have bytes, and lie in a folio.",
        block.pos < block.end && block.end <= end && range.pos < range.end && range.end <= end);
    e.assume("A dirty block is uptodate (IFS-3).", implies(flags.dirty, flags.uptodate));
  }
};

Bits word(const Truth& p) { return ite(p, Bits{1}, Bits{0}); }

/// The rest of a write: copy, write_end. uptodate: of all blocks that the range touches.
void write_block(
    Explorer& e, BlockInFolio& b, const Truth& uptodate, const Truth& others_uptodate) {
  const Bits n = b.range.end - b.range.pos;
  const ref::BlockFlags<Truth> before = b.flags;
  const Bits copied = e.fresh("copied", kFolioBits);
  e.assume("A copy gives no more than it was asked for (GPW-4).", copied <= n);
  Bits accepted = ref::accept<Bits>(uptodate, n, copied);
  if (e.broken("counts a short copy into a stale block")) accepted = copied;
  b.flags = ref::written<Bits>(b.flags, b.block, {b.range.pos, b.range.pos + accepted});
  if (e.broken("dirties a block without the bytes for it")) b.flags.uptodate = before.uptodate;
  if (e.broken("turns a block past the accepted bytes uptodate")) {
    b.flags = ref::written<Bits>(before, b.block, b.range);
  }
  const Truth all_uptodate = others_uptodate && b.flags.uptodate;
  const Truth any_dirty = e.fresh("others_dirty", 1) == 1 || b.flags.dirty;
  e.claim_all(
      spec::write_begin_end_clauses, spec::WriteEnd<Bits>{
                                         b.folio_pos,
                                         b.folio_size,
                                         b.range.pos,
                                         n,
                                         n,
                                         copied,
                                         accepted,
                                         word(uptodate),
                                         word(all_uptodate),
                                         word(all_uptodate),
                                         word(any_dirty),
                                         b.block.pos,
                                         b.block.end - b.block.pos,
                                         {word(before.uptodate), word(before.dirty)},
                                         {word(b.flags.uptodate), word(b.flags.dirty)}});
}

/// Under the write loop's own hooks a folio is uptodate as a whole, or stale as a whole.
void block_of_plain_folio(Explorer& e) {
  BlockInFolio b(e);
  const Truth overwrites_all =
      b.range.pos == b.folio_pos && b.range.end == b.folio_pos + b.folio_size;
  Truth reads = !overwrites_all;
  if (e.broken("reads no edge")) reads = false;
  b.flags.uptodate = b.flags.uptodate || reads;
  write_block(e, b, b.flags.uptodate, b.flags.uptodate);
}

/// Under iomap's hooks each block is one or the other; the prepared range ends where they change.
void block_of_iomap_folio(Explorer& e) {
  BlockInFolio b(e);
  Truth reads = ref::needs_read_or_zero<Bits>(b.flags, b.block, b.range);
  if (e.broken("reads no edge")) reads = false;
  b.flags.uptodate = b.flags.uptodate || reads;
  const Bits end = b.range.pos + e.fresh("alike", kFolioBits);
  const Truth uptodate = e.fresh("range_uptodate", 1) == 1;
  const Truth cuts_block = b.block.pos < end && end < b.block.end;
  e.assume(
      "The prepared range is not empty, and ends with the write's range or at the end of a block.",
      b.range.pos < end && end <= b.range.end && (end == b.range.end || !cuts_block));
  b.range.end = end;
  e.assume(
      "The prepared range is uptodate in every block, or stale in every block.",
      implies(ref::touches(b.block, b.range), iff(b.flags.uptodate, uptodate)));
  write_block(e, b, uptodate, e.fresh("others_uptodate", 1) == 1);
}

/// A block after a cut of the cache, from any state.
void cut_block(Explorer& e) {
  const BlockInFolio b(e);
  ref::BlockFlags<Truth> after = ref::cut<Bits>(b.flags, b.block, b.range);
  const Truth inside = b.range.pos <= b.block.pos && b.block.end <= b.range.end;
  if (e.broken("cleans a block that is cut in part")) {
    after.dirty = after.dirty && !ref::touches(b.block, b.range);
  }
  if (e.broken("drops the bytes and keeps them dirty")) {
    after = {after.uptodate && !inside, b.flags.dirty};
  }
  e.claim("A dirty block is uptodate (IFS-3).", implies(after.dirty, after.uptodate));
  e.claim(
      "A block turns clean exactly if all of it is cut (PC-3).",
      iff(after.dirty, b.flags.dirty && !inside));
}

}  // namespace

std::vector<Obligation> block_obligations() {
  return {
      {.name = "impl.word_bits.ones",
       .tag = "IFS-1, ACC-1",
       .subject = "impl",
       .says = "Two words that share no bit have together as many bits as their union.",
       .body = ones_add_up},
      {.name = "impl.word_bits.set_and_clear",
       .tag = "IFS-1, ACC-1",
       .subject = "impl",
       .says = "Setting and clearing bits of a word keeps the count of set bits right.",
       .body = set_and_clear},
      {.name = "ref.folio.plain_block",
       .tag = "WB-1 to WB-4, IFS-1 to IFS-3",
       .subject = "ref",
       .says = "write_begin and write_end keep their contract for the state of any block of a "
               "folio.",
       .body = block_of_plain_folio},
      {.name = "ref.folio.iomap_block",
       .tag = "WB-1 to WB-4, IFS-1 to IFS-3, 3.3, 3.4",
       .subject = "ref",
       .says = "write_begin and write_end keep their contract for the state of any block of a "
               "folio.",
       .body = block_of_iomap_folio},
      {.name = "ref.folio.cut_block",
       .tag = "IFS-3, PC-3",
       .subject = "ref",
       .says =
           "A block that is cut out of the cache turns clean, and one that is cut in part stays "
           "dirty.",
       .body = cut_block},
      {.name = "impl.block_bits.range_mask",
       .tag = "3.4, IFS-1 to IFS-3",
       .subject = "impl",
       .says = "The blocks that turn uptodate and dirty are those of the range.",
       .bound = "folios of 1 to 4096 blocks",
       .body = range_mask},
      {.name = "impl.accept.keeps_the_contract",
       .tag = "WB-3, WB-4, GPW-4, GPW-9",
       .subject = "impl",
       .says =
           "A short copy into a stale range is rejected; any other is accepted as far as it got.",
       .body = accept},
  };
}

}  // namespace quire::proofs
