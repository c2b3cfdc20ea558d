// The sectors of a device that were written since the last question.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace quire::props {

/// A set of sectors, a bit each: to visit it costs about a microsecond per 64 Ki sectors, and the
/// sectors in it. Not thread-safe.
class WrittenSectors {
 public:
  /// size, sector_size: bytes; size is a multiple of sector_size, which is a power of two.
  WrittenSectors(std::uint64_t size, std::uint32_t sector_size)
      : shift_(std::countr_zero(sector_size)), words_(((size >> shift_) + 63) / 64) {}

  /// Adds the sectors that [pos, pos + length) touches; bytes of the device, inside it.
  void add(std::uint64_t pos, std::uint64_t length) {
    if (length == 0) return;
    const std::uint64_t end = ((pos + length - 1) >> shift_) + 1;
    for (std::uint64_t first = pos >> shift_; first < end;) {
      const std::uint64_t bit = first % 64;
      const std::uint64_t n = end - first < 64 - bit ? end - first : 64 - bit;
      words_[first / 64] |= (~std::uint64_t{0} >> (64 - n)) << bit;
      first += n;
    }
  }

  /// Calls visit(pos, length) for each longest run in the set, in ascending order, and empties it;
  /// bytes of the device.
  template <class Visit>
  void take(Visit&& visit) {
    std::uint64_t run = 0;
    std::uint64_t length = 0;
    for (std::uint64_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0;) {
        const int bit = std::countr_zero(word);
        const int n = std::countr_one(word >> bit);
        word = bit + n == 64 ? 0 : word & (~std::uint64_t{0} << (bit + n));
        const std::uint64_t first = i * 64 + static_cast<std::uint64_t>(bit);
        if (first != run + length) {
          if (length != 0) visit(run << shift_, length << shift_);
          run = first;
          length = 0;
        }
        length += static_cast<std::uint64_t>(n);
      }
      words_[i] = 0;
    }
    if (length != 0) visit(run << shift_, length << shift_);
  }

 private:
  int shift_;
  std::vector<std::uint64_t> words_;
};

}  // namespace quire::props
