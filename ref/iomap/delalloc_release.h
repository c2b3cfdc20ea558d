// Giving back the delayed blocks that a short write reserved and did not use.
#pragma once

#include "ref/iomap/ops.h"

#include <cstdint>
#include <functional>

namespace quire::ref::iomap {

/// Takes the reservation of [pos, pos + length) back; no lock of the cache may be taken by it.
using Punch = std::function<void(std::uint64_t pos, std::uint64_t length)>;

/// Punches every part of [start, end) that no dirty block below the file's size covers (3.5, DA-1),
/// and drops nothing of the cache (DA-3). start, end: multiples of the block size. Takes the
/// invalidate lock unless the request says that its caller holds it (zero, unshare: DA-5, LK-9).
void write_delalloc_release(
    File& file, std::uint64_t start, std::uint64_t end, const Request& request, const Punch& punch);

}  // namespace quire::ref::iomap
