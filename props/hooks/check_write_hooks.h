// The check of a user's write hooks: writes that are drawn, under ref's loop and under impl's, and
// every answer judged.
//
// Hooks are a class with write_begin() and write_end() (spec/hooks.h) over a HookedFile
// (props/hooks/hooked_file.h), from which it is made.
#pragma once

#include "props/hooks/any_hooks.h"

#include <cstdint>
#include <string>

namespace quire::props {

struct HooksCheck {
  std::uint64_t cases = 2000;
  std::uint64_t seed = 0;  ///< of the cases; 0: a fresh one
};

/// Draws cases until one breaks a rule, and shrinks that. Returns the rule, its tag, the calls and
/// the seed, as a person reads them; empty if every case held.
std::string check_write_hooks(MakeHooks* make, const HooksCheck& check = {});

template <CheckableHooks H>
std::string check_write_hooks(const HooksCheck& check = {}) {
  return check_write_hooks(&HooksOf<H>::make, check);
}

}  // namespace quire::props

/// Registers a test of the name WriteHooks.HOOKS: they break no rule. HOOKS: a class, by a name
/// without :: and <>. After it may stand members of HooksCheck: .cases = 10000. Needs
/// <gtest/gtest.h>; --gtest_random_seed=N repeats a run.
#define QUIRE_CHECK_WRITE_HOOKS(HOOKS, ...)                                                    \
  TEST(WriteHooks, HOOKS) {                                                                    \
    quire::props::HooksCheck check{__VA_ARGS__};                                               \
    if (check.seed == 0) check.seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed)); \
    EXPECT_EQ(quire::props::check_write_hooks<HOOKS>(check), "");                              \
  }
