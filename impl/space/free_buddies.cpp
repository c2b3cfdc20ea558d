#include "impl/space/free_buddies.h"

#include <algorithm>

namespace quire::impl {
namespace {

/// Calls visit(block) for each of the fewest buddy blocks that make up the range, until it returns
/// false. Returns whether it never did.
template <class Visit>
bool for_each_piece(BlockRange<std::uint64_t> range, Visit visit) {
  while (range.start < range.end) {
    const BuddyBlock<std::uint64_t> piece = first_piece(range);
    if (!visit(piece)) return false;
    range.start += piece.size;
  }
  return true;
}

std::size_t pieces_of(const BlockRange<std::uint64_t>& range) {
  std::size_t n = 0;
  for_each_piece(range, [&](const auto&) { return ++n != 0; });
  return n;
}

}  // namespace

FreeBuddies::Range FreeBuddies::find(const Fit<Number>& fit) const noexcept {
  const auto first_of = [&](Number order) {
    const Tree& blocks = by_order_[order];
    const auto near = blocks.lower_bound(fit.goal, ByPlace());
    return (near == blocks.end() ? blocks.begin() : near)->start;
  };
  const Number for_all = size_for(fit.want), for_some = size_for(fit.minimum);
  if (for_all != 0) {
    const Number size = std::max(for_all, fit.alignment);
    const Number large = orders_ & ~(size - 1);
    if (large != 0) {
      const Number start = first_of(lowest(large));
      return {start, start + fit.want};
    }
  }
  const Number size = highest_bit(orders_);
  if (for_some == 0 || size < std::max(for_some, fit.alignment)) return {0, 0};
  const Number start = first_of(order_of(size));
  return {start, start + std::min(size, fit.want)};
}

bool FreeBuddies::take(Range range) noexcept {
  const BuddyBlock<Number> first = free_block_with(range.start);
  const BuddyBlock<Number> last = free_block_with(range.end - 1);
  const Range head{first.start, range.start}, tail{range.end, last.start + last.size};
  if (!keep_spares(pieces_of(head) + pieces_of(tail))) return false;
  for (Number at = first.start; at < range.end;) {
    const BuddyBlock<Number> block = free_block_with(at);
    remove(block);
    at += block.size;
  }
  for (const Range& rest : {head, tail})
    for_each_piece(rest, [&](const BuddyBlock<Number>& piece) { return add(piece); });
  drop_spares();
  return true;
}

bool FreeBuddies::give(Range range) noexcept {
  const bool added = for_each_piece(range, [&](BuddyBlock<Number> block) {
    while (remove({buddy_of(block), block.size})) block = parent_of(block);
    return add(block);
  });
  drop_spares();
  return added;
}

void FreeBuddies::clear() noexcept {
  for (Tree& blocks : by_order_) blocks.clear_and_dispose(Dispose{*this});
  orders_ = 0;
  drop_spares();
}

/// Takes the memory for n blocks. False, and none is kept, where it ran out.
bool FreeBuddies::keep_spares(std::size_t n) noexcept {
  try {
    while (spares_.size() < n) spares_.insert(*memory_.new_object<Block>());
    return true;
  } catch (...) {
    drop_spares();
    return false;
  }
}

/// False where memory ran out.
bool FreeBuddies::add(BuddyBlock<Number> block) noexcept {
  if (spares_.empty() && !keep_spares(1)) return false;
  Block& node = *spares_.begin();
  spares_.erase(spares_.begin());
  node.start = block.start;
  by_order_[order_of(block.size)].insert(node);
  orders_ |= block.size;
  return true;
}

/// Makes a spare of a block that is free as a whole; false if it is not.
bool FreeBuddies::remove(BuddyBlock<Number> block) noexcept {
  Tree& blocks = by_order_[order_of(block.size)];
  const auto at = blocks.find(block.start, ByPlace());
  if (at == blocks.end()) return false;
  Block& node = *at;
  blocks.erase(at);
  if (blocks.empty()) orders_ &= ~block.size;
  spares_.insert(node);
  return true;
}

/// The one that holds block `at`, which is free.
BuddyBlock<std::uint64_t> FreeBuddies::free_block_with(Number at) const noexcept {
  Number left = orders_;
  while (true) {
    const BuddyBlock<Number> block = block_with<Number>(at, left & (0 - left));
    left &= left - 1;
    if (left == 0 || by_order_[order_of(block.size)].count(block.start, ByPlace()) != 0)
      return block;
  }
}

}  // namespace quire::impl
