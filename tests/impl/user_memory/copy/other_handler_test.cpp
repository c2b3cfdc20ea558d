// Memory that cannot be accessed ends a call short whatever handler of SIGSEGV and SIGBUS is on
// top, and in a thread that blocks the two.
#include "tests/impl/files_in_memory.h"
#include "tests/impl/user_memory/copy/copy_fixture.h"

#include <quire/fault_handler.h>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>
#include <thread>

namespace quire::tests {
namespace {

/// Memory that is cut off after some pages, and a file to move it to and from. Functions say what
/// is wrong, or null: each test runs in a child process, which dies where a signal is raised.
class CutOffMemory {
 public:
  CutOffMemory() : file_(volume_.file(1).value()), area_(64) {
    fill_source(area_.at(0), kCut);
    ::mprotect(area_.at(kCut), 64 * kPage - kCut, PROT_NONE);
  }

  /// Writes and reads of every kind of length over the cut: each ends exactly there.
  const char* every_call_ends_short() {
    for (const std::size_t n : {1, 15, 64, 500, 4096, 4097, 100'000}) {
      for (const std::size_t readable : {0, 1, 15, 64, 499, 4095, 4096, 4100, 65'000}) {
        if (readable >= n) continue;
        unsigned char* from = area_.at(kCut - readable);
        const ssize_t want = readable == 0 ? -EFAULT : static_cast<ssize_t>(readable);
        if (write_at(file_, 0, from, n) != want) return "write";
        std::memset(copy_, 0, sizeof(copy_));
        if (readable > 0 && read_at(file_, 0, copy_, readable) != want) return "read back";
        if (std::memcmp(copy_, from, readable) != 0) return "bytes";
      }
    }
    // The file now holds 65000 bytes; reads into the cut store those that fit.
    for (const std::size_t storable : {0, 1, 64, 4095, 4096, 60'000}) {
      const ssize_t want = storable == 0 ? -EFAULT : static_cast<ssize_t>(storable);
      if (read_at(file_, 0, area_.at(kCut - storable), 64'000) != want) return "read";
    }
    iovec* array = reinterpret_cast<iovec*>(area_.at(kCut)) - 1;
    *array = {copy_, 10};
    if (file_.pwritev2(array, 2, 0, 0) != -EFAULT) return "array";
    if (file_.pwritev2(array, 1, 0, 0) != 10) return "array that can be read";
    return nullptr;
  }

  const char* sound_write() {
    return write_at(file_, 0, copy_, 64) == 64 ? nullptr : "sound write";
  }
  ssize_t write_from_cut() { return write_at(file_, 0, area_.at(kCut), 1); }

 private:
  static constexpr std::size_t kCut = 32 * kPage;

  Volume volume_ = volume_in_memory();
  File file_;
  Area area_;
  unsigned char copy_[32 * kPage];
};

[[noreturn]] void end(const char* wrong) {
  if (wrong != nullptr) {
    [[maybe_unused]] const auto n = ::write(2, wrong, std::strlen(wrong));
  }
  ::_exit(wrong == nullptr ? 0 : 1);
}

class OtherHandlerDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

sigjmp_buf out_of_the_call;

TEST_F(OtherHandlerDeathTest, HostTakesItsHandlersBackAfterTheFirstWrite) {
  const auto run = [](void (*handler)(int)) {
    CutOffMemory memory;
    if (const char* wrong = memory.sound_write()) end(wrong);
    ::signal(SIGSEGV, handler);
    ::signal(SIGBUS, handler);
    end(memory.every_call_ends_short());
  };
  EXPECT_EXIT(run(SIG_DFL), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run(SIG_IGN), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run([](int) { ::_exit(3); }), testing::ExitedWithCode(0), "");
}

TEST_F(OtherHandlerDeathTest, OnlyOneOfTheTwoIsTakenBack) {
  const auto run = [](int signal) {
    CutOffMemory memory;
    if (const char* wrong = memory.sound_write()) end(wrong);
    ::signal(signal, SIG_DFL);
    end(memory.every_call_ends_short());
  };
  EXPECT_EXIT(run(SIGSEGV), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run(SIGBUS), testing::ExitedWithCode(0), "");
}

TEST_F(OtherHandlerDeathTest, HostsHandlerThatJumpsOutGetsNoFaultOfACall) {
  const auto run = [] {
    CutOffMemory memory;
    if (const char* wrong = memory.sound_write()) end(wrong);
    ::signal(SIGSEGV, [](int) { ::siglongjmp(out_of_the_call, 1); });
    if (sigsetjmp(out_of_the_call, 1) != 0) end("jumped out, with the locks of the call held");
    end(memory.every_call_ends_short());
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST_F(OtherHandlerDeathTest, ThreadBlocksBothSignals) {
  const auto run = [](bool before_the_first_write) {
    CutOffMemory memory;
    if (!before_the_first_write && memory.sound_write() != nullptr) end("sound write");
    std::thread other([&] {
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
      end(memory.every_call_ends_short());
    });
    other.join();
  };
  EXPECT_EXIT(run(true), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run(false), testing::ExitedWithCode(0), "");
}

TEST_F(OtherHandlerDeathTest, ThreadBlocksTheSignalsAfterItsFirstCalls) {
  const auto run = [] {
    CutOffMemory memory;
    if (const char* wrong = memory.sound_write()) end(wrong);
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGSEGV);
    sigaddset(&both, SIGBUS);
    ::pthread_sigmask(SIG_BLOCK, &both, nullptr);
    if (const char* wrong = memory.every_call_ends_short()) end(wrong);
    ::pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
    end(memory.every_call_ends_short());
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

/// Waits for the next tick of the clock, at which a thread checks again.
void wait_for_a_tick() {
  timespec first, now;
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &first);
  do {
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  } while (now.tv_nsec == first.tv_nsec);
}

TEST_F(OtherHandlerDeathTest, BusyThreadChecksAgainInTheNextTick) {
  const auto run = [] {
    CutOffMemory memory;
    for (int i = 0; i < 10'000; ++i) {
      if (const char* wrong = memory.sound_write()) end(wrong);
    }
    ::signal(SIGSEGV, SIG_DFL);
    wait_for_a_tick();
    end(memory.write_from_cut() == -EFAULT ? nullptr : "write");
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST_F(OtherHandlerDeathTest, InstallingOursAgainServesABusyThreadAtOnce) {
  const auto run = [] {
    CutOffMemory memory;
    for (int i = 0; i < 10'000; ++i) {
      if (const char* wrong = memory.sound_write()) end(wrong);
    }
    ::signal(SIGSEGV, [](int) { ::_exit(42); });
    if (install_fault_handler() != 0) end("install_fault_handler");
    if (const char* wrong = memory.every_call_ends_short()) end(wrong);
    ::raise(SIGSEGV);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(42), "");
}

/// Makes process_vm_readv(2) and process_vm_writev(2) fail with EPERM, as sandboxes do.
bool forbid_process_vm() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(OtherHandlerDeathTest, SandboxThatRefusesTheCallsLeavesOursToTheSignal) {
  const auto run = [] {
    CutOffMemory memory;
    if (!forbid_process_vm()) ::_exit(77);
    if (const char* wrong = memory.sound_write()) end(wrong);
    if (memory.write_from_cut() != -EFAULT) end("write, ours in place");
    ::signal(SIGSEGV, [](int) { ::_exit(43); });
    if (const char* wrong = memory.sound_write()) end(wrong);
    memory.write_from_cut();
    end("the other handler did not get the fault");
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(43), "");
}

TEST_F(OtherHandlerDeathTest, FileThatWasCutOffUnderItsMappingRaisesNoSigbus) {
  const auto run = [] {
    const int fd = ::memfd_create("quire", MFD_CLOEXEC);
    if (::ftruncate(fd, 2 * kPage) != 0) end("ftruncate");
    Area mapping(2, fd);
    if (::ftruncate(fd, kPage) != 0) end("ftruncate");
    Volume volume = volume_in_memory();
    File file = volume.file(1).value();
    if (write_at(file, 0, "sound", 5) != 5) end("sound write");
    ::signal(SIGBUS, SIG_DFL);
    if (write_at(file, 0, mapping.at(0), 2 * kPage) != kPage) end("write");
    if (write_at(file, 0, mapping.at(kPage), kPage) != -EFAULT) end("write behind the cut");
    end(nullptr);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace quire::tests
