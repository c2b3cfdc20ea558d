// RLIMIT_FSIZE and its signal, for a while.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>

#include <sys/resource.h>

namespace quire::props {

/// Holds SIGXFSZ back in this thread as long as it lives, so that a call which meets the limit
/// answers EFBIG and does not end the process; whether the signal came can be asked. The limit
/// itself is the process's: no other thread may grow a file meanwhile. Use in one thread.
class SizeLimit {
 public:
  SizeLimit();
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  /// Restores the earlier limit and signal mask.
  ~SizeLimit();

  /// Sets the soft limit to `bytes`, or to what it was. Throws std::system_error.
  void set(std::optional<std::uint64_t> bytes);

  /// Whether SIGXFSZ has come since the last call of this.
  bool take_signal();

 private:
  sigset_t mask_{};
  rlimit before_{};
};

}  // namespace quire::props
