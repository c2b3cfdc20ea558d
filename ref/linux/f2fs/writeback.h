// Writeback out of place: each dirty page moves to a new block.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Brings every dirty page to the device: inline data into the inode, pages of an atomic file into
/// blocks of its CoW inode, clusters compressed where that saves a block, all else to new blocks;
/// those of a pinned file stay where they are. What lies past `size` (bytes) is zeroed first. A
/// page whose block could not be written keeps its old one and is not tried again; one for which
/// there was no place stays dirty. Returns 0 or the first error (negative). Requires that no folio
/// is locked.
int writeback(Inode& inode, std::uint64_t size);

/// Brings one locked, dirty page that is not inline to the device.
int write_locked_page(Inode& inode, Folio& folio);

}  // namespace quire::ref::f2fs
