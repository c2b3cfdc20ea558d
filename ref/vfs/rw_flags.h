// The flags of one read or write (RWF_* of pwritev2(2)).
#pragma once

#include <cstdint>
#include <expected>

namespace quire::ref {

inline constexpr int kDsync = 0x02;   ///< RWF_DSYNC: the bytes are durable when it returns
inline constexpr int kSync = 0x04;    ///< RWF_SYNC: the same here, where size and map are in memory
inline constexpr int kNowait = 0x08;  ///< RWF_NOWAIT: EAGAIN instead of waiting for the device
inline constexpr int kAppend = 0x10;  ///< RWF_APPEND: at the end of the file, whatever the offset
inline constexpr int kNoappend = 0x20;  ///< RWF_NOAPPEND: not at the end, though the handle appends

inline constexpr int kKnownRwFlags = kDsync | kSync | kNowait | kAppend | kNoappend;

/// The flags of a call, together with those of its handle.
struct RwFlags {
  bool append = false;
  bool nowait = false;
  bool sync = false;  ///< the bytes are durable when it returns
  bool full = false;  ///< and so is all metadata
};

/// Errors, in this order: EOPNOTSUPP for a flag that is not one of the above, EINVAL for kAppend
/// and kNoappend together. appends: whether the handle was opened with O_APPEND.
std::expected<RwFlags, int> decode_rw_flags(int flags, bool appends);

}  // namespace quire::ref
