// A buffered write: the loop and its hooks, run on one file.
#pragma once

#include "ref/plain/inode.h"
#include "ref/user_memory/iov_iter.h"

#include <cstdint>

namespace quire::ref {

/// Writes all that `iter` has to the file's cache from byte `pos` on.
///
/// Returns the bytes written, or a negative errno if there were none: EFAULT, EINTR (the recorder
/// asks for a stop), or write_begin's (ref/plain/write_begin_end.h). Requires at least one byte,
/// pos + all of them <= kFileSizeMax, and the file's IOLOCK.
///
/// nowait: EAGAIN instead of reading the device (IOM-6) or waiting for writeback (BDP-2); like
/// every other error it is hidden by bytes that were written before it, so that EAGAIN means that
/// no byte was written (IOM-7).
std::int64_t buffered_write(Inode& inode, IovIter& iter, std::uint64_t pos, bool nowait);

}  // namespace quire::ref
