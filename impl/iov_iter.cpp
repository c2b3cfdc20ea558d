#include "impl/iov_iter.h"

#include "impl/copy/copy.h"

#include <algorithm>

namespace quire::impl {

spec::IterState<std::uint64_t> IovIter::state() const {
  std::uint64_t place = offset_;
  for (const iovec& s : segments_.first(segment_)) place += s.iov_len;
  return {left_, place};
}

void IovIter::skip_empty() {
  while (segment_ < segments_.size() && offset_ == segments_[segment_].iov_len) {
    ++segment_;
    offset_ = 0;
  }
}

void IovIter::advance_within(std::uint64_t n) {
  offset_ += n;
  left_ -= n;
  skip_empty();
}

template <class Move>
std::uint64_t IovIter::walk(std::uint64_t n, Move&& move) {
  std::uint64_t done = 0;
  while (done < n) {
    const iovec& s = segments_[segment_];
    const std::uint64_t piece = std::min<std::uint64_t>(n - done, s.iov_len - offset_);
    const std::uint64_t moved = move(static_cast<std::byte*>(s.iov_base) + offset_, piece);
    advance_within(moved);
    done += moved;
    if (moved < piece) break;
  }
  return done;
}

std::uint64_t IovIter::copy_to_folio(std::byte* to, std::uint64_t n) {
  return walk(n, [&](const std::byte* user, std::uint64_t piece) {
    const std::uint64_t copied = copy_from_user(to, user, piece);
    to += piece;
    return copied;
  });
}

std::uint64_t IovIter::copy_from_folio(const std::byte* from, std::uint64_t n) {
  return walk(n, [&](std::byte* user, std::uint64_t piece) {
    const std::uint64_t copied = copy_to_user(user, from, piece);
    from += piece;
    return copied;
  });
}

void IovIter::revert(std::uint64_t n) {
  n = std::min(n, consumed());  // past the start it would walk out of the caller's array
  left_ += n;
  while (n > offset_) {
    n -= offset_;
    --segment_;
    offset_ = segments_[segment_].iov_len;
  }
  offset_ -= n;
}

std::uint64_t IovIter::fault_in(std::uint64_t n) const {
  std::size_t segment = segment_;
  std::uint64_t offset = offset_;
  for (std::uint64_t done = 0; done < n; offset = 0, ++segment) {
    const iovec& s = segments_[segment];
    const std::uint64_t piece = std::min<std::uint64_t>(n - done, s.iov_len - offset);
    const std::uint64_t failed =
        fault_in_readable(static_cast<const std::byte*>(s.iov_base) + offset, piece);
    done += piece - failed;
    if (failed != 0) return n - done;
  }
  return 0;
}

}  // namespace quire::impl
