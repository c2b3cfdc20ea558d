#include "impl/space/checked_allocator.h"

#include "impl/process/no_cancel.h"
#include "impl/record.h"
#include "spec/write/freed_extent.h"

#include <algorithm>
#include <array>
#include <new>

namespace quire::impl {
namespace {

/// The answer of a call, or `otherwise` where it throws.
template <class Answer, class Call>
Answer answer_or(Answer otherwise, Call call) noexcept {
  const NoCancel no_cancel;  // a cancellation unwinds as an exception that must not be caught
  try {
    return call();
  } catch (...) {
    return otherwise;
  }
}

template <class Call>
void call_it(Call call) noexcept {
  answer_or(0, [&] {
    call();
    return 0;
  });
}

/// Whether the call throws std::bad_alloc.
template <class Call>
bool lacks_memory(Call call) noexcept {
  return answer_or(false, [&] {
    try {
      call();
      return false;
    } catch (const std::bad_alloc&) {
      return true;
    }
  });
}

}  // namespace

CheckedAllocator::~CheckedAllocator() {
  call_it([&] { table_.destroy(self_); });
}

bool CheckedAllocator::reserve(Number n) noexcept {
  if (counts_.free < n) return false;
  if (!answer_or(false, [&] { return table_.reserve(self_, n) != 0; })) return false;
  reserved_there_ += n;
  return impl::reserve(counts_, n);
}

void CheckedAllocator::unreserve(Number n) noexcept {
  impl::unreserve(counts_, n);
  if (reserved_there_ <= counts_.reserved) return;
  call_it([&] { table_.unreserve(self_, reserved_there_ - counts_.reserved); });
  reserved_there_ = counts_.reserved;
}

std::optional<Extent> CheckedAllocator::allocate(Number want, Number goal) {
  reserve_the_rest();
  const Number most = std::min(want, reserved_there_);
  if (most == 0) return std::nullopt;
  const quire_allocation_request request{most, goal, 1, 1};
  std::array<quire_extent, 8> stored{};  // an allocator may store more than it has places for
  Number n = 0;
  const bool no_memory =
      lacks_memory([&] { n = table_.allocate(self_, &request, stored.data(), 1); });
  const Extent extent{stored[0].start, stored[0].length};
  if (n != 1 || !is_believed(extent, most)) {
    note_reserved();
    if (no_memory) throw std::bad_alloc();
    return std::nullopt;
  }
  try {
    granted_.set({extent.start, extent.end()});
  } catch (...) {
    call_it([&] { table_.release(self_, extent.start, extent.length); });
    note_reserved();
    throw;
  }
  counts_.reserved -= extent.length;
  reserved_there_ -= extent.length;
  return extent;
}

void CheckedAllocator::release(Extent extent) noexcept {
  const Number released = release_granted(extent);
  freed(counts_, released);
  record([&](auto& r) { r.step(spec::FreedExtent<Number>{extent.length, released}); });
}

void CheckedAllocator::release_and_reserve(Extent extent) noexcept {
  release(extent);
  (void)impl::reserve(counts_, extent.length);
  reserve_the_rest();
}

/// An extent of at most `most` blocks of the device, none of which is granted.
bool CheckedAllocator::is_believed(const Extent& extent, Number most) const noexcept {
  if (extent.length == 0 || most < extent.length) return false;
  if (blocks_ <= extent.start || blocks_ - extent.start < extent.length) return false;
  return granted_.find_set(extent.start, extent.end()) == extent.end();
}

/// Returns how many blocks of it were granted.
CheckedAllocator::Number CheckedAllocator::release_granted(Extent extent) noexcept {
  const BlockRange<Number> range = on_device(extent.start, extent.length, blocks_);
  Number released = 0;
  Number at = granted_.find_set(range.start, range.end);
  while (at < range.end) {
    const Number end = granted_.find_clear(at, range.end);
    released += granted_.clear({at, end});
    call_it([&] { table_.release(self_, at, end - at); });
    at = granted_.find_set(end, range.end);
  }
  return released;
}

/// Asks for the blocks that are reserved here alone.
void CheckedAllocator::reserve_the_rest() noexcept {
  const Number rest = counts_.reserved - reserved_there_;
  if (rest == 0) return;
  if (answer_or(false, [&] { return table_.reserve(self_, rest) != 0; }))
    reserved_there_ = counts_.reserved;
}

/// After an answer that leaves open how many are reserved there.
void CheckedAllocator::note_reserved() noexcept {
  const Number says = answer_or(Number{0}, [&] { return table_.reserved_blocks(self_); });
  reserved_there_ = std::min(says, counts_.reserved);
}

}  // namespace quire::impl
