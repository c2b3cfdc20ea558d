// A set of numbers, kept as ranges.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace quire::props {

/// Its cost grows with the number of ranges, not with their lengths.
class BlockRanges {
 public:
  using Number = std::uint64_t;

  /// Adds or removes [first, end).
  void add(Number first, Number end) {
    if (first >= end) return;
    auto at = ranges_.upper_bound(first);
    if (at != ranges_.begin() && std::prev(at)->second >= first) --at;
    while (at != ranges_.end() && at->first <= end) {
      first = std::min(first, at->first);
      end = std::max(end, at->second);
      at = ranges_.erase(at);
    }
    ranges_.emplace(first, end);
  }
  void remove(Number first, Number end) {
    if (first >= end) return;
    auto at = ranges_.lower_bound(first);
    if (at != ranges_.begin() && std::prev(at)->second > first) --at;
    while (at != ranges_.end() && at->first < end) {
      const auto [from, to] = *at;
      at = ranges_.erase(at);
      if (from < first) ranges_.emplace(from, first);
      if (end < to) at = ranges_.emplace(end, to).first;
    }
  }
  void clear() { ranges_.clear(); }

  bool empty() const { return ranges_.empty(); }
  bool contains(Number n) const {
    const auto after = ranges_.upper_bound(n);
    return after != ranges_.begin() && n < std::prev(after)->second;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [first, end] : ranges_) {
      for (Number n = first; n < end; ++n) visit(n);
    }
  }

  friend bool operator==(const BlockRanges&, const BlockRanges&) = default;

 private:
  std::map<Number, Number> ranges_;  // end by first; disjoint, and not adjacent
};

}  // namespace quire::props
