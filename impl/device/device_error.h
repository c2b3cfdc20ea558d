// Why a device cannot be opened, in words.
#pragma once

#include <quire/error.h>

#include <cstdint>
#include <string>

namespace quire::impl {

/// Each is one line: the path, a colon, the cause.

Error device_busy(const std::string& path);                       ///< EBUSY
Error device_read_only(const std::string& path);                  ///< EROFS
Error device_empty(const std::string& path);                      ///< EINVAL
Error not_a_device(const std::string& path);                      ///< EINVAL
Error bad_sector_size(const std::string& path, std::uint64_t n);  ///< EINVAL; n in bytes

/// For any other errno: the C library's description of it, beginning in lower case. code: positive.
Error device_error(const std::string& path, int code);

}  // namespace quire::impl
