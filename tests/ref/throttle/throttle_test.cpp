// Writers wait for writeback: when, how long, and who.
#include "ref/throttle/dirty_throttle.h"

#include "ref/throttle/balance_dirty_pages.h"
#include "tests/ref/judge.h"
#include "tests/ref/strict_word.h"
#include "tests/ref/throttle/test_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <random>
#include <vector>

namespace quire::tests {

inline StrictWord product(StrictWord a, StrictWord b) { return {a.value * b.value}; }
inline StrictWord quotient(StrictWord a, StrictWord b) {
  return {spec::quotient(a.value, b.value)};
}

namespace {

/// 1000 pages of memory: marks at 100, 150 and 200. The device writes 1000 pages a second.
class Throttle : public testing::Test {
 protected:
  ~Throttle() override { EXPECT_TRUE(judge.holds_nothing()); }

  void dirty(std::uint64_t pages) {
    clock.cached += pages;
    throttle.dirtied(pages);
  }
  void clean(std::uint64_t pages) {
    clock.cached -= pages;
    throttle.cleaned(pages);
  }

  Judge judge;
  TestClock clock;
  ref::DirtyThrottle throttle{1000, 1000, clock, &judge};
};

TEST_F(Throttle, MarksAreTenAndTwentyPercent) {
  EXPECT_EQ(throttle.marks().background, 100u);
  EXPECT_EQ(throttle.marks().freerun, 150u);
  EXPECT_EQ(throttle.marks().limit, 200u);
}

TEST_F(Throttle, NoTaskWaitsInTheFreeRun) {
  dirty(100);
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.flusher_starts, 0u);
  dirty(50);
  EXPECT_EQ(throttle.balance(true), 0);
  EXPECT_TRUE(clock.sleeps.empty());
  EXPECT_EQ(clock.flusher_starts, 1u) << "past the background mark the flusher runs";
}

TEST_F(Throttle, PauseIsTheTimeOfThePagesAtTheTasksRate) {
  dirty(149);
  EXPECT_EQ(throttle.balance(false), 0);
  dirty(26);  // half way from 150 to 200: the device's own rate
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps, std::vector<std::uint64_t>{26});
}

TEST_F(Throttle, TaskThatAskedStartsAnew) {
  dirty(149);
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.flusher_starts, 1u);
  dirty(1);
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.flusher_starts, 1u) << "the 149 are no reason to ask again";
}

TEST_F(Throttle, TimeBetweenSleepsCounts) {
  clock.time += 1000;
  dirty(149);
  EXPECT_EQ(throttle.balance(false), 0);
  clock.time += 20;
  dirty(26);
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps, std::vector<std::uint64_t>{6});
}

TEST_F(Throttle, NoPauseIsLongerThanTwoHundredMilliseconds) {
  dirty(199);  // a fiftieth of the device's rate
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps, std::vector<std::uint64_t>{200});
}

TEST_F(Throttle, AtTheLimitATaskSleepsUntilTheFlusherHasCaughtUp) {
  dirty(250);
  clock.while_asleep = [&] { clean(20); };
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps.size(), 4u) << "230, 210, 190, and once at the rate that has";
}

TEST_F(Throttle, PagesOfOtherDevicesHoldATaskUpOnlyOnce) {
  throttle.set_dirty_elsewhere(500);
  dirty(spec::kAlmostNothing);
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps, std::vector<std::uint64_t>{200});
}

TEST_F(Throttle, FatalSignalEndsTheWaitWithSuccess) {
  dirty(250);
  clock.dies = true;
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps.size(), 1u);
}

TEST_F(Throttle, NowaitTaskGetsEagainUntilThereIsRoom) {
  dirty(175);
  EXPECT_EQ(throttle.balance(true), -EAGAIN);
  EXPECT_EQ(throttle.balance(true), -EAGAIN) << "what it dirtied is not forgiven";
  EXPECT_TRUE(clock.sleeps.empty());
  clean(50);
  EXPECT_EQ(throttle.balance(true), 0);
}

TEST_F(Throttle, AskingIsDueOnlyWhenTheQuotaIsUsed) {
  dirty(1);
  EXPECT_EQ(throttle.balance(false), 0);  // quota 8: the root of 199, as a power of two
  dirty(160);
  clean(160);
  const std::uint64_t starts = clock.flusher_starts;
  EXPECT_EQ(throttle.balance(false), 0);
  dirty(7);
  EXPECT_EQ(throttle.balance(false), 0);
  dirty(160);
  EXPECT_EQ(clock.flusher_starts, starts) << "seven pages are below the quota";
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.flusher_starts, starts + 1);
}

TEST_F(Throttle, TaskThatEndsLeavesItsPagesToOthers) {
  dirty(100);
  EXPECT_EQ(throttle.balance(false), 0);
  const std::uint64_t brief = throttle.start_task();
  throttle.run_task(brief);
  dirty(75);
  throttle.run_task(0);
  throttle.end_task(brief);
  EXPECT_EQ(throttle.balance(false), 0);
  EXPECT_EQ(clock.sleeps, std::vector<std::uint64_t>{8}) << "a quota's worth of the 75";
}

TEST_F(Throttle, AnyTasksKeepTheClauses) {
  for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    std::mt19937_64 random(seed);
    Judge hears;
    TestClock time;
    ref::DirtyThrottle tasks(1 + random() % 5000, 1 + random() % 100'000, time, &hears);
    time.while_asleep = [&] {
      const std::uint64_t written = std::min<std::uint64_t>(time.cached, 1 + random() % 300);
      time.cached -= written;
      tasks.cleaned(written);
    };
    std::vector<std::uint64_t> alive{0};
    std::uint64_t running = 0;
    for (int step = 0; step < 400; ++step) {
      const std::uint64_t pages = std::uint64_t{1} << random() % 10;
      time.dies = random() % 50 == 0;
      switch (random() % 8) {
        case 0: alive.push_back(tasks.start_task()); break;
        case 1: tasks.run_task(running = alive[random() % alive.size()]); break;
        case 2: {
          const auto last = std::ranges::find_if(alive, [&](auto t) { return t != running; });
          if (last == alive.end() || random() % 2 == 0) break;
          tasks.end_task(*last);
          alive.erase(last);
          break;
        }
        case 3: tasks.set_dirty_elsewhere(random() % 1000); break;
        case 4: time.time += random() % 300; break;
        default:
          time.cached += pages;
          tasks.dirtied(pages);
          tasks.balance(random() % 4 == 0);
      }
    }
  }
}

TEST_F(Throttle, NowaitIsRefusedExactlyWhereAnotherWouldSleep) {
  std::uint64_t refused = 0, allowed = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    TestClock time[2];
    const std::uint64_t dirty_before = random() % 250, dirties = 1 + random() % 60;
    const std::uint64_t think = random() % 100;
    int answers[2];
    for (const bool nowait : {false, true}) {
      ref::DirtyThrottle one(1000, 1000, time[nowait], nullptr);
      one.set_dirty_elsewhere(dirty_before);
      time[nowait].while_asleep = [&] { one.set_dirty_elsewhere(0); };
      time[nowait].time += think;
      one.dirtied(dirties);
      answers[nowait] = one.balance(nowait);
    }
    EXPECT_EQ(answers[0], 0);
    EXPECT_EQ(answers[1] == -EAGAIN, !time[0].sleeps.empty()) << "seed " << seed;
    EXPECT_TRUE(time[1].sleeps.empty());
    ++(answers[1] == 0 ? allowed : refused);
  }
  EXPECT_LT(500u, refused);
  EXPECT_LT(500u, allowed);
}

TEST_F(Throttle, CountsThatDoNotFitThirtyTwoBitsAreCut) {
  const std::uint64_t huge = ~std::uint64_t{0};
  ref::DirtyThrottle large(huge, spec::kPageCountMax, clock, &judge);
  EXPECT_EQ(large.marks().limit, spec::kPageCountMax);
  clock.cached = 0;
  large.set_dirty_elsewhere(std::uint64_t{1} << 40);
  large.dirtied(std::uint64_t{1} << 33);
  clock.cached = std::uint64_t{1} << 33;
  clock.dies = true;
  EXPECT_EQ(large.balance(false), 0);
  EXPECT_EQ(clock.sleeps, std::vector<std::uint64_t>{200});
  clock.cached = 0;
  ref::DirtyThrottle tiny(0, 1, clock, &judge);
  EXPECT_EQ(tiny.marks().limit, 2u);
  EXPECT_EQ(tiny.balance(false), 0);
}

TEST_F(Throttle, SumOfTheCountsDoesNotWrap) {
  throttle.set_dirty_elsewhere(~std::uint64_t{0});
  dirty(spec::kAlmostNothing);
  EXPECT_EQ(throttle.balance(true), -EAGAIN) << "all devices together are past the limit";
}

TEST_F(Throttle, ArithmeticNeedsNoBools) {
  const auto marks = ref::dirty_limits(StrictWord{1000});
  EXPECT_EQ(marks.freerun.value, 150u);
  EXPECT_EQ(ref::position_ratio(marks, StrictWord{175}).value, spec::kRatioOne);
  EXPECT_EQ(ref::pause(StrictWord{26}, StrictWord{1000}, StrictWord{20}).value, 6u);
  EXPECT_EQ(ref::free_run_quota(marks, StrictWord{1}).value, 8u);
  EXPECT_EQ(ref::throttled_quota(StrictWord{1000}).value, 100u);
}

}  // namespace
}  // namespace quire::tests
