// A buffered read through iomap.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/user_memory/iov_iter.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Reads into `iter` from byte `pos` up to the file's size. Returns the bytes read, or a negative
/// errno: EFAULT, ENOMEM, begin's, the device's; with request.nowait EAGAIN instead of ENOMEM, of
/// waiting for a folio, and of reading the device (IOM-6). Requires the file's IOLOCK.
std::int64_t file_buffered_read(
    File& file, Ops& ops, IovIter& iter, std::uint64_t pos, const Request& request = {});

}  // namespace quire::ref::iomap
