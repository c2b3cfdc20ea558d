#include "props/space/allocator_calls.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <ostream>
#include <vector>

namespace quire::props {
namespace {

/// Any number of [min, end), from the first case on: a number that grows with RapidCheck's size
/// reaches the edges of devices and words only at the end of a run.
template <class T>
T number(T min, T end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(min, end));
}

struct Reserve : AllocatorCall {
  std::uint64_t n = number<std::uint64_t>(0, 80);
  // Allocators fail at the edge: half of the calls ask for exactly what is free, or for one more.
  int edge = number(0, 4);

  void run(const std::uint32_t&, LawAbidingCaller& caller) const override {
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

struct Unreserve : AllocatorCall {
  std::uint64_t n = number<std::uint64_t>(0, 80);

  void run(const std::uint32_t&, LawAbidingCaller& caller) const override {
    caller.unreserve(std::min(n, caller.holds().reserved));
  }
  void show(std::ostream& os) const override { os << "unreserve(up to " << n << ")"; }
};

/// What a drawn allocate() asks for.
enum class Need { any, some, all };

struct Allocate : AllocatorCall {
  std::uint64_t want = number<std::uint64_t>(1, 80);
  std::uint64_t goal = number<std::uint64_t>(0, 220);  // also behind the end of a small device
  int of_reserved = number(0, 4);                      // 0: all of it is wanted
  int near = number(0, 6);                             // 0: the goal is a grant, 1: the last block
  Need minimum = *rc::gen::weightedElement<Need>({{5, Need::any}, {2, Need::some}, {2, Need::all}});
  std::uint64_t alignment = *rc::gen::weightedElement<std::uint64_t>(
      {{8, 1}, {1, 2}, {1, 4}, {1, 8}, {1, 64}, {1, 4096}});
  std::size_t places = *rc::gen::element<std::size_t>(1, 1, 2, 3, LawAbidingCaller::kPlacesMax);

  void run(const std::uint32_t&, LawAbidingCaller& caller) const override {
    const Holdings& holds = caller.holds();
    if (AllocatorCoverage* coverage = caller.coverage()) coverage->state(holds);
    if (holds.reserved == 0) return;
    AllocationRequest request{of_reserved == 0 ? holds.reserved : std::min(want, holds.reserved)};
    // A map of bits takes memory for each block.
    request.want = std::min<std::uint64_t>(request.want, 1 << 16);
    request.goal = holds.blocks > 4096 ? far_goal(caller) : goal;
    if (near == 0 && !holds.granted().empty()) request.goal = holds.grant_of(goal).start;
    if (near == 1) request.goal = holds.blocks - 1;
    request.minimum = minimum == Need::any   ? 1
                      : minimum == Need::all ? request.want
                                             : std::min(request.want, 1 + goal % 16);
    request.alignment = alignment;
    caller.allocate(request, places);
  }
  void show(std::ostream& os) const override {
    os << "allocate(";
    if (of_reserved == 0) {
      os << "all that is reserved";
    } else {
      os << "up to " << want;
    }
    if (near == 0) {
      os << ", goal: a grant";
    } else if (near == 1) {
      os << ", goal: the last block";
    } else {
      os << ", goal " << goal;
    }
    if (minimum == Need::some) os << ", minimum " << 1 + goal % 16;
    if (minimum == Need::all) os << ", minimum all of it";
    if (alignment != 1) os << ", alignment " << alignment;
    os << ", places " << places << ")";
  }

  /// On a large device a goal lies near its end or its start, near an edge of a bitmap's parts, or
  /// where a number of 31 or 32 bits, of blocks, of words or of chunks, takes it for the start.
  std::uint64_t far_goal(const LawAbidingCaller& caller) const {
    constexpr std::uint64_t kOne = 1, kNear = 110;
    const std::uint64_t bases[] = {kOne << 12,
                                   kOne << 24,
                                   caller.holds().blocks - 100,
                                   kNear,
                                   (kOne << 31) + kNear,
                                   (kOne << 32) + kNear,
                                   (kOne << 38) + kNear,
                                   (kOne << 44) + kNear};
    const std::uint64_t base = bases[goal % std::size(bases)];
    return (base < caller.holds().blocks ? base : kNear) - kNear + goal;
  }
};

/// Some of the blocks of a grant.
struct BlocksOfGrant {
  std::size_t which = number<std::size_t>(0, 20);
  std::uint64_t skip = number<std::uint64_t>(0, 80);
  std::uint64_t length = number<std::uint64_t>(1, 160);
};

/// Releases a whole grant, or a part of it where the allocator can.
struct Release : AllocatorCall {
  BlocksOfGrant blocks;
  bool is_whole = number(0, 2) == 0;

  void run(const std::uint32_t&, LawAbidingCaller& caller) const override {
    using Class = AllocatorCoverage;
    const Holdings::Grants& granted = caller.holds().granted();
    if (granted.empty()) return;
    const Extent whole = caller.holds().grant_of(blocks.which);
    const std::uint64_t from = blocks.skip % whole.length;
    const Extent part{whole.start + from, std::min(blocks.length, whole.length - from)};
    const bool takes_part = !is_whole && caller.has(kReleasesParts);
    if (AllocatorCoverage* coverage = caller.coverage()) {
      const bool is_part = takes_part && part != whole;
      coverage->met(is_part ? Class::released_a_part : Class::released_all);
      if (granted.size() > 2 && whole.start != granted.begin()->first &&
          whole.start != std::prev(granted.end())->first)
        coverage->met(Class::released_in_any_order);
    }
    caller.release(takes_part ? part : whole);
  }
  void show(std::ostream& os) const override {
    os << "release(grant " << blocks.which;
    if (!is_whole) {
      os << ", if a part can be: from block " << blocks.skip << ", up to " << blocks.length;
    }
    os << ")";
  }
};

/// A call of a power that the allocator declares, or a release of blocks that are not granted,
/// where it passes over them.
struct UsePower : AllocatorCall {
  /// powers: of the allocator.
  explicit UsePower(const std::uint32_t& powers) : power(*rc::gen::elementOf(with_calls(powers))) {}

  std::uint32_t power;
  BlocksOfGrant blocks;
  int change = number(0, 4);

  /// Those that are used once a device has been in use.
  static std::vector<std::uint32_t> with_calls(std::uint32_t powers) {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t power :
         {std::uint32_t{kReleasesJoined}, std::uint32_t{kShares}, std::uint32_t{kResizes},
          std::uint32_t{kPersists}, kPassesOverStrangers})
      if ((powers & power) != 0) found.push_back(power);
    return found;
  }

  void run(const std::uint32_t&, LawAbidingCaller& caller) const override {
    const Holdings& holds = caller.holds();
    if (power == kPersists) caller.restart();
    if (power == kResizes) caller.resize(new_size(holds));
    if (holds.granted().empty()) return;
    const Extent whole = holds.grant_of(blocks.which);
    // It begins in a grant or just behind one, and may run over the blocks behind it.
    if (power == kPassesOverStrangers)
      caller.release_anywhere({whole.start + std::min(blocks.skip, whole.length), blocks.length});
    if (power == kReleasesJoined) {
      const std::uint64_t end = holds.joined_end(whole.start);
      if (AllocatorCoverage* coverage = caller.coverage(); coverage && whole.end() < end)
        coverage->met(AllocatorCoverage::released_joined);
      caller.release({whole.start, end - whole.start});
    }
    if (power == kShares) {
      const std::uint64_t from = caller.has(kReleasesParts) ? blocks.skip % whole.length : 0;
      const std::uint64_t rest = whole.length - from;
      caller.share(
          {whole.start + from, caller.has(kReleasesParts) ? std::min(blocks.length, rest) : rest});
    }
  }
  std::uint64_t new_size(const Holdings& holds) const {
    constexpr std::uint64_t kMost = ~std::uint64_t{63};
    if (change == 0) return std::max<std::uint64_t>(holds.granted_end(), 1);
    if (change == 1) return std::max<std::uint64_t>(holds.granted_end(), 2) - 1;
    if (change == 2) return holds.blocks - std::min(holds.blocks - 1, blocks.length);
    return holds.blocks + std::min(kMost - holds.blocks, blocks.length);
  }
  void show(std::ostream& os) const override {
    if (power == kPersists) os << "restore(save())";
    if (power == kPassesOverStrangers) {
      os << "release(from block " << blocks.skip << " of grant " << blocks.which << " on, "
         << blocks.length << " blocks, granted or not)";
    }
    if (power == kReleasesJoined)
      os << "release(grant " << blocks.which << " and those that follow it)";
    if (power == kShares) {
      os << "share(grant " << blocks.which << ", from block " << blocks.skip << ", up to "
         << blocks.length << ")";
    }
    if (power == kResizes) {
      const char* const sizes[] = {"the end of the last grant", "one block less than that"};
      os << "resize(";
      if (change < 2) {
        os << sizes[change] << ")";
      } else {
        os << blocks.length << (change == 2 ? " less)" : " more)");
      }
    }
  }
};

}  // namespace

rc::Gen<AllocatorCalls> arbitrary_calls(std::uint32_t powers) {
  namespace gen = rc::state::gen;
  // Half of the calls allocate and release.
  if (UsePower::with_calls(powers).empty()) {
    return gen::commands(
        powers, gen::execOneOfWithArgs<Reserve, Unreserve, Allocate, Allocate, Release>());
  }
  return gen::commands(
      powers, gen::execOneOfWithArgs<Reserve, Unreserve, Allocate, Allocate, Release, UsePower>());
}

}  // namespace quire::props
