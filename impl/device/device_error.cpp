// The messages of open_block_device().
#include "impl/device/device_error.h"

#include <cctype>
#include <cerrno>
#include <cstring>

namespace quire::impl {

Error open_here_already(const std::string& path, const std::string& as) {
  const std::string other = as == path ? "" : " as " + as;
  return {EBUSY, path + ": busy (this program itself has it open" + other + ")"};
}

// A lock, or an exclusive opening, that is not libquire's may still be of this program.
Error device_busy(const std::string& path) {
  return {
      EBUSY,
      path + ": busy (it is mounted, or another program or another part of this one has it open)"};
}

Error file_locked(const std::string& path) {
  return {EBUSY, path + ": busy (another program or another part of this one holds a lock on it)"};
}

Error path_changed(const std::string& path) {
  return {EAGAIN, path + ": led to another file each time it was looked up"};
}

Error device_read_only(const std::string& path) { return {EROFS, path + ": read-only"}; }

Error device_empty(const std::string& path) { return {EINVAL, path + ": empty"}; }

Error not_a_device(const std::string& path) {
  return {EINVAL, path + ": neither a block device nor a regular file"};
}

Error bad_sector_size(const std::string& path, std::uint64_t n) {
  return {
      EINVAL,
      path + ": sector size " + std::to_string(n) + " is not a power of two from 512 to 4096"};
}

Error device_error(const std::string& path, int code) {
  const char* described = ::strerrordesc_np(code);
  std::string text = described != nullptr ? described : "error " + std::to_string(code);
  // "I/O error", "RPC ..." keep their capitals.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return {code, path + ": " + text};
}

}  // namespace quire::impl
