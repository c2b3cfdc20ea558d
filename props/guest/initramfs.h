// The file system that a guest starts from.
#pragma once

#include <string>
#include <string_view>

namespace quire::props::guest {

/// An archive of the "new ASCII" format of cpio(5), as Linux unpacks it at the start.
class Initramfs {
 public:
  /// path: without a slash in front. mode: type and permissions, S_IF* included. major, minor: of a
  /// device.
  void add(
      const std::string& path, unsigned mode, std::string_view content = {}, unsigned major = 0,
      unsigned minor = 0);

  /// The whole archive. Nothing is added afterwards.
  const std::string& finish();

 private:
  std::string archive_;
  unsigned inode_ = 0;
};

}  // namespace quire::props::guest
