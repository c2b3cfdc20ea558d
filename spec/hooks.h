// The hooks of a write loop: the operations that its control part calls.
//
// The control part of a loop is a template over its hooks. The shipping hooks move real bytes; the
// proofs' hooks answer with symbolic words; `Tapped` (spec/tapped.h) wraps hooks and makes records
// of the calls for the clauses.
#pragma once

#include "spec/word.h"
#include "spec/write/iov_iter.h"
#include "spec/write/write_loop.h"

#include <concepts>

namespace quire::spec {

/// The result of write_begin: an error, or the folio and the prepared range. A loop's hooks may
/// derive from it to carry a handle.
template <class W>
struct Begun {
  W error;      ///< 0, or a negative errno; then there is no folio
  W folio_pos;  ///< first byte of the folio in the file
  W end;        ///< first byte of the file past what is prepared; at most the end of the folio
};

/// The hooks that a file system brings; the others are the loop's surroundings. pos, want, n,
/// copied: bytes. `folio`: the result of write_begin.
///
/// - write_begin(pos, want): finds or makes the folio at pos, locks it, reads or zeroes the parts
///   of blocks that the write leaves.
/// - write_end(folio, pos, n, copied): bytes accepted, or a negative errno; unlocks the folio.
template <class H, class W>
concept FolioHooks = requires(H hooks, typename H::Folio& folio, const W w) {
  requires std::derived_from<typename H::Folio, Begun<W>>;
  { hooks.write_begin(w, w) } -> std::same_as<typename H::Folio>;
  { hooks.write_end(folio, w, w, w) } -> std::same_as<W>;
};

/// All that a loop calls.
///
/// - iter(): the state of the iterator.
/// - throttle(): waits while too much is dirty; may sleep.
/// - fault_in(n): bytes of the next n that could not be made readable; may sleep.
/// - fatal_signal(): whether a fatal signal is pending for the caller.
/// - copy(folio, pos, n): moves n bytes from the iterator; stops at the first that faults.
/// - revert(n): gives n bytes back to the iterator.
/// - attempt_begins(loop), attempt_ends(loop, goes_on): before and after each attempt; empty in
///   production.
template <class H, class W>
concept WriteHooks = FolioHooks<H, W> && requires(
    H hooks, const H& seen, typename H::Folio& folio, const W w, const LoopState<W>& loop,
    bool goes_on) {
  { seen.iter() } -> std::same_as<IterState<W>>;
  { hooks.throttle() } -> std::same_as<void>;
  { hooks.fault_in(w) } -> std::same_as<W>;
  { hooks.fatal_signal() } -> std::same_as<TruthOf<W>>;
  { hooks.copy(folio, w, w) } -> std::same_as<W>;
  { hooks.revert(w) } -> std::same_as<void>;
  { hooks.attempt_begins(loop) } -> std::same_as<void>;
  { hooks.attempt_ends(loop, goes_on) } -> std::same_as<void>;
};

}  // namespace quire::spec
