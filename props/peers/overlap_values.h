// Writes out of a mapping of the file that is written to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// Of a write of `source` to byte `to` of the file that it is mapped from (at byte `from`): which
/// values each byte may have after it. The copy may meet bytes that it has written before, or, when
/// a part of it was done again, bytes behind: so a byte may hold any of those that stood a multiple
/// of the distance away, as long as it passed through the target only.
/// source: the bytes as they were before. any_for_zero: a byte that is zero and lies in the target
/// may be met as anything (PeerAllowance::shows_old_memory).
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
