// A buffered write through iomap: the outer loop, the body, one folio at a time.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/user_memory/iov_iter.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Writes what `iter` holds to the file's cache from byte `pos` on.
///
/// Returns the bytes written, whatever stopped it behind them (ITR-4), or a negative errno; then
/// the iterator is as it was (ITR-5). begin's; EFAULT; EINTR (the recorder asks for a stop); EAGAIN
/// where request.nowait would have to wait (IOM-6), ENOMEM, or the device's when a block had to be
/// read. Requires the file's IOLOCK, a non-empty iterator, and pos + its bytes <= kFileSizeMax.
std::int64_t file_buffered_write(
    File& file, Ops& ops, IovIter& iter, std::uint64_t pos, Request request);

}  // namespace quire::ref::iomap
