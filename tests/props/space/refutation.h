// What the laws say of an allocator, for the tests that break one.
#pragma once

#include "props/space/allocator_case.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

namespace quire::props {

/// What RapidCheck prints of the smallest case that breaks a law; empty if none does.
inline std::string refutation(const AllocatorKind& kind, int seed, int cases = 2000) {
  rc::detail::TestParams params;
  params.seed = static_cast<std::uint64_t>(seed);
  params.maxSuccess = cases;
  const auto result = rc::detail::checkTestable(
      [&] { check_allocator_laws(kind); }, rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  if (result.is<rc::detail::FailureResult>()) printResultMessage(result, text);
  return text.str();
}

/// The drawn calls of a smallest case, and whether an ageing, or a device filled in some way,
/// stands before them.
inline std::pair<std::size_t, bool> calls_of(const std::string& refutation) {
  std::istringstream lines(refutation.substr(refutation.find("  A{")));
  std::string line;
  std::getline(lines, line);
  std::size_t calls = 0;
  bool is_old = false;
  while (std::getline(lines, line) && line.starts_with("  ")) {
    const bool is_before = line.starts_with("  an ageing") || line.starts_with("  then ");
    is_old = is_old || is_before;
    if (!is_before) ++calls;
  }
  return {calls, is_old};
}

/// Each of five seeds finds the fault, as one of this law or of the other, in at most 8 calls, or 4
/// on an old device.
template <BlockAllocator A>
void expect_refuted(const spec::ClauseText& law, const spec::ClauseText* other = nullptr) {
  for (int seed = 1; seed <= 5; ++seed) {
    const std::string text = refutation(kind_of<A>("broken"), seed);
    const auto names = [&](const spec::ClauseText& l) { return text.find(l.says) != text.npos; };
    ASSERT_TRUE(names(law) || (other != nullptr && names(*other)))
        << "seed " << seed << ": " << text;
    const auto [calls, is_old] = calls_of(text);
    EXPECT_LE(calls, is_old ? 4u : 8u) << "seed " << seed << ": " << text;
  }
}

}  // namespace quire::props
