// iomap's loops in ref/: one iteration of the outer loop, and one attempt of the body of a write
// (attempt_bodies.h), each from any state.
#include "proofs/models/attempt_bodies.h"
#include "proofs/models/lock_sources.h"
#include "proofs/models/symbolic_iomap_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/cache/accept.h"
#include "ref/linux/iomap/iter.h"
#include "ref/linux/iomap/write_iter.h"
#include "spec/linux/iomap/tapped.h"

#include <cerrno>
#include <optional>
#include <utility>

namespace quire::proofs {
namespace {

using Iteration = spec::IomapIteration<Bits>;
using Attempt = spec::IomapAttempt<Bits>;

/// One iteration of the outer loop from any state with bytes left.
template <class Hooks = SymbolicMappings>
struct IterationRun {
  struct Judge {
    std::optional<Iteration> iteration = {};
    void step(const Iteration& seen) { iteration = seen; }
  };

  Bits start, total;
  Judge judge;
  Hooks hooks;
  spec::TappedIomap<Bits, Hooks, Judge> tap;
  spec::IomapState<Bits> iter;

  explicit IterationRun(Explorer& e)
      : start(e.fresh("start", 63)),
        total(e.fresh("total", kCountBits)),
        hooks(e),
        tap(hooks, judge),
        iter{0, 0, 0} {
    const Bits done = e.fresh("done", kCountBits);
    e.assume("A call ends within the largest file (GPW-13).", start <= spec::kFileSizeMax - total);
    e.assume("A loop goes on only where bytes are left (GPW-13).", done < total);
    iter = {start + done, total - done, 0};
  }

  Iteration iteration() {
    tap.iteration_begins(iter);
    const bool goes_on = ref::iomap::iterate_once<Bits>(iter, tap);
    tap.iteration_ends(iter, goes_on);
    return *judge.iteration;
  }
};

void iteration_clauses(Explorer& e) {
  IterationRun<> run(e);
  Iteration iteration = run.iteration();
  if (e.broken("leaves out the end of a body that did nothing")) {
    iteration.ends = ite(iteration.advanced == 0, Bits{0}, iteration.ends);
  }
  if (e.broken("passes end the whole range")) iteration.end_written = iteration.length;
  if (e.broken("forgets progress for end's error")) {
    iteration.after.status =
        ite(iteration.end_error != 0, iteration.end_error, iteration.after.status);
  }
  if (e.broken("goes on without progress"))
    iteration.goes_on = iteration.after.left != 0 ? Bits{1} : Bits{0};
  if (e.broken("ignores the end of the source")) {
    iteration.length = spec::min(iteration.before.left, iteration.map_end - iteration.before.pos);
  }
  e.claim_all(spec::iomap_iteration_clauses, iteration);
}

void iteration_keeps_invariant(Explorer& e) {
  IterationRun<> run(e);
  Iteration iteration = run.iteration();
  if (e.broken("forgets to move the position")) iteration.after.pos = iteration.before.pos;
  e.claim(
      "The position has advanced by as many bytes as the count of those left has fallen.",
      iteration.after.pos - run.start == run.total - iteration.after.left &&
          iteration.after.left <= run.total,
      iteration);
}

/// An iteration that another follows leaves fewer bytes, or its mapping was stale. A mapping turns
/// stale by another's change of the file, of which there are only finitely many (ITR-3).
void iteration_makes_progress(Explorer& e) {
  IterationRun<> run(e);
  Iteration iteration = run.iteration();
  if (e.broken("counts a byte that was not done")) iteration.after.left = iteration.after.left + 1;
  e.claim(
      "An iteration that another follows leaves fewer bytes, unless its mapping was stale.",
      implies(
          iteration.goes_on != 0 && iteration.stale == 0,
          iteration.after.left < iteration.before.left),
      iteration);
}

void answers(Explorer& e) {
  IterationRun<> run(e);
  Iteration iteration = run.iteration();
  const Bits accepted = iteration.after.pos - run.start;
  Bits result = ref::iomap::answer<Bits>(iteration.after, run.start);
  if (e.broken("returns the error after progress")) {
    result = ite(iteration.after.status != 0, iteration.after.status, result);
  }
  e.claim(
      "The result is the count of bytes done, and the error only if that is 0 (ITR-4).",
      result == ite(accepted != 0, accepted, iteration.after.status), iteration);
}

/// The same hooks with the locks of a file system with delayed blocks (XFS). An iteration is of a
/// write, or zeroes for a caller that holds the invalidate lock (LK-9).
class LockingMappings : public SymbolicMappings {
 public:
  explicit LockingMappings(Explorer& e)
      : SymbolicMappings(e), e_(e), locks_(e), zeroes_(e.fresh("zeroes", 1) != 0) {
    locks_.judge(kIterationName);
    locks_.take<spec::Iolock>();
    if (zeroes_) locks_.take<spec::InvalidateLock>();
  }

  Mapping begin(const Bits& pos, const Bits& left) {
    locks_.wait<spec::QuotaTableLock>("begin");
    if (e_.broken("waits for log space under its block map")) {
      locks_.lock<spec::BlockMapLock>("begin");
      locks_.wait<spec::Transaction>("begin");
      locks_.drop<spec::BlockMapLock>();
    }
    locks_.lock<spec::Transaction>("begin");
    change_map("begin");
    locks_.drop<spec::Transaction>();
    if (e_.broken("keeps the block map locked from begin to end")) {
      locks_.lock<spec::BlockMapLock>("begin");
    }
    return SymbolicMappings::begin(pos, left);
  }

  spec::BodyDone<Bits> body(Mapping& mapping, const Bits& pos, const Bits& length) {
    if (zeroes_) {
      locks_.wait<spec::FolioLock>("body");
    } else {
      for (const std::uint64_t rank : kBodyWaits) locks_.wait(rank, 0, "body");
    }
    return SymbolicMappings::body(mapping, pos, length);
  }

  Bits end(Mapping& mapping, const Bits& pos, const Bits& length, const Bits& advanced) {
    const bool takes = !zeroes_ || e_.broken("takes the invalidate lock again");
    if (takes) locks_.lock<spec::InvalidateLock>("end");
    locks_.lock<spec::FolioLock>("end");
    change_map("end");
    locks_.drop<spec::FolioLock>();
    if (takes) locks_.drop<spec::InvalidateLock>();
    return SymbolicMappings::end(mapping, pos, length, advanced);
  }

 private:
  /// Reserves delayed blocks, or releases them.
  void change_map(const char* where) {
    locks_.lock<spec::BlockMapLock>(where);
    locks_.wait<spec::DquotLock>(where);
    locks_.lock<spec::AgfLock>(where);
    locks_.wait<spec::SpaceLock>(where);
    locks_.drop<spec::AgfLock>();
    locks_.drop<spec::BlockMapLock>();
  }

  Explorer& e_;
  SymbolicLocks locks_;
  bool zeroes_;
};

void iteration_lock_order(Explorer& e) { IterationRun<LockingMappings>(e).iteration(); }

/// The body of a write, as a Loop of attempt_bodies.h.
struct Body {
  static constexpr const char* who = kBodyName;
  using Record = Attempt;
  using Hooks = SymbolicIomapHooks;
  using Judge = SymbolicJudge<Record>;
  using Tap = spec::TappedIomapWrite<Bits, Hooks, Judge>;
  using State = spec::IomapBody<Bits>;
  static constexpr auto end = all_or_nothing;

  static Tap tap(Hooks& hooks, Judge& judge) { return {hooks, judge, hooks.nowait()}; }
  /// Somewhere in front of the end of a mapping.
  static State state(Explorer& e, const Situation& before) {
    const Bits mapped = e.fresh("mapped", 63);
    e.assume("A mapping holds the position (ITR-1).", mapped != 0);
    return {before.loop, before.loop.pos + mapped, 0};
  }
  static bool pass(State& body, Tap& tap) { return ref::iomap::write_attempt<Bits>(body, tap); }
  static const spec::Attempt<Bits>& attempt_of(const Record& record) { return record.loop; }
  static Bits shipping_end(Explorer&, const Truth& uptodate, const Bits& n, const Bits& copied) {
    return ref::accept<Bits>(uptodate, n, copied);
  }
};

void break_attempt(Explorer& e, Attempt& a) {
  if (e.broken("counts a byte too many")) a.loop.accepted = a.loop.accepted + 1;
  if (e.broken("keeps the chunk")) a.loop.after.chunk = a.loop.before.chunk;
  if (e.broken("starts afresh after a rejection")) a.loop.after.retry = 0;
  if (e.broken("writes past its mapping")) a.loop.want = a.loop.want + (a.map_end - a.loop.want);
  if (e.broken("goes on under a stale mapping")) {
    a.loop.goes_on = ite(a.stale != 0, Bits{1}, a.loop.goes_on);
  }
  if (e.broken("moves the size for rejected bytes")) {
    a.size_after = spec::max(a.size_after, a.loop.before.pos + a.loop.copied);
  }
  if (e.broken("returns EAGAIN after it has written")) {
    a.loop.after.status = ite(a.loop.accepted != 0, Bits{spec::error(EAGAIN)}, a.loop.after.status);
  }
  if (e.broken("asks for a folio before it faults memory in")) a.loop.asked_in = 0;
}

}  // namespace

std::vector<LockSource> iomap_locks() {
  return {{kBodyName, lock_order<Body>}, {kIterationName, iteration_lock_order}};
}

std::vector<Obligation> iomap_obligations() {
  std::vector<Obligation> all;
  const auto add = [&](const char* what, const char* tag, const char* says, auto body,
                       unsigned effort = 1) {
    all.push_back(
        {.name = std::string("ref.iomap.") + what,
         .tag = tag,
         .subject = "ref",
         .says = says,
         .effort = effort,
         .body = body});
  };
  add("iteration", "ITR-2, ITR-3, IOM-3",
      "An iteration stays in its mapping, ends what it began, and is followed by another only "
      "after progress.",
      iteration_clauses);
  add("iteration_keeps_invariant", "ITR-2, GPW-1",
      "An iteration moves the position and the bytes left by one number.",
      iteration_keeps_invariant);
  add("iteration_makes_progress", "ITR-3",
      "The outer loop ends, if mappings turn stale only finitely often.", iteration_makes_progress);
  add("answers", "ITR-4, ITR-5", "After progress the count is returned, and no error.", answers);
  add("attempt", "IOM-1, IOM-3, IOM-4, IOM-7, 3.2",
      "An attempt from any state keeps the rules of the write loop and of the mapping.",
      claims<Body>(spec::iomap_attempt_clauses, break_attempt), 20);
  add("keeps_invariant", "GPW-1, GPW-5",
      "An attempt from any state ends in a state of the invariant.", keeps_invariant<Body>);
  add("steps_the_iterator", "IT-1, IT-2, IT-4, IT-5",
      "The iterator advances by the bytes copied, and reverts by no more.",
      steps_the_iterator<Body>);
  add("loses_no_byte", "O2, WB-3, WB-4",
      "A reader sees each accepted byte of the file, and every other byte as before.",
      loses_no_byte<Body>);
  add("lock_order", "GPW-6, LK-1, LK-4, LK-8, IOM-4",
      "No wait for memory or throttling under a folio lock; the size moves under it.",
      lock_order<Body>);
  add("iteration_lock_order", "LK-1 to LK-6, LK-9, DA-5",
      "An iteration holds no lock from begin to end; the release of unused blocks takes the "
      "invalidate lock only if its caller does not hold it.",
      iteration_lock_order);
  add("makes_progress", "GPW-9, GPW-10, IT-7",
      "Under IT-7 the body makes progress: the bytes left or the next attempt shrink.",
      makes_progress<Body, 1>);
  return all;
}

}  // namespace quire::proofs
