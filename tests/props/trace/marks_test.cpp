// Marks are read as they were written, and the extents that they carry follow later reservations.
#include "props/trace/extents.h"
#include "props/trace/mark.h"

#include <gtest/gtest.h>

#include <vector>

namespace quire::props::trace {
namespace {

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

}  // namespace
}  // namespace quire::props::trace
