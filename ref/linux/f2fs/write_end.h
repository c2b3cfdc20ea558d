// Completing a write to a page (7.3).
#pragma once

#include "ref/linux/f2fs/write_begin.h"

#include <cstdint>

namespace quire::ref::f2fs {

/// Completes a write for which [pos, pos + n) was prepared and `copied` bytes arrived: marks the
/// page, or all pages of its cluster, dirty; raises the size; unlocks.
///
/// Returns the bytes accepted: `copied`, or 0 when the copy stopped short in a stale page (WB-3).
/// In a cluster the pages are unlocked before the size is raised: F2FS's own order, which WB-6
/// would forbid. It is harmless only because no page of a stored cluster lies past the size.
std::uint64_t write_end(
    Inode& inode, Prepared& prepared, std::uint64_t pos, std::uint64_t n, std::uint64_t copied);

}  // namespace quire::ref::f2fs
