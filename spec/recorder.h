// Where the steps of a running loop go to be judged.
#pragma once

#include "spec/linux/errseq.h"
#include "spec/locks/order.h"
#include "spec/steps.h"
#include "spec/write/write_begin_end.h"
#include "spec/write/write_loop.h"

#include <cstdint>

namespace quire::spec {

/// Receives each step that ref, or impl in its recorded build, really took. The calls come from the
/// thread that took the step. The default of each does nothing.
class Recorder {
 public:
  using Number = std::uint64_t;

  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  virtual ~Recorder() = default;

  virtual void attempt(const Attempt<Number>&) {}
  virtual void loop_call(const LoopCall<Number>&) {}

  /// Any step whose record stands by itself (spec/steps.h).
  virtual void step(const Step&) {}

  /// Once for each block that is judged; `op` has the block filled in. After write_end has marked
  /// the blocks, before the folio is unlocked.
  virtual void write_end(const WriteEnd<Number>&) {}

  /// A word of errors was asked or changed; ErrorDelivery knows who is owed what.
  virtual void error_event(const ErrorEvent&) {}

  /// rank: rank_of<LockClass>. key: which lock of the class; a folio's is its first byte in the
  /// file.
  virtual void lock_wanted(Number /*rank*/, Number /*key*/) {}
  virtual void lock_taken(Number /*rank*/, Number /*key*/) {}
  virtual void lock_dropped(Number /*rank*/, Number /*key*/) {}

  /// A folio is about to be unlocked by a writer. file_size: the in-core size at this moment.
  virtual void folio_unlock(Number /*folio_pos*/, Number /*file_size*/, bool /*folio_dirty*/) {}

  /// Asked before each attempt; true ends the write as a fatal signal would. This is how a loop
  /// that never ends is brought to an end (O6).
  virtual bool wants_stop() { return false; }
};

}  // namespace quire::spec
