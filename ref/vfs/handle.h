// The part of an open file that no file system changes: how it was opened, and where it stands.
#pragma once

#include "ref/vfs/transfer.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <cstdint>
#include <expected>
#include <memory>

namespace quire::ref::vfs {

/// A pointer that owns nothing, and is null once it was moved from.
template <class T>
struct OwnsNothing {
  void operator()(T*) const {}
};
template <class T>
using MovedPointer = std::unique_ptr<T, OwnsNothing<T>>;

struct Handle {
  bool appends = false;       ///< opened with O_APPEND
  bool dsync = false;         ///< opened with O_DSYNC: each write is synchronous
  bool sync = false;          ///< opened with O_SYNC: and so are all its metadata
  std::int64_t position = 0;  ///< bytes

  /// Checks the arguments of a read or write (ref/vfs/transfer.h). is_open: the handle is.
  std::expected<Transfer, std::int64_t> check(
      bool is_open, const iovec* segments, int iovcnt, std::int64_t offset, int flags) const {
    auto transfer = check_transfer(is_open, segments, iovcnt, offset, position, flags, appends);
    if (transfer) {
      transfer->flags.sync = transfer->flags.sync || dsync || sync;
      transfer->flags.full = transfer->flags.full || sync;
    }
    return transfer;
  }

  /// Moves the position to byte `end` after a call at `offset` that returned `result`: only a call
  /// at the position moves it, and only if it moved bytes.
  void advance(std::int64_t offset, std::int64_t result, std::uint64_t end) {
    if (offset == kAtPosition && result > 0) position = static_cast<std::int64_t>(end);
  }
};

/// A new handle by the flags of open(2): O_APPEND, O_DSYNC and O_SYNC, or 0.
inline Handle handle_of(int flags) {
  return {
      .appends = (flags & O_APPEND) != 0,
      .dsync = (flags & O_DSYNC) != 0,
      .sync = (flags & O_SYNC) == O_SYNC};
}

}  // namespace quire::ref::vfs
