// The flags of a read or write, as the checker reads them: not by ref's decoder, whose mistakes are
// to be found.
#pragma once

#include "ref/vfs/rw_flags.h"

namespace quire::props {

/// Whether a call may have them (pwritev2(2)); else it has no other effect.
constexpr bool are_call_flags(int flags) {
  constexpr int kBoth = ref::kAppend | ref::kNoappend;
  return (flags & ~ref::kKnownRwFlags) == 0 && (flags & kBoth) != kBoth;
}

/// handle_appends: it was opened with O_APPEND.
constexpr bool asks_to_append(int flags, bool handle_appends) {
  if (!are_call_flags(flags)) return false;
  return (flags & ref::kAppend) != 0 || (handle_appends && (flags & ref::kNoappend) == 0);
}

constexpr bool asks_not_to_wait(int flags) {
  return are_call_flags(flags) && (flags & ref::kNowait) != 0;
}

constexpr bool asks_to_sync(int flags) {
  return are_call_flags(flags) && (flags & (ref::kDsync | ref::kSync)) != 0;
}

}  // namespace quire::props
