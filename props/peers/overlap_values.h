// Writes out of a mapping of the file that is written to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// The values that each byte may have after a write of `source` to byte `to` of the file that it is
/// mapped from (at byte `from`). The copy may read bytes that it has written before, or, where a
/// part is copied again, bytes behind: so a byte may hold any of those a multiple of the distance
/// away, along a way through the target only. source: the bytes before the write. any_for_zero: a
/// zero byte in the target may be read as anything (PeerAllowance::shows_old_memory).
class OverlapValues {
 public:
  OverlapValues(
      std::span<const std::byte> source, std::uint64_t from, std::uint64_t to, bool any_for_zero);

  bool allows(std::size_t i, std::byte value) const;

 private:
  using Set = std::array<std::uint64_t, 4>;  // one bit a value
  std::vector<Set> values_;
};

}  // namespace quire::props
