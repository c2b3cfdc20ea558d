// The volatile cache of a device: writes that no flush has confirmed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>

namespace quire::props {

/// Holds apart what a power cut could take away: for each sector written since the last flush, the
/// bytes that lay there at that flush. So the device itself may keep its newest bytes in one place,
/// and reads of it see the cache first. Its cost grows with the bytes written. Not thread-safe.
class UnflushedWrites {
 public:
  /// Before a write to [pos, pos + old.size()), both multiples of 512. old: the bytes there now.
  void before_write(std::uint64_t pos, std::span<const std::byte> old);

  /// A flush has succeeded: all that was written is on the medium.
  void flushed();

  bool empty() const { return pages_.empty(); }

  /// Whether a sector of [pos, pos + length) was written since the last flush.
  bool touches(std::uint64_t pos, std::uint64_t length) const;

  /// Changes `bytes`, which the device answers at `pos`, to those of the medium. pos, bytes.size():
  /// multiples of 512.
  void show_medium(std::uint64_t pos, std::span<std::byte> bytes) const;

 private:
  static constexpr std::uint64_t kSector = 512;
  static constexpr std::uint64_t kPage = 8 * kSector;

  /// The saved sectors of a page of the device; bit k of `saved` is that of sector k.
  struct Page {
    std::array<std::byte, kPage> bytes;
    std::uint8_t saved;
  };

  std::unordered_map<std::uint64_t, Page*> pages_;  ///< by number
  std::deque<Page> store_;                          ///< kept for the next writes, too
};

}  // namespace quire::props
