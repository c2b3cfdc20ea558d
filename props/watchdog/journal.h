// What a process of the checker has begun, in memory that it shares with the process that watches
// it. So a case whose process crashes or hangs is known, and can be drawn again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quire::props {

/// The part of its work that a watched process is in.
enum class Phase : std::uint32_t {
  outside,  ///< of every case: it sets up, or takes down
  runs,     ///< a case that was drawn
  repeats,  ///< a case that ended another process
  shrinks   ///< a candidate of the shrinking
};

/// Text of limited length, in shared memory.
template <std::size_t N>
class SharedText {
 public:
  void set(std::string_view text) {
    const std::size_t length = text.copy(bytes_.data(), N);
    length_.store(length, std::memory_order_relaxed);
  }
  std::string get() const { return {bytes_.data(), length_.load(std::memory_order_relaxed)}; }

 private:
  std::array<char, N> bytes_{};
  std::atomic<std::size_t> length_{0};
};

/// One process writes. Another may read `beats`, `phase`, `cases` and `share` at any time, and the
/// rest once that process has ended.
struct Journal {
  using Number = std::uint64_t;
  static constexpr std::size_t kPathMax = 1024;

  std::atomic<Number> beats{0};  ///< grows with each step of the work: a hang is known by it
  std::atomic<Phase> phase{Phase::outside};
  std::atomic<Number> cases{0};  ///< begun so far
  std::atomic<Number> share{0};  ///< to be run
  std::atomic<Number> commands{0};
  std::atomic<Number> longest{0};  ///< the longest time between two beats within cases; ns

  // The case that was begun last.
  std::atomic<Number> number{0};  ///< among those of all processes
  std::atomic<Number> draw{0};    ///< how many were drawn before it from the same stream
  std::atomic<int> size{0};       ///< RapidCheck's
  SharedText<200> aim;            ///< the class of input that it aims at; may be empty

  // Its shrinking: at each level the index of the candidate that fails, then the one being tried.
  std::atomic<std::uint32_t> path_length{0};
  std::array<std::atomic<std::uint32_t>, kPathMax> path{};
  std::atomic<std::uint32_t> candidate{0};

  // Where it is in the case.
  std::atomic<Number> command{0};
  SharedText<32> side;                           ///< whose call runs: ref, impl, peer; may be empty
  std::atomic<bool> waits{false};                ///< for the lock that follows
  std::atomic<Number> rank{0}, key{0}, held{0};  ///< held: bit r, a lock of rank r
  SharedText<400> broken;  ///< the first clause that a step of this case has broken
};

/// The journal of this process; null where no other watches it.
inline Journal* journal_of_this_process = nullptr;

/// Says that the work goes on.
void journal_beat();

/// A case begins. The arguments are those of the journal's members.
void journal_case(
    std::uint64_t number, std::uint64_t draw = 0, int size = 0, std::string_view aim = {});
/// The case begins that ended another process.
void journal_repeats();
/// A candidate of the shrinking begins; it has failed.
void journal_candidate(std::uint32_t index);
void journal_accepted(std::uint32_t index);
/// The process is in no case any more.
void journal_outside();

/// A command of the case begins.
void journal_command(std::size_t number);

// Those that the judge calls are defined here: programs that judge alone do without the rest.

/// The call runs on this side.
inline void journal_side(std::string_view name) {
  if (journal_of_this_process != nullptr) journal_of_this_process->side.set(name);
}

/// A thread that holds the locks `held` begins to wait for a lock; it waits no longer.
inline void journal_wait(std::uint64_t rank, std::uint64_t key, std::uint64_t held) {
  if (journal_of_this_process == nullptr) return;
  Journal& j = *journal_of_this_process;
  j.rank.store(rank, std::memory_order_relaxed);
  j.key.store(key, std::memory_order_relaxed);
  j.held.store(held, std::memory_order_relaxed);
  j.waits.store(true, std::memory_order_relaxed);
}
inline void journal_waits_no_longer() {
  if (journal_of_this_process != nullptr)
    journal_of_this_process->waits.store(false, std::memory_order_relaxed);
}

/// A step has broken a clause: its sentence and its tag.
inline void journal_broken(std::string_view says, std::string_view source) {
  if (journal_of_this_process == nullptr) return;
  journal_of_this_process->broken.set(std::string(says) + " [" + std::string(source) + "]");
}

}  // namespace quire::props
