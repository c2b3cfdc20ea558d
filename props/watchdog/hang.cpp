// Reads processor time by the process's clock, and the states of its threads in /proc.
#include "props/watchdog/hang.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace quire::props {
namespace {

using Time = HangLimits::Time;
namespace fs = std::filesystem;

/// A longer pause between two looks counts as this: the watcher itself has got no processor.
constexpr Time kLookMax{0.3};

/// Processor time of all threads; 0 where it cannot be known.
Time cpu_time(pid_t process) {
  clockid_t clock{};
  timespec spent{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &spent) != 0)
    return Time{0};
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

struct ThreadState {
  char state = '?';               // as ps(1) prints it
  bool of_ring = false;           // a worker of io_uring, which wakes nobody who waits for a futex
  bool waits_for_thread = false;  // for a futex, or a signal, without a timeout
  bool waits_for_work = false;    // in poll(2) without a timeout
};

/// The call that a sleeping thread is in.
void read_call(const fs::path& thread, ThreadState& state) {
  std::ifstream file(thread / "syscall");
  long number = -1;
  if (!(file >> number)) return;
  std::vector<unsigned long> arguments;
  file >> std::hex;
  // An `0x` before the number is allowed in hex.
  for (unsigned long argument; arguments.size() < 6 && file >> argument;)
    arguments.push_back(argument);
  if (arguments.size() < 6) return;
#ifdef SYS_poll
  if (number == SYS_poll) state.waits_for_work = static_cast<int>(arguments[2]) < 0;
#endif
#ifdef SYS_pause
  if (number == SYS_pause) state.waits_for_thread = true;
#endif
  if (number == SYS_ppoll) state.waits_for_work = arguments[2] == 0;
  if (number != SYS_futex) return;
  const auto operation = arguments[1] & FUTEX_CMD_MASK;
  const bool waits = operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET ||
                     operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2;
  state.waits_for_thread = waits && arguments[3] == 0;
}

ThreadState state_of(const fs::path& thread) {
  ThreadState state;
  std::ifstream file(thread / "stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  const auto name_begin = text.find('(');
  if (name_end == text.npos || name_begin == text.npos || name_end + 2 >= text.size()) return state;
  state.state = text[name_end + 2];
  state.of_ring = text.compare(name_begin + 1, 4, "iou-") == 0;
  if (state.state == 'S') read_call(thread, state);
  return state;
}

std::vector<ThreadState> states_of(pid_t process) {
  std::vector<ThreadState> states;
  std::error_code error;
  for (const fs::directory_entry& thread :
       fs::directory_iterator(fmt::format("/proc/{}/task", process), error)) {
    states.push_back(state_of(thread.path()));
  }
  return states;
}

/// No thread runs, is ready to, or waits for a disk.
bool all_asleep(const std::vector<ThreadState>& states) {
  return !states.empty() &&
         std::ranges::all_of(states, [](const ThreadState& t) { return t.state == 'S'; });
}

/// All sleep, and only one of them could wake another.
bool all_wait_for_threads(const std::vector<ThreadState>& states) {
  const auto waits = [](const ThreadState& t) { return t.waits_for_thread; };
  const auto idle = [](const ThreadState& t) {
    return t.waits_for_thread || t.waits_for_work || t.of_ring;
  };
  return all_asleep(states) && std::ranges::any_of(states, waits) &&
         std::ranges::all_of(states, idle);
}

}  // namespace

std::optional<std::string> HangWatch::look() {
  const auto now = std::chrono::steady_clock::now();
  const Time passed = std::min<Time>(now - last_look_, kLookMax);
  last_look_ = now;
  const Time cpu = cpu_time(process_);
  const std::uint64_t beats = journal_.beats.load(std::memory_order_relaxed);
  if (beats != beats_) {
    beats_ = beats;
    cpu_at_beat_ = cpu_ = cpu;
    asleep_ = deadlocked_ = Time{0};
    return std::nullopt;
  }
  const bool stood_still = cpu == cpu_;
  cpu_ = cpu;
  const std::vector<ThreadState> states = states_of(process_);
  if (stood_still && all_asleep(states)) asleep_ += passed;
  deadlocked_ = stood_still && all_wait_for_threads(states) ? deadlocked_ + passed : Time{0};

  const bool outside = journal_.phase.load(std::memory_order_relaxed) == Phase::outside;
  if (limits_.deadlocked < deadlocked_) return "deadlock: every thread waits for another";
  if ((outside ? limits_.outside : limits_.asleep) < asleep_)
    return fmt::format("it has slept for {:.0f} s", asleep_.count());
  if (const Time spent = cpu - cpu_at_beat_;
      (outside ? limits_.outside : limits_.computing) < spent) {
    return fmt::format("it has computed for {:.0f} s", spent.count());
  }
  return std::nullopt;
}

}  // namespace quire::props
