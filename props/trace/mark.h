// Marks that the traced process writes to the trace: its calls, their answers, and facts that have
// no event. So a recorded trace can be judged by itself.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quire::props::trace {

/// "quire volume": the file system. Blocks, but block_size is bytes.
struct VolumeMark {
  std::uint64_t block_size;
  std::uint64_t blocks;
  std::uint64_t stripe;  ///< 0 for none
  std::uint64_t margin;  ///< the kernel's quick count of free blocks is off by less than this
};
/// "quire write", "quire truncate": a call begins. Bytes, but free is blocks.
struct CallMark {
  bool is_write;
  std::uint64_t ino, pos, count;
  std::uint64_t size;  ///< of the file, before the call
  std::uint64_t free;
};
/// "quire return": it has answered.
struct ReturnMark {
  std::uint64_t ino;
  std::int64_t result;
  std::uint64_t size;
};
/// One extent of a file, in blocks.
struct FileExtent {
  std::uint64_t start, blocks;
  bool delayed;
  std::uint64_t place;  ///< on the device; 0 if delayed
};
/// "quire extents": those of the data fork in ascending order, all or the last ones.
struct ExtentsMark {
  std::uint64_t ino;
  bool whole;
  std::vector<FileExtent> extents;
};

using Mark = std::variant<VolumeMark, CallMark, ReturnMark, ExtentsMark>;

/// The line that says it, to be written to trace_marker.
[[nodiscard]] std::string to_text(const Mark& mark);

/// Reads the text of to_text(). The error names the part that is not understood.
[[nodiscard]] std::expected<Mark, std::string> parse_mark(std::string_view text);

}  // namespace quire::props::trace
