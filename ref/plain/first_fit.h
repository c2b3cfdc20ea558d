// The reference space manager: one flag for each block, searched from the lowest on.
#pragma once

#include "ref/plain/space_counts.h"
#include "ref/require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quire::ref {

/// A block is free, used, or reserved: promised, and not yet allocated. At all times free_blocks()
/// + reserved_blocks() + the blocks in use == blocks() (O4).
class FirstFit {
 public:
  explicit FirstFit(std::uint64_t blocks) : used_(blocks, false), counts_{blocks, 0} {}

  std::uint64_t blocks() const { return used_.size(); }
  std::uint64_t free_blocks() const { return counts_.free; }
  std::uint64_t reserved_blocks() const { return counts_.promised; }

  /// Promises `n` blocks, or none if fewer are free. Returns whether it did.
  bool reserve(std::uint64_t n) { return promise(counts_, n); }

  /// Releases `n` promises. Requires that as many are open.
  void unreserve(std::uint64_t n) {
    require(n <= counts_.promised, "more blocks are unreserved than were reserved");
    take_back(counts_, n);
  }

  /// Redeems one promise: the lowest block that is not in use. Requires an open promise.
  std::uint64_t allocate() {
    require(0 < counts_.promised, "a block is allocated that was not reserved");
    const auto found = std::find(used_.begin() + lowest_, used_.end(), false);
    *found = true;
    lowest_ = found - used_.begin();
    redeem<std::uint64_t>(counts_, 1);
    return static_cast<std::uint64_t>(lowest_);
  }

  /// Frees a block in use.
  void free(std::uint64_t block) {
    require(used_.at(block), "a block is freed that was not in use");
    used_[block] = false;
    lowest_ = std::min(lowest_, static_cast<std::ptrdiff_t>(block));
    give_free<std::uint64_t>(counts_, 1);
  }

 private:
  std::vector<bool> used_;
  std::ptrdiff_t lowest_ = 0;  ///< every block below it is in use
  SpaceCounts<std::uint64_t> counts_;
};

}  // namespace quire::ref
