// The classes of devices and calls that the laws must have judged.
#pragma once

#include "props/space/allocator_laws.h"
#include "props/space/holdings.h"

#include <quire/allocator_powers.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// How often each class was met. Classes that an allocator cannot meet, for want of a power, are
/// not demanded.
class AllocatorCoverage {
 public:
  enum Class : std::size_t {
    // The size of the device.
    one_block,
    two_blocks,
    word_edge,
    byte_edge,
    page_of_bits,
    a_million,
    above_32_bits,
    // Calls before the drawn ones.
    is_new,
    after_10_calls,
    after_100_calls,
    after_1000_calls,
    // At a drawn allocate(): how full the device is, and how many runs of blocks are not granted.
    empty,
    half_full,
    almost_full,
    full_but_one,
    all_reserved,
    full,
    one_run,
    few_runs,
    many_runs,
    very_many_runs,
    // What came of a call.
    granted_all,
    granted_a_part,
    granted_several,
    granted_a_minimum,
    refused_a_minimum,
    granted_aligned,
    refused_aligned,
    refused_reserve,
    released_all,
    released_in_any_order,
    // Of powers.
    released_a_part,
    released_joined,
    goal_was_free,
    goal_was_taken,
    room_was_found,
    marked_used,
    released_used,
    shared,
    released_a_share,
    grew,
    shrank,
    refused_resize,
    restored,
    kCount
  };

  void met(Class c) { ++counts_[c]; }
  std::uint64_t count(Class c) const { return counts_[c]; }
  /// An answer was held to this law.
  void judged(const spec::ClauseText& law) {
    const auto at = std::ranges::find(kAllocatorLaws, &law);
    ++judged_[static_cast<std::size_t>(at - kAllocatorLaws.begin())];
  }

  void device(std::uint64_t blocks) {
    if (blocks == 1) met(one_block);
    if (blocks == 2) met(two_blocks);
    if (63 <= blocks && blocks <= 65) met(word_edge);
    if (255 <= blocks && blocks <= 257) met(byte_edge);
    if (4095 <= blocks && blocks <= 4097) met(page_of_bits);
    if (blocks >> 20 == 1) met(a_million);
    if (blocks >> 32 != 0) met(above_32_bits);
  }
  void age(std::uint64_t calls) {
    if (calls == 0) met(is_new);
    if (calls >= 10) met(after_10_calls);
    if (calls >= 100) met(after_100_calls);
    if (calls >= 1000) met(after_1000_calls);
  }
  /// The state in which an allocate() or a reserve() is drawn.
  void state(const Holdings& holds) {
    const std::uint64_t left = holds.blocks - holds.granted_blocks();
    if (holds.granted_blocks() == 0) met(empty);
    if (left <= holds.blocks / 2) met(half_full);
    if (left <= holds.blocks / 16) met(almost_full);
    if (left == 1) met(full_but_one);
    if (left == 0) met(full);
    if (left != 0 && left == holds.reserved) met(all_reserved);
    std::size_t runs = 0;
    holds.for_each_gap([&](std::uint64_t, std::uint64_t) { return ++runs < 64; });
    if (runs == 1) met(one_run);
    if (runs >= 2) met(few_runs);
    if (runs >= 16) met(many_runs);
    if (runs >= 64) met(very_many_runs);
  }

  /// The name of a law among those of the classes.
  static std::string name_of(const spec::ClauseText& law) { return std::string("law ") + law.name; }
  /// How often each law was judged.
  std::vector<std::pair<std::string, std::uint64_t>> judgements() const {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (std::size_t i = 0; i < judged_.size(); ++i)
      all.emplace_back(name_of(*kAllocatorLaws[i]), judged_[i]);
    return all;
  }

  /// By name, in the order of the classes.
  std::vector<std::pair<std::string, std::uint64_t>> counts(std::uint32_t powers) const {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (std::size_t c = 0; c < kCount; ++c)
      if (can_be_met(static_cast<Class>(c), powers)) all.emplace_back(kNames[c], counts_[c]);
    return all;
  }
  /// The names of those that were never met and could have been.
  std::vector<std::string> missing(std::uint32_t powers) const {
    std::vector<std::string> names;
    for (const auto& [name, count] : counts(powers))
      if (count == 0) names.push_back(name);
    return names;
  }

 private:
  static constexpr std::array<const char*, kCount> kNames = {
      "device of 1 block",
      "device of 2 blocks",
      "device of 63 to 65 blocks",
      "device of 255 to 257 blocks",
      "device of 4095 to 4097 blocks",
      "device of 2^20 blocks",
      "device of more than 2^32 blocks",
      "new device",
      "device after 10 calls",
      "device after 100 calls",
      "device after 1000 calls",
      "nothing granted",
      "half granted",
      "15/16 granted",
      "all but one block granted",
      "all that is left reserved",
      "all granted",
      "one run left",
      "several runs left",
      "16 runs left",
      "64 runs left",
      "granted all that was wanted",
      "granted a part",
      "granted several extents",
      "granted a minimum",
      "refused a minimum",
      "granted aligned",
      "refused an alignment",
      "refused a reservation",
      "released an extent",
      "released in another order than granted",
      "released a part",
      "released several extents at once",
      "goal was free",
      "goal was taken",
      "found room",
      "marked blocks used",
      "released blocks used from the start",
      "shared",
      "released a share",
      "grew",
      "shrank",
      "refused to change its size",
      "restored"};

  /// The powers without which a class cannot be met: one of them is enough.
  static std::uint32_t needs(Class c) {
    switch (c) {
      case above_32_bits: return kAnySize;
      case released_a_part: return kReleasesParts;
      case released_joined: return kReleasesJoined;
      case goal_was_free:
      case goal_was_taken: return kHonoursGoal;
      case room_was_found: return kFindsRuns;
      case marked_used:
      case released_used: return kMarksUsed;
      case shared:
      case released_a_share: return kShares;
      case grew:
      case shrank:
      case refused_resize: return kResizes;
      case restored: return kPersists;
      default: return 0;
    }
  }
  /// An allocator that grants a block at a time, or no minimum, is one of a strategy of its own.
  static bool is_of_strategy(Class c) {
    return c == granted_several || c == granted_a_minimum || c == granted_aligned ||
           c == granted_all || c == released_a_part;
  }
  static bool can_be_met(Class c, std::uint32_t powers) {
    const std::uint32_t needed = needs(c);
    if (is_of_strategy(c) && (powers & kFindsRuns) == 0) return false;
    return needed == 0 || (powers & needed) != 0;
  }

  std::array<std::uint64_t, kCount> counts_{};
  std::array<std::uint64_t, kAllocatorLaws.size()> judged_{};
};

}  // namespace quire::props
