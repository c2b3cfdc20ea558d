// The vectors, as quire-check reads, runs and makes them real.
#include "props/vectors/real_case.h"
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace quire::tests {
namespace {

using props::Vector;

/// One that asks more than six questions.
Vector with_asks(const std::string& run = "impl.trip") {
  for (Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    if (vector.run == run && vector.asks.size() > 6) return vector;
  }
  throw std::logic_error{"no " + run + " asks so much"};
}

TEST(Vectors, OfTheTreeAreWhatTheLoopsDo) {
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const auto failure = props::run_vector(vector);
    EXPECT_FALSE(failure) << vector.line << "\n" << failure->expected << "\n" << failure->actual;
  }
}

TEST(Vectors, AreOfEveryLoop) {
  std::set<std::string> runs;
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    runs.insert(vector.run);
  }
  const std::set<std::string> all{"impl.call",      "impl.trip",         "ref.attempt",
                                  "ref.call",       "ref.iomap_attempt", "ref.iomap_call",
                                  "ref.iomap_trip", "ref.xfs_call",      "ref.xfs_check"};
  EXPECT_EQ(runs, all);
}

TEST(Vectors, ADifferentQuestionIsNamed) {
  Vector vector = with_asks();
  vector.asks[1] = "fault_in 1";
  const auto failure = props::run_vector(vector);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->expected, "fault_in 1");
  EXPECT_EQ(failure->actual, "throttle");
}

TEST(Vectors, AnotherStateOrAnswerIsNamed) {
  Vector vector = with_asks();
  ++vector.after.at("pos");
  ASSERT_TRUE(props::run_vector(vector));
  --vector.after.at("pos");
  vector.answer ^= 1;
  ASSERT_TRUE(props::run_vector(vector));
}

TEST(Vectors, OfOtherLoopsAreComparedInAllThatTheySay) {
  for (const char* run : {"ref.iomap_attempt", "ref.iomap_call", "ref.xfs_check", "ref.xfs_call"}) {
    const Vector right = with_asks(run);
    ASSERT_FALSE(props::run_vector(right)) << run;
    Vector wrong = right;
    wrong.asks.pop_back();
    EXPECT_EQ(props::run_vector(wrong)->expected, "no further question") << run;
    wrong = right;
    ++wrong.left;
    EXPECT_EQ(props::run_vector(wrong)->actual, "left = " + std::to_string(right.left)) << run;
    for (const auto& [name, value] : right.after) {
      wrong = right;
      ++wrong.after.at(name);
      EXPECT_TRUE(props::run_vector(wrong)) << run << ": " << name;
    }
  }
}

/// A direct write may keep the IOLOCK shared; a buffered one may not.
TEST(Vectors, OfXfsAreHeldToTheClausesOfItsSteps) {
  const Vector vector = props::vector_from(
      R"({"run":"ref.xfs_call","folios":1,"world":{"nowait":[0],"total":[100],"start":[0],)"
      R"("mode":[1],"size":[0,0],"busy":[0],"check_errno":[0],"kept":[100],"appends":[0],)"
      R"("leased":[0],"drops_privileges":[0],"modify_errno":[0],"write_errno":[0],)"
      R"("taken":[100]}})");
  const auto failure = props::run_vector(vector);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->expected, "xfs_write.writes_behind_no_gap");
}

TEST(Vectors, WithoutExpectationsAreHeldToTheClausesAlone) {
  Vector vector = with_asks();
  vector.expects = false;
  vector.asks.clear();
  EXPECT_FALSE(props::run_vector(vector));
}

TEST(Vectors, OfNoLoopAreRefused) {
  Vector vector = with_asks();
  for (const char* run : {"impl.elsewhere", "ref.iomap_elsewhere", "ref.xfs_elsewhere"}) {
    vector.run = run;
    EXPECT_THROW(props::run_vector(vector), std::invalid_argument) << run;
  }
  EXPECT_THROW(props::vector_from("{}"), std::invalid_argument);
  EXPECT_THROW(props::vector_from("no JSON"), std::invalid_argument);
}

TEST(Vectors, SomeCallsAreMadeRealAndPassesAreNot) {
  std::size_t made = 0;
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const props::RealForm form = props::real_form(vector, false);
    EXPECT_NE(form.made.has_value(), !form.why_not.empty());
    if (form.made) {
      EXPECT_TRUE(vector.run.ends_with(".call"));
      ++made;
    }
  }
  EXPECT_GE(made, 8u);
}

}  // namespace
}  // namespace quire::tests
