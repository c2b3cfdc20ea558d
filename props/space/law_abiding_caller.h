// A caller of an allocator that judges each answer by the laws.
#pragma once

#include "props/space/allocator_coverage.h"
#include "props/space/allocator_kind.h"
#include "props/space/allocator_laws.h"
#include "props/space/holdings.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>

namespace quire::props {

/// How a device is left after its ageing.
enum class Shape {
  as_aged,
  full,          ///< every block is granted
  one_free,      ///< every block but one
  alternate,     ///< granted in small extents, every other one released
  all_reserved,  ///< what is free is reserved
};

/// Calls that come before the drawn ones: so old is the device, and so full is it kept.
struct Ageing {
  std::uint64_t calls = 0;
  std::uint64_t seed = 0;
  std::uint64_t percent_full = 50;
  std::uint64_t grain = 8;  ///< the most blocks of a grant; 0: a 64th of the device, up to 2^14
  Shape shape = Shape::as_aged;
};

/// The only caller of an allocator. A broken law fails the property with the law's sentence and the
/// calls so far.
class LawAbidingCaller {
 public:
  /// The most extents that a call has places for.
  static constexpr std::size_t kPlacesMax = 8;

  /// kind: must outlive it. only: the one law to judge; null for all. coverage: null, or it counts
  /// what was met.
  LawAbidingCaller(
      const AllocatorKind& kind, std::uint64_t blocks, const spec::ClauseText* only = nullptr,
      AllocatorCoverage* coverage = nullptr);

  const Holdings& holds() const { return holds_; }
  bool has(AllocatorPower power) const { return kind_.has(power); }
  AllocatorCoverage* coverage() { return coverage_; }

  void reserve(std::uint64_t n);
  void unreserve(std::uint64_t n);
  /// places: for extents, 1 to kPlacesMax.
  void allocate(const AllocationRequest& request, std::size_t places);
  /// Releases a whole grant, a part of it or several in a row, as far as its powers go.
  void release(const Extent& part);
  /// Releases blocks of any owner, or of none: those that are granted become free.
  void release_anywhere(const Extent& part);

  // Of an allocator that declares the power.
  /// Of a new allocator: these blocks, all free, are in use.
  void mark_used(const Extent& extent);
  void share(const Extent& part);
  void resize(std::uint64_t blocks);
  /// Saves what is granted, and goes on with a new allocator that restores it.
  void restart();

  /// Makes the calls that the seed chooses, and judges each. A counterexample shows the last
  /// kToldOfAgeing of them.
  void age(const Ageing& ageing);

 private:
  static constexpr std::size_t kToldOfAgeing = 8;

  struct Counts {
    std::uint64_t free, reserved;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  void age_by_a_call(const Ageing& ageing, std::mt19937_64& random);
  void give(Shape shape, std::uint64_t grain);
  std::uint64_t judge_grants(const AllocationRequest& request, std::span<const Extent> granted);
  void note_outcome(
      const AllocationRequest& request, std::span<const Extent> granted, std::uint64_t total);
  void judge_owners(const Extent& part);
  void judge_counts();
  void demand(const spec::ClauseText& law, bool holds) const;

  const AnyAllocator& seen() const { return *allocator_; }
  Counts counts() const { return {seen().free_blocks(), seen().reserved_blocks()}; }
  void met(AllocatorCoverage::Class c) {
    if (coverage_ != nullptr) coverage_->met(c);
  }
  void called(std::string call);
  std::string calls() const;

  const AllocatorKind& kind_;
  std::unique_ptr<AnyAllocator> allocator_;
  Holdings holds_;
  const spec::ClauseText* only_;
  AllocatorCoverage* coverage_;  // null while the device is aged
  AllocatorCoverage* judgements_;
  std::deque<std::string> calls_;  // the last ones
  std::size_t told_most_ = ~std::size_t{0};
  std::uint64_t untold_ = 0;  // those before
};

}  // namespace quire::props
