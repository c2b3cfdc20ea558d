// The space ledger: told to the recorder after every call (F2-4).
#pragma once

#include "ref/linux/f2fs/inode.h"

namespace quire::ref::f2fs {

/// Counts every address of every file, and tells the recorder beside what the accounts say. Takes
/// as long as the volume has addresses; does nothing without a recorder.
void report_ledger(Superblock& volume);

}  // namespace quire::ref::f2fs
