// Why a device cannot be opened, in words.
#pragma once

#include <quire/error.h>

#include <cstdint>
#include <string>

namespace quire::impl {

/// Each is one line: the path, a colon, the cause.

/// EBUSY: this process has it open already, by the path `as`.
Error open_here_already(const std::string& path, const std::string& as);
Error device_busy(const std::string& path);                       ///< EBUSY, of a block device
Error file_locked(const std::string& path);                       ///< EBUSY, of a regular file
Error device_read_only(const std::string& path);                  ///< EROFS
Error device_empty(const std::string& path);                      ///< EINVAL
Error not_a_device(const std::string& path);                      ///< EINVAL
Error bad_sector_size(const std::string& path, std::uint64_t n);  ///< EINVAL; n in bytes
Error path_changed(const std::string& path);                      ///< EAGAIN

/// For any other errno: the C library's description of it, beginning in lower case. code: positive.
Error device_error(const std::string& path, int code);

}  // namespace quire::impl
