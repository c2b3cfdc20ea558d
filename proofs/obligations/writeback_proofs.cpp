// The end of one folio's writeback: iomap's count, after any steps in any order.
#include "proofs/obligations/obligations.h"
#include "ref/linux/iomap/writeback_count.h"
#include "spec/linux/iomap/writeback.h"

namespace quire::proofs {
namespace {

using Step = spec::WritebackStep<Bits>;

/// Bits of the bytes of a folio: 2 MiB is the largest.
constexpr unsigned kSizeBits = 22;

void ends_once(Explorer& e) {
  // Any state after earlier steps: a part of the folio is collected, and a part of that complete.
  const Bits complete = e.fresh("complete", kSizeBits);
  const Bits under_way = e.fresh("under_way", kSizeBits);
  const Bits not_collected = e.fresh("not_collected", kSizeBits);
  const Truth collected = e.fresh("collected", 1) == 1;
  const Bits submitted = complete + under_way;
  const Bits size = submitted + not_collected;
  const Bits pending = ite(collected, under_way, under_way + not_collected);
  Step step{
      {size, submitted, pending},
      complete,
      ite(collected, Bits{1}, Bits{0}),
      ite(pending == 0, Bits{1}, Bits{0}),
      0};

  const Bits n = e.fresh("n", kSizeBits);
  Truth ended = false;
  if (e.fresh("device_answers", 1) == 1) {
    e.assume(
        "The device completes bytes that were submitted (WBK-1).", n != 0 && n <= under_way);
    ended = ref::iomap::completed(step.after, n);
    step.completed = step.completed + n;
    if (e.broken("ends when the first run completes")) ended = true;
  } else {
    e.assume("Nothing is collected once all blocks are (WBK-1).", !collected);
    if (e.fresh("collects", 1) == 1) {
      e.assume("Only bytes that were not collected are (WBK-1).", n != 0 && n <= not_collected);
      ref::iomap::collected(step.after, n);
      if (e.broken("counts collected bytes twice")) step.after.pending = step.after.pending + n;
    } else {
      ended = ref::iomap::all_collected(step.after);
      step.collected = 1;
      if (e.broken("keeps blocks that were not collected pending")) step.after.pending = pending;
    }
  }
  step.ended = ite(ended, Bits{1}, Bits{0});
  e.claim_all(spec::writeback_step_clauses, step);
}

void starts_whole(Explorer& e) {
  const Bits size = e.fresh("size", kSizeBits);
  e.assume("A folio has bytes.", size != 0);
  Step step{ref::iomap::writeback_starts(size), 0, 0, 0, 0};
  if (e.broken("starts with nothing pending")) step.after.pending = 0;
  e.claim_all(spec::writeback_step_clauses, step);
}

}  // namespace

std::vector<Obligation> writeback_obligations() {
  return {
      {.name = "ref.iomap_writeback.starts_whole",
       .tag = "WBK-1",
       .subject = "ref",
       .says = "A folio's writeback starts with all of it pending.",
       .body = starts_whole},
      {.name = "ref.iomap_writeback.ends_once",
       .tag = "WBK-1",
       .subject = "ref",
       .says = "After any steps a folio's writeback ends once, with the last completion for it.",
       .body = ends_once},
  };
}

}  // namespace quire::proofs
