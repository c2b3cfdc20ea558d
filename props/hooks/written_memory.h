// The caller's memory of one write, simulated: some of it can never be read, some comes and goes.
#pragma once

#include "props/hooks/hooks_case.h"
#include "props/memory/pattern.h"
#include "spec/write/iov_iter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// The iterator of a write. Byte i of the caller's memory is pattern(seed, i).
class WrittenMemory {
 public:
  using Number = std::uint64_t;

  WrittenMemory(const HooksCommand& write, Number seed)
      : seed_(seed),
        total_(write.length),
        readable_(write.length - write.unreadable),
        stops_(write.stops) {}

  spec::IterState<Number> state() const { return {total_ - at_, at_, total_ - at_}; }
  Number left() const { return total_ - at_; }

  /// Never moves, and makes no byte readable that a copy still has to stop at.
  Number fault_in(Number n) const {
    const Number readable = readable_ < at_ ? 0 : readable_ - at_;
    return n - std::min(n, readable);
  }

  Number copy(std::span<std::byte> to) {
    Number end = std::min(at_ + to.size(), readable_);
    CopyStop* met = nullptr;
    for (CopyStop& stop : stops_) {
      if (stop.times == 0 || stop.at < at_ || end <= stop.at) continue;
      end = stop.at;
      met = &stop;
    }
    if (met != nullptr) --met->times;
    const Number copied = end < at_ ? 0 : end - at_;
    fill_pattern(to.first(copied), seed_, at_);
    at_ += copied;
    return copied;
  }

  void revert(Number n) { at_ -= n; }

 private:
  Number seed_, total_, readable_;
  Number at_ = 0;
  std::vector<CopyStop> stops_;
};

}  // namespace quire::props
