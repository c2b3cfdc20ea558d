// Each way to doctor a recorded trace breaks exactly the clause that it should.
#include "tests/props/trace/recorded_trace.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace quire::props::trace {
namespace {

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

TEST_F(Doctored, AViolationStandsBeforeWhatIsNotUnderstood) {
  at({"quire write"});
  lines[at({"quire return"})] += "0";
  lines.insert(
      lines.begin() + static_cast<std::ptrdiff_t>(at({"iomap_iter:"})) + 1,
      "CPU:1 [LOST 12 EVENTS]");
  breaks("iomap_write.size_is_the_end_of_what_was_written");
}

}  // namespace
}  // namespace quire::props::trace
