// The first byte in which two runs of bytes differ.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace quire::props {

/// The number of bytes that are equal at the start of both; the length of the shorter if all are.
/// Compares a page at a time, as fast as memcmp.
inline std::size_t first_difference(std::span<const std::byte> a, std::span<const std::byte> b) {
  constexpr std::size_t kPiece = 4096;
  const std::size_t end = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < end && std::memcmp(&a[at], &b[at], std::min(kPiece, end - at)) == 0)
    at += std::min(kPiece, end - at);
  while (at < end && a[at] == b[at]) ++at;
  return at;
}

/// The number of bytes at the start that are `value`. As fast.
inline std::size_t first_other_than(std::span<const std::byte> bytes, std::byte value) {
  if (bytes.empty() || bytes.front() != value) return 0;
  // Each byte is compared with the one before it.
  return 1 + first_difference(bytes.subspan(1), bytes);
}

}  // namespace quire::props
