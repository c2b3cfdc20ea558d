// The laws of block allocators: what every sequence of calls must show, whatever the strategy.
//
// An allocator joins by one line in allocator_laws_props.cpp.
#pragma once

#include "spec/clause.h"

#include <quire/block_allocator.h>

#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace quire::props {

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

/// What a caller knows from the answers it got. The laws leave the choice of blocks to the
/// allocator, so that this can be learnt and not predicted.
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

/// An allocator in the hands of one caller, who holds each answer against the laws. A law that is
/// broken fails the property with the law's sentence and the calls made so far.
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
      // One law is judged alone even where the others are broken: such a grant is not taken.
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

/// The devices that an allocator is tried on.
enum class Devices {
  small,    ///< up to 200 blocks
  any_size  ///< of up to 2^64 - 64 blocks, for an allocator whose memory follows what is granted
};

/// Any number of [min, end), from the first case on: what grows with RapidCheck's size gets to the
/// edges of devices and words only at the end of a run.
template <class T>
T number(T min, T end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(min, end));
}

template <BlockAllocator A>
struct Reserve : rc::state::Command<int, LawAbidingCaller<A>> {
  std::uint64_t n = number<std::uint64_t>(0, 80);
  // Allocators fail at the edge: half of the calls ask for exactly what is free, or for one more.
  int edge = number(0, 4);

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    const std::uint64_t free = caller.holds().free_blocks();
    caller.reserve(edge == 1 ? free : edge == 2 ? free + 1 : n);
  }
  void show(std::ostream& os) const override {
    os << "reserve(";
    if (edge == 1) {
      os << "all that is free)";
    } else if (edge == 2) {
      os << "one more than is free)";
    } else {
      os << n << ")";
    }
  }
};

template <BlockAllocator A>
struct Unreserve : rc::state::Command<int, LawAbidingCaller<A>> {
  std::uint64_t n = number<std::uint64_t>(0, 80);

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    caller.unreserve(std::min(n, caller.holds().reserved));
  }
  void show(std::ostream& os) const override { os << "unreserve(up to " << n << ")"; }
};

template <BlockAllocator A>
struct Allocate : rc::state::Command<int, LawAbidingCaller<A>> {
  std::uint64_t want = number<std::uint64_t>(1, 80);
  std::uint64_t goal = number<std::uint64_t>(0, 220);  // behind small devices, too

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    if (caller.holds().reserved == 0) return;
    const std::uint64_t place = caller.holds().blocks > 4096 ? far_goal(caller) : goal;
    caller.allocate(std::min(want, caller.holds().reserved), place);
  }
  void show(std::ostream& os) const override {
    os << "allocate(up to " << want << ", goal " << goal << ")";
  }

  /// On a large device a goal is by its end, or by an edge of what a bitmap may be cut into.
  std::uint64_t far_goal(const LawAbidingCaller<A>& caller) const {
    const std::uint64_t bases[] = {
        std::uint64_t{1} << 12, std::uint64_t{1} << 24, caller.holds().blocks - 100, 110};
    return bases[goal % 4] - 110 + goal;
  }
};

template <BlockAllocator A>
struct Free : rc::state::Command<int, LawAbidingCaller<A>> {
  std::size_t which = number<std::size_t>(0, 20);
  std::uint64_t skip = number<std::uint64_t>(0, 80);
  std::uint64_t length = number<std::uint64_t>(1, 160);

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    const auto& granted = caller.holds().granted;
    if (granted.empty()) return;
    const std::size_t at = which % granted.size();
    const std::uint64_t from = skip % granted[at].length;
    caller.free(at, from, std::min(length, granted[at].length - from));
  }
  void show(std::ostream& os) const override {
    os << "free(grant " << which << ", from block " << skip << ", up to " << length << ")";
  }
};

/// No sequence of calls breaks a law. Fails the RapidCheck property it is called from.
/// only: the one law to judge, whatever becomes of the others; null for all.
template <BlockAllocator A>
void check_allocator_laws(
    const spec::ClauseText* only = nullptr, Devices devices = Devices::small) {
  // RapidCheck shrinks what was drawn first and does not come back to it: a smaller device often
  // keeps a short list of calls failing, and seldom a long one.
  const auto calls = *rc::state::gen::commands(
      0, rc::state::gen::execOneOfWithArgs<Reserve<A>, Unreserve<A>, Allocate<A>, Free<A>>());
  const auto small = rc::gen::oneOf(
      rc::gen::inRange<std::uint64_t>(1, 200),
      rc::gen::element<std::uint64_t>(1, 63, 64, 65, 127, 128, 129));
  constexpr std::uint64_t kOne = 1, kMost = ~std::uint64_t{63};
  const auto large = rc::gen::element(
      kMost, kMost - 1, kOne << 40, (kOne << 40) + 1, (kOne << 50) - 1, kOne << 62);
  const auto blocks = *rc::gen::shrink(
      devices == Devices::small ? small : rc::gen::oneOf(small, large),
      [](std::uint64_t n) { return rc::shrink::towards<std::uint64_t>(n, 1); });
  LawAbidingCaller<A> caller(blocks, only);
  rc::state::runAll(calls, 0, caller);
}

}  // namespace quire::props
