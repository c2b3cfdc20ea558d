// The SIGSEGV and SIGBUS handler: short counts for the copy kernels, everything else passed on.
#include "impl/user_memory/copy/fault_handler.h"

#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/copy_portable.h"
#include "impl/user_memory/copy/fault_cause.h"
#include "impl/user_memory/copy/fault_watch.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#pragma weak dladdr1
#pragma weak dlopen

namespace quire::impl {
namespace {

/// An action that ours replaced. Never destroyed: a handler may be reading it.
struct Replaced {
  struct sigaction action {};
  Replaced* older = nullptr;
  Replaced* other = nullptr;       ///< the same handler as it stood here before
  std::atomic<bool> spent{false};  ///< SA_RESETHAND, and it has run
};

/// The actions replaced so far, the newest first; null until the first installation.
constinit std::atomic<Replaced*> replaced_segv{nullptr};
constinit std::atomic<Replaced*> replaced_bus{nullptr};

std::atomic<Replaced*>& newest_replaced(int signal) {
  return signal == SIGBUS ? replaced_bus : replaced_segv;
}

#if defined(__x86_64__)

std::uintptr_t instruction_of(const ucontext_t& machine) {
  return static_cast<std::uintptr_t>(machine.uc_mcontext.gregs[REG_RIP]);
}

/// Moves a thread that faulted inside a kernel to where that kernel handles it.
bool fix_up(Cause cause, const siginfo_t& info, ucontext_t& machine) {
  auto& registers = machine.uc_mcontext.gregs;
  greg_t& at = registers[REG_RIP];
  for (const CopyEngine& engine : copy_engines()) {
    const auto base = reinterpret_cast<greg_t>(engine.ranges.data());
    for (const FaultRange& range : engine.ranges) {
      if (at >= base + range.begin && at < base + range.end) {
        // The loop over bytes, which ends at its fixup, is at one byte; a block may be at any,
        // since the last one overlaps those before it.
        const bool by_bytes = range.fixup == range.end;
        const greg_t before = by_bytes ? 0 : registers[REG_RAX] - registers[REG_RDX];
        const greg_t n = by_bytes ? 1 : registers[REG_RAX];
        const auto touches = [&](greg_t block) {
          return may_be_at(
              info, static_cast<std::uintptr_t>(block - before), static_cast<std::size_t>(n));
        };
        if (!touches(registers[REG_RSI]) && !touches(registers[REG_RDI])) return false;
        if (cause != Cause::poison) at = base + range.fixup;
        return true;
      }
    }
  }
  return false;
}

#else

#if defined(__aarch64__)
std::uintptr_t instruction_of(const ucontext_t& machine) { return machine.uc_mcontext.pc; }
#else
/// Not known; as if it were the copy's.
std::uintptr_t instruction_of(const ucontext_t&) { return portable_instructions().first; }
#endif

bool fix_up(Cause, const siginfo_t&, ucontext_t&) { return false; }

#endif

/// Jumps back into the portable copy that this thread is in, if the fault is that copy's. The
/// instruction decides first: a handler that interrupts the copy may fault at the same address.
bool leave_portable_copy(Cause cause, const siginfo_t& info, const ucontext_t& machine) {
  RecoveryPoint* point = recovery_point;
  if (point == nullptr || !is_portable_instruction(instruction_of(machine))) return false;
  const std::size_t before = point->by_bytes ? point->copied : 0;
  const std::size_t n = point->by_bytes ? 1 : point->n;
  if (!may_be_at(info, point->from + before, n) && !may_be_at(info, point->to + before, n))
    return false;
  if (cause == Cause::poison) return true;
  pthread_sigmask(SIG_SETMASK, &machine.uc_sigmask, nullptr);
  siglongjmp(point->back, 1);
}

void die_by_default(int signal, Cause cause) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
  // A fault happens again on return, with the registers a core dump should show; a signal that was
  // sent does not.
  if (cause != Cause::fault) raise(signal);
}

void call(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  sigset_t blocked = action.sa_mask;
  if ((action.sa_flags & SA_NODEFER) == 0) sigaddset(&blocked, signal);
  // Undone by the return from our handler, which restores the mask of the interrupted code.
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

/// How often this delivery of a signal has been passed on, which the replaced handlers carry along
/// by handing on `info`. The last byte of siginfo_t is padding that the system clears (Linux 4.20
/// and later); a thread-local count would go wrong when a handler leaves by siglongjmp().
unsigned char& times_passed_on(siginfo_t* info) {
  return reinterpret_cast<unsigned char*>(info)[sizeof(siginfo_t) - 1];
}

void pass_on(int signal, Cause cause, siginfo_t* info, void* context) {
  Replaced* next = newest_replaced(signal).load(std::memory_order_acquire);
  for (int skip = times_passed_on(info)++; skip > 0 && next != nullptr; --skip) next = next->older;
  if (next == nullptr) return die_by_default(signal, cause);

  const struct sigaction& action = next->action;
  const bool is_plain = (action.sa_flags & SA_SIGINFO) == 0;
  if (is_plain && action.sa_handler == SIG_IGN) {
    // Poison comes again, as a fault, if it is none that was only sent.
    if (cause != Cause::sent && cause != Cause::poison) die_by_default(signal, cause);
  } else if (
      (is_plain && action.sa_handler == SIG_DFL) ||
      ((action.sa_flags & SA_RESETHAND) != 0 && next->spent.exchange(true))) {
    die_by_default(signal, cause);
  } else {
    call(action, signal, info, context);
  }
}

void on_signal(int signal, siginfo_t* info, void* context) {
  const int interrupted_errno = errno;
  auto& machine = *static_cast<ucontext_t*>(context);
  const Cause cause = cause_of(signal, *info, machine);
  if (cause != Cause::sent) {
    if (fix_up(cause, *info, machine)) return;
    if (leave_portable_copy(cause, *info, machine)) return;
  }
  pass_on(signal, cause, info, context);
  errno = interrupted_errno;
}

bool same_handler(const struct sigaction& a, const struct sigaction& b) {
  if (((a.sa_flags ^ b.sa_flags) & SA_SIGINFO) != 0) return false;
  return (a.sa_flags & SA_SIGINFO) != 0 ? a.sa_sigaction == b.sa_sigaction
                                        : a.sa_handler == b.sa_handler;
}

bool same_mask(const sigset_t& a, const sigset_t& b) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (sigismember(&a, signal) != sigismember(&b, signal)) return false;
  }
  return true;
}

bool same_action(const struct sigaction& a, const struct sigaction& b) {
  return same_handler(a, b) && a.sa_flags == b.sa_flags && same_mask(a.sa_mask, b.sa_mask);
}

/// Memory for what take_over() remembers of one signal: the action it finds, and another that a
/// thread may put there meanwhile.
struct Spares {
  std::unique_ptr<Replaced> first{new (std::nothrow) Replaced}, second{new (std::nothrow) Replaced};

  explicit operator bool() const { return first != nullptr && second != nullptr; }
};

/// Takes the action out of those of its handler that `newest` leads to; null if it is not there.
/// Only installations read these links, one at a time.
Replaced* take_out(Replaced* newest, const struct sigaction& action) {
  for (Replaced** link = &newest; *link != nullptr; link = &(*link)->other) {
    if (!same_action((*link)->action, action)) continue;
    return std::exchange(*link, (*link)->other);
  }
  return nullptr;
}

void remember(int signal, const struct sigaction& action, std::unique_ptr<Replaced>& spare) {
  auto& newest = newest_replaced(signal);
  Replaced* const known = newest.load(std::memory_order_relaxed);
  if (known != nullptr && same_action(known->action, action)) {
    known->spent.store(false);
    return;
  }
  // A handler that comes back with another mask or other flags is still one handler: it runs once.
  // Another thread may be in it by the action that is known, so that one is kept, and used again.
  const bool comes_back = known != nullptr && same_handler(known->action, action);
  Replaced* next = comes_back ? take_out(known, action) : nullptr;
  if (next == nullptr) {
    next = spare.release();
    next->action = action;
    next->older = comes_back ? known->older : known;
  }
  next->spent.store(false);
  next->other = comes_back ? known : nullptr;
  newest.store(next, std::memory_order_release);
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_signal;
}

void take_over(int signal, Spares& spares) {
  struct sigaction before;
  sigaction(signal, nullptr, &before);
  if (is_ours(before)) return;
  // Remembered first: another thread's foreign fault may come the moment that ours is in place.
  remember(signal, before, spares.first);
  struct sigaction ours = {};
  ours.sa_sigaction = on_signal;
  sigemptyset(&ours.sa_mask);
  // Nothing deferred: a replaced handler may rely on SA_NODEFER, and call() blocks for the others.
  // Whether an interrupted system call goes on remains the program's choice.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | (before.sa_flags & SA_RESTART);
  struct sigaction replaced;
  sigaction(signal, &ours, &replaced);
  if (!is_ours(replaced) && !same_action(replaced, before))
    remember(signal, replaced, spares.second);
}

bool reaches_handler(int signal) {
  struct sigaction action;
  return sigaction(signal, nullptr, &action) == 0 && is_ours(action);
}

/// Keeps the code of this file loaded for good, whatever object it was linked into. A program that
/// is linked statically lacks the functions, and cannot unload anything.
void stay_loaded() {
  Dl_info info;
  link_map* object = nullptr;
  if (dladdr1 == nullptr || dlopen == nullptr) return;
  const auto here = reinterpret_cast<const void*>(&on_signal);
  if (dladdr1(here, &info, reinterpret_cast<void**>(&object), RTLD_DL_LINKMAP) == 0) return;
  // The program itself has no name.
  if (object->l_name[0] == '\0') return;
  dlopen(object->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

}  // namespace

bool faults_reach_handler() noexcept {
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return sigismember(&blocked, SIGSEGV) == 0 && sigismember(&blocked, SIGBUS) == 0 &&
         reaches_handler(SIGSEGV) && reaches_handler(SIGBUS);
}

}  // namespace quire::impl

namespace quire {

int install_fault_handler() noexcept {
  static constinit std::mutex installing;
  {
    const std::lock_guard lock(installing);
    impl::stay_loaded();
    if (!impl::reaches_handler(SIGSEGV) || !impl::reaches_handler(SIGBUS)) {
      impl::Spares segv, bus;  // all of it first: an error changes nothing
      if (!segv || !bus) return -ENOMEM;
      impl::take_over(SIGSEGV, segv);
      impl::take_over(SIGBUS, bus);
    }
  }
  impl::check_faults_again();
  return 0;
}

}  // namespace quire
