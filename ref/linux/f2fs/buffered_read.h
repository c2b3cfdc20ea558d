// A buffered read of an F2FS file.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <sys/uio.h>

#include <cstdint>
#include <vector>

namespace quire::ref::f2fs {

/// Reads up to the file's size, from byte `pos` on. Returns the bytes read, or a negative errno if
/// none was: ENOMEM, EFAULT, read_page()'s, or EAGAIN: `nowait`, and the page would have to be read
/// from the device. Of an atomic file it reads what was written since the start. Requires the
/// IOLOCK.
std::int64_t buffered_read(
    Inode& inode, std::vector<iovec> segments, std::uint64_t pos, bool nowait);

}  // namespace quire::ref::f2fs
