#include "impl/locks/phase_fair_mutex.h"

namespace quire::impl {
namespace {

/// Sleeps on `word` until done() is true. The thread that makes it true changes `word` after that.
template <class Done>
void sleep_until(std::atomic<std::uint32_t>& word, Done done) {
  for (;;) {
    const std::uint32_t seen = word.load(std::memory_order_acquire);
    if (done()) return;
    word.wait(seen, std::memory_order_relaxed);
  }
}

}  // namespace

void PhaseFairMutex::lock_contended() {
  Word seen = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool passes = (seen & kOwned) == 0 && (seen & kOvertakes) != kOvertakes;
    const Word overtakes = (seen & kQueued) != 0 ? kOneOvertake : 0;
    const Word next = passes ? (seen + overtakes) | kOwned | kClosed : seen + kOneQueued;
    if (!state_.compare_exchange_weak(
            seen, next, std::memory_order_acquire, std::memory_order_relaxed)) {
      continue;
    }
    if (!passes) lock_queued();
    if (!passes || (seen & kReaders) != 0) drain();
    return;
  }
}

void PhaseFairMutex::lock_queued() {
  const std::uint32_t ticket = next_ticket_.fetch_add(1, std::memory_order_relaxed);
  std::atomic<std::uint32_t>& turn = turns_[ticket % turns_.size()];
  sleep_until(turn, [&] { return turn.load(std::memory_order_acquire) == ticket; });
  sleep_until(releases_, [&] {
    Word seen = state_.load(std::memory_order_relaxed);
    while ((seen & kOwned) == 0) {
      const Word next = ((seen - kOneQueued) & ~kOvertakes) | kOwned | kClosed;
      if (state_.compare_exchange_weak(
              seen, next, std::memory_order_acquire, std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  });
  std::atomic<std::uint32_t>& next_turn = turns_[(ticket + 1) % turns_.size()];
  next_turn.store(ticket + 1, std::memory_order_release);
  next_turn.notify_all();
}

void PhaseFairMutex::lock_shared_contended() {
  Word seen = state_.load(std::memory_order_relaxed);
  bool waits;
  do {
    waits = (seen & kClosed) != 0;
  } while (!state_.compare_exchange_weak(
      seen, seen + (waits ? kOneWaiting : kOneReader), std::memory_order_acquire,
      std::memory_order_relaxed));
  if (!waits) return;
  sleep_until(
      admissions_, [&] { return ((state_.load(std::memory_order_acquire) ^ seen) & kPhase) != 0; });
}

void PhaseFairMutex::drain() {
  sleep_until(
      departures_, [&] { return (state_.load(std::memory_order_acquire) & kReaders) == 0; });
}

void PhaseFairMutex::wake_readers() {
  admissions_.fetch_add(1, std::memory_order_release);
  admissions_.notify_all();
}

void PhaseFairMutex::wake_first_writer() {
  releases_.fetch_add(1, std::memory_order_release);
  releases_.notify_one();
}

void PhaseFairMutex::wake_drainer() {
  departures_.fetch_add(1, std::memory_order_release);
  departures_.notify_one();
}

}  // namespace quire::impl
