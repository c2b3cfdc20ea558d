// The classes of input that a run has reached.
#pragma once

#include "props/actors/yield_point.h"
#include "props/device/fault.h"
#include "props/differential/action.h"
#include "spec/write/write_begin_end.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace quire::props {

/// Values from `first` to `last`.
struct ValueRange {
  std::uint64_t first, last;
};

/// The bytes of a write. The last range ends at the longest write of a case.
inline constexpr std::array<ValueRange, 5> kWriteSizes{
    {{0, 511}, {512, 4095}, {4096, 65535}, {65536, (1 << 20) - 1}, {1 << 20, 4 << 20}}};
/// Orders of the folio that a write ends in: it has 2^order pages.
inline constexpr std::array<ValueRange, 4> kFolioOrders{{{0, 0}, {1, 3}, {4, 8}, {9, 9}}};

enum class Alignment { at_a_page, at_a_block, inside_a_block };
enum class Stop { whole, in_the_middle, at_once };

/// A write, by its size and the alignment of its position.
struct WriteClass {
  std::size_t size;  ///< index in kWriteSizes
  Alignment alignment;
  auto operator<=>(const WriteClass&) const = default;
};

/// The end of a write in a folio: the folio's size, the stop of the copy, and whether the blocks of
/// the range were uptodate.
struct EndClass {
  std::size_t order;  ///< index in kFolioOrders
  Stop stop;
  bool uptodate;
  auto operator<=>(const EndClass&) const = default;
};

/// The kinds of large numbers.
enum class Large {
  position,     ///< a write near one of kLargePlaces
  device_byte,  ///< a block written on the device at or past one of kDevicePlaces
  file_block,   ///< a block of a file on the device, whose number is 2^32 or more
};

/// Where a position or a block of the device is large.
struct LargeClass {
  Large kind;
  std::size_t index;  ///< in kLargePlaces or kDevicePlaces, else 0
  auto operator<=>(const LargeClass&) const = default;
};

/// Bytes: 4 GiB, and 2 TiB, which are 2^32 sectors.
inline constexpr std::array<std::uint64_t, 2> kDevicePlaces{
    std::uint64_t{1} << 32, std::uint64_t{1} << 41};

/// A fault that has failed an operation of the device or of memory, in a command of this kind.
struct FaultClass {
  FaultKind kind;
  FaultReach reach;
  Action during;
  auto operator<=>(const FaultClass&) const = default;
};

/// How a fault has met work that must be undone, or kept apart.
enum class Strike {
  behind_good_run,     ///< a write to the device fails in an fsync, behind one that arrives
  in_reserving_write,  ///< a read of the device fails in a write that has reserved its next block
  before_an_open,      ///< an error that nobody has reported, at an fsync of a handle opened since
};
struct StrikeClass {
  Strike strike;
  auto operator<=>(const StrikeClass&) const = default;
};

/// A command that succeeds, after a fault of this kind has struck one of the same kind.
struct RecoveryClass {
  FaultKind after;
  auto operator<=>(const RecoveryClass&) const = default;
};

/// An fsync that must flush the device and has nothing to write: a writer that was throttled has
/// written the file's dirty blocks, and no flush has followed.
struct FlushClass {
  auto operator<=>(const FlushClass&) const = default;
};

/// A call of a second thread, by what it does and where it began.
struct ActorClass {
  Action action;
  YieldPoint point;
  auto operator<=>(const ActorClass&) const = default;
};

/// A lock that a thread found held by another one.
struct ContendedClass {
  std::uint64_t rank;  ///< of the lock's class (spec/locks/order.h)
  auto operator<=>(const ContendedClass&) const = default;
};

using InputClass = std::variant<
    WriteClass, EndClass, LargeClass, FaultClass, StrikeClass, RecoveryClass, FlushClass,
    ActorClass, ContendedClass>;

/// As a report names it: "write of 512 B to a page, at a block".
std::string name_of(const InputClass& reached);

/// Counts inputs by class.
class Coverage {
 public:
  using Number = std::uint64_t;

  /// small_blocks: whether blocks may be smaller than a page. large_folios: whether folios may be
  /// larger, writers wait for writeback, and a second thread may work, as in impl. large_devices:
  /// whether devices may be of kLargeDeviceBytes. shows_medium: whether the subject has a
  /// dirty_max, and a device whose flushed bytes can be seen. Without them some classes do not
  /// exist.
  Coverage(bool small_blocks, bool large_folios, bool large_devices, bool shows_medium = false)
      : small_blocks_(small_blocks),
        large_folios_(large_folios),
        large_devices_(large_devices),
        shows_medium_(shows_medium) {}

  /// pos: byte of the file. bytes, block_size: bytes.
  void count_write(Number pos, Number bytes, Number block_size);
  void count_write_end(const spec::WriteEnd<Number>& op);
  /// A block of a file on the device. file_block: its number. device_pos: bytes.
  void count_mapped(Number file_block, Number device_pos);
  void count_fault(const FaultClass& struck) { ++seen_[struck]; }
  void count_strike(Strike strike) { ++seen_[StrikeClass{strike}]; }
  void count_recovery(const RecoveryClass& recovered) { ++seen_[recovered]; }
  void count_flush() { ++seen_[FlushClass{}]; }
  void count_actor(ActorClass reached) { ++seen_[reached]; }
  /// ranks: bit r stands for a lock of rank r.
  void count_contended(Number ranks);

  /// Every class that can be reached.
  std::vector<InputClass> all_classes() const;
  /// The classes that were not reached.
  std::vector<InputClass> missing() const;
  /// Every class and its count, in a fixed order.
  std::vector<std::pair<std::string, Number>> counts() const;

 private:
  bool small_blocks_, large_folios_, large_devices_, shows_medium_;
  std::map<InputClass, Number> seen_;
};

}  // namespace quire::props
