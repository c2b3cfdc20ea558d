// Reading a stale page.
#pragma once

#include "ref/linux/f2fs/inode.h"

namespace quire::ref::f2fs {

/// Reads the page from the inode's inline data, its cluster, the block of an uncommitted atomic
/// write, or its own block; zeroes it if it has none, and past the file's size. Returns 0 or a
/// negative errno: the device's, or EIO for a cluster that cannot be decompressed; then the page
/// stays stale. Requires a locked, stale folio.
int read_page(Inode& inode, Folio& folio);

/// Whether read_page() would have to read the device for the folio.
bool needs_device(Inode& inode, const Folio& folio);

}  // namespace quire::ref::f2fs
