// The running kernel's inner steps, from a trace, judged by the clauses of the model.
//
// A trace lacks some fields of a record. The judge fills them in so that only traced facts can
// break a clause:
//  - end of an iteration: the next iomap_iter is its call. The judge checks that there is one; its
//  arguments and its answer are not traced.
//  - a body that did nothing and is followed by another iteration found its mapping stale.
//  - how much of the caller's memory a write consumed is its answer.
//  - dquots, and whether the cookie was read under the ILOCK, are taken to be in order.
//  - mutual exclusion: the event of a wait comes when it begins, so two tasks may seem to hold one
//  lock.
// A preallocation is judged in full where the file's extents are known: from a mark before the
// write on, until writeback or a conversion changes them. The others are counted, not judged.
#pragma once

#include "props/trace/event.h"
#include "props/trace/extents.h"
#include "props/trace/held_locks.h"
#include "props/trace/step_judge.h"
#include "spec/linux/iomap/outer_loop.h"
#include "spec/locks/graph.h"

#include <cstdint>
#include <expected>
#include <istream>
#include <map>
#include <optional>
#include <string>

namespace quire::props::trace {

/// Judges events in the order of the trace. After the first violation nothing is judged.
class TraceJudge {
 public:
  using Number = std::uint64_t;

  /// Returns why the event cannot be judged: it comes from another file system than those before
  /// it, or a mark is missing before it.
  [[nodiscard]] std::optional<std::string> take(const Event& event);

  /// After the last event: why the trace is not complete. This program makes no trace without a
  /// volume, without a write, or that ends within a call.
  [[nodiscard]] std::optional<std::string> finish() const;

  const std::optional<Violation>& violation() const { return steps_.violation(); }
  /// How many of each kind of step were judged.
  const std::map<std::string, Number>& judged() const { return steps_.judged(); }
  /// For locks, by all tasks.
  const spec::LockGraph& waits() const { return waits_; }

 private:
  /// One use of the iterator by a task: iteration after iteration.
  struct Loop {
    Number ino = 0, flags = 0, pos = 0;
    std::optional<Number> left;
    bool begins = false;     ///< a begin is under way: it took the ILOCK
    bool is_mapped = false;  ///< begin has answered, end has not been called
    bool is_judged = false;
    Number held = 0;  ///< when begin answered
    std::optional<MapEvent> map, source;
    std::optional<Event> map_at;
    std::optional<BlocksEvent> data, cow;  ///< what begin found or allocated
    std::optional<Event> blocks_at;
    std::optional<PreallocEvent> prealloc;
  };
  struct Task {
    std::optional<Loop> loop;
    /// It has ended; whether another follows is not known.
    std::optional<spec::IomapIteration<Number>> iteration;
    std::optional<Event> iteration_at;
    std::optional<BufferedWriteEvent> write;
    std::optional<CallMark> call;
    Number call_line = 0;
    Number accepted = 0;
    Number locks = 0, unlocks = 0;  ///< of the IOLOCK, in this call
    Number writes = 0;              ///< how often it called iomap
  };
  struct File {
    std::optional<Number> size;
    std::optional<Extents> extents;
  };

  void on(const Event& event, const LockEvent& lock);
  void on(const Event& event, const TransactionEvent&);
  void on(const Event& event, const IterEvent& iter);
  void on(const Event& event, const MapEvent& map);
  void on(const Event& event, const BufferedWriteEvent& write);
  void on(const Event& event, const BlocksEvent& blocks);
  void on(const Event& event, const PreallocEvent& prealloc);
  void on(const Event& event, const FolioEvent& folio);
  void on(const Event& event, const WritebackEvent& writeback);
  void on(const Event& event, const SizeEvent& size);
  void on(const Event& event, const Mark& mark);

  [[nodiscard]] std::optional<std::string> missing_before(const Event& event) const;
  void call_begins(const Event& event, const CallMark& call);
  void call_returns(const Event& event, const ReturnMark& answer);

  void judge_write(const Event& event, const Task& task, const ReturnMark& answer);

  void close_iteration(const Event& event, const IterEvent& iter);
  void settle_iteration(Task& task, bool goes_on);
  void judge_begin(Task& task);
  void judge_mapping(const Loop& loop);
  void judge_blocks(const Loop& loop);
  void judge_prealloc(Task& task, const Event& event, const BlocksEvent& blocks);

  StepJudge steps_;
  std::string device_;
  std::optional<VolumeMark> volume_;
  HeldLocks locks_;
  spec::LockGraph waits_;
  std::map<Number, Task> tasks_;
  std::map<Number, File> files_;
};

/// Judges a recorded trace, as trace_pipe gave it. The error names the line that is not understood,
/// or what is missing; an earlier violation stands instead.
[[nodiscard]] std::expected<TraceJudge, std::string> judge_trace(std::istream& lines);

}  // namespace quire::props::trace
