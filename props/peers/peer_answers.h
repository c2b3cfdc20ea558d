// The answers that a peer may give, and the file that it may then have: formulas over the
// allowances of props/peers/peers.h.
#pragma once

#include "props/peers/peers.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace quire::props {

/// A read or write, and the answer that it would give if nothing but its arguments and the caller's
/// memory could stop it.
struct Asked {
  std::int64_t wanted;  ///< a count, or a negative errno
  bool nowait;          ///< RWF_NOWAIT
  bool faults;          ///< some of the memory cannot be read
  bool full;            ///< a command filled the volume
  bool mapped = false;  ///< the memory is a mapping of a file of the volume
};

/// Whether `answer` is a count, and less than what was wanted.
constexpr bool is_less(const Asked& asked, std::int64_t answer) {
  return 0 < answer && answer < asked.wanted;
}

/// With RWF_NOWAIT a read or write may answer EAGAIN or less than it would if it waited: that
/// depends on the cache and on other tasks' locks. EAGAIN means that nothing moved (IOM-7).
constexpr bool may_not_wait(const Asked& asked, std::int64_t answer) {
  return asked.nowait && (answer == -EAGAIN || is_less(asked, answer));
}

/// On a filled volume a write may answer ENOSPC or less: the file system decides at which block its
/// space ends. ENOSPC means that nothing moved (XFB-9).
constexpr bool may_run_out(const Asked& asked, std::int64_t answer) {
  return asked.full && (answer == -ENOSPC || is_less(asked, answer));
}

/// Whether a write may answer `answer`.
constexpr bool allows_write(const PeerAllowance& allowed, const Asked& asked, std::int64_t answer) {
  if (answer == asked.wanted || may_not_wait(asked, answer) || may_run_out(asked, answer)) {
    return true;
  }
  const bool gives_up = 0 < asked.wanted && (answer == -EFAULT || is_less(asked, answer));
  const bool no_page = allowed.mapped_holes_take_space && asked.full && asked.mapped;
  const std::int64_t accepted = answer < 0 ? 0 : answer;
  const bool early = asked.faults && asked.wanted - accepted < allowed.stops_early;
  return gives_up && (no_page || early);
}

/// Whether a write at `pos` that answered `answer` may grow a file from `old_size` bytes to `size`,
/// by zeroes.
constexpr bool may_write_grow(
    const PeerAllowance& allowed, std::int64_t answer, std::uint64_t pos, std::uint64_t old_size,
    std::uint64_t size) {
  const bool began = answer == -EFAULT || answer == -ENOSPC;
  return allowed.failed_write_grows && began && old_size < size && size <= pos;
}

/// Whether those bytes of a request behind its answer that were zero may read as anything.
constexpr bool may_show_old_memory(const PeerAllowance& allowed, const Asked& asked) {
  return allowed.shows_old_memory && asked.faults;
}

/// A fallocate under RLIMIT_FSIZE. `end` is the end of its range, or the size that INSERT_RANGE
/// would make. inserts, keeps: INSERT_RANGE; KEEP_SIZE alone. zeroes_kept: ZERO_RANGE with
/// KEEP_SIZE.
struct LimitedSpace {
  bool inserts, keeps, zeroes_kept;
  std::uint64_t end, size, limit;
};

/// Whether the limit stops the peer (EFBIG) and not ref, or before an error that ref checks first.
constexpr bool meets_limit_alone(const PeerAllowance& allowed, const LimitedSpace& asked) {
  const bool checks = (asked.inserts && allowed.limits_inserts_first) ||
                      (asked.keeps && allowed.limits_kept_size) ||
                      (asked.zeroes_kept && allowed.limits_zeroed_kept_size);
  return checks && asked.limit < asked.end && asked.size < asked.end;
}

/// A change of a file's size on a volume that was filled. Bytes.
struct Resized {
  std::uint64_t size;    ///< before
  std::uint64_t length;  ///< the size asked for
  std::uint64_t block;   ///< of the file system
  bool shares;           ///< the file was cloned, or cloned into
};

/// Whether a truncate may answer ENOSPC.
constexpr bool may_find_no_space(const PeerAllowance& allowed, const Resized& asked) {
  const bool edge = std::min(asked.size, asked.length) % asked.block != 0;
  switch (allowed.truncates) {
    case TruncateSpace::none: return false;
    case TruncateSpace::any: return true;
    case TruncateSpace::edges: return edge;
    case TruncateSpace::shared_edges: return edge && asked.shares;
    case TruncateSpace::leaves_inode: return asked.size <= asked.block && asked.size < asked.length;
  }
  return false;
}

/// A call that is neither write nor truncate.
enum class PeerCall { fallocate, clone, other };

/// Whether it takes space, and so may answer ENOSPC on a filled volume. A sync or a seek takes
/// none: an fsync without space has lost reserved blocks (XFB-9).
constexpr bool may_find_no_space(PeerCall call) { return call != PeerCall::other; }

/// Whether a COLLAPSE_RANGE that answered ENOSPC may have moved the bytes and not the size: its
/// last step is a truncate to `cut.length`. The bytes behind that are then zero.
constexpr bool may_move_without_size(const PeerAllowance& allowed, const Resized& cut) {
  return allowed.moves_ranges && may_find_no_space(allowed, cut);
}

/// Whether a byte of the range of a fallocate or FICLONERANGE that answered ENOSPC on a filled
/// volume may change to `got`. Freeing, zeroing and cloning go extent by extent and may be half
/// done; taking or moving space changes no byte then.
constexpr bool may_be_half_done(bool zeroes, bool clones, std::uint8_t got, std::uint8_t source) {
  return (zeroes && got == 0) || (clones && got == source);
}

/// Whether a fallocate of `length` bytes at `at` that answered ENOSPC may grow a file from
/// `old_size` bytes to `size`. allocates: mode 0 or ZERO_RANGE.
constexpr bool may_allocation_grow(
    const PeerAllowance& allowed, bool inserts, bool allocates, std::uint64_t at,
    std::uint64_t length, std::uint64_t old_size, std::uint64_t size) {
  if (size <= old_size) return false;
  if (inserts) return allowed.failed_insert_grows && size == old_size + length;
  return allocates && allowed.failed_allocation_grows && size <= at + length;
}

/// Whether a FICLONERANGE of `length` bytes to `at` that answered ENOSPC may grow a file from
/// `old_size` bytes to `size`. It clones extent by extent, and each moves the size to its own end:
/// the new bytes are the source's.
constexpr bool may_clone_grow(
    std::uint64_t at, std::uint64_t length, std::uint64_t old_size, std::uint64_t size) {
  return old_size < size && at < size && size <= at + length;
}

/// Whether a read may answer `answer`.
constexpr bool allows_read(const Asked& asked, std::int64_t answer) {
  return answer == asked.wanted || may_not_wait(asked, answer);
}

/// Whether a peer may have a hole, by SEEK_HOLE and SEEK_DATA: only inside one of ref's, and only
/// of zeroes. A peer may have fewer holes: it may take space for blocks that nobody wrote, or have
/// their pages cached.
constexpr bool allows_hole(bool ref_has_hole, bool reads_as_zero) {
  return ref_has_hole && reads_as_zero;
}

/// Whether this answer of SEEK_DATA means that there is no data below the size.
constexpr bool says_no_data(const PeerAllowance& allowed, std::int64_t size, std::int64_t answer) {
  return answer == -ENXIO || (allowed.finds_data_past_end && size <= answer);
}

/// Whether SEEK_DATA from `from` may answer `answer` where ref answers `ours`: having fewer holes,
/// a peer has its data no later.
constexpr bool allows_data_at(
    const PeerAllowance& allowed, std::int64_t from, std::int64_t size, std::int64_t ours,
    std::int64_t answer) {
  if (ours == -ENXIO && says_no_data(allowed, size, answer)) return from < size;
  return 0 <= from && from <= answer && answer < size && (ours == -ENXIO || answer < ours);
}

/// The same for SEEK_HOLE: the hole lies no earlier than ref's, and is one of ref's or the end of
/// the file.
constexpr bool allows_hole_at(
    std::int64_t from, std::int64_t size, std::int64_t ours, std::int64_t answer,
    bool ref_has_hole) {
  const bool inside = 0 <= from && from < size && from <= answer && answer <= size;
  return inside && 0 <= ours && ours < answer && (answer == size || ref_has_hole);
}

}  // namespace quire::props
