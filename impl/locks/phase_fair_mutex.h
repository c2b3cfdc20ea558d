// A reader-writer lock under which no thread is overtaken without bound.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace quire::impl {

/// A phase-fair reader-writer lock with an intent mode. One writer at a time is the owner; it
/// holds the lock in one of two modes:
///
///   exclusive   the gate is closed: a new reader waits, and none is inside
///   intent      the gate is open: readers come and go, other writers wait
///
/// - A reader waits for one exclusive phase at most: the end of each lets in every reader that
///   waits, before any other writer.
/// - A writer waits in a queue, first in, first out. While writers wait for an owner that is gone,
///   the gate stays closed, so that no new reader passes them. Of writers that have not queued,
///   kOvertakesMax at most may pass the first of the queue; handing the lock to a sleeping thread
///   each time would be slow.
///
/// Not recursive, for readers either. Without contention each call makes one atomic
/// read-modify-write. At most 2^18 - 1 threads at a time.
class PhaseFairMutex {
 public:
  static constexpr std::uint32_t kOvertakesMax = 15;

  /// Takes the exclusive mode.
  void lock() {
    Word seen = state_.load(std::memory_order_relaxed);
    while ((seen & (kOwned | kQueued)) == 0) {
      if (state_.compare_exchange_weak(
              seen, seen | kOwned | kClosed, std::memory_order_acquire,
              std::memory_order_relaxed)) {
        if ((seen & kReaders) != 0) drain();
        return;
      }
    }
    lock_contended();
  }

  /// Leaves the exclusive mode.
  void unlock() {
    Word seen = state_.load(std::memory_order_relaxed);
    Word next;
    do {
      next = admitted(seen) & ~(kOwned | ((seen & kQueued) == 0 ? kClosed : 0));
    } while (!state_.compare_exchange_weak(
        seen, next, std::memory_order_release, std::memory_order_relaxed));
    if ((seen & kWaiting) != 0) wake_readers();
    if ((seen & kQueued) != 0) wake_first_writer();
  }

  /// Takes the lock for reading.
  void lock_shared() {
    Word seen = state_.load(std::memory_order_relaxed);
    while ((seen & kClosed) == 0) {
      if (state_.compare_exchange_weak(
              seen, seen + kOneReader, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
    }
    lock_shared_contended();
  }

  void unlock_shared() {
    const Word seen = state_.fetch_sub(kOneReader, std::memory_order_release);
    if ((seen & kClosed) != 0 && (seen & kReaders) == kOneReader) wake_drainer();
  }

  /// Takes the intent mode. A thread that has to wait for other writers waits for the readers that
  /// are inside then, too.
  void lock_intent() {
    Word seen = state_.load(std::memory_order_relaxed);
    while ((seen & (kOwned | kClosed)) == 0) {
      if (state_.compare_exchange_weak(
              seen, seen | kOwned, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
    }
    lock();
    downgrade();
  }

  /// Leaves the intent mode.
  void unlock_intent() {
    Word seen = state_.load(std::memory_order_relaxed);
    Word next;
    do {
      next = (seen & ~kOwned) | ((seen & kQueued) != 0 ? kClosed : 0);
    } while (!state_.compare_exchange_weak(
        seen, next, std::memory_order_release, std::memory_order_relaxed));
    if ((seen & kQueued) != 0) wake_first_writer();
  }

  /// From the exclusive to the intent mode. Lets in at once every reader that waits.
  void downgrade() {
    Word seen = state_.load(std::memory_order_relaxed);
    while (!state_.compare_exchange_weak(
        seen, admitted(seen) & ~kClosed, std::memory_order_release, std::memory_order_relaxed)) {
    }
    if ((seen & kWaiting) != 0) wake_readers();
  }

  /// From the intent to the exclusive mode: waits for the readers that are inside. Readers that
  /// come later wait, and so do other writers.
  void upgrade() {
    if ((state_.fetch_or(kClosed, std::memory_order_acquire) & kReaders) != 0) drain();
  }

  // For threads that take turns and never sleep. Each returns at once, with whether it is done;
  // lock() is try_own() and then drained(). A try_upgrade() that is not done has closed the gate.
  bool try_own() { return claim(kOwned, kOwned | kClosed); }
  bool drained() const { return (state_.load(std::memory_order_acquire) & kReaders) == 0; }
  bool try_lock_intent() { return claim(kOwned | kClosed, kOwned); }
  bool try_lock_shared() {
    Word seen = state_.load(std::memory_order_relaxed);
    return (seen & kClosed) == 0 &&
           state_.compare_exchange_strong(seen, seen + kOneReader, std::memory_order_acquire);
  }
  bool try_upgrade() {
    return (state_.fetch_or(kClosed, std::memory_order_acquire) & kReaders) == 0;
  }

  // For tests: the state a moment ago.
  bool closed() const { return (state_.load() & kClosed) != 0; }
  std::uint64_t readers_inside() const { return (state_.load() & kReaders) / kOneReader; }
  std::uint64_t readers_waiting() const { return (state_.load() & kWaiting) / kOneWaiting; }
  std::uint64_t writers_queued() const { return (state_.load() & kQueued) / kOneQueued; }
  std::uint32_t tickets_drawn() const { return next_ticket_.load(); }

 private:
  using Word = std::uint64_t;
  static constexpr int kCountBits = 18;
  static constexpr Word kCount = (Word{1} << kCountBits) - 1;
  static constexpr Word kOneReader = 1;  // a reader inside, or let in and not yet awake
  static constexpr Word kReaders = kCount * kOneReader;
  static constexpr Word kOneWaiting = Word{1} << kCountBits;  // a reader before the closed gate
  static constexpr Word kWaiting = kCount * kOneWaiting;
  static constexpr Word kOneQueued = Word{1} << (2 * kCountBits);  // a writer in the queue
  static constexpr Word kQueued = kCount * kOneQueued;
  static constexpr Word kOneOvertake = Word{1} << (3 * kCountBits);  // of the first in the queue
  static constexpr Word kOvertakes = kOvertakesMax * kOneOvertake;
  static constexpr Word kPhase = Word{1} << 61;  // changes when waiting readers are let in
  static constexpr Word kOwned = Word{1} << 62;
  static constexpr Word kClosed = Word{1} << 63;  // the gate; always while unowned with a queue
  static_assert((kOvertakes & (kQueued | kPhase)) == 0 && kOvertakes < kPhase);

  /// The state with the readers that wait inside. Only an owner in the exclusive mode lets readers
  /// in: every reader of the phase before has left, so one bit tells the phases apart.
  static Word admitted(Word state) {
    const Word waiting = state & kWaiting;
    if (waiting == 0) return state;
    return ((state & ~kWaiting) + waiting / kOneWaiting * kOneReader) ^ kPhase;
  }

  /// Sets bits of the state unless one of `unless` is set.
  bool claim(Word unless, Word bits) {
    Word seen = state_.load(std::memory_order_relaxed);
    return (seen & unless) == 0 &&
           state_.compare_exchange_strong(seen, seen | bits, std::memory_order_acquire);
  }

  void lock_contended();
  void lock_queued();
  void lock_shared_contended();
  void drain();
  void wake_readers();
  void wake_first_writer();
  void wake_drainer();

  std::atomic<Word> state_{0};
  // Words to sleep on, each changed after the state that its sleepers wait for.
  std::atomic<std::uint32_t> admissions_{0};  // readers before the gate
  std::atomic<std::uint32_t> departures_{0};  // the owner, until the last reader has left
  std::atomic<std::uint32_t> releases_{0};    // the first writer of the queue
  // The queue: the writer with ticket t is the first when turns_[t % size] is t. Several words, so
  // that a turn wakes few of a long queue.
  std::atomic<std::uint32_t> next_ticket_{0};
  std::array<std::atomic<std::uint32_t>, 8> turns_{};
};

}  // namespace quire::impl
