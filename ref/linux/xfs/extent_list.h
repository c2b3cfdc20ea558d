// One fork of a file: its extents, sorted by file block.
#pragma once

#include "spec/linux/prealloc.h"

#include <cstdint>
#include <map>
#include <vector>

namespace quire::ref::xfs {

enum class ExtentState : std::uint8_t {
  delayed,    ///< space is reserved, and not yet allocated
  unwritten,  ///< allocated; reads as zero
  written,    ///< allocated; holds the file's bytes
};

/// A run of file blocks of one state; contiguous on the device if it is allocated.
struct Extent {
  std::uint64_t start = 0;  ///< blocks of the file
  std::uint64_t count = 0;  ///< blocks; at most spec::kExtentMax
  ExtentState state = ExtentState::delayed;
  std::uint64_t device_block = 0;  ///< the first; only if allocated
  std::uint64_t index_blocks = 0;  ///< promised for the index over it; only if delayed

  std::uint64_t end() const { return start + count; }
  bool covers(std::uint64_t block) const { return start <= block && block < end(); }
  bool is_delayed() const { return state == ExtentState::delayed; }
  bool is_real() const { return !is_delayed(); }
};

/// The tree that a large fork is kept in on the device: how many records a block of it holds, and
/// how high it can grow.
struct IndexShape {
  std::uint64_t records_per_block = 251;
  std::uint64_t levels_max = 5;
};

/// Blocks of index that `count` delayed blocks may need: the worst case, each an extent of its own,
/// and a new block on every level above (5.3).
std::uint64_t worst_index_blocks(const IndexShape& shape, std::uint64_t count);

/// The extents that remove() took out.
struct Removed {
  std::vector<Extent> extents;     ///< the parts within the range, in ascending order
  std::uint64_t index_blocks = 0;  ///< promised before and no longer, less what was taken over
  std::uint64_t taken_over = 0;    ///< delayed blocks that are index promises of the rest now
};

/// How a split covers a shortage, if both parts need more index than was promised for the whole.
enum class Shortage {
  take_over,  ///< removed blocks become promises for the index (else they would be freed)
  share,      ///< the parts share the promises (the removed blocks stay in use)
};

/// Neighbours of one state that fit, in the file and on the device, are joined. Extents do not
/// overlap. Each change of the list changes its sequence.
class ExtentList {
 public:
  explicit ExtentList(IndexShape shape) : shape_(shape) {}

  /// The extent that covers `block`, else the first behind it, else null.
  const Extent* at_or_after(std::uint64_t block) const;

  /// The last extent that ends at or before `block`, or null.
  const Extent* before(std::uint64_t block) const;

  /// Inserts an extent into a hole. Returns how many promises for its index, or its neighbours',
  /// are not needed any more since they were joined (ACC-2). Requires a hole, 0 < count <=
  /// kExtentMax.
  std::uint64_t insert(const Extent& extent);

  /// Removes [start, start + count); extents that reach past it are cut or split.
  Removed remove(std::uint64_t start, std::uint64_t count, Shortage shortage);

  /// Marks the extents of [start, start + count) as written. Requires that every block of it is
  /// real.
  void mark_written(std::uint64_t start, std::uint64_t count);

  /// Counts the changes: an old mapping has an old sequence.
  std::uint64_t sequence() const { return sequence_; }

  const std::map<std::uint64_t, Extent>& extents() const { return extents_; }
  std::uint64_t delayed_blocks() const;
  std::uint64_t index_blocks() const;
  std::uint64_t real_blocks() const;

  /// The worst case for each delayed extent, summed.
  std::uint64_t worst_index() const;

 private:
  using Iterator = std::map<std::uint64_t, Extent>::iterator;

  bool joins(const Extent& left, const Extent& right) const;
  std::uint64_t join_next(Iterator left);
  void cut(const Extent& whole, std::uint64_t from, std::uint64_t to, Shortage, Removed& removed);

  IndexShape shape_;
  std::map<std::uint64_t, Extent> extents_;  ///< by start
  std::uint64_t sequence_ = 0;
};

}  // namespace quire::ref::xfs
