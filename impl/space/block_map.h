// The mapping of a file's blocks to blocks of the device.
#pragma once

#include <quire/block_allocator.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace quire::impl {

/// A table from file block to device block, kept as runs. The caller holds the file's block map
/// lock.
///
/// A change needs at most one node of memory, which prepare() allocates beforehand, so that a
/// caller meets a lack of memory while nothing has changed yet.
class BlockMap {
 public:
  /// A stretch of file blocks, all mapped to consecutive device blocks, or all holes.
  struct Run {
    bool mapped;
    std::uint64_t device_block;  ///< of the first, where mapped
    std::uint64_t length;        ///< blocks; at least 1
  };

  /// The run that starts at `file_block`, at most `most` blocks of it. most >= 1.
  Run run_at(std::uint64_t file_block, std::uint64_t most) const;

  /// How many of the file blocks [first, end) are holes.
  std::uint64_t holes(std::uint64_t first, std::uint64_t end) const;

  /// The device block behind the last mapped block before `file_block`: the best block to map it
  /// to. Empty if none is mapped before it.
  std::optional<std::uint64_t> goal(std::uint64_t file_block) const;

  /// Allocates memory for `changes` calls of map() and unmap(), which then cannot fail. Throws
  /// std::bad_alloc, and then the table is as it was.
  void prepare(std::size_t changes);
  /// Frees the memory that was prepared and not used.
  void trim() { spares_.clear(); }

  /// Maps file blocks that were holes to an extent. Needs memory for one change.
  void map(std::uint64_t file_block, Extent extent);

  /// Makes the file blocks [first, end) holes, and calls release(extent) for each extent that they
  /// were mapped to. Needs memory for one change; for adjacent ranges one after the other, for one
  /// in all.
  template <class Release>
  void unmap(std::uint64_t first, std::uint64_t end, Release&& release) {
    while (const std::optional<Extent> extent = unmap_first(first, end)) release(*extent);
  }

 private:
  friend struct Innards;

  using Runs = std::map<std::uint64_t, Extent>;  // by first file block

  /// Unmaps the first mapped stretch of [first, end), and returns its extent; empty if all of it
  /// are holes.
  std::optional<Extent> unmap_first(std::uint64_t first, std::uint64_t end);
  void insert(std::uint64_t file_block, Extent extent);

  Runs runs_;
  Runs spares_;  // nodes for changes to come
};

}  // namespace quire::impl
