// What the tests of ref write into files.
#pragma once

#include "spec/geometry.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quire::tests {

using Contents = std::vector<std::byte>;

inline constexpr std::uint64_t kPage = spec::kPageSize;

inline Contents repeated(std::uint64_t size, int value) { return Contents(size, std::byte(value)); }

}  // namespace quire::tests
