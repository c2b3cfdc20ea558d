// The points of a call at which another thread may run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quire::props {

/// A kind of point. A call passes each kind any number of times.
enum class YieldPoint : std::uint8_t {
  folio_wanted,   ///< before it takes or waits for the lock of a folio that it has found
  folio_held,     ///< with that lock just taken
  folio_dropped,  ///< between folios: with the lock just dropped
  memory,         ///< before it waits for the caller's memory
  throttle,       ///< before it may have to write back, as a writer that dirties much
  device,         ///< before and after a call of the device
  other_lock,     ///< any other lock is wanted, taken or dropped
  mapped,         ///< of ref's model of XFS alone: a range was mapped, and no folio locked yet
  collected,      ///< of ref's model of F2FS alone: no folio is locked, and space was collected
};

inline constexpr std::array<std::string_view, 9> kYieldPointNames{
    "folio_wanted", "folio_held", "folio_dropped", "memory",   "throttle",
    "device",       "other_lock", "mapped",        "collected"};

/// The first ones are those that impl passes.
inline constexpr std::size_t kYieldPointsOfImpl = 7;

constexpr std::size_t index_of(YieldPoint point) { return static_cast<std::size_t>(point); }
constexpr std::string_view name_of(YieldPoint point) { return kYieldPointNames[index_of(point)]; }

}  // namespace quire::props
