// The explorer runs each feasible path once.
#include "proofs/engine/explore.h"

#include <gtest/gtest.h>

#include <set>
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

/// x and y are the factors of a number of 128 bits: too hard for a short timeout.
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

/// Without an answer from Z3 both branches are followed, so that no path is missed.
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

/// The limit is counted in work, so that a busy machine follows the same branches.
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

TEST(Explore, CodeThatIsNotDeterministicIsReported) {
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

/// All paths through a program of three decisions, compared with numbers.
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
