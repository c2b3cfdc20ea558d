// The block counts of the allocators, for any device and any arguments: free + reserved + granted
// == blocks (ACC-1).
#include "impl/space/block_counts.h"
#include "proofs/obligations/obligations.h"
#include "ref/plain/space_counts.h"

#include <vector>

namespace quire::proofs {
namespace {

/// Bits of a count of blocks, three of which are summed.
constexpr unsigned kCountBits = 62;

/// The blocks of a device by their state.
template <class W>
struct SpaceCounts {
  BOOST_HANA_DEFINE_STRUCT(SpaceCounts,
    (W, blocks),
    (W, free),
    (W, reserved),
    (W, granted)
  );
};
using Counts = SpaceCounts<Bits>;

Counts any_counts(Explorer& e) {
  const Bits free = e.fresh("free", kCountBits), reserved = e.fresh("reserved", kCountBits);
  const Bits granted = e.fresh("granted", kCountBits);
  return {free + reserved + granted, free, reserved, granted};
}

/// The counts add up, and none has wrapped.
void claim_counts(Explorer& e, const Counts& all) {
  e.claim(
      "Free, reserved and granted blocks add up to the whole device.",
      all.free <= all.blocks && all.reserved <= all.blocks - all.free &&
          all.granted == all.blocks - all.free - all.reserved,
      all);
}

void bitmap_counts(Explorer& e) {
  Counts all = any_counts(e);
  impl::BlockCounts<Bits> counts{all.free, all.reserved};
  const Bits n = e.fresh("n");
  if (e.fresh("reserves", 1) == 1) {
    const Truth promised = impl::reserve(counts, n);
    if (e.broken("reserves more than is free")) counts.free = all.free - n;
    e.claim("It reserves what is free.", iff(promised, n <= all.free), all);
    const Bits moved = ite(promised, n, Bits{0});
    e.claim(
        "It moves all that was asked for, or nothing.",
        counts.free == all.free - moved && counts.reserved == all.reserved + moved, all);
  } else if (e.fresh("unreserves", 1) == 1) {
    impl::unreserve(counts, n);
    if (e.broken("releases more than was reserved")) {
      counts = {all.free + n, all.reserved - n};
    }
    e.claim(
        "It releases the blocks that were reserved, and no more.",
        counts.reserved == ite(n <= all.reserved, all.reserved - n, Bits{0}), all);
  } else {
    // freed() gets the number of bits that were set.
    e.assume("No more blocks are freed than are granted.", n <= all.granted);
    impl::freed(counts, n);
    all.granted = all.granted - n;
    if (e.broken("frees a block that was not granted")) counts.free = counts.free + 1;
  }
  claim_counts(e, {all.blocks, counts.free, counts.reserved, all.granted});
}

/// The marks of a device, of which some blocks are followed. A search gives any answer that agrees
/// with those.
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
          "A search answers the first block of the kind that it searches for.",
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
    (SpaceCounts<W>, before),
    (W, want),
    (W, goal),
    (W, start),
    (W, end),
    (W, block),       // any
    (W, was_granted)  // 1: that one, before
  );
};

void bitmap_allocate(Explorer& e) {
  const Counts all = any_counts(e);
  Allocation<Bits> a{all, e.fresh("want"),  e.fresh("goal"),          0,
                     0,   e.fresh("block"), e.fresh("was_granted", 1)};
  const Bits spare = e.fresh("spare");
  e.assume(
      "While a block is free or reserved there is one without a mark.",
      spare < all.blocks || (all.free == 0 && all.reserved == 0));
  std::vector<SymbolicMarks::Fact> facts{
      {true, a.block, a.was_granted == 1}, {spare < all.blocks, spare, false}};
  impl::BlockCounts<Bits> counts{all.free, all.reserved};
  const Bits asked = e.broken("begins its search at block 0, whatever the goal") ? Bits{0} : a.goal;
  const auto got =
      impl::allocate<Bits>(SymbolicMarks(e, all.blocks, facts), counts, all.blocks, a.want, asked);
  a.start = got.start;
  a.end = got.end;
  if (e.broken("grants one block more than is reserved")) {
    a.end = a.end + 1;
    counts.reserved = counts.reserved - 1;
  }
  const Bits length = a.end - a.start;
  e.claim("A granted extent lies within the device.", a.start <= a.end && a.end <= all.blocks, a);
  e.claim("It has at most as many blocks as were wanted.", length <= a.want, a);
  e.claim(
      "It grants a block exactly if one is wanted and one is reserved.",
      iff(length == 0, a.want == 0 || all.reserved == 0), a);
  e.claim(
      "A block that is granted is not granted again.",
      implies(a.start <= a.block && a.block < a.end, a.was_granted == 0), a);
  const Bits goal = ite(a.goal < all.blocks, a.goal, Bits{0});
  const Truth behind_goal = goal <= a.block && a.block < all.blocks;
  const Truth skipped = (goal <= a.start && behind_goal && a.block < a.start) ||
                        (a.start < goal && (behind_goal || a.block < a.start));
  e.claim(
      "It is the first from the goal on that is not granted, and then from block 0 on.",
      implies(length != 0 && skipped, a.was_granted == 1), a);
  claim_counts(e, {all.blocks, counts.free, counts.reserved, all.granted + length});
}

/// A range that a caller gives, and any block.
template <class W>
struct NamedRange {
  BOOST_HANA_DEFINE_STRUCT(NamedRange,
    (W, start),
    (W, length),
    (W, blocks),
    (W, block),
    (W, from),  // the part of the range on the device
    (W, end)
  );
};

void on_device(Explorer& e) {
  NamedRange<Bits> r{
      e.fresh("start"), e.fresh("length"), e.fresh("blocks"), e.fresh("block"), 0, 0};
  const auto found = impl::on_device<Bits>(r.start, r.length, r.blocks);
  r.from = found.start;
  r.end = found.end;
  if (e.broken("trusts the end that its caller gives")) r.end = r.start + r.length;
  e.claim("It lies within the device.", r.from <= r.end && r.end <= r.blocks, r);
  e.claim(
      "It has exactly the blocks of the range that are on the device.",
      iff(r.from <= r.block && r.block < r.end,
          r.start <= r.block && r.block - r.start < r.length && r.block < r.blocks),
      r);
}

/// A run of free blocks, and what is sought in it.
template <class W>
struct FitInRun {
  BOOST_HANA_DEFINE_STRUCT(FitInRun,
    (W, run_start),
    (W, run_end),
    (W, most),
    (W, minimum),
    (W, alignment),
    (W, start),  // what is granted of the run
    (W, end)
  );
};

void fitting_part(Explorer& e) {
  using spec::lsh;
  FitInRun<Bits> f{
      e.fresh("run_start"),
      e.fresh("run_end"),
      e.fresh("most"),
      e.fresh("minimum"),
      lsh(Bits{1}, e.fresh("alignment_shift", 6)),
      0,
      0};
  e.assume("The run has a block.", f.run_start < f.run_end);
  e.assume("As much is wanted as is needed.", 1 <= f.minimum && f.minimum <= f.most);
  const auto found =
      impl::fitting_part<Bits>({f.run_start, f.run_end}, f.most, f.minimum, f.alignment);
  f.start = found.start;
  f.end = found.end;
  if (e.broken("takes the run from its start on")) f.start = f.run_start;
  if (e.broken("grants what is too short")) f.end = f.start + 1;
  const Bits low_bits = f.alignment - 1;
  const Truth grants = f.start != f.end;
  e.claim(
      "A granted part lies in the run.",
      implies(grants, f.run_start <= f.start && f.start < f.end && f.end <= f.run_end), f);
  e.claim(
      "It has at least the minimum of blocks, and at most as many as are wanted.",
      implies(grants, f.minimum <= f.end - f.start && f.end - f.start <= f.most), f);
  e.claim(
      "It starts at a multiple of the alignment.", implies(grants, (f.start & low_bits) == 0), f);
  e.claim(
      "It starts less than an alignment behind the start of the run.",
      implies(grants, f.start - f.run_start < f.alignment), f);
  const Bits skipped = (Bits{0} - f.run_start) & low_bits;
  const Bits length = f.run_end - f.run_start;
  e.claim(
      "It grants exactly if the run has the minimum from its first aligned block on.",
      iff(grants, skipped < length && f.minimum <= length - skipped), f);
}

void ref_counts(Explorer& e) {
  const Counts all = any_counts(e);
  Bits granted = all.granted;
  ref::SpaceCounts<Bits> counts{all.free, all.reserved};
  const Bits n = e.fresh("n");
  if (e.fresh("reserves", 1) == 1) {
    const Truth promised = ref::promise(counts, n);
    e.claim("It promises what is free.", iff(promised, n <= all.free), all);
    const Bits moved = ite(promised, n, Bits{0});
    if (e.broken("promises a part")) counts = {0, all.free + all.reserved};
    e.claim("It moves all, or nothing.", counts.promised == all.reserved + moved, all);
  } else if (e.fresh("unreserves", 1) == 1) {
    if (!e.broken("releases more than was promised")) {
      e.assume("No more is released than was promised.", n <= all.reserved);
    }
    ref::take_back(counts, n);
  } else if (e.fresh("redeems", 1) == 1) {
    if (!e.broken("grants what was not promised")) {
      e.assume("No more is granted than was promised.", n <= all.reserved);
    }
    ref::redeem(counts, n);
    granted = granted + n;
  } else {
    if (!e.broken("frees what was not in use")) {
      e.assume("No more blocks are freed than are granted.", n <= all.granted);
    }
    ref::give_free(counts, n);
    granted = granted - n;
  }
  claim_counts(e, {all.blocks, counts.free, counts.promised, granted});
}

}  // namespace

std::vector<Obligation> space_obligations() {
  return {
      {.name = "impl.block_counts.add_up",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "After any reservation, release or free of an allocator its counts add up to the "
               "device, and none wraps.",
       .body = bitmap_counts},
      {.name = "impl.block_counts.allocate",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "While a block is reserved, allocate() grants free blocks of the device, at most as "
               "many as are wanted.",
       .body = bitmap_allocate},
      {.name = "impl.block_counts.on_device",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A free of any range counts only the blocks of the device.",
       .body = on_device},
      {.name = "impl.block_counts.fitting_part",
       .tag = "ACC-1",
       .subject = "impl",
       .says =
           "Of a run of free blocks allocate() grants the first aligned part that has the minimum, "
           "and nothing exactly where there is none.",
       .body = fitting_part},
      {.name = "ref.space_counts.add_up",
       .tag = "ACC-1, O4",
       .subject = "ref",
       .says =
           "After any promise, redemption, release or free within its limits, the counts add up "
           "to the device.",
       .body = ref_counts},
  };
}

}  // namespace quire::proofs
