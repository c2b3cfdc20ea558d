// The flags of one read or write: what pwritev2(2) calls RWF_*.
#pragma once

#include <cstdint>
#include <expected>

namespace quire::ref {

inline constexpr int kDsync = 0x02;   ///< RWF_DSYNC: the bytes are durable when it returns
inline constexpr int kSync = 0x04;    ///< RWF_SYNC: the same here, where size and map are in memory
inline constexpr int kNowait = 0x08;  ///< RWF_NOWAIT: EAGAIN where the device would be waited for
inline constexpr int kAppend = 0x10;  ///< RWF_APPEND: at the end of the file, whatever the offset
inline constexpr int kNoappend = 0x20;  ///< RWF_NOAPPEND: as if the handle were none that appends

inline constexpr int kKnownRwFlags = kDsync | kSync | kNowait | kAppend | kNoappend;

/// What the flags of a call and of its handle come to.
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
