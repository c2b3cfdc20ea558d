// What the process that calls has set for itself.
#pragma once

#include <cstdint>
#include <expected>

namespace quire::ref {

/// The limit on the size of files (RLIMIT_FSIZE, setrlimit(2)). The library sends no signal: it
/// notes that one is due.
struct Caller {
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

  std::uint64_t file_size_limit = kNoLimit;  ///< bytes
  bool signal_due = false;  ///< a call met the limit: SIGXFSZ where a kernel answers; stays set
};

/// How many of `count` bytes may be written at `pos` (CHK-2). Error: -EFBIG, and the signal is due,
/// when `pos` lies at the limit or past it.
std::expected<std::uint64_t, int> within_limit(
    Caller& caller, std::uint64_t pos, std::uint64_t count);

/// Whether a file of `size` bytes may be given `new_size`: 0, or -EFBIG, and the signal is due,
/// when it grows past the limit (CHK-3).
int check_new_size(Caller& caller, std::uint64_t size, std::uint64_t new_size);

}  // namespace quire::ref
