// What the allocators count, and how impl's bitmap is searched and marked, for any device and any
// arguments: free + reserved + granted == blocks (ACC-1).
#include "impl/bits/word_bits.h"
#include "impl/space/bitmap_words.h"
#include "impl/space/block_counts.h"
#include "proofs/engine/bit_counts.h"
#include "proofs/obligations/obligations.h"
#include "ref/plain/space_counts.h"

#include <vector>

namespace quire::proofs {
namespace {

/// Bits of a count of blocks, three of which are summed.
constexpr unsigned kCountBits = 62;

/// Every block of a device, by whose it is.
template <class W>
struct SpaceBooks {
  BOOST_HANA_DEFINE_STRUCT(SpaceBooks,
    (W, blocks),
    (W, free),
    (W, reserved),
    (W, granted)
  );
};
using Books = SpaceBooks<Bits>;

Books any_books(Explorer& e) {
  const Bits free = e.fresh("free", kCountBits), reserved = e.fresh("reserved", kCountBits);
  const Bits granted = e.fresh("granted", kCountBits);
  return {free + reserved + granted, free, reserved, granted};
}

/// The counts add up, and none has wrapped.
void claim_books(Explorer& e, const Books& books) {
  e.claim(
      "Free, reserved and granted blocks are the whole device.",
      books.free <= books.blocks && books.reserved <= books.blocks - books.free &&
          books.granted == books.blocks - books.free - books.reserved,
      books);
}

void bitmap_counts(Explorer& e) {
  Books books = any_books(e);
  impl::BlockCounts<Bits> counts{books.free, books.reserved};
  const Bits n = e.fresh("n");
  if (e.fresh("reserves", 1) == 1) {
    const Truth promised = impl::reserve(counts, n);
    if (e.broken("reserves more than is free")) counts.free = books.free - n;
    e.claim("It reserves what is free.", iff(promised, n <= books.free), books);
    const Bits moved = ite(promised, n, Bits{0});
    e.claim(
        "It moves all that was asked for, or nothing.",
        counts.free == books.free - moved && counts.reserved == books.reserved + moved, books);
  } else if (e.fresh("unreserves", 1) == 1) {
    impl::unreserve(counts, n);
    if (e.broken("takes back more than was reserved")) {
      counts = {books.free + n, books.reserved - n};
    }
    e.claim(
        "It takes back what it was given, as far as that was reserved.",
        counts.reserved == ite(n <= books.reserved, books.reserved - n, Bits{0}), books);
  } else {
    // freed() is told of bits that were set.
    e.assume("No more blocks are freed than are granted.", n <= books.granted);
    impl::freed(counts, n);
    books.granted = books.granted - n;
    if (e.broken("frees a block that nobody has")) counts.free = counts.free + 1;
  }
  claim_books(e, {books.blocks, counts.free, counts.reserved, books.granted});
}

/// The marks of a device, of which some blocks are followed. A search answers anything that is true
/// of those.
class SymbolicMarks {
 public:
  struct Fact {
    Truth holds;
    Bits block;
    Truth granted;
  };

  SymbolicMarks(Explorer& e, const Bits& blocks, std::vector<Fact>& facts)
      : e_(e), blocks_(blocks), facts_(facts) {}

  Bits find_ungranted(const Bits& from, const Bits& end) const {
    if (e_.broken("does not go on from block 0")) {
      if (from == 0) return end;
    }
    return find(false, from, end);
  }
  Bits find_granted(const Bits& from, const Bits& end) const {
    if (e_.broken("runs on over blocks that are granted")) return end;
    return find(true, from, end);
  }

 private:
  Bits find(bool sought, const Bits& from, const Bits& end) const {
    e_.claim("A search lies within the device.", from <= end && end <= blocks_);
    const Bits found = e_.fresh("found");
    e_.assume("A search answers a block of its range, or the end.", from <= found && found <= end);
    for (const Fact& fact : facts_) {
      const Truth passed_over = from <= fact.block && fact.block < found;
      const Truth answered = found == fact.block && found < end;
      const Truth is_sought = iff(fact.granted, Truth{sought});
      e_.assume(
          "A search answers the first block that it looks for.",
          implies(fact.holds, implies(passed_over, !is_sought) && implies(answered, is_sought)));
    }
    facts_.push_back({found < end, found, Truth{sought}});
    return found;
  }

  Explorer& e_;
  Bits blocks_;
  std::vector<Fact>& facts_;
};

/// One call of allocate().
template <class W>
struct Allocation {
  BOOST_HANA_DEFINE_STRUCT(Allocation,
    (SpaceBooks<W>, before),
    (W, want),
    (W, goal),
    (W, start),
    (W, end),
    (W, block),       // any
    (W, was_granted)  // 1: that one, before
  );
};

void bitmap_allocate(Explorer& e) {
  const Books books = any_books(e);
  Allocation<Bits> a{books, e.fresh("want"),  e.fresh("goal"),          0,
                     0,     e.fresh("block"), e.fresh("was_granted", 1)};
  const Bits spare = e.fresh("spare");
  e.assume(
      "While a block is free or reserved there is one without a mark.",
      spare < books.blocks || (books.free == 0 && books.reserved == 0));
  std::vector<SymbolicMarks::Fact> facts{
      {true, a.block, a.was_granted == 1}, {spare < books.blocks, spare, false}};
  impl::BlockCounts<Bits> counts{books.free, books.reserved};
  const Bits asked = e.broken("begins its search at block 0, whatever the goal") ? Bits{0} : a.goal;
  const auto got = impl::allocate<Bits>(
      SymbolicMarks(e, books.blocks, facts), counts, books.blocks, a.want, asked);
  a.start = got.start;
  a.end = got.end;
  if (e.broken("grants one block more than is reserved")) {
    a.end = a.end + 1;
    counts.reserved = counts.reserved - 1;
  }
  const Bits length = a.end - a.start;
  e.claim("A granted extent lies within the device.", a.start <= a.end && a.end <= books.blocks, a);
  e.claim("It has at most as many blocks as were wanted.", length <= a.want, a);
  e.claim(
      "While a block is reserved, and one is wanted, it grants.",
      iff(length == 0, a.want == 0 || books.reserved == 0), a);
  e.claim(
      "A block that is granted is not granted again.",
      implies(a.start <= a.block && a.block < a.end, a.was_granted == 0), a);
  const Bits goal = ite(a.goal < books.blocks, a.goal, Bits{0});
  const Truth behind_goal = goal <= a.block && a.block < books.blocks;
  const Truth skipped = (goal <= a.start && behind_goal && a.block < a.start) ||
                        (a.start < goal && (behind_goal || a.block < a.start));
  e.claim(
      "It is the first from the goal on that is not granted, and then from block 0 on.",
      implies(length != 0 && skipped, a.was_granted == 1), a);
  claim_books(e, {books.blocks, counts.free, counts.reserved, books.granted + length});
}

/// A range that a caller names, and any block.
template <class W>
struct NamedRange {
  BOOST_HANA_DEFINE_STRUCT(NamedRange,
    (W, start),
    (W, length),
    (W, blocks),
    (W, block),
    (W, from),  // what of the range is on the device
    (W, end)
  );
};

void on_device(Explorer& e) {
  NamedRange<Bits> r{
      e.fresh("start"), e.fresh("length"), e.fresh("blocks"), e.fresh("block"), 0, 0};
  const auto found = impl::on_device<Bits>(r.start, r.length, r.blocks);
  r.from = found.start;
  r.end = found.end;
  if (e.broken("trusts the end that its caller names")) r.end = r.start + r.length;
  e.claim("It lies within the device.", r.from <= r.end && r.end <= r.blocks, r);
  e.claim(
      "It has the blocks of the range that the device has.",
      iff(r.from <= r.block && r.block < r.end,
          r.start <= r.block && r.block - r.start < r.length && r.block < r.blocks),
      r);
}

/// One word of a bitmap, a range of blocks, and any block of that word.
template <class W>
struct WordOfRange {
  BOOST_HANA_DEFINE_STRUCT(WordOfRange,
    (W, start),
    (W, end),
    (W, index),
    (W, bits),
    (W, block),
    (W, next)  // the block that the walk goes on from, or that the search found
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
  if (e.broken("covers the block behind the range")) w.bits = w.bits | (w.bits + w.bits);
  if (e.broken("forgets a word that it has all blocks of")) {
    w.bits = ite(w.bits == ~Bits{0}, Bits{0}, w.bits);
  }
  e.claim("It goes on.", w.start < w.next && w.next <= w.end, w);
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
    if (!e.broken("looks at blocks before the range"))
      w.bits = w.bits & impl::from_block_on(w.start);
  }
  if (w.bits == 0) {
    return e.claim("A word that is passed over has no such block.", !has(all, w.block), w);
  }
  w.next = impl::found_in(w.index, w.bits, w.end);
  if (e.broken("answers a block behind the range")) w.next = impl::lowest_in(w.index, w.bits);
  if (e.broken("takes the highest")) w.next = w.block;
  e.claim("What is found lies in the range.", w.start <= w.next && w.next <= w.end, w);
  e.claim("No block before it is marked.", implies(has(all, w.block), w.next <= w.block), w);
  e.claim("It is marked.", w.next == w.end || (has(all, w.next) && rsh(w.next, 6) == w.index), w);
}

void ref_counts(Explorer& e) {
  const Books books = any_books(e);
  Bits granted = books.granted;
  ref::SpaceCounts<Bits> counts{books.free, books.reserved};
  const Bits n = e.fresh("n");
  if (e.fresh("reserves", 1) == 1) {
    const Truth promised = ref::promise(counts, n);
    e.claim("It promises what is free.", iff(promised, n <= books.free), books);
    const Bits moved = ite(promised, n, Bits{0});
    if (e.broken("promises a part")) counts = {0, books.free + books.reserved};
    e.claim("It moves all, or nothing.", counts.promised == books.reserved + moved, books);
  } else if (e.fresh("unreserves", 1) == 1) {
    if (!e.broken("takes back more than was promised")) {
      e.assume("No more is taken back than was promised.", n <= books.reserved);
    }
    ref::take_back(counts, n);
  } else if (e.fresh("redeems", 1) == 1) {
    if (!e.broken("grants what was not promised")) {
      e.assume("No more is granted than was promised.", n <= books.reserved);
    }
    ref::redeem(counts, n);
    granted = granted + n;
  } else {
    if (!e.broken("frees what was not in use")) {
      e.assume("No more blocks are freed than are granted.", n <= books.granted);
    }
    ref::give_free(counts, n);
    granted = granted - n;
  }
  claim_books(e, {books.blocks, counts.free, counts.promised, granted});
}

}  // namespace

std::vector<Obligation> allocator_obligations() {
  return {
      {.name = "impl.block_counts.add_up",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "Whatever an allocator is told to reserve, take back or free, its counts add up to "
               "the device, and none wraps.",
       .body = bitmap_counts},
      {.name = "impl.block_counts.allocate",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "While a block is reserved allocate() grants, blocks of the device that nobody has, "
               "as many as are wanted or fewer.",
       .body = bitmap_allocate},
      {.name = "impl.block_counts.on_device",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "Of any blocks that are freed those count that the device has.",
       .body = on_device},
      {.name = "impl.bitmap_words.walk",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A walk over a range of blocks comes by each of them once, and by no others.",
       .body = bitmap_walk},
      {.name = "impl.bitmap_words.find",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A search answers the first marked block of its range, or the end.",
       .body = bitmap_find},
      {.name = "ref.space_counts.add_up",
       .tag = "ACC-1, O4",
       .subject = "ref",
       .says = "Blocks that are promised, redeemed, taken back and freed within what there is of "
               "each add up to the device.",
       .body = ref_counts},
  };
}

}  // namespace quire::proofs
