// An Error that can be made where there is no memory.
#pragma once

#include <quire/error.h>

#include <new>
#include <string>
#include <string_view>

namespace quire::impl {

/// "thing: cause". Where there is no memory for that, as much of the cause as a short string holds.
inline Error error_about(std::string_view thing, int code, std::string_view cause) noexcept {
  try {
    return {code, std::string(thing) + ": " + std::string(cause)};
  } catch (const std::bad_alloc&) {
    return {code, std::string(cause.substr(0, std::string().capacity()))};
  }
}

}  // namespace quire::impl
