// Work in child processes: the watchdog reports each way to end, and leaves nothing behind.
#include "props/watchdog/watched_process.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quire::props {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

/// Short, so that a test is.
HangLimits short_limits() {
  return {.deadlocked = 500ms, .asleep = 1s, .computing = 1s, .outside = 1s};
}

Ending ending_of(const std::function<std::string()>& run, const HangLimits& limits = {}) {
  Board board(1);
  return run_watched({{run, &board.journal(0)}}, limits, {}, {})[0];
}

void expect_no_child() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(WatchedProcess, ItsAnswerComesWhole) {
  const std::string large(1 << 20, 'x');
  const Ending ending = ending_of([&] { return large; });
  EXPECT_EQ(ending.kind, Ending::Kind::answered);
  EXPECT_TRUE(ending.answer == large);
  EXPECT_EQ(ending_of([] { return std::string(); }).kind, Ending::Kind::answered);
  expect_no_child();
}

TEST(WatchedProcess, CrashIsToldByItsSignal) {
  for (const int signal : {SIGSEGV, SIGABRT}) {
    const Ending crash = ending_of([=]() -> std::string {
      ::signal(signal, SIG_DFL);  // a sanitizer, or libquire, may handle it otherwise
      ::kill(::getpid(), signal);
      return "";
    });
    EXPECT_EQ(crash.kind, Ending::Kind::killed);
    EXPECT_EQ(crash.code, signal);
  }
  expect_no_child();
}

TEST(WatchedProcess, ExitIsNoAnswerWhateverItsStatus) {
  for (const int status : {0, 3}) {
    const Ending ending = ending_of([=]() -> std::string { ::_exit(status); });
    EXPECT_EQ(ending.kind, Ending::Kind::exited);
    EXPECT_EQ(ending.code, status);
  }
  expect_no_child();
}

TEST(WatchedProcess, ItsWordsAreKept) {
  const Ending ending = ending_of([]() -> std::string {
    std::fprintf(stderr, "the folio is on fire\n");
    ::_exit(1);
  });
  EXPECT_EQ(ending.words, "the folio is on fire\n");
}

TEST(WatchedProcess, DeadlockIsKnownAtOnce) {
  const auto started = std::chrono::steady_clock::now();
  const Ending ending = ending_of([]() -> std::string {
    std::atomic<int> never{0};
    never.wait(0);
    return "";
  });
  EXPECT_EQ(ending.kind, Ending::Kind::hung);
  EXPECT_EQ(ending.hang, "deadlock: every thread waits for another");
  EXPECT_LT(std::chrono::steady_clock::now() - started, 20s);
  expect_no_child();
}

TEST(WatchedProcess, DeadlockOfTwoThreadsIsKnown) {
  const Ending ending = ending_of([]() -> std::string {
    std::mutex first, second;
    std::atomic<int> held{0};
    const auto take = [&](std::mutex& a, std::mutex& b) {
      const std::lock_guard one(a);
      ++held;
      while (held < 2) {
      }
      const std::lock_guard other(b);
    };
    std::thread thread([&] { take(first, second); });
    take(second, first);
    thread.join();
    return "";
  });
  EXPECT_EQ(ending.hang, "deadlock: every thread waits for another");
}

TEST(WatchedProcess, SleepThatEndsIsNoDeadlock) {
  // One thread waits for the other, whose sleep has an end.
  const Ending ending = ending_of([]() -> std::string {
    std::atomic<int> woken{0};
    std::thread thread([&] {
      std::this_thread::sleep_for(3s);
      woken = 1;
      woken.notify_one();
    });
    woken.wait(0);
    thread.join();
    return "awake";
  });
  EXPECT_EQ(ending.answer, "awake") << ending.hang;
}

TEST(WatchedProcess, SleepThatIsTooLongHangs) {
  const Ending ending = ending_of(
      []() -> std::string {
        for (;;) std::this_thread::sleep_for(1h);
      },
      short_limits());
  EXPECT_EQ(ending.kind, Ending::Kind::hung);
  EXPECT_NE(ending.hang.find("slept"), std::string::npos) << ending.hang;
}

TEST(WatchedProcess, LoopThatComputesTooLongHangs) {
  const Ending ending = ending_of(
      []() -> std::string {
        for (volatile bool forever = true; forever;) {
        }
        return "";
      },
      short_limits());
  EXPECT_EQ(ending.kind, Ending::Kind::hung);
  EXPECT_NE(ending.hang.find("computed"), std::string::npos) << ending.hang;
}

TEST(WatchedProcess, BeatsKeepItAlive) {
  const Ending ending = ending_of(
      []() -> std::string {
        for (int i = 0; i < 15; ++i) {
          std::this_thread::sleep_for(200ms);
          journal_beat();
        }
        return "done";
      },
      short_limits());
  EXPECT_EQ(ending.answer, "done") << ending.hang;
}

TEST(WatchedProcess, StoppedOneIsNotTakenForHung) {
  // As one that gets no processor: it is not asleep, and computes nothing.
  Board board(1);
  std::atomic<int> ticks{0};
  pid_t stopped = 0;
  const auto run = []() -> std::string {
    journal_case(::getpid());
    ::raise(SIGSTOP);
    return "went on";
  };
  const auto tick = [&] {
    stopped = static_cast<pid_t>(board.journal(0).number.load());
    if (++ticks == 25 && stopped != 0) ::kill(stopped, SIGCONT);
  };
  const Ending ending = run_watched({{run, &board.journal(0)}}, short_limits(), tick, {})[0];
  EXPECT_EQ(ending.answer, "went on") << ending.hang;
}

TEST(WatchedProcess, AllRunAtATimeAndEachIsToldApart) {
  Board board(3);
  std::vector<std::size_t> ended;
  const auto wait_for_all = [&](std::size_t me) {
    board.journal(me).cases = 1;
    while (board.journal(0).cases + board.journal(1).cases + board.journal(2).cases < 3)
      std::this_thread::sleep_for(1ms);
    return std::to_string(me);
  };
  std::vector<WatchedWork> parts;
  for (std::size_t i = 0; i < 3; ++i)
    parts.push_back({[&, i] { return wait_for_all(i); }, &board.journal(i)});
  const auto endings =
      run_watched(parts, {}, {}, [&](std::size_t i, const Ending&) { ended.push_back(i); });
  ASSERT_EQ(endings.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(endings[i].answer, std::to_string(i));
  EXPECT_EQ(ended.size(), 3u);
  expect_no_child();
}

TEST(Board, KeepsTheSmallestFailure) {
  Board board(1);
  EXPECT_EQ(board.first_failure(), ~std::uint64_t{0});
  board.failed(7);
  board.failed(9);
  EXPECT_EQ(board.first_failure(), 7u);
  board.failed(0);
  EXPECT_EQ(board.first_failure(), 0u);
}

}  // namespace
}  // namespace quire::props
