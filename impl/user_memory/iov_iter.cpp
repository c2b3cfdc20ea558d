#include "impl/user_memory/iov_iter.h"

#include "impl/user_memory/copy/copy.h"

#include <algorithm>

namespace quire::impl {

spec::IterState<std::uint64_t> IovIter::state() const {
  std::uint64_t place = at_.offset;
  for (const iovec& s : segments_.first(at_.segment)) place += s.iov_len;
  const bool behind = at_.segment == segments_.size();
  return {left_, place, behind ? 0 : segments_[at_.segment].iov_len - at_.offset};
}

void IovIter::skip_empty() {
  while (skip_used_up<std::uint64_t>(at_, segments_.size(), lengths())) {
  }
}

template <class Move>
std::uint64_t IovIter::walk(std::uint64_t n, Move&& move) {
  std::uint64_t wanted = n;
  while (wanted > 0) {
    const bool all = move_some<std::uint64_t>(
        at_, wanted, lengths(),
        [&](const auto& at, std::uint64_t piece) { return move(address(at), piece); });
    skip_empty();
    if (!all) break;
  }
  left_ -= n - wanted;
  return n - wanted;
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
  while (step_back<std::uint64_t>(at_, n, lengths())) {
  }
}

std::uint64_t IovIter::fault_in(std::uint64_t n) const {
  SegmentPlace<std::uint64_t> at = at_;
  bool goes_on = true;
  while (goes_on && n > 0) {
    goes_on = fault_in_segment<std::uint64_t>(at, n, lengths(), [&](const auto& here, auto piece) {
      return fault_in_readable(address(here), piece);
    });
  }
  return n;
}

}  // namespace quire::impl
