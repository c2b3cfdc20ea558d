// A recorder that holds every step to the clauses of the model, and keeps records for tests.
#pragma once

#include "spec/clause.h"
#include "spec/locks/graph.h"
#include "spec/locks/order.h"
#include "spec/locks/steps.h"
#include "spec/recorder.h"
#include "spec/reflect.h"

#include <gtest/gtest.h>
#include <boost/hana/unpack.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace quire::tests {

using Number = std::uint64_t;

/// A type with a name, so that records share one instance of what visits their fields.
struct FieldWriter {
  std::ostringstream text = {};

  void operator()(const std::string& name, Number value) { text << name << " = " << value << ", "; }
};

/// The fields of a record, "name = value" each.
template <class Record>
std::string describe(const Record& record) {
  FieldWriter writer;
  spec::for_each_leaf(record, writer);
  return writer.text.str();
}

/// Fails the running test for a clause that a record breaks.
inline void fail(const spec::ClauseText& clause, const std::string& record) {
  ADD_FAILURE() << clause.operation << "." << clause.name << ": " << clause.says << "\n{" << record
                << "}";
}

/// Fails the running test for each clause that the record breaks.
template <class Clauses, class Record>
void judge(const Clauses& clauses, const Record& record) {
  boost::hana::unpack(clauses, [&](const auto&... clause) {
    ((clause.holds(record) ? void() : fail(clause.text, describe(record))), ...);
  });
}

/// Every wait for a lock that a judge of this program received. Checked when all tests have run.
spec::LockGraph& waits_of_all_tests();

class Judge : public spec::Recorder {
 public:
  void attempt(const spec::Attempt<Number>& step) override;
  void loop_call(const spec::LoopCall<Number>& call) override;
  void step(const spec::Step& step) override;
  void error_event(const spec::ErrorEvent& event) override;
  void write_end(const spec::WriteEnd<Number>& op) override;
  void folio_unlock(Number folio_pos, Number file_size, bool folio_dirty) override;
  /// Every lock that is waited for is held to the order (O5).
  void lock_wanted(Number rank, Number key) override;
  void lock_taken(Number rank, Number key) override { held_.taken(rank, key); }
  void lock_dropped(Number rank, Number key) override {
    EXPECT_TRUE(held_.dropped(rank, key))
        << spec::lock_name(rank) << " " << key << " is dropped, and was not held";
  }

  /// Stops a loop that never ends, and fails the test (O6).
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
  spec::WriteSync<Number> last_sync{};  ///< the end of the last write that might be synchronous
  bool stop = false;

 private:
  static constexpr Number kAttemptsMax = 5000;

  spec::WatchedLocks held_{&waits_of_all_tests()};
  spec::ErrorDelivery errors_;
  Number attempts_of_call_ = 0;
  Number accepted_end_ = 0;
};

}  // namespace quire::tests
