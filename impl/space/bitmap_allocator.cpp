// The bitmap allocator: searches and marks, a word of 64 blocks at a time.
#include "impl/space/bitmap_allocator.h"

#include <algorithm>
#include <bit>

namespace quire::impl {
namespace {

constexpr std::uint64_t kWordBlocks = 64;
constexpr std::uint64_t kAll = ~std::uint64_t{0};

/// Calls visit(word index, mask) for each word that holds blocks of [start, end); the mask has the
/// bits of those blocks.
template <class Visit>
void for_each_word(std::uint64_t start, std::uint64_t end, Visit visit) {
  while (start < end) {
    const std::uint64_t word = start / kWordBlocks;
    const std::uint64_t first = start % kWordBlocks;
    const std::uint64_t count = std::min(kWordBlocks - first, end - start);
    visit(word, (kAll >> (kWordBlocks - count)) << first);
    start += count;
  }
}

/// The first block of [from, end) whose bit is set in word_at(its word), or `end`.
template <class WordAt>
std::uint64_t find_set(std::uint64_t from, std::uint64_t end, WordAt word_at) {
  if (from >= end) return end;
  std::uint64_t word = from / kWordBlocks;
  std::uint64_t bits = word_at(word) & (kAll << (from % kWordBlocks));
  const std::uint64_t last = (end - 1) / kWordBlocks;
  while (bits == 0) {
    if (word == last) return end;
    bits = word_at(++word);
  }
  const auto found = word * kWordBlocks + static_cast<std::uint64_t>(std::countr_zero(bits));
  return std::min(found, end);  // the last word may hold blocks behind the end
}

}  // namespace

BitmapAllocator::BitmapAllocator(std::uint64_t blocks)
    : granted_((blocks + kWordBlocks - 1) / kWordBlocks), blocks_(blocks), free_(blocks) {}

bool BitmapAllocator::reserve(std::uint64_t n) {
  if (n > free_) return false;
  free_ -= n;
  reserved_ += n;
  return true;
}

void BitmapAllocator::unreserve(std::uint64_t n) {
  n = std::min(n, reserved_);
  reserved_ -= n;
  free_ += n;
}

std::optional<Extent> BitmapAllocator::allocate(std::uint64_t want, std::uint64_t goal) {
  want = std::min(want, reserved_);
  if (want == 0) return std::nullopt;
  if (goal >= blocks_) goal = 0;

  // Found, since free and reserved blocks together are the blocks without a bit, and one is
  // reserved.
  std::uint64_t start = find_ungranted(goal, blocks_);
  if (start == blocks_) start = find_ungranted(0, goal);
  const std::uint64_t end = find_granted(start, start + std::min(want, blocks_ - start));

  const Extent extent{start, end - start};
  mark_granted(extent);
  reserved_ -= extent.length;
  return extent;
}

void BitmapAllocator::free(Extent extent) {
  const std::uint64_t start = std::min(extent.start, blocks_);
  const std::uint64_t end = start + std::min(extent.length, blocks_ - start);
  for_each_word(start, end, [this](std::uint64_t word, std::uint64_t mask) {
    free_ += static_cast<std::uint64_t>(std::popcount(granted_[word] & mask));
    granted_[word] &= ~mask;
  });
}

std::uint64_t BitmapAllocator::find_ungranted(std::uint64_t from, std::uint64_t end) const {
  return find_set(from, end, [this](std::uint64_t word) { return ~granted_[word]; });
}

std::uint64_t BitmapAllocator::find_granted(std::uint64_t from, std::uint64_t end) const {
  return find_set(from, end, [this](std::uint64_t word) { return granted_[word]; });
}

void BitmapAllocator::mark_granted(Extent extent) {
  for_each_word(extent.start, extent.end(), [this](std::uint64_t word, std::uint64_t mask) {
    granted_[word] |= mask;
  });
}

}  // namespace quire::impl
