// The body of a buffered write through iomap, attempt by attempt.
//
// As ref/plain/write_loop.h, a text over a word type. It differs from that loop: the mapping bounds
// an attempt and may turn out to be stale, memory is faulted in before the folio is asked for, the
// throttle may refuse, and what was copied counts whole or not at all.
#pragma once

#include "spec/geometry.h"
#include "spec/linux/iomap/hooks.h"
#include "spec/word.h"
#include "spec/write/write_loop.h"

#include <cerrno>

namespace quire::ref::iomap {

/// One pass. Returns whether another follows; `body` is the state after it.
///
/// `body.loop.status` says what ended the body; 0 at the end of the mapping or of the iterator, and
/// when `body.stale`:
///   EFAULT  not one byte at `body.loop.pos` can be made readable
///   or the error of throttle or write_begin (EINTR among them)
/// Requires bytes left in the iterator and before body.map_end. The numbers are the steps of
/// section 3.2.
template <spec::Word W, spec::IomapWriteHooks<W> Hooks>
bool write_attempt(spec::IomapBody<W>& body, Hooks& hooks) {
  using spec::ite, spec::rsh;
  spec::LoopState<W>& loop = body.loop;

  // 1. A fresh attempt asks for all that is left, a retry for what had arrived; within the window.
  const W ask = ite(loop.retry != 0, loop.retry, hooks.iter().left);
  const W in_window = spec::min(ask, spec::window_left(loop.pos, loop.chunk));
  //    No folio is locked here, so that writeback can make room (GPW-6).
  loop.status = hooks.throttle();
  if (loop.status != 0) return false;
  // 2. Within the mapping (IOM-3).
  const W want = spec::min(in_window, body.map_end - loop.pos);
  // 3. A bad byte further on must not fail the write (GPW-8): only if none of it comes in.
  if (hooks.fault_in(want) == want) {
    loop.status = W{spec::error(EFAULT)};
    return false;
  }

  // 4. The folio comes back locked,
  auto folio = hooks.write_begin(loop.pos, want);
  if (folio.error != 0) {
    // 6. or could not be prepared: no byte of it has changed, so there is nothing to drop,
    loop.status = folio.error;
    return false;
  }
  // 5. or the mapping no longer holds, which only a locked folio can tell (IOM-2).
  body.stale = folio.stale;
  if (body.stale != 0) return false;

  // 7. It may be prepared for less than was wanted. The copy does not wait for memory.
  const W n = spec::min(want, folio.end - loop.pos);
  const W copied = hooks.copy(folio, loop.pos, n);
  const W accepted = hooks.write_end(folio, loop.pos, n, copied);

  // 8. The size grows before the folio is unlocked: writeback wipes what lies past it (WB-6).
  const W size = hooks.size();
  const W end = loop.pos + accepted;
  if (accepted != 0 && size < end) hooks.set_size(end);
  hooks.put_folio(folio);
  if (accepted != 0 && size < loop.pos) hooks.size_extended(size, loop.pos);

  // 9. Nothing counts: the next window is smaller, and ends where the copy did.
  if (accepted == 0) {
    hooks.write_failed(loop.pos, n);
    if (copied != 0) hooks.revert(copied);
    loop.chunk = spec::max(rsh(loop.chunk, W{1}), W{spec::kPageSize});
  }
  loop.retry = ite(accepted == 0, copied, W{0});
  // 10.
  loop.pos = end;
  loop.written = loop.written + accepted;
  return static_cast<bool>(hooks.iter().left != 0 && loop.pos < body.map_end);
}

/// Writes what the iterator has into [pos, map_end), which one mapping serves. chunk_max: bytes,
/// the largest folio that write_begin may answer. Requires pos < map_end and an iterator that is
/// not empty.
template <spec::Word W, spec::IomapWriteHooks<W> Hooks>
spec::BodyDone<W> write_iter(Hooks& hooks, const W& pos, const W& map_end, const W& chunk_max) {
  const W none{0};
  spec::IomapBody<W> body{{pos, chunk_max, none, none, none}, map_end, none};
  bool goes_on = true;
  while (goes_on) {
    hooks.attempt_begins(body);
    goes_on = write_attempt<W>(body, hooks);
    hooks.attempt_ends(body, goes_on);
  }
  return {body.loop.written, body.loop.status, body.stale};
}

}  // namespace quire::ref::iomap
