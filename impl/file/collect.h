// How writeback collects the dirty blocks of a folio, and joins them to writes of the device.
//
// Templates over the word, so that proofs/ runs what writeback.cpp runs: one step from any state.
#pragma once

#include "spec/word.h"

#include <concepts>

namespace quire::impl {

/// Where a run of blocks lies on the device.
template <class W>
struct Place {
  W device_block;  ///< of the first
  W length;        ///< blocks; 0: there is no space for even one
  bool fresh;      ///< they had no place before this pass
};

/// What collecting asks of a folio and its file. All numbers are blocks.
///
/// - dirty(block), dirty_run_end(block): whether a block is dirty; where the blocks that are like
/// it
///   end, at most at the folio's end.
/// - place(block, most): where the run at `block` lies, or now gets its place; at most `most`.
/// - collect(block, end, place): the blocks go to the device with this pass.
/// - clean(block, end): they are not dirty any more.
/// - block_shift(), count_down(bytes): log2 of a block's bytes; so many bytes of the volume are not
///   dirty any more.
/// - out_of_space(): an error for the file.
template <class H, class W>
concept CollectHooks = requires(H hooks, const W block, const Place<W>& place) {
  { hooks.dirty(block) } -> std::same_as<spec::TruthOf<W>>;
  { hooks.dirty_run_end(block) } -> std::same_as<W>;
  { hooks.place(block, block) } -> std::same_as<Place<W>>;
  { hooks.collect(block, block, place) } -> std::same_as<void>;
  { hooks.clean(block, block) } -> std::same_as<void>;
  { hooks.block_shift() } -> std::same_as<W>;
  { hooks.count_down(block) } -> std::same_as<void>;
  { hooks.out_of_space() } -> std::same_as<void>;
};

/// One step over a folio's blocks, from `block` on: passes the clean ones, or collects as many
/// dirty ones as lie together on the device. Where there is no space, the dirty ones stay so.
/// Returns the block of the next step.
template <spec::Word W, CollectHooks<W> Hooks>
W collect_some(const W& block, Hooks& hooks) {
  using spec::lsh;
  const W run_end = hooks.dirty_run_end(block);
  if (!hooks.dirty(block)) return run_end;
  const Place<W> place = hooks.place(block, run_end - block);
  if (place.length == 0) {
    hooks.out_of_space();
    return run_end;
  }
  const W end = block + place.length;
  // First: it may fail for want of memory.
  hooks.collect(block, end, place);
  hooks.clean(block, end);
  hooks.count_down(lsh(end - block, hooks.block_shift()));
  return end;
}

/// One step of taking back the places of blocks that could not be written: those that are dirty,
/// since a later write made them so or the pass is to be tried again, hold a reservation from then
/// on. Returns the block of the next step.
template <spec::Word W, class Hooks>
W give_up_some(const W& block, const W& end, Hooks& hooks) {
  const W run_end = spec::min(hooks.dirty_run_end(block), end);
  if (hooks.dirty(block)) {
    hooks.reserve_again(block, run_end);
  } else {
    hooks.give_up(block, run_end);
  }
  return run_end;
}

/// Adds a part of the device, [part.device_pos, + part.bytes()), to the writes collected so far, in
/// ascending position: to the last one, where that ends there, or as a new one. last_end: where the
/// last ends.
template <spec::Word W, class Writes, class Part>
void add_to_writes(Writes& writes, W& last_end, const Part& part) {
  if (!writes.empty() && last_end == part.device_pos) {
    writes.lengthen(part);
  } else {
    writes.begin(part);
  }
  last_end = part.device_pos + part.bytes();
}

}  // namespace quire::impl
