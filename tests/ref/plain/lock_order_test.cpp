// The clauses of locks notice what they forbid, and the graph of a run its circles.
#include "spec/locks/graph.h"
#include "spec/locks/order.h"
#include "spec/locks/steps.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <set>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using spec::rank_of;
using Names = std::set<std::string>;
using Step = spec::LockStep<Number>;

/// A thread holds the locks of `held`, with key 5, and waits for one of `rank`.
Step step(const std::vector<Number>& held, Number rank, Number key = 5) {
  spec::HeldLocks<Number> locks;
  for (const Number each : held) locks.take(each, 5);
  return locks.wants(rank, key);
}

/// The clauses that do not hold of a wait.
Names broken(const Step& step) {
  Names names;
  boost::hana::for_each(spec::lock_clauses, [&](const auto& clause) {
    if (!clause.holds(step)) names.insert(clause.text.name);
  });
  return names;
}

TEST(LockClauses, NoticeForbiddenOrders) {
  const auto with_order = [](const char* name) { return Names{name, "acquires_in_order"}; };
  constexpr Number memory = rank_of<spec::UserMemory>, throttle = rank_of<spec::Throttle>,
                   iolock = rank_of<spec::Iolock>, invalidate = rank_of<spec::InvalidateLock>,
                   map = rank_of<spec::BlockMapLock>, folio = rank_of<spec::FolioLock>,
                   writeback = rank_of<spec::WritebackLock>;
  EXPECT_EQ(broken(step({folio}, memory)), with_order("no_wait_under_folio"));
  EXPECT_EQ(broken(step({folio}, throttle)), with_order("no_wait_under_folio"));
  for (const Number wait : {memory, throttle, Number{rank_of<spec::Transaction>}}) {
    EXPECT_EQ(broken(step({map}, wait)), with_order("no_wait_under_block_map"));
  }
  EXPECT_EQ(broken(step({invalidate}, memory)), with_order("no_memory_under_invalidate_lock"));
  EXPECT_EQ(broken(step({memory}, iolock)), with_order("faults_take_no_iolock"));
  EXPECT_EQ(
      broken(step({rank_of<spec::FreezePagefault>}, iolock)), with_order("faults_take_no_iolock"));
  EXPECT_EQ(broken(step({writeback}, iolock)), with_order("writeback_takes_no_file_lock"));
  EXPECT_EQ(broken(step({writeback}, invalidate)), with_order("writeback_takes_no_file_lock"));
  EXPECT_EQ(broken(step({invalidate}, invalidate)), with_order("takes_no_invalidate_lock_twice"));
  EXPECT_EQ(broken(step({folio}, iolock)), Names{"acquires_in_order"});
  EXPECT_EQ(broken(step({map}, map)), Names{"acquires_in_order"}) << "of one file, twice";
  EXPECT_EQ(broken(step({rank_of<spec::SpaceLock>}, rank_of<spec::SpaceLock>, 6)).size(), 1u)
      << "a class without several";
}

TEST(LockClauses, LetTheOrderPass) {
  std::vector<Number> held;
  for (Number rank = 0; rank < spec::kLockClasses; ++rank) {
    EXPECT_EQ(broken(step(held, rank)), Names{}) << spec::lock_name(rank);
    held.push_back(rank);
  }
  EXPECT_EQ(broken(step({rank_of<spec::FolioLock>}, rank_of<spec::FolioLock>, 6)), Names{});
}

TEST(HeldLocks, DropTheLockThatIsNamed) {
  constexpr Number folio = rank_of<spec::FolioLock>;
  spec::HeldLocks<Number> locks;
  locks.take(folio, 0);
  locks.take(folio, 8192);
  EXPECT_FALSE(locks.drop(folio, 4096));
  EXPECT_FALSE(locks.drop(rank_of<spec::Iolock>, 0));
  EXPECT_TRUE(locks.drop(folio, 8192));
  EXPECT_EQ(broken(locks.wants(folio, 4096)), Names{}) << "only folio 0 is held";
  EXPECT_TRUE(locks.drop(folio, 0));
  EXPECT_TRUE(locks.empty());
}

TEST(HeldLocks, KnowTheHighestKeyOfAClass) {
  constexpr Number folio = rank_of<spec::FolioLock>;
  spec::HeldLocks<Number> locks;
  locks.take(folio, 8192);
  locks.take(folio, 0);  // by a try
  EXPECT_EQ(broken(locks.wants(folio, 4096)), Names{"acquires_in_order"});
}

TEST(LockSteps, AreNamed) {
  EXPECT_EQ(
      spec::describe(step({rank_of<spec::Iolock>, rank_of<spec::FolioLock>}, 2, 9)),
      "waits for iolock 9, holds iolock 5, folio lock");
  EXPECT_EQ(spec::describe(step({}, 0)), "waits for position lock 5, holds nothing");
}

/// Ranks, for a graph that need not keep any order.
constexpr Number kA = rank_of<spec::Iolock>, kB = rank_of<spec::FolioLock>,
                 kC = rank_of<spec::SpaceLock>;

TEST(LockGraph, FindsACircleOfPairsThatAreEachFine) {
  spec::LockGraph graph;
  graph.waits(step({kA}, kB));
  graph.waits(step({kB}, kC));
  EXPECT_EQ(graph.cycle(), std::vector<Number>{});
  spec::LockGraph other;
  other.waits(step({kC}, kA));
  EXPECT_EQ(other.cycle(), std::vector<Number>{});
  graph.merge(other);
  EXPECT_EQ(graph.cycle(), (std::vector<Number>{kA, kB, kC}));
}

TEST(LockGraph, FindsASecondLockOfAClassOutOfTurn) {
  spec::LockGraph ascending, same;
  ascending.waits(step({kB}, kB, 6));
  EXPECT_EQ(ascending.cycle(), std::vector<Number>{});
  same.waits(step({kB}, kB, 5));
  EXPECT_EQ(same.cycle(), std::vector<Number>{kB});
  ascending.merge(same);
  EXPECT_EQ(ascending.cycle(), std::vector<Number>{kB});
}

TEST(LockGraph, CountsTriesAndTakesThemForNoEdge) {
  spec::LockGraph graph;
  spec::WatchedLocks thread(&graph);
  thread.wanted(kB, 1);
  thread.taken(kB, 1);
  thread.taken(kA, 1);  // no thread waited for it
  EXPECT_TRUE(thread.dropped(kB, 1));
  thread.wanted(kB, 1);
  thread.taken(kB, 1);
  const auto edges = graph.edges();
  ASSERT_EQ(edges.size(), 2u);
  EXPECT_EQ(edges[0].held, kA);
  EXPECT_EQ(edges[0].wanted, kB);
  EXPECT_EQ(edges[0].waits, 1u);
  EXPECT_EQ(edges[0].tries, 0u);
  EXPECT_EQ(edges[1].held, kB);
  EXPECT_EQ(edges[1].tries, 1u);
  EXPECT_EQ(edges[1].waits, 0u);
  EXPECT_EQ(graph.cycle(), std::vector<Number>{});
}

}  // namespace
}  // namespace quire::tests
