// A page of a mapping of the file is about to be stored to.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Prepares the page at byte `pos` for stores through a mapping (Linux: f2fs_vm_page_mkwrite):
/// reads it, gives it an address, zeroes it past the file's size, and makes it dirty. The page may
/// then be stored to until it is written back, also past the size.
///
/// Returns 0 or a negative errno: EFAULT (the page lies past the file's end), EPERM (the file is
/// immutable), EIO (a checkpoint failed, or the blocks of the clusters were released), ENOSPC,
/// EDQUOT, ENOMEM, or the device's. Takes the invalidate lock; not the IOLOCK.
int page_mkwrite(Inode& inode, std::uint64_t pos);

}  // namespace quire::ref::f2fs
