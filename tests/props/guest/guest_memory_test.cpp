// The memory of a call in the guest is like the one here: the same bytes, at the same places in
// their pages.
#include "props/guest/caller_memory.h"
#include "props/guest/placed_memory.h"
#include "props/memory/user_buffer.h"
#include "tests/props/lockstep/any_shapes.h"

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;
using namespace props::guest;

Piece piece(std::uint64_t bytes, unsigned in_page, unsigned is_first, unsigned is_there) {
  return {
      bytes, static_cast<std::uint16_t>(in_page), static_cast<std::uint8_t>(is_first),
      static_cast<std::uint8_t>(is_there), 0};
}

std::string text_of(std::span<const Piece> pieces) {
  std::string text;
  for (const Piece& p : pieces) {
    text += (p.is_first == 1 ? "; " : ", ") + std::to_string(p.bytes) + " at " +
            std::to_string(p.in_page) + (p.is_there == 1 ? "" : " missing");
  }
  return text;
}

TEST(CallerMemory, HasASegmentInPiecesThatAreThereOrNot) {
  std::byte* const pages = static_cast<std::byte*>(
      ::mmap(nullptr, 5 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ::mprotect(pages + 2 * kPage, kPage, PROT_NONE);
  const iovec segments[] = {{pages + 100, 4 * kPage}, {pages + 7, 0}, {pages + 2 * kPage + 5, 1}};
  const CallerMemory memory(segments);
  EXPECT_EQ(
      text_of(memory.pieces()),
      "; 8092 at 100, 4096 at 0 missing, 4196 at 0; 0 at 7 missing; 1 at 5 missing");
  EXPECT_EQ(memory.bytes(), 8092U + 4196);
  ::munmap(pages, 5 * kPage);
}

TEST(CallerMemory, LooksFurtherThanOneCallOfTheKernelDoes) {
  constexpr std::size_t pages = 1500;
  UserMemory memory;
  memory.source({BufferKind::hole_in_middle, pages * kPage, 1200 * kPage, 0}, 1);
  const CallerMemory caller(memory.segments());
  EXPECT_EQ(
      text_of(caller.pieces()), "; " + std::to_string(1200 * kPage) + " at 0, 4096 at 0 missing, " +
                                    std::to_string((pages - 1201) * kPage) + " at 0");
}

TEST(PlacedMemory, IsLaidOutAsTheCallersIs) {
  std::mt19937_64 random(3);
  UserMemory memory;
  PlacedMemory placed;
  for (int round = 0; round < 500; ++round) {
    memory.clear();
    for (const BufferShape& shape : any_shapes(random)) memory.destination(shape);
    const CallerMemory caller(memory.segments());
    ASSERT_EQ(placed.place(caller.pieces()), nullptr) << "round " << round;
    const CallerMemory back(placed.segments());
    ASSERT_EQ(text_of(back.pieces()), text_of(caller.pieces())) << "round " << round;
    ASSERT_EQ(placed.bytes(), caller.bytes());
    for (const iovec& segment : placed.segments()) {
      const iovec behind{static_cast<std::byte*>(segment.iov_base) + segment.iov_len, 2 * kPage};
      const CallerMemory seen({&behind, 1});
      ASSERT_TRUE(
          std::ranges::any_of(seen.pieces(), [](const Piece& p) { return p.is_there == 0; }))
          << "round " << round << ": a page without access ends each segment";
    }
  }
}

TEST(PlacedMemory, CountsStoredBytesAndBytesChangedOutside) {
  PlacedMemory memory;
  const Piece pieces[] = {piece(4096, 4000, 1, 1), piece(10, 0, 1, 0), piece(20, 7, 1, 1)};
  ASSERT_EQ(memory.place(pieces), nullptr);
  memory.fill();
  EXPECT_EQ(memory.changed(0), 0U);
  EXPECT_EQ(memory.changed(3), 3U) << "bytes that a read counted may be like the filling";
  EXPECT_EQ(memory.strays(), 0U);
  memory.pieces()[1][4] = std::byte{1};
  EXPECT_EQ(memory.changed(3), 4096U + 5);
  EXPECT_EQ(memory.strays(), 0U);
  std::byte* const first = memory.pieces()[0].data();
  first[-1] = std::byte{1};
  first[4096] = std::byte{1};
  EXPECT_EQ(memory.strays(), 2U);
}

}  // namespace
}  // namespace quire::tests
