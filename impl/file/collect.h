// Collects the dirty blocks of a folio for writeback, and joins them to writes of the device.
//
// Templates over the word, so that proofs/ runs the code of writeback.cpp: one step from any state.
#pragma once

#include "spec/word.h"

#include <concepts>

namespace quire::impl {

/// A run of a file's blocks that is mapped to blocks of the device in a row.
template <class W>
struct Mapping {
  W device_block;        ///< of the first
  W length;              ///< blocks; 0: there is no space for even one
  bool newly_allocated;  ///< they were holes before this pass
};

/// The functions of a folio and its file that collecting needs. All numbers are blocks.
///
/// - dirty(block): whether a block is dirty.
/// - dirty_run_end(block): where the blocks end that are as dirty as that one, at most at the
///   folio's end.
/// - map_or_allocate(block, most): the mapping of the run at `block`, at most `most` of it. A hole
///   gets space on the device.
/// - collect(block, end, mapping): the blocks go to the device with this pass.
/// - clean(block, end): they are not dirty any more.
/// - block_shift(): log2 of a block's bytes.
/// - count_down(bytes): so many bytes of the volume are not dirty any more.
/// - out_of_space(): notes the error of a mapping of no blocks.
template <class H, class W>
concept CollectHooks = requires(H hooks, const W block, const Mapping<W>& mapping) {
  { hooks.dirty(block) } -> std::same_as<spec::TruthOf<W>>;
  { hooks.dirty_run_end(block) } -> std::same_as<W>;
  { hooks.map_or_allocate(block, block) } -> std::same_as<Mapping<W>>;
  { hooks.collect(block, block, mapping) } -> std::same_as<void>;
  { hooks.clean(block, block) } -> std::same_as<void>;
  { hooks.block_shift() } -> std::same_as<W>;
  { hooks.count_down(block) } -> std::same_as<void>;
  { hooks.out_of_space() } -> std::same_as<void>;
};

/// One step over a folio's blocks, from `block` on: passes a run of clean ones, or collects dirty
/// ones that one mapping covers. Where there is no space, dirty blocks stay dirty. Returns the
/// block of the next step.
template <spec::Word W, CollectHooks<W> Hooks>
W collect_some(const W& block, Hooks& hooks) {
  using spec::lsh;
  const W run_end = hooks.dirty_run_end(block);
  if (!hooks.dirty(block)) return run_end;
  const Mapping<W> mapping = hooks.map_or_allocate(block, run_end - block);
  if (mapping.length == 0) {
    hooks.out_of_space();
    return run_end;
  }
  const W end = block + mapping.length;
  // First: it may fail for want of memory.
  hooks.collect(block, end, mapping);
  hooks.clean(block, end);
  hooks.count_down(lsh(end - block, hooks.block_shift()));
  return end;
}

/// One step over newly allocated blocks that could not be written: makes holes of them. Those that
/// are dirty, since a later write made them so or the pass is to be tried again, hold a reservation
/// from then on. Returns the block of the next step.
template <spec::Word W, class Hooks>
W unmap_failed(const W& block, const W& end, Hooks& hooks) {
  const W run_end = spec::min(hooks.dirty_run_end(block), end);
  if (hooks.dirty(block)) {
    hooks.unmap_and_reserve(block, run_end);
  } else {
    hooks.unmap(block, run_end);
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
