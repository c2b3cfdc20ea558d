// The extents of one file, as far as a trace has them: the size of a preallocation follows from
// them.
#pragma once

#include "props/trace/mark.h"

#include <cstdint>
#include <optional>

namespace quire::props::trace {

/// Extents of the data fork around a write that is about to begin; blocks.
class Extents {
 public:
  Extents() = default;
  explicit Extents(const ExtentsMark& mark) : whole_(mark.whole), extents_(mark.extents) {}

  struct Before {
    bool exists;
    bool hole;           ///< it does not reach up to the block
    std::uint64_t base;  ///< the run that it ends, as spec/linux/prealloc.h counts it
  };
  /// The extent before `block`. Nothing if the mark does not reach back far enough.
  std::optional<Before> before(std::uint64_t block) const;

  /// Whether no extent lies at or past `block`.
  bool ends_before(std::uint64_t block) const;

  /// Delayed blocks were reserved in a hole; they merge with delayed neighbours.
  void reserve(std::uint64_t start, std::uint64_t blocks);

 private:
  bool whole_ = false;
  std::vector<FileExtent> extents_;
};

}  // namespace quire::props::trace
