// Cutting, dropping and finding: which folios are dropped, and which must stay.
#include "ref/cache/page_cache_ranges.h"

#include "tests/ref/cache/cached_file_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace quire::tests {
namespace {

class PageCacheRanges : public testing::Test, public JudgedCache {};

TEST_F(PageCacheRanges, TruncateDropsTheCachePastTheNewSize) {
  make(0, 1, 1, true);
  make(kPage, 1, 2, true);
  for (const std::uint64_t page : {0, 1}) users.load(page * kPage);
  ref::truncate_pagecache(file, 100);
  EXPECT_EQ(at(99), 1);
  EXPECT_EQ(at(100), 0);
  EXPECT_TRUE(cache.find(0)->dirty()) << "the rest of the folio is as dirty as before";
  EXPECT_EQ(at(kPage), -1);
  EXPECT_TRUE(users.is_mapped(0));
  EXPECT_FALSE(users.is_mapped(kPage));
  EXPECT_EQ(owner.dropped, std::vector<std::uint64_t>{kPage});
}

TEST_F(PageCacheRanges, PageThatAFaultBroughtBackIsUnmappedAgain) {
  make(0, 1, 1);
  make(kPage, 1, 1);
  users.load(kPage);
  owner.between_unmaps = [&] { users.load(kPage); };
  ref::truncate_pagecache(file, kPage);
  EXPECT_FALSE(users.is_mapped(kPage));
}

TEST_F(PageCacheRanges, HoleZeroesPagesThatItTouchesInPart) {
  for (const std::uint64_t page : {0, 1, 2, 3}) {
    make(page * kPage, 1, 1);
    users.load(page * kPage);
  }
  ref::truncate_pagecache_range(file, kPage - 10, 3 * kPage + 9);
  EXPECT_EQ(at(kPage - 11), 1);
  EXPECT_EQ(at(kPage - 10), 0);
  EXPECT_EQ(at(kPage), -1);
  EXPECT_EQ(at(2 * kPage), -1);
  EXPECT_EQ(at(3 * kPage + 9), 0) << "the end is included";
  EXPECT_EQ(at(3 * kPage + 10), 1);
  for (const std::uint64_t page : {0, 3}) EXPECT_TRUE(users.is_mapped(page * kPage));
  for (const std::uint64_t page : {1, 2}) EXPECT_FALSE(users.is_mapped(page * kPage));
}

TEST_F(PageCacheRanges, RangeThatEndsBeforeItStartsCutsNothing) {
  make(0, 1, 1);
  ref::truncate_pagecache_range(file, 10, 9);
  EXPECT_EQ(at(10), 1);
}

TEST_F(PageCacheRanges, LargeFolioAcrossTheEdgeIsSplit) {
  ref::Folio& folio = make(0, 8, 1);
  folio.blocks[0].dirty = folio.blocks[31].dirty = true;
  ref::truncate_pagecache_range(file, kPage + 5, 6 * kPage - 1);
  EXPECT_EQ(at(kPage + 4), 1);
  EXPECT_EQ(at(kPage + 5), 0);
  EXPECT_EQ(at(2 * kPage), -1);
  EXPECT_EQ(at(5 * kPage), -1);
  EXPECT_EQ(at(6 * kPage), 1);
  EXPECT_TRUE(cache.find(0)->blocks[0].dirty);
  EXPECT_FALSE(cache.find(0)->blocks[1].dirty);
  EXPECT_TRUE(cache.find(7 * kPage)->blocks[3].dirty);
}

TEST_F(PageCacheRanges, LargeFolioIsZeroedWhereNoMemoryIsThereToSplitIt) {
  make(0, 8, 1, true);
  memory.is_out = true;
  ref::truncate_pagecache_range(file, kPage + 5, 6 * kPage - 1);
  EXPECT_EQ(cache.folios().size(), 1u);
  EXPECT_EQ(at(kPage + 4), 1);
  EXPECT_EQ(at(kPage + 5), 0);
  EXPECT_EQ(at(6 * kPage - 1), 0);
  EXPECT_EQ(at(6 * kPage), 1);
  EXPECT_TRUE(cache.find(0)->dirty());
}

TEST_F(PageCacheRanges, InvalidationContinuesPastADirtyFolio) {
  for (const std::uint64_t page : {0, 1, 2, 3}) {
    make(page * kPage, 1, 1, page == 1);
    users.load(page * kPage);
  }
  EXPECT_EQ(ref::invalidate_range2(file, 0, 2 * kPage), -EBUSY);
  EXPECT_EQ(at(0), -1);
  EXPECT_EQ(at(kPage), 1);
  EXPECT_EQ(at(2 * kPage), -1);
  EXPECT_EQ(at(3 * kPage), 1);
  EXPECT_TRUE(users.is_mapped(3 * kPage));
  EXPECT_EQ(ref::invalidate_range2(file, 3 * kPage, ref::kToEnd), 0);
}

TEST_F(PageCacheRanges, StoreIntoAMappedPageKeepsItsFolio) {
  ref::Folio& folio = make(0, 1, 1);
  users.store(folio, 10, std::byte{2});
  for (ref::Block& block : folio.blocks) block.dirty = false;  // only the page table entry is dirty
  EXPECT_EQ(ref::invalidate_range2(file, 0, 0), -EBUSY);
  EXPECT_EQ(at(10), 2);
  EXPECT_TRUE(folio.dirty());
}

TEST_F(PageCacheRanges, AnyCutsAndDropsKeepTheClauses) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 1000 && !HasFailure(); ++round) {
    const std::uint64_t pos = random() % 64 * kPage;
    if (cache.find(pos) == nullptr) {
      ref::Folio& folio = *cache.find_or_make(pos, kPage << random() % 5);
      std::ranges::fill(folio.bytes(folio.pos(), folio.end()), std::byte(1 + random() % 200));
      for (ref::Block& block : folio.blocks) block = {true, random() % 2 == 0};
    }
    if (random() % 2 == 0) users.load(pos);
    if (random() % 2 == 0) users.store(*cache.find(pos), pos + random() % kPage, std::byte{9});
    memory.is_out = random() % 4 == 0;
    const auto edge = [&] {
      return random() % 3 == 0 ? random() % (65 * kPage) : random() % 65 * kPage;
    };
    const std::uint64_t lstart = edge(), lend = random() % 8 == 0 ? ref::kToEnd : edge();
    switch (random() % 8) {
      case 0: ref::truncate_pagecache(file, lstart); break;
      case 1: ref::invalidate_range2(file, lstart, lend); break;
      case 2:
      case 3: ref::truncate_pagecache_range(file, lstart, lend); break;
      default: break;
    }
    memory.is_out = false;
  }
  EXPECT_LT(50u, owner.dropped.size());
}

TEST_F(PageCacheRanges, FolioThatWasTruncatedWhileItsLockWasWaitedForIsMadeAnew) {
  make(0, 1, 1);
  int waits = 0;
  owner.while_waiting = [&](std::uint64_t pos) {
    if (++waits == 1) cache.drop(*cache.find(pos));
  };
  ref::Folio* const folio = ref::find_or_make_locked(file, 0, kPage);
  ASSERT_NE(folio, nullptr);
  EXPECT_EQ(waits, 2);
  EXPECT_FALSE(folio->uptodate()) << "it is a new one";
  ref::unlock(file, *folio);
}

TEST_F(PageCacheRanges, FolioThatWasReplacedWhileItsLockWasWaitedForIsCutAsItIs) {
  make(0, 4, 1);
  int waits = 0;
  owner.while_waiting = [&](std::uint64_t) {
    if (++waits != 1) return;
    cache.drop(*cache.find(0));
    for (const std::uint64_t page : {0, 1, 2, 3}) make(page * kPage, 1, 1);
  };
  ref::truncate_pagecache_range(file, 2 * kPage, 4 * kPage - 1);
  EXPECT_EQ(at(kPage), 1);
  EXPECT_EQ(at(2 * kPage), -1);
  EXPECT_EQ(at(3 * kPage), -1) << "all folios at its position now are cut";
}

TEST_F(PageCacheRanges, FolioThatReplacedAnotherIsDroppedOnlyInTheRange) {
  make(0, 4, 1);
  owner.while_waiting = [&](std::uint64_t) {
    cache.drop(*cache.find(0));
    make(0, 1, 1);
  };
  EXPECT_EQ(ref::invalidate_range2(file, 2 * kPage, 4 * kPage - 1), 0);
  EXPECT_EQ(at(0), 1);
}

TEST_F(PageCacheRanges, FolioThatIsGoneIsNotFound) {
  EXPECT_EQ(ref::find_locked(file, 0), nullptr);
  make(0, 1, 1);
  owner.while_waiting = [&](std::uint64_t pos) { cache.drop(*cache.find(pos)); };
  EXPECT_EQ(ref::find_locked(file, 0), nullptr);
}

TEST_F(PageCacheRanges, ExistingFolioOfAnySizeWinsAndANewOneOverlapsNone) {
  make(2 * kPage, 2, 1);
  ref::Folio* const large = ref::find_or_make_locked(file, 3 * kPage, kPage);
  EXPECT_EQ(large->size(), 2 * kPage);
  ref::unlock(file, *large);
  ref::Folio* const fits = ref::find_or_make_locked(file, 0, 16 * kPage);
  EXPECT_EQ(fits->size(), 2 * kPage);
  ref::unlock(file, *fits);
  memory.is_out = true;
  EXPECT_EQ(ref::find_or_make_locked(file, 100 * kPage, kPage), nullptr);
}

}  // namespace
}  // namespace quire::tests
