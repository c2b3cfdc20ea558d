// The fault handler: faults of the copy end it short, all others go to the handler before.
#include "impl/user_memory/copy/fault_handler.h"

#include "impl/user_memory/copy/copy.h"
#include "tests/impl/user_memory/copy/copy_fixture.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>

namespace quire::tests {
namespace {

constexpr std::uintptr_t kForeignAddress = 64;

/// A fault that is none of the copy's.
__attribute__((noinline, no_sanitize("address", "undefined", "thread"))) char foreign_fault() {
  static const volatile char* volatile nowhere = reinterpret_cast<const char*>(kForeignAddress);
  return *nowhere;
}

using Action = void(int, siginfo_t*, void*);

void set_handler(int signal, Action* handler, int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaddset(&action.sa_mask, SIGUSR1);
  sigaction(signal, &action, nullptr);
}

/// Whether copies still end short, whatever was done to the handlers.
bool copies_end_short() {
  char byte;
  return impl::copy_from_user(&byte, nullptr, 1) == 0;
}

// Each of these runs in a child process of its own, which the fault ends.
class ForeignFault : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};
using ForeignFaultDeathTest = ForeignFault;

TEST_F(ForeignFaultDeathTest, ReachesTheHandlerThatWasThereBefore) {
  const auto run = [] {
    set_handler(SIGSEGV, [](int signal, siginfo_t* info, void* context) {
      sigset_t blocked;
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      const bool as_delivered = signal == SIGSEGV && context != nullptr &&
                                info->si_addr == reinterpret_cast<void*>(kForeignAddress) &&
                                sigismember(&blocked, SIGUSR1) && sigismember(&blocked, SIGSEGV);
      _exit(as_delivered ? 42 : 1);
    });
    quire::install_fault_handler();
    if (copies_end_short()) foreign_fault();
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(42), "");
}

sigjmp_buf back;

TEST_F(ForeignFaultDeathTest, MayLeaveTheEarlierHandlerByALongJump) {
  const auto run = [] {
    set_handler(SIGSEGV, [](int, siginfo_t*, void*) { siglongjmp(back, 1); });
    quire::install_fault_handler();
    static volatile int jumps = 0;
    if (sigsetjmp(back, 1) != 0) jumps = jumps + 1;
    if (!copies_end_short()) _exit(1);
    if (jumps < 3) foreign_fault();
    _exit(jumps);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(3), "");
}

TEST_F(ForeignFaultDeathTest, ReachesAPlainHandler) {
  const auto run = [] {
    signal(SIGBUS, [](int signal) { _exit(signal == SIGBUS ? 43 : 1); });
    quire::install_fault_handler();
    raise(SIGBUS);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(43), "");
}

TEST_F(ForeignFaultDeathTest, KillsByDefault) {
  const auto run = [](void (*action)(int), int sent) {
    signal(SIGSEGV, action);
    signal(SIGBUS, action);
    quire::install_fault_handler();
    if (!copies_end_short()) _exit(1);
    if (sent != 0) raise(sent);
    foreign_fault();
  };
  EXPECT_EXIT(run(SIG_DFL, 0), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(run(SIG_DFL, SIGBUS), testing::KilledBySignal(SIGBUS), "");
  // Ignoring covers a signal that was sent, not a fault.
  EXPECT_EXIT(run(SIG_IGN, SIGBUS), testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(ForeignFaultDeathTest, RunsAOneShotHandlerOnce) {
  const auto run = [] {
    set_handler(
        SIGSEGV, [](int, siginfo_t*, void*) { [[maybe_unused]] auto n = write(2, "once\n", 5); },
        SA_RESETHAND);
    quire::install_fault_handler();
    foreign_fault();
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGSEGV), "^once\n$");
}

TEST_F(ForeignFaultDeathTest, TakesNoMoreMemoryForAHandlerThatComesBack) {
  const auto run = [] {
    const auto come_back = [](int times) {
      for (int i = 0; i < times; ++i) {
        for (const int flags : {static_cast<int>(SA_RESETHAND), SA_NODEFER, 0}) {
          set_handler(
              SIGSEGV,
              [](int, siginfo_t*, void*) { [[maybe_unused]] auto n = write(2, "once\n", 5); },
              flags);
          quire::install_fault_handler();
        }
      }
      return mallinfo2().uordblks;
    };
    const std::size_t before = come_back(2);
    if (come_back(100) != before) _exit(1);
    set_handler(
        SIGSEGV, [](int, siginfo_t*, void*) { _exit(2); }, SA_RESETHAND);
    quire::install_fault_handler();
    foreign_fault();
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(2), "^$");
}

struct sigaction replaced_action;

TEST_F(ForeignFaultDeathTest, GoesDownTheHandlersWithoutACircle) {
  const auto run = [] {
    signal(SIGSEGV, SIG_DFL);
    quire::install_fault_handler();
    sigaction(SIGSEGV, nullptr, &replaced_action);
    set_handler(SIGSEGV, [](int signal, siginfo_t* info, void* context) {
      [[maybe_unused]] auto n = write(2, "later\n", 6);
      replaced_action.sa_sigaction(signal, info, context);
    });
    quire::install_fault_handler();
    quire::install_fault_handler();
    if (copies_end_short()) foreign_fault();
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGSEGV), "^later\n$");
}

TEST_F(ForeignFaultDeathTest, LeavesShortCountsToALaterHandlerThatPassesThemOn) {
  const auto run = [] {
    signal(SIGSEGV, SIG_DFL);
    quire::install_fault_handler();
    sigaction(SIGSEGV, nullptr, &replaced_action);
    set_handler(SIGSEGV, [](int signal, siginfo_t* info, void* context) {
      replaced_action.sa_sigaction(signal, info, context);
    });
    for (const impl::CopyEngine& engine : impl::copy_engines()) {
      char byte;
      if (engine.supported() && engine.copy(&byte, nullptr, 1) != 0) _exit(1);
      if (engine.supported() && engine.copy(&byte, nullptr, 1) != 0) _exit(1);
    }
    _exit(44);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(44), "");
}

TEST_F(ForeignFaultDeathTest, ReachesTheHostsHandlerAfterAPlugInWithLibquireIsUnloaded) {
  const auto run = [](const char* path) {
    set_handler(SIGSEGV, [](int, siginfo_t*, void*) { _exit(45); });
    void* plug_in = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plug_in == nullptr) _exit(1);
    const auto writes = reinterpret_cast<int (*)()>(dlsym(plug_in, "plug_in_writes"));
    if (writes == nullptr || writes() != 0) _exit(2);
    if (dlclose(plug_in) != 0) _exit(3);
    foreign_fault();
  };
  EXPECT_EXIT(run(QUIRE_PLUG_INS "/plug-in-shared.so"), testing::ExitedWithCode(45), "");
  EXPECT_EXIT(run(QUIRE_PLUG_INS "/plug-in-static.so"), testing::ExitedWithCode(45), "");
}

int faults_seen = 0;

TEST_P(CopyKernel, TakesNoFaultWhereEverythingIsAccessible) {
  const auto count_and_pass_on = [](int signal, siginfo_t* info, void* context) {
    ++faults_seen;
    replaced_action.sa_sigaction(signal, info, context);
  };
  Area source(2), target(2);
  sigaction(SIGSEGV, nullptr, &replaced_action);
  set_handler(SIGSEGV, count_and_pass_on, SA_NODEFER);
  faults_seen = 0;
  EXPECT_EQ(GetParam().copy(target.at(0), nullptr, 1), 0U);
  const int faults_of_one_byte = faults_seen;
  for (std::size_t to = 0; to < 64; ++to) {
    for (const std::size_t n : {200, 1024, 1500, 4096}) {
      EXPECT_EQ(GetParam().copy(target.at(to), source.at(9), n), n);
    }
  }
  sigaction(SIGSEGV, &replaced_action, nullptr);
  EXPECT_GE(faults_of_one_byte, 1);
  EXPECT_EQ(faults_seen, faults_of_one_byte);
}

}  // namespace
}  // namespace quire::tests
