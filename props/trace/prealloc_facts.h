// The facts that decide the size of one preallocation, from a trace.
#pragma once

#include "props/trace/event.h"
#include "props/trace/extents.h"
#include "spec/linux/prealloc.h"

#include <bit>
#include <cstdint>
#include <limits>

namespace quire::props::trace {

/// The smallest preallocation without the mount option allocsize=, bytes.
inline constexpr std::uint64_t kAllocsize = 65536;

/// The free blocks, as a count that explains the traced shift, if there is one.
///
/// The kernel reads its counter of free blocks without the part that each CPU keeps back, so it is
/// off by up to `margin`. Where the count may lie on either side of a threshold, the traced shift
/// decides; a shift that no such count gives breaks the clause.
inline std::uint64_t free_for_shift(
    std::uint64_t free, std::uint64_t margin, const spec::LowSpace<std::uint64_t>& low,
    std::uint64_t shift) {
  const std::uint64_t least = free < margin ? 0 : free - margin;
  for (const std::uint64_t guess :
       {free, least, low.one, low.two, low.three, low.four, low.five, free + margin}) {
    if (least <= guess && guess <= free + margin && spec::prealloc_shift(guess, low) == shift)
      return guess;
  }
  return free;
}

/// The facts of a write of `blocks.count` bytes at `blocks.pos`. The traced file systems have no
/// quota.
inline spec::PreallocFacts<std::uint64_t> prealloc_facts(
    const VolumeMark& volume, const BlocksEvent& blocks, std::uint64_t file_size,
    const Extents::Before& before, std::uint64_t free, const std::optional<PreallocEvent>& traced) {
  const auto shift = static_cast<std::uint64_t>(std::countr_zero(volume.block_size));
  spec::PreallocFacts<std::uint64_t> facts{};
  facts.block_shift = shift;
  facts.file_size = file_size;
  facts.file_size_max = std::numeric_limits<std::int64_t>::max();
  facts.allocsize = traced ? traced->allocsize : kAllocsize >> shift;
  facts.stripe = volume.stripe;
  facts.has_previous = before.exists ? 1 : 0;
  facts.hole_before = before.hole ? 1 : 0;
  facts.base = before.base;
  facts.pos = blocks.pos;
  facts.count = blocks.count;
  facts.low_space = spec::low_space_of(volume.blocks / 100);
  facts.free = traced ? free_for_shift(free, volume.margin, facts.low_space, traced->shift) : free;
  const std::uint64_t want = spec::prealloc_want(facts.base, spec::block_from(facts.pos, shift));
  facts.quota = {want, 0, facts.free};
  return facts;
}

/// Whether the size is settled before stage (c), which alone has an event.
inline bool is_settled_early(const spec::PreallocFacts<std::uint64_t>& f) {
  return f.file_size < f.allocsize << f.block_shift || f.file_size < f.stripe << f.block_shift ||
         f.has_previous == 0 || f.hole_before == 1;
}

}  // namespace quire::props::trace
