// The hooks of XFS's outer write path.
#pragma once

#include "spec/linux/xfs/outer.h"
#include "spec/word.h"

#include <concepts>

namespace quire::spec {

/// Errors are 0 or a negative errno as a word.
///
/// - left(), size(): bytes of the iterator; of the file, in core.
/// - reexpand(total): restores the bytes of the iterator that checks have cut off.
/// - lock(mode, nowait): waits for the IOLOCK; if nowait is not 0 only tries, and may answer
///   EAGAIN.
/// - unlock(mode).
/// - check(pos): the generic checks; may truncate the iterator, and moves an append's pos.
/// - layout_is_leased(): whether another process holds a lease on the file's layout.
/// - break_layout(): waits until no lease is left; the IOLOCK is free.
/// - drops_privileges(): whether the write will change who the file runs as.
/// - drain(): waits for direct I/O of the file.
/// - lock_invalidate(), unlock_invalidate(): the invalidate lock, exclusive.
/// - zero(from, to): makes [from, to) read as zero.
/// - modify(nowait): privileges and times.
/// - write(pos, nowait): the write through iomap; bytes, or an error and no byte written.
/// - flush(): writes all dirty files back.
/// - quota_gc(), space_gc(): release preallocations, of nearly full quotas or all.
/// - account(bytes): statistics.
template <class H, class W>
concept OuterHooks = requires(H hooks, const H& seen, W& pos, const W w) {
  { seen.left() } -> std::same_as<W>;
  { seen.size() } -> std::same_as<W>;
  { hooks.reexpand(w) } -> std::same_as<void>;
  { hooks.lock(w, w) } -> std::same_as<W>;
  { hooks.unlock(w) } -> std::same_as<void>;
  { hooks.check(pos) } -> std::same_as<W>;
  { hooks.layout_is_leased() } -> std::same_as<TruthOf<W>>;
  { hooks.break_layout() } -> std::same_as<W>;
  { hooks.drops_privileges() } -> std::same_as<TruthOf<W>>;
  { hooks.drain() } -> std::same_as<void>;
  { hooks.lock_invalidate() } -> std::same_as<void>;
  { hooks.unlock_invalidate() } -> std::same_as<void>;
  { hooks.zero(w, w) } -> std::same_as<W>;
  { hooks.modify(w) } -> std::same_as<W>;
  { hooks.write(w, w) } -> std::same_as<W>;
  { hooks.flush() } -> std::same_as<void>;
  { hooks.quota_gc() } -> std::same_as<void>;
  { hooks.space_gc() } -> std::same_as<void>;
  { hooks.account(w) } -> std::same_as<void>;
};

}  // namespace quire::spec
