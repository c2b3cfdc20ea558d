// Bad arguments: the same errno, in the same order, as pwritev2(2) and preadv2(2) of this machine.
#include "tests/ref/plain/volume_fixture.h"

#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace quire::tests {
namespace {

/// A file of the kernel's, empty, without a name.
class KernelFile {
 public:
  KernelFile() {
    char path[] = "/tmp/quire_ref_XXXXXX";
    fd_ = ::mkstemp(path);
    ::unlink(path);
  }
  ~KernelFile() { ::close(fd_); }
  KernelFile(const KernelFile&) = delete;
  KernelFile& operator=(const KernelFile&) = delete;

  std::int64_t pwritev2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
    const ssize_t n = ::pwritev2(fd_, segments, iovcnt, offset, flags);
    return n < 0 ? -errno : n;
  }
  std::int64_t preadv2(const iovec* segments, int iovcnt, std::int64_t offset, int flags) {
    const ssize_t n = ::preadv2(fd_, segments, iovcnt, offset, flags);
    return n < 0 ? -errno : n;
  }
  std::int64_t position() const { return ::lseek(fd_, 0, SEEK_CUR); }

 private:
  int fd_;
};

constexpr int kUnknownFlag = 1 << 30;
constexpr std::uint64_t kTooLong = std::uint64_t{1} << 63;
std::array<std::byte, 8192> buffer;

struct Arguments {
  const char* name;
  std::vector<iovec> segments;
  int iovcnt;
  std::int64_t offset;
  int flags;
  std::int64_t answer;
};

const std::vector<Arguments> kCases = {
    {"plain", {{&buffer, 10}}, 1, 0, 0, 10},
    {"at the position", {{&buffer, 10}}, 1, -1, 0, 10},
    {"offset -2", {{&buffer, 10}}, 1, -2, 0, -EINVAL},
    {"offset -2, no segments", {}, 0, -2, 0, -EINVAL},
    {"least offset", {{&buffer, 10}}, 1, INT64_MIN, 0, -EINVAL},
    {"negative iovcnt", {{&buffer, 10}}, -1, 0, 0, -EINVAL},
    {"1025 segments", std::vector<iovec>(1025), 1025, 0, 0, -EINVAL},
    {"1024 empty segments", std::vector<iovec>(1024), 1024, 0, 0, 0},
    {"no segments", {}, 0, 0, 0, 0},
    {"no segments, at the position", {}, 0, -1, 0, 0},
    {"no segments, unknown flag", {}, 0, 0, kUnknownFlag, 0},
    {"null array", {}, 1, 0, 0, -EFAULT},
    {"null array, two", {}, 2, -1, 0, -EFAULT},
    {"null array, 1025", {}, 1025, 0, 0, -EINVAL},
    {"long segment", {{&buffer, kTooLong}}, 1, 0, 0, -EINVAL},
    {"long segment behind", {{&buffer, 10}, {&buffer, kTooLong}}, 2, 0, 0, -EINVAL},
    {"long segment behind 2^31",
     {{&buffer, 0}, {nullptr, 0}, {&buffer, UINT64_MAX}},
     3,
     0,
     0,
     -EINVAL},
    {"empty segment", {{nullptr, 0}}, 1, 0, 0, 0},
    {"empty segment, unknown flag", {{nullptr, 0}}, 1, 0, kUnknownFlag, 0},
    {"empty segment at the end of all", {{nullptr, 0}}, 1, INT64_MAX, 0, 0},
    {"past the end of all", {{&buffer, 11}}, 1, INT64_MAX - 10, 0, -EINVAL},
    {"past the end of all, unknown flag",
     {{&buffer, 11}},
     1,
     INT64_MAX - 10,
     kUnknownFlag,
     -EINVAL},
    {"unknown flag", {{&buffer, 10}}, 1, 0, kUnknownFlag, -EOPNOTSUPP},
    {"unknown flag, long segment", {{&buffer, kTooLong}}, 1, 0, kUnknownFlag, -EINVAL},
    {"unknown flag, null base", {{nullptr, 10}}, 1, 0, kUnknownFlag, -EOPNOTSUPP},
    {"null base", {{nullptr, 10}}, 1, 0, 0, -EFAULT},
    {"null base behind", {{&buffer, 10}, {nullptr, 10}}, 2, 0, 0, 10},
};

TEST(FileArguments, WriteAnswersAsTheKernelDoes) {
  for (const Arguments& c : kCases) {
    JudgedVolume v(512);
    ref::File file = v.volume->open(1);
    KernelFile peer;
    const std::int64_t answer = file.pwritev2(c.segments.data(), c.iovcnt, c.offset, c.flags);
    EXPECT_EQ(answer, c.answer) << c.name;
    EXPECT_EQ(answer, peer.pwritev2(c.segments.data(), c.iovcnt, c.offset, c.flags)) << c.name;
    EXPECT_EQ(file.position(), peer.position()) << c.name;
  }
}

TEST(FileArguments, ReadAnswersAsTheKernelDoes) {
  for (const Arguments& c : kCases) {
    JudgedVolume v(512);
    ref::File file = v.volume->open(1);
    KernelFile peer;
    const iovec ten{&buffer, 10};
    EXPECT_EQ(file.pwritev2(&ten, 1, 0, 0), peer.pwritev2(&ten, 1, 0, 0));
    const std::int64_t answer = file.preadv2(c.segments.data(), c.iovcnt, c.offset, c.flags);
    EXPECT_EQ(answer, c.answer) << c.name;
    EXPECT_EQ(answer, peer.preadv2(c.segments.data(), c.iovcnt, c.offset, c.flags)) << c.name;
    EXPECT_EQ(file.position(), peer.position()) << c.name;
  }
}

TEST(FileArguments, OffsetIsCheckedBeforeTheHandle) {
  JudgedVolume v(512);
  ref::File file = v.volume->open(1);
  EXPECT_EQ(file.ftruncate(-1), -EINVAL);
  EXPECT_EQ(file.close(), 0);
  EXPECT_EQ(file.pwritev2(nullptr, -1, -2, 0), -EINVAL);
  EXPECT_EQ(file.pwritev2(nullptr, -1, -1, 0), -EBADF);
  EXPECT_EQ(file.pwritev2(nullptr, 0, 0, 0), -EBADF);
  EXPECT_EQ(file.ftruncate(-1), -EINVAL);
  EXPECT_EQ(::pwritev2(-1, nullptr, -1, -2, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(::pwritev2(-1, nullptr, -1, 0, 0), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(::ftruncate(-1, -1), -1);
  EXPECT_EQ(errno, EINVAL);
}

// GPW-13.
TEST(FileArguments, LargestCallIsClamped) {
  // All of the clamped length is in the array; its memory ends after two pages.
  JudgedVolume v(4096);
  ref::File file = v.volume->open(1);
  const std::vector<iovec> segments = {{&buffer, 8192}, {nullptr, 1ul << 40}, {nullptr, 1ul << 40}};
  EXPECT_EQ(file.pwritev2(segments.data(), 3, 0, 0), 8192);
  EXPECT_EQ(file.pwritev2(segments.data(), 3, INT64_MAX - spec::kReadWriteMax + 1, 0), -EINVAL);
  EXPECT_EQ(v.judge.attempts[0].left_before, spec::kReadWriteMax);
}

}  // namespace
}  // namespace quire::tests
