// Folios of several pages in one table: none overlaps another, each is aligned to itself.
#include "ref/cache/address_space.h"

#include "tests/ref/contents.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory_resource>

namespace quire::tests {
namespace {

struct AddressSpaceTest : testing::Test {
  ref::AddressSpace pages{512, std::pmr::new_delete_resource()};
};

TEST_F(AddressSpaceTest, FindsAFolioByAnyOfItsBytes) {
  ref::Folio* const folio = pages.find_or_make(6 * kPage, 4 * kPage);
  EXPECT_EQ(folio->pos(), 4 * kPage);
  EXPECT_EQ(folio->size(), 4 * kPage);
  EXPECT_EQ(folio->blocks.size(), 4 * kPage / 512);
  EXPECT_EQ(pages.find(4 * kPage), folio);
  EXPECT_EQ(pages.find(8 * kPage - 1), folio);
  EXPECT_EQ(pages.find(8 * kPage), nullptr);
  EXPECT_EQ(pages.find(4 * kPage - 1), nullptr);
}

TEST_F(AddressSpaceTest, AFolioThatIsThereWins) {
  ref::Folio* const small = pages.find_or_make(5 * kPage);
  EXPECT_EQ(pages.find_or_make(5 * kPage, 16 * kPage), small);
}

TEST_F(AddressSpaceTest, FallsBackToASizeThatFits) {
  pages.find_or_make(5 * kPage);
  EXPECT_EQ(pages.find_or_make(4 * kPage, 8 * kPage)->size(), kPage);
  ref::Folio* const pair = pages.find_or_make(7 * kPage, 8 * kPage);
  EXPECT_EQ(pair->pos(), 6 * kPage);
  EXPECT_EQ(pair->size(), 2 * kPage);
  EXPECT_EQ(pages.find_or_make(12 * kPage, 8 * kPage)->size(), 8 * kPage);
}

TEST_F(AddressSpaceTest, DropsFoliosFromAPositionOn) {
  pages.find_or_make(0, 4 * kPage);
  pages.find_or_make(4 * kPage, 4 * kPage);
  pages.drop_from(4 * kPage);
  EXPECT_NE(pages.find(0), nullptr);
  EXPECT_EQ(pages.find(4 * kPage), nullptr);
}

TEST_F(AddressSpaceTest, KeepsTheFolioThatThePositionCuts) {
  for (const std::uint64_t pos : {0, 1, 2, 3}) pages.find_or_make(pos * kPage);
  pages.drop_from(kPage + 1);
  EXPECT_NE(pages.find(kPage), nullptr);
  EXPECT_EQ(pages.folios().size(), 2u);
  pages.drop_from(kPage);
  EXPECT_EQ(pages.folios().size(), 1u);
  pages.drop_from(~std::uint64_t{0});
  EXPECT_EQ(pages.folios().size(), 1u);
  pages.drop_from(0);
  EXPECT_TRUE(pages.folios().empty());
}

}  // namespace
}  // namespace quire::tests
