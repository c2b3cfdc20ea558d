// Preparing a folio for a write, and completing it (the contract of section 2.1).
#pragma once

#include "ref/plain/inode.h"
#include "spec/hooks.h"

#include <cstdint>
#include <vector>

namespace quire::ref {

/// The answer of write_begin, which write_end takes.
struct Prepared : spec::Begun<std::uint64_t> {
  Folio* folio = nullptr;
  std::uint64_t begun = 0;     ///< bytes prepared
  std::uint64_t reserved = 0;  ///< blocks of space promised for them
  std::vector<Block> before;   ///< the blocks as they were prepared
};

/// Finds or makes the folio at byte `pos` of the file, locks it, reserves space for each block of
/// [pos, pos + want) that needs it, and makes the folio uptodate unless all of it will be
/// overwritten (WB-1, WB-2). Bytes past the folio are not prepared.
///
/// Errors (negative errno as a word), after which nothing is locked or reserved:
///   ENOMEM  no memory for the folio
///   ENOSPC  the volume has too few free blocks for the whole range; none is reserved
///   else    the device's, when the folio could not be read
/// want: bytes, at least 1.
Prepared write_begin(Inode& inode, std::uint64_t pos, std::uint64_t want);

/// Completes a write for which [pos, pos + n) was prepared and `copied` bytes arrived: marks the
/// blocks, releases the reservations of those that did not turn dirty (WB-5), raises the file's
/// size (WB-6), unlocks the folio.
///
/// Returns the bytes accepted: `copied`, or 0 when the copy stopped short in a stale folio (WB-3).
std::uint64_t write_end(
    Inode& inode, Prepared& prepared, std::uint64_t pos, std::uint64_t n, std::uint64_t copied);

}  // namespace quire::ref
