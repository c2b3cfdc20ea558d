// Reading or zeroing the stale blocks of a folio.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>

namespace quire::ref::iomap {

/// The mapping of the old bytes of a range: the source if there is one, else the mapping itself.
const Mapping& source_of(const Mapping& mapping, const Mapping& source);

/// Whether block i of the folio has no bytes to read: it is not written, newly allocated by this
/// begin, or past the file's size.
bool needs_zeroing(const File& file, const Mapping& from, const Folio& folio, std::size_t i);

/// Reads the stale block i of a locked folio from the device, or zeroes it; zeroes its bytes past
/// the file's size. Returns 0 or the device's error. Requires that `from` covers the block.
int read_or_zero_block(File& file, Folio& folio, std::size_t i, const Mapping& from);

/// Copies the inode's inline bytes to the stale blocks of a locked folio at the file's start.
void read_inline_data(File& file, Folio& folio, const Mapping& from);

/// Makes a locked folio uptodate as a whole. Returns 0, begin's or the device's error; with
/// request.nowait EAGAIN instead of reading the device (IOM-6).
int read_folio(File& file, Ops& ops, Folio& folio, const Request& request = {});

}  // namespace quire::ref::iomap
