// A page of a mapping of the file is about to be stored to.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Prepares the page at byte `pos` for stores through a mapping: reads its folio, reserves space
/// for each of its blocks below the file's size, and makes them dirty. The page may then be stored
/// to until the folio is written back.
///
/// Returns 0 or a negative errno: EFAULT (the page lies past the file's end), ENOMEM, begin's, or
/// the device's. reads, writes: the file system's operations for a reader, which reserve nothing,
/// and for a writer. Requires the file's invalidate lock, shared; not its IOLOCK.
int page_mkwrite(File& file, Ops& reads, Ops& writes, std::uint64_t pos);

}  // namespace quire::ref::iomap
