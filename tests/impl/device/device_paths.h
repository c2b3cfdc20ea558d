// Files and loop devices for the device tests, gone when they go out of scope.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace quire::tests {

/// A regular file of `size` zero bytes.
class TempFile {
 public:
  explicit TempFile(std::uint64_t size) : path_(testing::TempDir() + "quire_device_XXXXXX") {
    const int fd = ::mkstemp(path_.data());
    EXPECT_GE(fd, 0) << path_;
    EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(size)), 0);
    ::close(fd);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { ::unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A loop device over a file of its own; path() is empty where this machine gives none.
class LoopDevice {
 public:
  /// options: further options of losetup(8), "--sector-size 4096" or "-r".
  LoopDevice(std::uint64_t size, const std::string& options) : file_(size) {
    if (::geteuid() != 0 || ::access("/dev/loop-control", W_OK) != 0) return;
    const std::string command =
        "losetup --find --show " + options + " '" + file_.path() + "' 2>/dev/null";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return;
    for (int c = std::fgetc(pipe); c != EOF && c != '\n'; c = std::fgetc(pipe)) {
      path_ += static_cast<char>(c);
    }
    if (::pclose(pipe) != 0) path_.clear();
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  ~LoopDevice() {
    if (path_.empty()) return;
    const std::string command = "losetup --detach '" + path_ + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  const std::string& path() const { return path_; }
  const std::string& file_path() const { return file_.path(); }

 private:
  TempFile file_;
  std::string path_;
};

inline constexpr const char* kNoLoopDevice =
    "no loop device: needs root, a writable /dev/loop-control and losetup(8)";

}  // namespace quire::tests
