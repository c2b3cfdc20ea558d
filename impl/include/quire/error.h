// An error of the library: what failed, and why.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <expected>
#include <string>

namespace quire {

/// Why something could not be opened. Since 0.1.
struct Error {
  int code;          ///< a positive errno
  std::string what;  ///< one line for a person: the thing (a device, an option) and the cause
};

/// A value or an Error. Since 0.1.
///
/// Functions that open something return a Result, whose error a program shows to a person; calls on
/// an open file or device return a count or a negative errno, as a program handles the system calls
/// that they replace.
template <class T>
using Result = std::expected<T, Error>;

}  // namespace quire

#endif  // QUIRE_CXX23
