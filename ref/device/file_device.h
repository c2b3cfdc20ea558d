// A device over a path: a regular file or a block device.
#pragma once

#include "ref/device/device.h"

#include <expected>
#include <memory>
#include <string>

namespace quire::ref {

class FileDevice final : public Device {
 public:
  /// Opens `path` for reading and writing. The size is what it is at this moment; the sector size
  /// is the block device's logical one, 512 for a regular file.
  /// Error: a sentence that names the path, when it cannot be opened or is neither kind of file.
  static std::expected<std::unique_ptr<FileDevice>, std::string> make(const std::string& path);

  ~FileDevice() override;

  std::uint64_t size() const override { return size_; }
  std::uint64_t sector_size() const override { return sector_size_; }

  /// -EINVAL for a range outside the device, -EIO where the file has become shorter, or the errno
  /// of pread(2), pwrite(2) or fdatasync(2).
  int read(std::uint64_t pos, std::span<std::byte> to) override;
  int write(std::uint64_t pos, std::span<const std::byte> from) override;
  int flush() override;

 private:
  explicit FileDevice(int fd) : fd_(fd) {}

  bool contains(std::uint64_t pos, std::uint64_t length) const {
    return pos <= size_ && length <= size_ - pos;
  }

  int fd_;
  std::uint64_t size_ = 0;
  std::uint64_t sector_size_ = 512;
};

}  // namespace quire::ref
