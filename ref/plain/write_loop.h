// The write loop: generic_perform_write() as Linux 6.19 has it, line by line.
//
// The text is the control part alone, over a word type: on numbers it is the loop that ref/ runs,
// on symbolic words it is what the proofs run. A truth in an `if` forks a symbolic run; && and ||
// are not relied on to stop early.
#pragma once

#include "spec/geometry.h"
#include "spec/hooks.h"
#include "spec/word.h"
#include "spec/write/write_loop.h"

#include <cerrno>

namespace quire::ref {

/// One pass of the loop. Returns whether another follows; `loop` is the state after it.
///
/// `loop.status` says what ended the loop:
///   EFAULT  not one byte at `loop.pos` can be made readable
///   EINTR   the caller is about to die
///   or the error of write_begin or write_end
/// Requires a well-formed state (spec/write/write_loop.h) with bytes left (GPW-13), and hooks that
/// keep sections 1 and 2.1. The numbers are the steps of section 2.
template <spec::Word W, spec::WriteHooks<W> Hooks>
bool attempt(spec::LoopState<W>& loop, Hooks& hooks) {
  using spec::ite, spec::rsh;
  const W page{spec::kPageSize};
  loop.status = W{0};

  // 1. A fresh attempt asks for all that is left, a retry for what had arrived.
  const W ask = ite(loop.retry != 0, loop.retry, hooks.iter().left);
  // 2. It stays within its window.
  const W offset = loop.pos & (loop.chunk - 1);
  const W want = spec::min(ask, loop.chunk - offset);
  // 3. No folio is locked here, so that writeback can make room (GPW-6).
  hooks.throttle();
  // 4. (Linux 6.19 faults in at 11, and only if nothing could be copied.)
  // 5.
  if (hooks.fatal_signal()) {
    loop.status = W{spec::error(EINTR)};
    return false;
  }

  // 6. The folio comes back locked.
  auto folio = hooks.write_begin(loop.pos, want);
  if (folio.error != 0) {
    loop.status = folio.error;
    return false;
  }
  // 7. It may be prepared for less than was wanted.
  const W n = spec::min(want, folio.end - loop.pos);
  // 8. The copy does not wait for memory, so it may stop short.
  const W copied = hooks.copy(folio, loop.pos, n);
  // 9. The folio is unlocked, whatever the answer.
  const W status = hooks.write_end(folio, loop.pos, n, copied);

  // 10. What does not count goes back (GPW-1, GPW-3).
  const W accepted = ite(spec::is_error(status), W{0}, status);
  if (accepted != copied) hooks.revert(copied - accepted);
  if (spec::is_error(status)) {
    loop.status = status;
    return false;
  }

  // 11. Nothing counts: the next window is smaller, and ends where the copy did.
  if (accepted == 0) {
    loop.chunk = spec::max(rsh(loop.chunk, W{1}), page);
    if (copied == 0) {
      // A bad page further on must not fail the write (GPW-8): only if none of it comes in.
      if (hooks.fault_in(n) == n) {
        loop.status = W{spec::error(EFAULT)};
        return false;
      }
    }
  }
  loop.retry = ite(accepted == 0, copied, W{0});

  // 12.
  loop.pos = loop.pos + accepted;
  loop.written = loop.written + accepted;
  // 13. Only an empty iterator ends the loop; nothing copied is no reason to stop (section 0).
  return static_cast<bool>(hooks.iter().left != 0);
}

/// Writes all that the hooks' iterator has, from byte `pos` of the file on.
///
/// Returns the bytes accepted, or a negative errno as a word if none was: progress hides whatever
/// ended the loop (GPW-2). `last` is the loop's last state. chunk_max: bytes; the largest folio
/// that write_begin may answer, a power of two of at least a page. Requires an iterator that is not
/// empty and pos + its bytes <= kFileSizeMax (GPW-13).
template <spec::Word W, spec::WriteHooks<W> Hooks>
W generic_perform_write(
    Hooks& hooks, const W& pos, spec::LoopState<W>& last, const W& chunk_max = W{spec::kPageSize}) {
  last = spec::LoopState<W>{pos, chunk_max, W{0}, W{0}, W{0}};
  bool goes_on = true;
  while (goes_on) {
    hooks.attempt_begins(last);
    goes_on = attempt<W>(last, hooks);
    hooks.attempt_ends(last, goes_on);
  }
  using spec::ite;
  return ite(last.written != 0, last.written, last.status);
}

}  // namespace quire::ref
