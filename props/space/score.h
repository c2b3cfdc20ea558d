// How well an allocator places blocks, and how fast: what the laws say nothing about.
#pragma once

#include "props/space/allocator_kind.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quire::props {

/// The size of each device that is scored.
inline constexpr std::uint64_t kScoredBlocks = 1 << 14;

/// How full the devices are on which calls are timed: percent.
inline constexpr std::array<std::uint64_t, 4> kScoredFullness = {0, 50, 90, 99};

/// A device after a standard ageing.
struct AgeingScore {
  std::string ageing;
  double blocks_a_grant = 0;     ///< mean length of what allocate() granted
  double extents_a_file = 0;     ///< mean; extents that follow each other count as one
  double blocks_a_free_run = 0;  ///< mean
  double from_goal = 0;          ///< median: blocks from a goal to what was granted first
};

struct AllocatorScore {
  std::string name;
  std::string why_not;  ///< why it could not be scored; empty if it was
  std::vector<AgeingScore> ageings = {};
  /// Nanoseconds of an allocate() of up to 8 blocks with its release(), for each of
  /// kScoredFullness: the median of rounds that take turns with the other allocators. Empty if not
  /// timed.
  std::vector<double> nanoseconds = {};
};

/// Scores each of them in a process of its own, and times those that got through in another. The
/// same seed makes the same ageings. The calling process must have no other thread.
std::vector<AllocatorScore> score_allocators(
    std::span<const AllocatorKind> kinds, std::uint64_t seed);

}  // namespace quire::props
