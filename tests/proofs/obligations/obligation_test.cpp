// An obligation is proven only if its claims hold, are not vacuous, and could fail.
#include "proofs/obligations/obligation.h"

#include "proofs/obligations/obligations.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace quire::tests {
namespace {

using proofs::Bits;
using proofs::Explorer;
using proofs::Obligation;
using proofs::Outcome;
using proofs::Report;

Report discharge(const std::function<void(Explorer&)>& body) {
  return proofs::discharge(
      {.name = "a.b.c", .tag = "T-1", .subject = "both", .says = "So.", .body = body});
}

TEST(Obligation, IsProvenIfEveryBreakIsRefuted) {
  const Report report = discharge([](Explorer& e) {
    Bits x = e.fresh("x");
    e.assume("x is below 10.", x < 10);
    if (e.broken("adds one")) x = x + 1;
    if (e.broken("adds two")) x = x + 2;
    e.claim("x is below 10.", x < 10);
  });
  EXPECT_EQ(report.outcome, Outcome::proven);
  EXPECT_EQ(report.reason, "");
  EXPECT_EQ(report.proof.paths, 1u);
  ASSERT_EQ(report.controls.size(), 2u);
  EXPECT_EQ(report.controls[0].how, "adds one");
  EXPECT_EQ(report.controls[0].found.counterexample->says, "x is below 10.");
}

TEST(Obligation, IsRefutedByACounterexample) {
  const Report report = discharge([](Explorer& e) { e.claim("No.", e.fresh("x") < 10); });
  EXPECT_EQ(report.outcome, Outcome::refuted);
  EXPECT_TRUE(report.proof.counterexample);
}

TEST(Obligation, IsVacuousIfItsAssumptionsContradict) {
  const Report report = discharge([](Explorer& e) {
    const Bits x = e.fresh("x");
    e.assume("x is below 10.", x < 10);
    e.assume("x is above 10.", x > 10);
    e.claim("Anything.", x == 5 || e.broken("x"));
  });
  EXPECT_EQ(report.outcome, Outcome::vacuous);
  EXPECT_EQ(report.reason, "the assumptions cannot be met on any path");
}

TEST(Obligation, IsVacuousIfItClaimsNothing) {
  const Report report = discharge([](Explorer& e) {
    if (e.broken("x")) e.fresh("x");
  });
  EXPECT_EQ(report.outcome, Outcome::vacuous);
  EXPECT_EQ(report.reason, "nothing is claimed on any path");
}

TEST(Obligation, IsUnbreakableWithoutABreak) {
  const Report report =
      discharge([](Explorer& e) { e.claim("x is x.", e.fresh("x") < 1 || true); });
  EXPECT_EQ(report.outcome, Outcome::unbreakable);
}

TEST(Obligation, IsUnbreakableIfABreakGoesUnnoticed) {
  const Report report = discharge([](Explorer& e) {
    Bits x = e.fresh("x");
    e.assume("x is below 10.", x < 10);
    if (e.broken("adds one")) x = x + 1;
    if (e.broken("forgets to look")) x = x & 0xff;
    e.claim("x is below 10.", x < 10);
  });
  EXPECT_EQ(report.outcome, Outcome::unbreakable);
  EXPECT_EQ(report.reason, "still proven when it forgets to look");
}

TEST(Obligation, IsUndecidedIfItsBodyThrows) {
  const Report report = discharge([](Explorer&) { throw std::runtime_error{"out of cheese"}; });
  EXPECT_EQ(report.outcome, Outcome::undecided);
  EXPECT_EQ(report.reason, "the body threw: out of cheese");
}

TEST(Obligations, HaveUniqueNamesTagsAndSentences) {
  std::set<std::string> names;
  for (const Obligation& obligation : proofs::all_obligations()) {
    EXPECT_TRUE(names.insert(obligation.name).second) << obligation.name << " occurs twice";
    EXPECT_FALSE(obligation.tag.empty()) << obligation.name;
    EXPECT_TRUE(obligation.says.ends_with('.')) << obligation.name;
    EXPECT_TRUE((std::set<std::string>{"spec", "ref", "impl", "both"}.contains(obligation.subject)))
        << obligation.name;
  }
}

}  // namespace
}  // namespace quire::tests
