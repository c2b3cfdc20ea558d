// When the writeback of one folio is over: the count of its bytes, over a word type.
//
// The count starts at the folio's size, as if all of it were submitted, so that a run which
// completes while others are still being collected cannot bring it to 0. When all blocks are
// collected, the rest is subtracted (WBK-1). If there is no rest, the last completion ends the
// writeback; it may have come already.
#pragma once

#include "spec/linux/iomap/writeback.h"
#include "spec/word.h"

namespace quire::ref::iomap {

/// size: of the folio, bytes.
template <spec::Word W>
spec::WritebackCount<W> writeback_starts(const W& size) {
  return {size, W{0}, size};
}

/// `n` more bytes are collected.
template <spec::Word W>
void collected(spec::WritebackCount<W>& count, const W& n) {
  count.submitted = count.submitted + n;
}

/// All blocks are collected. Returns whether the folio's writeback ends here.
template <spec::Word W>
spec::TruthOf<W> all_collected(spec::WritebackCount<W>& count) {
  const W not_collected = count.size - count.submitted;
  count.pending = count.pending - not_collected;
  return not_collected != 0 && count.pending == 0;
}

/// The writes of `n` bytes are complete. Returns whether the folio's writeback ends here.
template <spec::Word W>
spec::TruthOf<W> completed(spec::WritebackCount<W>& count, const W& n) {
  count.pending = count.pending - n;
  return count.pending == 0;
}

}  // namespace quire::ref::iomap
