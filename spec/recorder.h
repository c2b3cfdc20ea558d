// The interface through which running code reports its steps to a judge.
#pragma once

#include "spec/linux/errseq.h"
#include "spec/locks/order.h"
#include "spec/steps.h"
#include "spec/write/write_begin_end.h"
#include "spec/write/write_loop.h"

#include <cstdint>

namespace quire::spec {

/// Receives each step of ref, and of impl in its recorded build, from the thread that takes it. The
/// default of each does nothing.
class Recorder {
 public:
  using Number = std::uint64_t;

  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  virtual ~Recorder() = default;

  virtual void attempt(const Attempt<Number>&) {}
  virtual void loop_call(const LoopCall<Number>&) {}

  /// A step whose clauses need no other record (spec/steps.h).
  virtual void step(const Step&) {}

  /// Once for each block that is judged; `op` has the block filled in. After write_end has marked
  /// the blocks, before the folio is unlocked.
  virtual void write_end(const WriteEnd<Number>&) {}

  /// A step of an error word; ErrorDelivery follows which descriptor has an error to report.
  virtual void error_event(const ErrorEvent&) {}

  /// rank: rank_of<LockClass>. key: which lock of the class; a folio's is its first byte in the
  /// file.
  virtual void lock_wanted(Number /*rank*/, Number /*key*/) {}
  virtual void lock_taken(Number /*rank*/, Number /*key*/) {}
  virtual void lock_dropped(Number /*rank*/, Number /*key*/) {}

  /// A folio is about to be unlocked by a writer. file_size: the in-core size at this moment.
  virtual void folio_unlock(Number /*folio_pos*/, Number /*file_size*/, bool /*folio_dirty*/) {}

  /// Called before each attempt; true ends the write as a fatal signal would. So a judge can stop a
  /// loop that does not end (O6).
  virtual bool wants_stop() { return false; }
};

}  // namespace quire::spec
