// The blocks of the device, and how many files each belongs to.
#pragma once

#include "ref/plain/space_counts.h"
#include "ref/require.h"

#include <algorithm>
#include <cstdint>
#include <map>

namespace quire::ref::xfs {

/// Contiguous blocks of the device.
struct Run {
  std::uint64_t device_block = 0;
  std::uint64_t count = 0;
};

/// The extents of files give the same counts again, so that the accounts can be checked (ACC-1).
/// Counts are blocks.
class Space {
 public:
  /// first: blocks below it are allocated once all others have owners.
  explicit Space(std::uint64_t blocks, std::uint64_t first = 0)
      : blocks_(blocks), first_(first), lowest_(first), counts_{blocks, 0} {}

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free() const { return counts_.free; }
  std::uint64_t allocated() const { return blocks() - counts_.free - counts_.promised; }

  /// Promises `n` blocks, or none if fewer are free. Returns whether it did.
  bool reserve(std::uint64_t n) { return promise(counts_, n); }

  /// Releases `n` promises. Requires that as many are open.
  void unreserve(std::uint64_t n) {
    require(n <= counts_.promised, "more blocks are given back than were promised");
    take_back(counts_, n);
  }

  /// Redeems up to `most` promises by a run: at `goal` if that block has no owner, else the lowest
  /// from `first` on, or else of all. Requires that `most` promises are open, and most > 0.
  Run allocate(std::uint64_t most, std::uint64_t goal) {
    std::uint64_t device_block = goal < blocks_ ? goal : first_;
    if (owners_.contains(device_block)) {
      lowest_ = device_block = first_free(lowest_);
      if (device_block == blocks_) device_block = first_free(0);
    }
    require(device_block < blocks_, "a block is allocated that was not promised");
    Run run{device_block, 0};
    while (run.count < most && device_block + run.count < blocks_ &&
           owners_.try_emplace(device_block + run.count, 1).second) {
      ++run.count;
    }
    require(run.count <= counts_.promised, "a block is allocated that was not promised");
    redeem(counts_, run.count);
    return run;
  }

  /// How many extents of files the block belongs to.
  std::uint64_t owners(std::uint64_t device_block) const {
    require(device_block < blocks_, "a block is not on the device");
    const auto found = owners_.find(device_block);
    return found == owners_.end() ? 0 : found->second;
  }
  /// The same for every block that has any.
  const std::map<std::uint64_t, std::uint32_t>& owners() const { return owners_; }

  /// Adds an owner to each block. Requires that each has one.
  void share(const Run& run) {
    for (std::uint64_t i = run.device_block; i < run.device_block + run.count; ++i) {
      require(owners(i) != 0, "a block is shared that is free");
      ++owners_[i];
    }
  }

  /// Takes one owner from each block; without one it is free. Requires that each has one.
  void release(const Run& run) {
    for (std::uint64_t i = run.device_block; i < run.device_block + run.count; ++i) {
      require(owners(i) != 0, "a block is freed that is free");
      if (--owners_[i] != 0) continue;
      owners_.erase(i);
      if (first_ <= i) lowest_ = std::min(lowest_, i);
      give_free<std::uint64_t>(counts_, 1);
    }
  }

 private:
  /// The first block from `from` on without an owner.
  std::uint64_t first_free(std::uint64_t from) const {
    for (auto at = owners_.lower_bound(from); at != owners_.end() && at->first == from; ++at)
      ++from;
    return from;
  }

  std::uint64_t blocks_;
  std::uint64_t first_;
  std::uint64_t lowest_;  ///< from first_ on, every block below it has an owner
  std::map<std::uint64_t, std::uint32_t> owners_;  ///< of the blocks that have any
  SpaceCounts<std::uint64_t> counts_;
};

}  // namespace quire::ref::xfs
