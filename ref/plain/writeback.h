// Writeback: dirty blocks go to the device.
#pragma once

#include "ref/plain/inode.h"

#include <cstdint>

namespace quire::ref {

/// Writes every dirty block of the file, in ascending position, and leaves all of them clean. A
/// reserved block is allocated; if its write fails it is freed again, so that the former contents
/// of the device are never read.
///
/// Returns 0 or the first negative errno of the device; the rest is still tried (PC-4). A block
/// that failed stays uptodate and is not dirty again: the error is the only trace, and is recorded
/// in the file's errors once for each folio (WBK-3). size: the file's, in bytes; every dirty block
/// starts below it (WBK-1).
int writeback(Inode& inode, std::uint64_t size);

/// The same for the size that the file has now.
int write_back_file(Inode& inode);

}  // namespace quire::ref
