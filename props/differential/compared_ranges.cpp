#include "props/differential/compared_ranges.h"

#include "props/memory/pattern.h"
#include "props/memory/sparse_bytes.h"
#include "spec/geometry.h"

#include <algorithm>
#include <cstdint>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// Bytes; no file of a case that stays below 6 MiB is larger.
constexpr Number kWhole = 16 << 20;
constexpr Number kEdge = 64 << 10;  // bytes
constexpr Number kDrawn = 3;        // pages of each hole

/// Bits of a byte's place that a number of 31 or 32 bits loses: one of bytes, of sectors, of blocks
/// of 1024 and 2048 bytes, or of pages.
constexpr Number kHighBits[] = {31, 32, 40, 41, 42, 43, 44};

/// Ranges inside a file of `size` bytes.
class Ranges {
 public:
  explicit Ranges(Number size) : size_(size) {}

  void add(Number start, Number end) {
    start = std::min(start, size_);
    end = std::min(end, size_);
    if (start < end) all_.push_back({start, end});
  }
  void add_page(Number pos) {
    const Number start = pos / spec::kPageSize * spec::kPageSize;
    add(start, start + spec::kPageSize);
  }
  /// A run of written() begins and ends with a page of SparseBytes: the bytes that were written lie
  /// anywhere in it.
  void add_twins(Number pos) {
    constexpr Number kPage = SparseBytes::kPageBytes;
    const Number start = pos / kPage * kPage;
    for (const Number bit : kHighBits) {
      const Number one = Number{1} << bit;
      add(start ^ one, (start ^ one) + kPage);
      add(start & (one - 1), (start & (one - 1)) + kPage);
    }
  }

  /// In ascending order, those that touch as one.
  std::vector<Range> joined() {
    std::ranges::sort(all_, {}, &Range::start);
    std::vector<Range> joined;
    for (const Range& range : all_) {
      if (!joined.empty() && range.start <= joined.back().end) {
        joined.back().end = std::max(joined.back().end, range.end);
      } else {
        joined.push_back(range);
      }
    }
    return joined;
  }

 private:
  Number size_;
  std::vector<Range> all_;
};

}  // namespace

std::vector<Range> ranges_to_compare(const FileModel& model) {
  const Number size = model.size();
  Ranges ranges(size);
  if (size <= kWhole) {
    ranges.add(0, size);
    return ranges.joined();
  }
  ranges.add(0, kEdge);
  ranges.add(size - kEdge, size);
  Number hole = 0;
  const auto add_drawn = [&](Number end) {
    for (Number i = 0; i < kDrawn && hole < end; ++i)
      ranges.add_page(hole + pattern_word(hole + i, size) % (end - hole));
  };
  for (const Range& run : model.written()) {
    ranges.add(run.start - std::min(run.start, kEdge), run.end + kEdge);
    ranges.add_twins(run.start);
    ranges.add_twins(run.end - 1);
    add_drawn(run.start);
    hole = run.end;
  }
  add_drawn(size);
  return ranges.joined();
}

}  // namespace quire::props
