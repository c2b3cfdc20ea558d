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
#include <deque>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>

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
/// allocator, so no model can predict them. Takes memory for the runs that are granted alone.
class Holdings {
 public:
  explicit Holdings(std::uint64_t of_blocks) : blocks(of_blocks) {}

  const std::uint64_t blocks;
  std::uint64_t reserved = 0;

  /// By first block; disjoint.
  const std::map<std::uint64_t, std::uint64_t>& granted() const { return granted_; }
  std::uint64_t granted_blocks() const { return granted_blocks_; }
  std::uint64_t free_blocks() const {
    const std::uint64_t used = reserved + granted_blocks_;
    return used < blocks ? blocks - used : 0;
  }

  bool overlaps(const Extent& x) const {
    const auto behind = granted_.lower_bound(x.end());
    return behind != granted_.begin() && x.start < end_of(*std::prev(behind));
  }

  void grant(const Extent& x) {
    granted_.emplace(x.start, x.length);
    granted_blocks_ += x.length;
  }
  /// Takes back what is granted of [start, end). Returns how many blocks that is.
  std::uint64_t take_back(std::uint64_t start, std::uint64_t end) {
    std::uint64_t taken = 0;
    auto at = granted_.upper_bound(start);
    if (at != granted_.begin()) --at;
    while (at != granted_.end() && at->first < end) {
      const std::uint64_t first = at->first, last = end_of(*at);
      const std::uint64_t from = std::max(first, start), to = std::min(last, end);
      if (to <= from) {
        ++at;
        continue;
      }
      taken += to - from;
      at = granted_.erase(at);
      if (first < from) granted_.emplace(first, from - first);
      if (to < last) at = granted_.emplace(to, last - to).first;
    }
    granted_blocks_ -= taken;
    return taken;
  }

  /// One of the grants, of which there is one at least: the which-th of few, else one that `which`
  /// chooses by its place.
  Extent grant_of(std::uint64_t which) const {
    constexpr std::size_t kFew = 64;
    auto at = granted_.begin();
    if (granted_.size() <= kFew) {
      std::advance(at, which % granted_.size());
    } else if (const auto found = granted_.upper_bound(which % blocks); found != granted_.end()) {
      at = found;
    }
    return {at->first, at->second};
  }

 private:
  static std::uint64_t end_of(const std::pair<const std::uint64_t, std::uint64_t>& run) {
    return run.first + run.second;
  }

  std::map<std::uint64_t, std::uint64_t> granted_;
  std::uint64_t granted_blocks_ = 0;
};

/// Calls that come before the drawn ones: so old is the device, and so full is it kept.
struct Ageing {
  std::uint64_t calls = 0;
  std::uint64_t seed = 0;
  std::uint64_t percent_full = 50;
  std::uint64_t grain = 8;  ///< the most blocks of a grant; 0: a 64th of the device, up to 2^14
};

/// The only caller of an allocator, who judges each answer by the laws. A broken law fails the
/// property with the law's sentence and the calls so far.
template <BlockAllocator A>
class LawAbidingCaller {
 public:
  /// only: the one law to judge; null for all.
  LawAbidingCaller(std::uint64_t blocks, const spec::ClauseText* only)
      : allocator_{blocks}, holds_(blocks), only_(only) {
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
      if (extent->length > holds_.reserved || !fits || holds_.overlaps(*extent)) return;
      if (extent->length > 0) holds_.grant(*extent);
      holds_.reserved -= extent->length;
    }
    judge_counts();
  }

  /// Frees a part of one grant.
  void free(const Extent& part) {
    const Counts before = counts();
    allocator_.free(part);
    called("free(" + text_of(part) + ")");
    demand(kGivesBackExactly, counts() == Counts{before.free + part.length, before.reserved});
    holds_.take_back(part.start, part.end());
    judge_counts();
  }

  /// Frees blocks of any owner, or of none: those that are granted become free.
  void free_anywhere(const Extent& part) {
    const Counts before = counts();
    // The part may reach past the last number.
    const std::uint64_t part_end = part.start + std::min(part.length, ~part.start);
    const std::uint64_t owned = holds_.take_back(part.start, part_end);
    allocator_.free(part);
    called("free(" + text_of(part) + "), of which " + std::to_string(owned) + " are granted");
    demand(kGivesBackExactly, counts() == Counts{before.free + owned, before.reserved});
    judge_counts();
  }

  /// Makes the calls that the seed chooses, and judges each. A counterexample shows the last
  /// kToldOfAgeing of them.
  void age(const Ageing& ageing) {
    std::mt19937_64 random(ageing.seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    const std::uint64_t blocks = holds_.blocks;
    const std::uint64_t most =
        ageing.grain != 0 ? ageing.grain : std::clamp<std::uint64_t>(blocks / 64, 1, kLongGrant);
    const std::uint64_t wanted =
        blocks / 100 * ageing.percent_full + blocks % 100 * ageing.percent_full / 100;
    told_most_ = kToldOfAgeing;
    for (std::uint64_t i = 0; i < ageing.calls; ++i) {
      const bool fills = holds_.granted_blocks() < wanted && below(8) != 0;
      if (fills && holds_.reserved == 0) {
        reserve(std::min(1 + below(2 * most), holds_.free_blocks()));
      } else if (fills) {
        // Half of the goals lie behind a grant, as those of a file that grows do.
        const bool behind = !holds_.granted().empty() && below(2) == 0;
        const std::uint64_t goal = behind ? holds_.grant_of(random()).end() : below(blocks + 1);
        allocate(std::min(1 + below(most), holds_.reserved), goal);
      } else if (!holds_.granted().empty()) {
        const Extent whole = holds_.grant_of(random());
        const std::uint64_t skip = below(2) == 0 ? 0 : below(whole.length);
        const std::uint64_t rest = whole.length - skip;
        free({whole.start + skip, below(2) == 0 ? rest : 1 + below(rest)});
      } else {
        unreserve(below(holds_.reserved + 1));
      }
    }
    told_most_ = ~std::size_t{0};
  }

 private:
  static constexpr std::size_t kToldOfAgeing = 8;
  static constexpr std::uint64_t kLongGrant = 1 << 14;  // a map of bits takes memory for each block

  struct Counts {
    std::uint64_t free, reserved;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  static std::string text_of(const Extent& e) {
    return "{start " + std::to_string(e.start) + ", length " + std::to_string(e.length) + "}";
  }

  const A& seen() const { return allocator_; }
  Counts counts() const { return {seen().free_blocks(), seen().reserved_blocks()}; }

  void called(std::string call) {
    calls_.push_back(std::move(call));
    if (calls_.size() <= told_most_) return;
    calls_.pop_front();
    ++untold_;
  }
  std::string calls() const {
    std::string text;
    if (untold_ != 0) text = "\n  ... " + std::to_string(untold_) + " calls before these";
    for (const std::string& call : calls_) text += "\n  " + call;
    return text;
  }

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
    const std::string broken_law = std::string(law.says) + " (" + law.source + ")" + calls() +
                                   "\n  says it has " + std::to_string(now.free) + " free, " +
                                   std::to_string(now.reserved) + " reserved";
    RC_FAIL(broken_law);
  }

  A allocator_;
  Holdings holds_;
  const spec::ClauseText* only_;
  std::deque<std::string> calls_;  // the last ones
  std::size_t told_most_ = ~std::size_t{0};
  std::uint64_t untold_ = 0;  // those before
};

}  // namespace quire::props
