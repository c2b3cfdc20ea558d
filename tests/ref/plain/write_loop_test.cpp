// The write loop over scripted hooks: every attempt is held to every clause.
#include "ref/plain/write_loop.h"

#include "spec/tapped.h"
#include "tests/ref/judge.h"
#include "tests/ref/strict_word.h"

#include "tests/ref/contents.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <random>

namespace quire::tests {
namespace {

constexpr Number kNever = std::numeric_limits<Number>::max();

/// The behaviour of the environment. Source bytes are counted from the start of the call.
struct Script {
  Number total = 0;             ///< bytes of the source
  Number folio_size = kPage;    ///< bytes; folios are aligned to their size
  bool uptodate = false;        ///< whether folios accept short copies
  Number resident = kNever;     ///< source bytes that a copy reaches without a fault
  Number readable = kNever;     ///< source bytes that faulting in can ever reach
  Number begin_fails = kNever;  ///< byte of the file from which write_begin says ENOSPC
  Number end_fails = kNever;    ///< byte of the file from which write_end says EIO
  Number dies = 5000;           ///< attempt, from 0, that finds a fatal signal (O6)
};

template <spec::Word W>
class ScriptedHooks {
 public:
  using Folio = spec::Begun<W>;

  explicit ScriptedHooks(const Script& script) : script_(script) {}

  spec::IterState<W> iter() const {
    return {W{script_.total - place_}, W{place_}, W{script_.total - place_}};
  }
  void throttle() {}

  W fault_in(const W& n) {
    const Number wanted = place_ + number_of(n);
    const Number reached = std::max(place_, std::min(wanted, script_.readable));
    script_.resident = std::max(script_.resident, reached);
    return W{wanted - reached};
  }

  spec::TruthOf<W> fatal_signal() { return W{script_.dies} <= W{attempts_}; }

  Folio write_begin(const W& pos, const W&) {
    EXPECT_FALSE(std::exchange(locked_, true)) << "write_begin under a folio lock";
    const bool fails = script_.begin_fails <= number_of(pos);
    if (fails) locked_ = false;
    const W start = spec::round_down(pos, W{script_.folio_size});
    return {W{fails ? spec::error(ENOSPC) : 0}, start, start + script_.folio_size};
  }

  W copy(Folio&, const W&, const W& n) {
    EXPECT_TRUE(locked_);
    const Number here = place_;
    place_ = std::max(place_, std::min(place_ + number_of(n), script_.resident));
    return W{place_ - here};
  }

  W write_end(Folio&, const W& pos, const W& n, const W& copied) {
    EXPECT_TRUE(std::exchange(locked_, false)) << "write_end without write_begin";
    if (script_.end_fails <= number_of(pos)) return W{spec::error(EIO)};
    if (!script_.uptodate && number_of(copied) < number_of(n)) return W{0};
    return copied;
  }

  void revert(const W& n) { place_ -= number_of(n); }
  void attempt_begins(const spec::LoopState<W>&) {}
  void attempt_ends(const spec::LoopState<W>&, bool) {
    EXPECT_FALSE(locked_) << "an attempt ends under a folio lock";
    ++attempts_;
  }

 private:
  Script script_;
  Number place_ = 0;
  Number attempts_ = 0;
  bool locked_ = false;
};

struct Outcome {
  Number result;
  Number position;
  std::vector<spec::Attempt<Number>> attempts;
};

/// Runs one call, judged throughout.
Outcome run(const Script& script, Number pos, Number chunk_max) {
  Judge judge;
  ScriptedHooks<Number> hooks(script);
  spec::Tapped<Number, ScriptedHooks<Number>, Judge> tapped(hooks, judge);
  spec::LoopState<Number> last{};
  const Number result = ref::generic_perform_write<Number>(tapped, pos, last, chunk_max);
  const Number position = pos + (spec::is_error(result) ? 0 : result);
  judge.loop_call({pos, script.total, last, hooks.iter().left, result, position});
  return {result, position, judge.attempts};
}

TEST(WriteLoop, WritesWholeRangeFolioByFolio) {
  const Outcome out = run({.total = 10'000}, 100, kPage);
  EXPECT_EQ(out.result, 10'000u);
  ASSERT_EQ(out.attempts.size(), 3u);
  EXPECT_EQ(out.attempts[0].accepted, kPage - 100);
}

TEST(WriteLoop, RetriesRejectedCopyWithTheBytesThatArrived) {
  const Outcome out = run({.total = 4096, .resident = 1000, .readable = 4096}, 0, kPage);
  EXPECT_EQ(out.result, 4096u);
  ASSERT_EQ(out.attempts.size(), 4u);  // reject, retry, fault in, the rest
  EXPECT_EQ(out.attempts[0].accepted, 0u);
  EXPECT_EQ(out.attempts[1].want, 1000u);
  EXPECT_EQ(out.attempts[1].accepted, 1000u);
}

// GPW-10: copies of nothing get on since what was faulted in can be copied later, which is IT-7.
TEST(WriteLoop, HalvesChunkOnEachRejectionDownToPage) {
  const Script script{.total = 1 << 20, .folio_size = 1 << 18, .resident = 0, .readable = kNever};
  const Outcome out = run(script, 0, 1 << 14);
  EXPECT_EQ(out.result, Number{1} << 20);
  EXPECT_EQ(out.attempts[0].after.chunk, Number{1} << 13);
  EXPECT_EQ(out.attempts[0].asked_in, Number{1} << 14);
  EXPECT_EQ(out.attempts.back().after.chunk, kPage);
}

TEST(WriteLoop, AcceptsShortCopyIntoUptodateFolio) {
  const Outcome out =
      run({.total = 5000, .uptodate = true, .resident = 7, .readable = 7}, 0, kPage);
  EXPECT_EQ(out.result, 7u);
  EXPECT_EQ(out.attempts[0].accepted, 7u);
}

TEST(WriteLoop, AnswersEfaultWhenFirstByteIsUnreadable) {
  const Outcome out = run({.total = 10, .resident = 0, .readable = 0}, 50, kPage);
  EXPECT_EQ(out.result, spec::error(EFAULT));
  EXPECT_EQ(out.position, 50u);
}

TEST(WriteLoop, HidesEfaultBehindProgress) {
  const Outcome out = run({.total = 9000, .resident = 5000, .readable = 5000}, 0, kPage);
  EXPECT_EQ(out.result, 5000u);
  EXPECT_EQ(out.attempts.back().after.status, spec::error(EFAULT));
}

TEST(WriteLoop, HidesEnospcBehindProgress) {
  EXPECT_EQ(run({.total = 9000, .begin_fails = 4096}, 0, kPage).result, 4096u);
  EXPECT_EQ(run({.total = 9000, .begin_fails = 0}, 0, kPage).result, spec::error(ENOSPC));
}

TEST(WriteLoop, RewindsAllThatWasCopiedWhenWriteEndFails) {
  const Outcome out = run({.total = 9000, .end_fails = 4096}, 0, kPage);
  EXPECT_EQ(out.result, 4096u);
  EXPECT_EQ(out.attempts.back().copied, 4096u);
  EXPECT_EQ(out.attempts.back().left_after, 9000u - 4096);
  EXPECT_EQ(run({.total = 9, .end_fails = 0}, 0, kPage).result, spec::error(EIO));
}

// GPW-12.
TEST(WriteLoop, DiesBetweenAttemptsOnly) {
  EXPECT_EQ(run({.total = 9000, .dies = 0}, 0, kPage).result, spec::error(EINTR));
  EXPECT_EQ(run({.total = 9000, .dies = 1}, 0, kPage).result, 4096u);
}

TEST(WriteLoop, WritesUpToTheLastByteOfTheLargestFile) {
  EXPECT_EQ(run({.total = 100}, spec::kFileSizeMax - 100, kPage).result, 100u);
}

/// A script of `total` bytes whose faults, errors and folios are drawn at random.
Script arbitrary_script(std::mt19937_64& random, Number pos, Number total) {
  const auto below = [&](Number n) { return random() % n; };
  const auto sometimes = [&](Number value) { return below(4) == 0 ? value : kNever; };
  Script script{.total = total};
  script.folio_size = kPage << below(spec::kFolioOrderMax + 1);
  script.uptodate = below(2) == 0;
  script.resident = below(3) == 0 ? kNever : below(total + 1);
  script.readable = sometimes(below(total + 1));
  if (script.readable != kNever) script.resident = std::min(script.resident, script.readable);
  script.begin_fails = sometimes(pos + below(total + 1));
  script.end_fails = sometimes(pos + below(total + 1));
  return script;
}

TEST(WriteLoop, KeepsEveryClauseInAnyCall) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    const Number pos = random() % (4 * spec::kFolioSizeMax);
    const Number total = 1 + random() % (i % 2 == 0 ? 3 * kPage : spec::kFolioSizeMax);
    const Script script = arbitrary_script(random, pos, total);
    const Number chunk_max = kPage << random() % (spec::kFolioOrderMax + 1);
    const Outcome out = run(script, pos, chunk_max);
    const Number reached = std::min(script.readable, total);
    if (script.begin_fails == kNever && script.end_fails == kNever) {
      EXPECT_EQ(out.result, reached == 0 ? spec::error(EFAULT) : reached);
    }
    if (testing::Test::HasFailure()) break;
  }
}

TEST(WriteLoop, KeepsEveryClauseFromAnyWellFormedState) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 30'000 && !testing::Test::HasFailure(); ++i) {
    const Number left = 1 + random() % (i % 2 == 0 ? kPage : spec::kFolioSizeMax);
    const Number pos = random() % 2 == 0 ? random() % (spec::kFolioSizeMax * 2)
                                         : spec::kFileSizeMax - left - random() % kPage;
    const Number written = random() % 3 == 0 ? random() % (pos % kPage + 1) : 0;
    spec::LoopState<Number> loop{
        .pos = pos,
        .chunk = kPage << random() % (spec::kFolioOrderMax + 1),
        .retry = random() % 2 == 0 ? 1 + random() % left : 0,
        .written = written,
        .status = random() % 2 == 0 ? spec::error(EIO) : 0};
    ASSERT_TRUE(spec::well_formed(loop, left, pos - written, left + written));

    Judge judge;
    ScriptedHooks<Number> hooks(arbitrary_script(random, pos, left));
    spec::Tapped<Number, ScriptedHooks<Number>, Judge> tapped(hooks, judge);
    tapped.attempt_begins(loop);
    const bool goes_on = ref::attempt<Number>(loop, tapped);
    tapped.attempt_ends(loop, goes_on);
    EXPECT_TRUE(spec::well_formed(loop, hooks.iter().left, pos - written, left + written));
  }
}

TEST(WriteLoop, IsTheSameTextOnWordsThatAreNoNumbers) {
  const Script script{.total = 9000, .resident = 5000, .readable = 6000};
  ScriptedHooks<StrictWord> hooks(script);
  spec::LoopState<StrictWord> last{0, 0, 0, 0, 0};
  const StrictWord result = ref::generic_perform_write<StrictWord>(hooks, StrictWord{10}, last);
  EXPECT_EQ(result.value, 6000u);
  EXPECT_EQ(last.status.value, spec::error(EFAULT));
}

}  // namespace
}  // namespace quire::tests
