// Where a file's blocks lie on the device.
#pragma once

#include <quire/block_allocator.h>

#include <cstdint>
#include <map>
#include <vector>

namespace quire::impl {

/// A table from file block to device block, kept as runs. The caller holds the file's block map
/// lock.
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

  /// Gives an extent to file blocks that were holes.
  void map(std::uint64_t file_block, Extent extent);

  /// Makes the file blocks [first, end) holes, and returns the extents that they had.
  std::vector<Extent> unmap(std::uint64_t first, std::uint64_t end);

 private:
  std::map<std::uint64_t, Extent> runs_;  // by first file block
};

}  // namespace quire::impl
