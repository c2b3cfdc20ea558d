// When the writeback of one folio is over: the count of its bytes, over a word type.
//
// The count starts at the folio's size, as if all of it were on its way, so that a run which
// completes while others are still being gathered cannot bring it to 0. When all blocks have been
// looked at, what was not gathered is taken off (WBK-1). If that is nothing, the last answer alone
// ends the writeback, and it may have come already.
#pragma once

#include "spec/linux/iomap/writeback.h"
#include "spec/word.h"

namespace quire::ref::iomap {

/// size: of the folio, bytes.
template <spec::Word W>
spec::WritebackCount<W> writeback_starts(const W& size) {
  return {size, W{0}, size};
}

/// `n` bytes, not gathered before, are on their way.
template <spec::Word W>
void collected(spec::WritebackCount<W>& count, const W& n) {
  count.submitted = count.submitted + n;
}

/// All blocks have been looked at. Returns whether the folio's writeback ends here.
template <spec::Word W>
spec::TruthOf<W> all_collected(spec::WritebackCount<W>& count) {
  const W not_collected = count.size - count.submitted;
  count.pending = count.pending - not_collected;
  return not_collected != 0 && count.pending == 0;
}

/// The device has answered for `n` bytes. Returns whether the folio's writeback ends here.
template <spec::Word W>
spec::TruthOf<W> completed(spec::WritebackCount<W>& count, const W& n) {
  count.pending = count.pending - n;
  return count.pending == 0;
}

}  // namespace quire::ref::iomap
