// The end of a write that may have to be synchronous: generic_write_sync().
#pragma once

#include "spec/sync.h"
#include "spec/word.h"

namespace quire::ref::vfs {

/// Fills the rest of the record from dsync, full, written and pos_after; iolock is the caller's to
/// tell. `bring(from, last, data_only)` takes that range to the device, both ends included, and
/// answers 0 or a negative errno as a word. An error of it replaces the count (SYN-1).
template <spec::Word W, class Bring>
void generic_write_sync(spec::WriteSync<W>& s, Bring&& bring) {
  using spec::ite;
  s.synced = W{0};
  s.from = W{0};
  s.last = W{0};
  s.data_only = W{0};
  s.error = W{0};
  s.result = s.written;
  if (spec::is_error(s.written)) return;
  if (s.written == 0) return;
  if (s.dsync == 0) return;
  s.synced = W{1};
  s.from = s.pos_after - s.written;
  s.last = s.pos_after - 1;
  s.data_only = ite(s.full == 0, W{1}, W{0});
  s.error = bring(s.from, s.last, s.data_only);
  s.result = ite(s.error == 0, s.written, s.error);
}

}  // namespace quire::ref::vfs
