#include "ref/linux/xfs/extent_list.h"

#include "ref/linux/xfs/index_promise.h"
#include "ref/require.h"

#include <algorithm>
#include <iterator>

namespace quire::ref::xfs {

std::uint64_t worst_index_blocks(const IndexShape& shape, std::uint64_t count) {
  std::uint64_t blocks = 0;
  std::uint64_t level = count;  // records on it
  for (std::uint64_t height = 0; height < shape.levels_max; ++height) {
    level = (level + shape.records_per_block - 1) / shape.records_per_block;
    blocks += level;
  }
  return blocks;
}

const Extent* ExtentList::at_or_after(std::uint64_t block) const {
  auto found = extents_.upper_bound(block);
  if (found != extents_.begin() && std::prev(found)->second.covers(block)) --found;
  return found == extents_.end() ? nullptr : &found->second;
}

const Extent* ExtentList::before(std::uint64_t block) const {
  auto found = extents_.lower_bound(block);
  while (found != extents_.begin()) {
    --found;
    if (found->second.end() <= block) return &found->second;
  }
  return nullptr;
}

bool ExtentList::joins(const Extent& left, const Extent& right) const {
  return left.state == right.state && left.end() == right.start &&
         (left.is_delayed() || left.device_block + left.count == right.device_block) &&
         left.count + right.count <= spec::kExtentMax;
}

/// Joins `left` with its neighbour behind it, if they fit. Returns the promises that this frees.
std::uint64_t ExtentList::join_next(Iterator left) {
  const auto right = std::next(left);
  if (right == extents_.end() || !joins(left->second, right->second)) return 0;
  Extent& joined = left->second;
  joined.count += right->second.count;
  const std::uint64_t promised = joined.index_blocks + right->second.index_blocks;
  if (joined.is_delayed()) {
    joined.index_blocks = joined_index(promised, worst_index_blocks(shape_, joined.count));
  }
  extents_.erase(right);
  return promised - joined.index_blocks;
}

std::uint64_t ExtentList::insert(const Extent& extent) {
  require(0 < extent.count && extent.count <= spec::kExtentMax, "an extent has no such length");
  const Extent* const next = at_or_after(extent.start);
  require(next == nullptr || extent.end() <= next->start, "an extent is inserted over another");
  ++sequence_;
  const auto at = extents_.emplace(extent.start, extent).first;
  std::uint64_t freed = join_next(at);
  if (at != extents_.begin()) freed += join_next(std::prev(at));
  return freed;
}

/// Removes [from, to) from `whole` and inserts the rest again.
void ExtentList::cut(
    const Extent& whole, std::uint64_t from, std::uint64_t to, Shortage shortage,
    Removed& removed) {
  Extent left = whole;
  left.count = from - whole.start;
  Extent right = whole;
  right.start = to;
  right.count = whole.end() - to;
  right.device_block = whole.is_real() ? whole.device_block + (to - whole.start) : 0;
  Extent middle = whole;
  middle.start = from;
  middle.count = to - from;
  middle.device_block = whole.is_real() ? whole.device_block + (from - whole.start) : 0;
  middle.index_blocks = 0;

  if (whole.is_delayed()) {
    const auto worst = [&](const Extent& part) {
      return part.count == 0 ? 0 : worst_index_blocks(shape_, part.count);
    };
    const std::uint64_t spare = shortage == Shortage::take_over ? middle.count : 0;
    const auto index =
        cut_index(whole.index_blocks, worst(left), worst(right), spare, shrink_to<std::uint64_t>);
    left.index_blocks = index.left;
    right.index_blocks = index.right;
    removed.taken_over += index.taken_over;
    removed.index_blocks += index.freed;
  }

  extents_.erase(whole.start);  // `whole` may be what was erased: it is not read from here on
  if (left.count != 0) extents_.emplace(left.start, left);
  if (right.count != 0) extents_.emplace(right.start, right);
  removed.extents.push_back(middle);
}

Removed ExtentList::remove(std::uint64_t start, std::uint64_t count, Shortage shortage) {
  Removed removed;
  const std::uint64_t end = start + count;
  std::uint64_t at = start;
  for (const Extent* found = at_or_after(at); found != nullptr && found->start < end;
       found = at_or_after(at)) {
    const Extent whole = *found;
    const std::uint64_t to = std::min(end, whole.end());
    cut(whole, std::max(start, whole.start), to, shortage, removed);
    at = to;
  }
  if (!removed.extents.empty()) ++sequence_;
  return removed;
}

void ExtentList::mark_written(std::uint64_t start, std::uint64_t count) {
  for (Extent& extent : remove(start, count, Shortage::share).extents) {
    require(extent.is_real(), "a delayed block is marked as written");
    extent.state = ExtentState::written;
    insert(extent);
  }
}

std::uint64_t ExtentList::delayed_blocks() const {
  std::uint64_t sum = 0;
  for (const auto& [start, extent] : extents_) sum += extent.is_delayed() ? extent.count : 0;
  return sum;
}

std::uint64_t ExtentList::index_blocks() const {
  std::uint64_t sum = 0;
  for (const auto& [start, extent] : extents_) sum += extent.index_blocks;
  return sum;
}

std::uint64_t ExtentList::real_blocks() const {
  std::uint64_t sum = 0;
  for (const auto& [start, extent] : extents_) sum += extent.is_real() ? extent.count : 0;
  return sum;
}

std::uint64_t ExtentList::worst_index() const {
  std::uint64_t sum = 0;
  for (const auto& [start, extent] : extents_) {
    if (extent.is_delayed()) sum += worst_index_blocks(shape_, extent.count);
  }
  return sum;
}

}  // namespace quire::ref::xfs
