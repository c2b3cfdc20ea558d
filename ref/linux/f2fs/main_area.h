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
  std::uint64_t free_places() const { return free_; }
  std::uint64_t live_places() const { return live_count_; }
  bool is_live(Address place) const { return live_.at(place); }

  /// The next free block behind the one given last; nothing when none is free.
  std::optional<Address> allocate() {
    if (free_ == 0) return std::nullopt;
    do {
      cursor_ = cursor_ % blocks() + 1;
    } while (live_[cursor_] || kept_[cursor_]);
    set(live_, cursor_, true);
    return cursor_;
  }

  /// No address names it any more.
  void invalidate(Address place) {
    require(live_.at(place), "a block is invalidated that was not live");
    set(live_, place, false);
  }

  void set_live(Address place) { set(live_, place, true); }
  void set_kept(Address place) { set(kept_, place, true); }
  void clear_live() { clear(live_); }
  void clear_kept() { clear(kept_); }

 private:
  void set(std::vector<bool>& flags, Address place, bool value) {
    const bool was_free = !live_.at(place) && !kept_[place];
    if (&flags == &live_ && live_[place] != value) live_count_ += value ? 1 : -1;
    flags[place] = value;
    const bool is_free = !live_[place] && !kept_[place];
    free_ += static_cast<std::uint64_t>(is_free) - static_cast<std::uint64_t>(was_free);
  }
  void clear(std::vector<bool>& flags) {
    for (Address place = 1; place < flags.size(); ++place) set(flags, place, false);
  }

  std::vector<bool> live_, kept_;
  std::uint64_t free_;
  std::uint64_t live_count_ = 0;
  Address cursor_ = 0;
};

}  // namespace quire::ref::f2fs
