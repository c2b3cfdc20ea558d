// The check of an allocator from a program, or a test, of your own:
//
//     #include <quire/check/allocator.h>
//     #include <gtest/gtest.h>
//     QUIRE_CHECK_ALLOCATOR(MyAllocator)
//
// Compile with what `pkg-config --cflags --libs quire-check` says. The headers need Boost.Hana.
#pragma once

#include <quire/check/any_allocator.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace quire::check {

/// How an allocator is checked. Since 0.1.
struct AllocatorCheck {
  /// How many cases are drawn: devices and calls. From 300 on they must reach every class that the
  /// powers allow.
  std::uint64_t cases = 2000;
  std::uint64_t seed = 0;  ///< of the cases; 0: a fresh one
  /// Processes among which the cases are shared; 0: one for each processor. The same seed and jobs
  /// draw the same cases.
  std::size_t jobs = 0;
};

/// Draws devices and calls, and judges each answer by the laws of quire::BlockAllocator and of the
/// powers that are declared. A case that breaks one is shrunk, and so is one that crashes or hangs:
/// allocators run in child processes.
///
/// Returns the law, the calls that break it and the seed, as a person reads them; or why it could
/// not be checked. Empty if every law held.
///
/// Threads: forks, and so must be called where the process has one thread alone. Throws nothing but
/// std::bad_alloc.
/// Since: 0.1.
QUIRE_API std::string check_allocator(const AllocatorKind& kind, const AllocatorCheck& check = {});

template <BlockAllocator A>
std::string check_allocator(std::string name, const AllocatorCheck& check = {}) {
  return check_allocator(kind_of<A>(std::move(name)), check);
}

}  // namespace quire::check

/// Registers the test Allocator.NAME: the class NAME keeps the laws. NAME: without :: and <>. After
/// it may stand members of AllocatorCheck: .cases = 10000. Needs <gtest/gtest.h>;
/// --gtest_random_seed=N repeats a run. Since 0.1.
#define QUIRE_CHECK_ALLOCATOR(NAME, ...)                                                       \
  TEST(Allocator, NAME) {                                                                      \
    quire::check::AllocatorCheck check{__VA_ARGS__};                                           \
    if (check.seed == 0) check.seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed)); \
    EXPECT_EQ(quire::check::check_allocator<NAME>(#NAME, check), "");                          \
  }
