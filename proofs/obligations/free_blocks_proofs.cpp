// The free blocks of impl's indexed allocators: runs that are split and joined, and the addresses
// of buddy blocks, for any device.
#include "impl/space/buddy_block.h"
#include "impl/space/free_run.h"
#include "proofs/engine/bit_counts.h"
#include "proofs/obligations/obligations.h"

namespace quire::proofs {
namespace {

using Range = impl::BlockRange<Bits>;
using Buddy = impl::BuddyBlock<Bits>;

Truth has(const Range& range, const Bits& block) {
  return range.start <= block && block < range.end;
}
Bits length_of(const Range& range) { return range.end - range.start; }
Bits one_if(const Truth& p) { return ite(p, Bits{1}, Bits{0}); }

/// A run of free blocks, a part of it that is granted, and any block.
template <class W>
struct SplitRun {
  BOOST_HANA_DEFINE_STRUCT(SplitRun,
    (W, run_start),
    (W, start),  // of the part
    (W, end),
    (W, run_end),
    (W, block)
  );
};

SplitRun<Bits> any_split(Explorer& e) {
  constexpr unsigned kBits = 62;  // four are summed
  const Bits run_start = e.fresh("run_start", kBits), start = run_start + e.fresh("head", kBits);
  const Bits end = start + e.fresh("granted", kBits);
  return {run_start, start, end, end + e.fresh("tail", kBits), e.fresh("block")};
}

void split(Explorer& e) {
  const SplitRun<Bits> s = any_split(e);
  const Range run{s.run_start, s.run_end}, granted{s.start, s.end};
  impl::RunRest<Bits> rest = impl::rest_of(run, granted);
  Bits runs = impl::runs_in(rest);
  if (e.broken("loses the block behind the grant")) rest.tail.start = s.end + 1;
  if (e.broken("leaves the last granted block free")) rest.tail.start = s.end - 1;
  if (e.broken("counts a run that is empty")) runs = 2;
  const Bits times = one_if(has(rest.head, s.block)) + one_if(has(granted, s.block)) +
                     one_if(has(rest.tail, s.block));
  e.claim(
      "Each block of the run is granted or left, once, and no other is.",
      times == one_if(has(run, s.block)), s);
  e.claim(
      "Granted blocks and those left add up to the run.",
      length_of(rest.head) + length_of(granted) + length_of(rest.tail) == length_of(run), s);
  const Bits with_blocks = one_if(length_of(rest.head) != 0) + one_if(length_of(rest.tail) != 0);
  e.claim("It counts the runs that have a block.", runs == with_blocks, s);
  const Range whole = impl::joined(rest.head, granted, rest.tail);
  e.claim(
      "Released, the blocks join to the same run.",
      whole.start == run.start && whole.end == run.end, s);
}

/// Blocks that become free, the free runs before and behind them, and any block.
template <class W>
struct JoinedRuns {
  BOOST_HANA_DEFINE_STRUCT(JoinedRuns,
    (W, before_start),
    (W, before_end),
    (W, start),
    (W, end),
    (W, behind_start),
    (W, behind_end),
    (W, block)
  );
};

void join(Explorer& e) {
  constexpr unsigned kBits = 61;  // six are summed
  const Bits before_start = e.fresh("before_start", kBits);
  const Bits before_end = before_start + e.fresh("before", kBits);
  const Bits start = before_end + e.fresh("gap_before", kBits);
  const Bits end = start + e.fresh("freed", kBits);
  const Bits behind_start = end + e.fresh("gap_behind", kBits);
  const JoinedRuns<Bits> j{before_start,    before_end,
                           start,           end,
                           behind_start,    behind_start + e.fresh("behind", kBits),
                           e.fresh("block")};
  const Range before{j.before_start, j.before_end}, freed{j.start, j.end};
  const Range behind{j.behind_start, j.behind_end};
  Range whole = impl::joined(before, freed, behind);
  if (e.broken("joins a run that does not touch")) whole.start = j.before_start;
  if (e.broken("joins no run behind")) whole.end = j.end;
  const Truth touches_before = j.before_end == j.start, touches_behind = j.end == j.behind_start;
  e.claim(
      "The joined run has the blocks that become free and those of runs that touch them, and no "
      "other.",
      iff(has(whole, j.block), has(freed, j.block) || (touches_before && has(before, j.block)) ||
                                   (touches_behind && has(behind, j.block))),
      j);
  e.claim(
      "Its length is the sum of theirs.",
      length_of(whole) == length_of(freed) + ite(touches_before, length_of(before), Bits{0}) +
                              ite(touches_behind, length_of(behind), Bits{0}),
      j);
}

/// A buddy block, and any block of the device.
template <class W>
struct BlockOfBuddy {
  BOOST_HANA_DEFINE_STRUCT(BlockOfBuddy,
    (W, start),
    (W, size),
    (W, buddy),  // where that starts
    (W, parent_start),
    (W, parent_size),
    (W, block)
  );
};

/// A power of two, and a multiple of it.
Buddy any_buddy(Explorer& e) {
  const Bits size = lsh(Bits{1}, e.fresh("order", 6));
  return {e.fresh("address") & ~(size - 1), size};
}

void buddies(Explorer& e) {
  const Buddy block = any_buddy(e);
  e.assume(
      "A device has less than 2^64 blocks: no block of 2^63 has a buddy.",
      block.size < Bits{std::uint64_t{1} << 63});
  BlockOfBuddy<Bits> b{block.start, block.size, impl::buddy_of(block), 0, 0, e.fresh("block")};
  const Buddy parent = impl::parent_of(block);
  b.parent_start = parent.start;
  b.parent_size = parent.size;
  if (e.broken("takes the next block for the buddy")) b.buddy = b.start + b.size;
  if (e.broken("starts the parent where the block does")) b.parent_start = b.start;
  const auto within = [&](const Bits& start, const Bits& size) { return b.block - start < size; };
  e.claim("A buddy starts at a multiple of its size.", (b.buddy & (b.size - 1)) == 0, b);
  e.claim(
      "A parent starts at a multiple of its size, which is twice the block's.",
      (b.parent_start & (b.parent_size - 1)) == 0 && b.parent_size == b.size + b.size, b);
  e.claim(
      "Block and buddy have no block in common, and together those of their parent.",
      one_if(within(b.start, b.size)) + one_if(within(b.buddy, b.size)) ==
          one_if(within(b.parent_start, b.parent_size)),
      b);
  const Buddy other{b.buddy, b.size};
  e.claim("A buddy's buddy is the block.", impl::buddy_of(other) == b.start, b);
  const Buddy parent_of_other = impl::parent_of(other);
  e.claim("Both have one parent.", parent_of_other.start == b.parent_start, b);
}

/// A run of free blocks, and the first piece of it.
template <class W>
struct PieceOfRun {
  BOOST_HANA_DEFINE_STRUCT(PieceOfRun,
    (W, run_start),
    (W, run_end),
    (W, size)
  );
};

void pieces(Explorer& e) {
  PieceOfRun<Bits> p{e.fresh("run_start"), e.fresh("run_end"), 0};
  e.assume("The run has a block.", p.run_start < p.run_end);
  const Buddy piece = impl::first_piece(Range{p.run_start, p.run_end});
  p.size = piece.size;
  if (e.broken("reaches past the run")) p.size = p.size + p.size;
  if (e.broken("takes half of what there is")) p.size = rsh(p.size, 1);
  e.claim("A piece starts where the run does.", piece.start == p.run_start, p);
  e.claim("Its size is a power of two.", spec::is_power_of_two(p.size), p);
  e.claim("It starts at a multiple of its size.", (p.run_start & (p.size - 1)) == 0, p);
  const Bits length = p.run_end - p.run_start;
  e.claim("It lies in the run.", p.size <= length, p);
  const Truth doubled_is_aligned = (p.run_start & p.size) == 0;
  e.claim(
      "No larger block starts there and lies in the run.",
      !(doubled_is_aligned && p.size <= length - p.size), p);
}

/// So many blocks, and the sizes about them.
template <class W>
struct SizeFor {
  BOOST_HANA_DEFINE_STRUCT(SizeFor,
    (W, blocks),
    (W, at_least),  // the size for them
    (W, at_most)    // the largest that they fill
  );
};

void sizes(Explorer& e) {
  SizeFor<Bits> s{e.fresh("blocks"), 0, 0};
  e.assume("It is of one block at least.", 1 <= s.blocks);
  s.at_least = impl::size_for(s.blocks);
  s.at_most = impl::highest_bit(s.blocks);
  if (e.broken("takes twice the size for a power of two")) s.at_least = s.at_most + s.at_most;
  if (e.broken("takes the size that they fill")) s.at_least = s.at_most;
  constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
  e.claim(
      "The size for so many blocks is the smallest power of two that holds them, or 0 where a word "
      "has none.",
      ite(kTop < s.blocks, one_if(s.at_least == 0),
          one_if(
              spec::is_power_of_two(s.at_least) && s.blocks <= s.at_least &&
              rsh(s.at_least, 1) < s.blocks)) == 1,
      s);
  e.claim(
      "The largest power of two that they fill is at most so many, and more than half.",
      spec::is_power_of_two(s.at_most) && s.at_most <= s.blocks && s.blocks - s.at_most < s.at_most,
      s);
  e.claim("Of no blocks it is 0.", impl::highest_bit(Bits{0}) == 0);
}

/// A block of the device, and the buddy block of a size that holds it.
template <class W>
struct HoldingBuddy {
  BOOST_HANA_DEFINE_STRUCT(HoldingBuddy,
    (W, at),
    (W, size),
    (W, start),
    (W, order)
  );
};

void addresses(Explorer& e) {
  const Bits order = e.fresh("order", 6);
  HoldingBuddy<Bits> h{e.fresh("at"), lsh(Bits{1}, order), 0, 0};
  h.start = impl::block_with(h.at, h.size).start;
  h.order = impl::order_of(h.size);
  if (e.broken("finds the block behind")) h.start = h.start + h.size;
  if (e.broken("keeps a size with those of half of it")) h.order = h.order - 1;
  e.claim(
      "The block of a size that holds a block starts at a multiple of the size.",
      (h.start & (h.size - 1)) == 0, h);
  e.claim("It holds that block.", h.start <= h.at && h.at - h.start < h.size, h);
  e.claim("The order of a size is its logarithm.", h.order == order, h);
}

}  // namespace

std::vector<Obligation> free_blocks_obligations() {
  return {
      {.name = "impl.free_run.split",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A grant splits a free run: each block of it is granted or left once, and their "
               "release joins them again.",
       .body = split},
      {.name = "impl.free_run.join",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "Blocks that become free are joined with the free runs that touch them, and with no "
               "others.",
       .body = join},
      {.name = "impl.buddy_block.buddies",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A buddy block and its buddy are the two halves of their parent.",
       .bound = "blocks of less than 2^63",
       .body = buddies},
      {.name = "impl.buddy_block.pieces",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A run of free blocks is cut into the largest buddy blocks, one behind the other.",
       .body = pieces},
      {.name = "impl.buddy_block.sizes",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "A buddy block for so many blocks is the smallest that holds them.",
       .body = sizes},
      {.name = "impl.buddy_block.addresses",
       .tag = "ACC-1",
       .subject = "impl",
       .says = "The buddy block of any size that holds a block is found from the block's number.",
       .body = addresses},
  };
}

}  // namespace quire::proofs
