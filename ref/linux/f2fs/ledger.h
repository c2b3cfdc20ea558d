// The space ledger: reported after every call (F2-4).
#pragma once

#include "ref/linux/f2fs/inode.h"

namespace quire::ref::f2fs {

/// Counts every address of every file, and reports the sums with the accounts. Its time grows with
/// the addresses of the volume; does nothing without a recorder.
void report_ledger(Superblock& volume);

}  // namespace quire::ref::f2fs
