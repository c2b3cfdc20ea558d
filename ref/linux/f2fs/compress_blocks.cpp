// Releasing the blocks that compression saved, and reserving them again.
#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/linux/f2fs/writeback.h"
#include "ref/noted_lock.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::f2fs {
namespace {

std::vector<std::uint64_t> stored_clusters(const Inode& inode) {
  std::vector<std::uint64_t> starts;
  for (const auto& [index, address] : inode.node.addresses) {
    if (address == kCompressAddress) starts.push_back(index);
  }
  return starts;
}

/// The pages of the cluster that have this address.
std::vector<std::uint64_t> pages_with(const Inode& inode, std::uint64_t start, Address address) {
  std::vector<std::uint64_t> indices;
  for (std::uint64_t index = start; index < start + kClusterPages; ++index) {
    if (inode.node.address(index) == address) indices.push_back(index);
  }
  return indices;
}

}  // namespace

std::int64_t release_compress_blocks(Inode& inode) {
  if (!inode.node.is_compressed || inode.node.is_released) return -EINVAL;
  if (const int error = writeback(inode, inode.node.size); error != 0) return error;
  const OpLocked op_locked(inode.volume);
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  inode.node.is_released = true;
  std::int64_t released = 0;
  for (const std::uint64_t start : stored_clusters(inode)) {
    for (const std::uint64_t index : pages_with(inode, start, kNewAddress)) {
      release_block(inode, index);
      ++released;
    }
  }
  return released;
}

std::int64_t reserve_compress_blocks(Inode& inode) {
  if (!inode.node.is_released) return -EINVAL;
  const OpLocked op_locked(inode.volume);
  std::int64_t reserved = 0;
  for (const std::uint64_t start : stored_clusters(inode)) {
    const auto missing = pages_with(inode, start, kNullAddress);
    if (missing.empty()) continue;
    for (const std::uint64_t index : missing) {
      if (const int error = need_dnode(inode, index); error != 0) return error;
    }
    // A part of a cluster would be of no use (F2-5).
    const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
    const auto granted = reserve(inode, missing, Grant::all);
    if (!granted) return granted.error();
    reserved += static_cast<std::int64_t>(*granted);
  }
  inode.node.is_released = false;
  return reserved;
}

}  // namespace quire::ref::f2fs
