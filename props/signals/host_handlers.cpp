// The handlers of the host: they note what they see, and interrupt the copy.
#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/copy_portable.h"
#include "props/signals/host.h"
#include "props/signals/machine.h"
#include "props/signals/signal_sets.h"

#include <quire/fault_handler.h>

#include <unistd.h>

#include <cstring>
#include <utility>

namespace quire::props {
namespace {

struct Position {
  bool in_copy, in_byte_loop;
};

Position position_of(std::uintptr_t instruction) {
  for (const impl::CopyEngine& engine : impl::copy_engines()) {
    const auto base = reinterpret_cast<std::intptr_t>(engine.ranges.data());
    for (const impl::FaultRange& range : engine.ranges) {
      const auto at = static_cast<std::intptr_t>(instruction) - base;
      if (range.begin <= at && at < range.end) return {true, range.end == range.fixup};
    }
  }
  return {impl::is_portable_instruction(instruction), false};
}

}  // namespace

struct HostHandlers {
  static void note(Handler handler, int signal, const siginfo_t* info) {
    Host& host = *Host::present;
    Observed& o = host.observed_;
    if (o.count == Observed::kMax) {
      o.overflowed = true;
      // A fault that nobody ends would come for ever.
      if (host.copying_) ::siglongjmp(host.escape_, 1);
      ::_exit(1);
    }
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    o.seen[o.count++] = {
        .handler = handler,
        .signal = signal,
        .has_info = info != nullptr,
        .info = info != nullptr ? SentInfo::of(*info) : SentInfo{},
        .blocks_itself = ::sigismember(&blocked, signal) == 1,
        .blocks_usr2 = ::sigismember(&blocked, SIGUSR2) == 1};
  }

  /// Ends the host's own fault, if this is one.
  static void end_fault(void* context) {
    const std::uintptr_t resume = std::exchange(Host::present->resume_, 0);
    if (resume == 0) return;
    if (context == nullptr) ::siglongjmp(Host::present->back_, 1);
    go_on_at(*static_cast<ucontext_t*>(context), resume);
  }

  static void info(int signal, siginfo_t* info, void* context) {
    if (Host::present == nullptr) return void(::signal(signal, SIG_DFL));
    note(Handler::host, signal, info);
    end_fault(context);
  }
  static void plain(int signal) {
    if (Host::present == nullptr) return void(::signal(signal, SIG_DFL));
    note(Handler::host, signal, nullptr);
    end_fault(nullptr);
  }
  static void later(int signal, siginfo_t* info, void* context) {
    if (Host::present == nullptr) return void(::signal(signal, SIG_DFL));
    note(Handler::later, signal, info);
    const Later kind = Host::present->c_.later;
    if (kind == Later::below || kind == Later::on_top) return end_fault(context);
    Host::present->below_later_[signal == SIGBUS].sa_sigaction(signal, info, context);
  }

  static void interrupt(Moment moment, void* context) {
    Host& host = *Host::present;
    const auto& machine = *static_cast<ucontext_t*>(context);
    const Position at = position_of(instruction_of(machine));
    const void* const faulted = moment == Moment::waiting ? last_page_fault(machine) : nullptr;
    host.happen(host.next(moment), {at.in_copy, at.in_byte_loop, byte_at(machine), faulted});
  }
  static void step(int, siginfo_t*, void* context) {
    auto& machine = *static_cast<ucontext_t*>(context);
    if (Host::present == nullptr || !Host::present->copying_) return end_steps(machine);
    Host& host = *Host::present;
    const std::size_t next = host.next(Moment::at_step);
    // Of a kernel only its own count: a sanitized build calls others in between. Of a call all do.
    const bool counts = host.c_.by_call || position_of(instruction_of(machine)).in_copy;
    if (counts && next < host.c_.befalls.size() && host.c_.befalls[next].step < ++host.steps_)
      interrupt(Moment::at_step, context);
    if (host.next(Moment::at_step) == host.c_.befalls.size()) end_steps(machine);
  }
  static void relayed(int, siginfo_t*, void* context) {
    if (Host::present == nullptr ||
        Host::present->next(Moment::waiting) == Host::present->c_.befalls.size())
      return;
    interrupt(Moment::waiting, context);
  }
};

void Host::install() {
  struct sigaction interrupts {};
  interrupts.sa_flags = SA_SIGINFO;
  // What a handler sends comes once it has returned.
  interrupts.sa_mask = set_of(kPassed);
  interrupts.sa_sigaction = HostHandlers::step;
  ::sigaction(SIGTRAP, &interrupts, nullptr);
  interrupts.sa_sigaction = HostHandlers::relayed;
  ::sigaction(SIGUSR1, &interrupts, nullptr);

  struct sigaction action {};
  switch (c_.host.kind) {
    case HostAction::Kind::siginfo:
      action.sa_flags = SA_SIGINFO;
      action.sa_sigaction = HostHandlers::info;
      break;
    case HostAction::Kind::plain: action.sa_handler = HostHandlers::plain; break;
    case HostAction::Kind::ignores: action.sa_handler = SIG_IGN; break;
    case HostAction::Kind::by_default: action.sa_handler = SIG_DFL; break;
  }
  action.sa_flags |=
      (c_.host.no_defer ? SA_NODEFER : 0) | (c_.host.once ? static_cast<int>(SA_RESETHAND) : 0);
  if (c_.host.masks) ::sigaddset(&action.sa_mask, SIGUSR2);
  for (const int signal : kPassed) ::sigaction(signal, &action, nullptr);
  quire::install_fault_handler();
  // The thread's last fault is the same for a case that is drawn again.
  std::byte byte;
  if (kernel_(&byte, last_fault_, 1) != 0) ++observed_.wrong_copies;

  struct sigaction later {};
  later.sa_flags = SA_SIGINFO;
  later.sa_sigaction = HostHandlers::later;
  if (c_.later != Later::none) {
    for (const int signal : kPassed) ::sigaction(signal, &later, &below_later_[signal == SIGBUS]);
  }
  if (c_.later == Later::below || c_.later == Later::below_hands) quire::install_fault_handler();
  for (const int signal : kPassed) ::sigaction(signal, nullptr, &on_top_[signal == SIGBUS]);
}

}  // namespace quire::props
