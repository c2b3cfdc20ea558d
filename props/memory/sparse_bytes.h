// Bytes of a space of any size that takes memory only where they were written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace quire::props {

/// Numbers [start, end): bytes of a file or device, or blocks.
struct Range {
  std::uint64_t start;
  std::uint64_t end;

  std::uint64_t length() const { return end - start; }
  friend bool operator==(const Range&, const Range&) = default;
};

/// Bytes at positions below 2^64 - kPageBytes, all of one value until they are written. Not for
/// two threads at once.
class SparseBytes {
 public:
  static constexpr std::uint64_t kPageBytes = 16 << 10;

  explicit SparseBytes(std::byte empty) : empty_(empty) {}

  void write(std::uint64_t pos, std::span<const std::byte> from);
  /// Makes [start, end) as if never written.
  void erase(std::uint64_t start, std::uint64_t end);
  /// The same for every byte.
  void clear() { pages_.clear(); }

  std::byte at(std::uint64_t pos) const;
  void read(std::uint64_t pos, std::span<std::byte> to) const;

  /// How many bytes at the start of `got` are those from `pos` on: all, or the number of the first
  /// that differs. As fast as memcmp.
  std::uint64_t equal_bytes(std::uint64_t pos, std::span<const std::byte> got) const;

  /// The first byte of [start, end) that is not as if never written, or `end`.
  std::uint64_t find_written(std::uint64_t start, std::uint64_t end) const;

  /// Where memory is taken, whole pages, in ascending order and as long as can be.
  std::vector<Range> pages() const;

 private:
  struct Page {
    Page() {}  // leaves the bytes to the writer
    std::array<std::byte, kPageBytes> bytes;
  };

  /// Calls visit(pos, bytes, n) for the part of each page that lies in [start, end), and for each
  /// stretch between pages, in order, until it returns false. bytes: null between pages.
  template <class Visit>
  void each_part(std::uint64_t start, std::uint64_t end, Visit&& visit) const;

  std::byte empty_;
  std::map<std::uint64_t, Page> pages_;  // by number
};

}  // namespace quire::props
