// The contract of quire-prove's command line: exit codes, tables, messages.
#include "proofs/obligations/obligations.h"
#include "proofs/tool/crew.h"
#include "tests/proofs/tool/run_quire_prove.h"

#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <mutex>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

TEST(QuireProve, ExitsByTheWorstVerdict) {
  EXPECT_EQ(run({}, {kTrue}).exit, 0);
  EXPECT_EQ(run({}, {kTrue, kThrows}).exit, 4);
  EXPECT_EQ(run({}, {kTrue, kVacuous}).exit, 1);
  EXPECT_EQ(run({}, {kThrows, kFalse, kTrue}).exit, 1);
}

TEST(QuireProve, ExitsWithTwoOnBadUsage) {
  EXPECT_EQ(run({"--no-such-option"}, {kTrue}).exit, 2);
  EXPECT_EQ(run({"--timeout", "soon"}, {kTrue}).exit, 2);
  EXPECT_EQ(run({"--timeout", "0"}, {kTrue}).exit, 2);
  EXPECT_EQ(run({"--solver", "guess"}, {kTrue}).exit, 2);
  EXPECT_TRUE(contains(run({"--solver", "guess"}, {kTrue}).err, "guess"));
}

TEST(QuireProve, NamesTheGlobThatMatchesNothing) {
  const Ran ran = run({"--only", "ref.*", "--only", "impl.*"}, {kTrue});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_TRUE(contains(ran.err, "'impl.*'")) << ran.err;
  EXPECT_EQ(ran.out, "");
}

TEST(QuireProve, ProvesOnlyTheChosenObligations) {
  const Ran ran = run({"--only", "*.t?ue"}, {kFalse, kTrue});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_FALSE(contains(ran.out, "ref.false"));
  EXPECT_TRUE(ran.out.ends_with("\n1 proven, 0 refuted, 0 undecided\n")) << ran.out;
}

TEST(QuireProve, PrintsTheCounterexampleFieldByField) {
  const Ran ran = run({}, {kTrue, kFalse});
  EXPECT_TRUE(contains(ran.out, "does not hold: x is not -14.\n")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "    x = 0xfffffffffffffff2 = -14\n")) << ran.out;
  EXPECT_TRUE(ran.out.ends_with("\n1 proven, 1 refuted, 0 undecided\n")) << ran.out;
}

TEST(QuireProve, PrintsRowsInTheOrderOfTheList) {
  const Ran ran = run({}, {kTrue, kFalse, kVacuous, kThrows});
  EXPECT_LT(ran.out.find("ref.true "), ran.out.find("ref.false "));
  EXPECT_LT(ran.out.find("ref.false "), ran.out.find("ref.vacuous "));
  EXPECT_LT(ran.out.find("ref.vacuous "), ran.out.find("ref.throws "));
}

TEST(QuireProve, PrintsTheBoundAfterTheVerdict) {
  const Ran ran = run({}, {kTrue, kBounded});
  EXPECT_TRUE(contains(ran.out, "proven\n")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "proven       numbers below 10\n")) << ran.out;
}

TEST(QuireProve, PrintsTheAssumptionsOfEachProof) {
  const std::string needs = "    needs:          x is below 10 (T-2).\n";
  const std::string does_not = "    does not need:  y is below 10 (T-2).\n";
  const Ran ran = run({"--assumptions"}, {kBounded});
  EXPECT_TRUE(contains(ran.out, needs + does_not)) << ran.out;
  EXPECT_FALSE(contains(run({}, {kBounded}).out, needs));
}

TEST(QuireProve, ReportsTheAssumptionThatNoObligationNeeds) {
  const std::string line = "No obligation needs: y is below 10 (T-2). (ref.bounded)\n";
  EXPECT_TRUE(contains(run({}, {kBounded}).out, line)) << run({}, {kBounded}).out;
  EXPECT_FALSE(contains(run({}, {kBounded}).out, "needs: x"));
  EXPECT_FALSE(contains(run({"--only", "ref.b*"}, {kBounded, kTrue}).out, "No obligation needs"))
      << "another may need it";
  EXPECT_FALSE(contains(run({}, {kBounded, kFalse}).out, "No obligation needs"))
      << "an obligation that is not proven may need it";
}

TEST(QuireProve, PrintsVersionsTimeAndMemory) {
  const std::string out = run({}, {kTrue}).out;
  EXPECT_TRUE(contains(out, "\nZ3 4.")) << out;
  EXPECT_TRUE(contains(out, " s; ")) << out;
  EXPECT_TRUE(contains(out, " MiB at most\n1 proven, ")) << out;
}

/// A sum of many products.
TEST(QuireProve, TooMuchMemoryIsUndecidedAndReported) {
  const Obligation hungry = obligation("ref.hungry", [](Explorer& e) {
    Bits all{1};
    for (int i = 0; i < 40; ++i) {
      const Bits x = e.fresh("x"), y = e.fresh("y");
      all = all + product(product(x, y), product(y, x + 3)) + quotient(y, x);
    }
    e.claim("No.", all != 12345);
  });
  const Ran ran = run({"--memory", "16", "--timeout", "20"}, {hungry});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_TRUE(contains(ran.out, "because: Z3 takes more than 16 MiB\n")) << ran.out;
  EXPECT_EQ(run({}, {kTrue}).exit, 0) << "a later obligation is not affected";
}

TEST(Crew, StartsTheLongestFirst) {
  std::vector<Obligation> obligations(3, kTrue);
  obligations[0].name = "short";
  obligations[1].effort = 5;
  obligations[2].effort = 3;
  std::mutex mutex;
  std::vector<std::string> begun;
  std::latch both{2};
  {
    proofs::Crew crew{obligations, [&](const Obligation& o) {
                        {
                          const std::lock_guard lock{mutex};
                          begun.push_back(o.name);
                        }
                        if (o.effort > 1) both.arrive_and_wait();
                        return proofs::Report{};
                      }};
    for (std::size_t i = 0; i < 3; ++i) {
      while (!crew.wait_for(i, std::chrono::milliseconds{100})) {
      }
    }
  }
  ASSERT_EQ(begun.size(), 3u);
  EXPECT_EQ(begun.back(), "short");
}

TEST(QuireProve, ListsSentencesAndProvesNothing) {
  const Ran ran = run({"--list"}, {kTrue, kThrows});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(
      ran.out,
      "ref.true [T-1] ref\n  ref.true says so.\nref.throws [T-1] ref\n  ref.throws says so.\n");
}

TEST(QuireProve, HelpTeachesByExample) {
  const Ran ran = run({"--help"}, {});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_TRUE(contains(ran.out, "quire-prove --only 'ref.*'")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "Exit codes")) << ran.out;
}

TEST(QuireProve, ColoursAndProgressAreForTerminals) {
  const Ran piped = run({}, {kTrue});
  EXPECT_FALSE(contains(piped.out + piped.err, "\033"));
  EXPECT_EQ(piped.err, "");
  const Ran seen = run({}, {kTrue}, true);
  EXPECT_TRUE(contains(seen.out, "\033[32mproven\033[0m")) << seen.out;
  EXPECT_TRUE(contains(seen.err, "of 1 done")) << seen.err;
}

TEST(QuireProve, ProvesTheArithmeticOfTheModel) {
  EXPECT_EQ(run({}, proofs::word_obligations()).exit, 0);
}

}  // namespace
}  // namespace quire::tests
