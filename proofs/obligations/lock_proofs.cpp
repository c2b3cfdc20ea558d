// Nobody waits in a circle: the waits of every explored path, put together, and who ends a wait.
//
// Each loop's own obligation (*.lock_order) proves that every wait of it keeps the clauses of
// spec/locks/order.h, keys included. Here the pairs of all of them are gathered into one graph of
// lock classes. Z3 is asked for places of the classes that every pair ascends; where there are
// none, its core is the circle. Waits that code which is not symbolic makes are gathered at run
// time (spec/locks/graph.h).
#include "proofs/models/lock_sources.h"
#include "proofs/models/symbolic_locks.h"
#include "proofs/obligations/obligations.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>

namespace quire::proofs {
namespace {

/// What those do who end a wait that is not for a lock. Stated, not run: in ref/ and impl/ they are
/// other threads, or the kernel.
void fault(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("a page fault");
  locks.take<spec::UserMemory>();  // the memory's lock: whoever waits for a page waits for it
  locks.lock<spec::FreezePagefault>("its start");
  if (e.broken("takes the IOLOCK in a page fault")) locks.wait<spec::Iolock>("its start");
  locks.lock<spec::InvalidateLock>("its start");
  locks.lock<spec::FolioLock>("the page");
  locks.lock<spec::Transaction>("the page");
  locks.lock<spec::BlockMapLock>("the page");
  locks.wait<spec::SpaceLock>("the page");
}

/// A throttled writer waits for it, whatever locks it needs.
void writeback(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("writeback");
  locks.take<spec::Throttle>();
  locks.lock<spec::WritebackLock>("a pass");
  if (e.broken("takes the invalidate lock in writeback")) {
    locks.wait<spec::InvalidateLock>("a pass");
  }
  locks.lock<spec::FolioLock>("a folio");
  locks.lock<spec::Transaction>("a folio");
  locks.lock<spec::BlockMapLock>("a folio");
  locks.lock<spec::AgfLock>("a folio");
  locks.wait<spec::SpaceLock>("a folio");
}

/// Space in the log comes free when what is old in it has been written, for which files' block maps
/// are locked.
void log_push(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("the log");
  locks.take<spec::Transaction>();
  locks.wait<spec::BlockMapLock>("its tail");
}

/// A source's waits on every path. Its claims are its own obligation's; with a fault built in they
/// are asked here too, and the exploration ends where one is refuted.
Exploration explore_waits(const LockSource& source, const std::string& broken) {
  ExploreOptions options;
  options.claims_unasked = true;
  options.broken = broken;
  Exploration found = explore(source.body, options);
  if (found.verdict == Verdict::undecided)
    throw std::runtime_error(source.who + ": " + found.reason);
  return found;
}

/// The same without a fault, once in the life of the program: the obligation is run again for each
/// fault, and most sources know nothing of it.
const Exploration& sound_waits(const LockSource& source) {
  static std::mutex mutex;
  static std::map<std::string, Exploration> known;
  const std::lock_guard lock(mutex);
  const auto at = known.find(source.who);
  if (at != known.end()) return at->second;
  return known.emplace(source.who, explore_waits(source, "")).first->second;
}

/// "folio lock under iolock (impl's write loop, in write_begin)".
std::string text_of(const Wait& wait) {
  return spec::lock_name(wait.wanted) + " under " + spec::lock_name(wait.held) + " (" + wait.who +
         ")";
}

/// One of each pair of classes; what was tried is no edge, and neither is a second lock of a class
/// that allows several: its key ascends.
std::vector<Wait> edges_of(const std::set<Wait>& waits) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, Wait> edges;
  for (const Wait& wait : waits) {
    if (wait.is_try || wait.held == kNoLock || wait.held == wait.wanted) continue;
    edges.try_emplace({wait.held, wait.wanted}, wait);
  }
  const auto values = edges | std::views::values;
  return {values.begin(), values.end()};
}

/// A second lock of one class, where its key did not ascend: no graph of classes shows that.
std::optional<Wait> knot_of(const Exploration& found) {
  if (!found.counterexample) return std::nullopt;
  std::map<std::string, std::uint64_t> step;
  for (const Field& field : found.counterexample->record) step[field.name] = field.value;
  const std::uint64_t rank = step["rank"];
  if (!spec::holds_rank(step["held"], rank) || step["held_key"] < step["key"]) return std::nullopt;
  const auto wait = std::ranges::find_if(
      found.waits, [&](const Wait& w) { return w.held == rank && w.wanted == rank; });
  return wait == found.waits.end() ? std::nullopt : std::optional{*wait};
}

/// The edges of one circle among `edges`, one after the other; empty if there is none. Asks Z3 for
/// a place for each class, such that every edge leads to a higher one.
std::vector<Wait> circle_of(const std::vector<Wait>& edges) {
  z3::context c;
  z3::solver solver(c);
  const auto place = [&](std::uint64_t rank) {
    return c.int_const(("place of " + spec::lock_name(rank)).c_str());
  };
  std::map<std::string, Wait> named;
  for (const Wait& edge : edges) {
    const std::string name = std::to_string(edge.held) + "<" + std::to_string(edge.wanted);
    named.emplace(name, edge);
    solver.add(place(edge.held) < place(edge.wanted), name.c_str());
  }
  const z3::check_result answer = solver.check();
  if (answer == z3::unknown) throw std::runtime_error("Z3 does not tell whether there is an order");
  if (answer == z3::sat) return {};
  // A core is a circle and perhaps more: from any of its edges on, each is followed by another.
  std::map<std::uint64_t, Wait> after;
  for (const z3::expr& fact : solver.unsat_core()) {
    const Wait& edge = named.at(fact.decl().name().str());
    after.emplace(edge.held, edge);
  }
  std::vector<Wait> walk{after.begin()->second};
  while (true) {
    const auto met = std::ranges::find(walk, walk.back().wanted, &Wait::held);
    if (met != walk.end()) return {met, walk.end()};
    walk.push_back(after.at(walk.back().wanted));
  }
}

/// Claims that what a source was seen to wait for is among what its callers are told.
template <class Ranks>
void claim_waits_only_for(
    Explorer& e, const std::string& who, const Exploration& found, const Ranks& stated) {
  const bool broken = e.broken("waits in " + who + " for what its caller does not know of");
  for (const Wait& wait : found.waits) {
    const bool known = std::ranges::find(stated, wait.wanted) != std::ranges::end(stated);
    e.claim(
        "The caller of " + who + " knows that it waits for the " + spec::lock_name(wait.wanted) +
            ".",
        Truth{known && !broken});
  }
}

/// Whether lock (rank, key) stands before another: what one waits for stands behind all it holds.
Truth before(const Bits& rank, const Bits& key, const Bits& other_rank, const Bits& other_key) {
  return rank < other_rank || (rank == other_rank && key < other_key);
}

/// From steps to threads. The threads of a circle each wait for a lock that the next one holds; by
/// the first claim each such lock stands behind the one before it, and by the others none can stand
/// behind itself, however many threads there are.
void order_admits_no_deadlock(Explorer& e) {
  const auto step = e.fresh_record<spec::LockStep<Bits>>();
  const Bits rank = e.fresh("held_rank"), key = e.fresh("key_of_held");
  e.assume("The lock that is asked about is held.", spec::holds_rank(step.held, rank));
  e.assume(
      "Of the locks of a class that are held, the one taken last has the highest key.",
      implies(rank == step.rank, key <= step.held_key));
  Truth in_order = spec::acquires_in_order.holds(step);
  if (e.broken("lets a thread take a lock that it holds")) {
    in_order = rsh(step.held, step.rank + 1) == 0;
  }
  e.claim(
      "What is waited for stands behind what is held.",
      implies(in_order, before(rank, key, step.rank, step.key)), step);

  const Bits r1 = e.fresh("rank_a"), k1 = e.fresh("key_a"), r2 = e.fresh("rank_b"),
             k2 = e.fresh("key_b"), r3 = e.fresh("rank_c"), k3 = e.fresh("key_c");
  e.claim(
      "What stands behind the second of two stands behind the first.",
      implies(before(r1, k1, r2, k2) && before(r2, k2, r3, k3), before(r1, k1, r3, k3)));
  e.claim("Nothing stands behind itself.", !before(r1, k1, r1, k1));
}

}  // namespace

std::vector<LockSource> all_lock_sources() {
  std::vector<LockSource> all{
      {"a page fault", fault}, {"writeback", writeback}, {"the log", log_push}};
  for (const auto& more : {write_loop_locks(), iomap_locks(), xfs_outer_locks(), f2fs_locks()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

void no_circle(Explorer& e, const std::vector<LockSource>& sources) {
  std::set<Wait> waits;
  std::vector<std::string> knots;
  for (const LockSource& source : sources) {
    const Exploration& sound = sound_waits(source);
    waits.insert(sound.waits.begin(), sound.waits.end());
    for (const std::string& how : sound.controls) {
      if (!e.broken(how)) continue;
      const Exploration broken = explore_waits(source, how);
      waits.insert(broken.waits.begin(), broken.waits.end());
      if (const auto knot = knot_of(broken)) knots.push_back(text_of(*knot));
    }
    if (source.who == kBodyName) claim_waits_only_for(e, source.who, sound, kBodyWaits);
    if (source.who == kIterationName) claim_waits_only_for(e, source.who, sound, kIterationWaits);
  }

  const std::vector<Wait> edges = edges_of(waits);
  std::string circle;
  for (const Wait& edge : circle_of(edges)) circle += (circle.empty() ? "" : "; ") + text_of(edge);
  e.claim(
      "No circle of waits" + (circle.empty() ? "." : ": " + circle + "."), Truth{circle.empty()});
  for (const std::string& knot : knots) {
    e.claim("No circle of waits: " + knot + ", not in ascending key.", Truth{false});
  }

  // The places that exist are those of spec/locks/order.h: any numbers that ascend as its classes
  // do.
  std::vector<Bits> place;
  for (std::uint64_t rank = 0; rank < spec::kLockClasses; ++rank) {
    place.push_back(e.fresh("place of " + spec::lock_name(rank)));
    if (rank != 0) {
      e.assume(
          "The places of lock classes ascend as the classes do.", place[rank - 1] < place[rank]);
    }
  }
  for (const Wait& edge : edges) {
    e.claim(
        "In the order of spec/locks/order.h: " + text_of(edge) + ".",
        place[edge.held] < place[edge.wanted]);
  }
}

std::vector<Obligation> lock_obligations() {
  return {
      {.name = "spec.locks.order_admits_no_deadlock",
       .tag = "LK-1",
       .subject = "spec",
       .says = "Threads that each wait in order never wait for each other in a circle.",
       .body = order_admits_no_deadlock},
      {.name = "both.locks.no_circle",
       .tag = "LK-1, LK-2, LK-4 to LK-6, LK-8, LK-9, XFB-8, DA-5",
       .subject = "both",
       .says = "The waits of all explored paths together have an order, which is that of "
               "spec/locks/order.h.",
       .bound = "3 folios a batch, 1 lease on the layout",
       .body = [](Explorer& e) { no_circle(e, all_lock_sources()); }},
  };
}

}  // namespace quire::proofs
