// How impl's writeback collects a folio's dirty blocks, joins them into writes, and unmaps blocks
// whose write failed.
//
// Each is one step from any state. The steps of a folio go from its first block to its last. So a
// claim about any one block, in the step that passes it, covers the folio.
#include "impl/file/collect.h"
#include "proofs/obligations/obligations.h"
#include "spec/linux/writeback_collect.h"

namespace quire::proofs {
namespace {

using Step = spec::CollectStep<Bits>;

/// Bits of the number of a folio's blocks, and of the log2 of a block's bytes.
constexpr unsigned kBlockBits = 13, kShiftBits = 4;
/// Bits of the bytes of a volume, and of a position on it.
constexpr unsigned kBytesBits = 62;

Bits flag(const Truth& p) { return ite(p, Bits{1}, Bits{0}); }

/// A folio with any dirty blocks: those before `begin`, the run of equal blocks that begins there,
/// and those after it; and any one of them, which is followed.
struct SymbolicBlocks {
  explicit SymbolicBlocks(Explorer& e)
      : e(e),
        begin(e.fresh("begin", kBlockBits)),
        run(e.fresh("run", kBlockBits)),
        behind(e.fresh("behind", kBlockBits)),
        blocks(begin + run + behind),
        run_is_dirty(e.fresh("run_is_dirty", 1) != 0),
        block(e.fresh("block", kBlockBits)),
        block_is_dirty(
            (in_run() && run_is_dirty) || (!in_run() && e.fresh("block_is_dirty", 1) != 0)) {
    e.assume(
        "The run of blocks is not empty, and the block that is followed is of the folio.",
        run != 0 && block < blocks);
  }

  Truth dirty(const Bits& at) const {
    e.claim("A step checks the block that it begins at.", at == begin);
    return run_is_dirty;
  }
  Bits dirty_run_end(const Bits& at) const { return at + run; }
  Truth in_run() const { return begin <= block && block < begin + run; }

  Explorer& e;
  const Bits begin, run, behind, blocks;
  const Truth run_is_dirty;
  const Bits block;
  const Truth block_is_dirty;
};

/// Any answers to a step of collecting, and the record of it.
struct CollectHooks : SymbolicBlocks {
  explicit CollectHooks(Explorer& e)
      : SymbolicBlocks(e), shift(e.fresh("block_shift", kShiftBits)), step{blocks,
                                                                           shift,
                                                                           begin,
                                                                           0,
                                                                           0,
                                                                           0,
                                                                           0,
                                                                           0,
                                                                           0,
                                                                           0,
                                                                           block,
                                                                           flag(block_is_dirty),
                                                                           flag(block_is_dirty),
                                                                           0} {
    const Bits dirty_elsewhere = e.fresh("dirty_elsewhere", kBlockBits);
    e.assume("A block has 512 bytes to 4 KiB.", 9 <= shift && shift <= 12);
    step.dirty_before = dirty_elsewhere + ite(run_is_dirty, run, Bits{0});
    step.dirty_after = step.dirty_before;
    step.dirty_bytes_before =
        e.fresh("other_dirty_bytes", kBytesBits) + lsh(step.dirty_before, shift);
    step.dirty_bytes_after = step.dirty_bytes_before;
  }

  impl::Mapping<Bits> map_or_allocate(const Bits& at, const Bits& most) {
    e.claim(
        "A mapping is asked for the dirty blocks from this one on.", at == begin && most == run);
    const Bits length = e.fresh("length", kBlockBits);
    e.assume("A mapping is no longer than was asked for.", length <= most);
    return {e.fresh("device_block", 48), length, false};
  }
  void collect(const Bits& at, const Bits& end, const impl::Mapping<Bits>& mapping) {
    e.claim("The collected blocks are as many as their mapping has.", end - at == mapping.length);
    step.collected = step.collected + (end - at);
    step.times_collected = step.times_collected + flag(at <= block && block < end);
  }
  void clean(const Bits& at, const Bits& end) {
    step.dirty_after = step.dirty_after - (end - at);
    step.is_dirty = ite(at <= block && block < end, Bits{0}, step.is_dirty);
  }
  Bits block_shift() const { return shift; }
  void count_down(const Bits& bytes) { step.dirty_bytes_after = step.dirty_bytes_after - bytes; }
  void out_of_space() { step.out_of_space = 1; }

  const Bits shift;
  Step step;
};

void collects(Explorer& e) {
  CollectHooks hooks(e);
  Step& step = hooks.step;
  step.end = impl::collect_some<Bits>(hooks.begin, hooks);
  if (e.broken("collects a block twice")) step.times_collected = step.times_collected + 1;
  if (e.broken("leaves its last block dirty")) step.dirty_after = step.dirty_after + step.collected;
  if (e.broken("counts blocks for bytes")) {
    step.dirty_bytes_after = step.dirty_bytes_before - step.collected;
  }
  if (e.broken("passes the whole run where a part of it is mapped"))
    step.end = step.begin + hooks.run;
  if (e.broken("stays where there is no space")) {
    step.end = ite(step.out_of_space == 1, step.begin, step.end);
  }
  e.claim_all(spec::collect_clauses, step);
}

/// One step of unmapping blocks whose write failed, and one block of the range.
template <class W>
struct UnmapStep {
  BOOST_HANA_DEFINE_STRUCT(UnmapStep,
    (W, begin),
    (W, next),  // first block of the next step
    (W, end),   // of the range
    (W, block),
    (W, is_dirty),
    (W, unmapped),  // times, without a reservation
    (W, reserved)   // times it was unmapped and reserved
  );
};

void unmaps_failed(Explorer& e) {
  struct Hooks : SymbolicBlocks {
    using SymbolicBlocks::SymbolicBlocks;
    Bits unmapped{0}, reserved{0};
    void unmap(const Bits& at, const Bits& end) {
      unmapped = unmapped + flag(at <= block && block < end);
    }
    void unmap_and_reserve(const Bits& at, const Bits& end) {
      reserved = reserved + flag(at <= block && block < end);
    }
  };
  Hooks hooks(e);
  const Bits end = e.fresh("end", kBlockBits);
  e.assume(
      "A range of blocks is not empty, and lies in the folio.",
      hooks.begin < end && end <= hooks.blocks);
  const Bits next = impl::unmap_failed<Bits>(hooks.begin, end, hooks);
  UnmapStep<Bits> step{hooks.begin,    next,          end, hooks.block, flag(hooks.block_is_dirty),
                       hooks.unmapped, hooks.reserved};
  if (e.broken("keeps the mapping of a block that is dirty again")) step.reserved = 0;
  if (e.broken("reserves nothing for a block that is dirty again")) {
    step.unmapped = step.unmapped + step.reserved;
    step.reserved = 0;
  }
  if (e.broken("goes past the range of the failed write")) step.next = hooks.begin + hooks.run;
  e.claim(
      "A block that a step passes loses its mapping, and no other does.",
      step.unmapped + step.reserved == flag(step.begin <= step.block && step.block < step.next),
      step);
  e.claim(
      "A block that loses its mapping has a reservation afterwards if it is dirty.",
      step.reserved <= step.is_dirty && step.unmapped <= 1 - step.is_dirty, step);
  e.claim(
      "Each step passes at least one block, and none past the range.",
      step.begin < step.next && step.next <= step.end, step);
}

/// The writes of a pass as parts are added, at one byte of the device.
template <class W>
struct JoinStep {
  BOOST_HANA_DEFINE_STRUCT(JoinStep,
    (W, part_pos),     // bytes of the device
    (W, part_bytes),
    (W, last_pos),     // the last write: its start, and its bytes
    (W, last_bytes),
    (W, begun),        // writes begun by this step
    (W, at),           // a byte of the device
    (W, was_written),  // 1: a write covers it, before the step
    (W, is_written)
  );
};

void joins_neighbours(Explorer& e) {
  struct Part {
    Bits device_pos, length;
    Bits bytes() const { return length; }
  };
  struct Writes {
    bool none;
    Bits pos, length;  // of the last
    Bits begun{0};
    bool empty() const { return none; }
    void lengthen(const Part& part) { length = length + part.bytes(); }
    void begin(const Part& part) {
      pos = part.device_pos;
      length = part.bytes();
      begun = begun + 1;
    }
  };
  Writes writes{
      static_cast<bool>(e.fresh("there_are_none", 1) != 0), e.fresh("last_pos", kBytesBits),
      e.fresh("last_bytes", kBytesBits - 1)};
  if (writes.none) writes.length = 0;
  // Parts come in ascending position and do not overlap: no two blocks have one device block.
  Bits last_end = ite(Truth{writes.none}, Bits{0}, writes.pos + writes.length);
  const Bits gap = e.fresh("gap", kBytesBits);
  const Part part{last_end + gap, e.fresh("part_bytes", kBytesBits - 1)};
  const Writes before = writes;

  impl::add_to_writes<Bits>(writes, last_end, part);
  const Bits at = e.fresh("at");
  const auto in = [&](const Bits& pos, const Bits& length) {
    return pos <= at && at < pos + length;
  };
  JoinStep<Bits> step{
      part.device_pos,
      part.length,
      writes.pos,
      writes.length,
      writes.begun,
      at,
      flag(in(before.pos, before.length)),
      0};
  const Truth by_the_one_before = writes.begun != 0 && step.was_written == 1;
  if (e.broken("joins parts that are not neighbours")) step.begun = 0;
  if (e.broken("begins a write for every part")) step.begun = 1;
  if (e.broken("writes a byte too many")) step.last_bytes = step.last_bytes + 1;
  step.is_written = flag(by_the_one_before || in(step.last_pos, step.last_bytes));
  e.claim(
      "The writes cover what they covered, and the part.",
      iff(step.is_written == 1, step.was_written == 1 || in(part.device_pos, part.length)), step);
  e.claim(
      "A part that begins where the last write ends joins it, and no other does.",
      iff(step.begun == 0, Truth{!before.none} && gap == 0), step);
  e.claim(
      "The next part is compared with the end of this one.",
      last_end == part.device_pos + part.length && last_end == step.last_pos + step.last_bytes,
      step);
}

}  // namespace

std::vector<Obligation> collect_obligations() {
  return {
      {.name = "impl.writeback.collects",
       .tag = "WBK-1, BDP-5, O6",
       .subject = "impl",
       .says = "Each dirty block goes to the device once, turns clean and leaves the dirty count.",
       .body = collects},
      {.name = "impl.writeback.joins_neighbours",
       .tag = "WBK-1",
       .subject = "impl",
       .says = "The writes of a pass cover its parts, and adjacent parts are one write.",
       .body = joins_neighbours},
      {.name = "impl.writeback.unmaps_failed",
       .tag = "O3, WBK-3",
       .subject = "impl",
       .says = "A block whose write failed loses its new mapping, and has a reservation if it is "
               "dirty.",
       .body = unmaps_failed},
  };
}

}  // namespace quire::proofs
