// A buffered write: the write loop over F2FS's hooks.
#pragma once

#include "ref/linux/f2fs/inode.h"
#include "ref/user_memory/iov_iter.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Writes all that `iter` has at byte `pos` of the file, through the page cache. Returns the bytes
/// written, or a negative errno if none was: EFAULT, or write_begin's. Requires the IOLOCK, an
/// iterator that is not empty, and an end of at most kFileSizeMax.
std::int64_t buffered_write(Inode& inode, IovIter& iter, std::uint64_t pos);

}  // namespace quire::ref::f2fs
