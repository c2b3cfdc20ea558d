// Loop devices that killed processes left behind: found by the name of their image, and removed.
#include "props/device/descriptor.h"
#include "props/device/loop_device.h"
#include "props/device/loop_image.h"
#include "tests/props/device/loop_device_fixture.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;
namespace fs = std::filesystem;

using ReapLoopDevicesTest = LoopDeviceTest;

/// The pid of a process that has ended.
pid_t dead_pid() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  return pid;
}

/// Attaches `image`, made here with one MiB, so that it stays attached; returns "/dev/loopN".
std::string attach_and_leave(const std::string& image) {
  const Descriptor file(::open(image.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  EXPECT_EQ(::ftruncate(file.get(), kDeviceSize), 0);
  const Descriptor control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  for (int tries = 0; tries < 100; ++tries) {
    const std::string path =
        "/dev/loop" + std::to_string(::ioctl(control.get(), LOOP_CTL_GET_FREE));
    const Descriptor device(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(file.get());
    if (::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return path;
  }
  ADD_FAILURE() << "no loop device for " << image;
  return {};
}

void detach(const std::string& device) {
  const Descriptor opened(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  ::ioctl(opened.get(), LOOP_CLR_FD, 0);
}

TEST_F(ReapLoopDevicesTest, ReapsWhatDeadProcessesLeft) {
  const std::string stale = folder_.path() + "/quire-check." + std::to_string(dead_pid());
  const std::string named = attach_and_leave(stale + ".0.img");
  const std::string unnamed = attach_and_leave(stale + ".1.img");
  fs::remove(stale + ".1.img");
  std::ofstream(stale + ".2.img");

  // Another run of this test may take the devices first, but not the image that is under none.
  EXPECT_GE(reap_stale_loop_devices(folder_.path()), 1u);
  EXPECT_TRUE(leaves(named, stale + ".0.img"));
  EXPECT_TRUE(leaves(unnamed, stale + ".1.img (deleted)"));
  EXPECT_TRUE(folder_.is_empty());
}

TEST_F(ReapLoopDevicesTest, ReapsNothingThatIsNotStale) {
  const std::string dead = std::to_string(dead_pid());
  const std::vector<std::string> kept = {
      folder_.path() + "/quire-check." + std::to_string(::getpid()) + ".999999.img",
      folder_.path() + "/quire-check." + dead + ".img",
      folder_.path() + "/quire-check." + dead + ".1.img.old",
      folder_.path() + "/my-quire-check." + dead + ".1.img"};
  std::vector<std::string> devices;
  for (const std::string& image : kept) devices.push_back(attach_and_leave(image));

  reap_stale_loop_devices(folder_.path());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_TRUE(fs::exists(kept[i]));
    EXPECT_EQ(backing_file(devices[i]), kept[i]);
    detach(devices[i]);
  }
}

TEST(LoopImage, IsKnownByItsName) {
  EXPECT_EQ(image_owner("/tmp/quire-check.12.3.img"), 12);
  EXPECT_EQ(image_owner("quire-check.12.3.img (deleted)"), 12);
  for (const char* other :
       {"", "quire-check.img", "quire-check..3.img", "quire-check.12..img", "quire-check.0.1.img",
        "quire-check.-12.3.img", "quire-check.12.3.4.img", "quire-check.12.x.img",
        "quire-check.99999999999.1.img", "/quire-check.12.3.img/data"}) {
    EXPECT_EQ(image_owner(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace quire::tests
