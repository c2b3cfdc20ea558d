// A record breaks each clause of the model, and no other clause. A clause that no record breaks
// judges nothing, and one that breaks only with others is redundant.
#include "spec/linux/writeback_collect.h"
#include "spec/locks/order.h"
#include "spec/locks/steps.h"
#include "spec/steps.h"
#include "spec/write/segment_walk.h"
#include "spec/write/write_begin_end.h"
#include "spec/write/write_loop.h"
#include "tests/spec/doctor.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

namespace quire::tests {
namespace {

using Number = std::uint64_t;

/// Clauses that cannot be broken alone, and the clause that breaks with each.
const std::map<std::string, std::string> kImplied = {
    {"locks.no_wait_under_folio", "locks.acquires_in_order"},
    {"locks.no_wait_under_block_map", "locks.acquires_in_order"},
    {"locks.no_memory_under_invalidate_lock", "locks.acquires_in_order"},
    {"locks.faults_take_no_iolock", "locks.acquires_in_order"},
    {"locks.writeback_takes_no_file_lock", "locks.acquires_in_order"},
    {"locks.takes_no_invalidate_lock_twice", "locks.acquires_in_order"},
};

/// An attempt of 200 bytes of which 100 are copied, into uptodate blocks. Six of its fields are
/// equal, which no search finds.
std::optional<spec::IomapAttempt<Number>> known_good(const spec::IomapAttempt<Number>&) {
  return spec::IomapAttempt<Number>{
      {{0, 4096, 0, 0, 0}, 200, 200, 0, 200, 100, 100, 0, 200, 0, 1, {100, 4096, 0, 100, 0}, 100},
      4096,
      0,
      0,
      0,
      100};
}
template <class Record>
std::optional<Record> known_good(const Record&) {
  return std::nullopt;
}

std::string name_of(const spec::ClauseText& text) {
  return std::string{text.operation} + "." + text.name;
}

// No template: it would be compiled for each of 60 records.
void expect_each_can_be_broken(
    Doctor doctor, const std::vector<std::string>& names, std::set<std::string>& implied) {
  const auto good = doctor.good();
  ASSERT_TRUE(good) << "no record keeps all of " << names.front() << " and the others";
  for (const bool holds : doctor.truths(*good)) EXPECT_TRUE(holds) << names.front();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (doctor.breaks(i, true)) continue;
    const auto broken = doctor.breaks(i, false);
    ASSERT_TRUE(broken) << names[i] << " is never broken";
    const auto known = kImplied.find(names[i]);
    if (known != kImplied.end()) {
      implied.insert(names[i]);
      continue;
    }
    const auto held = doctor.truths(*broken);
    std::string others;
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (k != i && !held[k]) others += " " + names[k];
    }
    ADD_FAILURE() << names[i] << " is not broken alone, but with" << others;
  }
}

template <class Record, class Clauses>
void expect_each_can_be_broken(const Clauses& clauses, std::set<std::string>& implied) {
  const auto names = boost::hana::unpack(clauses, [](const auto&... clause) {
    return std::vector<std::string>{name_of(clause.text)...};
  });
  expect_each_can_be_broken(doctor_of<Record>(clauses, known_good(Record{})), names, implied);
}

template <std::size_t... i>
void expect_of_each_step(std::index_sequence<i...>, std::set<std::string>& implied) {
  (expect_each_can_be_broken<std::variant_alternative_t<i, spec::Step>>(
       clauses_of(std::variant_alternative_t<i, spec::Step>{}), implied),
   ...);
}

TEST(EveryClause, CanBeBrokenAlone) {
  std::set<std::string> implied;
  expect_of_each_step(std::make_index_sequence<std::variant_size_v<spec::Step>>(), implied);
  expect_each_can_be_broken<spec::Attempt<Number>>(spec::attempt_clauses, implied);
  expect_each_can_be_broken<spec::LoopCall<Number>>(spec::loop_call_clauses, implied);
  expect_each_can_be_broken<spec::WriteEnd<Number>>(spec::write_begin_end_clauses, implied);
  expect_each_can_be_broken<spec::FolioUnlock<Number>>(spec::folio_unlock_clauses, implied);
  expect_each_can_be_broken<spec::LockStep<Number>>(spec::lock_clauses, implied);
  expect_each_can_be_broken<spec::ErrorStep<Number>>(spec::error_clauses, implied);
  expect_each_can_be_broken<spec::SegmentStep<Number>>(spec::segment_step_clauses, implied);
  expect_each_can_be_broken<spec::SegmentStepBack<Number>>(
      spec::segment_step_back_clauses, implied);
  expect_each_can_be_broken<spec::CollectStep<Number>>(spec::collect_clauses, implied);
  for (const auto& [name, with] : kImplied) {
    EXPECT_TRUE(implied.contains(name)) << name << " can now be broken alone";
  }
}

}  // namespace
}  // namespace quire::tests
