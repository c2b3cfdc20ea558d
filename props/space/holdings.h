// The blocks that the caller of an allocator holds, by the answers that it got.
#pragma once

#include <quire/block_allocator.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>

namespace quire::props {

/// The laws leave the choice of blocks to the allocator, so no model can predict them. Takes memory
/// for the runs that are granted alone.
class Holdings {
 public:
  /// Blocks in a row of one grant, or what is left of it.
  struct Grant {
    std::uint64_t length;
    std::uint64_t owners = 1;
    bool from_start = false;  ///< in use before the first call
  };
  using Grants = std::map<std::uint64_t, Grant>;

  explicit Holdings(std::uint64_t of_blocks) : blocks(of_blocks) {}

  std::uint64_t blocks;
  std::uint64_t reserved = 0;

  /// By first block; disjoint.
  const Grants& granted() const { return granted_; }
  std::uint64_t granted_blocks() const { return granted_blocks_; }
  std::uint64_t free_blocks() const {
    const std::uint64_t used = reserved + granted_blocks_;
    return used < blocks ? blocks - used : 0;
  }
  /// The block behind the last one that is granted.
  std::uint64_t granted_end() const {
    return granted_.empty() ? 0 : end_of(*std::prev(granted_.end()));
  }

  /// The last grant that holds a block of x; null if none does.
  const Grant* overlapped(const Extent& x) const {
    const auto behind = granted_.lower_bound(x.end());
    const bool overlaps = behind != granted_.begin() && x.start < end_of(*std::prev(behind));
    return overlaps ? &std::prev(behind)->second : nullptr;
  }
  std::uint64_t owners(std::uint64_t block) const {
    const Grant* grant = overlapped({block, 1});
    return grant == nullptr ? 0 : grant->owners;
  }

  void grant(const Extent& x, bool from_start = false) {
    granted_.emplace(x.start, Grant{x.length, 1, from_start});
    granted_blocks_ += x.length;
  }
  /// Each granted block of [start, end) has an owner more.
  void share(std::uint64_t start, std::uint64_t end) {
    split(start);
    split(end);
    for (auto at = granted_.lower_bound(start); at != granted_.end() && at->first < end; ++at)
      ++at->second.owners;
  }
  /// Each granted block of [start, end) has an owner less. Returns how many have none left.
  std::uint64_t take_back(std::uint64_t start, std::uint64_t end) {
    split(start);
    split(end);
    std::uint64_t freed = 0;
    for (auto at = granted_.lower_bound(start); at != granted_.end() && at->first < end;) {
      const bool stays = --at->second.owners != 0;
      if (!stays) freed += at->second.length;
      at = stays ? std::next(at) : granted_.erase(at);
    }
    granted_blocks_ -= freed;
    return freed;
  }

  /// One of the grants, of which there is one at least: the which-th of few, else one that `which`
  /// chooses by its place.
  Extent grant_of(std::uint64_t which) const {
    constexpr std::size_t kFew = 64;
    auto at = granted_.begin();
    if (granted_.size() <= kFew) {
      std::advance(at, which % granted_.size());
    } else if (const auto found = granted_.upper_bound(which % blocks); found != granted_.end()) {
      at = found;
    }
    return {at->first, at->second.length};
  }
  /// The block behind the grants that follow each other from the one that starts at `start`.
  std::uint64_t joined_end(std::uint64_t start) const {
    auto at = granted_.find(start);
    std::uint64_t end = start;
    for (; at != granted_.end() && at->first == end; ++at) end = end_of(*at);
    return end;
  }

  /// Calls visit(start, end) for each run of blocks that are not granted; ends where it returns
  /// false.
  template <class Visit>
  void for_each_gap(Visit visit) const {
    std::uint64_t end = 0;
    for (const auto& run : granted_) {
      if (end < run.first && !visit(end, run.first)) return;
      end = end_of(run);
    }
    if (end < blocks) visit(end, blocks);
  }
  /// How many blocks in a row from this one on are not granted.
  std::uint64_t gap_at(std::uint64_t block) const {
    if (block >= blocks || owners(block) != 0) return 0;
    const auto next = granted_.upper_bound(block);
    return (next == granted_.end() ? blocks : next->first) - block;
  }
  /// Whether a gap has an aligned part of `minimum` blocks.
  bool has_room(std::uint64_t minimum, std::uint64_t alignment) const {
    bool found = false;
    for_each_gap([&](std::uint64_t start, std::uint64_t end) {
      const std::uint64_t skipped = (alignment - start % alignment) % alignment;
      found = skipped < end - start && minimum <= end - start - skipped;
      return !found;
    });
    return found;
  }

 private:
  static std::uint64_t end_of(const Grants::value_type& run) {
    return run.first + run.second.length;
  }

  /// No grant holds both this block and the one before it.
  void split(std::uint64_t block) {
    auto at = granted_.lower_bound(block);
    if (at == granted_.begin() || end_of(*--at) <= block) return;
    Grant rest = at->second;
    rest.length = end_of(*at) - block;
    at->second.length -= rest.length;
    granted_.emplace_hint(std::next(at), block, rest);
  }

  Grants granted_;
  std::uint64_t granted_blocks_ = 0;
};

}  // namespace quire::props
