// What a command does.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace quire::props {

/// Actions from fdatasync on are for peers alone (props/peers): impl has no such calls.
enum class Action {
  write,
  read,
  fsync,
  truncate,
  drop_cache,
  reopen,
  fdatasync,
  syncfs,
  seek,          ///< lseek(2)
  fallocate,     ///< fallocate(2)
  clone,         ///< FICLONERANGE
  write_mapped,  ///< a write whose source is a shared mapping of a file of the same volume
  fill,          ///< takes all but `length` bytes of the peer's volume
  write_back,    ///< writes dirty blocks to the device, as a flusher does
  store_mapped,  ///< stores through a mapping to the rest of the page in which the file ends
};

/// The names of the actions, in their order.
inline constexpr std::array<std::string_view, 15> kActionNames{
    "write",  "read",         "fsync",  "truncate",   "drop_cache",
    "reopen", "fdatasync",    "syncfs", "seek",       "fallocate",
    "clone",  "write_mapped", "fill",   "write_back", "store_mapped"};

constexpr std::string_view name_of(Action action) {
  return kActionNames[static_cast<std::size_t>(action)];
}

/// The calls that an actor can make.
inline constexpr std::array kActorActions{Action::write,    Action::read,       Action::fsync,
                                          Action::truncate, Action::drop_cache, Action::reopen};

}  // namespace quire::props
