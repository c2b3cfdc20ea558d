// Commands to ref's page cache: operations on ranges of it, and what its users do.
#pragma once

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

namespace quire::props {

enum class CacheAction {
  make,        ///< a folio of at most `pages` pages at `first`, if there is none
  write,       ///< the block at `first` gets other bytes, and is dirty
  load,        ///< a user maps the page at `first`
  store,       ///< a user stores into it
  truncate,    ///< the cache is cut at `first`
  punch,       ///< [first, last] is cut out
  invalidate,  ///< [first, last] is dropped, but for what is dirty
  write_back,  ///< [first, last] is written
  write_and_wait,
  open,   ///< descriptor `which` is opened, again where it was
  check,  ///< it asks for errors
  sync,   ///< a waiter without a descriptor asks, and leaves the flags
};

/// A write to the device that fails: the one behind `after` good ones, or all from there on.
struct FailedWrites {
  std::uint64_t after = 0;
  int error = 0;  ///< a negative errno
  bool all = false;
};

/// Positions are bytes.
struct CacheCommand {
  CacheAction action = CacheAction::make;
  std::uint64_t first = 0, last = 0;
  std::uint64_t pages = 1;
  std::uint64_t which = 0;
  bool integrity = true;         ///< of write_back
  std::uint64_t pages_most = 0;  ///< of a write_back without integrity
  std::optional<FailedWrites> fails = {};
  bool without_memory = false;
  /// At the wait of this number for a folio that lies whole in the range, another thread drops it.
  std::optional<std::uint64_t> drops_at = {};
  /// Between the two times that a truncate unmaps, a fault maps a page that is cut.
  bool maps_again = false;
};

struct CacheCase {
  std::vector<CacheCommand> commands;
};

/// A line for each command.
void showValue(const CacheCase& c, std::ostream& os);

rc::Gen<CacheCase> arbitrary_cache_case();

}  // namespace quire::props
