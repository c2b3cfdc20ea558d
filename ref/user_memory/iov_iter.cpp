// The iterator over the caller's memory: its moves.
#include "ref/user_memory/iov_iter.h"

#include "ref/require.h"
#include "ref/user_memory/import_iovec.h"
#include "ref/user_memory/user_memory.h"

#include <algorithm>
#include <utility>

namespace quire::ref {

IovIter::IovIter(std::vector<iovec> segments)
    : segments_(std::move(segments)), left_(total_length(segments_)) {
  skip_finished_segments();
}

std::uint64_t IovIter::place() const {
  std::uint64_t before = at_.offset;
  for (std::uint64_t i = 0; i < at_.segment; ++i) before += length(i);
  return before;
}

spec::IterState<std::uint64_t> IovIter::state() const {
  const bool behind = at_.segment == segments_.size();
  return {left_, place(), behind ? 0 : length(at_.segment) - at_.offset};
}

std::byte* IovIter::address(const Place& at) const {
  return static_cast<std::byte*>(segments_.at(at.segment).iov_base) + at.offset;
}

void IovIter::skip_finished_segments() {
  while (at_.segment < segments_.size() && leave_finished(at_, length(at_.segment))) {
  }
}

template <class Move>
std::uint64_t IovIter::transfer(std::uint64_t n, Move move) {
  std::uint64_t to_do = n;
  while (to_do > 0) {
    const bool all = transfer_here(
        at_, length(at_.segment), to_do,
        [&](const Place& at, std::uint64_t bytes) { return move(address(at), bytes); });
    skip_finished_segments();
    if (!all) break;
  }
  left_ -= n - to_do;
  return n - to_do;
}

std::uint64_t IovIter::copy_from(std::byte* to, std::uint64_t n) {
  require(n <= left_, "a copy asks for more than the iterator has");
  return transfer(n, [&](const std::byte* source, std::uint64_t bytes) {
    const std::uint64_t copied = copy_from_user(to, source, bytes);
    to += copied;
    return copied;
  });
}

std::uint64_t IovIter::copy_to(const std::byte* from, std::uint64_t n) {
  require(n <= left_, "a copy asks for more than the iterator has");
  return transfer(n, [&](std::byte* target, std::uint64_t bytes) {
    const std::uint64_t copied = copy_to_user(target, from, bytes);
    from += copied;
    return copied;
  });
}

void IovIter::revert(std::uint64_t n) {
  require(n <= place(), "the iterator is reverted past its start");
  left_ += n;
  while (revert_here(at_, n, [this](std::uint64_t segment) { return length(segment); })) {
  }
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
  Place at = at_;
  bool all = true;
  while (all && wanted > 0) {
    all =
        fault_in_here(at, length(at.segment), wanted, [&](const Place& here, std::uint64_t bytes) {
          return fault_in_readable(address(here), bytes);
        });
  }
  return wanted + past_the_end;
}

}  // namespace quire::ref
