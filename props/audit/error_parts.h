// A word of errors, as an auditor takes it apart.
#pragma once

#include <cstdint>

namespace quire::props {

/// A word of errors, or a cursor: its errno, whether it was seen, and its number.
struct ErrorParts {
  std::uint64_t code, seen, number;

  explicit ErrorParts(std::uint64_t word)
      : code(word & 0xfff), seen(word >> 12 & 1), number(word >> 13) {}
};

}  // namespace quire::props
