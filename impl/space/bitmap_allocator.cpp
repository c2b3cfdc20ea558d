// The bitmap allocator: searches and marks, a word of 64 blocks at a time.
#include "impl/space/bitmap_allocator.h"

#include "impl/space/bitmap_words.h"
#include "impl/word_bits.h"

namespace quire::impl {
namespace {

using Number = std::uint64_t;

/// Calls visit(word index, mask) for each word that holds blocks of the range; the mask has the
/// bits of those blocks.
template <class Visit>
void for_each_word(BlockRange<Number> range, Visit visit) {
  while (range.start < range.end) {
    const WordPart<Number> part = first_part(range);
    visit(part.index, part.mask);
    range.start = part.end;
  }
}

/// The first block of [from, end) whose bit is set in word_at(its word), or `end`.
template <class WordAt>
Number find_set(Number from, Number end, WordAt word_at) {
  if (from >= end) return end;
  Number word = from >> kWordShift;
  Number bits = word_at(word) & from_block_on(from);
  const Number last = (end - 1) >> kWordShift;
  while (bits == 0) {
    if (word == last) return end;
    bits = word_at(++word);
  }
  return found_in(word, bits, end);
}

}  // namespace

BitmapAllocator::BitmapAllocator(Number blocks)
    : granted_((blocks + kWordBits - 1) / kWordBits), blocks_(blocks), counts_{blocks, 0} {}

bool BitmapAllocator::reserve(Number n) { return impl::reserve(counts_, n); }

void BitmapAllocator::unreserve(Number n) { impl::unreserve(counts_, n); }

std::optional<Extent> BitmapAllocator::allocate(Number want, Number goal) {
  const BlockRange<Number> found = impl::allocate(*this, counts_, blocks_, want, goal);
  if (found.start == found.end) return std::nullopt;
  for_each_word(found, [this](Number word, Number mask) { granted_[word] |= mask; });
  return Extent{found.start, found.end - found.start};
}

void BitmapAllocator::free(Extent extent) {
  for_each_word(on_device(extent.start, extent.length, blocks_), [this](Number word, Number mask) {
    freed(counts_, clear_bits(granted_[word], mask));
  });
}

Number BitmapAllocator::find_ungranted(Number from, Number end) const {
  return find_set(from, end, [this](Number word) { return ~granted_[word]; });
}

Number BitmapAllocator::find_granted(Number from, Number end) const {
  return find_set(from, end, [this](Number word) { return granted_[word]; });
}

}  // namespace quire::impl
