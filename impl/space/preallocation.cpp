#include "impl/space/preallocation.h"

#include "impl/record.h"

#include <algorithm>
#include <iterator>

namespace quire::impl {
namespace {

constexpr std::uint64_t kBytesMin = std::uint64_t{64} << 10;
constexpr std::uint64_t kBytesMax = std::uint64_t{8} << 20;

/// The first preallocation of a set that ends after `block`.
template <class Set>
auto first_after(Set& by_start, std::uint64_t block) {
  Preallocation from;
  from.start = block;
  auto at = by_start.upper_bound(from);
  if (at != by_start.begin() && std::prev(at)->end > block) --at;
  return at;
}

}  // namespace

Preallocations::Preallocations(std::uint64_t blocks, std::uint64_t block_size)
    : blocks_(blocks),
      length_min_(std::min(kBytesMin / block_size, blocks / 16)),
      length_max_(std::min(kBytesMax / block_size, blocks / 16)),
      behind_newest_(first_block_of_new_volume()) {}

const Preallocation* Preallocations::next(std::uint64_t block, const Preallocation& own) const {
  auto at = first_after(by_start_, block);
  if (at != by_start_.end() && &*at == &own) ++at;
  return at == by_start_.end() ? nullptr : &*at;
}

void Preallocations::drop(Preallocation& preallocation) {
  by_start_.erase(by_start_.iterator_to(preallocation));
  by_age_.erase(by_age_.iterator_to(preallocation));
  preallocation.start = preallocation.end = 0;
}

void Preallocations::allocated(Preallocation& own, Extent extent) {
  const bool continues = own.start == extent.start && !own.empty();
  own.run = continues ? own.run + extent.length : extent.length;
  const std::uint64_t end_before = continues ? own.end : 0;
  if (!own.empty()) drop(own);
  for (auto at = first_after(by_start_, extent.start);
       at != by_start_.end() && at->start < extent.end();) {
    drop(*at++);
  }

  // A file uses its preallocation up to the end before it gets a new one.
  std::uint64_t end = end_before;
  if (end <= extent.end()) end = extent.end() + std::clamp(own.run, length_min_, length_max_);
  const auto other = first_after(by_start_, extent.end());
  if (other != by_start_.end()) end = std::min(end, other->start);
  end = std::min(end, blocks_);
  if (end <= extent.end()) return;
  own.start = extent.end();
  own.end = end;
  by_start_.insert(own);
  by_age_.push_back(own);
  behind_newest_ = end;
  if (by_age_.size() > kFilesMax) drop(by_age_.front());
}

}  // namespace quire::impl
