// The array of segments may lie in any memory and hold anything: the calls answer as the kernel's
// do on a file of its own.
#include "tests/impl/files_in_memory.h"
#include "tests/impl/user_memory/copy/copy_fixture.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace quire::tests {
namespace {

/// A file of the running kernel with the same 8192 bytes.
class KernelFile {
 public:
  KernelFile() : fd_(::memfd_create("quire", MFD_CLOEXEC)) {}
  KernelFile(const KernelFile&) = delete;
  KernelFile& operator=(const KernelFile&) = delete;
  ~KernelFile() { ::close(fd_); }

  ssize_t pwritev2(const iovec* iov, int iovcnt, off_t at, int flags) {
    return answer(::pwritev2(fd_, iov, iovcnt, at, flags));
  }
  ssize_t preadv2(const iovec* iov, int iovcnt, off_t at, int flags) {
    return answer(::preadv2(fd_, iov, iovcnt, at, flags));
  }

 private:
  static ssize_t answer(ssize_t result) { return result < 0 ? -errno : result; }
  int fd_;
};

class Segments : public testing::Test {
 protected:
  Segments() : file_(volume_.file(1).value()), memory_(4) {
    EXPECT_EQ(write_at(file_, 0, memory_.at(0), 8192), 8192);
    const iovec whole{memory_.at(0), 8192};
    EXPECT_EQ(peer_.pwritev2(&whole, 1, 0, 0), 8192);
  }

  void expect_as_the_kernel(const std::string& why, const iovec* iov, int iovcnt, off_t at = 0) {
    EXPECT_EQ(file_.pwritev2(iov, iovcnt, at, 0), peer_.pwritev2(iov, iovcnt, at, 0))
        << "write: " << why;
    EXPECT_EQ(file_.preadv2(iov, iovcnt, at, 0), peer_.preadv2(iov, iovcnt, at, 0))
        << "read: " << why;
  }

  Volume volume_ = volume_in_memory();
  File file_;
  KernelFile peer_;
  Area memory_;  // two pages of bytes, one for arrays, and one that tests protect
};

const iovec* array_at(std::uintptr_t address) { return reinterpret_cast<const iovec*>(address); }

TEST_F(Segments, ArrayMayLieAnywhere) {
  for (const std::uintptr_t address :
       {std::uintptr_t{0}, std::uintptr_t{1}, std::uintptr_t{8}, std::uintptr_t{4096},
        std::uintptr_t{1} << 46, std::uintptr_t{1} << 47, std::uintptr_t{1} << 56,
        std::uintptr_t{1} << 63, ~std::uintptr_t{0}, ~std::uintptr_t{0} - 15,
        ~std::uintptr_t{0} - 4095}) {
    for (const int count :
         {std::numeric_limits<int>::min(), -1, 0, 1, 2, 8, 9, 1024, 1025,
          std::numeric_limits<int>::max()}) {
      expect_as_the_kernel(
          std::to_string(count) + " at " + std::to_string(address), array_at(address), count);
    }
  }
  EXPECT_EQ(file_.pwritev2(array_at(8), 1, 0, 0), -EFAULT);
  EXPECT_EQ(file_.preadv2(array_at(8), 1, 0, 0), -EFAULT);
}

TEST_F(Segments, ArrayMayRunIntoMemoryThatCannotBeRead) {
  memory_.protect(3, PROT_NONE);
  for (int readable = 0; readable <= 9; ++readable) {
    auto* const array = reinterpret_cast<iovec*>(memory_.page(3)) - readable;
    for (int i = 0; i < readable; ++i) array[i] = {memory_.at(0), 10};
    for (int count = readable; count <= readable + 2; ++count) {
      expect_as_the_kernel("array cut off", array, count);
    }
    // Half a segment can be read.
    auto* const shifted = reinterpret_cast<iovec*>(memory_.page(3) - 8) - readable;
    for (int i = 0; i < readable; ++i) {
      std::memcpy(shifted + i, std::vector<iovec>{{memory_.at(0), 10}}.data(), sizeof(iovec));
    }
    expect_as_the_kernel("array cut off within a segment", shifted, readable + 1);
    if (readable == 0) continue;
    // A length that is too large counts even where the array cannot be read to its end.
    array[readable - 1].iov_len = std::numeric_limits<std::size_t>::max();
    expect_as_the_kernel("negative length before the cut", array, readable + 1);
  }
}

TEST_F(Segments, MayHaveAnyBaseAndLength) {
  const std::uintptr_t good = reinterpret_cast<std::uintptr_t>(memory_.at(0));
  std::vector<std::pair<std::uintptr_t, std::size_t>> odd;
  for (const std::uintptr_t base :
       {std::uintptr_t{0}, std::uintptr_t{1} << 47, (std::uintptr_t{1} << 47) - 4096,
        (std::uintptr_t{1} << 47) - 4106, std::uintptr_t{1} << 50, std::uintptr_t{1} << 62,
        std::uintptr_t{1} << 63, std::uintptr_t{0xffff} << 48, ~std::uintptr_t{0} - 5,
        ~std::uintptr_t{0}, good}) {
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{10}, std::size_t{4096},
          std::size_t{0x7ffff000}, std::size_t{1} << 47,
          std::numeric_limits<std::size_t>::max() / 2,
          std::numeric_limits<std::size_t>::max() / 2 + 1,
          std::numeric_limits<std::size_t>::max()}) {
      odd.emplace_back(base, length);
    }
  }
  for (const auto& [base, length] : odd) {
    const std::string why = std::to_string(base) + " of " + std::to_string(length);
    const iovec it{reinterpret_cast<void*>(base), length};
    const iovec ten{memory_.at(0), 10};
    // Two gibibytes of the kernel's own file are too many for a test.
    if (base != good || length <= 4096 || length > std::numeric_limits<ssize_t>::max()) {
      expect_as_the_kernel(why, &it, 1);
      const iovec behind[] = {ten, it};
      expect_as_the_kernel(why + ", second", behind, 2);
      const iovec before[] = {it, ten};
      expect_as_the_kernel(why + ", first", before, 2);
    }
    const iovec last[] = {ten, {memory_.at(0), 0}, ten, it, ten};
    if (base != good || length <= 4096 || length > std::numeric_limits<ssize_t>::max())
      expect_as_the_kernel(why + ", fourth", last, 5);
  }
  const iovec wraps[] = {{memory_.at(0), 10}, {reinterpret_cast<void*>(~std::uintptr_t{0}), 10}};
  EXPECT_EQ(file_.pwritev2(wraps, 2, 0, 0), -EFAULT) << "nothing of it is written";
}

TEST_F(Segments, AreCopiedBeforeTheyAreChecked) {
  // The other thread turns a sound array into one that is refused, and back.
  std::vector<unsigned char> bytes(64, 'x');
  iovec array[2] = {{bytes.data(), 32}, {bytes.data() + 32, 32}};
  std::atomic<bool> stop{false};
  std::thread other([&] {
    volatile std::size_t& length = array[1].iov_len;
    while (!stop) {
      length = std::numeric_limits<std::size_t>::max();
      length = 32;
    }
  });
  for (int i = 0; i < 20000; ++i) {
    const ssize_t written = file_.pwritev2(array, 2, 0, 0);
    ASSERT_TRUE(written == -EINVAL || written == 64) << written;
  }
  stop = true;
  other.join();
}

}  // namespace
}  // namespace quire::tests
