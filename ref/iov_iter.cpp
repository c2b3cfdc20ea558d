// The iterator over the caller's memory: its moves.
#include "ref/iov_iter.h"

#include "ref/import_iovec.h"
#include "ref/require.h"
#include "ref/user_memory.h"

#include <algorithm>
#include <utility>

namespace quire::ref {

IovIter::IovIter(std::vector<iovec> segments)
    : segments_(std::move(segments)), left_(total_length(segments_)) {
  skip_finished_segments();
}

std::uint64_t IovIter::place() const {
  std::uint64_t before = offset_;
  for (std::size_t i = 0; i < segment_; ++i) before += segments_.at(i).iov_len;
  return before;
}

iovec IovIter::current() const {
  const iovec& whole = segments_.at(segment_);
  return {static_cast<std::byte*>(whole.iov_base) + offset_, whole.iov_len - offset_};
}

void IovIter::skip_finished_segments() {
  while (segment_ < segments_.size() && offset_ == segments_[segment_].iov_len) {
    ++segment_;
    offset_ = 0;
  }
}

std::uint64_t IovIter::copy_from(std::byte* to, std::uint64_t n) {
  require(n <= left_, "a copy asks for more than the iterator has");
  std::uint64_t done = 0;
  while (done < n) {
    const iovec source = current();
    const std::uint64_t length = std::min<std::uint64_t>(source.iov_len, n - done);
    const std::uint64_t copied = copy_from_user(to + done, source.iov_base, length);
    advance(copied);
    done += copied;
    if (copied < length) break;
  }
  return done;
}

std::uint64_t IovIter::copy_to(const std::byte* from, std::uint64_t n) {
  require(n <= left_, "a copy asks for more than the iterator has");
  std::uint64_t done = 0;
  while (done < n) {
    const iovec target = current();
    const std::uint64_t length = std::min<std::uint64_t>(target.iov_len, n - done);
    const std::uint64_t copied = copy_to_user(target.iov_base, from + done, length);
    advance(copied);
    done += copied;
    if (copied < length) break;
  }
  return done;
}

void IovIter::advance(std::uint64_t n) {
  require(n <= left_, "the iterator is advanced past its end");
  left_ -= n;
  while (n > 0) {
    const std::uint64_t step = std::min<std::uint64_t>(n, current().iov_len);
    offset_ += step;
    n -= step;
    skip_finished_segments();
  }
}

void IovIter::revert(std::uint64_t n) {
  require(n <= place(), "the iterator is reverted past its start");
  left_ += n;
  while (n > offset_) {
    n -= offset_;
    --segment_;
    offset_ = segments_[segment_].iov_len;
  }
  offset_ -= n;
}

void IovIter::truncate(std::uint64_t n) { left_ = std::min(left_, n); }

void IovIter::reexpand(std::uint64_t n) {
  require(left_ <= n, "the iterator is re-expanded to less than it has");
  require(n <= total_length(segments_) - place(), "the iterator is re-expanded past its segments");
  left_ = n;
}

std::uint64_t IovIter::fault_in(std::uint64_t n) const {
  const std::uint64_t past_the_end = n - std::min(n, left_);
  std::uint64_t wanted = n - past_the_end;
  std::uint64_t offset = offset_;
  for (std::size_t i = segment_; i < segments_.size() && wanted > 0; ++i) {
    const std::byte* base = static_cast<const std::byte*>(segments_[i].iov_base);
    const std::uint64_t length = std::min<std::uint64_t>(wanted, segments_[i].iov_len - offset);
    const std::uint64_t unreadable = fault_in_readable(base + offset, length);
    wanted -= length - unreadable;
    if (unreadable > 0) break;
    offset = 0;
  }
  return wanted + past_the_end;
}

}  // namespace quire::ref
