// The main area: blocks that are written as a log, and never over what a checkpoint needs.
#pragma once

#include "ref/linux/f2fs/node.h"
#include "ref/require.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace quire::ref::f2fs {

/// A block is live (some address names it), kept (the last checkpoint names it), both or neither.
/// Only a block that is neither may be written.
class MainArea {
 public:
  /// The blocks are 1 .. blocks.
  explicit MainArea(std::uint64_t blocks) : live_(blocks + 1), kept_(blocks + 1), free_(blocks) {}

  std::uint64_t blocks() const { return live_.size() - 1; }
  std::uint64_t free_blocks() const { return free_; }
  std::uint64_t live_blocks() const { return live_count_; }

  /// The next free block behind the one allocated last; nothing when none is free.
  std::optional<Address> allocate() {
    if (free_ == 0) return std::nullopt;
    do {
      cursor_ = cursor_ % blocks() + 1;
    } while (live_[cursor_] || kept_[cursor_]);
    set(live_, cursor_, true);
    return cursor_;
  }

  /// No address names it any more.
  void invalidate(Address address) {
    require(live_.at(address), "a block is invalidated that was not live");
    set(live_, address, false);
  }

  void set_live(Address address) { set(live_, address, true); }
  void set_kept(Address address) { set(kept_, address, true); }
  void clear_live() { clear(live_); }
  void clear_kept() { clear(kept_); }

 private:
  void set(std::vector<bool>& flags, Address address, bool value) {
    const bool was_free = !live_.at(address) && !kept_[address];
    if (&flags == &live_ && live_[address] != value) live_count_ += value ? 1 : -1;
    flags[address] = value;
    const bool is_free = !live_[address] && !kept_[address];
    free_ += static_cast<std::uint64_t>(is_free) - static_cast<std::uint64_t>(was_free);
  }
  void clear(std::vector<bool>& flags) {
    for (Address address = 1; address < flags.size(); ++address) set(flags, address, false);
  }

  std::vector<bool> live_, kept_;
  std::uint64_t free_;
  std::uint64_t live_count_ = 0;
  Address cursor_ = 0;
};

}  // namespace quire::ref::f2fs
