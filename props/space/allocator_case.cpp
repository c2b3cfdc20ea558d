#include "props/space/allocator_case.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

std::string text_of(const Ageing& ageing) {
  std::string text;
  if (ageing.calls != 0) {
    text = "\n  an ageing of " + std::to_string(ageing.calls) + " calls: seed " +
           std::to_string(ageing.seed) + ", " + std::to_string(ageing.percent_full) +
           " % full, grants of up to " +
           (ageing.grain != 0 ? std::to_string(ageing.grain) + " blocks" : "a 64th of the device");
  }
  switch (ageing.shape) {
    case Shape::as_aged: return text;
    case Shape::full: return text + "\n  then all is granted";
    case Shape::one_free: return text + "\n  then all but one block is granted";
    case Shape::alternate:
      return text + "\n  then all is granted in extents of up to " +
             std::to_string(std::clamp<std::uint64_t>(ageing.grain, 1, 2)) +
             " blocks, and every other one released";
    case Shape::all_reserved: return text + "\n  then all that is free is reserved";
  }
  return text;
}

/// A number of blocks; a smaller one is tried first. any_size: above 2^32, too.
rc::Gen<std::uint64_t> device_blocks(bool any_size) {
  constexpr std::uint64_t kOne = 1, kMost = ~std::uint64_t{63};
  const auto small = rc::gen::oneOf(
      rc::gen::inRange<std::uint64_t>(1, 200),
      rc::gen::element<std::uint64_t>(1, 1, 2, 2, 63, 64, 65, 127, 128, 129));
  const auto medium = rc::gen::element<std::uint64_t>(
      255, 256, 257, 1000, 4095, 4096, 4097, kOne << 16, (kOne << 16) + 1);
  const auto million = rc::gen::element<std::uint64_t>(kOne << 20, (kOne << 20) + 1);
  const auto large = rc::gen::element(
      kMost, kMost - 1, kOne << 40, (kOne << 40) + 1, (kOne << 50) - 1, kOne << 62,
      (kOne << 32) + 1, (kOne << 32) + (kOne << 20));
  const std::size_t has_large = any_size ? 30 : 0;
  return rc::gen::shrink(
      rc::gen::weightedOneOf<std::uint64_t>(
          {{30, small}, {24, medium}, {any_size ? 5 : 3, million}, {has_large, large}}),
      [](std::uint64_t n) { return rc::shrink::towards<std::uint64_t>(n, 1); });
}

/// Two devices of three are new, and all in cases of small size, which come first: a fault that
/// shows there shows in calls that a person can read.
rc::Gen<Ageing> arbitrary_ageing() {
  constexpr int kNew = 25;  // of RapidCheck's sizes, which go up to 100
  const auto calls = rc::gen::weightedOneOf<std::uint64_t>(
      {{5, rc::gen::just<std::uint64_t>(0)},
       {4, rc::gen::inRange<std::uint64_t>(1, 400)},
       {2, rc::gen::inRange<std::uint64_t>(400, 4000)}});
  const auto shape = rc::gen::shrink(
      rc::gen::weightedElement<Shape>(
          {{11, Shape::as_aged},
           {2, Shape::full},
           {2, Shape::one_free},
           {4, Shape::alternate},
           {1, Shape::all_reserved}}),
      [](Shape shape) {
        return shape == Shape::as_aged ? rc::Seq<Shape>() : rc::seq::just(Shape::as_aged);
      });
  const auto old = rc::gen::resize(
      rc::kNominalSize,
      rc::gen::apply(
          [](std::uint64_t n, std::uint64_t seed, std::uint64_t percent, std::uint64_t grain,
             Shape left) {
            return Ageing{n, seed, percent, grain, left};
          },
          rc::gen::shrink(
              calls, [](std::uint64_t n) { return rc::shrink::towards<std::uint64_t>(n, 0); }),
          rc::gen::noShrink(rc::gen::inRange<std::uint64_t>(0, 1000)),
          rc::gen::element<std::uint64_t>(100, 95, 50, 10),
          rc::gen::element<std::uint64_t>(0, 1, 8, 80), shape));
  return rc::gen::withSize(
      [=](int size) { return size < kNew ? rc::gen::just(Ageing{}) : rc::Gen<Ageing>(old); });
}

/// Ranges of blocks, each counted from the start of the device or, with an odd length, back from
/// its end.
rc::Gen<std::vector<Extent>> arbitrary_used_blocks() {
  const auto range = rc::gen::apply(
      [](std::uint64_t start, std::uint64_t length) {
        return Extent{start, length};
      },
      rc::gen::inRange<std::uint64_t>(0, 200), rc::gen::inRange<std::uint64_t>(1, 40));
  const auto some = rc::gen::resize(3, rc::gen::container<std::vector<Extent>>(range));
  return rc::gen::weightedOneOf<std::vector<Extent>>(
      {{2, rc::gen::just(std::vector<Extent>())}, {1, some}});
}

/// Many drawn calls after an ageing make a long counterexample. The fault may show in a longer
/// ageing alone, too, of which few calls are shown.
rc::Seq<AllocatorCase> in_its_ageing(const AllocatorCase& drawn) {
  constexpr std::size_t kFewCalls = 4;
  std::vector<AllocatorCase> candidates;
  const auto add = [&](std::uint64_t calls) {
    AllocatorCase aged = drawn;
    aged.calls.clear();
    aged.ageing.calls = calls;
    candidates.push_back(std::move(aged));
  };
  const std::uint64_t n = drawn.ageing.calls;
  if (n != 0 && drawn.calls.size() > kFewCalls) {
    for (const std::uint64_t factor : {1, 2, 4}) add(n + factor * drawn.calls.size());
    add(2 * n);
  } else if (drawn.calls.empty()) {
    for (const std::uint64_t less : {n / 2, n / 4, n / 16, n / 64, std::uint64_t{1}})
      if (0 < less && less < n) add(n - less);
  }
  return rc::seq::fromContainer(std::move(candidates));
}

}  // namespace

void showValue(const AllocatorCase& drawn, std::ostream& os) {
  os << "  A{" << drawn.blocks << "}";
  for (const Extent& used : drawn.used)
    os << "\n  mark_used(from block " << used.start << ", " << used.length << ")";
  os << text_of(drawn.ageing);
  for (const auto& call : drawn.calls) {
    os << "\n  ";
    call->show(os);
  }
}

rc::Gen<AllocatorCase> arbitrary_allocator_case(std::uint32_t powers) {
  const bool any_size = (powers & kAnySize) != 0;
  const bool marks_used = (powers & kMarksUsed) != 0;
  const auto used = marks_used ? arbitrary_used_blocks() : rc::gen::just(std::vector<Extent>());
  // What stands first is shrunk first: a smaller device often keeps a short list of calls failing,
  // and seldom a long one.
  const auto drawn = rc::gen::apply(
      [any_size](Ageing ageing, auto calls, std::uint64_t n, std::vector<Extent> marked) {
        // An allocator may look at each block in each call.
        constexpr std::uint64_t kBlocksLookedAt = 1 << 22;
        constexpr std::size_t kFewCalls = 12;
        if (!any_size) ageing.calls = std::min(ageing.calls, kBlocksLookedAt / n);
        if (!any_size && n > 1 << 17) calls.resize(std::min(calls.size(), kFewCalls));
        if (n > 4100) ageing.shape = Shape::as_aged;
        return AllocatorCase{ageing, std::move(calls), n, std::move(marked)};
      },
      arbitrary_ageing(), arbitrary_calls(powers), device_blocks(any_size), used);
  return rc::gen::shrink(drawn, [](const AllocatorCase& c) { return in_its_ageing(c); });
}

void run_allocator_case(
    const AllocatorKind& kind, const AllocatorCase& drawn, const spec::ClauseText* only,
    AllocatorCoverage* coverage) {
  LawAbidingCaller caller(kind, drawn.blocks, only, coverage);
  if (coverage != nullptr) {
    coverage->device(drawn.blocks);
    coverage->age(drawn.ageing.calls);
  }
  for (const Extent& range : drawn.used) {
    const std::uint64_t start = range.length % 2 == 0
                                    ? range.start % drawn.blocks
                                    : drawn.blocks - 1 - range.start % drawn.blocks;
    const std::uint64_t room = caller.holds().gap_at(start);
    if (room != 0) caller.mark_used({start, std::min(range.length, room)});
  }
  caller.age(drawn.ageing);
  rc::state::runAll(drawn.calls, kind.powers, caller);
}

void check_allocator_laws(
    const AllocatorKind& kind, const spec::ClauseText* only, AllocatorCoverage* coverage) {
  run_allocator_case(kind, *arbitrary_allocator_case(kind.powers), only, coverage);
}

}  // namespace quire::props
