// The process that makes a call: its limits and privileges.
#pragma once

#include <cstdint>
#include <optional>

namespace quire::ref::vfs {

/// One process, as the checks of a call see it. A handle keeps a pointer to the one it works for.
struct Caller {
  /// Bytes; a write starts below it and is cut at it (RLIMIT_FSIZE). Nothing: no limit.
  std::optional<std::uint64_t> fsize_limit{};
  bool large_file = true;         ///< opens files past 2^31 - 1 bytes (O_LARGEFILE)
  bool keeps_suid = false;        ///< its writes keep set-uid and set-gid (CAP_FSETID)
  std::uint64_t now = 0;          ///< its clock, in ticks
  bool iolock_contended = false;  ///< another thread holds the IOLOCK of its files

  std::uint64_t fsize_signals = 0;  ///< how often it was sent SIGXFSZ; no signal is really raised
};

}  // namespace quire::ref::vfs
