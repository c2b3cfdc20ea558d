// Preparing a folio for a change under a mapping, and completing it (3.2 steps 4 to 8, 3.3, 3.4).
#pragma once

#include "ref/linux/iomap/iterations.h"

#include <cstdint>
#include <vector>

namespace quire::ref::iomap {

/// The answer of write_begin, which write_end and put_folio take.
struct Prepared : spec::IomapBegun<std::uint64_t> {
  Folio* folio = nullptr;
  std::uint64_t begun = 0;    ///< bytes prepared
  bool asked_locked = false;  ///< the folio was locked when the mapping was checked
  bool valid = false;         ///< and the mapping was valid
  std::vector<Block> before;  ///< the blocks as they were prepared
};

/// Finds or makes the folio at `pos`, locks it, checks that the iteration's mapping is still valid,
/// and reads or zeroes the blocks that [pos, pos + want) covers in part (WB-2).
///
/// If the mapping is no longer valid, `stale` is set and nothing is locked. Errors (negative errno
/// as a word), after which nothing is locked:
///   EINTR   the recorder asks for a stop
///   ENOMEM  no memory for the folio
///   EAGAIN  with nowait: instead of ENOMEM, of waiting for the folio, of reading a block (IOM-6)
///   EIO     unshare: a block would have to be zeroed
///   else    the device's
/// want: bytes, at least 1; [pos, pos + want) lies in the mapping and its source.
///
/// The prepared range is all uptodate or all stale: it ends where that changes. So a short copy
/// that does not count leaves no bytes that a reader could see.
Prepared write_begin(Iteration& iteration, std::uint64_t pos, std::uint64_t want);

/// Completes a change for which [pos, pos + n) was prepared and `copied` bytes arrived: the blocks
/// turn uptodate and dirty, inline bytes go to the inode. Returns the bytes that count: `copied`,
/// or 0 when the copy stopped short in stale blocks (WB-3). The folio stays locked, for the size to
/// be moved (WB-6).
std::uint64_t write_end(
    Iteration& iteration, Prepared& prepared, std::uint64_t pos, std::uint64_t n,
    std::uint64_t copied);

/// Unlocks the folio.
void put_folio(Iteration& iteration, Prepared& prepared);

}  // namespace quire::ref::iomap
