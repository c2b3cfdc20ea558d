// What the tests of ref write into files.
#pragma once

#include "spec/geometry.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace quire::tests {

using Contents = std::vector<std::byte>;

inline constexpr std::uint64_t kPage = spec::kPageSize;

/// Whether any of the bytes has this value.
inline bool holds(std::span<const std::byte> bytes, std::byte value) {
  return !bytes.empty() &&
         std::memchr(bytes.data(), std::to_integer<int>(value), bytes.size()) != nullptr;
}

inline Contents repeated(std::uint64_t size, int value) { return Contents(size, std::byte(value)); }

}  // namespace quire::tests
