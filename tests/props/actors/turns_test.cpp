// Two threads take turns at the points that a case names; if they deadlock, both end.
#include "props/actors/turns.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

namespace quire::props {
namespace {

using Log = std::vector<std::string>;

/// A call that notes each point that it passes.
auto passes(
    Turns& turns, Log& log, const std::string& name, const std::vector<YieldPoint>& points) {
  return [&turns, &log, name, points] {
    for (const YieldPoint point : points) {
      log.push_back(name + " " + std::string(name_of(point)));
      turns.pass(point);
    }
    log.push_back(name + " ends");
  };
}

constexpr auto kWanted = YieldPoint::folio_wanted;
constexpr auto kHeld = YieldPoint::folio_held;

TEST(Turns, TheActorBeginsAtItsPointAndRunsToItsEnd) {
  Turns turns;
  Log log;
  const auto command = passes(turns, log, "command", {kWanted, kHeld, kWanted, kHeld});
  turns.run(command, {{kWanted, 1, 0, passes(turns, log, "actor", {kHeld})}});
  EXPECT_EQ(
      log, (
               Log{"command folio_wanted", "command folio_held", "command folio_wanted",
                   "actor folio_held", "actor ends", "command folio_held", "command ends"}));
  EXPECT_EQ(turns.began_at_point(), std::vector<bool>{true});
  EXPECT_FALSE(turns.deadlock());
}

TEST(Turns, OneThreadServesRunAfterRun) {
  Turns turns;
  std::set<pid_t> threads;  // a thread that ended may leave its std::thread::id to the next
  const auto note = [&] { threads.insert(::gettid()); };
  for (int i = 0; i < 3; ++i) {
    Log log;
    turns.run(
        passes(turns, log, "command", {kWanted}), {{kWanted, 0, 0, note}, {kHeld, 0, 0, note}});
    EXPECT_EQ(turns.began_at_point(), (std::vector<bool>{true, false}));
    turns.run(passes(turns, log, "command", {kWanted}), {});
    EXPECT_EQ(log.size(), 4u);
  }
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(::gettid()));
}

TEST(Turns, AnActorWhosePointIsNeverPassedBeginsBehindTheCommand) {
  Turns turns;
  Log log;
  turns.run(
      passes(turns, log, "command", {kWanted}),
      {{YieldPoint::device, 0, 0, passes(turns, log, "actor", {})}});
  EXPECT_EQ(log, (Log{"command folio_wanted", "command ends", "actor ends"}));
  EXPECT_EQ(turns.began_at_point(), std::vector<bool>{false});
}

TEST(Turns, AnActorThatPausesGoesOnWhenTheCommandIsDone) {
  Turns turns;
  Log log;
  turns.run(
      passes(turns, log, "command", {kWanted, kHeld}),
      {{kWanted, 0, 1, passes(turns, log, "actor", {kWanted, kHeld})}});
  EXPECT_EQ(
      log, (
               Log{"command folio_wanted", "actor folio_wanted", "command folio_held",
                   "command ends", "actor folio_held", "actor ends"}));
}

TEST(Turns, TheSecondCallOfTheActorWaitsForItsOwnPoint) {
  Turns turns;
  Log log;
  turns.run(
      passes(turns, log, "command", {kWanted, kHeld, kWanted}),
      {{kWanted, 0, 0, passes(turns, log, "first", {})},
       {kWanted, 1, 0, passes(turns, log, "second", {})}});
  EXPECT_EQ(
      log, (
               Log{"command folio_wanted", "first ends", "command folio_held",
                   "command folio_wanted", "second ends", "command ends"}));
}

TEST(Turns, TheSecondCallMayFollowAtTheSamePoint) {
  Turns turns;
  Log log;
  turns.run(
      passes(turns, log, "command", {kWanted, kHeld}),
      {{kWanted, 0, 0, passes(turns, log, "first", {})},
       {kWanted, 0, 0, passes(turns, log, "second", {})}});
  EXPECT_EQ(
      log, (
               Log{"command folio_wanted", "first ends", "second ends", "command folio_held",
                   "command ends"}));
}

/// A lock of threads that take turns.
struct Lock {
  bool held = false;

  void take(Turns& turns, std::uint64_t rank) {
    turns.pass(YieldPoint::other_lock);
    while (held) turns.wait(rank, 0);
    held = true;
    turns.pass(YieldPoint::other_lock);
  }
  void drop(Turns& turns) {
    held = false;
    turns.pass(YieldPoint::other_lock);
  }
};

/// Takes a lock, passes a point, and takes another.
auto takes(Turns& turns, Lock& first, Lock& second, std::uint64_t rank, bool& abandoned) {
  return [&turns, &first, &second, rank, &abandoned] {
    try {
      first.take(turns, rank);
      turns.pass(YieldPoint::folio_held);
      second.take(turns, rank);
      second.drop(turns);
    } catch (const Turns::Abandoned&) {
      abandoned = true;
    }
    first.drop(turns);
  };
}

TEST(Turns, AThreadThatWaitsLetsTheOtherOneRun) {
  Turns turns;
  Lock a, b, c;
  bool abandoned = false;
  turns.run(takes(turns, a, b, 3, abandoned), {{kHeld, 0, 0, takes(turns, c, a, 4, abandoned)}});
  EXPECT_FALSE(abandoned);
  EXPECT_FALSE(turns.deadlock());
  EXPECT_EQ(turns.contended(), std::uint64_t{1} << 4);
}

TEST(Turns, ADeadlockEndsAsSoonAsBothWait) {
  Turns turns;
  Lock a, b;
  bool first = false, second = false;
  turns.run(takes(turns, a, b, 3, first), {{kHeld, 0, 0, takes(turns, b, a, 4, second)}});
  ASSERT_TRUE(turns.deadlock());
  EXPECT_NE(turns.deadlock()->find("the command waits for"), std::string::npos);
  EXPECT_NE(turns.deadlock()->find("the actor waits for"), std::string::npos);
  EXPECT_TRUE(first || second);
  EXPECT_FALSE(a.held || b.held);
}

TEST(Turns, ALockThatNobodyElseCanDropIsADeadlock) {
  Turns turns;
  Lock a;
  bool abandoned = false;
  turns.run(takes(turns, a, a, 3, abandoned), {{YieldPoint::device, 0, 0, [] {}}});
  EXPECT_TRUE(turns.deadlock());
  EXPECT_TRUE(abandoned);
}

}  // namespace
}  // namespace quire::props
