// Random calls to an allocator, judged by the allocator laws.
//
// An allocator joins by one line in allocator_laws_props.cpp.
#pragma once

#include "props/space/allocator_laws.h"

#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>

namespace quire::props {

/// The devices that an allocator is tried on.
enum class Devices {
  small,    ///< up to 2^16 + 1 blocks, for an allocator that may look at each of them in a call
  any_size  ///< of up to 2^64 - 64 blocks, for one whose memory follows what is granted
};

/// Any number of [min, end), from the first case on: a number that grows with RapidCheck's size
/// reaches the edges of devices and words only at the end of a run.
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
  std::uint64_t goal = number<std::uint64_t>(0, 220);  // also behind the end of a small device

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    if (caller.holds().reserved == 0) return;
    const std::uint64_t place = caller.holds().blocks > 4096 ? far_goal(caller) : goal;
    caller.allocate(std::min(want, caller.holds().reserved), place);
  }
  void show(std::ostream& os) const override {
    os << "allocate(up to " << want << ", goal " << goal << ")";
  }

  /// On a large device a goal lies near its end or its start, near an edge of a bitmap's parts, or
  /// where a number of 31 or 32 bits, of blocks, of words or of chunks, takes it for the start.
  std::uint64_t far_goal(const LawAbidingCaller<A>& caller) const {
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

template <BlockAllocator A>
struct Free : rc::state::Command<int, LawAbidingCaller<A>> {
  BlocksOfGrant blocks;

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    if (caller.holds().granted().empty()) return;
    const Extent whole = caller.holds().grant_of(blocks.which);
    const std::uint64_t from = blocks.skip % whole.length;
    caller.free({whole.start + from, std::min(blocks.length, whole.length - from)});
  }
  void show(std::ostream& os) const override {
    os << "free(grant " << blocks.which << ", from block " << blocks.skip << ", up to "
       << blocks.length << ")";
  }
};

/// A free that begins in a grant, or just behind one, and may run over the blocks behind it.
template <BlockAllocator A>
struct FreeAnywhere : rc::state::Command<int, LawAbidingCaller<A>> {
  BlocksOfGrant blocks;

  void run(const int&, LawAbidingCaller<A>& caller) const override {
    if (caller.holds().granted().empty()) return;
    const Extent one = caller.holds().grant_of(blocks.which);
    caller.free_anywhere({one.start + std::min(blocks.skip, one.length), blocks.length});
  }
  void show(std::ostream& os) const override {
    os << "free(from block " << blocks.skip << " of grant " << blocks.which << " on, "
       << blocks.length << " blocks, granted or not)";
  }
};

template <BlockAllocator A>
auto arbitrary_call() {
  if constexpr (kPassesOverStrangers<A>) {
    return rc::state::gen::execOneOfWithArgs<
        Reserve<A>, Unreserve<A>, Allocate<A>, Free<A>, FreeAnywhere<A>>();
  } else {
    return rc::state::gen::execOneOfWithArgs<Reserve<A>, Unreserve<A>, Allocate<A>, Free<A>>();
  }
}

/// A device of so many blocks and so old, and calls to its allocator.
template <BlockAllocator A>
struct AllocatorCase {
  Ageing ageing;
  rc::state::Commands<rc::state::Command<int, LawAbidingCaller<A>>> calls;
  std::uint64_t blocks;
};

/// Prints the calls as they were drawn: what they ask for depends on the answers before.
template <BlockAllocator A>
void showValue(const AllocatorCase<A>& drawn, std::ostream& os) {
  os << "  A{" << drawn.blocks << "}";
  if (const Ageing& a = drawn.ageing; a.calls != 0) {
    os << "\n  an ageing of " << a.calls << " calls: seed " << a.seed << ", " << a.percent_full
       << " % full, grants of up to "
       << (a.grain != 0 ? std::to_string(a.grain) + " blocks" : "a 64th of the device");
  }
  for (const auto& call : drawn.calls) {
    os << "\n  ";
    call->show(os);
  }
}

/// A number of blocks; a smaller one is tried first.
inline rc::Gen<std::uint64_t> device_blocks(Devices devices) {
  constexpr std::uint64_t kOne = 1, kMost = ~std::uint64_t{63};
  const auto small = rc::gen::oneOf(
      rc::gen::inRange<std::uint64_t>(1, 200),
      rc::gen::element<std::uint64_t>(1, 63, 64, 65, 127, 128, 129));
  const auto medium = rc::gen::element<std::uint64_t>(
      255, 256, 257, 1000, 4095, 4096, 4097, kOne << 16, (kOne << 16) + 1);
  const auto large = rc::gen::element(
      kOne << 20, (kOne << 20) + 1, kMost, kMost - 1, kOne << 40, (kOne << 40) + 1,
      (kOne << 50) - 1, kOne << 62);
  const std::size_t has_large = devices == Devices::any_size ? 3 : 0;
  return rc::gen::shrink(
      rc::gen::weightedOneOf<std::uint64_t>({{3, small}, {2, medium}, {has_large, large}}),
      [](std::uint64_t n) { return rc::shrink::towards<std::uint64_t>(n, 1); });
}

/// Two devices of three are new, and all in cases of small size, which come first: a fault that
/// shows there shows in calls that a person can read.
inline rc::Gen<Ageing> arbitrary_ageing() {
  constexpr int kNew = 25;  // of RapidCheck's sizes, which go up to 100
  const auto calls = rc::gen::weightedOneOf<std::uint64_t>(
      {{6, rc::gen::just<std::uint64_t>(0)},
       {4, rc::gen::inRange<std::uint64_t>(1, 400)},
       {1, rc::gen::inRange<std::uint64_t>(400, 4000)}});
  const auto old = rc::gen::resize(
      rc::kNominalSize,
      rc::gen::apply(
          [](std::uint64_t n, std::uint64_t seed, std::uint64_t percent, std::uint64_t grain) {
            return Ageing{n, seed, percent, grain};
          },
          rc::gen::shrink(
              calls, [](std::uint64_t n) { return rc::shrink::towards<std::uint64_t>(n, 0); }),
          rc::gen::noShrink(rc::gen::inRange<std::uint64_t>(0, 1000)),
          rc::gen::element<std::uint64_t>(100, 95, 50, 10),
          rc::gen::element<std::uint64_t>(0, 1, 8, 80)));
  return rc::gen::withSize(
      [=](int size) { return size < kNew ? rc::gen::just(Ageing{}) : rc::Gen<Ageing>(old); });
}

template <BlockAllocator A>
rc::Gen<AllocatorCase<A>> arbitrary_allocator_case(Devices devices) {
  const auto calls = rc::state::gen::commands(0, arbitrary_call<A>());
  // What stands first is shrunk first: a smaller device often keeps a short list of calls failing,
  // and seldom a long one.
  return rc::gen::apply(
      [devices](Ageing ageing, auto drawn, std::uint64_t n) {
        constexpr std::uint64_t kBlocksLookedAt = 1 << 22;
        if (devices == Devices::small) ageing.calls = std::min(ageing.calls, kBlocksLookedAt / n);
        return AllocatorCase<A>{ageing, std::move(drawn), n};
      },
      arbitrary_ageing(), calls, device_blocks(devices));
}

/// Makes the calls. Throws an rc::detail::CaseResult where they break a law.
/// only: the one law to judge, even where others are broken; null for all.
template <BlockAllocator A>
void run_allocator_case(const AllocatorCase<A>& drawn, const spec::ClauseText* only = nullptr) {
  LawAbidingCaller<A> caller(drawn.blocks, only);
  caller.age(drawn.ageing);
  rc::state::runAll(drawn.calls, 0, caller);
}

/// No sequence of calls breaks a law. Fails the RapidCheck property it is called from.
template <BlockAllocator A>
void check_allocator_laws(
    const spec::ClauseText* only = nullptr, Devices devices = Devices::small) {
  run_allocator_case<A>(*arbitrary_allocator_case<A>(devices), only);
}

}  // namespace quire::props
