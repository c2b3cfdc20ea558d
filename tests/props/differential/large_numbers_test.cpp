// Cases with large numbers: their windows, and their lines for --replay.
#include "props/differential/command.h"
#include "props/differential/windows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;

TEST(LargeNumbers, TwoWindowsAreEqualButForHighBits) {
  const std::uint64_t four_gib = std::uint64_t{1} << 32;
  EXPECT_EQ(
      windows_at(four_gib, 16384).starts,
      (std::vector<std::uint64_t>{0, four_gib, four_gib - 8192}));
}

TEST(LargeNumbers, NoWindowEndsPastTheLargestSize) {
  for (const LargePlace& place : kLargePlaces) {
    for (const std::uint64_t start : windows_at(place.pos, 6 << 20).starts)
      EXPECT_LE(start, spec::kFileSizeMax - ((6 << 20) - 1)) << place.name;
  }
}

TEST(LargeNumbers, AreReplayed) {
  Case whole;
  whole.setting.first_block = (std::uint64_t{1} << 41) / 4096;
  Command write;
  write.at = static_cast<std::int64_t>(spec::kFileSizeMax);
  write.memory = {{BufferKind::plain, 1, 0, 0}};
  Command truncate;
  truncate.action = Action::truncate;
  truncate.length = spec::kFileSizeMax;
  whole.commands = {write, truncate};
  const std::string line = to_replay(whole);
  const Case back = from_replay(line);
  EXPECT_EQ(to_replay(back), line);
  EXPECT_EQ(back.setting.first_block, whole.setting.first_block);
  EXPECT_EQ(back.commands.at(0).at, write.at);
  EXPECT_EQ(back.commands.at(1).length, truncate.length);
  whole.commands[1].length = spec::kFileSizeMax + 1;
  EXPECT_THROW(from_replay(to_replay(whole)), std::invalid_argument);
}

}  // namespace
}  // namespace quire::tests
