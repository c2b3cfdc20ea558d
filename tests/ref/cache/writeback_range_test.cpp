// Writeback of a range: which folios, in what state, and whose errors.
#include "ref/cache/writeback_range.h"

#include "tests/ref/cache/cached_file_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace quire::tests {
namespace {

using Positions = std::vector<std::uint64_t>;

class WritebackRange : public testing::Test, public JudgedCache {};

TEST_F(WritebackRange, EndOfTheRangeIsIncluded) {
  for (const std::uint64_t page : {0, 1, 2}) make(page * kPage, 1, 1, true);
  EXPECT_EQ(ref::write_and_wait_range(file, kPage - 1, kPage), 0);
  EXPECT_EQ(owner.written_folios, (Positions{0, kPage}));
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_EQ(owner.written_folios, (Positions{0, kPage, 2 * kPage}));
  EXPECT_EQ(owner.disk.at(2 * kPage), std::vector(kSmallBlock, std::byte{1}));
}

TEST_F(WritebackRange, RangeThatEndsBeforeItStartsIsASuccess) {
  make(0, 1, 1, true);
  errors.set(-EIO);
  EXPECT_EQ(ref::write_and_wait_range(file, 1, 0), 0);
  EXPECT_TRUE(owner.written_folios.empty());
  EXPECT_EQ(ref::write_and_wait_range(file, 0, 0), -EIO) << "it took no error away";
}

TEST_F(WritebackRange, FolioThatIsDirtiedMeanwhileIsNotChased) {
  make(0, 1, 1, true);
  make(2 * kPage, 1, 1, false);
  owner.while_writing = [&](ref::Folio&) { cache.find(2 * kPage)->blocks[0].dirty = true; };
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_EQ(owner.written_folios, Positions{0});
  EXPECT_TRUE(cache.find(2 * kPage)->dirty());
}

TEST_F(WritebackRange, FolioThatIsGoneOrCleanByItsTurnIsSkipped) {
  for (const std::uint64_t page : {0, 1, 2, 3}) make(page * kPage, 1, 1, true);
  owner.while_waiting = [&](std::uint64_t pos) {
    if (pos == kPage) cache.drop(*cache.find(kPage));
    if (pos == 2 * kPage) {
      for (ref::Block& block : cache.find(pos)->blocks) block.dirty = false;
    }
  };
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_EQ(owner.written_folios, (Positions{0, 3 * kPage}));
}

TEST_F(WritebackRange, IntegrityContinuesAfterAnErrorAndAnswersTheFirst) {
  for (const std::uint64_t page : {0, 1, 2}) make(page * kPage, 1, 1, true);
  owner.failures = {{0, -ENOSPC}, {kPage, -EIO}};
  ref::WritebackControl control;
  EXPECT_EQ(ref::write_range(file, 0, ref::kToEnd, control), -ENOSPC);
  EXPECT_EQ(owner.written_folios.size(), 3u);
  EXPECT_EQ(errors.check_and_clear(), -EIO);
  for (const std::uint64_t page : {0, 1, 2}) make(page * kPage, 1, 1, true);
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), -ENOSPC);
}

TEST_F(WritebackRange, OtherPassesStopAtTheFirstErrorOrWithTheirPages) {
  for (const std::uint64_t pages_max : {5, 8}) {
    for (const std::uint64_t page : {0, 4, 8}) make(page * kPage, 4, 1, true);
    ref::WritebackControl some{.integrity = false, .pages_max = pages_max};
    owner.written_folios.clear();
    EXPECT_EQ(ref::write_range(file, 0, ref::kToEnd, some), 0);
    EXPECT_EQ(some.pages_written, 8u) << "a folio is written as a whole";
    EXPECT_EQ(owner.written_folios, (Positions{0, 4 * kPage}));
  }
  make(0, 4, 1, true);
  owner.failures = {{0, -EIO}};
  ref::WritebackControl all{.integrity = false};
  EXPECT_EQ(ref::write_range(file, 0, ref::kToEnd, all), -EIO);
  EXPECT_TRUE(cache.find(8 * kPage)->dirty()) << "never tried";
}

TEST_F(WritebackRange, StoreDuringWritebackBelongsToTheNextPass) {
  ref::Folio& folio = make(0, 2, 1, false);
  users.store(folio, 5000, std::byte{2});
  owner.while_writing = [&](ref::Folio& written) {
    if (owner.written_folios.size() == 1) users.store(written, 5001, std::byte{3});
  };
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_TRUE(folio.dirty()) << "the store faulted, since the page was protected";
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_EQ(owner.written_folios.size(), 2u);
  EXPECT_EQ(owner.disk.at(4096)[5001 - 4096], std::byte{3});
  EXPECT_FALSE(folio.dirty());
}

TEST_F(WritebackRange, StoreKnownToThePageTableAloneIsWritten) {
  ref::Folio& folio = make(0, 1, 1, false);
  users.store(folio, 10, std::byte{2});
  for (ref::Block& block : folio.blocks) block.dirty = false;
  folio.blocks[3].dirty = true;
  users.store(folio, 11, std::byte{3});
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_EQ(owner.disk.at(0)[11], std::byte{3});
}

TEST_F(WritebackRange, WaitersAnswerAnErrorOnceAndEachDescriptorStillSeesIt) {
  ref::ErrorCursor descriptor = errors.open();
  make(0, 1, 1, true);
  owner.failures = {{0, -EIO}};
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), -EIO);
  owner.failures.clear();
  EXPECT_EQ(ref::write_and_wait_range(file, 0, ref::kToEnd), 0);
  EXPECT_EQ(errors.check_and_advance(descriptor), -EIO);
}

TEST_F(WritebackRange, AnyPassesKeepTheClauses) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    for (int folios = 0; folios < 4; ++folios) {
      const std::uint64_t pos = random() % 32 * kPage;
      if (cache.find(pos) == nullptr) cache.find_or_make(pos, kPage << random() % 4);
      ref::Folio& folio = *cache.find(pos);
      for (ref::Block& block : folio.blocks) block.uptodate = true;
      if (random() % 2 == 0) folio.blocks[random() % folio.blocks.size()].dirty = true;
      if (random() % 3 == 0) users.store(folio, pos + random() % kPage, std::byte{7});
    }
    owner.failures.clear();
    if (random() % 3 == 0) owner.failures[random() % 32 * kPage] = random() % 2 ? -EIO : -ENOSPC;
    owner.while_waiting = [&](std::uint64_t) {
      if (random() % 4 != 0) return;
      const std::uint64_t pos = random() % 32 * kPage;
      ref::Folio* const folio = cache.find(pos);
      if (folio == nullptr || folio->locked) return;
      if (random() % 2 == 0) {
        cache.drop(*folio);
      } else {
        folio->blocks[0].dirty = !folio->blocks[0].dirty;
      }
    };
    const std::uint64_t lstart = random() % (33 * kPage), lend = random() % (33 * kPage);
    if (random() % 2 == 0) {
      ref::write_and_wait_range(file, lstart, lend);
    } else {
      ref::WritebackControl control{.integrity = random() % 2 == 0, .pages_max = random() % 20};
      ref::write_range(file, lstart, std::max(lstart, lend), control);
    }
  }
  EXPECT_LT(100u, owner.written_folios.size());
}

}  // namespace
}  // namespace quire::tests
