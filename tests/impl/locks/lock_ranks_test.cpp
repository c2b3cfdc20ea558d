// The recorded build ends the program where a thread waits against the lock order.
#include "impl/cache/folio.h"
#include "impl/locks/locks.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <thread>
#include <utility>
#include <vector>

namespace quire::impl {
namespace {

// Not declared by QUIRE_LOCK: clang's analysis would not let this file compile.
struct Locks {
  Mutex<spec::Iolock> iolock;
  Mutex<spec::BlockMapLock> map_lock;
  SharedMutex<spec::InvalidateLock> invalidate_lock;
};

void take_iolock_under_block_map(Locks& locks) {
  const Lock map(locks.map_lock);
  const Lock iolock(locks.iolock);
}

void take_twice(Locks& first, Locks& second) {
  const SharedLock outer(first.invalidate_lock);
  const SharedLock inner(second.invalidate_lock);
}

void upgrade_under_block_map(Locks& locks) {
  const IntentLock invalidate(locks.invalidate_lock);
  const Lock map(locks.map_lock);
  const ExcludeReaders exclude(locks.invalidate_lock);
}

struct TwoFolios {
  Folio low{0, 0, 4096, *std::pmr::get_default_resource()};
  Folio high{4096, 0, 4096, *std::pmr::get_default_resource()};
};

void lock_descending(TwoFolios& folios) {
  const FolioGuard outer(folios.high);
  const FolioGuard inner(folios.low);
}

void wait_for_memory_under_folio(TwoFolios& folios) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
  const FolioGuard guard(folios.low);
  const MemoryWait wait;
}

TEST(LockRanksDeathTest, EndAWaitAgainstTheOrderAtOnce) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Locks locks, others;
  TwoFolios folios;
  EXPECT_DEATH(
      take_iolock_under_block_map(locks), "waits for iolock 0, holds block map: against the lock");
  EXPECT_DEATH(take_twice(locks, others), "waits for invalidate lock 0, holds invalidate lock 0");
  EXPECT_DEATH(
      upgrade_under_block_map(locks), "waits for invalidate lock 0, holds block map: against");
  EXPECT_DEATH(lock_descending(folios), "waits for folio lock 0, holds folio lock 4096");
  EXPECT_DEATH(
      wait_for_memory_under_folio(folios), "waits for user memory 0, holds folio lock: against");
}

void drop_twice(Locks& locks) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
  locks.map_lock.lock();
  locks.map_lock.unlock();
  record_dropped<spec::BlockMapLock>();
}

TEST(LockRanksDeathTest, EndADropOfALockThatIsNotHeld) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Locks locks;
  EXPECT_DEATH(drop_twice(locks), "drops block map 0, which it does not hold");
}

/// Another thread locks the folio, and ends.
void lock_for_good(Folio& folio) QUIRE_NO_THREAD_SAFETY_ANALYSIS { folio.lock(); }

void rely_on_the_lock_of_another(TwoFolios& folios) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
  std::thread([&] { lock_for_good(folios.low); }).join();
  folios.low.assert_locked();
}
void drop_the_lock_of_another(TwoFolios& folios) QUIRE_NO_THREAD_SAFETY_ANALYSIS {
  std::thread([&] { lock_for_good(folios.low); }).join();
  folios.low.unlock();
}

TEST(LockOwnersDeathTest, EndAThreadThatReliesOnALockThatItDoesNotHold) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  TwoFolios folios;
  EXPECT_DEATH(folios.low.assert_locked(), "a lock that nobody holds");
  EXPECT_DEATH(rely_on_the_lock_of_another(folios), "a lock that another thread holds");
  EXPECT_DEATH(drop_the_lock_of_another(folios), "a lock that another thread holds");
  const FolioGuard guard(folios.low);
  folios.low.assert_locked();
}

TEST(LockRanks, LetTheOrderPass) {
  Locks locks;
  TwoFolios folios;
  {
    const Lock iolock(locks.iolock);
    { const MemoryWait wait; }
    const FolioGuard low(folios.low);
    const FolioGuard high(folios.high);
    const Lock map(locks.map_lock);
  }
  {
    const Lock invalidate(locks.invalidate_lock);
    { const AdmitReaders admit(locks.invalidate_lock); }
    const Lock map(locks.map_lock);
  }
  const FolioGuard high(folios.high);
  const bool had = folios.low.try_lock();
  EXPECT_TRUE(had) << "a try waits for nothing";
  if (had) folios.low.unlock();
}

/// As a writer that finds its second folio dropped from the cache: unlocks it and looks it up anew.
TEST(LockRanks, LetALockGoThatWasTakenLast) {
  TwoFolios folios;
  const FolioGuard low(folios.low);
  { const FolioGuard high(folios.high); }
  const FolioGuard again(folios.high);
}

TEST(LockRanks, AreOfEachThreadAlone) {
  Locks locks;
  const Lock map(locks.map_lock);
  std::thread([&] { const Lock iolock(locks.iolock); }).join();
}

/// Keeps the records that it gets.
struct Notes : spec::Recorder {
  void lock_wanted(Number rank, Number key) override { wanted.emplace_back(rank, key); }
  std::vector<std::pair<Number, Number>> wanted;
};

TEST(LockRanks, AreLeftToTheRecorderWhereThereIsOne) {
  Notes notes;
  Locks locks;
  this_thread_recorder = &notes;
  take_iolock_under_block_map(locks);
  this_thread_recorder = nullptr;
  const std::pair<std::uint64_t, std::uint64_t> map{spec::rank_of<spec::BlockMapLock>, 0},
      iolock{spec::rank_of<spec::Iolock>, 0};
  EXPECT_EQ(notes.wanted, (std::vector{map, iolock}));
}

}  // namespace
}  // namespace quire::impl
