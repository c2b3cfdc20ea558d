// The fixture of the tests of loop devices: a folder for images, and the devices that are attached.
#pragma once

#include "props/device/loop_device.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace quire::tests {

/// Bytes of each device that these tests make.
inline constexpr std::uint64_t kDeviceSize = 1 << 20;

/// The file under "/dev/loopN" as the kernel names it, or "" when none is attached.
inline std::string backing_file(const std::string& device) {
  std::string path;
  std::getline(
      std::ifstream("/sys/block/" + device.substr(sizeof "/dev/" - 1) + "/loop/backing_file"),
      path);
  return path;
}

/// Whether `image` is no longer under `device`, now or within two seconds.
inline bool leaves(const std::string& device, const std::string& image) {
  for (int i = 0; i < 200 && backing_file(device) == image; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return backing_file(device) != image;
}

/// A folder of its own for images, removed with the object.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "quire-loop-test.XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  bool is_empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::string path_;
};

/// Empty if this process can attach loop devices now, else one line that says why not.
inline std::string why_no_loop_devices() {
  const auto trial = props::LoopDevice::attach(64 * 1024, 512);
  return trial ? std::string{} : trial.error().what;
}

/// A test that is skipped, with the reason, where there can be no loop devices.
class LoopDeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_loop_devices(); !why.empty()) GTEST_SKIP() << why;
  }

  Folder folder_;
};

}  // namespace quire::tests
