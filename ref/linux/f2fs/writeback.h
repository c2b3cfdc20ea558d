// Writeback out of place: each dirty page moves to a new block.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Writes every dirty page to the device: inline data into the inode, pages of an atomic file into
/// blocks of its CoW inode, clusters compressed where that saves a block, all else to new blocks;
/// those of a pinned file stay where they are. Zeroes the bytes past `size` first. A page whose
/// block could not be written keeps its old one and is not written again; one for which no block
/// was free stays dirty. Returns 0 or the first error (negative). Requires that no folio is locked.
int writeback(Inode& inode, std::uint64_t size);

/// Writes one locked, dirty page that is not inline to the device.
int write_locked_page(Inode& inode, Folio& folio);

/// How the write of one page went.
struct PageWrite {
  bool placed;  ///< there was a block to write it to
  int error;    ///< 0 or a negative errno
  bool moved;   ///< its address has changed
};

/// Reports it, before the page is unlocked.
void record_page_write(Superblock& volume, const Folio& folio, const PageWrite& write);

}  // namespace quire::ref::f2fs
