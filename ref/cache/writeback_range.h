// Writeback of a range of a file's cache.
//
// Part of a model that stands alone: no write or fsync of ref runs it (spec/README.md).
#pragma once

#include "ref/cache/cached_file.h"

#include <cstdint>

namespace quire::ref {

/// The purpose of a pass (Linux: struct writeback_control).
struct WritebackControl {
  bool integrity = true;             ///< for fsync: every folio is tried
  std::uint64_t pages_max = kToEnd;  ///< the most that a pass without integrity writes
  std::uint64_t pages_written = 0;   ///< answer
};

/// Writes the folios that are dirty in [lstart, lend], bytes, when it begins (PC-1, PC-4); one that
/// has left the cache by its turn is skipped (PC-5). Returns 0 or the first error; with integrity
/// it still writes the rest, else it stops there. Records each error in the file's errors.
int write_range(
    CachedFile& file, std::uint64_t lstart, std::uint64_t lend, WritebackControl& control);

/// Writes [lstart, lend] and waits. Returns 0, the error of this writeback, or one that earlier
/// writeback left in the file's flags. Clears the flags; each descriptor's fsync still reports the
/// error (ES-6). An end before the start is a success, and does nothing. EIO from starting skips
/// the wait (section 8).
int write_and_wait_range(CachedFile& file, std::uint64_t lstart, std::uint64_t lend);

}  // namespace quire::ref
