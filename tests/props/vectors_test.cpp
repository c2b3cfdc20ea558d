// The vectors, as quire-check reads, runs and makes them real.
#include "props/vectors/real_case.h"
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace quire::tests {
namespace {

using props::Vector;

Vector with_asks() {
  for (Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    if (vector.run == "impl.trip" && vector.asks.size() > 6) return vector;
  }
  throw std::logic_error{"no trip of impl asks so much"};
}

TEST(Vectors, OfTheTreeAreWhatTheLoopsDo) {
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const auto failure = props::run_vector(vector);
    EXPECT_FALSE(failure) << vector.line << "\n" << failure->expected << "\n" << failure->actual;
  }
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

TEST(Vectors, WithoutExpectationsAreHeldToTheClausesAlone) {
  Vector vector = with_asks();
  vector.expects = false;
  vector.asks.clear();
  EXPECT_FALSE(props::run_vector(vector));
}

TEST(Vectors, OfNoLoopAreRefused) {
  Vector vector = with_asks();
  vector.run = "impl.elsewhere";
  EXPECT_THROW(props::run_vector(vector), std::invalid_argument);
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
