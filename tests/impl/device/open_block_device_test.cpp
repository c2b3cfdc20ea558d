// open_block_device(): the paths that it opens and refuses, and its messages.
#include "impl/device/device_error.h"
#include "impl/device/open_file.h"
#include "tests/impl/device/device_layout.h"
#include "tests/impl/device/device_paths.h"
#include "tests/write_runs.h"

#include <quire/block_device.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace quire::tests {
namespace {

using impl::Descriptor;

void expect_refused(const std::string& path, int code, const std::string& cause) {
  const auto device = open_block_device(path);
  ASSERT_FALSE(device) << path;
  EXPECT_EQ(device.error().code, code);
  EXPECT_EQ(device.error().what, path + ": " + cause);
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

constexpr int kCannotForbid = 77;

/// Makes io_uring_setup(2) fail with EPERM in this process, as container runtimes do.
bool forbid_io_uring() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
         ::syscall(SYS_io_uring_setup, 0, nullptr) < 0 && errno == EPERM;
}

TEST(OpenBlockDevice, OpensAFile) {
  const TempFile file(1 << 20);
  const auto device = open_block_device(file.path());
  ASSERT_TRUE(device) << device.error().what;
  EXPECT_EQ((*device)->size(), 1u << 20);
  EXPECT_EQ((*device)->name(), file.path());
  EXPECT_TRUE((*device)->sector_size() == 512 || (*device)->sector_size() == 4096);
}

TEST(OpenBlockDevice, RoundsAFileDownToASector) {
  const TempFile file(3 * 4096 + 100);
  const auto device = open_block_device(file.path());
  ASSERT_TRUE(device) << device.error().what;
  EXPECT_EQ((*device)->size(), 3u * 4096);
}

TEST(OpenBlockDevice, OpensALoopDevice) {
  for (const std::uint32_t sector_size : {512, 1024, 2048, 4096}) {
    const LoopDevice loop(1 << 20, "--sector-size " + std::to_string(sector_size));
    if (loop.path().empty()) GTEST_SKIP() << kNoLoopDevice;
    const auto device = open_block_device(loop.path());
    ASSERT_TRUE(device) << device.error().what;
    EXPECT_EQ((*device)->size(), 1u << 20);
    EXPECT_EQ((*device)->sector_size(), sector_size);
    EXPECT_EQ((*device)->name(), loop.path());
  }
}

TEST(OpenBlockDevice, RefusesAPathThatDoesNotExist) {
  expect_refused("/dev/nope", ENOENT, "no such file or directory");
  expect_refused("", ENOENT, "no such file or directory");
  expect_refused("/dev/null/x", ENOTDIR, "not a directory");
}

TEST(OpenBlockDevice, RefusesAPathThatIsNeitherDeviceNorFile) {
  expect_refused("/etc", EINVAL, "neither a block device nor a regular file");
  expect_refused("/dev/null", EINVAL, "neither a block device nor a regular file");
}

TEST(OpenBlockDevice, RefusesAPipeWithoutWaitingForItsOtherEnd) {
  const std::string path = testing::TempDir() + "quire_pipe_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_refused(path, EINVAL, "neither a block device nor a regular file");
  ::unlink(path.c_str());
}

TEST(OpenBlockDevice, RefusesAnEmptyFile) {
  expect_refused(TempFile(0).path(), EINVAL, "empty");
  expect_refused(TempFile(511).path(), EINVAL, "empty");
}

TEST(OpenBlockDevice, RefusesALockedFile) {
  const TempFile file(1 << 20);
  {
    const Descriptor other(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(other.get(), LOCK_SH), 0);
    expect_refused(
        file.path(), EBUSY,
        "busy (another program or another part of this one holds a lock on it)");
  }
  EXPECT_TRUE(open_block_device(file.path()));
}

TEST(OpenBlockDevice, RefusesAFileWithoutPermission) {
  const TempFile file(1 << 20);
  ASSERT_EQ(::chmod(file.path().c_str(), 0444), 0);
  const uid_t user = ::geteuid();
  ASSERT_EQ(::seteuid(user == 0 ? 65534 : user), 0);
  expect_refused(file.path(), EACCES, "permission denied");
  ASSERT_EQ(::seteuid(user), 0);
}

TEST(OpenBlockDevice, RefusesAReadOnlyLoopDevice) {
  const LoopDevice loop(1 << 20, "--read-only");
  if (loop.path().empty()) GTEST_SKIP() << kNoLoopDevice;
  expect_refused(loop.path(), EROFS, "read-only");
}

TEST(OpenBlockDevice, RefusesABusyLoopDevice) {
  const LoopDevice loop(1 << 20, "");
  if (loop.path().empty()) GTEST_SKIP() << kNoLoopDevice;
  {
    const Descriptor other(::open(loop.path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    ASSERT_GE(other.get(), 0);
    expect_refused(
        loop.path(), EBUSY,
        "busy (it is mounted, or another program or another part of this one has it open)");
  }
  EXPECT_TRUE(open_block_device(loop.path()));
}

TEST(OpenBlockDevice, HoldsTheDeviceUntilItIsDestroyed) {
  const LoopDevice loop(1 << 20, "");
  const TempFile file(1 << 20);
  for (const std::string& path : {file.path(), loop.path()}) {
    if (path.empty()) GTEST_SKIP() << kNoLoopDevice;
    for (int round = 0; round < 100; ++round) {
      const auto device = open_block_device(path);
      ASSERT_TRUE(device) << device.error().what << ", round " << round;
      ASSERT_EQ((*device)->flush(), 0);
      expect_refused(path, EBUSY, "busy (this program itself has it open)");
    }
  }
}

/// Other paths to a file or a device, gone when they go out of scope.
class OtherPaths {
 public:
  explicit OtherPaths(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    const std::string base = testing::TempDir() + "quire_other_" + std::to_string(::getpid());
    std::filesystem::create_symlink(path, base + "_symlink");
    paths_.push_back(base + "_symlink");
    if (S_ISREG(status.st_mode)) {
      std::filesystem::create_hard_link(path, base + "_hard_link");
      paths_.push_back(base + "_hard_link");
    } else if (::mknod((base + "_node").c_str(), S_IFBLK | 0600, status.st_rdev) == 0) {
      paths_.push_back(base + "_node");
    }
  }
  OtherPaths(const OtherPaths&) = delete;
  OtherPaths& operator=(const OtherPaths&) = delete;
  ~OtherPaths() {
    for (const std::string& path : paths_) std::filesystem::remove(path);
  }
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;
};

TEST(OpenBlockDevice, SaysThatThisProgramHasItOpenByAnotherPath) {
  const TempFile file(1 << 20);
  const LoopDevice loop(1 << 20, "");
  for (const std::string& path : {file.path(), loop.path()}) {
    if (path.empty()) GTEST_SKIP() << kNoLoopDevice;
    const OtherPaths other(path);
    const auto device = open_block_device(path);
    ASSERT_TRUE(device) << device.error().what;
    for (const std::string& alias : other.paths()) {
      expect_refused(alias, EBUSY, "busy (this program itself has it open as " + path + ")");
    }
  }
}

TEST(OpenBlockDevice, SaysTheTrueCauseToThreadsThatOpenItAtOnce) {
  const TempFile file(1 << 20);
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> opened{0}, here{0};
    std::barrier start(4);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        const auto device = open_block_device(file.path());
        start.arrive_and_wait();
        if (device) {
          ++opened;
        } else if (device.error().what.ends_with("(this program itself has it open)")) {
          ++here;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(opened, 1);
    ASSERT_EQ(here, 3);
  }
}

TEST(OpenBlockDevice, RefusesAFileWhileAnotherHoldsItsLock) {
  // A failed opening must not count as one of this program.
  const TempFile file(1 << 20);
  const Descriptor other(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  for (int round = 0; round < 3; ++round) {
    expect_refused(
        file.path(), EBUSY,
        "busy (another program or another part of this one holds a lock on it)");
  }
}

TEST(OpenBlockDevice, ClosesItsDescriptors) {
  const TempFile good(1 << 20);
  const TempFile empty(0);
  const TempFile locked(1 << 20);
  const Descriptor lock(::open(locked.path().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  const LoopDevice read_only(1 << 20, "--read-only");
  const LoopDevice hollow(0, "");

  const auto before = open_descriptors();
  for (const std::string& path :
       {good.path(), empty.path(), locked.path(), read_only.path(), hollow.path(),
        std::string("/dev/null"), std::string("/etc"), std::string("/dev/nope")}) {
    const bool opens = open_block_device(path).has_value();
    EXPECT_EQ(opens, path == good.path()) << path;
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(OpenBlockDevice, DoesOrdinaryIoWhereTheFileSystemHasNoDirectIo) {
  // Opened and closed, but neither read nor written.
  const std::string path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const Descriptor direct(::open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
  if (direct.get() >= 0 || errno != EINVAL)
    GTEST_SKIP() << path << " cannot stand in for such a file";
  const auto file = impl::open_exclusively(path);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->geometry.sector_size, 512u);
  EXPECT_EQ(::fcntl(file->fd.get(), F_GETFL) & O_DIRECT, 0);
}

TEST(OpenBlockDevice, DoesWithoutIoUringWhereItIsForbidden) {
  const TempFile file(1 << 20);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!forbid_io_uring()) ::_exit(kCannotForbid);
    const auto device = open_block_device(file.path());
    if (!device) ::_exit(1);
    const Buffer buffer(4096);
    const iovec segment{buffer.at(0), buffer.size()};
    const DeviceRun run{4096, {&segment, 1}};
    std::memset(buffer.at(0), 0x5a, buffer.size());
    if (write_runs(**device, {&run, 1}) != 0 || (*device)->flush() != 0) ::_exit(2);
    std::memset(buffer.at(0), 0, buffer.size());
    if ((*device)->read({&run, 1}) != 0 || *buffer.at(4095) != std::byte{0x5a}) ::_exit(3);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotForbid) GTEST_SKIP() << "no seccomp filters on this machine";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(DeviceGeometry, TakesSectorsFrom512To4096) {
  for (const std::uint32_t sector_size : {512, 1024, 2048, 4096}) {
    const auto geometry = impl::device_geometry("/dev/x", 10'000, sector_size);
    ASSERT_TRUE(geometry);
    EXPECT_EQ(geometry->sector_size, sector_size);
    EXPECT_EQ(geometry->size, 10'000 / sector_size * sector_size);
  }
}

TEST(DeviceGeometry, RefusesOtherSectors) {
  for (const std::uint64_t sector_size : {0, 1, 256, 520, 4095, 4104, 8192, 1 << 20}) {
    const auto geometry = impl::device_geometry("/dev/x", 1 << 30, sector_size);
    ASSERT_FALSE(geometry) << sector_size;
    EXPECT_EQ(geometry.error().code, EINVAL);
    EXPECT_EQ(
        geometry.error().what, "/dev/x: sector size " + std::to_string(sector_size) +
                                   " is not a power of two from 512 to 4096");
  }
}

TEST(DeviceError, BeginsInLowerCaseExceptForAbbreviations) {
  EXPECT_EQ(impl::device_error("/dev/x", ENXIO).what, "/dev/x: no such device or address");
  EXPECT_EQ(impl::device_error("/dev/x", ENOMEDIUM).what, "/dev/x: no medium found");
  EXPECT_EQ(impl::device_error("/dev/x", 9999).what, "/dev/x: error 9999");
  EXPECT_EQ(impl::device_error("/dev/x", ENOMEDIUM).code, ENOMEDIUM);
}

}  // namespace
}  // namespace quire::tests
