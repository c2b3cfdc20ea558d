// Preparing a page for a write (7.2).
#pragma once

#include "ref/linux/f2fs/inode.h"
#include "ref/linux/f2fs/node.h"
#include "spec/hooks.h"

#include <cstdint>
#include <vector>

namespace quire::ref::f2fs {

/// The answer of write_begin, which write_end takes.
struct Prepared : spec::Begun<std::uint64_t> {
  Folio* folio = nullptr;
  std::uint64_t begun = 0;        ///< bytes prepared
  std::uint64_t size_before = 0;  ///< of the file, bytes
  bool tail_zeroed = false;       ///< all but the write was zeroed; the page is still stale
  Block before{};                 ///< the page as it was prepared
  std::vector<Folio*> cluster;    ///< the whole stored cluster, locked; or empty
};

/// Finds or makes the page at byte `pos`, locks it, makes sure that it has a block, and reads or
/// zeroes the part that the write keeps (WB-1, WB-2). A page of a stored cluster comes with its
/// cluster.
///
/// Errors (negative errno as a word), after which nothing is locked; if the write would have ended
/// past the size, blocks and pages past the size are gone:
///   ENOSPC  no block is left, or checkpoints are disabled and free blocks run short
///   EDQUOT  the owner has no block left
///   ENOMEM  no memory for the page
///   EIO     a stored cluster cannot be decompressed; or the device's error
/// want: bytes, at least 1. Requires the IOLOCK.
Prepared write_begin(Inode& inode, std::uint64_t pos, std::uint64_t want);

}  // namespace quire::ref::f2fs
