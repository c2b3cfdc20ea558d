// Writeback through iomap: dirty blocks to runs, runs to the device.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Writes the dirty blocks of every folio that [from, to) touches, below the size rounded up to a
/// block (WBK-1); zeroes these folios past the size. Answers 0 or the first error; the blocks that
/// failed are clean and stay uptodate (WBK-3). Takes neither the IOLOCK nor the invalidate lock
/// (LK-6).
int writepages(File& file, WritebackOps& ops, std::uint64_t from, std::uint64_t to);

}  // namespace quire::ref::iomap
