// Signals that interrupt a copy and are not its own: they reach the handler that was there before,
// whatever their siginfo_t says, and the copy counts exactly.
//
// The processor's trap flag stops the copy after some instructions; there a handler of the test
// sends a signal, or faults itself.
#include "tests/impl/user_memory/copy/copy_fixture.h"

#if defined(__x86_64__)

#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>

#include <cstdint>
#include <functional>

namespace quire::tests {
namespace {

constexpr std::uint64_t kTrapFlag = 0x100;

siginfo_t info_of(int signal, int code, void* address) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = code;
  info.si_addr = address;
  return info;
}

/// As a program may send it to itself, whatever it says.
void send(siginfo_t info) {
  syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), info.si_signo, &info);
}

unsigned steps_left = 0;
std::function<void()> interruption;

void on_step(int, siginfo_t*, void* context) {
  if (--steps_left > 0) return;
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~static_cast<greg_t>(kTrapFlag);
  interruption();
}

int times = 0;
siginfo_t seen{};
sigjmp_buf out_of_fault;
bool leaves = false;

void on_foreign(int, siginfo_t* info, void*) {
  ++times;
  seen = *info;
  if (leaves) siglongjmp(out_of_fault, 1);
}

/// Handlers as a program has them below libquire's.
class SentSignal : public CopyKernel {
 protected:
  void SetUp() override {
    CopyKernel::SetUp();
    if (IsSkipped()) return;
    char byte;
    // A thread tells a fault from a lie once it has met a fault.
    EXPECT_EQ(GetParam().copy(&byte, nullptr, 1), 0U);
    install(SIGSEGV, on_foreign);
    install(SIGBUS, on_foreign);
    quire::install_fault_handler();
    install(SIGTRAP, on_step, true);
    times = 0;
    leaves = false;
  }

  static void install(int signal, void (*handler)(int, siginfo_t*, void*), bool blocks = false) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    if (blocks) {
      sigaddset(&action.sa_mask, SIGSEGV);
      sigaddset(&action.sa_mask, SIGBUS);
    }
    sigaction(signal, &action, nullptr);
  }

  /// The copy, which is interrupted after so many instructions.
  std::size_t copy_and(
      unsigned steps, void* to, const void* from, std::size_t n, std::function<void()> what) {
    steps_left = steps;
    interruption = std::move(what);
    __writeeflags(__readeflags() | kTrapFlag);
    const std::size_t copied = GetParam().copy(to, from, n);
    __writeeflags(__readeflags() & ~kTrapFlag);
    return copied;
  }
};

INSTANTIATE_TEST_SUITE_P(
    EveryKernel, SentSignal, testing::ValuesIn(kernels()),
    [](const auto& test) { return test.param.name; });

TEST_P(SentSignal, WithTheCodeOfAFaultIsNotTheCopys) {
  Area source(3), target(3);
  source.protect(2, PROT_NONE);
  const std::size_t n = 1500;
  const std::size_t readable = 1400;
  unsigned char* const from = source.page(2) - readable;
  for (unsigned step = 1; step < 2000; step += step < 200 ? 1 : 97) {
    for (unsigned char* address : {from, from + readable - 1, target.at(0)}) {
      const siginfo_t lie = info_of(SIGSEGV, SEGV_MAPERR, address);
      times = 0;
      ASSERT_EQ(copy_and(step, target.at(0), from, n, [&] { send(lie); }), readable) << step;
      if (steps_left > 0) return;  // the copy has fewer instructions
      ASSERT_EQ(times, 1) << step;
      ASSERT_EQ(seen.si_code, SEGV_MAPERR);
      ASSERT_EQ(seen.si_addr, address);
    }
  }
}

TEST_P(SentSignal, FaultOfAHandlerThatInterruptsTheCopyIsNotTheCopys) {
  Area source(3), target(3);
  source.protect(2, PROT_NONE);
  const std::size_t n = 1500;
  unsigned char* const from = source.page(2) - n;
  const volatile unsigned char* const nowhere =
      reinterpret_cast<unsigned char*>(std::uintptr_t{1} << 63);
  leaves = true;
  for (const volatile unsigned char* address :
       {nowhere, static_cast<const volatile unsigned char*>(from + n)}) {
    for (unsigned step = 1; step < 400; step += 7) {
      times = 0;
      const auto fault = [&] {
        if (sigsetjmp(out_of_fault, 1) != 0) return;
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGSEGV);
        pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
        static_cast<void>(*address);
      };
      ASSERT_EQ(copy_and(step, target.at(0), from, n, fault), n) << step;
      if (steps_left > 0) break;
      ASSERT_EQ(times, 1) << step;
    }
  }
}

class LyingSignalDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// Whether a fault of a copy is still a short count.
  static bool copies_end_short() {
    char byte;
    return impl::copy_from_user(&byte, nullptr, 1) == 0;
  }
  static void send_lie() { send(info_of(SIGSEGV, SEGV_MAPERR, &steps_left)); }
};

TEST_F(LyingSignalDeathTest, KillsByDefault) {
  const auto run = [] {
    signal(SIGSEGV, SIG_DFL);
    quire::install_fault_handler();
    if (!copies_end_short()) _exit(1);
    send_lie();
    _exit(2);
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(LyingSignalDeathTest, IsIgnoredWhereTheProgramIgnoresIt) {
  const auto run = [] {
    signal(SIGSEGV, SIG_IGN);
    quire::install_fault_handler();
    if (!copies_end_short()) _exit(1);
    send_lie();
    _exit(copies_end_short() ? 42 : 2);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(42), "");
}

TEST(ReplacedHandler, RunsWithTheMaskAndFlagsOfItsLastInstallation) {
  static bool blocks_usr2 = false, blocks_itself = false;
  const auto note = [](int signal) {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    blocks_usr2 = sigismember(&blocked, SIGUSR2) == 1;
    blocks_itself = sigismember(&blocked, signal) == 1;
  };
  quire::install_fault_handler();
  struct sigaction action {};
  action.sa_handler = note;
  for (const bool masks : {false, true, false}) {
    sigemptyset(&action.sa_mask);
    if (masks) sigaddset(&action.sa_mask, SIGUSR2);
    action.sa_flags = masks ? SA_NODEFER : 0;
    sigaction(SIGBUS, &action, nullptr);
    quire::install_fault_handler();
    raise(SIGBUS);
    EXPECT_EQ(blocks_usr2, masks);
    EXPECT_EQ(blocks_itself, !masks);
  }
}

}  // namespace
}  // namespace quire::tests

#endif
