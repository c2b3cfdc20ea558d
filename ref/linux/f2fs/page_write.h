// The steps of write_begin and write_end, for one page or for a stored cluster, over a word type
// (7.2, 7.3): who is locked when, and what becomes of page and size.
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

/// What the page of byte `pos` has of `want` bytes from there on.
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
/// the write covers all that the file has of the page. size: of the file.
template <spec::Word W>
spec::TruthOf<W> only_tail_is_left(const WriteRange<W>& range, const W& size) {
  return (range.pos & (kBlockSize - 1)) == 0 && size <= range.end;
}

/// What the steps ask of a page and of what lies around it.
template <class H, class W>
concept PageHooks = spec::Word<W> && requires(H hooks) {
  { hooks.find_and_lock() } -> std::same_as<spec::TruthOf<W>>;  // false: there is no memory
  hooks.lock();
  hooks.unlock();
  { hooks.find_block() } -> std::same_as<W>;  // step 4: 0 or an error
  { hooks.needs_gc() } -> std::same_as<spec::TruthOf<W>>;
  hooks.balance();                                          // any page may go
  { hooks.is_cached() } -> std::same_as<spec::TruthOf<W>>;  // the page is still the one it was
  { hooks.uptodate() } -> std::same_as<spec::TruthOf<W>>;
  { hooks.size() } -> std::same_as<W>;  // of the file
  hooks.zero_tail();
  { hooks.read() } -> std::same_as<W>;  // 0, and the page is uptodate; or an error
};

template <class W>
struct PageBegun {
  W error;        ///< 0, or why the page is not prepared; then it is not locked
  W gone;         ///< 1: it went while it was unlocked, and has to be found again
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
  // 5. Whoever makes room may need any page, so this one is unlocked; it may be gone afterwards.
  if (hooks.needs_gc()) {
    hooks.unlock();
    hooks.balance();
    if (!hooks.is_cached()) return {none, one, none};
    hooks.lock();
  }
  // 6. Writeback ends before it returns, so that there is none to wait for.
  // 7. What the write leaves of the page.
  if (is_whole_page(range) || hooks.uptodate()) return {none, none, none};
  if (only_tail_is_left(range, hooks.size())) {
    hooks.zero_tail();
    return {none, none, one};
  }
  const W error = hooks.read();
  if (error != 0) hooks.unlock();
  return {error, none, none};
}

/// What the steps ask of the pages of a cluster, by their place in it.
template <class H, class W>
concept ClusterHooks = spec::Word<W> && requires(H hooks, std::uint64_t i) {
  { hooks.find_and_lock(i) } -> std::same_as<spec::TruthOf<W>>;  // false: there is no memory
  hooks.unlock(i);
  { hooks.uptodate(i) } -> std::same_as<spec::TruthOf<W>>;
  { hooks.read_stale() } -> std::same_as<W>;  // 0, and all pages are uptodate; or an error
};

/// Step 3: locks every page of a stored cluster, in ascending order, and fills those that are
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

/// What write_end asks of a page.
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
  // The bytes behind a short copy into a stale page are nobody's: a reader must not see them.
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
