// The free runs of a device, ordered by place and by size.
#pragma once

#include "impl/space/block_counts.h"

#include <boost/intrusive/set.hpp>

#include <cstdint>
#include <memory_resource>

namespace quire::impl {

/// An index of free blocks for IndexedAllocator. Each run stands in two trees, as in XFS: by its
/// place, so that a run that becomes free is joined with its neighbours, and by its length, so that
/// the smallest run that is large enough is found.
///
/// Space: 64 bytes a run. Time: the logarithm of the number of runs; a search with an alignment may
/// look at each run.
class FreeExtents {
 public:
  using Number = std::uint64_t;
  using Range = BlockRange<Number>;

  /// memory: for the runs. Nothing is taken from it here.
  explicit FreeExtents(std::pmr::memory_resource& memory) noexcept : memory_(&memory) {}
  FreeExtents(const FreeExtents&) = delete;
  FreeExtents& operator=(const FreeExtents&) = delete;
  ~FreeExtents() { clear(); }

  /// The part of a run to be granted: of the smallest run that has `want` blocks in a row from an
  /// aligned one on; if none has, the longest aligned part that has the minimum. Of runs of one
  /// length the first from the goal on is taken, else the first of all; with an alignment any.
  /// Empty if no run has a part that fits. want, minimum and alignment are 1 at least.
  Range find(const Fit<Number>& fit) const noexcept;

  /// These free blocks, all of one run, are granted. False, and no change, where memory ran out.
  [[nodiscard]] bool take(Range range) noexcept;
  /// These blocks, of which none was free, are free. False, and no change, where memory ran out.
  [[nodiscard]] bool give(Range range) noexcept;
  /// Forgets all runs, and releases their memory.
  void clear() noexcept;

 private:
  friend struct Innards;

  using Hook = boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>>;
  struct Run {
    Number start, end;
    Hook place{}, size{};

    Number length() const { return end - start; }
  };
  struct ByPlace {
    bool operator()(const Run& a, const Run& b) const { return a.start < b.start; }
    bool operator()(Number a, const Run& b) const { return a < b.start; }
    bool operator()(const Run& a, Number b) const { return a.start < b; }
  };
  struct Size {
    Number length, start;
  };
  struct BySize {
    static bool is_less(const Size& a, const Size& b) {
      return a.length != b.length ? a.length < b.length : a.start < b.start;
    }
    static Size of(const Run& run) { return {run.length(), run.start}; }
    bool operator()(const Run& a, const Run& b) const { return is_less(of(a), of(b)); }
    bool operator()(const Size& a, const Run& b) const { return is_less(a, of(b)); }
    bool operator()(const Run& a, const Size& b) const { return is_less(of(a), b); }
  };
  template <Hook Run::*hook, class Order>
  using Tree = boost::intrusive::set<
      Run, boost::intrusive::member_hook<Run, Hook, hook>, boost::intrusive::compare<Order>>;

  Run* make(Range range) noexcept;
  void remove(Run& run) noexcept;
  void change(Run& run, Range range) noexcept;
  const Run& nearest(Number length, Number goal) const noexcept;
  Range find_all(const Fit<Number>& fit) const noexcept;
  Range find_longest(const Fit<Number>& fit) const noexcept;

  std::pmr::polymorphic_allocator<> memory_;
  Tree<&Run::place, ByPlace> by_place_;
  Tree<&Run::size, BySize> by_size_;
};

}  // namespace quire::impl
