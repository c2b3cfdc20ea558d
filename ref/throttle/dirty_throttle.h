// The dirty pages of a device, and when a task that dirties pages waits for writeback.
#pragma once

#include "ref/throttle/dirty_limits.h"
#include "spec/recorder.h"

#include <cstdint>
#include <map>

namespace quire::ref {

/// Time, in milliseconds from any start. A test brings its own, and advances it.
class ThrottleClock {
 public:
  virtual ~ThrottleClock() = default;
  virtual std::uint64_t now() = 0;
  /// Sleeps, fewer ms than asked if a fatal signal comes. Answers the ms slept.
  virtual std::uint64_t sleep(std::uint64_t ms) = 0;
  /// Whether the running task has a fatal signal.
  virtual bool fatal_signal() { return false; }
};

/// The environment of a throttle: time and writeback.
class ThrottleSurroundings : public ThrottleClock {
 public:
  /// Starts writeback, which makes progress while tasks sleep.
  virtual void start_flusher() = 0;
  /// The pages of all dirty folios, counted again for the recorder (BDP-5).
  virtual std::uint64_t cached_dirty_pages() = 0;
};

/// The dirty pages of one device, and the tasks that dirty them (Linux: mm/page-writeback.c). One
/// task runs at a time; there is one from the start, number 0.
class DirtyThrottle {
 public:
  /// available_pages: of memory that could hold dirty pages; they give the marks (dirty_limits.h).
  /// pages_per_second: that the device writes, 1 .. 2^32 - 1. recorder: may be null.
  DirtyThrottle(
      std::uint64_t available_pages, std::uint64_t pages_per_second,
      ThrottleSurroundings& surroundings, spec::Recorder* recorder);

  /// Waits if the running task has exceeded its quota. Call before each attempt of a write, with no
  /// lock held below the file's IOLOCK (BDP-1). Returns 0, after a fatal signal as well; or
  /// -EAGAIN, if `nowait` and it would have to sleep (BDP-2).
  int balance(bool nowait);

  /// The running task has dirtied a clean folio of so many pages.
  void dirtied(std::uint64_t pages);
  /// A dirty folio of so many pages was written or dropped.
  void cleaned(std::uint64_t pages);

  /// A new task, which has dirtied nothing; it does not run yet.
  std::uint64_t start_task();
  /// The task runs from now on. Requires one that was started and has not ended.
  void run_task(std::uint64_t task);
  /// The task ends; pages that it has not waited for are charged to others. Requires that it does
  /// not run.
  void end_task(std::uint64_t task);

  /// Pages that are dirty on other devices; they count towards the marks.
  void set_dirty_elsewhere(std::uint64_t pages) { dirty_elsewhere_ = pages; }

  const spec::DirtyLimits<std::uint64_t>& marks() const { return marks_; }
  std::uint64_t dirty_pages() const { return dirty_; }

 private:
  struct Task {
    std::uint64_t pages = 0;  ///< dirtied since it last waited
    std::uint64_t quota = 1;  ///< pages that it may dirty before its next check
    std::uint64_t since = 0;  ///< when it last passed a check
  };
  class Hooks;

  /// Whether the running task must check the limits; charges it with the pages of ended tasks.
  bool uses_up_its_quota(Task& task);

  ThrottleSurroundings& surroundings_;
  spec::Recorder* recorder_;
  spec::DirtyLimits<std::uint64_t> marks_;
  std::uint64_t base_rate_;
  std::uint64_t unasked_max_;
  std::uint64_t dirty_ = 0;
  std::uint64_t dirty_elsewhere_ = 0;
  std::uint64_t unasked_ = 0;    ///< pages dirtied by all tasks since one of them checked
  std::uint64_t leftovers_ = 0;  ///< pages of ended tasks
  std::map<std::uint64_t, Task> tasks_;
  std::uint64_t running_ = 0;
  std::uint64_t next_task_ = 1;
};

}  // namespace quire::ref
