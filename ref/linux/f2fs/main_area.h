// The main area: blocks that are written as a log, and never over what a checkpoint needs.
#pragma once

#include "ref/linux/f2fs/node.h"
#include "ref/require.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace quire::ref::f2fs {

/// A block is live (some address names it), kept (the last checkpoint names it), both or neither.
/// Only a block that is neither may be written.
class MainArea {
 public:
  /// The blocks are 1 .. blocks. first: the one that is allocated first.
  explicit MainArea(std::uint64_t blocks, Address first = 1)
      : blocks_(blocks), free_(blocks), cursor_(first - 1) {}

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t free_blocks() const { return free_; }
  std::uint64_t live_blocks() const { return live_.size(); }

  const std::set<Address>& live() const { return live_; }
  const std::set<Address>& kept() const { return kept_; }

  /// The next free block behind the one allocated last; nothing when none is free.
  std::optional<Address> allocate() {
    if (free_ == 0) return std::nullopt;
    do {
      cursor_ = cursor_ % blocks_ + 1;
    } while (!is_free(cursor_));
    set_live(cursor_);
    return cursor_;
  }

  /// No address names it any more.
  void invalidate(Address address) {
    require(live_.erase(address) != 0, "a block is invalidated that was not live");
    if (is_free(address)) ++free_;
  }

  void set_live(Address address) { set(live_, address); }
  void set_kept(Address address) { set(kept_, address); }
  void clear_live() { clear(live_); }
  void clear_kept() { clear(kept_); }

 private:
  using Addresses = std::set<Address>;

  bool is_free(Address address) const {
    return !live_.contains(address) && !kept_.contains(address);
  }
  void set(Addresses& flagged, Address address) {
    require(1 <= address && address <= blocks_, "a block is not in the main area");
    if (is_free(address)) --free_;
    flagged.insert(address);
  }
  void clear(Addresses& flagged) {
    const Addresses were = std::exchange(flagged, {});
    for (const Address address : were) {
      if (is_free(address)) ++free_;
    }
  }

  std::uint64_t blocks_;
  Addresses live_, kept_;
  std::uint64_t free_;
  Address cursor_;  ///< the block allocated last
};

}  // namespace quire::ref::f2fs
