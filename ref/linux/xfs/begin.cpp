#include "ref/linux/xfs/begin.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/xfs/allocate.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/delalloc.h"
#include "ref/linux/xfs/mapping_of.h"
#include "ref/linux/xfs/prealloc.h"
#include "ref/linux/xfs/reflink.h"
#include "ref/require.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::xfs {
namespace {

/// The most bytes of a hole that one begin reserves, about as many as one writeback writes.
constexpr std::uint64_t kPieceMax = 1024 * spec::kPageSize;

}  // namespace

Begin::Begin(Inode& inode, std::uint64_t pos, std::uint64_t length, const iomap::Request& request)
    : inode_(inode),
      mount_(inode.mount),
      pos_(pos),
      length_(length),
      request_(request),
      start_(mount_.block_of(pos)),
      end_(mount_.block_from(std::min(pos + length, spec::kFileSizeMax))) {
  require(length != 0, "begin maps an empty range");
  require(request.write || request.zero, "begin for a write maps a read");
}

int Begin::run(iomap::Mapping& mapping, iomap::Mapping& source) {
  source = iomap::Mapping{};
  // 1.
  if (mount_.is_shut_down) return -EIO;
  // 2. Reads of the device come before the ILOCK.
  inode_.attach_dquots();
  if (request_.nowait && !inode_.can_look_up_at_once()) return -EAGAIN;
  int error = map(mapping, source);
  if (error == 0 && past_end_) error = convert_past_end(mapping);
  if (error == 0) note(mapping);
  return error;
}

/// Steps 2 to 9 under the ILOCK; with an extent-size hint in a transaction.
int Begin::map(iomap::Mapping& mapping, iomap::Mapping& source) {
  std::optional<NotedLock<spec::Transaction>> transaction;
  if (inode_.extent_size_hint != 0 && !request_.nowait) transaction.emplace(inode_.recorder, 0);
  dquots_attached_ = inode_.has_dquots();
  const Ilock lock(inode_.recorder, inode_.number, request_.nowait);
  inode_.extents_are_read = true;
  return look_up(mapping, source);
}

int Begin::look_up(iomap::Mapping& mapping, iomap::Mapping& source) {
  // 3. Zero and unshare need no space for a hole.
  const Extent* const found = inode_.data.at_or_after(start_);
  at_end_ = found == nullptr;
  if (!at_end_) data_ = *found;
  over_hole_ = at_end_ || start_ < data_.start;
  if (over_hole_ && (request_.zero || request_.unshare)) {
    mapping = hole_of(inode_, start_, at_end_ ? end_ : data_.start);
    cookie_under_ilock_ = mount_.recorder.holds<spec::BlockMapLock>();
    return 0;
  }
  if (!over_hole_ && data_.is_delayed() && request_.zero) {
    // Past the size a delayed extent is preallocation without data (ZR-2).
    const std::uint64_t size_end = mount_.block_from(inode_.size);
    past_end_ = size_end <= start_;
    if (past_end_) return 0;
    end_ = std::min(end_, size_end);
    data_ = trimmed(data_, start_, end_);
  }

  // 4. The CoW fork goes first: it is newer, and close to the shared blocks.
  if (inode_.is_cow()) {
    if (const std::optional<Extent> copy = covering_cow()) {
      answer_cow(*copy, mapping, source);
      return 0;
    }
  }

  Fork fork = Fork::data;
  if (!over_hole_) {
    // 5. Shared blocks are copied, all others are written where they are.
    if (!inode_.is_cow() || (request_.zero && data_.state == ExtentState::unwritten)) {
      answer(data_, mapping);
      return 0;
    }
    data_ = trimmed(data_, start_, end_);
    const bool is_shared = trim_around_shared(inode_, data_, data_.count);
    if (!is_shared) {
      answer(data_, mapping);
      return 0;
    }
    fork = Fork::cow;
    end_ = data_.end();
  } else {
    // 6. A hole.
    length_ = std::min(length_, kPieceMax);
    end_ = mount_.block_from(std::min(pos_ + length_, spec::kFileSizeMax));
    if (mount_.options.always_cow) fork = Fork::cow;
    if (fork == Fork::data && inode_.extent_size_hint != 0) {
      // The transaction may wait for space in the log (IOM-6).
      return request_.nowait ? -EAGAIN : allocate(mapping);
    }
  }

  // 7. and 8.
  Extent reserved;
  if (const int error = reserve(fork, end_ - start_, reserved); error != 0) return error;
  reserved_ = reserved;
  if (fork == Fork::data) {
    answer(reserved, mapping);
  } else {
    answer_cow(reserved, mapping, source);
  }
  mapping.is_new = true;
  return 0;
}

std::optional<Extent> Begin::covering_cow() const {
  const Extent* const found = inode_.cow.at_or_after(start_);
  if (found == nullptr || !found->covers(start_)) return std::nullopt;
  return *found;
}

int Begin::reserve(Fork fork, std::uint64_t count, Extent& reserved) {
  const DelayedRequest request{
      .fork = fork,
      .start = start_,
      .count = count,
      .prealloc = preallocation(inode_, fork, pos_, length_, at_end_)};
  return reserve_delayed(inode_, request, reserved);
}

/// With an extent-size hint a hole is allocated at once, in multiples of the hint as far as the
/// hole and the free space allow.
int Begin::allocate(iomap::Mapping& mapping) {
  const Extent* const previous = inode_.data.before(start_);
  const std::uint64_t hint = inode_.extent_size_hint;
  const std::uint64_t widened = (end_ + hint - 1) / hint * hint;
  Extent wide;
  wide.start = std::max(start_ / hint * hint, previous == nullptr ? 0 : previous->end());
  wide.count = (at_end_ ? widened : std::min(widened, data_.start)) - wide.start;
  Extent alone;
  alone.start = start_;
  alone.count = (at_end_ ? end_ : std::min(end_, data_.start)) - start_;
  int error = allocate_unwritten(inode_, wide, start_, reserved_);
  if (error != 0) error = allocate_unwritten(inode_, alone, start_, reserved_);
  if (error != 0) return error;
  answer(reserved_, mapping);
  mapping.is_new = true;
  return 0;
}

/// 8. The cookie is read before the ILOCK is dropped.
void Begin::answer(const Extent& extent, iomap::Mapping& mapping) {
  mapping = mapping_of(inode_, extent, in_cow_fork_);
  cookie_under_ilock_ = mount_.recorder.holds<spec::BlockMapLock>();
}

/// 9. The part of a block that the write keeps is read from the data fork.
void Begin::answer_cow(Extent extent, iomap::Mapping& mapping, iomap::Mapping& source) {
  in_cow_fork_ = true;
  if (!over_hole_) {
    source = mapping_of(inode_, data_);
  } else {
    extent = trimmed(extent, start_, at_end_ ? extent.end() : data_.start);
  }
  answer(extent, mapping);
}

/// Allocates a delayed extent past the size as unwritten, so that it stays zero, and drops its
/// cache first.
int Begin::convert_past_end(iomap::Mapping& mapping) {
  iomap::truncate_pagecache_range(inode_, pos_, iomap::kCacheEnd);
  const auto extent = convert_delayed(inode_, Fork::data, start_);
  if (!extent) return extent.error();
  const Ilock lock(inode_.recorder, inode_.number);
  answer(*extent, mapping);
  return 0;
}

/// Whether the mapping lies in the CoW fork.
bool Begin::lies_in_cow_fork(const iomap::Mapping& mapping) const {
  if (mapping.kind == iomap::Kind::hole) return false;  // its place on the device says nothing
  const std::uint64_t block = mount_.block_of(mapping.pos);
  const Extent* const found = inode_.cow.at_or_after(block);
  if (found == nullptr || !found->covers(block)) return false;
  if (found->is_delayed()) return mapping.kind == iomap::Kind::delalloc;
  return mapping.device_pos == mount_.bytes(found->device_block + (block - found->start));
}

void Begin::note(const iomap::Mapping& mapping) {
  inode_.recorder->step(spec::XfsBegin<std::uint64_t>{
      .pos = pos_,
      .length = length_,
      .mapping_pos = mapping.pos,
      .mapping_end = mapping.end(),
      .is_new = mapping.is_new,
      .is_shared = mapping.is_shared,
      .in_cow_fork = lies_in_cow_fork(mapping),
      .reserved_pos = mount_.bytes(reserved_.start),
      .reserved_end = mount_.bytes(reserved_.end()),
      .keeps_hole = request_.zero || request_.unshare,
      .faults = request_.fault,
      .over_hole = over_hole_,
      .dquots_attached = dquots_attached_,
      .cookie_under_ilock = cookie_under_ilock_,
      .held_after = mount_.recorder.held(),
  });
}

}  // namespace quire::ref::xfs
