#include "props/trace/extents.h"

#include "spec/linux/prealloc.h"

#include <algorithm>

namespace quire::props::trace {

std::optional<Extents::Before> Extents::before(std::uint64_t block) const {
  const auto next =
      std::ranges::find_if(extents_, [&](const FileExtent& e) { return block <= e.start; });
  if (next == extents_.begin()) {
    if (!whole_) return std::nullopt;
    return Before{false, true, 0};
  }
  auto at = next - 1;
  Before answer{true, at->start + at->blocks < block, at->blocks};
  for (;; --at) {
    if (spec::kExtentMax / 2 < answer.base || at->delayed) return answer;
    if (at == extents_.begin()) break;
    const FileExtent& left = *(at - 1);
    const bool continues = !left.delayed && left.start + left.blocks == at->start &&
                           left.place + left.blocks == at->place;
    if (!continues) return answer;
    answer.base += left.blocks;
  }
  return whole_ ? std::optional(answer) : std::nullopt;
}

bool Extents::ends_before(std::uint64_t block) const {
  return extents_.empty() || extents_.back().start + extents_.back().blocks <= block;
}

void Extents::reserve(std::uint64_t start, std::uint64_t blocks) {
  const auto next =
      std::ranges::find_if(extents_, [&](const FileExtent& e) { return start < e.start; });
  auto at = extents_.insert(next, {start, blocks, true, 0});
  const auto joins = [](const FileExtent& left, const FileExtent& right) {
    return left.delayed && right.delayed && left.start + left.blocks == right.start;
  };
  if (at + 1 != extents_.end() && joins(*at, *(at + 1))) {
    at->blocks += (at + 1)->blocks;
    at = extents_.erase(at + 1) - 1;
  }
  if (at != extents_.begin() && joins(*(at - 1), *at)) {
    (at - 1)->blocks += at->blocks;
    extents_.erase(at);
  }
}

}  // namespace quire::props::trace
