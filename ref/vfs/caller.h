// Who makes a call: what the process may do, and what it is sent.
#pragma once

#include <cstdint>
#include <optional>

namespace quire::ref::vfs {

/// One process, as the checks of a call see it. A handle keeps a pointer to the one it works for.
struct Caller {
  /// Bytes; a write starts below it and is cut at it (RLIMIT_FSIZE). Nothing: no limit.
  std::optional<std::uint64_t> fsize_limit{};
  bool large_file = true;         ///< opens files past 2^31 - 1 bytes (O_LARGEFILE)
  bool keeps_suid = false;        ///< its writes leave set-uid and set-gid in place (CAP_FSETID)
  std::uint64_t now = 0;          ///< its clock, in ticks
  bool iolock_contended = false;  ///< somebody else holds the IOLOCK of what it opens, for a while

  std::uint64_t fsize_signals = 0;  ///< how often it was sent SIGXFSZ; no signal is really raised
};

}  // namespace quire::ref::vfs
