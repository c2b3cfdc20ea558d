#include "props/peers/overlap_values.h"

namespace quire::props {

OverlapValues::OverlapValues(
    std::span<const std::byte> source, std::uint64_t from, std::uint64_t to, bool any_for_zero)
    : values_(source.size()) {
  const std::size_t n = source.size();
  const std::uint64_t distance = to < from ? from - to : to - from;
  const auto fill = [&](std::size_t i, std::size_t neighbour) {
    if (distance != 0 && neighbour < n) values_[i] = values_[neighbour];
    const auto value = static_cast<std::size_t>(source[i]);
    values_[i][value / 64] |= std::uint64_t{1} << value % 64;
    const bool in_target = to <= from + i && from + i < to + n;
    if (any_for_zero && value == 0 && in_target) values_[i].fill(~std::uint64_t{0});
  };
  // Towards the source: its byte i is byte i - distance, or i + distance, of the target.
  if (from < to) {
    for (std::size_t i = 0; i < n; ++i) fill(i, i - distance);  // below zero it wraps: none
  } else {
    for (std::size_t i = n; i-- > 0;) fill(i, i + distance);
  }
}

bool OverlapValues::allows(std::size_t i, std::byte value) const {
  const auto v = static_cast<std::size_t>(value);
  return (values_[i][v / 64] >> v % 64 & 1) != 0;
}

}  // namespace quire::props
