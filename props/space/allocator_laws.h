// The laws of block allocators, for any strategy, and a caller that judges each call by them.
#pragma once

#include "impl/space/bitmap_allocator.h"
#include "spec/clause.h"

#include <quire/block_allocator.h>

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Whether free() of blocks that are not granted leaves them as they are. The concept asks nothing
/// for such a call; this allocator says so itself.
template <class A>
inline constexpr bool kPassesOverStrangers = false;
template <>
inline constexpr bool kPassesOverStrangers<impl::BitmapAllocator> = true;

inline constexpr spec::ClauseText kGrantsWithinDevice = {
    .operation = "allocator",
    .name = "grants_within_device",
    .says = "A granted extent lies within the device.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGrantsUpToWant = {
    .operation = "allocator",
    .name = "grants_up_to_want",
    .says = "A granted extent has at least one block and at most as many as were wanted.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGrantsOnce = {
    .operation = "allocator",
    .name = "grants_once",
    .says = "A block that is granted is not granted again until it is freed.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kKeepsPromises = {
    .operation = "allocator",
    .name = "keeps_promises",
    .says = "While a block is reserved, allocate() grants.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kReservesWhatIsFree = {
    .operation = "allocator",
    .name = "reserves_what_is_free",
    .says = "reserve(n) fails exactly when fewer than n blocks are free.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kReservesAllOrNothing = {
    .operation = "allocator",
    .name = "reserves_all_or_nothing",
    .says = "reserve(n) moves n blocks from free to reserved, or fails and moves none.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kGivesBackExactly = {
    .operation = "allocator",
    .name = "gives_back_exactly",
    .says = "free() and unreserve() make as many blocks free as they were given, and no others.",
    .source = "quire::BlockAllocator"};
inline constexpr spec::ClauseText kAccountsForEveryBlock = {
    .operation = "allocator",
    .name = "accounts_for_every_block",
    .says = "free + reserved + granted == blocks, after every call.",
    .source = "ACC-1"};

inline constexpr std::array kAllocatorLaws = {
    &kGrantsWithinDevice, &kGrantsUpToWant,       &kGrantsOnce,       &kKeepsPromises,
    &kReservesWhatIsFree, &kReservesAllOrNothing, &kGivesBackExactly, &kAccountsForEveryBlock};

/// The blocks that a caller holds by the answers it got. The laws leave the choice of blocks to the
/// allocator, so no model can predict them.
struct Holdings {
  std::uint64_t blocks = 0;
  std::uint64_t reserved = 0;
  std::vector<Extent> granted{};

  std::uint64_t granted_blocks() const {
    std::uint64_t n = 0;
    for (const Extent& e : granted) n += e.length;
    return n;
  }

  std::uint64_t free_blocks() const {
    const std::uint64_t used = reserved + granted_blocks();
    return used < blocks ? blocks - used : 0;
  }

  bool overlaps(const Extent& x) const {
    return std::any_of(granted.begin(), granted.end(), [&](const Extent& e) {
      return e.start < x.end() && x.start < e.end();
    });
  }
};

/// The only caller of an allocator, who judges each answer by the laws. A broken law fails the
/// property with the law's sentence and the calls so far.
template <BlockAllocator A>
class LawAbidingCaller {
 public:
  /// only: the one law to judge; null for all.
  LawAbidingCaller(std::uint64_t blocks, const spec::ClauseText* only)
      : allocator_{blocks}, holds_{.blocks = blocks}, only_(only) {
    called("A{" + std::to_string(blocks) + "}");
    judge_counts();
  }

  const Holdings& holds() const { return holds_; }

  void reserve(std::uint64_t n) {
    const Counts before = counts();
    const bool promised = allocator_.reserve(n);
    called("reserve(" + std::to_string(n) + ") = " + (promised ? "true" : "false"));
    demand(kReservesWhatIsFree, promised == (n <= holds_.free_blocks()));
    const std::uint64_t moved = promised ? n : 0;
    demand(kReservesAllOrNothing, counts() == Counts{before.free - moved, before.reserved + moved});
    holds_.reserved += moved;
    judge_counts();
  }

  void unreserve(std::uint64_t n) {
    const Counts before = counts();
    allocator_.unreserve(n);
    called("unreserve(" + std::to_string(n) + ")");
    demand(kGivesBackExactly, counts() == Counts{before.free + n, before.reserved - n});
    holds_.reserved -= n;
    judge_counts();
  }

  void allocate(std::uint64_t want, std::uint64_t goal) {
    const auto extent = allocator_.allocate(want, goal);
    const std::string call =
        "allocate(" + std::to_string(want) + ", " + std::to_string(goal) + ") = ";
    called(call + (extent ? text_of(*extent) : "nothing"));
    demand(kKeepsPromises, extent.has_value());
    if (extent) {
      const bool fits =
          extent->start < holds_.blocks && extent->length <= holds_.blocks - extent->start;
      demand(kGrantsUpToWant, 1 <= extent->length && extent->length <= want);
      demand(kGrantsWithinDevice, fits);
      demand(kGrantsOnce, !holds_.overlaps(*extent));
      // One law may be judged alone while others are broken: do not take such a grant.
      if (extent->length > holds_.reserved) return;
      if (extent->length > 0) holds_.granted.push_back(*extent);
      holds_.reserved -= extent->length;
    }
    judge_counts();
  }

  /// Frees `length` blocks of the grant at `which`, from the grant's block `skip` on.
  void free(std::size_t which, std::uint64_t skip, std::uint64_t length) {
    const Extent whole = holds_.granted[which];
    const Extent part{whole.start + skip, length};
    const Counts before = counts();
    allocator_.free(part);
    called("free(" + text_of(part) + ")");
    demand(kGivesBackExactly, counts() == Counts{before.free + length, before.reserved});
    holds_.granted.erase(holds_.granted.begin() + static_cast<std::ptrdiff_t>(which));
    if (skip > 0) holds_.granted.push_back({whole.start, skip});
    if (part.end() < whole.end()) holds_.granted.push_back({part.end(), whole.end() - part.end()});
    judge_counts();
  }

  /// Frees blocks of any owner, or of none: those that are granted become free.
  void free_anywhere(const Extent& part) {
    const Counts before = counts();
    std::vector<Extent> kept;
    std::uint64_t owned = 0;
    // The part may reach past the last number.
    const std::uint64_t part_end = part.start + std::min(part.length, ~part.start);
    for (const Extent& e : holds_.granted) {
      const std::uint64_t from = std::clamp(part.start, e.start, e.end());
      const std::uint64_t to = std::clamp(part_end, from, e.end());
      owned += to - from;
      if (e.start < from) kept.push_back({e.start, from - e.start});
      if (to < e.end()) kept.push_back({to, e.end() - to});
    }
    allocator_.free(part);
    called("free(" + text_of(part) + "), of which " + std::to_string(owned) + " are granted");
    demand(kGivesBackExactly, counts() == Counts{before.free + owned, before.reserved});
    holds_.granted = std::move(kept);
    judge_counts();
  }

 private:
  struct Counts {
    std::uint64_t free, reserved;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  static std::string text_of(const Extent& e) {
    return "{start " + std::to_string(e.start) + ", length " + std::to_string(e.length) + "}";
  }

  const A& seen() const { return allocator_; }
  Counts counts() const { return {seen().free_blocks(), seen().reserved_blocks()}; }

  void called(const std::string& call) { calls_ += "\n  " + call; }

  void judge_counts() {
    const Counts now = counts();
    demand(
        kAccountsForEveryBlock,
        seen().blocks() == holds_.blocks && now.reserved == holds_.reserved &&
            now.free + now.reserved + holds_.granted_blocks() == holds_.blocks);
  }

  void demand(const spec::ClauseText& law, bool holds) const {
    if (holds || (only_ != nullptr && only_ != &law)) return;
    const Counts now = counts();
    const std::string broken_law = std::string(law.says) + " (" + law.source + ")" + calls_ +
                                   "\n  says it has " + std::to_string(now.free) + " free, " +
                                   std::to_string(now.reserved) + " reserved";
    RC_FAIL(broken_law);
  }

  A allocator_;
  Holdings holds_;
  const spec::ClauseText* only_;
  std::string calls_;
};

}  // namespace quire::props
