// Filling blocks of a folio with what a reader must see.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Where the old bytes of a range are: the source if it is one, else the mapping itself.
const Mapping& source_of(const Mapping& mapping, const Mapping& source);

/// Whether block i of the folio holds nothing that could be read: what is behind it is no written
/// space, or this very begin took it, or it lies past the file's size.
bool needs_zeroing(const File& file, const Mapping& from, const Folio& folio, std::size_t i);

/// Fills block i of a locked folio, which is stale, from the device or with zeroes, and past the
/// file's size with zeroes. Returns 0 or the device's error. Requires that `from` covers the block.
int read_or_zero_block(File& file, Folio& folio, std::size_t i, const Mapping& from);

/// Fills a locked folio at the file's start from the inode's own bytes; blocks that are uptodate
/// stay.
void read_inline_data(File& file, Folio& folio, const Mapping& from);

/// Makes a locked folio uptodate as a whole. Returns 0, begin's or the device's error; with
/// request.nowait EAGAIN instead of reading the device (IOM-6).
int read_folio(File& file, Ops& ops, Folio& folio, const Request& request = {});

}  // namespace quire::ref::iomap
