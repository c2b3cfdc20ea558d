// Which classes of input a run has reached.
#pragma once

#include "spec/write_begin_end.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace quire::props {

/// Counts inputs by class. Two tables: a write's size and the alignment of its position; and, for
/// each folio that a write ends in, its order, where the copy stopped, and the state of its blocks.
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

  /// Classes that can be reached and were not.
  std::vector<std::string> missing() const;
  /// Every class and its count, in a fixed order.
  std::vector<std::pair<std::string, Number>> counts() const;

 private:
  std::vector<std::string> all_classes() const;

  bool small_blocks_, large_folios_;
  std::map<std::string, Number> seen_;
};

}  // namespace quire::props
