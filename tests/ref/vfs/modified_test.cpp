// The change of a file's attributes before the first byte of a write.
#include "ref/vfs/modified.h"

#include "tests/ref/breaks.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>

namespace quire::tests {
namespace {

using Step = spec::ModifiedStep<Number>;
using Names = std::set<std::string>;
using ref::vfs::Attributes;

TEST(FileModified, TakesPrivilegesOffAndSetsTheTimes) {
  Judge judge;
  Attributes file{1, 1, 1, 5, 0};
  EXPECT_EQ(ref::vfs::file_modified(file, {.now = 9}, false, 0, &judge), 0);
  EXPECT_TRUE(spec::same(file, Attributes{0, 0, 0, 9, 1}));
}

TEST(FileModified, KeepsSetUidForAPrivilegedCallerButNoCapability) {
  Judge judge;
  Attributes file{1, 0, 1, 9, 0};
  EXPECT_EQ(ref::vfs::file_modified(file, {.keeps_suid = true, .now = 9}, false, 0, &judge), 0);
  EXPECT_TRUE(spec::same(file, Attributes{1, 0, 0, 9, 0}));
}

TEST(FileModified, AnswersEagainUnderNowaitForEachAttributeAlone) {
  Judge judge;
  for (const Attributes& before :
       {Attributes{1, 0, 0, 9, 0}, Attributes{0, 1, 0, 9, 0}, Attributes{0, 0, 1, 9, 0},
        Attributes{0, 0, 0, 8, 0}}) {
    Attributes file = before;
    EXPECT_EQ(ref::vfs::file_modified(file, {.now = 9}, true, 0, &judge), -EAGAIN);
    EXPECT_TRUE(spec::same(file, before));
  }
  Attributes settled{0, 0, 0, 9, 0};
  EXPECT_EQ(ref::vfs::file_modified(settled, {.now = 9}, true, 0, &judge), 0);
}

TEST(FileModifiedClauses, NoticeRecordsThatBreakThem) {
  Step fine{0, 0, 9, 0, 0, {1, 1, 1, 5, 0}, {}};
  ref::vfs::file_modified(fine);
  EXPECT_EQ(broken_clauses(fine), Names{});
  const auto broken = [&](auto&& doctor) {
    Step step = fine;
    doctor(step);
    return broken_clauses(step);
  };
  EXPECT_EQ(broken([](Step& s) { s.after.set_gid = 1; }), Names{"privileges_go_before_data"});
  EXPECT_EQ(broken([](Step& s) { s.after.has_caps = 1; }), Names{"privileges_go_before_data"});
  EXPECT_EQ(broken([](Step& s) { s.moved = 1; }), Names{"privileges_go_before_data"});
  EXPECT_EQ(broken([](Step& s) { s.keeps_suid = 1; }), Names{"privileges_go_before_data"});
  EXPECT_EQ(broken([](Step& s) { s.after.version = 0; }), Names{"times_are_set_before_data"});
  EXPECT_EQ(broken([](Step& s) { s.nowait = 1; }), Names{"nowait_changes_no_attribute"});
  EXPECT_EQ(
      broken([](Step& s) { s.nowait = 1, s.error = spec::error(EAGAIN); }),
      Names{"nowait_changes_no_attribute"});
}

}  // namespace
}  // namespace quire::tests
