// Every clause of the model, asked of every step: compiled once for all tests.
#include "tests/ref/judge.h"

#include <variant>

namespace quire::tests {
namespace {

/// Looks at the waits of all tests together: two tests that are each in order may not be.
class AllWaits final : public testing::Environment {
 public:
  void TearDown() override {
    std::string cycle;
    for (const Number rank : waits_of_all_tests().cycle()) cycle += spec::lock_name(rank) + ", ";
    EXPECT_EQ(cycle, "") << "locks are waited for in a circle (LK-1)";
    for (const auto& edge : waits_of_all_tests().edges()) {
      EXPECT_TRUE(edge.waits == 0 || edge.held <= edge.wanted)
          << spec::lock_name(edge.wanted) << " was waited for under " << spec::lock_name(edge.held);
    }
  }
};

const auto* const all_waits = testing::AddGlobalTestEnvironment(new AllWaits);

}  // namespace

spec::LockGraph& waits_of_all_tests() {
  static spec::LockGraph graph;
  return graph;
}

void Judge::attempt(const spec::Attempt<Number>& step) {
  judge(spec::attempt_clauses, step);
  attempts.push_back(step);
  ++attempts_of_call_;
}

void Judge::loop_call(const spec::LoopCall<Number>& call) {
  judge(spec::loop_call_clauses, call);
  ++loop_calls;
  attempts_of_call_ = 0;
}

void Judge::step(const spec::Step& step) {
  std::visit([](const auto& record) { judge(clauses_of(record), record); }, step);
  if (const auto* sync = std::get_if<spec::WriteSync<Number>>(&step)) last_sync = *sync;
}

void Judge::error_event(const spec::ErrorEvent& event) {
  judge(spec::error_clauses, errors_.sees(event));
  ++errors_judged;
}

void Judge::write_end(const spec::WriteEnd<Number>& op) {
  judge(spec::write_begin_end_clauses, op);
  if (op.accepted != 0) accepted_end_ = op.pos + op.accepted;
  ++blocks_judged;
}

void Judge::folio_unlock(Number, Number file_size, bool folio_dirty) {
  judge(
      spec::folio_unlock_clauses, spec::FolioUnlock<Number>{accepted_end_, file_size, folio_dirty});
  accepted_end_ = 0;
}

void Judge::lock_wanted(Number rank, Number key) {
  judge(spec::lock_clauses, held_.wanted(rank, key));
  waits.push_back(rank);
}

}  // namespace quire::tests
