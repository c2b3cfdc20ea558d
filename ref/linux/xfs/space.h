// The blocks of the device, and how many files each belongs to.
#pragma once

#include "ref/plain/space_counts.h"
#include "ref/require.h"

#include <algorithm>
#include <cstdint>
#include <vector>

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
  explicit Space(std::uint64_t blocks) : owners_(blocks, 0), counts_{blocks, 0} {}

  std::uint64_t blocks() const { return owners_.size(); }
  std::uint64_t free() const { return counts_.free; }
  std::uint64_t allocated() const { return blocks() - counts_.free - counts_.promised; }

  /// Promises `n` blocks, or none if fewer are free. Returns whether it did.
  bool reserve(std::uint64_t n) { return promise(counts_, n); }

  /// Releases `n` promises. Requires that as many are open.
  void unreserve(std::uint64_t n) {
    require(n <= counts_.promised, "more blocks are given back than were promised");
    take_back(counts_, n);
  }

  /// Redeems up to `most` promises by a run: at `goal` if that block has no owner, else the lowest.
  /// Requires that `most` promises are open, and most > 0.
  Run allocate(std::uint64_t most, std::uint64_t goal) {
    std::uint64_t device_block = goal < blocks() ? goal : 0;
    if (owners_[device_block] != 0) {
      device_block = static_cast<std::uint64_t>(std::ranges::find(owners_, 0U) - owners_.begin());
    }
    require(device_block < blocks(), "a block is allocated that was not promised");
    Run run{device_block, 0};
    while (run.count < most && device_block + run.count < blocks() &&
           owners_[device_block + run.count] == 0) {
      owners_[device_block + run.count++] = 1;
    }
    require(run.count <= counts_.promised, "a block is allocated that was not promised");
    redeem(counts_, run.count);
    return run;
  }

  /// How many extents of files the block belongs to.
  std::uint64_t owners(std::uint64_t device_block) const { return owners_.at(device_block); }

  /// Adds an owner to each block. Requires that each has one.
  void share(const Run& run) {
    for (std::uint64_t i = run.device_block; i < run.device_block + run.count; ++i) {
      require(owners_.at(i) != 0, "a block is shared that is free");
      ++owners_[i];
    }
  }

  /// Takes one owner from each block; without one it is free. Requires that each has one.
  void release(const Run& run) {
    for (std::uint64_t i = run.device_block; i < run.device_block + run.count; ++i) {
      require(owners_.at(i) != 0, "a block is freed that is free");
      if (--owners_[i] != 0) continue;
      give_free<std::uint64_t>(counts_, 1);
    }
  }

 private:
  std::vector<std::uint32_t> owners_;
  SpaceCounts<std::uint64_t> counts_;
};

}  // namespace quire::ref::xfs
