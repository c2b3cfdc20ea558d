// The flags of one read or write.
#include "ref/vfs/rw_flags.h"

#include <cerrno>

namespace quire::ref {

std::expected<RwFlags, int> decode_rw_flags(int flags, bool appends) {
  if ((flags & ~kKnownRwFlags) != 0) return std::unexpected(-EOPNOTSUPP);
  if ((flags & kAppend) != 0 && (flags & kNoappend) != 0) return std::unexpected(-EINVAL);
  return RwFlags{
      .append = (flags & kAppend) != 0 || (appends && (flags & kNoappend) == 0),
      .nowait = (flags & kNowait) != 0,
      .sync = (flags & (kDsync | kSync)) != 0,
      .full = (flags & kSync) != 0};
}

}  // namespace quire::ref
