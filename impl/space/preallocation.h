// Blocks preallocated for each file that grows, so that files appended in turn do not interleave.
#pragma once

#include <quire/block_allocator.h>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <cstdint>

namespace quire::impl {

/// Blocks [start, end) of the device, which other files leave to one file while there is other
/// space. A hint for placement alone: the blocks stay free, and count as free. Belongs to the file;
/// guarded by the space lock.
struct Preallocation
    : boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t run = 0;  ///< blocks allocated to the file in one run so far

  friend bool operator<(const Preallocation& a, const Preallocation& b) {
    return a.start < b.start;
  }
  bool empty() const { return start == end; }
};

/// The preallocations of one volume: disjoint, at most kFilesMax of them; the one used longest ago
/// is dropped first. Needs no memory. The caller holds the space lock.
class Preallocations {
 public:
  static constexpr std::uint64_t kFilesMax = 64;

  Preallocations(std::uint64_t blocks, std::uint64_t block_size);

  /// The first one that ends after `block` and is not `own`; null if there is none.
  const Preallocation* next(std::uint64_t block, const Preallocation& own) const;

  /// Where a file without blocks starts: behind the newest preallocation.
  std::uint64_t start_of_new_file() const { return behind_newest_ < blocks_ ? behind_newest_ : 0; }

  /// Moves `own` behind `extent`, which its file has just been given, and drops those of other
  /// files that `extent` touches. `own` then has as many blocks as the run that ends there, from
  /// 64 KiB to 8 MiB, but stops at the next preallocation and is at most a sixteenth of the device.
  void allocated(Preallocation& own, Extent extent);

 private:
  friend struct Innards;

  void drop(Preallocation& preallocation);

  using Lazily = boost::intrusive::constant_time_size<false>;
  std::uint64_t blocks_, length_min_, length_max_;
  std::uint64_t behind_newest_;
  boost::intrusive::set<Preallocation, Lazily> by_start_;
  boost::intrusive::list<Preallocation, Lazily> by_age_;  // the one used longest ago first
};

}  // namespace quire::impl
