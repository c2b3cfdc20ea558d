// The end of a write that may have to be synchronous: generic_write_sync().
#pragma once

#include "ref/vfs/transfer.h"
#include "spec/linux/sync.h"
#include "spec/recorder.h"
#include "spec/word.h"

#include <cstdint>

namespace quire::ref::vfs {

/// Fills the rest of the record from dsync, full, written and pos_after; the caller fills in
/// iolock. `sync_range(from, last, data_only)` writes that range to stable storage, both ends
/// included, and answers 0 or a negative errno as a word. An error of it replaces the count
/// (SYN-1).
template <spec::Word W, class SyncRange>
void generic_write_sync(spec::WriteSync<W>& s, SyncRange&& sync_range) {
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
  // The record keeps the arguments.
  const auto sync = [&](const W& from, const W& last, const W& data_only) {
    s.synced = W{1};
    s.from = from;
    s.last = last;
    s.data_only = data_only;
    s.error = sync_range(from, last, data_only);
    return s.error;
  };
  const W error = sync(s.pos_after - s.written, s.pos_after - 1, ite(s.full == 0, W{1}, W{0}));
  s.result = ite(error == 0, s.written, error);
}

/// The same at the end of a call. write: its pos is where the bytes went. result: the answer of the
/// write, bytes or a negative errno. iolock_holders: of the file. `fsync()` answers 0 or a negative
/// errno. Returns the answer of the call.
template <class Fsync>
std::int64_t write_sync(
    const Transfer& write, std::int64_t result, std::uint64_t iolock_holders,
    spec::Recorder* recorder, Fsync&& fsync) {
  using Number = std::uint64_t;
  spec::WriteSync<Number> step{};
  step.dsync = write.flags.sync;
  step.full = write.flags.full;
  step.iolock = iolock_holders != 0;
  step.written = static_cast<Number>(result);
  step.pos_after = write.pos + (result > 0 ? static_cast<Number>(result) : 0);
  generic_write_sync(step, [&](Number, Number, Number) { return static_cast<Number>(fsync()); });
  if (recorder != nullptr) recorder->step(step);
  return static_cast<std::int64_t>(step.result);
}

}  // namespace quire::ref::vfs
