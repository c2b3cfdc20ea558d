// The explorer runs each feasible path once, and proves what holds on all of them and nothing else.
#include "proofs/engine/explore.h"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace quire::tests {
namespace {

using proofs::Bits;
using proofs::Exploration;
using proofs::explore;
using proofs::Explorer;
using proofs::Truth;
using proofs::Verdict;

template <class W>
struct Pair {
  BOOST_HANA_DEFINE_STRUCT(Pair,
    (W, a),
    (W, b)
  );
};

TEST(Explore, CodeWithoutDecisionsIsOnePath) {
  const Exploration found = explore([](Explorer& e) { e.fresh("x"); });
  EXPECT_EQ(found.paths, 1u);
  EXPECT_EQ(found.witnessed, 1u);
  EXPECT_EQ(found.verdict, Verdict::proved);
}

TEST(Explore, NestedIfsHaveThreePathsEachRunOnce) {
  std::multiset<std::string> runs;
  const Exploration found = explore([&](Explorer& e) {
    const Bits x = e.fresh("x");
    if (x < 10) {
      runs.insert(x == 0 ? "zero" : "small");
    } else {
      runs.insert("large");
    }
  });
  EXPECT_EQ(found.paths, 3u);
  EXPECT_EQ(runs, (std::multiset<std::string>{"zero", "small", "large"}));
}

TEST(Explore, InfeasibleBranchesAreNotRun) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x");
    if (x < 10) {
      if (x > 20) FAIL() << "no number is below 10 and above 20";
    }
    e.assume("x is not 11.", x != 11);
    if (x == 11) FAIL() << "assumed away";
  });
  EXPECT_EQ(found.paths, 2u);
  EXPECT_EQ(found.infeasible, 0u);
}

TEST(Explore, ALoopIsFollowedAsFarAsItsBoundAllows) {
  std::multiset<int> turns;
  const Exploration found = explore([&](Explorer& e) {
    const Bits bound = e.fresh("bound");
    e.assume("The bound is 5 at most.", bound <= 5);
    int i = 0;
    while (Bits(i) < bound) ++i;
    turns.insert(i);
    e.claim("The loop ends at its bound.", bound == i);
  });
  EXPECT_EQ(turns, (std::multiset<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(found.paths, 6u);
  EXPECT_EQ(found.claims, 6u);
  EXPECT_EQ(found.verdict, Verdict::proved);
}

TEST(Explore, FreshWordsHaveTheSameNamesOnEveryRun) {
  std::set<std::string> names;
  explore([&](Explorer& e) {
    const Bits first = e.fresh("copied"), second = e.fresh("copied");
    z3::context& c = (first == second).context();
    names.insert(first.expr(c).to_string());
    names.insert(second.expr(c).to_string());
    if (first == second) return;
  });
  EXPECT_EQ(names, (std::set<std::string>{"copied", "|copied#2|"}));
}

TEST(Explore, AWrongClaimIsRefutedByItsRecord) {
  const Exploration found = explore([](Explorer& e) {
    auto pair = e.fresh_record<Pair<Bits>>("pair");
    e.assume("a is 41.", pair.a == 41);
    const Pair<Bits> sum{pair.a + 1, pair.b};
    e.claim("True.", pair.a == 41, sum);
    if (pair.b > 6) e.claim("No b is 7.", pair.b != 7, sum);
  });
  ASSERT_EQ(found.verdict, Verdict::refuted);
  ASSERT_TRUE(found.counterexample);
  EXPECT_EQ(found.counterexample->says, "No b is 7.");
  const auto& record = found.counterexample->record;
  ASSERT_EQ(record.size(), 2u);
  EXPECT_EQ(record[0].name, "a");
  EXPECT_EQ(record[0].value, 42u) << "terms are evaluated, not constants of the same name";
  EXPECT_EQ(record[1].value, 7u);
  EXPECT_EQ(found.counterexample->inputs.at(0).name, "pair.a");
  EXPECT_EQ(found.counterexample->inputs.at(0).value, 41u);
}

TEST(Explore, CounterexamplesAreMadeSmall) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y"), unused = e.fresh("unused");
    e.claim("Wrong.", x < 3 || y < 100 || ((x + y + unused) & 0xff) != 9);
  });
  ASSERT_TRUE(found.counterexample);
  EXPECT_LE(found.counterexample->inputs[0].value, 4096u);
  EXPECT_LE(found.counterexample->inputs[1].value, 4096u);
  EXPECT_EQ(found.counterexample->inputs[2].value, 0u);
}

/// A claim must not lean on what is assumed after it.
TEST(Explore, LaterAssumptionsDoNotHelpAClaim) {
  const auto body = [](bool assume_first) {
    return [=](Explorer& e) {
      const Bits x = e.fresh("x");
      if (assume_first) e.assume("x is below 5.", x < 5);
      e.claim("x is small.", x < 5);
      if (!assume_first) e.assume("x is below 5.", x < 5);
    };
  };
  EXPECT_EQ(explore(body(true)).verdict, Verdict::proved);
  EXPECT_EQ(explore(body(false)).verdict, Verdict::refuted);
}

TEST(Explore, AClaimOnAPathThatEndsAtAnAssumptionCounts) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x");
    e.claim("x is never 3.", x != 3);
    e.assume("Nothing is so.", false);
  });
  EXPECT_EQ(found.verdict, Verdict::refuted);
}

TEST(Explore, AssumptionsThatCannotBeMetEndThePath) {
  bool went_on = false;
  const Exploration found = explore([&](Explorer& e) {
    const Bits x = e.fresh("x");
    if (x < 5) {
      e.assume("x is above 9.", x > 9);
      went_on = true;
    }
  });
  EXPECT_FALSE(went_on);
  EXPECT_EQ(found.paths, 1u);
  EXPECT_EQ(found.infeasible, 1u);
}

using Assumptions = std::map<std::string, bool>;

TEST(Explore, AnAssumptionIsNeededIfAClaimRestsOnIt) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is small.", x < 10);
    e.assume("y is small.", y < 10);
    e.claim("x is not large.", x < 20);
  });
  EXPECT_EQ(found.verdict, Verdict::proved);
  EXPECT_EQ(found.assumptions, (Assumptions{{"x is small.", true}, {"y is small.", false}}));
}

TEST(Explore, AnAssumptionIsNeededIfItKeepsAWayFromBeingFollowed) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is small.", x < 10);
    e.assume("y is small.", y < 10);
    if (x > 20) e.claim("Nothing.", false);
    if (x == 3) e.assume("x is not 3.", x != 3);
    e.claim("y is y.", y < 30 || y >= 30);
  });
  EXPECT_EQ(found.verdict, Verdict::proved);
  EXPECT_EQ(
      found.assumptions,
      (Assumptions{{"x is small.", true}, {"x is not 3.", true}, {"y is small.", false}}));
}

/// Of two that each do, one is needed; those of one name stand and fall together.
TEST(Explore, NoMoreAssumptionsAreNeededThanItTakes) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y"), z = e.fresh("z");
    e.assume("below 5", x < 5);
    e.assume("below 8", x < 8);
    e.assume("both", y < 8);
    e.assume("both", z < 8);
    e.claim("x is below 9.", x < 9);
    e.claim("z is below 9.", z < 9);
  });
  EXPECT_EQ(
      found.assumptions, (Assumptions{{"below 5", false}, {"below 8", true}, {"both", true}}));
}

TEST(Explore, ALemmaIsNoAssumptionButRestsOnThem) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is small.", x < 10);
    e.assume("y is small.", y < 10);
    e.lemma("x is not large.", x < 20);
    e.claim("So.", x < 30);
  });
  EXPECT_EQ(found.claims, 2u);
  EXPECT_EQ(found.assumptions, (Assumptions{{"x is small.", true}, {"y is small.", false}}));
  EXPECT_EQ(
      explore([](Explorer& e) { e.lemma("Wrong.", e.fresh("x") < 20); }).verdict, Verdict::refuted);
}

TEST(Explore, WhatIsSoByConstructionIsNotAssumed) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x");
    e.assume("x is below 10.", x < 10);
    e.assume("1 is 1.", true);
    e.claim("x is not large.", x < 20);
  });
  EXPECT_EQ(found.assumptions, (Assumptions{{"x is below 10.", true}}));
}

TEST(Explore, ContentsAreReadAndWritten) {
  const Exploration found = explore([](Explorer& e) {
    const proofs::Image image = e.fresh_image("image");
    const Bits p = e.fresh("p"), q = e.fresh("q");
    const proofs::Image changed = with(image, p, 7);
    if (p == q) {
      e.claim("What was written is read.", at(changed, q) == 7);
    } else {
      e.claim("Other bytes stay.", at(changed, q) == at(image, q));
    }
    e.claim("Bytes are below 256.", at(image, p) < 256);
  });
  EXPECT_EQ(found.verdict, Verdict::proved);
  EXPECT_EQ(found.paths, 2u);
  EXPECT_EQ(found.claims, 4u);
}

TEST(Explore, TooManyPathsAreUndecided) {
  proofs::ExploreOptions few;
  few.paths_max = 3;
  const auto body = [](Explorer& e) {
    const Bits x = e.fresh("x");
    if (x == 1 || x == 2) return;
    for (int i = 10; i < 20; ++i) {
      if (x == i) return;
    }
  };
  const Exploration found = explore(body, few);
  EXPECT_EQ(found.verdict, Verdict::undecided);
  EXPECT_EQ(found.reason, "more than 3 paths");
  EXPECT_EQ(explore(body).paths, 12u);
}

TEST(Explore, APathWithoutEndIsUndecided) {
  proofs::ExploreOptions few;
  few.steps_max = 20;
  const Exploration found = explore(
      [](Explorer& e) {
        const Bits x = e.fresh("x");
        for (Bits i = 0; i != x; i = i + 1) {
        }
      },
      few);
  EXPECT_EQ(found.verdict, Verdict::undecided);
  EXPECT_EQ(found.reason, "a path has more than 20 steps");
  EXPECT_LT(found.questions, 100u);
}

/// That x and y are the factors of a number of 128 bits: beyond a short timeout.
Truth hard(Explorer& e) {
  const Bits x = e.fresh("x"), y = e.fresh("y");
  z3::context& c = (x == y).context();
  const z3::expr product = z3::zext(x.expr(c), 64) * z3::zext(y.expr(c), 64);
  const z3::expr wanted = z3::concat(
      c.bv_val(std::uint64_t{0x13579bdf02468ace}, 64),
      c.bv_val(std::uint64_t{0x0fedcba987654321}, 64));
  return Truth{product == wanted} && x > 1 && y > 1;
}

TEST(Explore, AClaimWithoutAnAnswerIsUndecided) {
  proofs::ExploreOptions impatient;
  impatient.timeout_ms = 50;
  const Exploration found =
      explore([](Explorer& e) { e.claim("No factors.", !hard(e)); }, impatient);
  EXPECT_EQ(found.verdict, Verdict::undecided);
  EXPECT_EQ(found.reason, "no answer in time: No factors.");
  EXPECT_GT(found.unknowns, 0u);
}

/// Both ways are followed where Z3 does not tell, so that nothing is missed.
TEST(Explore, ABranchWithoutAnAnswerIsFollowed) {
  proofs::ExploreOptions impatient;
  impatient.timeout_ms = 50;
  const Exploration found = explore(
      [](Explorer& e) {
        const Truth factors = hard(e);
        const Bits z = e.fresh("z");
        if (factors) e.claim("z is never 9.", z != 9 || !factors || true);
        if (z < 3) return;
      },
      impatient);
  EXPECT_GT(found.unknowns, 0u);
  EXPECT_EQ(found.paths, 4u);
  EXPECT_LT(found.witnessed, found.paths);
}

/// How long it may take is counted in work, so that a busy machine follows the same ways.
TEST(Explore, ABranchThatTakesTooMuchWorkIsFollowed) {
  const auto body = [](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is below y, and y below 10.", x < y && y < 10);
    if (x == 9) return;
  };
  proofs::ExploreOptions lazy;
  lazy.branch_units = 1;
  EXPECT_EQ(explore(body, lazy).paths, 2u);
  EXPECT_EQ(explore(body).paths, 1u);
}

TEST(Explore, CodeThatDiffersFromRunToRunIsToldSo) {
  int runs = 0;
  const auto body = [&](Explorer& e) {
    const Bits x = e.fresh("x");
    if (x == ++runs) return;
  };
  EXPECT_THROW(explore(body), std::logic_error);
}

TEST(Explore, ExceptionsOfTheCodePass) {
  const auto body = [](Explorer& e) {
    if (e.fresh("x") == 3) throw std::runtime_error{"three"};
  };
  EXPECT_THROW(explore(body), std::runtime_error);
  z3::context c;
  EXPECT_THROW((void)static_cast<bool>(Bits{c.bv_const("x", 64)} == 0), std::logic_error)
      << "the exploration is over";
}

TEST(Explore, ThreadsExploreOnTheirOwn) {
  const auto body = [](Explorer& e) {
    const Bits x = e.fresh("x");
    e.assume("x is below 20.", x < 20);
    for (int i = 0; i < 20; ++i) {
      if (x == i) return;
    }
  };
  std::vector<Exploration> found(4);
  std::vector<std::thread> threads;
  for (Exploration& one : found) threads.emplace_back([&] { one = explore(body); });
  for (std::thread& thread : threads) thread.join();
  for (const Exploration& one : found) EXPECT_EQ(one.paths, 20u);
}

/// All ways through a program of three decisions, against what numbers do.
TEST(Explore, PathsPartitionTheNumbers) {
  const auto classify = []<class W>(const W& x, const W& y) {
    int path = 0;
    if (x < y) path |= 1;
    if (x + y < x) path |= 2;
    if ((x & 1) == 0) path |= 4;
    return path;
  };
  std::multiset<int> paths;
  explore([&](Explorer& e) { paths.insert(classify(e.fresh("x"), e.fresh("y"))); });
  EXPECT_EQ(paths, (std::multiset<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace quire::tests
