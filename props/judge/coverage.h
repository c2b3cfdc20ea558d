// The classes of input that a run has reached.
#pragma once

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

using InputClass = std::variant<WriteClass, EndClass>;

/// As a report names it: "write of 512 B to a page, at a block".
std::string name_of(const InputClass& reached);

/// Counts inputs by class.
class Coverage {
 public:
  using Number = std::uint64_t;

  /// small_blocks: whether blocks may be smaller than a page. large_folios: whether folios may be
  /// larger. Without them some classes do not exist.
  Coverage(bool small_blocks, bool large_folios)
      : small_blocks_(small_blocks), large_folios_(large_folios) {}

  /// pos: byte of the file. bytes, block_size: bytes.
  void count_write(Number pos, Number bytes, Number block_size);
  void count_write_end(const spec::WriteEnd<Number>& op);

  /// Every class that can be reached.
  std::vector<InputClass> all_classes() const;
  /// The classes that were not reached.
  std::vector<InputClass> missing() const;
  /// Every class and its count, in a fixed order.
  std::vector<std::pair<std::string, Number>> counts() const;

 private:
  bool small_blocks_, large_folios_;
  std::map<InputClass, Number> seen_;
};

}  // namespace quire::props
