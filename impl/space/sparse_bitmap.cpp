#include "impl/space/sparse_bitmap.h"

#include "impl/bits/word_bits.h"
#include "impl/space/bitmap_words.h"

#include <algorithm>
#include <iterator>

namespace quire::impl {
namespace {

using Number = std::uint64_t;
using Range = BlockRange<Number>;

/// Calls visit(word index, mask) for each word that holds bits of the range; the mask has those
/// bits.
template <class Visit>
void for_each_word(Range range, Visit visit) {
  while (range.start < range.end) {
    const WordPart<Number> part = first_part(range);
    visit(part.index, part.mask);
    range.start = part.end;
  }
}

}  // namespace

void SparseBitmap::set_in_chunk(Chunk& chunk, Range range) {
  for_each_word(range, [&](Number word, Number mask) {
    chunk.count += set_bits(chunk.words[word % chunk.words.size()], mask);
  });
}

Number SparseBitmap::clear_in_chunk(Chunk& chunk, Range range) {
  const Number before = chunk.count;
  for_each_word(range, [&](Number word, Number mask) {
    chunk.count -= clear_bits(chunk.words[word % chunk.words.size()], mask);
  });
  return before - chunk.count;
}

/// The first bit of [from, end), which is not empty and lies in one chunk, that is set in
/// bits_of_word(its word in the chunk), or `end`.
template <class Bits>
Number SparseBitmap::find_in_chunk(Number from, Number end, Bits bits_of_word) {
  constexpr Number kWords = kChunkBits / kWordBits;
  Number word = from >> kWordShift;
  Number bits = bits_of_word(word % kWords) & from_block_on(from);
  const Number last = (end - 1) >> kWordShift;
  while (bits == 0) {
    if (word == last) return end;
    bits = bits_of_word(++word % kWords);
  }
  return found_in(word, bits, end);
}

void SparseBitmap::set_in_level(std::size_t level, Range range) {
  const Number number = range.start >> kChunkShift;
  const auto [at, is_new] = levels_[level].try_emplace(number);
  Chunk& chunk = at->second;
  if (chunk.count + (range.end - range.start) == kChunkBits) {
    try {
      set_in_level(level + 1, {number, number + 1});
    } catch (...) {
      if (is_new) levels_[level].erase(at);
      throw;
    }
  }
  set_in_chunk(chunk, range);
}

void SparseBitmap::set(Range range) {
  Range done{range.start, range.start};
  try {
    while (done.end < range.end) {
      const Number in_chunk = kChunkBits - done.end % kChunkBits;
      const Number part_end = done.end + std::min(in_chunk, range.end - done.end);
      set_in_level(0, {done.end, part_end});
      done.end = part_end;
    }
  } catch (...) {
    clear(done);
    throw;
  }
}

Number SparseBitmap::clear(Range range) noexcept {
  if (range.start >= range.end) return 0;
  Number cleared = 0;
  const Number last = (range.end - 1) >> kChunkShift;
  Chunks& chunks = levels_[0];
  auto at = chunks.lower_bound(range.start >> kChunkShift);
  while (at != chunks.end() && at->first <= last) {
    const Number first_bit = at->first << kChunkShift;
    const Number from = std::max(range.start, first_bit);
    const Number end = first_bit + std::min(kChunkBits, range.end - first_bit);
    const bool was_full = at->second.count == kChunkBits;
    const Number n = clear_in_chunk(at->second, {from, end});
    cleared += n;
    // A chunk that was full and is not any more: so are the summaries above it.
    Number bit = at->first;
    bool leaves_full = was_full && n != 0;
    for (std::size_t level = 1; leaves_full; ++level) {
      const auto above = levels_[level].find(bit >> kChunkShift);
      leaves_full = above->second.count == kChunkBits;
      clear_in_chunk(above->second, {bit, bit + 1});
      bit = above->first;
      if (above->second.count == 0) levels_[level].erase(above);
    }
    at = at->second.count == 0 ? chunks.erase(at) : std::next(at);
  }
  return cleared;
}

Number SparseBitmap::find_clear(std::size_t level, Number from, Number end) const {
  if (from >= end) return end;
  const Chunks& chunks = levels_[level];
  // The first clear bit from `bit` on in its chunk, or the first bit of the next one.
  const auto in_its_chunk = [&](Number bit, Number& past) {
    const Number number = bit >> kChunkShift;
    past = std::min(((number << kChunkShift) | (kChunkBits - 1)), end - 1) + 1;
    const auto at = chunks.find(number);
    if (at == chunks.end()) return bit;
    return find_in_chunk(bit, past, [&](Number word) { return ~at->second.words[word]; });
  };
  Number past;
  const Number found = in_its_chunk(from, past);
  if (found < past || past == end) return found;
  const Number chunks_end = ((end - 1) >> kChunkShift) + 1;
  const Number next = find_clear(level + 1, past >> kChunkShift, chunks_end);
  return next == chunks_end ? end : in_its_chunk(next << kChunkShift, past);
}

Number SparseBitmap::find_set(Number from, Number end) const {
  if (from >= end) return end;
  const Chunks& chunks = levels_[0];
  const Number last = (end - 1) >> kChunkShift;
  for (auto at = chunks.lower_bound(from >> kChunkShift); at != chunks.end() && at->first <= last;
       ++at) {
    const Number first_bit = at->first << kChunkShift;
    const Number start = std::max(from, first_bit);
    const Number past = first_bit + std::min(kChunkBits, end - first_bit);
    const Number found =
        find_in_chunk(start, past, [&](Number word) { return at->second.words[word]; });
    if (found < past) return found;
  }
  return end;
}

}  // namespace quire::impl
