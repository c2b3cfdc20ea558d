// A recorder that judges every step by the clauses of the model.
#pragma once

#include "props/judge/coverage.h"
#include "props/judge/failure.h"
#include "spec/clause.h"
#include "spec/locks/graph.h"
#include "spec/recorder.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace quire::props {

/// Judges the steps of one subject. Keeps the first failure; the steps after it are not judged.
class Judge : public spec::Recorder {
 public:
  /// coverage: counts the classes that are reached; may be null. waits: counts the waits for locks;
  /// may be null.
  Judge(std::string subject, Coverage* coverage, spec::LockGraph* waits)
      : subject_(std::move(subject)), coverage_(coverage), held_(waits) {}

  /// Asked at each pass of writeback that a throttled writer makes: whether the device has no
  /// memory for what is dirty, so that nothing of it can be written. May be empty.
  void device_lacks_memory(std::function<bool()> lacks) { lacks_memory_ = std::move(lacks); }

  /// Before each write: its length, so that the steps can be bounded (O6).
  void write_begins(Number bytes);

  /// From now on another thread holds this lock, until it lets go: the subject may neither wait for
  /// it nor take it (IOM-6).
  void another_holds(Number rank, Number key) { held_by_another_ = {rank, key}; }
  void another_lets_go() { held_by_another_.reset(); }

  /// The most that a throttled writer may leave dirty before an attempt, of `limit` and what one
  /// attempt and an unasked rest may add; what was dirty before the write is none of its doing. In
  /// pages of ref, in bytes of impl.
  void bound_dirty(Number limit, Number excess) { dirty_bound_ = {limit, excess}; }
  /// After each call: no lock may be held.
  void call_ends();

  const std::optional<Failure>& failure() const { return failure_; }

  void attempt(const spec::Attempt<Number>&) override;
  void loop_call(const spec::LoopCall<Number>&) override;
  void step(const spec::Step&) override;
  void error_event(const spec::ErrorEvent&) override;
  void write_end(const spec::WriteEnd<Number>&) override;
  void lock_wanted(Number rank, Number key) override;
  void lock_taken(Number rank, Number key) override;
  void lock_dropped(Number rank, Number key) override;
  void folio_unlock(Number folio_pos, Number file_size, bool folio_dirty) override;
  bool wants_stop() override;

 private:
  template <class Clauses, class Record>
  void judge(const Clauses& clauses, const Record& record);
  void fail(const spec::ClauseText& clause, std::string actual);
  /// Before an attempt: how much is dirty.
  void check_dirty(Number dirty);
  /// Fails if another thread holds the lock.
  void check_free(Number rank, Number key, const char* act);

  std::string subject_;
  Coverage* coverage_;
  std::optional<Failure> failure_;
  spec::WatchedLocks held_;
  std::optional<std::pair<Number, Number>> held_by_another_;  // rank and key
  std::optional<std::pair<Number, Number>> dirty_bound_;      // limit and excess
  std::optional<Number> dirty_first_;                         // before the first attempt
  spec::ErrorDelivery errors_;
  std::map<Number, Number> accepted_end_;  // by folio, since it was locked
  std::function<bool()> lacks_memory_;
  Number steps_ = 0;
  Number steps_max_ = 0;
  Number counted_pos_ = ~Number{0};  // the WriteEnd that coverage has counted already
};

}  // namespace quire::props
