// Where a file has data, and where holes.
#include "ref/linux/f2fs/seek.h"

#include "ref/noted_lock.h"

#include <algorithm>

namespace quire::ref::f2fs {
namespace {

/// The earlier of two pages, either of which may not exist.
std::optional<std::uint64_t> earlier(
    std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

std::optional<std::uint64_t> next_dirty(Inode& inode, std::uint64_t index) {
  auto& folios = inode.pages.folios();
  for (auto it = folios.lower_bound(index); it != folios.end(); ++it) {
    if (it->second.dirty()) return it->first;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> next_stored(const Node& node, std::uint64_t index) {
  const auto& addresses = node.addresses;
  const auto from = addresses.lower_bound(Node::cluster_of(index));
  for (auto it = from; it != addresses.end(); ++it) {
    if (it->second == kCompressAddress) return std::max(index, it->first);
    if (index <= it->first && is_block_address(it->second)) return it->first;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> next_data(Inode& inode, std::uint64_t index) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  if (inode.node.data_exists && index == 0) return 0;
  auto found = earlier(next_dirty(inode, index), next_stored(inode.node, index));
  if (inode.is_atomic()) found = earlier(found, next_stored(inode.cow->node, index));
  return found;
}

}  // namespace quire::ref::f2fs
