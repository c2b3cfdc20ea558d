// XFS's outer write path, xfs_file_buffered_write() as Linux 6.19 has it, up to the sync: the
// control part alone, over a word type (see ref/plain/write_loop.h).
#pragma once

#include "spec/linux/xfs/outer.h"
#include "spec/linux/xfs/outer_hooks.h"
#include "spec/word.h"

#include <cerrno>

namespace quire::ref::xfs {

/// Takes the free IOLOCK; state.status is 0, or EAGAIN and the lock is not taken (XFB-1).
template <spec::Word W, spec::OuterHooks<W> Hooks>
void take_iolock(spec::OuterState<W>& state, spec::IolockMode mode, Hooks& hooks) {
  using spec::ite;
  const W asked{spec::word_of(mode)};
  state.status = hooks.lock(asked, state.nowait);
  state.iolock = ite(state.status == 0, asked, W{spec::word_of(spec::IolockMode::none)});
  state.drained = W{0};
}

template <spec::Word W, spec::OuterHooks<W> Hooks>
void drop_iolock(spec::OuterState<W>& state, Hooks& hooks) {
  hooks.unlock(state.iolock);
  state.iolock = W{spec::word_of(spec::IolockMode::none)};
}

/// Drops the IOLOCK and takes it exclusive. The caller must check the file again (CHK-4).
template <spec::Word W, spec::OuterHooks<W> Hooks>
void retake_exclusive(spec::OuterState<W>& state, Hooks& hooks) {
  drop_iolock(state, hooks);
  take_iolock(state, spec::IolockMode::exclusive, hooks);
}

/// Makes the gap between the size and a position behind it read as zero (XFB-3). Returns whether
/// the checks must be made again; else state.status is 0 or the error.
template <spec::Word W, spec::OuterHooks<W> Hooks>
bool zero_gap(spec::OuterState<W>& state, Hooks& hooks) {
  state.status = W{0};
  const W size = hooks.size();
  if (state.pos <= size) return false;
  if (state.nowait != 0) {
    state.status = W{spec::error(EAGAIN)};
    return false;
  }
  // Direct I/O may be moving the size: wait for it, then read the size again. A call that may wait
  // gets the lock.
  if (state.drained == 0) {
    if (state.iolock == spec::word_of(spec::IolockMode::shared)) retake_exclusive(state, hooks);
    hooks.drain();
    state.drained = W{1};
    return true;
  }
  hooks.lock_invalidate();
  state.status = hooks.zero(size, state.pos);
  hooks.unlock_invalidate();
  return false;
}

/// One pass of the checks, under the IOLOCK (XFB-2). Returns whether another must follow, because
/// the lock was free in between. Else state.status is 0 or an error; state.iolock may be none then,
/// and must not be dropped (XFB-1).
template <spec::Word W, spec::OuterHooks<W> Hooks>
bool check_once(spec::OuterState<W>& state, Hooks& hooks) {
  hooks.reexpand(state.total);
  state.status = hooks.check(state.pos);
  if (state.status != 0) return false;

  if (hooks.layout_is_leased()) {
    if (state.nowait != 0) {
      state.status = W{spec::error(EAGAIN)};
      return false;
    }
    drop_iolock(state, hooks);
    const W error = hooks.break_layout();
    take_iolock(state, spec::IolockMode::exclusive, hooks);
    if (error != 0) state.status = error;
    return static_cast<bool>(state.status == 0);
  }

  if (state.iolock == spec::word_of(spec::IolockMode::shared)) {
    if (hooks.drops_privileges()) {
      retake_exclusive(state, hooks);
      return static_cast<bool>(state.status == 0);
    }
  }

  if (zero_gap(state, hooks)) return true;
  if (state.status != 0) return false;
  state.status = hooks.modify(state.nowait);
  return false;
}

/// Reclaims space after a write that got none (XFB-5). Returns whether to retry the write; the
/// IOLOCK is free then (XFB-8).
template <spec::Word W, spec::OuterHooks<W> Hooks>
bool reclaim_space(spec::OuterState<W>& state, Hooks& hooks) {
  if (state.retried != 0) return false;
  if (state.status == spec::error(EDQUOT)) {
    drop_iolock(state, hooks);
    hooks.quota_gc();
  } else if (state.status == spec::error(ENOSPC)) {
    // Writeback allocates delayed blocks and releases the excess of their reservations. It takes no
    // IOLOCK (LK-6).
    hooks.flush();
    drop_iolock(state, hooks);
    hooks.space_gc();
  } else {
    return false;
  }
  state.retried = W{1};
  return true;
}

/// One round: lock, check, write, reclaim space, unlock. Returns whether another follows.
template <spec::Word W, spec::OuterHooks<W> Hooks>
bool write_round(spec::OuterState<W>& state, spec::IolockMode mode, Hooks& hooks) {
  take_iolock(state, mode, hooks);
  if (state.status != 0) return false;
  bool checks_again = true;
  while (checks_again) checks_again = check_once(state, hooks);

  if (state.status == 0) {
    state.status = hooks.write(state.pos, state.nowait);
    if (reclaim_space(state, hooks)) return true;
  }
  if (state.iolock != spec::word_of(spec::IolockMode::none)) drop_iolock(state, hooks);
  return false;
}

/// Writes all that the hooks' iterator has at state.pos, or at the end of the file if the checks
/// say so. On return state.status is the bytes written, or a negative errno as a word and none
/// was; state.pos is where they went; the IOLOCK is as it was, free.
///
///   EAGAIN  nowait, and it would have to wait or to change an attribute
///   ENOSPC, EDQUOT  even after space was reclaimed once (XFB-7)
///   or the error of the checks, of the zeroing or of iomap
/// Requires an iterator that is not empty, and state.total its bytes. mode: how the IOLOCK is taken
/// at first; a buffered write takes it exclusive.
template <spec::Word W, spec::OuterHooks<W> Hooks>
void buffered_write_rounds(
    spec::OuterState<W>& state, Hooks& hooks, spec::IolockMode mode = spec::IolockMode::exclusive) {
  state.iolock = W{spec::word_of(spec::IolockMode::none)};
  state.retried = W{0};
  bool goes_on = true;
  while (goes_on) goes_on = write_round(state, mode, hooks);
  if (spec::is_error(state.status)) return;
  hooks.account(state.status);
}

}  // namespace quire::ref::xfs
