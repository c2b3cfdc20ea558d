// The answers that a file system of the running kernel, or of one in a guest, may give where ref's
// differ.
//
// Everything else must be equal. A name without a version was seen on Linux 6.18; spec/README.md
// shows the smallest commands for each. After an allowed answer that is not ref's, the suite makes
// the peer's file equal to ref's, by plain writes and a truncate, and goes on.
#pragma once

#include "spec/geometry.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

namespace quire::props {

/// The most bytes of one copy where folios are single pages.
inline constexpr std::int64_t kOnePage = spec::kPageSize;

/// The truncates that take space on a filled volume, and so may answer ENOSPC. An edge is the
/// smaller of the old and the new size, if it lies inside a block: the rest of that block is
/// zeroed.
enum class TruncateSpace {
  none,          ///< none of them
  any,           ///< each of them: it writes its changes to new blocks
  edges,         ///< those with an edge: it is zeroed in a new block
  shared_edges,  ///< those with an edge, in a file that may share blocks with another
  leaves_inode,  ///< those that make a file of at most a block larger: its bytes leave the inode
};

/// The calls that one file system has, and the answers that it may give.
struct PeerAllowance {
  std::string_view peer;

  /// A write that meets unreadable memory may stop earlier by less than so many bytes, the most of
  /// one copy: it answers less than it could, or EFAULT (GPW-11 lets it). 0: it stops at the first
  /// unreadable byte.
  std::int64_t stops_early = 0;

  /// A write behind the end of the file that accepts nothing (EFAULT, ENOSPC) may grow the file up
  /// to its position, by zeroes: the end of a write of 0 bytes moves the size.
  bool failed_write_grows = false;

  /// After a write from unreadable memory, the bytes of the request behind its answer may read as
  /// anything where they lay in a hole: a block is taken for uptodate before the copy, which then
  /// stops short (against WB-3 and O3). The same holds past the end of the file in a mapping of it,
  /// and for a write out of such a mapping in its own target, where that read as zero.
  bool shows_old_memory = false;

  /// SEEK_DATA and SEEK_HOLE may take an offset below 0 for 0; ref answers ENXIO.
  bool seeks_below_zero = false;

  /// SEEK_DATA may answer a byte past the end, in an allocated block; ref answers ENXIO.
  bool finds_data_past_end = false;

  /// RLIMIT_FSIZE also limits space past the end with KEEP_SIZE: EFBIG, although the size stays.
  bool limits_kept_size = false;
  /// The same for ZERO_RANGE with KEEP_SIZE.
  bool limits_zeroed_kept_size = false;

  /// INSERT_RANGE checks RLIMIT_FSIZE before its range: EFBIG, where ref answers EINVAL.
  bool limits_inserts_first = false;

  /// INSERT_RANGE ignores RLIMIT_FSIZE (against CHK-3).
  bool inserts_past_limit = false;

  /// An INSERT_RANGE that answers ENOSPC leaves the size grown; the bytes have not moved.
  bool failed_insert_grows = false;

  /// A fallocate of mode 0 or ZERO_RANGE that answers ENOSPC leaves the size as far as it got,
  /// grown by zeroes.
  bool failed_allocation_grows = false;

  /// The truncates that may find no space.
  TruncateSpace truncates = TruncateSpace::none;

  /// A mapping of a hole cannot be read while the volume is full: its page needs a block. A write
  /// from such memory answers EFAULT, or less.
  bool mapped_holes_take_space = false;

  /// Whether it has FICLONERANGE, and the modes of fallocate: ZERO_RANGE; COLLAPSE_RANGE and
  /// INSERT_RANGE; UNSHARE_RANGE. A call that it lacks answers EOPNOTSUPP.
  bool clones = false;
  bool zeroes_ranges = false;
  bool moves_ranges = false;
  bool unshares = false;

  /// Whether it has buffered reads and writes with RWF_NOWAIT; else EOPNOTSUPP, or what follows.
  bool nowait_reads = false;
  bool nowait_writes = false;
  /// The errno of a write with RWF_NOWAIT where it lacks them.
  int no_nowait_writes = EOPNOTSUPP;

  /// COLLAPSE_RANGE or INSERT_RANGE with another flag answers EINVAL (Linux before 6.12), where ref
  /// answers EOPNOTSUPP.
  bool mixed_modes_are_invalid = false;

  /// It may have fewer holes than the kernel that it is compared with: each has its own cached and
  /// preallocated blocks. (ref's plain files have the most holes there can be.)
  bool has_its_own_holes = false;

  /// Whether the checker can hold its locks for another thread.
  bool shows_locks = false;

  /// Whether the checker sees its device, and so what a sync has made durable.
  bool shows_medium = false;

  /// Whether it has fallocate at all; else the suites skip it.
  bool allocates = true;

  /// Whether its kernel has RWF_NOAPPEND (Linux 6.9); else the suite drops the flag.
  bool knows_noappend = true;

  /// Another thread can run within its calls (Files::at_yields).
  bool interleaves = false;

  /// Its device and its memory can be made to fail (Files::faults).
  bool fails = false;

  /// The same, and where a file grows it reads the block in which the file ended.
  bool reads_gaps = false;

  /// It keeps clusters compressed and small files in their inode, and collects space while a writer
  /// waits: F2FS, where the checker sees it.
  bool has_clusters = false;

  /// Bytes stored through a mapping behind the end of a file read as zero once the file grows over
  /// them. Else the suite stores none.
  bool zeroes_stores = false;

  /// Files may be as large as spec::kFileSizeMax.
  bool has_large_files = false;
};

inline constexpr std::array kPeers{
    PeerAllowance{
        .peer = "ref",
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .shows_medium = true},
    PeerAllowance{
        .peer = "xfs",
        .shows_old_memory = true,
        .failed_insert_grows = true,
        .truncates = TruncateSpace::shared_edges,
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .zeroes_stores = true},
    PeerAllowance{
        .peer = "ext4",
        .failed_write_grows = true,
        .inserts_past_limit = true,
        .failed_allocation_grows = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true,
        .zeroes_stores = true},
    PeerAllowance{
        .peer = "btrfs",
        .stops_early = kOnePage,
        .seeks_below_zero = true,
        .truncates = TruncateSpace::any,
        .clones = true,
        .zeroes_ranges = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .zeroes_stores = true},
    PeerAllowance{
        .peer = "tmpfs",
        .failed_write_grows = true,
        .limits_kept_size = true,
        .mapped_holes_take_space = true},
    PeerAllowance{
        .peer = "f2fs-6.1",
        .finds_data_past_end = true,
        .limits_kept_size = true,
        .limits_zeroed_kept_size = true,
        .limits_inserts_first = true,
        .failed_allocation_grows = true,
        .truncates = TruncateSpace::leaves_inode,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true,
        .no_nowait_writes = EINVAL,
        .mixed_modes_are_invalid = true,
        .knows_noappend = false},
    PeerAllowance{
        .peer = "f2fs-6.12",
        .finds_data_past_end = true,
        .limits_kept_size = true,
        .limits_zeroed_kept_size = true,
        .limits_inserts_first = true,
        .failed_allocation_grows = true,
        .truncates = TruncateSpace::leaves_inode,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true,
        .no_nowait_writes = EINVAL},
    PeerAllowance{
        .peer = "xfs-6.1",
        .failed_write_grows = true,
        .shows_old_memory = true,
        .failed_insert_grows = true,
        .truncates = TruncateSpace::shared_edges,
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .mixed_modes_are_invalid = true,
        .knows_noappend = false},
    PeerAllowance{
        .peer = "xfs-6.12",
        .shows_old_memory = true,
        .failed_insert_grows = true,
        .truncates = TruncateSpace::shared_edges,
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true},
    PeerAllowance{
        .peer = "ext4-6.1",
        .inserts_past_limit = true,
        .failed_allocation_grows = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true,
        .mixed_modes_are_invalid = true,
        .knows_noappend = false},
    PeerAllowance{
        .peer = "ext4-6.12",
        .inserts_past_limit = true,
        .failed_allocation_grows = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true},
    PeerAllowance{
        .peer = "btrfs-6.1",
        .stops_early = 512 * kOnePage,
        .seeks_below_zero = true,
        .truncates = TruncateSpace::any,
        .clones = true,
        .zeroes_ranges = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .mixed_modes_are_invalid = true,
        .knows_noappend = false},
    PeerAllowance{
        .peer = "btrfs-6.12",
        .stops_early = 512 * kOnePage,
        .seeks_below_zero = true,
        .truncates = TruncateSpace::any,
        .clones = true,
        .zeroes_ranges = true,
        .nowait_reads = true,
        .nowait_writes = true},
    PeerAllowance{
        .peer = "ref-xfs",
        .truncates = TruncateSpace::edges,
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .has_its_own_holes = true,
        .shows_locks = true,
        .shows_medium = true,
        .interleaves = true,
        .fails = true,
        .reads_gaps = true,
        .zeroes_stores = true,
        .has_large_files = true},
    PeerAllowance{
        .peer = "ref-f2fs",
        .truncates = TruncateSpace::leaves_inode,
        .nowait_reads = true,
        .no_nowait_writes = EINVAL,
        .has_its_own_holes = true,
        .shows_medium = true,
        .allocates = false,
        .fails = true,
        .has_clusters = true,
        .zeroes_stores = true,
        .has_large_files = true},
};

/// An unknown name is allowed nothing.
constexpr PeerAllowance allowance_of(std::string_view name) {
  for (const PeerAllowance& allowance : kPeers) {
    if (allowance.peer == name) return allowance;
  }
  return {.peer = name};
}

}  // namespace quire::props
