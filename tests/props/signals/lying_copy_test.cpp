// The judge of signals finds a copy that lies or loses a signal, and the suite's aims meet.
#include "impl/user_memory/copy/copy_engine.h"
#include "props/signals/machine.h"
#include "props/signals/signal_classes.h"
#include "props/signals/signal_run.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <signal.h>
#include <time.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace quire::props {
namespace {

using Lie = std::function<std::size_t(std::byte* to, const std::byte* from, std::size_t n)>;

std::size_t honest(void* to, const void* from, std::size_t n) {
  return impl::copy_engine().copy(to, from, n);
}

/// What is said of a case whose copy lies. The host's copies of one byte are honest.
std::string said_of(SignalCase c, const Lie& lie) {
  const CopyCall copy = [&](void* to, const void* from, std::size_t n) {
    if (n == 1) return honest(to, from, n);
    return lie(static_cast<std::byte*>(to), static_cast<const std::byte*>(from), n);
  };
  SignalRun run({{"lying", copy}}, false);
  const auto failure = run.run(made_possible(std::move(c), 1, false));
  return failure ? failure->says : "";
}

SignalCase short_copy() {
  return {.bytes = 300, .readable = 290, .to_misalignment = 5, .host = {}, .befalls = {}};
}

/// A copy into which a signal is sent.
SignalCase interrupted_copy() {
  SignalCase c = short_copy();
  c.befalls = {
      {.moment = Moment::at_step,
       .step = 5,
       .deed = Deed::sends,
       .signal = SIGSEGV,
       .code = SI_QUEUE,
       .place = Place::inside}};
  return c;
}

sigset_t set_with(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

class LyingCopy : public testing::Test {
 protected:
  void SetUp() override {
    if (!kCanStep) GTEST_SKIP() << "only x86-64 stops after each instruction";
  }
};

TEST_F(LyingCopy, AnHonestOneHolds) {
  EXPECT_EQ(said_of(short_copy(), honest), "");
  EXPECT_EQ(said_of(interrupted_copy(), honest), "");
}

TEST_F(LyingCopy, CountIsOneTooHigh) {
  const auto lie = [](auto... copy) { return honest(copy...) + 1; };
  EXPECT_EQ(
      said_of(short_copy(), lie), "A copy stops exactly at the first byte that cannot be read.");
}

TEST_F(LyingCopy, WritesBehindItsBytes) {
  const auto lie = [](std::byte* to, const std::byte* from, std::size_t n) {
    const std::size_t copied = honest(to, from, n);
    to[copied] = std::byte{1};
    return copied;
  };
  EXPECT_EQ(said_of(short_copy(), lie), "A copy writes nothing outside of its bytes.");
}

TEST_F(LyingCopy, LosesASignal) {
  const auto lie = [](auto... copy) {
    const sigset_t taken = set_with(SIGSEGV);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &taken, &before);
    // All of it can be read, since a fault of a blocked signal kills.
    const std::size_t copied = honest(copy...);
    const timespec at_once{};
    sigtimedwait(&taken, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return copied;
  };
  SignalCase c = interrupted_copy();
  c.readable = c.bytes;
  EXPECT_EQ(
      said_of(c, lie),
      "Each signal that is not the copy's reaches the host's handler, as it was sent.");
}

TEST_F(LyingCopy, RaisesASignalOfItsOwn) {
  const auto lie = [](auto... copy) {
    raise(SIGBUS);
    return honest(copy...);
  };
  EXPECT_EQ(
      said_of(short_copy(), lie),
      "A handler of the host gets each signal that is not the copy's once, and no other.");
}

TEST_F(LyingCopy, LeavesASignalBlocked) {
  const auto lie = [](auto... copy) {
    const sigset_t taken = set_with(SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &taken, nullptr);
    return honest(copy...);
  };
  EXPECT_EQ(
      said_of(short_copy(), lie),
      "After the copy the thread blocks the signals that it blocked before.");
  // And a handler that runs afterwards notices first.
  SignalCase c = interrupted_copy();
  c.befalls[0].moment = Moment::after;
  EXPECT_EQ(
      said_of(c, lie), "A handler of the host runs with the signals blocked that it asked for.");
}

TEST_F(LyingCopy, ReplacesAnAction) {
  const auto lie = [](auto... copy) {
    const std::size_t copied = honest(copy...);
    ::signal(SIGBUS, SIG_IGN);
    return copied;
  };
  EXPECT_EQ(
      said_of(short_copy(), lie),
      "After the copy the actions on top are those that were there before.");
  // The signal after it should kill.
  SignalCase c = interrupted_copy();
  c.host.kind = HostAction::Kind::by_default;
  c.befalls[0].moment = Moment::after;
  c.befalls[0].signal = SIGBUS;
  EXPECT_EQ(said_of(c, lie), "A signal kills where the host's action says so, and nowhere else.");
}

TEST_F(LyingCopy, EachAimReachesItsClass) {
  const bool waits = why_no_userfaultfd().empty();
  SignalRun run(copy_kernels(), waits);
  const SignalClasses classes(run.kernels(), waits);
  const auto names = classes.missing();
  const auto aims = classes.aims();
  ASSERT_EQ(names.size(), aims.size());
  for (std::size_t i = 0; i < aims.size(); ++i) {
    SignalClasses reached(run.kernels(), waits);
    for (int seed = 0; seed < 5; ++seed) {
      const SignalCase c = aims[i](rc::Random(static_cast<std::uint64_t>(seed)), 100).value();
      EXPECT_FALSE(run.run(c)) << names[i];
      reached.count(c, run.observed(), run.died());
    }
    EXPECT_EQ(reached.counts()[i].second, 5U) << names[i];
  }
}

}  // namespace
}  // namespace quire::props
