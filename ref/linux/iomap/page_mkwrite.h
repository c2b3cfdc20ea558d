// A page of a mapping of the file is about to be stored to.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Sees to it that stores to the page at byte `pos` will reach the device: its folio is read in,
/// every block of it below the file's size gets space and turns dirty. The page may then be stored
/// to until the folio is written back.
///
/// Returns 0 or a negative errno: EFAULT (the page lies past the file's end), ENOMEM, begin's, or
/// the device's. reads, writes: what the file system answers to a reader, who takes no space, and
/// to a writer. Requires the file's invalidate lock, shared; not its IOLOCK.
int page_mkwrite(File& file, Ops& reads, Ops& writes, std::uint64_t pos);

}  // namespace quire::ref::iomap
