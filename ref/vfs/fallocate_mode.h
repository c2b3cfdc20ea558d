// The modes of fallocate(2) that Linux's file systems accept: vfs_fallocate().
#pragma once

namespace quire::ref::vfs {

/// Whether the mode (FALLOC_FL_*) is one of these: 0, ZERO_RANGE or UNSHARE_RANGE, each with or
/// without KEEP_SIZE; PUNCH_HOLE with KEEP_SIZE; COLLAPSE_RANGE or INSERT_RANGE without it.
bool is_fallocate_mode(int mode);

}  // namespace quire::ref::vfs
