// No cycle of waits: the waits of every explored path as one graph, with the threads that end a
// wait.
//
// Each loop's own obligation (*.lock_order) proves that each of its waits keeps the clauses of
// spec/locks/steps.h, keys included. Here the pairs of all of them become one graph of lock
// classes. Z3 looks for a number for each class, so that every pair ascends; if there is none, its
// core is the cycle. The waits of other code are collected at run time (spec/locks/graph.h).
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

/// A thread that ends a wait which is not for a lock. Stated, not run: in ref/ and impl/ it is
/// another thread, or the kernel.
void fault(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("a page fault");
  locks.take<spec::UserMemory>();  // the memory's lock: a wait for a page is a wait for it
  locks.lock<spec::FreezePagefault>("its start");
  if (e.broken("takes the IOLOCK in a page fault")) locks.wait<spec::Iolock>("its start");
  locks.lock<spec::InvalidateLock>("its start");
  locks.lock<spec::FolioLock>("the page");
  locks.lock<spec::Transaction>("the page");
  locks.lock<spec::BlockMapLock>("the page");
  locks.wait<spec::SpaceLock>("the page");
}

/// A throttled writer waits for it.
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

/// Log space becomes free when its oldest entries have been written, for which files' block maps
/// are locked.
void log_push(Explorer& e) {
  SymbolicLocks locks(e);
  locks.judge("the log");
  locks.take<spec::Transaction>();
  locks.wait<spec::BlockMapLock>("its tail");
}

/// A source's waits on every path. Its own obligation proves its claims; with a fault built in they
/// are also asked here, and the exploration ends at the first that is refuted.
Exploration explore_waits(const LockSource& source, const std::string& broken) {
  ExploreOptions options;
  options.claims_unasked = true;
  options.broken = broken;
  Exploration found = explore(source.body, options);
  if (found.verdict == Verdict::undecided)
    throw std::runtime_error(source.who + ": " + found.reason);
  return found;
}

/// The same without a fault, once in the life of the program: the obligation runs again for each
/// fault, and most sources do not have it.
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

/// One wait of each pair of classes. A try is no edge, and neither is a second lock of a class that
/// allows several: its key ascends.
std::vector<Wait> edges_of(const std::set<Wait>& waits) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, Wait> edges;
  for (const Wait& wait : waits) {
    if (wait.is_try || wait.held == kNoLock || wait.held == wait.wanted) continue;
    edges.try_emplace({wait.held, wait.wanted}, wait);
  }
  const auto values = edges | std::views::values;
  return {values.begin(), values.end()};
}

/// The wait for a second lock of one class whose key did not ascend: a graph of classes does not
/// show that.
std::optional<Wait> self_cycle_of(const Exploration& found) {
  if (!found.counterexample) return std::nullopt;
  std::map<std::string, std::uint64_t> step;
  for (const Field& field : found.counterexample->record) step[field.name] = field.value;
  const std::uint64_t rank = step["rank"];
  if (!spec::holds_rank(step["held"], rank) || step["held_key"] < step["key"]) return std::nullopt;
  const auto wait = std::ranges::find_if(
      found.waits, [&](const Wait& w) { return w.held == rank && w.wanted == rank; });
  return wait == found.waits.end() ? std::nullopt : std::optional{*wait};
}

/// The edges of one cycle among `edges`, in order; empty if there is none. Asks Z3 for a number for
/// each class, so that every edge leads to a higher one.
std::vector<Wait> cycle_of(const std::vector<Wait>& edges) {
  z3::context c;
  z3::solver solver(c);
  const auto number = [&](std::uint64_t rank) {
    return c.int_const(("number of " + spec::lock_name(rank)).c_str());
  };
  std::map<std::string, Wait> named;
  for (const Wait& edge : edges) {
    const std::string name = std::to_string(edge.held) + "<" + std::to_string(edge.wanted);
    named.emplace(name, edge);
    solver.add(number(edge.held) < number(edge.wanted), name.c_str());
  }
  const z3::check_result answer = solver.check();
  if (answer == z3::unknown)
    throw std::runtime_error("Z3 does not answer whether there is an order");
  if (answer == z3::sat) return {};
  // A core is a cycle and perhaps more: from any of its edges on, each is followed by another.
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

/// Claims that a source waits only for the locks that its callers assume.
template <class Ranks>
void claim_waits_only_for(
    Explorer& e, const std::string& who, const Exploration& found, const Ranks& stated) {
  const bool broken = e.broken("waits in " + who + " for a lock that its caller does not expect");
  for (const Wait& wait : found.waits) {
    const bool known = std::ranges::find(stated, wait.wanted) != std::ranges::end(stated);
    e.claim(
        "The caller of " + who + " expects a wait for the " + spec::lock_name(wait.wanted) + ".",
        Truth{known && !broken});
  }
}

/// Whether lock (rank, key) is before another in the order.
Truth before(const Bits& rank, const Bits& key, const Bits& other_rank, const Bits& other_key) {
  return rank < other_rank || (rank == other_rank && key < other_key);
}

/// From steps to threads. The threads of a cycle each wait for a lock that the next one holds. By
/// the first claim each such lock is after the one before it in the order; by the others none can
/// be after itself, however many threads there are.
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
      "A lock that is waited for is after each lock that is held.",
      implies(in_order, before(rank, key, step.rank, step.key)), step);

  const Bits r1 = e.fresh("rank_a"), k1 = e.fresh("key_a"), r2 = e.fresh("rank_b"),
             k2 = e.fresh("key_b"), r3 = e.fresh("rank_c"), k3 = e.fresh("key_c");
  e.claim(
      "A lock after the second of two is after the first.",
      implies(before(r1, k1, r2, k2) && before(r2, k2, r3, k3), before(r1, k1, r3, k3)));
  e.claim("No lock is after itself.", !before(r1, k1, r1, k1));
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

void no_cycle(Explorer& e, const std::vector<LockSource>& sources) {
  std::set<Wait> waits;
  std::vector<std::string> self_cycles;
  for (const LockSource& source : sources) {
    const Exploration& sound = sound_waits(source);
    waits.insert(sound.waits.begin(), sound.waits.end());
    for (const std::string& how : sound.controls) {
      if (!e.broken(how)) continue;
      const Exploration broken = explore_waits(source, how);
      waits.insert(broken.waits.begin(), broken.waits.end());
      if (const auto wait = self_cycle_of(broken)) self_cycles.push_back(text_of(*wait));
    }
    if (source.who == kBodyName) claim_waits_only_for(e, source.who, sound, kBodyWaits);
    if (source.who == kIterationName) claim_waits_only_for(e, source.who, sound, kIterationWaits);
  }

  const std::vector<Wait> edges = edges_of(waits);
  std::string cycle;
  for (const Wait& edge : cycle_of(edges)) cycle += (cycle.empty() ? "" : "; ") + text_of(edge);
  e.claim(
      "No cycle of waits" + (cycle.empty() ? "." : ": " + cycle + "."), Truth{cycle.empty()});
  for (const std::string& wait : self_cycles) {
    e.claim("No cycle of waits: " + wait + ", not in ascending key.", Truth{false});
  }

  // The order of spec/locks/order.h: any numbers that ascend as its classes do.
  std::vector<Bits> number;
  for (std::uint64_t rank = 0; rank < spec::kLockClasses; ++rank) {
    number.push_back(e.fresh("number of " + spec::lock_name(rank)));
    if (rank != 0) {
      e.assume(
          "The numbers of lock classes ascend as the classes do.", number[rank - 1] < number[rank]);
    }
  }
  for (const Wait& edge : edges) {
    e.claim(
        "In the order of spec/locks/order.h: " + text_of(edge) + ".",
        number[edge.held] < number[edge.wanted]);
  }
}

std::vector<Obligation> lock_obligations() {
  return {
      {.name = "spec.locks.order_admits_no_deadlock",
       .tag = "LK-1",
       .subject = "spec",
       .says = "Threads that each wait in order never wait for each other in a cycle.",
       .body = order_admits_no_deadlock},
      {.name = "both.locks.no_cycle",
       .tag = "LK-1, LK-2, LK-4 to LK-6, LK-8, LK-9, XFB-8, DA-5",
       .subject = "both",
       .says = "The waits of all explored paths together follow the order of spec/locks/order.h.",
       .bound = "3 folios a batch, 1 lease on the layout",
       .body = [](Explorer& e) { no_cycle(e, all_lock_sources()); }},
  };
}

}  // namespace quire::proofs
