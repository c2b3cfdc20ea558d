// Loop devices that the checker makes: as requested, from any thread, and removed however it ends.
#include "props/device/loop_device.h"

#include "props/device/descriptor.h"
#include "props/device/loop_image.h"
#include "props/memory/pattern.h"
#include "tests/props/device/loop_device_fixture.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;

TEST_F(LoopDeviceTest, HasTheSizeAndSectorsAskedFor) {
  for (const std::uint32_t sector_size : {512u, 1024u, 2048u, 4096u}) {
    const auto device = LoopDevice::attach(kDeviceSize, sector_size, folder_.path());
    ASSERT_TRUE(device) << device.error().what;
    const Descriptor opened(::open(device->path().c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    ASSERT_TRUE(opened);
    int actual_sector = 0;
    std::uint64_t actual_size = 0;
    ASSERT_EQ(::ioctl(opened.get(), BLKSSZGET, &actual_sector), 0);
    ASSERT_EQ(::ioctl(opened.get(), BLKGETSIZE64, &actual_size), 0);
    EXPECT_TRUE(std::cmp_equal(actual_sector, sector_size));
    EXPECT_EQ(actual_size, kDeviceSize);
    EXPECT_EQ(device->size(), kDeviceSize);
    EXPECT_EQ(device->sector_size(), sector_size);
  }
}

TEST_F(LoopDeviceTest, KeepsWhatIsWrittenThroughItsPath) {
  for (const std::uint32_t sector_size : {512u, 4096u}) {
    const auto device = LoopDevice::attach(kDeviceSize, sector_size, folder_.path());
    ASSERT_TRUE(device) << device.error().what;
    alignas(4096) std::array<std::byte, 4096> written;
    alignas(4096) std::array<std::byte, 4096> seen{};
    fill_pattern(written, 1, 0);
    {
      const Descriptor opened(::open(device->path().c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
      ASSERT_EQ(::pwrite(opened.get(), written.data(), sector_size, 8192), sector_size);
      ASSERT_EQ(::fsync(opened.get()), 0);
    }
    const Descriptor opened(::open(device->path().c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    ASSERT_EQ(::pread(opened.get(), seen.data(), sector_size, 8192), sector_size);
    EXPECT_TRUE(std::equal(seen.begin(), seen.begin() + sector_size, written.begin()));
  }
}

TEST_F(LoopDeviceTest, IsGoneWhenDestroyed) {
  std::string path;
  std::string image;
  {
    auto first = LoopDevice::attach(kDeviceSize, 512, folder_.path());
    ASSERT_TRUE(first) << first.error().what;
    const LoopDevice moved = std::move(*first);
    path = moved.path();
    image = backing_file(path);
    EXPECT_EQ(image_owner(image), ::getpid()) << image;
    EXPECT_TRUE(folder_.is_empty());
  }
  EXPECT_TRUE(leaves(path, image));
}

TEST_F(LoopDeviceTest, ManyLiveAtOnceFromManyThreads) {
  std::array<std::vector<LoopDevice>, 4> made;
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([this, &mine] {
        for (int i = 0; i < 4; ++i) {
          auto device = LoopDevice::attach(kDeviceSize, 4096, folder_.path());
          ASSERT_TRUE(device) << device.error().what;
          mine.push_back(std::move(*device));
        }
      });
    }
  }
  std::vector<std::string> paths;
  for (const auto& mine : made) {
    for (const LoopDevice& device : mine) paths.push_back(device.path());
  }
  std::ranges::sort(paths);
  EXPECT_EQ(paths.size(), 16u);
  EXPECT_TRUE(std::ranges::adjacent_find(paths) == paths.end());
}

TEST_F(LoopDeviceTest, IsGoneWhenItsProcessIsKilled) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGABRT, SIGKILL}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Descriptor from(ends[0]);
    Descriptor to(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      // A test that runs in the background of a shell has SIGINT ignored, under nohup SIGHUP.
      ::signal(signal, SIG_DFL);
      const auto device = LoopDevice::attach(kDeviceSize, 512, folder_.path());
      const Descriptor user(device ? ::open(device->path().c_str(), O_RDWR | O_CLOEXEC) : -1);
      std::array<char, 32> path{};
      if (device) device->path().copy(path.data(), path.size() - 1);
      [[maybe_unused]] const auto sent = ::write(to.get(), path.data(), path.size());
      for (;;) ::pause();
    }
    to = {};
    std::array<char, 32> path{};
    ASSERT_EQ(::read(from.get(), path.data(), path.size()), 32);
    const std::string image = backing_file(path.data());
    EXPECT_EQ(image_owner(image), child) << image;

    ASSERT_EQ(::kill(child, signal), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    EXPECT_TRUE(leaves(path.data(), image)) << path.data() << " after signal " << signal;
    EXPECT_TRUE(folder_.is_empty());
  }
}

/// Makes LOOP_CONFIGURE unknown to this process, as it is to kernels before 5.8.
bool forget_loop_configure() {
  std::array<sock_filter, 6> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOP_CONFIGURE, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(LoopDeviceTest, IsMadeInStepsWhereTheKernelIsOld) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!forget_loop_configure()) ::_exit(1);
    std::string path;
    std::string image;
    {
      const auto device = LoopDevice::attach(kDeviceSize, 4096, folder_.path());
      if (!device) ::_exit(2);
      path = device->path();
      image = backing_file(path);
      if (image_owner(image) != ::getpid()) ::_exit(3);
    }
    ::_exit(leaves(path, image) ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(LoopDeviceTest, FailsWhenItsFolderIsNot) {
  const auto device = LoopDevice::attach(kDeviceSize, 512, folder_.path() + "/none");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ENOENT);
  EXPECT_NE(device.error().what.find("/none/quire-check."), std::string::npos);
}

TEST(LoopDevice, RefusesSizesThatNoDeviceHas) {
  for (const auto& [bytes, sector_size] :
       {std::pair{kDeviceSize, 256u},
        {kDeviceSize, 8192u},
        {kDeviceSize, 513u},
        {std::uint64_t{0}, 512u},
        {kDeviceSize + 512, 1024u}}) {
    const auto device = LoopDevice::attach(bytes, sector_size);
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().code, EINVAL);
    EXPECT_EQ(device.error().what.find('\n'), std::string::npos);
  }
}

TEST(LoopDevice, SaysInOneLineWhyItCannotBeMade) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can take root away from a child";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
    const std::string why = why_no_loop_devices();
    ::_exit(why.starts_with("loop device: /dev/loop-control: ") && !why.contains('\n') ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace quire::tests
