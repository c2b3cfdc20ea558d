// The two loops of iomap over scripted hooks: every iteration and every attempt is held to every
// clause.
#include "ref/linux/iomap/iter.h"
#include "spec/linux/iomap/tapped.h"
#include "tests/ref/linux/iomap/iomap_fixture.h"
#include "tests/ref/linux/iomap/iomap_script.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace quire::tests {
namespace {

struct Outcome {
  Number result;
  Number status;
  Number size;
  Number gaps;
  Number failures;
  std::vector<spec::IomapAttempt<Number>> attempts;
  std::vector<spec::IomapIteration<Number>> iterations;
};

/// Runs one write, judged throughout.
Outcome run(const Script& script, Number pos, Number chunk_max, Number size = 0) {
  IomapJudge judge;
  using Body = ScriptedBody<Number>;
  using TappedBody = spec::TappedIomapWrite<Number, Body, IomapJudge>;
  using Iterations = ScriptedIterations<Number, TappedBody>;
  Body body(script, size);
  TappedBody tapped(body, judge, script.would_wait != kNever);
  Iterations iterations(script, tapped, chunk_max);
  spec::TappedIomap<Number, Iterations, IomapJudge> outer(iterations, judge);
  const auto last = ref::iomap::iterate<Number>(outer, pos, script.total);
  const Number result = ref::iomap::answer<Number>(last, pos);
  Number accepted = 0;
  for (const auto& attempt : judge.iomap_attempts) accepted += attempt.loop.accepted;
  judge.step(spec::IomapWrite<Number>{
      pos, script.total, script.would_wait != kNever, accepted, last.status, result,
      body.iter().left, size, body.size()});
  return {result,        last.status,          body.size(), body.gaps,
          body.failures, judge.iomap_attempts, judge.iterations};
}

TEST(IomapLoop, WritesMappingByMappingAndFolioByFolio) {
  const Outcome out = run({.total = 20'000, .mapping_size = 8192}, 100, kPage);
  EXPECT_EQ(out.result, 20'000u);
  EXPECT_EQ(out.size, 20'100u);
  EXPECT_EQ(out.iterations.size(), 3u);
  ASSERT_EQ(out.attempts.size(), 5u);
  EXPECT_EQ(out.attempts[0].loop.want, kPage - 100);
}

TEST(IomapLoop, StopsAtTheEndOfTheSource) {
  const Outcome out =
      run({.total = 10'000, .source_size = 4096, .folio_size = 1 << 16}, 0, 1 << 16);
  EXPECT_EQ(out.result, 10'000u);
  EXPECT_EQ(out.iterations.size(), 3u);
  EXPECT_EQ(out.attempts[0].loop.want, 4096u);
}

TEST(IomapLoop, MapsAnewWhenTheMappingIsStale) {
  const Outcome out = run({.total = 10'000, .stale = 0}, 0, kPage);
  EXPECT_EQ(out.result, 10'000u);
  ASSERT_EQ(out.iterations.size(), 2u);
  EXPECT_EQ(out.iterations[0].advanced, 0u);
  EXPECT_EQ(out.iterations[0].goes_on, 1u);
}

TEST(IomapLoop, KeepsBytesDoneBeforeTheMappingBecameStale) {
  const Outcome out = run({.total = 10'000, .stale = 1}, 0, kPage);
  EXPECT_EQ(out.result, 10'000u);
  ASSERT_EQ(out.iterations.size(), 2u);
  EXPECT_EQ(out.iterations[0].end_written, kPage);
}

TEST(IomapLoop, ReportsProgressBeforeEagain) {
  const Outcome out = run({.total = 10'000, .would_wait = 1}, 0, kPage);
  EXPECT_EQ(out.result, kPage);
  EXPECT_EQ(out.status, spec::error(EAGAIN));
  EXPECT_EQ(run({.total = 10'000, .would_wait = 0}, 0, kPage).result, spec::error(EAGAIN));
}

TEST(IomapLoop, DropsErrorsBehindProgress) {
  EXPECT_EQ(run({.total = 10'000, .folio_fails = 2}, 0, kPage).result, 8192u);
  EXPECT_EQ(run({.total = 10'000, .folio_fails = 0}, 0, kPage).result, spec::error(ENOMEM));
  const Script full{.total = 10'000, .mapping_size = 4096, .begin_fails = 1};
  EXPECT_EQ(run(full, 0, kPage).result, 4096u);
}

TEST(IomapLoop, HeedsTheErrorOfEndOnlyWithoutProgress) {
  EXPECT_EQ(run({.total = 100, .end_fails = 0}, 0, kPage).result, 100u);
  const Outcome out = run({.total = 100, .end_fails = 0, .folio_fails = 0}, 0, kPage);
  EXPECT_EQ(out.result, spec::error(EIO));
}

TEST(IomapLoop, FaultsInBeforeItAsksForAFolio) {
  const Outcome out = run({.total = 100, .resident = 0, .readable = 0}, 50, kPage);
  EXPECT_EQ(out.result, spec::error(EFAULT));
  EXPECT_EQ(out.attempts[0].loop.want, 0u);
  EXPECT_EQ(out.size, 0u);
}

TEST(IomapLoop, RetriesARejectedCopyWithTheBytesThatArrived) {
  const Outcome out = run({.total = 4096, .resident = 1000, .readable = 1000}, 0, 4 * kPage);
  EXPECT_EQ(out.result, 1000u);
  ASSERT_EQ(out.attempts.size(), 3u);  // reject, retry, EFAULT
  EXPECT_EQ(out.attempts[1].loop.want, 1000u);
  EXPECT_EQ(out.attempts[1].loop.before.chunk, 2 * kPage);
  EXPECT_EQ(out.failures, 1u);
}

TEST(IomapLoop, LeavesTheSizeWhenACopyIsRejectedBehindTheEnd) {
  // Faulting in says that the bytes are there, and the copy finds nothing: nine tries, then a stop.
  Script script{.total = 100, .resident = 0, .readable = 100};
  script.folio_fails = 9;
  const Outcome out = run(script, 5000, kPage, 10);
  EXPECT_EQ(out.result, spec::error(ENOMEM));
  EXPECT_EQ(out.size, 10u);
  EXPECT_EQ(out.gaps, 0u);
}

TEST(IomapLoop, ReportsTheGapOnce) {
  const Outcome out = run({.total = 10'000}, 5000, kPage, 10);
  EXPECT_EQ(out.size, 15'000u);
  EXPECT_EQ(out.gaps, 1u);
}

Script arbitrary_script(std::mt19937_64& random, Number total) {
  const auto below = [&](Number n) { return random() % n; };
  const auto sometimes = [&](Number value) { return below(4) == 0 ? value : kNever; };
  Script script{.total = total};
  script.mapping_size = 512 << below(14);
  script.source_size = 512 << below(14);
  script.folio_size = kPage << below(spec::kFolioOrderMax + 1);
  script.uptodate = below(2) == 0;
  script.readable = script.resident = sometimes(below(total + 1));
  script.begin_fails = sometimes(below(10));
  script.end_fails = sometimes(below(10));
  script.folio_fails = sometimes(below(20));
  script.would_wait = sometimes(below(20));
  script.stale = sometimes(below(20));
  return script;
}

TEST(IomapLoop, KeepsEveryClauseInAnyCall) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
    const Number pos = random() % (4 * spec::kFolioSizeMax);
    const Number total = 1 + random() % (i % 2 == 0 ? 3 * kPage : Number{1} << 18);
    const Script script = arbitrary_script(random, total);
    const Number chunk_max = kPage << random() % (spec::kFolioOrderMax + 1);
    const Outcome out = run(script, pos, chunk_max, random() % (2 * pos + 1));
    EXPECT_TRUE(out.status != 0 || out.result == total);
  }
}

TEST(IomapLoop, IsTheSameTextOnWordsThatAreNoNumbers) {
  const Script script{
      .total = 9000, .mapping_size = 4096, .resident = 6000, .readable = 6000, .stale = 1};
  using Body = ScriptedBody<StrictWord>;
  Body body(script, 0);
  ScriptedIterations<StrictWord, Body> iterations(script, body, StrictWord{kPage});
  const auto last =
      ref::iomap::iterate<StrictWord>(iterations, StrictWord{10}, StrictWord{script.total});
  EXPECT_EQ(ref::iomap::answer<StrictWord>(last, StrictWord{10}).value, 6000u);
  EXPECT_EQ(last.status.value, spec::error(EFAULT));
  EXPECT_EQ(body.size().value, 6010u);
}

}  // namespace
}  // namespace quire::tests
