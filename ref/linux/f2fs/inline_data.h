// Inline data: the bytes of a small file, kept in its inode.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Reads folio 0 from the inode; zero past the size. Requires a locked folio that is stale.
void read_inline_data(Inode& inode, Folio& folio);

/// Stores folio 0 into the inode and makes it clean. Requires a locked folio that is uptodate.
void write_inline_data(Inode& inode, Folio& folio);

/// Converts inline data to block 0: writes page 0 out of place, waits, then clears the inode
/// (F2-6). 0; or ENOSPC, EDQUOT, ENOMEM or the device's error (negative), with the data inline as
/// before. Requires the folio of page 0, locked, and the op lock.
int convert_inline_page(Inode& inode, Folio& folio);

/// The same for a file whose folio 0 is not locked; does nothing if no data is inline.
int convert_inline_inode(Inode& inode);

}  // namespace quire::ref::f2fs
