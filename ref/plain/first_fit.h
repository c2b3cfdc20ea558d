// The reference space manager: the runs of blocks in use, and the lowest block outside of them.
#pragma once

#include "ref/plain/space_counts.h"
#include "ref/require.h"

#include <cstdint>
#include <iterator>
#include <map>

namespace quire::ref {

/// A block is free, used, or reserved: promised, and not yet allocated. At all times free_blocks()
/// + reserved_blocks() + the blocks in use == blocks() (O4).
class FirstFit {
 public:
  /// first: blocks below it are allocated once all others are in use.
  explicit FirstFit(std::uint64_t blocks, std::uint64_t first = 0)
      : blocks_(blocks), first_(first), counts_{blocks, 0} {}

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() const { return counts_.free; }
  std::uint64_t reserved_blocks() const { return counts_.promised; }

  /// For an audit: calls visit(start, end) for each run of blocks in use, in ascending order.
  template <class Visit>
  void for_each_run_in_use(Visit visit) const {
    for (const auto& [start, end] : used_) visit(start, end);
  }

  /// Promises `n` blocks, or none if fewer are free. Returns whether it did.
  bool reserve(std::uint64_t n) { return promise(counts_, n); }

  /// Releases `n` promises. Requires that as many are open.
  void unreserve(std::uint64_t n) {
    require(n <= counts_.promised, "more blocks are unreserved than were reserved");
    take_back(counts_, n);
  }

  /// Redeems one promise: the lowest block from `first` on that is not in use, or else the lowest
  /// of all. Requires an open promise.
  std::uint64_t allocate() {
    require(0 < counts_.promised, "a block is allocated that was not reserved");
    std::uint64_t block = first_unused(first_);
    if (block == blocks_) block = first_unused(0);
    use(block);
    redeem<std::uint64_t>(counts_, 1);
    return block;
  }

  /// Frees a block in use.
  void free(std::uint64_t block) {
    const auto run = run_of(block);
    require(run != used_.end(), "a block is freed that was not in use");
    const std::uint64_t end = run->second;
    if (run->first == block) {
      used_.erase(run);
    } else {
      run->second = block;
    }
    if (block + 1 < end) used_.emplace(block + 1, end);
    give_free<std::uint64_t>(counts_, 1);
  }

 private:
  using Runs = std::map<std::uint64_t, std::uint64_t>;  ///< by first block: the block behind them

  /// The run that holds `block`, or end().
  Runs::iterator run_of(std::uint64_t block) {
    const auto next = used_.upper_bound(block);
    if (next == used_.begin() || std::prev(next)->second <= block) return used_.end();
    return std::prev(next);
  }

  /// The first block from `from` on that is not in use; blocks() if there is none.
  std::uint64_t first_unused(std::uint64_t from) {
    const auto run = run_of(from);
    return run == used_.end() ? from : run->second;  // no run begins where another ends
  }

  void use(std::uint64_t block) {
    std::uint64_t end = block + 1;
    if (const auto next = used_.find(end); next != used_.end()) {
      end = next->second;
      used_.erase(next);
    }
    const auto before = block == 0 ? used_.end() : run_of(block - 1);
    if (before != used_.end()) {
      before->second = end;
    } else {
      used_.emplace(block, end);
    }
  }

  std::uint64_t blocks_;
  std::uint64_t first_;
  Runs used_;
  SpaceCounts<std::uint64_t> counts_;
};

}  // namespace quire::ref
