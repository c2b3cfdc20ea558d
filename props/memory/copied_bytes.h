// What a copy of the pattern has stored: its count, its bytes and what lies around them.
#pragma once

#include "props/judge/failure.h"
#include "props/memory/pattern.h"
#include "props/memory/poison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

namespace quire::props {

/// Poison on either side of the target that a copy must leave.
inline constexpr std::size_t kCopyMargin = 256;

/// Makes `bytes` bytes at `to` and their margins ready for a copy.
inline void poison_target(std::byte* to, std::size_t bytes) {
  std::fill(to - kCopyMargin, to + bytes + kCopyMargin, kPoison);
}

/// What is wrong after a copy to a poisoned target, of `readable` bytes of the pattern of seed 1.
inline std::optional<Failure> judge_copied(
    const std::string& engine, const std::byte* to, std::size_t copied, std::size_t readable) {
  const auto fail = [&](const char* says, std::string expected, std::string actual) {
    return Failure{says, "IT-5", engine, std::move(expected), std::move(actual)};
  };
  if (copied != readable) {
    return fail(
        "A copy stops exactly at the first byte that cannot be read.", std::to_string(readable),
        std::to_string(copied));
  }
  for (std::size_t i = 0; i < copied; ++i) {
    if (to[i] != pattern(1, i))
      return fail("Each byte arrives as it was.", "", fmt::format("byte {}", i));
  }
  for (std::size_t i = 0; i < kCopyMargin; ++i) {
    if (to[copied + i] != kPoison || *(to - 1 - i) != kPoison) {
      return fail(
          "A copy writes nothing outside of its bytes.", "poison",
          fmt::format("another value {} bytes outside of it", i));
    }
  }
  return std::nullopt;
}

}  // namespace quire::props
