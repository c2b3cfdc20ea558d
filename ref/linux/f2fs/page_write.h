// The steps of write_begin and write_end, for one page or for a stored cluster, over a word type
// (7.2, 7.3): what is locked when, and how page and size change.
//
// ref runs them on numbers, proofs/ on symbolic words.
#pragma once

#include "ref/cache/accept.h"
#include "ref/linux/f2fs/node.h"
#include "spec/word.h"

#include <cerrno>
#include <concepts>
#include <cstdint>

namespace quire::ref::f2fs {

/// The bytes of one page that a write is about to cover: [pos, end).
template <class W>
struct WriteRange {
  W pos;
  W end;
};

/// The part of [pos, pos + want) that lies in the page of byte `pos`.
template <spec::Word W>
WriteRange<W> range_in_page(const W& pos, const W& want) {
  return {pos, spec::min(pos + want, spec::round_down(pos, W{kBlockSize}) + kBlockSize)};
}

/// Whether the range, which lies within one page, is all of it.
template <spec::Word W>
spec::TruthOf<W> is_whole_page(const WriteRange<W>& range) {
  return (range.pos & (kBlockSize - 1)) == 0 && range.end - range.pos == kBlockSize;
}

/// Step 7: whether it is enough to zero the page behind the range, which the write will not touch:
/// the write covers all bytes of the file in the page. size: of the file.
template <spec::Word W>
spec::TruthOf<W> only_tail_is_left(const WriteRange<W>& range, const W& size) {
  return (range.pos & (kBlockSize - 1)) == 0 && size <= range.end;
}

/// The hooks of the steps, for a page and its surroundings.
template <class H, class W>
concept PageHooks = spec::Word<W> && requires(H hooks) {
  { hooks.find_and_lock() } -> std::same_as<spec::TruthOf<W>>;  // false: there is no memory
  hooks.lock();
  hooks.unlock();
  { hooks.find_block() } -> std::same_as<W>;  // step 4: 0 or an error
  { hooks.needs_gc() } -> std::same_as<spec::TruthOf<W>>;
  hooks.balance();                                          // any page may leave
  { hooks.is_cached() } -> std::same_as<spec::TruthOf<W>>;  // the page is still the same
  { hooks.uptodate() } -> std::same_as<spec::TruthOf<W>>;
  { hooks.size() } -> std::same_as<W>;  // of the file
  hooks.zero_tail();
  { hooks.read() } -> std::same_as<W>;  // 0, and the page is uptodate; or an error
};

template <class W>
struct PageBegun {
  W error;        ///< 0, or why the page is not prepared; then it is not locked
  W gone;         ///< 1: it left the cache while it was unlocked; find it again
  W tail_zeroed;  ///< 1: all but the write was zeroed; the page is still stale
};

/// Steps 4 to 7 for one page.
template <spec::Word W, PageHooks<W> Hooks>
PageBegun<W> begin_page(Hooks& hooks, const WriteRange<W>& range) {
  const W none{0}, one{1};
  if (!hooks.find_and_lock()) return {W{spec::error(ENOMEM)}, none, none};
  if (const W error = hooks.find_block(); error != 0) {
    hooks.unlock();
    return {error, none, none};
  }
  // 5. Making room may need any page, so this one is unlocked; it may leave the cache.
  if (hooks.needs_gc()) {
    hooks.unlock();
    hooks.balance();
    if (!hooks.is_cached()) return {none, one, none};
    hooks.lock();
  }
  // 6. Writeback ends before it returns, so that there is none to wait for.
  // 7. The part of the page that the write keeps.
  if (is_whole_page(range) || hooks.uptodate()) return {none, none, none};
  if (only_tail_is_left(range, hooks.size())) {
    hooks.zero_tail();
    return {none, none, one};
  }
  const W error = hooks.read();
  if (error != 0) hooks.unlock();
  return {error, none, none};
}

/// The hooks of the steps, for the pages of a cluster by their index in it.
template <class H, class W>
concept ClusterHooks = spec::Word<W> && requires(H hooks, std::uint64_t i) {
  { hooks.find_and_lock(i) } -> std::same_as<spec::TruthOf<W>>;  // false: there is no memory
  hooks.unlock(i);
  { hooks.uptodate(i) } -> std::same_as<spec::TruthOf<W>>;
  { hooks.read_stale() } -> std::same_as<W>;  // 0, and all pages are uptodate; or an error
};

/// Step 3: locks every page of a stored cluster, in ascending order, and reads those that are
/// stale. Returns 0, or an error; then none is locked.
template <spec::Word W, ClusterHooks<W> Hooks>
W begin_cluster(Hooks& hooks) {
  const auto failed = [&](std::uint64_t locked, const W& error) {
    for (std::uint64_t i = 0; i < locked; ++i) hooks.unlock(i);
    return error;
  };
  spec::TruthOf<W> all_uptodate = true;
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    if (!hooks.find_and_lock(i)) return failed(i, W{spec::error(ENOMEM)});
    all_uptodate = all_uptodate && hooks.uptodate(i);
  }
  if (all_uptodate) return W{0};
  const W error = hooks.read_stale();
  return error == 0 ? error : failed(kClusterPages, error);
}

/// Unlocks each page of a cluster; all are dirty if anything was copied (F2-7).
template <spec::Word W, class Hooks>
void end_cluster(Hooks& hooks, const W& copied) {
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    if (copied != 0) hooks.mark_dirty(i);
  }
  for (std::uint64_t i = 0; i < kClusterPages; ++i) hooks.unlock(i);
}

/// The hooks of write_end.
template <class H, class W>
concept EndHooks = spec::Word<W> && requires(H hooks, const W n) {
  { hooks.uptodate() } -> std::same_as<spec::TruthOf<W>>;
  { hooks.in_cluster() } -> std::same_as<spec::TruthOf<W>>;
  hooks.end_cluster(n);  // n: bytes that count
  hooks.mark_written();  // the page: uptodate and dirty
  hooks.unlock();        // the page
  hooks.raise_size(n);   // to byte n
};

/// Completes a write of which `copied` of `n` bytes arrived. Returns how many count.
template <spec::Word W, EndHooks<W> Hooks>
W end_write(Hooks& hooks, const W& pos, const W& n, const W& copied) {
  // Behind a short copy into a stale page lie undefined bytes, which a reader must not see.
  const W accepted = accept<W>(hooks.uptodate(), n, copied);
  if (hooks.in_cluster()) {
    hooks.end_cluster(accepted);
    if (accepted != 0) hooks.raise_size(pos + accepted);
    return accepted;
  }
  if (accepted != 0) {
    hooks.mark_written();
    hooks.raise_size(pos + accepted);
  }
  hooks.unlock();
  return accepted;
}

}  // namespace quire::ref::f2fs
