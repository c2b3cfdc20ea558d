// Allocating, freeing and moving the blocks of a range of a file: one function for each mode.
#include "ref/plain/fallocate.h"

#include "ref/noted_lock.h"
#include "ref/plain/range.h"
#include "ref/plain/truncate.h"
#include "ref/plain/writeback.h"
#include "ref/vfs/write_checks.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace quire::ref {
namespace {

/// Whether the file may grow to `end` bytes (CHK-3).
int check_limit(Inode& inode, std::uint64_t end) {
  return vfs::check_size_limits(inode.volume.caller, inode.size, end, spec::kFileSizeMax);
}

/// The blocks that [from, to) touches.
BlockRange touched_blocks(const Inode& inode, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t block_size = inode.volume.block_size;
  return {from / block_size, (to - 1) / block_size + 1};
}

/// The blocks that [from, to) covers; the last one of the file also if the range reaches the end of
/// the file, where no bytes follow.
BlockRange covered_blocks(const Inode& inode, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t block_size = inode.volume.block_size;
  const std::uint64_t first = spec::round_up(from, block_size) / block_size;
  const std::uint64_t last = spec::round_up(inode.size, block_size) / block_size;
  const std::uint64_t end = inode.size <= to ? std::max(to / block_size, last) : to / block_size;
  return {first, std::max(first, end)};
}

/// The two ends of [from, to), below the file's size, that lie in blocks which it does not cover.
class Edges {
 public:
  Edges(Inode& inode, std::uint64_t from, std::uint64_t to, BlockRange covered)
      : inode_(inode), from_(from), to_(std::min(to, inode.size)) {
    const std::uint64_t block_size = inode.volume.block_size;
    head_end_ = std::min(covered.first * block_size, to_);
    tail_ = std::max(from, covered.end * block_size);
  }

  /// Does all that can fail. Returns 0 or a negative errno, with nothing changed.
  int prepare() {
    const int error = prepare_zeroing(inode_, from_, head_end_);
    return error != 0 ? error : prepare_zeroing(inode_, tail_, to_);
  }

  void zero() {
    zero_bytes(inode_, from_, head_end_);
    zero_bytes(inode_, tail_, to_);
  }

 private:
  Inode& inode_;
  std::uint64_t from_;
  std::uint64_t to_;
  std::uint64_t head_end_;
  std::uint64_t tail_;
};

int zero_range(Inode& inode, std::uint64_t from, std::uint64_t to) {
  const BlockRange covered = covered_blocks(inode, from, to);
  const BlockRange touched = touched_blocks(inode, from, to);
  Edges edges(inode, from, to, covered);
  if (const int error = edges.prepare(); error != 0) return error;
  if (const int error = allocate_range(inode, touched); error != 0) return error;
  edges.zero();
  make_unwritten(inode, {covered.first, std::min(covered.end, touched.end)});
  return 0;
}

/// Moves every block from byte `from` on by `shift` bytes, and the size with them. Requires that no
/// block is dirty: only mappings move.
int move_blocks(Inode& inode, std::uint64_t from, std::int64_t shift) {
  const auto block_size = static_cast<std::int64_t>(inode.volume.block_size);
  inode.pages.drop_clean();
  const NotedLock<spec::BlockMapLock> map_lock(inode.volume.recorder, inode.number);
  inode.blocks.shift(from / inode.volume.block_size, shift / block_size);
  inode.size += static_cast<std::uint64_t>(shift);
  return 0;
}

int collapse_range(Inode& inode, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t block_size = inode.volume.block_size;
  if (offset % block_size != 0 || length % block_size != 0) return -EINVAL;
  if (inode.size <= offset + length) return -EINVAL;
  if (const int error = writeback(inode, inode.size); error != 0) return error;
  free_range(inode, {offset / block_size, (offset + length) / block_size});
  return move_blocks(inode, offset + length, -static_cast<std::int64_t>(length));
}

int insert_range(Inode& inode, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t block_size = inode.volume.block_size;
  if (offset % block_size != 0 || length % block_size != 0) return -EINVAL;
  if (spec::kFileSizeMax - inode.size < length) return -EFBIG;
  if (inode.size <= offset) return -EINVAL;
  if (const int over = check_limit(inode, inode.size + length); over != 0) return over;
  if (const int error = writeback(inode, inode.size); error != 0) return error;
  return move_blocks(inode, offset, static_cast<std::int64_t>(length));
}

/// The modes that may grow the file.
int allocate_or_zero(Inode& inode, int mode, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = offset + length;
  const bool grows = (mode & FALLOC_FL_KEEP_SIZE) == 0 && inode.size < end;
  if (grows) {
    if (const int over = check_limit(inode, end); over != 0) return over;
  }
  int error = 0;
  switch (mode & ~FALLOC_FL_KEEP_SIZE) {
    case 0: error = allocate_range(inode, touched_blocks(inode, offset, end)); break;
    case FALLOC_FL_ZERO_RANGE: error = zero_range(inode, offset, end); break;
    default: break;
  }
  return error == 0 && grows ? truncate(inode, end) : error;
}

}  // namespace

int punch_hole(Inode& inode, std::uint64_t from, std::uint64_t to) {
  const BlockRange covered = covered_blocks(inode, from, to);
  Edges edges(inode, from, to, covered);
  if (const int error = edges.prepare(); error != 0) return error;
  edges.zero();
  free_range(inode, covered);
  return 0;
}

int fallocate(Inode& inode, int mode, std::uint64_t offset, std::uint64_t length) {
  const NotedLock<spec::InvalidateLock> invalidate_lock(inode.volume.recorder, inode.number);
  switch (mode) {
    case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
      return punch_hole(inode, offset, offset + length);
    case FALLOC_FL_COLLAPSE_RANGE: return collapse_range(inode, offset, length);
    case FALLOC_FL_INSERT_RANGE: return insert_range(inode, offset, length);
    default: return allocate_or_zero(inode, mode, offset, length);
  }
}

}  // namespace quire::ref
