// The blocks of a file whose writeback failed, and the bytes that may stand in them.
#pragma once

#include "props/lockstep/block_ranges.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace quire::props {

/// Of one file of one subject. While a block whose write failed is cached, it reads as it was
/// written last: the write does not make it stale (WBK-3). Once it is dropped, it reads as it lies
/// on the device, or as zero where it never arrived there.
class BlockLosses {
 public:
  using Number = std::uint64_t;

  /// A block whose last write failed.
  struct Lost {
    std::vector<std::byte> image;  ///< how it reads once it is dropped
    bool mapped;                   ///< to a block of the device, which holds the image
    bool certain;                  ///< else it may as well be dirty still
  };

  explicit BlockLosses(Number block_size) : block_size_(block_size) {}

  /// Blocks that may be dirty; no others are.
  const BlockRanges& dirty() const { return dirty_; }
  const std::map<Number, Lost>& lost() const { return lost_; }
  /// Blocks that were written, never arrived, and hold no space.
  const BlockRanges& holes() const { return holes_; }
  /// Blocks of the device that still hold what was there before a write that failed: past the
  /// file's end, too.
  const BlockRanges& stale() const { return stale_; }

  /// A write has accepted bytes [pos, end): their blocks are dirty.
  void wrote(Number pos, Number end) {
    if (pos == end) return;
    const Number first = pos / block_size_, last = (end + block_size_ - 1) / block_size_;
    dirty_.add(first, last);
    holes_.remove(first, last);
    lost_.erase(lost_.lower_bound(first), lost_.lower_bound(last));
  }

  /// The size has changed. mapped: whether the device has the block that holds the smaller size's
  /// end.
  void resized(Number before, Number after, bool mapped) {
    const Number edge = std::min(before, after);
    const Number past = (edge + block_size_ - 1) / block_size_;
    if (edge % block_size_ != 0) {
      const auto last = lost_.find(edge / block_size_);
      // Past the end a block is zero, whatever the device holds there.
      if (last != lost_.end()) {
        std::vector<std::byte>& image = last->second.image;
        std::fill(image.begin() + offset(edge), image.end(), std::byte{0});
      }
      if (mapped && after < before) {
        // Its rest was zeroed in the cache: the whole block goes to the device again.
        dirty_.add(past - 1, past);
        lost_.erase(past - 1);
      } else if (mapped) {
        dirty_.add(past - 1, past);  // where its rest may be stale on the device
      }
    }
    if (after > before) return;
    dirty_.remove(past, kEnd);
    holes_.remove(past, kEnd);
    stale_.remove(past, kEnd);
    lost_.erase(lost_.lower_bound(past), lost_.end());
  }

  /// The block has arrived on the device. again: it may have become dirty again since.
  void arrived(Number block, bool again) {
    if (!again) dirty_.remove(block, block + 1);
    if (!again) lost_.erase(block);
    stale_.remove(block, block + 1);
    holes_.remove(block, block + 1);
  }
  void lose(Number block, Lost lost) {
    if (lost.certain) dirty_.remove(block, block + 1);
    if (lost.mapped) {
      stale_.add(block, block + 1);
    } else {
      holes_.add(block, block + 1);
    }
    lost_.insert_or_assign(block, std::move(lost));
  }
  /// Everything is on the device, and nothing was lost.
  void known_clean() { dirty_.clear(); }
  /// The block was not written though all that is dirty was: it is clean.
  void known_clean(Number block) {
    dirty_.remove(block, block + 1);
    if (const auto at = lost_.find(block); at != lost_.end()) at->second.certain = true;
  }
  /// It has been dropped, and reads as its image from now on.
  void forget(Number block) { lost_.erase(block); }

 private:
  static constexpr Number kEnd = ~Number{0};
  std::ptrdiff_t offset(Number pos) const { return static_cast<std::ptrdiff_t>(pos % block_size_); }

  Number block_size_;
  BlockRanges dirty_, holes_, stale_;
  std::map<Number, Lost> lost_;
};

}  // namespace quire::props
