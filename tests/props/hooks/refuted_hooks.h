// Hooks that must be refuted, by which rule and in how many calls.
#pragma once

#include "props/hooks/check_write_hooks.h"
#include "spec/clause.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <string>

namespace quire::props {

/// The calls that a refutation tells: those of the file's users, and of the hooks.
inline std::size_t calls_in(const std::string& refutation) {
  std::size_t calls = 0;
  for (const char* const call :
       {" write(", " write_begin(", " write_end(", " write_back(", " drop_cache(", " truncate("}) {
    for (std::size_t at = 0; (at = refutation.find(call, at)) != std::string::npos; ++at) ++calls;
  }
  return calls;
}

/// Each of five seeds finds H by this rule, within 2000 cases, and tells it in eight calls.
template <class H>
void expect_hooks_refuted(const spec::ClauseText& rule) {
  constexpr std::size_t kCallsMost = 8;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::string text = check_write_hooks<H>({.seed = seed});
    EXPECT_TRUE(text.starts_with(rule.says)) << "seed " << seed << ", wanted: " << rule.says << "\n"
                                             << text;
    EXPECT_LE(calls_in(text), kCallsMost) << text;
  }
}

}  // namespace quire::props
