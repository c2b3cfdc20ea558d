// Files of a file system that has grown old, as an allocator sees them: which extents they have.
#pragma once

#include "props/space/allocator_kind.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace quire::props {

/// The extents of files, granted by one allocator and released as they were granted, so that any
/// allocator can serve them. Not thread-safe.
class AgedFiles {
 public:
  explicit AgedFiles(AnyAllocator& allocator) : allocator_(allocator) {}

  /// A new, empty file; returns its number.
  std::size_t add();
  /// Appends so many blocks to the file, as near to its end as the allocator can; an empty file
  /// starts near `goal`. Returns whether there was space for them.
  bool append(std::size_t file, std::uint64_t blocks, std::uint64_t goal);
  /// Writes an extent of the file anew elsewhere, near its place, and releases the old one. Returns
  /// whether there was space for both.
  bool rewrite(std::size_t file, std::size_t extent);
  void remove(std::size_t file);

  std::size_t count() const { return files_.size(); }
  std::span<const Extent> extents(std::size_t file) const { return files_[file]; }
  /// The block behind the file's last one; 0 for an empty file.
  std::uint64_t end(std::size_t file) const {
    return files_[file].empty() ? 0 : files_[file].back().end();
  }

  // What the allocator has granted so far: extents, and their blocks.
  std::uint64_t grants() const { return grants_; }
  std::uint64_t granted_blocks() const { return granted_blocks_; }
  /// Blocks from the goal of each append and rewrite to what it was granted first.
  const std::vector<std::uint64_t>& distances() const { return distances_; }

 private:
  std::vector<Extent> allocate(std::uint64_t blocks, std::uint64_t goal);

  AnyAllocator& allocator_;
  std::vector<std::vector<Extent>> files_;
  std::vector<std::uint64_t> distances_;
  std::uint64_t grants_ = 0, granted_blocks_ = 0;
};

/// Thrown where an allocator grants none of the blocks that are reserved.
struct NoGrant : std::runtime_error {
  NoGrant() : std::runtime_error("it grants none of the blocks that are reserved") {}
};

/// A way in which a device grows old.
struct StandardAgeing {
  const char* name;
  const char* says;
  /// Ages a new allocator; the same seed makes the same calls of it, as long as it grants the same.
  void (*age)(AgedFiles& files, const AnyAllocator& allocator, std::uint64_t seed);
};

/// Databases, logs and mail, in this order. Each makes about 20,000 calls.
std::span<const StandardAgeing> standard_ageings();

}  // namespace quire::props
