// Reading a stale page: from where its bytes are.
#include "ref/linux/f2fs/read_page.h"

#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>

namespace quire::ref::f2fs {
namespace {

/// The address of a page that is in no stored cluster. A block that is only reserved for an atomic
/// write has no bytes yet.
Address address_of(Inode& inode, std::uint64_t index) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  if (inode.is_atomic() && is_block_address(inode.cow->node.address(index))) {
    return inode.cow->node.address(index);
  }
  return inode.node.address(index);
}

int read_or_zero(Inode& inode, Folio& folio) {
  const std::uint64_t index = folio.pos() / kBlockSize;
  const auto bytes = folio.block_bytes(0);
  if (inode.node.is_stored_compressed(index)) {
    const auto pages = read_cluster(inode, Node::cluster_of(index));
    if (!pages) return pages.error();
    std::ranges::copy((*pages)[index % kClusterPages].bytes, bytes.begin());
    return 0;
  }
  const Address address = address_of(inode, index);
  if (is_block_address(address)) return inode.volume.device.read(address * kBlockSize, bytes);
  std::ranges::fill(bytes, std::byte{0});
  return 0;
}

}  // namespace

int read_page(Inode& inode, Folio& folio) {
  require(folio.locked && !folio.uptodate(), "a folio is read that is not locked, or not stale");
  if (inode.node.is_inline && folio.pos() == 0) {
    read_inline_data(inode, folio);
    return 0;
  }
  if (const int error = read_or_zero(inode, folio); error != 0) return error;
  folio.zero_from(inode.node.size);
  folio.blocks[0].uptodate = true;
  return 0;
}

bool needs_device(Inode& inode, const Folio& folio) {
  const std::uint64_t index = folio.pos() / kBlockSize;
  if (folio.uptodate()) return false;
  return inode.node.is_stored_compressed(index) || is_block_address(address_of(inode, index));
}

}  // namespace quire::ref::f2fs
