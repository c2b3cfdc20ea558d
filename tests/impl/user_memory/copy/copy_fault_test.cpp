// Every copy kernel of this CPU counts exactly where memory ends, is cut off or vanishes meanwhile.
#include "tests/impl/user_memory/copy/copy_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <latch>
#include <thread>
#include <vector>

namespace quire::tests {
namespace {

/// How many bytes are accessible before a fault: all small counts, and those around longer paths.
std::vector<std::size_t> bytes_before_a_fault() {
  std::vector<std::size_t> counts;
  for (std::size_t k = 0; k <= 300; ++k) counts.push_back(k);
  for (const std::size_t edge : {320, 384, 512, 576, 768, 1024, 1280, 2048, 4096, 8192}) {
    for (const std::size_t k : {edge - 1, edge, edge + 1, edge + 37}) counts.push_back(k);
  }
  return counts;
}

/// Bytes asked for behind the accessible ones.
constexpr std::size_t kBeyond[] = {1, 2, 7, 16, 33, 64, 129, 256, 600, 1024, 5000};

TEST_P(CopyKernel, StopsExactlyWhereTheSourceEnds) {
  Area source(5), target(5);
  fill_source(source.at(0), 5 * kPage);
  source.protect(3, PROT_NONE);  // page 4 is accessible: a hole, not an end
  for (const std::size_t k : bytes_before_a_fault()) {
    for (const std::size_t beyond : kBeyond) {
      const std::size_t n = k + beyond;
      const std::size_t alignment = (k + beyond) * 5 % 67;
      expect_copied(target.at(64 + alignment), source.page(3) - k, n, k, 64, n + 64);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CopyKernel, StopsExactlyWhereTheTargetEnds) {
  Area source(5), target(5);
  fill_source(source.at(0), 5 * kPage);
  const std::vector<unsigned char> untouched(2 * kPage, kUntouched);
  std::memset(target.page(3), kUntouched, 2 * kPage);
  for (const std::size_t k : bytes_before_a_fault()) {
    for (const std::size_t beyond : kBeyond) {
      target.protect(3, beyond % 2 == 0 ? PROT_READ : PROT_NONE);
      expect_copied(target.page(3) - k, source.at((k + beyond) * 5 % 67), k + beyond, k, 64, k);
      target.protect(3, PROT_READ | PROT_WRITE);
      ASSERT_EQ(std::memcmp(target.page(3), untouched.data(), 2 * kPage), 0) << k << ' ' << beyond;
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CopyKernel, CopiesNothingFromTheLastBytesOfAHole) {
  Area source(3), target(3);
  fill_source(source.at(0), 3 * kPage);
  source.protect(0, PROT_NONE);
  for (std::size_t inside = 1; inside <= 300; ++inside) {
    for (const std::size_t beyond : kBeyond) {
      expect_copied(target.at(64), source.page(1) - inside, inside + beyond, 0, 64, 2 * kPage);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CopyKernel, StoresNothingBehindAHoleInTheTarget) {
  Area source(3), target(3);
  fill_source(source.at(0), 3 * kPage);
  const std::vector<unsigned char> untouched(2 * kPage, kUntouched);
  std::memset(target.page(1), kUntouched, 2 * kPage);
  target.protect(0, PROT_NONE);
  for (std::size_t inside = 1; inside <= 300; ++inside) {
    for (const std::size_t beyond : kBeyond) {
      ASSERT_EQ(GetParam().copy(target.page(1) - inside, source.at(0), inside + beyond), 0U);
      ASSERT_EQ(std::memcmp(target.page(1), untouched.data(), 2 * kPage), 0) << inside;
    }
  }
}

TEST_P(CopyKernel, StopsAtTheFirstOfTwoFaults) {
  Area source(3), target(3);
  fill_source(source.at(0), 3 * kPage);
  source.protect(2, PROT_NONE);
  target.protect(2, PROT_NONE);
  for (std::size_t readable = 0; readable <= 600; readable += 13) {
    for (std::size_t writable = 0; writable <= 600; writable += 17) {
      expect_copied(
          target.page(2) - writable, source.page(2) - readable, 2000, std::min(readable, writable),
          64, writable);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(CopyKernel, StopsAtTheEndOfATruncatedFile) {
  const int fd = memfd_create("copy_test", MFD_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(ftruncate(fd, 4 * kPage), 0);
  Area file(4, fd), memory(5);
  close(fd);
  fill_source(file.at(0), 4 * kPage);
  const int again = memfd_create("copy_test", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(again, kPage), 0);
  Area truncated(4, again);
  close(again);
  fill_source(truncated.at(0), kPage);
  for (std::size_t k = 0; k <= kPage; k += 61) {
    expect_copied(memory.at(64 + k % 64), truncated.page(1) - k, k + 3000, k, 64, k + 3000);
    expect_copied(truncated.page(1) - k, file.at(k % 64), k + 3000, k, 0, k);
    if (HasFatalFailure()) return;
  }
}

TEST_P(CopyKernel, CopiesNothingAtAnAddressThatCannotBe) {
  Area memory(4);
  for (const std::uintptr_t address :
       {std::uintptr_t{0}, std::uintptr_t{8}, std::uintptr_t{1} << 63, ~std::uintptr_t{0} << 47,
        ~std::uintptr_t{0} - 4000, (std::uintptr_t{1} << 47) + 5}) {
    for (const std::size_t n : {1, 3, 5, 9, 17, 33, 65, 129, 257, 600, 1024, 3000}) {
      auto* const nowhere = reinterpret_cast<void*>(address);
      EXPECT_EQ(GetParam().copy(memory.at(0), nowhere, n), 0U) << nowhere << ' ' << n;
      EXPECT_EQ(GetParam().copy(nowhere, memory.at(0), n), 0U) << nowhere << ' ' << n;
    }
    EXPECT_EQ(GetParam().copy(nullptr, reinterpret_cast<void*>(address), 0), 0U);
  }
}

TEST_P(CopyKernel, CountsExactlyInSeveralThreadsAtOnce) {
  std::atomic<int> wrong{0};
  std::latch start(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&wrong, &start, t] {
      Area source(3), target(3);
      fill_source(source.at(0), 3 * kPage);
      source.protect(2, PROT_NONE);
      start.arrive_and_wait();
      for (std::size_t i = 0; i < 5000; ++i) {
        const std::size_t k = (i * 37 + t * 101) % 5000;
        const std::size_t n = k + 1 + i % 700;
        target.at(t)[k] = kUntouched;
        const unsigned char* from = source.page(2) - k;
        const bool exact = GetParam().copy(target.at(t), from, n) == k &&
                           std::memcmp(target.at(t), from, k) == 0 && target.at(t)[k] == kUntouched;
        if (!exact) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(CopyKernel, CountsTheBytesWrittenWhenTheSourceVanishesMeanwhile) {
  Area source(4), target(4);
  fill_source(source.at(0), 4 * kPage);
  std::vector<unsigned char> original(source.at(0), source.at(4 * kPage));
  std::atomic<bool> done{false};
  std::thread mapper([&] {
    for (std::size_t i = 0; !done; ++i) {
      mprotect(source.page(i % 3), kPage, PROT_NONE);
      mprotect(source.page(i % 3), kPage, PROT_READ);
    }
  });
  std::size_t short_copies = 0;
  for (std::size_t i = 0; i < 5000 && !HasFailure(); ++i) {
    const std::size_t from = i % 3000;
    const std::size_t n = 1 + i * 7 % 9000;
    std::memset(target.at(0), kUntouched, 3 * kPage);
    const std::size_t copied = GetParam().copy(target.at(i % 64), source.at(from), n);
    short_copies += copied < n ? 1 : 0;
    EXPECT_EQ(std::memcmp(target.at(i % 64), original.data() + from, copied), 0);
    for (std::size_t b = copied; b < n; ++b) EXPECT_EQ(target.at(i % 64)[b], kUntouched);
  }
  done = true;
  mapper.join();
  RecordProperty("short_copies", static_cast<int>(short_copies));
}

/// A page whose first access waits until `meanwhile` has run in another thread.
class SuspendedPage {
 public:
  template <class Meanwhile>
  SuspendedPage(unsigned char* page, Meanwhile meanwhile)
      : fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY))) {
    uffdio_api api = {.api = UFFD_API, .features = 0, .ioctls = 0};
    uffdio_range range = {.start = reinterpret_cast<std::uintptr_t>(page), .len = kPage};
    uffdio_register missing = {.range = range, .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
    if (fd_ < 0 || ioctl(fd_, UFFDIO_API, &api) != 0) return;
    if (ioctl(fd_, UFFDIO_REGISTER, &missing) != 0) return;
    waiter_ = std::thread([this, range, meanwhile]() mutable {
      uffd_msg message;
      if (read(fd_, &message, sizeof message) != sizeof message) return;
      meanwhile();
      ioctl(fd_, UFFDIO_WAKE, &range);
    });
  }
  SuspendedPage(const SuspendedPage&) = delete;
  SuspendedPage& operator=(const SuspendedPage&) = delete;
  ~SuspendedPage() {
    if (waiter_.joinable()) waiter_.join();
    if (fd_ >= 0) close(fd_);
  }

  bool works() const { return waiter_.joinable(); }

 private:
  int fd_;
  std::thread waiter_;
};

TEST_P(CopyKernel, CountsTheBytesWrittenWhenBytesAlreadyLoadedVanish) {
  for (const std::size_t loaded : {16, 32, 64, 65, 100, 250, 700, 3000}) {
    for (const std::size_t beyond : {1, 30, 200, 2000}) {
      Area source(2), target(2);
      fill_source(source.at(0), kPage);
      const std::size_t n = loaded + beyond;
      const unsigned char* from = source.page(1) - loaded;
      const std::vector<unsigned char> original(from, from + loaded);
      std::memset(target.at(0), kUntouched, 2 * kPage);
      std::size_t copied;
      {
        const SuspendedPage page(
            source.page(1), [&] { mprotect(source.at(0), 2 * kPage, PROT_NONE); });
        if (!page.works()) GTEST_SKIP() << "no userfaultfd here";
        copied = GetParam().copy(target.at(5), from, n);
      }
      ASSERT_LE(copied, loaded);
      EXPECT_EQ(std::memcmp(target.at(5), original.data(), copied), 0);
      for (std::size_t b = copied; b < n; ++b) {
        ASSERT_EQ(target.at(5)[b], kUntouched) << loaded << ' ' << n << ' ' << copied << ' ' << b;
      }
    }
  }
}

}  // namespace
}  // namespace quire::tests
