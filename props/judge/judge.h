// A recorder that judges every step by the clauses of the model.
#pragma once

#include "props/judge/coverage.h"
#include "props/judge/failure.h"
#include "spec/locks/graph.h"
#include "spec/clause.h"
#include "spec/recorder.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace quire::props {

/// Judges the steps of one subject. Keeps the first failure; the steps after it are not judged.
class Judge : public spec::Recorder {
 public:
  /// coverage: counts the classes that are reached; may be null. waits: counts the waits for locks;
  /// may be null.
  Judge(std::string subject, Coverage* coverage, spec::LockGraph* waits)
      : subject_(std::move(subject)), coverage_(coverage), held_(waits) {}

  /// Before each write: its length, so that the steps can be bounded (O6).
  void write_begins(Number bytes);

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

  std::string subject_;
  Coverage* coverage_;
  std::optional<Failure> failure_;
  spec::WatchedLocks held_;
  spec::ErrorDelivery errors_;
  std::map<Number, Number> accepted_end_;  // by folio, since it was locked
  Number steps_ = 0;
  Number steps_max_ = 0;
  Number counted_pos_ = ~Number{0};  // the WriteEnd that coverage has counted already
};

}  // namespace quire::props
