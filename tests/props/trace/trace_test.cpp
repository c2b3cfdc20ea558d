// A recorded trace of XFS keeps the clauses, and a trace that is not understood is refused by name
// and line.
#include "tests/props/trace/recorded_trace.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace quire::props::trace {
namespace {

TEST(Trace, RecordedWritesKeepEveryClause) {
  const auto judge = judge_lines(recorded());
  ASSERT_TRUE(judge.has_value()) << judge.error();
  EXPECT_FALSE(judge->violation().has_value()) << judge->violation()->failure.expected;
  for (const auto& [name, n] : judge->judged()) {
    if (name == kNotDerived) continue;
    EXPECT_NE(n, 0U) << name;
  }
}

TEST(Trace, AShortBodyLeavesTheExtentsOpen) {
  // Its end releases what it did not write: the next preallocation does not follow from what was
  // reserved.
  const auto judge = judge_lines(recorded("short_write"));
  ASSERT_TRUE(judge.has_value()) << judge.error();
  EXPECT_FALSE(judge->violation().has_value()) << judge->violation()->failure.actual;
  EXPECT_EQ(judge->judged().at(kNotDerived), 1U);
}

TEST(Trace, UnknownEventIsRefusedByNameAndLine) {
  Lines lines = recorded();
  replace(lines[4], lines[4].substr(lines[4].find(": ") + 2, 9), "xfs_other");
  lines[4] = "  quire-check-1   [000] .....  1.000000: xfs_other: dev 7:0 ino 0x83";
  const auto judge = judge_lines(lines);
  ASSERT_FALSE(judge.has_value());
  EXPECT_EQ(judge.error(), "line 5: event xfs_other is not known");
}

TEST(Trace, MissingFieldIsRefusedByNameAndLine) {
  const Lines lines{
      "  quire-check-1 [000] .....  1.0: iomap_iter: dev 7:0 ino 0x83 pos 0x0 length 0x0 "
      "processed 0 flags WRITE (0x1)"};
  const auto judge = judge_lines(lines);
  ASSERT_FALSE(judge.has_value());
  EXPECT_EQ(judge.error(), "line 1: iomap_iter: no field status");
}

TEST(Trace, LostEventsAreRefused) {
  Lines lines = recorded();
  lines.insert(lines.begin() + 7, "CPU:1 [LOST 12 EVENTS]");
  const auto judge = judge_lines(lines);
  ASSERT_FALSE(judge.has_value());
  EXPECT_EQ(judge.error(), "line 8: the kernel lost events: CPU:1 [LOST 12 EVENTS]");
}

TEST(Trace, TwoFileSystemsAreRefused) {
  const std::string of = " ino 0x83 flags ILOCK_SHARED caller f+0x1/0x2";
  const auto judge = judge_lines(
      {"  a-1 [000] .....  1.0: xfs_ilock: dev 7:0" + of,
       "  a-1 [000] .....  1.0: xfs_ilock: dev 7:1" + of});
  ASSERT_FALSE(judge.has_value());
  EXPECT_EQ(judge.error(), "line 2: device 7:1, after 7:0 before");
}

TEST(Trace, ATrylockIsNoWait) {
  TraceJudge judge;
  for (const char* const line :
       {"  a-1 [000] .....  1.0: xfs_ilock: dev 7:0 ino 0x83 flags ILOCK_EXCL caller f+0x1/0x2",
        "  a-1 [000] .....  1.0: xfs_ilock_nowait: dev 7:0 ino 0x80 flags IOLOCK_EXCL caller "
        "f+0x1/0x2"}) {
    const auto event = parse_event(1, line);
    ASSERT_TRUE(event.has_value() && event->has_value());
    EXPECT_EQ(judge.take(**event), std::nullopt);
  }
  EXPECT_FALSE(judge.violation().has_value());
}

/// Why a trace is refused, or nothing.
std::string why_refused(const Lines& lines) {
  const auto judge = judge_lines(lines);
  return judge ? "" : judge.error();
}

/// Why a trace is refused without those of its lines that have this part; only the first of them,
/// or all.
std::string refused_without(const std::string& part, bool all) {
  Lines lines = recorded();
  bool taken = false;
  std::erase_if(lines, [&](const std::string& line) {
    return has(line, part) && (all || !std::exchange(taken, true));
  });
  return why_refused(lines);
}

TEST(Trace, WithNothingToJudgeIsRefused) {
  EXPECT_EQ(why_refused({}), "no mark says which volume this was");
  EXPECT_EQ(refused_without("quire volume", true), "no mark says which volume this was");
  EXPECT_EQ(why_refused({recorded().front()}), "it has no write of ours");
  EXPECT_NE(refused_without("quire ", true), "");
}

TEST(Trace, WithAMarkMissingIsRefused) {
  EXPECT_TRUE(has(refused_without("quire return", true), "a call within the one of line"));
  EXPECT_TRUE(has(refused_without("quire return", false), "a call within the one of line"));
  EXPECT_TRUE(
      has(refused_without("quire write", false), "a return from a call that did not begin"));
  Lines lines = recorded();
  while (!has(lines.back(), "quire return")) lines.pop_back();
  lines.pop_back();
  EXPECT_TRUE(has(why_refused(lines), "the trace ends within the call of line"));
}

}  // namespace
}  // namespace quire::props::trace
