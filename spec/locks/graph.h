// The waits of a whole run as a graph of lock classes: which lock a thread held, and which lock it
// waited for.
#pragma once

#include "spec/locks/order.h"
#include "spec/locks/steps.h"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace quire::spec {

/// Classes are named by rank. A second lock of a class that allows several is an edge from the
/// class to itself. That edge is a cycle where the keys did not ascend.
class LockGraph {
 public:
  using Number = std::uint64_t;

  /// How often a thread that held `held` asked for `wanted`.
  struct Edge {
    Number held, wanted;
    Number waits;  ///< the thread would have slept until the lock was free
    Number tries;  ///< it would not: no edge of the order (LK-1)
  };

  void waits(const LockStep<Number>& step) {
    for_held(step.held, [&](Number rank) { ++at(rank, step.rank).waits; });
    const bool again = holds_rank(step.held, step.rank);
    if (again && !(holds_rank(several_mask, step.rank) && step.held_key < step.key)) {
      self_cycles_ |= Number{1} << step.rank;
    }
  }

  /// held: bit r, a lock of rank r.
  void tries(Number held, Number wanted) {
    for_held(held, [&](Number rank) { ++at(rank, wanted).tries; });
  }

  void merge(const LockGraph& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i].waits += other.counts_[i].waits;
      counts_[i].tries += other.counts_[i].tries;
    }
    self_cycles_ |= other.self_cycles_;
  }

  /// The edges that occurred, by the rank held, then the rank wanted.
  std::vector<Edge> edges() const {
    std::vector<Edge> found;
    for (Number held = 0; held < kLockClasses; ++held) {
      for (Number wanted = 0; wanted < kLockClasses; ++wanted) {
        const Counts& n = counts_[held * kLockClasses + wanted];
        if (n.waits + n.tries != 0) found.push_back({held, wanted, n.waits, n.tries});
      }
    }
    return found;
  }

  /// The ranks of a cycle of waits: a thread waited for each with the one before it held, and for
  /// the first with the last held. Empty if there is none.
  std::vector<Number> cycle() const {
    for (Number rank = 0; rank < kLockClasses; ++rank) {
      if (holds_rank(self_cycles_, rank)) return {rank};
    }
    std::array<Color, kLockClasses> colors{};
    std::vector<Number> path;
    for (Number rank = 0; rank < kLockClasses; ++rank) {
      if (closes(rank, colors, path)) return path;
    }
    return {};
  }

 private:
  struct Counts {
    Number waits = 0, tries = 0;
  };
  enum class Color { unvisited, on_path, done };

  Counts& at(Number held, Number wanted) { return counts_[held * kLockClasses + wanted]; }

  template <class Visit>
  static void for_held(Number held, Visit&& visit) {
    for (Number rest = held; rest != 0; rest &= rest - 1)
      visit(static_cast<Number>(std::countr_zero(rest)));
  }

  /// Whether a cycle can be reached from `rank`; then `path` is that cycle.
  bool closes(
      Number rank, std::array<Color, kLockClasses>& colors, std::vector<Number>& path) const {
    if (colors[rank] == Color::done) return false;
    if (colors[rank] == Color::on_path) {
      while (path.front() != rank) path.erase(path.begin());
      return true;
    }
    colors[rank] = Color::on_path;
    path.push_back(rank);
    for (Number next = 0; next < kLockClasses; ++next) {
      if (next == rank || counts_[rank * kLockClasses + next].waits == 0) continue;
      if (closes(next, colors, path)) return true;
    }
    colors[rank] = Color::done;
    path.pop_back();
    return false;
  }

  std::array<Counts, kLockClasses * kLockClasses> counts_{};
  Number self_cycles_ = 0;
};

/// The locks of one thread, from the events of a Recorder. Each wait is added to a graph.
class WatchedLocks {
 public:
  using Number = std::uint64_t;

  /// graph: may be null.
  explicit WatchedLocks(LockGraph* graph) : graph_(graph) {}

  /// The step of waiting for a lock.
  LockStep<Number> wanted(Number rank, Number key) {
    const LockStep<Number> step = held_.wants(rank, key);
    wanted_ = {rank, key};
    if (graph_ != nullptr) graph_->waits(step);
    return step;
  }

  /// A lock that was not waited for was taken by a try.
  void taken(Number rank, Number key) {
    if (graph_ != nullptr && wanted_ != std::pair{rank, key}) graph_->tries(held(), rank);
    wanted_.reset();
    held_.take(rank, key);
  }
  /// Returns whether it was held.
  bool dropped(Number rank, Number key) { return held_.drop(rank, key); }

  /// Bit r: a lock of rank r is held.
  Number held() const { return held_.wants(0, 0).held; }
  bool empty() const { return held_.empty(); }

 private:
  LockGraph* graph_;
  HeldLocks<Number> held_;
  std::optional<std::pair<Number, Number>> wanted_;
};

}  // namespace quire::spec
