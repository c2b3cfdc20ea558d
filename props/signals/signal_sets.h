// The two signals that libquire takes, and sets of signals.
#pragma once

#include <signal.h>

#include <array>
#include <span>

namespace quire::props {

inline constexpr std::array kPassed{SIGSEGV, SIGBUS};

inline sigset_t set_of(std::span<const int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

inline bool same_set(const sigset_t& a, const sigset_t& b) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (::sigismember(&a, signal) != ::sigismember(&b, signal)) return false;
  }
  return true;
}

}  // namespace quire::props
