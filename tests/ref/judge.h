// A recorder that holds every step to the clauses of the model, and keeps what tests look at.
#pragma once

#include "spec/locks.h"
#include "spec/recorder.h"
#include "spec/reflect.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

namespace quire::tests {

using Number = std::uint64_t;

/// The fields of a record, "name = value" each.
template <class Record>
std::string describe(const Record& record) {
  std::ostringstream text;
  spec::for_each_leaf(record, [&](const std::string& name, const auto& value) {
    text << name << " = " << value << ", ";
  });
  return text.str();
}

/// Fails the running test for each clause that the record breaks.
template <class Clauses, class Record>
void judge(const Clauses& clauses, const Record& record) {
  boost::hana::for_each(clauses, [&](const auto& clause) {
    EXPECT_TRUE(clause.holds(record)) << clause.text.operation << "." << clause.text.name << ": "
                                      << clause.text.says << "\n{" << describe(record) << "}";
  });
}

class Judge : public spec::Recorder {
 public:
  void attempt(const spec::Attempt<Number>& step) override {
    judge(spec::attempt_clauses, step);
    attempts.push_back(step);
    ++attempts_of_call_;
  }
  void loop_call(const spec::LoopCall<Number>& call) override {
    judge(spec::loop_call_clauses, call);
    ++loop_calls;
    attempts_of_call_ = 0;
  }
  void step(const spec::Step& step) override {
    std::visit([](const auto& record) { judge(clauses_of(record), record); }, step);
  }
  void error_event(const spec::ErrorEvent& event) override {
    judge(spec::error_clauses, errors_.sees(event));
    ++errors_judged;
  }
  void write_end(const spec::WriteEnd<Number>& op) override {
    judge(spec::write_begin_end_clauses, op);
    if (op.accepted != 0) accepted_end_ = op.pos + op.accepted;
    ++blocks_judged;
  }
  void folio_unlock(Number, Number file_size, bool folio_dirty) override {
    judge(
        spec::folio_unlock_clauses,
        spec::FolioUnlock<Number>{accepted_end_, file_size, folio_dirty});
    accepted_end_ = 0;
  }
  /// Every lock that is waited for is held to the order (O5).
  void lock_wanted(Number rank, Number key) override {
    judge(spec::lock_clauses, held_.wants(rank, key));
    waits.push_back(rank);
  }
  void lock_taken(Number rank, Number key) override { held_.take(rank, key); }
  void lock_dropped(Number rank, Number) override { held_.drop(rank); }

  /// A loop that never ends is brought to an end, and fails the test (O6).
  bool wants_stop() override {
    EXPECT_LE(attempts_of_call_, kAttemptsMax) << "the loop does not come to its end";
    return stop || kAttemptsMax < attempts_of_call_;
  }

  bool holds_nothing() const { return held_.empty(); }
  bool waited_for(Number rank) const { return std::ranges::count(waits, rank) > 0; }

  std::vector<spec::Attempt<Number>> attempts;
  std::vector<Number> waits;  ///< ranks
  Number loop_calls = 0;
  Number blocks_judged = 0;
  Number errors_judged = 0;
  bool stop = false;

 private:
  static constexpr Number kAttemptsMax = 5000;

  spec::HeldLocks<Number> held_;
  spec::ErrorDelivery errors_;
  Number attempts_of_call_ = 0;
  Number accepted_end_ = 0;
};

}  // namespace quire::tests
