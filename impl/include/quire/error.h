// An error of the library: what failed, and why.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <expected>
#include <string>

namespace quire {

/// Why something could not be done. `code` is a positive errno; `what` is one line that names the
/// thing (a device, an option) and the cause, fit to be shown to a person.
struct Error {
  int code;
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;

}  // namespace quire

#endif  // QUIRE_CXX23
