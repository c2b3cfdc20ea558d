// Releasing the delayed blocks that a short write reserved and did not use.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "spec/word.h"

#include <cstdint>
#include <functional>

namespace quire::ref::iomap {

/// Releases the reservations of [pos, pos + length). Must take no lock of the cache.
using Punch = std::function<void(std::uint64_t pos, std::uint64_t length)>;

/// Punches every part of [start, end) that no dirty block below the file's size covers (3.5, DA-1),
/// and drops nothing of the cache (DA-3). start, end: multiples of the block size. Takes the
/// invalidate lock unless the request says that its caller holds it (zero, unshare: DA-5, LK-9).
void write_delalloc_release(
    File& file, std::uint64_t start, std::uint64_t end, const Request& request, const Punch& punch);

/// Bytes [start, end) of a file; empty where end <= start.
template <spec::Word W>
struct ByteRange {
  W start;
  W end;
};

/// The blocks of [pos, pos + length) that a write of `written` bytes left unused: those behind the
/// last written byte, all if there is none. block_size: bytes, a power of two.
template <spec::Word W>
ByteRange<W> unused_range(const W& pos, const W& length, const W& written, const W& block_size) {
  using spec::ite;
  const W behind = spec::round_up(pos + written, block_size);
  return {
      ite(written == 0, spec::round_down(pos, block_size), behind),
      spec::round_up(pos + length, block_size)};
}

/// The end of a file system, for a mapping that its begin reserved: releases the unused part. Does
/// nothing if the blocks are not delayed, were reserved earlier (DA-2), or back a page that is
/// about to be stored to. Takes the arguments of end.
void release_unused(
    File& file, std::uint64_t pos, std::uint64_t length, std::uint64_t written,
    const Request& request, const Mapping& mapping, const Punch& punch);

}  // namespace quire::ref::iomap
