// Where a file system of the running kernel, or of one in a guest, may answer otherwise than ref.
//
// Everything that is not allowed here must be equal. A name without a version was seen on Linux
// 6.18; spec/README.md shows the smallest commands for each. After an answer that is allowed and is
// not ref's, the suite brings the peer's file to where ref's is, by plain writes and a truncate,
// and goes on.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

namespace quire::spec {

/// What one file system has, and what it may do.
struct PeerAllowance {
  std::string_view peer;

  /// A write that meets memory which cannot be read may be given up a block, or a folio, earlier:
  /// it answers less than it could, or EFAULT (GPW-11 lets it).
  bool stops_early = false;

  /// Where nothing is accepted behind the end of the file, its size may grow up to the position of
  /// the write, by zeroes: the end of a write of 0 bytes moves it.
  bool failed_write_grows = false;

  /// The bytes of the request behind the answer may read as anything where they lay in a hole: a
  /// block is taken for uptodate before the copy, which then stops short (against WB-3 and O3). So
  /// may those past the end of the file, in a mapping of it; and a write out of such a mapping, in
  /// what lies in its own target and read as zero before.
  bool shows_old_memory = false;

  /// SEEK_DATA and SEEK_HOLE may take an offset below 0 for 0, where ref answers ENXIO.
  bool seeks_below_zero = false;

  /// Space taken past the end with KEEP_SIZE is held to RLIMIT_FSIZE: EFBIG, although the size
  /// stays.
  bool limits_kept_size = false;
  /// And so is what ZERO_RANGE does there with KEEP_SIZE.
  bool limits_zeroed_kept_size = false;

  /// INSERT_RANGE looks at RLIMIT_FSIZE before its range: EFBIG, where ref answers EINVAL.
  bool limits_inserts_first = false;

  /// INSERT_RANGE is not held to RLIMIT_FSIZE (against CHK-3).
  bool inserts_past_limit = false;

  /// An INSERT_RANGE that answers ENOSPC leaves the size grown; the bytes have not moved.
  bool failed_insert_grows = false;

  /// A COLLAPSE_RANGE that answers ENOSPC may have moved the bytes and not the size: what lies
  /// behind the new end is zeroed last, and out of place.
  bool failed_collapse_moves = false;

  /// A fallocate of mode 0 or ZERO_RANGE that answers ENOSPC leaves the size grown as far as it
  /// got, by zeroes.
  bool failed_allocation_grows = false;

  /// Out of a mapping of a hole nothing can be read while the volume is full: the page is taken
  /// from it. A write whose memory that is answers EFAULT, or less.
  bool mapped_holes_take_space = false;

  /// Whether it has FICLONERANGE, and the modes of fallocate: ZERO_RANGE; COLLAPSE_RANGE and
  /// INSERT_RANGE; UNSHARE_RANGE. What it lacks it answers with EOPNOTSUPP.
  bool clones = false;
  bool zeroes_ranges = false;
  bool moves_ranges = false;
  bool unshares = false;

  /// Whether it has buffered reads and writes with RWF_NOWAIT; else EOPNOTSUPP, or what follows.
  bool nowait_reads = false;
  bool nowait_writes = false;
  /// The errno where it lacks them.
  int no_nowait_writes = EOPNOTSUPP;

  /// COLLAPSE_RANGE or INSERT_RANGE with another flag answers EINVAL (Linux before 6.12), where ref
  /// answers EOPNOTSUPP.
  bool mixed_modes_are_invalid = false;

  /// It may have fewer holes than a kernel whose files it stands beside: which blocks are cached,
  /// or taken past what was written, is its own. (ref's plain files have the most holes there can
  /// be.)
  bool has_its_own_holes = false;

  /// Whether it has fallocate at all; else the suites leave it away.
  bool allocates = true;

  /// Whether its kernel has RWF_NOAPPEND (Linux 6.9); else the suite leaves the flag away.
  bool knows_noappend = true;
};

inline constexpr std::array kPeers{
    PeerAllowance{
        .peer = "ref",
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true},
    PeerAllowance{
        .peer = "xfs",
        .shows_old_memory = true,
        .failed_insert_grows = true,
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true},
    PeerAllowance{
        .peer = "ext4",
        .failed_write_grows = true,
        .inserts_past_limit = true,
        .failed_allocation_grows = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true},
    PeerAllowance{
        .peer = "btrfs",
        .stops_early = true,
        .seeks_below_zero = true,
        .clones = true,
        .zeroes_ranges = true,
        .nowait_reads = true,
        .nowait_writes = true},
    PeerAllowance{
        .peer = "tmpfs",
        .failed_write_grows = true,
        .limits_kept_size = true,
        .mapped_holes_take_space = true},
    PeerAllowance{
        .peer = "f2fs-6.1",
        .limits_kept_size = true,
        .limits_zeroed_kept_size = true,
        .limits_inserts_first = true,
        .failed_allocation_grows = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true,
        .no_nowait_writes = EINVAL,
        .mixed_modes_are_invalid = true,
        .knows_noappend = false},
    PeerAllowance{
        .peer = "f2fs-6.12",
        .limits_kept_size = true,
        .limits_zeroed_kept_size = true,
        .limits_inserts_first = true,
        .failed_allocation_grows = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .nowait_reads = true,
        .no_nowait_writes = EINVAL},
    PeerAllowance{
        .peer = "xfs-6.1",
        .failed_write_grows = true,
        .shows_old_memory = true,
        .failed_insert_grows = true,
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
        .stops_early = true,
        .seeks_below_zero = true,
        .clones = true,
        .zeroes_ranges = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .mixed_modes_are_invalid = true,
        .knows_noappend = false},
    PeerAllowance{
        .peer = "btrfs-6.12",
        .stops_early = true,
        .seeks_below_zero = true,
        .clones = true,
        .zeroes_ranges = true,
        .nowait_reads = true,
        .nowait_writes = true},
    PeerAllowance{
        .peer = "ref-xfs",
        .failed_collapse_moves = true,
        .clones = true,
        .zeroes_ranges = true,
        .moves_ranges = true,
        .unshares = true,
        .nowait_reads = true,
        .nowait_writes = true,
        .has_its_own_holes = true},
    PeerAllowance{
        .peer = "ref-f2fs",
        .nowait_reads = true,
        .no_nowait_writes = EINVAL,
        .has_its_own_holes = true,
        .allocates = false},
};

/// A name that is no peer's is allowed nothing.
constexpr PeerAllowance allowance_of(std::string_view name) {
  for (const PeerAllowance& allowance : kPeers) {
    if (allowance.peer == name) return allowance;
  }
  return {.peer = name};
}

/// What a read or write was asked, and what it would answer where nothing but the arguments and the
/// caller's memory stops it.
struct Asked {
  std::int64_t wanted;  ///< a count, or a negative errno
  bool nowait;          ///< RWF_NOWAIT
  bool faults;          ///< some of the memory cannot be read
  bool full;            ///< the volume was filled on purpose
  bool mapped = false;  ///< the memory is a mapping of a file of the volume
};

/// Whether `answer` is a count, and less than what was wanted.
constexpr bool is_less(const Asked& asked, std::int64_t answer) {
  return 0 < answer && answer < asked.wanted;
}

/// With RWF_NOWAIT a read or write may answer EAGAIN or less than it would if it waited: what is
/// cached, and which locks are free, is not ours to say. EAGAIN means that nothing moved (IOM-7).
constexpr bool may_not_wait(const Asked& asked, std::int64_t answer) {
  return asked.nowait && (answer == -EAGAIN || is_less(asked, answer));
}

/// On a volume that was filled a write may answer ENOSPC or less: at which block the space ends is
/// not ours to say. ENOSPC means that nothing moved (XFB-9).
constexpr bool may_run_out(const Asked& asked, std::int64_t answer) {
  return asked.full && (answer == -ENOSPC || is_less(asked, answer));
}

/// What a write may answer.
constexpr bool allows_write(const PeerAllowance& allowed, const Asked& asked, std::int64_t answer) {
  if (answer == asked.wanted || may_not_wait(asked, answer) || may_run_out(asked, answer)) {
    return true;
  }
  const bool gives_up = answer == -EFAULT || is_less(asked, answer);
  const bool no_page = allowed.mapped_holes_take_space && asked.full && asked.mapped;
  return gives_up && (no_page || (allowed.stops_early && asked.faults));
}

/// Whether a call of fallocate or of FICLONERANGE that ran out of space (ENOSPC, on a volume that
/// was filled) may have done a part of its work. What frees, zeroes or clones goes extent by
/// extent; what takes or moves space has changed nothing that can be seen.
constexpr bool may_be_half_done(bool zeroes, bool clones) { return zeroes || clones; }

/// What a read may answer.
constexpr bool allows_read(const Asked& asked, std::int64_t answer) {
  return answer == asked.wanted || may_not_wait(asked, answer);
}

/// Whether a byte may lie in what SEEK_HOLE and SEEK_DATA call a hole: only where ref has one too,
/// and never a byte that is not zero. A peer may have fewer holes: it may take space for blocks
/// that nobody wrote, or find their pages in the cache.
constexpr bool allows_hole(bool ref_has_hole, bool reads_as_zero) {
  return ref_has_hole && reads_as_zero;
}

}  // namespace quire::spec
