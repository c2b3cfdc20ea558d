// Whether a process hangs: it has deadlocked, sleeps without end, or computes without end.
#pragma once

#include "props/watchdog/journal.h"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace quire::props {

/// How long a process may go on without a beat of its journal. Time in which it was ready to run
/// and got no processor, or waited for a disk, is not counted: a busy machine gives no false alarm.
struct HangLimits {
  using Time = std::chrono::duration<double>;

  /// While each of its threads waits for another: only a futex(2) without a timeout counts, and no
  /// other process can end that.
  Time deadlocked{1};
  Time asleep{60};     ///< each thread sleeps, and not for a disk
  Time computing{60};  ///< of processor time
  Time outside{1800};  ///< instead of the latter two, outside of every case
};

/// Follows one process. For the process that made it.
class HangWatch {
 public:
  /// journal: the process's; must outlive this object.
  HangWatch(pid_t process, const Journal& journal, const HangLimits& limits)
      : process_(process), journal_(journal), limits_(limits) {}

  /// To be called about ten times a second. How the process hangs, once it does.
  std::optional<std::string> look();

 private:
  using Time = HangLimits::Time;

  pid_t process_;
  const Journal& journal_;
  HangLimits limits_;
  std::uint64_t beats_ = ~std::uint64_t{0};
  std::chrono::steady_clock::time_point last_look_{};
  Time cpu_at_beat_{0}, cpu_{0};
  Time asleep_{0}, deadlocked_{0};  // since the last beat
};

}  // namespace quire::props
