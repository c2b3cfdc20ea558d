// A recorded trace of XFS keeps the clauses; each way to doctor it breaks exactly the clause that
// it should, and what is not understood is refused by name and line.
#include "props/trace/judge_trace.h"
#include "props/trace/tracefs.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace quire::props::trace {
namespace {

using Lines = std::vector<std::string>;

/// What `quire-check --suite trace-xfs --cases 36 --seed 5 --trace-out FILE` recorded.
Lines recorded() {
  std::ifstream file(QUIRE_TEST_TRACES "/xfs_writes.trace");
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::expected<TraceJudge, std::string> judge_lines(const Lines& lines) {
  std::stringstream text;
  for (const std::string& line : lines) text << line << '\n';
  return judge_trace(text);
}

bool has(const std::string& line, const std::string& part) { return line.find(part) != line.npos; }

void replace(std::string& line, const std::string& old, const std::string& now) {
  const std::size_t at = line.find(old);
  ASSERT_NE(at, line.npos) << line << " has no " << old;
  line.replace(at, old.size(), now);
}

/// The first line from `from` on that has every part; the number of lines if none.
std::size_t find(const Lines& lines, std::size_t from, const std::vector<std::string>& parts) {
  for (std::size_t i = from; i < lines.size(); ++i) {
    bool all = true;
    for (const std::string& part : parts) all = all && has(lines[i], part);
    if (all) return i;
  }
  return lines.size();
}

/// A trace, changed in one place, and the clause that this must break.
class Doctored : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(lines.empty()) << "no recorded trace"; }

  /// Finds a line to change, from the end of the last find on.
  std::size_t at(const std::vector<std::string>& parts) {
    const std::size_t found = find(lines, from_, parts);
    EXPECT_LT(found, lines.size()) << "the recorded trace has no " << parts.front();
    from_ = found + 1;
    return found;
  }

  /// An iomap_iter that ends one iteration of a write and begins another that finds blocks.
  std::size_t between_iterations() {
    for (;;) {
      const std::size_t first = at({"iomap_iter:", "flags WRITE"});
      const std::size_t next = find(lines, first + 1, {"iomap_iter:", "flags WRITE"});
      const std::size_t end = find(lines, first, {"quire return"});
      if (next + 4 < lines.size() && next < end && has(lines[next + 1], "iomap_begin")) return next;
      if (next == lines.size()) return next;
    }
  }

  void breaks(const std::string& clause) const {
    const auto judge = judge_lines(lines);
    ASSERT_TRUE(judge.has_value()) << judge.error();
    ASSERT_TRUE(judge->violation().has_value()) << "judged to be sound";
    EXPECT_EQ(judge->violation()->failure.expected, clause)
        << judge->violation()->failure.actual << "\n"
        << lines[judge->violation()->line - 1];
    EXPECT_EQ(judge->violation()->context.back(), lines[judge->violation()->line - 1]);
  }

  Lines lines = recorded();

 private:
  std::size_t from_ = 0;
};

constexpr const char* kWriteLock = "IOLOCK_EXCL caller xfs_file_buffered_write";
constexpr const char* kBeginLock = "ILOCK_EXCL caller xfs_buffered_write_iomap_begin";

TEST(Trace, RecordedWritesKeepEveryClause) {
  const auto judge = judge_lines(recorded());
  ASSERT_TRUE(judge.has_value()) << judge.error();
  EXPECT_FALSE(judge->violation().has_value()) << judge->violation()->failure.expected;
  for (const auto& [name, n] : judge->judged()) {
    if (name == kNotDerived) continue;
    EXPECT_NE(n, 0U) << name;
  }
}

TEST_F(Doctored, LocksSwapped) {
  const std::size_t outer = at({"xfs_ilock:", kWriteLock});
  const std::size_t inner = at({"xfs_ilock:", kBeginLock});
  std::swap(lines[outer], lines[inner]);
  breaks("locks.acquires_in_order");
}

TEST_F(Doctored, TransactionUnderTheBlockMap) {
  const std::size_t lock = at({"xfs_ilock:", kBeginLock});
  const std::size_t transaction = find(lines, 0, {"xfs_trans_alloc:"});
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(lock) + 1, lines[transaction]);
  breaks("locks.no_wait_under_block_map");
}

TEST_F(Doctored, NewFlagAdded) {
  // A write's mapping that was found, and not made: the four lines of its begin.
  std::size_t mapping = 0;
  do {
    mapping = at({"flags WRITE"}) + 4;
    ASSERT_LT(mapping, lines.size());
  } while (!has(lines[mapping - 2], "xfs_iomap_found:") || !has(lines[mapping], "DIRTY (0x2)"));
  replace(lines[mapping], "DIRTY (0x2)", "NEW|DIRTY (0x3)");
  breaks("xfs_begin.new_is_what_was_reserved");
}

TEST_F(Doctored, NewFlagRemoved) {
  replace(lines[at({"iomap_iter_dstmap:", "NEW|DIRTY (0x3)"})], "NEW|DIRTY (0x3)", "DIRTY (0x2)");
  breaks("xfs_begin.new_is_what_was_reserved");
}

TEST_F(Doctored, NeighbourMergedIntoANewMapping) {
  // One block more than was reserved.
  std::string& line = lines[at({"xfs_iomap_alloc:", "fork data"})];
  const std::size_t count = line.rfind("fsbcount 0x") + std::string("fsbcount 0x").size();
  const auto blocks = std::stoull(line.substr(count), nullptr, 16);
  std::stringstream less;
  less << std::hex << blocks - 1;
  line.replace(count, line.size() - count, less.str());
  breaks("xfs_begin.new_is_what_was_reserved");
}

TEST_F(Doctored, SharedFlagRemoved) {
  replace(lines[at({"iomap_iter_dstmap:", "|SHARED (0x7)"})], "|SHARED (0x7)", " (0x3)");
  breaks("xfs_begin.shared_means_cow_fork");
}

TEST_F(Doctored, PreallocationOneBlockLarger) {
  std::string& line = lines[at({"xfs_iomap_prealloc_size:"})];
  const std::size_t from = line.find("prealloc blocks ") + std::string("prealloc blocks ").size();
  const std::size_t to = line.find(' ', from);
  line.replace(from, to - from, std::to_string(std::stoull(line.substr(from, to - from)) + 1));
  breaks("prealloc.is_the_rule");
}

TEST_F(Doctored, PreallocationWithoutAnEvent) {
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at({"xfs_iomap_prealloc_size:"})));
  breaks("prealloc.is_the_rule");
}

TEST_F(Doctored, MappingThatDoesNotCover) {
  at({"flags WRITE"});
  std::string& line = lines[at({"iomap_iter_dstmap:", "offset 0x0 "})];
  const std::size_t from = line.find(" length 0x");
  line.replace(from, line.find(' ', from + 8) - from, " length 0x0");
  breaks("iomap_begin.mapping_covers_the_position");
}

TEST_F(Doctored, StaleMapping) {
  at({"flags WRITE"});
  replace(lines[at({"iomap_iter_dstmap:", "flags DIRTY (0x2)"})], "(0x2)", "(0x8002)");
  breaks("iomap_begin.mapping_is_not_stale");
}

TEST_F(Doctored, DelayedMappingWithAPlace) {
  replace(
      lines[at({"iomap_iter_dstmap:", "type DELALLOC"})], "addr 0xffffffffffffffff",
      "addr 0x18000");
  breaks("iomap_begin.device_pos_fits_the_kind");
}

TEST_F(Doctored, SourceThatDoesNotCover) {
  std::string& line = lines[at({"iomap_iter_srcmap:"})];
  const std::size_t from = line.find(" length 0x");
  line.replace(from, line.find(' ', from + 8) - from, " length 0x0");
  breaks("iomap_begin.source_covers_the_position");
}

TEST_F(Doctored, MappingThatIsNeverEnded) {
  // The iomap_iter between two iterations of one write is lost.
  const std::size_t second = between_iterations();
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(second));
  breaks("iomap_iteration.one_end_for_each_begin");
}

TEST_F(Doctored, PositionThatMovedFurtherThanTheIteration) {
  const std::size_t second = between_iterations();
  const std::size_t from = lines[second].find(" pos 0x") + 7;
  const std::size_t to = lines[second].find(' ', from);
  std::stringstream more;
  more << std::hex << std::stoull(lines[second].substr(from, to - from), nullptr, 16) + 1;
  lines[second].replace(from, to - from, more.str());
  breaks("iomap_iteration.body_stays_in_the_mapping");
}

TEST_F(Doctored, LoopThatEndsWithBytesLeft) {
  const std::size_t second = between_iterations();
  const std::size_t unlock = find(lines, second, {"xfs_iunlock:", kWriteLock});
  lines.erase(
      lines.begin() + static_cast<std::ptrdiff_t>(second) + 1,
      lines.begin() + static_cast<std::ptrdiff_t>(unlock));
  breaks("iomap_iteration.another_iteration_follows_progress");
}

TEST_F(Doctored, FolioOffItsAlignment) {
  std::string& line = lines[at({"mm_filemap_add_to_page_cache:", "order=2"})];
  const std::size_t from = line.find("ofs=") + 4;
  const std::size_t to = line.find(' ', from);
  line.replace(from, to - from, std::to_string(std::stoull(line.substr(from, to - from)) + 4096));
  breaks("find_folio.folio_is_aligned");
}

TEST_F(Doctored, FolioLargerThanTheWrite) {
  at({"flags WRITE"});
  std::string& line = lines[at({"mm_filemap_add_to_page_cache:", "order=0"})];
  const std::size_t from = line.find("ofs=");
  line.replace(from, line.npos, "ofs=0 order=9");
  breaks("find_folio.folio_is_aligned");
}

TEST_F(Doctored, BlockMapUnlockDropped) {
  const std::size_t unlock = at({"xfs_iunlock:", kBeginLock});
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(unlock));
  breaks("xfs_begin.mapping_is_answered_unlocked");
}

TEST_F(Doctored, IolockUnlockDropped) {
  const std::size_t unlock = at({"xfs_iunlock:", kWriteLock});
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(unlock));
  breaks("xfs_write_call.leaves_the_iolock_as_found");
}

TEST_F(Doctored, AnswerLargerThanWhatWasAccepted) {
  at({"quire write"});
  std::string& line = lines[at({"quire return"})];
  const std::size_t from = line.find("result=") + 7;
  const std::size_t to = line.find(' ', from);
  line.replace(from, to - from, std::to_string(std::stoll(line.substr(from, to - from)) + 1));
  breaks("iomap_write.answers_what_was_accepted");
}

TEST_F(Doctored, SizeBeyondWhatWasAccepted) {
  at({"quire write"});
  lines[at({"quire return"})] += "0";
  breaks("iomap_write.size_is_the_end_of_what_was_written");
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
  EXPECT_EQ(judge.error(), "line 2: device 7:1 beside 7:0");
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

TEST_F(Doctored, AViolationStandsBeforeWhatIsNotUnderstood) {
  at({"quire write"});
  lines[at({"quire return"})] += "0";
  lines.insert(
      lines.begin() + static_cast<std::ptrdiff_t>(at({"iomap_iter:"})) + 1,
      "CPU:1 [LOST 12 EVENTS]");
  breaks("iomap_write.size_is_the_end_of_what_was_written");
}

TEST(Marks, AreReadAsTheyWereWritten) {
  for (const Mark& mark : std::vector<Mark>{
           VolumeMark{4096, 131072, 16, 3072}, CallMark{true, 0x83, 100, 7, 50, 99},
           CallMark{false, 0x83, 100, 0, 50, 99}, ReturnMark{0x83, -28, 4096},
           ExtentsMark{0x83, true, {{0, 16, false, 24}, {20, 4, true, 0}}},
           ExtentsMark{0x83, false, {}}}) {
    const auto read = parse_mark(to_text(mark));
    ASSERT_TRUE(read.has_value()) << to_text(mark) << ": " << read.error();
    EXPECT_EQ(to_text(*read), to_text(mark));
  }
  EXPECT_FALSE(parse_mark("quire sleep").has_value());
  EXPECT_FALSE(parse_mark("quire return ino=0x83 result=1").has_value());
}

TEST(Extents, RunEndsAtAGapInFileOrDevice) {
  const Extents gap({1, true, {{0, 8, false, 100}, {8, 8, false, 108}, {16, 4, false, 200}}});
  EXPECT_EQ(gap.before(16)->base, 16U);
  EXPECT_EQ(gap.before(20)->base, 4U);
  EXPECT_FALSE(gap.before(20)->hole);
  EXPECT_TRUE(gap.before(21)->hole);
  const Extents part({1, false, {{8, 8, false, 108}}});
  EXPECT_FALSE(part.before(16).has_value()) << "what lies before the first extent is not known";
}

TEST(Extents, ReservedBlocksJoinDelayedNeighbours) {
  Extents file({1, true, {{0, 8, false, 100}, {8, 8, true, 0}}});
  file.reserve(16, 4);
  EXPECT_EQ(file.before(20)->base, 12U);
  EXPECT_TRUE(file.ends_before(20));
  EXPECT_FALSE(file.ends_before(19));
}

TEST(Tracefs, InstanceOfAKilledRunIsTakenAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "tracefs can be mounted by root alone";
  const auto probe = Tracefs::make();
  if (!probe) GTEST_SKIP() << probe.error().what;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto trace = Tracefs::make();
    const char made = trace ? 'y' : 'n';
    (void)!::write(ready[1], &made, 1);
    for (;;) ::pause();
  }
  char made = 'n';
  ASSERT_EQ(::read(ready[0], &made, 1), 1);
  EXPECT_EQ(made, 'y');
  EXPECT_EQ(reap_stale_instances(), 0U) << "the child lives, and so do we";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(reap_stale_instances(), 1U);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace quire::props::trace
