// The locks of libquire: each knows its class in the lock order of spec/locks/order.h.
#pragma once

#include "impl/locks/lock_order.h"
#include "impl/locks/lock_owner.h"
#include "impl/locks/phase_fair_mutex.h"
#include "impl/locks/rank_guard.h"
#include "impl/locks/thread_safety.h"
#include "impl/record.h"
#include "spec/locks/order.h"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace quire::impl {

/// Reports to the thread's recorder; where it has none, checks the order at once.
template <class LockClass>
void record_wanted([[maybe_unused]] std::uint64_t key = 0) {
  if constexpr (kRecorded) {
    constexpr std::uint64_t rank = spec::rank_of<LockClass>;
    if (!is_watched()) return this_thread_ranks.wanted(rank, key);
    record([&](auto& r) { r.lock_wanted(rank, key); });
  }
}
template <class LockClass>
void record_taken([[maybe_unused]] std::uint64_t key = 0) {
  if constexpr (kRecorded) {
    constexpr std::uint64_t rank = spec::rank_of<LockClass>;
    if (!is_watched()) return this_thread_ranks.taken(rank, key);
    record([&](auto& r) { r.lock_taken(rank, key); });
  }
}
template <class LockClass>
void record_dropped([[maybe_unused]] std::uint64_t key = 0) {
  if constexpr (kRecorded) {
    constexpr std::uint64_t rank = spec::rank_of<LockClass>;
    if (!is_watched()) return this_thread_ranks.dropped(rank, key);
    record([&](auto& r) { r.lock_dropped(rank, key); });
  }
}

/// Takes a lock: sleeps in wait(), or, where the thread takes turns (Turns), repeats try_take()
/// until that returns true. In the production build, wait() alone.
template <class LockClass, class TryTake, class Wait>
void take([[maybe_unused]] std::uint64_t key, [[maybe_unused]] TryTake&& try_take, Wait&& wait) {
  const bool taken = in_turns([&](auto& turns) {
    while (!try_take()) turns.wait(spec::rank_of<LockClass>, key);
  });
  if (!taken) wait();
}

/// A mutex of one lock class.
template <class LockClass>
class QUIRE_CAPABILITY("mutex") Mutex {
 public:
  void lock() QUIRE_ACQUIRE() {
    record_wanted<LockClass>();
    take<LockClass>(
        0, [&] { return mutex_.try_lock(); }, [&] { mutex_.lock(); });
    record_taken<LockClass>();
  }
  /// Never blocks, and so is exempt from the lock order (LK-1).
  bool try_lock() QUIRE_TRY_ACQUIRE(true) {
    const bool taken = mutex_.try_lock();
    if (taken) record_taken<LockClass>();
    return taken;
  }
  void unlock() QUIRE_RELEASE() {
    mutex_.unlock();
    record_dropped<LockClass>();
  }

 private:
  std::mutex mutex_;
};

/// A mutex of one lock class that readers share. Its owner may let readers in for a while: see
/// PhaseFairMutex for the modes and for who goes first.
template <class LockClass>
class QUIRE_CAPABILITY("mutex") SharedMutex {
 public:
  void lock() QUIRE_ACQUIRE() {
    record_wanted<LockClass>();
    take<LockClass>(
        0, [&] { return mutex_.try_own(); }, [&] { mutex_.lock(); });
    take<LockClass>(
        0, [&] { return mutex_.drained(); }, [] {});
    record_taken<LockClass>();
  }
  void unlock() QUIRE_RELEASE() {
    mutex_.unlock();
    record_dropped<LockClass>();
  }
  void lock_shared() QUIRE_ACQUIRE_SHARED() {
    record_wanted<LockClass>();
    take<LockClass>(
        0, [&] { return mutex_.try_lock_shared(); }, [&] { mutex_.lock_shared(); });
    record_taken<LockClass>();
  }
  void unlock_shared() QUIRE_RELEASE_SHARED() {
    mutex_.unlock_shared();
    record_dropped<LockClass>();
  }
  /// Keeps other writers out and lets readers in. For clang's analysis the owner is a reader.
  void lock_intent() QUIRE_ACQUIRE_SHARED() {
    record_wanted<LockClass>();
    take<LockClass>(
        0, [&] { return mutex_.try_lock_intent(); }, [&] { mutex_.lock_intent(); });
    record_taken<LockClass>();
  }
  void unlock_intent() QUIRE_RELEASE_SHARED() {
    mutex_.unlock_intent();
    record_dropped<LockClass>();
  }
  /// From exclusive to intent. Never waits.
  void downgrade() QUIRE_RELEASE() QUIRE_ACQUIRE_SHARED() { mutex_.downgrade(); }
  /// From intent to exclusive. It waits for readers, and so must stand in the lock order as lock()
  /// does.
  void upgrade() QUIRE_RELEASE_SHARED() QUIRE_ACQUIRE() {
    record_dropped<LockClass>();
    record_wanted<LockClass>();
    take<LockClass>(
        0, [&] { return mutex_.try_upgrade(); }, [&] { mutex_.upgrade(); });
    record_taken<LockClass>();
  }

 private:
  PhaseFairMutex mutex_;
};

/// Holds a Mutex or a SharedMutex for writing, to the end of the scope.
template <class M>
class QUIRE_SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(M& mutex) QUIRE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  /// For one that the caller has locked.
  Lock(M& mutex, std::adopt_lock_t) QUIRE_REQUIRES(mutex) : mutex_(mutex) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() QUIRE_RELEASE() { mutex_.unlock(); }

 private:
  M& mutex_;
};

/// Holds a SharedMutex for reading, to the end of the scope.
template <class M>
class QUIRE_SCOPED_CAPABILITY SharedLock {
 public:
  explicit SharedLock(M& mutex) QUIRE_ACQUIRE_SHARED(mutex) : mutex_(mutex) {
    mutex_.lock_shared();
  }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;
  ~SharedLock() QUIRE_RELEASE_GENERIC() { mutex_.unlock_shared(); }

 private:
  M& mutex_;
};

/// Holds a SharedMutex in the intent mode, to the end of the scope.
template <class M>
class QUIRE_SCOPED_CAPABILITY IntentLock {
 public:
  explicit IntentLock(M& mutex) QUIRE_ACQUIRE_SHARED(mutex) : mutex_(mutex) {
    mutex_.lock_intent();
  }
  IntentLock(const IntentLock&) = delete;
  IntentLock& operator=(const IntentLock&) = delete;
  ~IntentLock() QUIRE_RELEASE_GENERIC() { mutex_.unlock_intent(); }

 private:
  M& mutex_;
};

/// Downgrades a SharedMutex that the thread holds exclusively, and upgrades it at the end of the
/// scope: for a wait that readers need not share.
template <class M>
class QUIRE_SCOPED_CAPABILITY AdmitReaders {
 public:
  explicit AdmitReaders(M& mutex) QUIRE_RELEASE(mutex) QUIRE_ACQUIRE_SHARED(mutex) : mutex_(mutex) {
    mutex_.downgrade();
  }
  AdmitReaders(const AdmitReaders&) = delete;
  AdmitReaders& operator=(const AdmitReaders&) = delete;
  /// In the recorded build a wait for a lock may throw (Turns).
  ~AdmitReaders() noexcept(!kRecorded) QUIRE_RELEASE_GENERIC() { mutex_.upgrade(); }

 private:
  M& mutex_;
};

/// Upgrades a SharedMutex that the thread holds in the intent mode, and downgrades it at the end of
/// the scope.
template <class M>
class QUIRE_SCOPED_CAPABILITY ExcludeReaders {
 public:
  explicit ExcludeReaders(M& mutex) QUIRE_RELEASE_SHARED(mutex) QUIRE_ACQUIRE(mutex)
      : mutex_(mutex) {
    mutex_.upgrade();
  }
  ExcludeReaders(const ExcludeReaders&) = delete;
  ExcludeReaders& operator=(const ExcludeReaders&) = delete;
  ~ExcludeReaders() QUIRE_RELEASE() { mutex_.downgrade(); }

 private:
  M& mutex_;
};

/// Stands for the caller's memory, which a thread may have to wait for.
class QUIRE_CAPABILITY("memory") CallersMemory {};
extern QUIRE_ACQUIRED_AFTER(order::UserMemoryBegins)
    QUIRE_ACQUIRED_BEFORE(order::UserMemoryEnds) CallersMemory callers_memory;

/// To the end of the scope the thread may wait for a page of the caller's memory.
class QUIRE_SCOPED_CAPABILITY MemoryWait {
 public:
  MemoryWait() QUIRE_ACQUIRE(callers_memory) { record_wanted<spec::UserMemory>(); }
  MemoryWait(const MemoryWait&) = delete;
  MemoryWait& operator=(const MemoryWait&) = delete;
  ~MemoryWait() QUIRE_RELEASE() {}
};

/// The lock of one folio: a word that waiters sleep on. The number that a batch holds is known only
/// at run time, so the recorder and the proofs check that they ascend, not clang's analysis.
class QUIRE_CAPABILITY("mutex") FolioMutex {
 public:
  /// key: the folio's first byte in the file.
  void lock(std::uint64_t key) QUIRE_ACQUIRE() {
    record_wanted<spec::FolioLock>(key);
    take<spec::FolioLock>(
        key, [&] { return try_hold(); }, [&] { hold(); });
    owner_.taken();
    record_taken<spec::FolioLock>(key);
  }

  /// Never blocks, and so is exempt from the lock order (LK-1).
  bool try_lock(std::uint64_t key) QUIRE_TRY_ACQUIRE(true) {
    const bool taken = try_hold();
    if (taken) {
      owner_.taken();
      record_taken<spec::FolioLock>(key);
    }
    return taken;
  }

  void unlock(std::uint64_t key) QUIRE_RELEASE() {
    owner_.dropped();
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) state_.notify_one();
    record_dropped<spec::FolioLock>(key);
  }

  /// For a caller that got it locked: informs clang's analysis. In the recorded build, ends the
  /// program if the calling thread does not hold it.
  void assert_held() const QUIRE_ASSERT_CAPABILITY(this) { owner_.assert_this_thread(); }

 private:
  friend struct Innards;

  static constexpr std::uint32_t kFree = 0, kHeld = 1, kAwaited = 2;

  bool try_hold() {
    std::uint32_t seen = kFree;
    return state_.compare_exchange_strong(seen, kHeld, std::memory_order_acquire);
  }
  void hold() {
    if (try_hold()) return;
    // A thread that found it held marks it as awaited, so that unlock() wakes a waiter.
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) {
      state_.wait(kAwaited, std::memory_order_relaxed);
    }
  }

  std::atomic<std::uint32_t> state_{kFree};
  [[no_unique_address]] LockOwner<kRecorded> owner_;
};
static_assert(kRecorded || sizeof(FolioMutex) == sizeof(std::uint32_t));

}  // namespace quire::impl
