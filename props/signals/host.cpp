#include "props/signals/host.h"

#include "props/signals/machine.h"
#include "props/signals/signal_sets.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace quire::props {
namespace {

constexpr std::array kTaken{SIGSEGV, SIGBUS, SIGTRAP, SIGUSR1};
bool same_action(const struct sigaction& a, const struct sigaction& b) {
  return a.sa_flags == b.sa_flags && a.sa_sigaction == b.sa_sigaction &&
         same_set(a.sa_mask, b.sa_mask);
}

}  // namespace

Host::Host(
    const SignalCase& c, const CopyMemory& copy_memory, const CopyCall& kernel, bool may_die,
    Observed& observed)
    : c_(c),
      copy_memory_(copy_memory),
      kernel_(kernel),
      may_die_(may_die),
      observed_(observed),
      thread_(static_cast<pid_t>(::syscall(SYS_gettid))),
      last_fault_(copy_memory.guard + 7) {
  for (std::size_t i = 0; i < kTaken.size(); ++i) ::sigaction(kTaken[i], nullptr, &before_[i]);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  Host::present = this;
}

Host::~Host() {
  for (std::size_t i = 0; i < kTaken.size(); ++i) ::sigaction(kTaken[i], &before_[i], nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  Host::present = nullptr;
}

void Host::run(const std::function<std::size_t()>& copy) {
  install();
  meet(Moment::before);
  copy_and_meet(copy);
  meet(Moment::after);
  look_back();
}

void Host::copy_and_meet(const std::function<std::size_t()>& copy) {
  const sigset_t passed = set_of(kPassed);
  if (c_.blocked) ::pthread_sigmask(SIG_BLOCK, &passed, nullptr);
  if (sigsetjmp(escape_, 1) == 0) {
    copying_ = true;
    const bool steps = next(Moment::at_step) < c_.befalls.size();
    if (steps) {
      tidy_frames_up();
      start_steps();
    }
    const std::size_t copied = copy();
    if (steps) end_steps();
    observed_.copied = copied;
    observed_.copy_returned = true;
  }
  copying_ = false;
  if (c_.blocked) ::pthread_sigmask(SIG_UNBLOCK, &passed, nullptr);
  // The copy was too short for these.
  meet(Moment::at_step);
  meet(Moment::waiting);
}

void Host::meet(Moment moment) {
  for (std::size_t i = next(moment); i < c_.befalls.size(); i = next(moment)) happen(i, {});
}

bool Host::awaits_pages() const {
  return std::ranges::any_of(
      c_.befalls, [](const Befalls& b) { return b.moment == Moment::waiting; });
}

std::size_t Host::next(Moment moment) const {
  std::size_t i = 0;
  while (i < c_.befalls.size() &&
         (c_.befalls[i].moment != moment || observed_.happened[i].order != 0))
    ++i;
  return i;
}

void Host::look_back() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  observed_.mask_kept = same_set(mask, mask_);
  observed_.actions_kept = true;
  for (const int signal : kPassed) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    observed_.actions_kept = observed_.actions_kept && same_action(now, on_top_[signal == SIGBUS]);
  }
  std::byte byte;
  const bool short_copies = c_.later != Later::on_top;
  observed_.ends_short_after = !short_copies || (observed_.actions_kept && observed_.mask_kept &&
                                                 kernel_(&byte, copy_memory_.guard + 9, 1) == 0);
  observed_.finished = true;
}

}  // namespace quire::props
