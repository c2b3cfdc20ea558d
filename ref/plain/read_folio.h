// Reading a stale folio.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>

namespace quire::ref {

/// Makes the whole folio uptodate: reads the written blocks below `size` from the device, and
/// zeroes all else and every byte at or past `size` (3.3).
///
/// Returns 0, or the device's negative errno; then the folio is as stale as before. Requires a
/// locked, stale folio. size: bytes; the file's, or the smaller one that it is about to have.
int read_folio(Inode& inode, Folio& folio, std::uint64_t size);

/// Whether read_folio() would have to read the device.
bool needs_device(const Inode& inode, const Folio& folio, std::uint64_t size);

}  // namespace quire::ref
