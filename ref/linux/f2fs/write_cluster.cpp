// Writing a cluster: compressed, or page by page; and cutting one.
#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/writeback.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::f2fs {
namespace {

struct NewBlocks {
  std::vector<Address> addresses;  ///< none unless all were written
  int error = 0;                   ///< 0 or a negative errno
  bool placed = true;              ///< there were enough blocks
};

/// Writes each page to a new block. Frees all of them unless all were written.
NewBlocks write_new(Superblock& volume, std::span<const PageBytes> pages) {
  NewBlocks to;
  for (const PageBytes& page : pages) {
    const auto address = volume.area.allocate();
    to.placed = address.has_value();
    to.error = address ? volume.device.write(*address * kBlockSize, page.bytes) : -ENOSPC;
    if (address) to.addresses.push_back(*address);
    if (to.error != 0) break;
  }
  if (to.error == 0) return to;
  for (const Address address : to.addresses) volume.area.invalidate(address);
  to.addresses.clear();
  return to;
}

/// Replaces the address of a page, which is not NULL.
void rename(Inode& inode, std::uint64_t index, Address address) {
  Address& entry = inode.node.addresses.at(index);
  if (is_block_address(entry)) inode.volume.area.invalidate(entry);
  entry = address;
}

/// Sets the addresses of a cluster: a head and the packed blocks, or one block a page. The rest
/// stays reserved.
void rename_cluster(
    Inode& inode, std::uint64_t start, bool is_packed, const std::vector<Address>& addresses) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  std::vector<Address> names = addresses;
  if (is_packed) names.insert(names.begin(), kCompressAddress);
  names.resize(kClusterPages, kNewAddress);
  for (std::uint64_t i = 0; i < kClusterPages; ++i) rename(inode, start + i, names[i]);
}

/// Writes a whole cluster to the device. All its pages are locked and have an address.
int write_whole(Inode& inode, std::uint64_t start, std::span<Folio* const> folios) {
  std::vector<PageBytes> pages(kClusterPages);
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    std::ranges::copy(folios[i]->block_bytes(0), pages[i].bytes.begin());
  }
  const std::vector<PageBytes> packed = compress(pages);
  const OpLocked op_locked(inode.volume);
  const NewBlocks to = write_new(inode.volume, packed.empty() ? pages : packed);
  for (Folio* folio : folios) {
    if (!folio->dirty()) continue;  // it was read so that the cluster is whole
    if (to.placed) folio->blocks[0].dirty = false;
    record_page_write(inode.volume, *folio, {to.placed, to.error, to.error == 0});
  }
  if (to.error == 0) rename_cluster(inode, start, !packed.empty(), to.addresses);
  return to.error;
}

/// The dirty pages of a cluster that is not stored compressed, locked in ascending order.
std::vector<Folio*> lock_dirty(Inode& inode, std::uint64_t start, std::uint64_t size) {
  std::vector<Folio*> folios;
  for (std::uint64_t i = 0; i < kClusterPages; ++i) {
    Folio* const folio = inode.pages.find((start + i) * kBlockSize);
    if (folio == nullptr || !folio->dirty()) continue;
    lock_folio(inode, *folio);
    folio->zero_from(size);
    folios.push_back(folio);
  }
  return folios;
}

}  // namespace

int write_cluster(Inode& inode, std::uint64_t start, std::uint64_t size) {
  const bool is_stored = inode.node.is_stored_compressed(start);
  std::vector<Folio*> folios;
  if (is_stored) {
    auto locked = lock_cluster(inode, start);
    if (!locked) return locked.error();
    folios = std::move(*locked);
    // What was stored behind the end through a mapping stays out of the file.
    for (Folio* folio : folios) folio->zero_from(size);
  } else {
    folios = lock_dirty(inode, start, size);
  }
  const bool is_whole = folios.size() == kClusterPages && folios.back()->pos() < size;
  require(is_whole || !is_stored, "a stored cluster reaches past the end of the file");
  int first_error = 0;
  if (is_whole) {
    first_error = write_whole(inode, start, folios);
  } else {
    for (Folio* folio : folios) {
      const int error = write_locked_page(inode, *folio);
      if (first_error == 0) first_error = error;
    }
  }
  for (Folio* folio : folios) unlock_folio(inode, *folio);
  return first_error;
}

int cut_cluster(Inode& inode, std::uint64_t length) {
  const std::uint64_t start = Node::cluster_of(length / kBlockSize);
  auto folios = lock_cluster(inode, start);
  if (!folios) return folios.error();
  const std::uint64_t stay = (length - start * kBlockSize + kBlockSize - 1) / kBlockSize;
  std::vector<PageBytes> pages(stay);
  for (std::uint64_t i = 0; i < stay; ++i) {
    std::ranges::copy((*folios)[i]->block_bytes(0), pages[i].bytes.begin());
  }
  if (length % kBlockSize != 0) {
    const auto end = static_cast<std::ptrdiff_t>(length % kBlockSize);
    std::fill(pages.back().bytes.begin() + end, pages.back().bytes.end(), std::byte{0});
  }
  int error = 0;
  {
    const OpLocked op_locked(inode.volume);
    const NewBlocks to = write_new(inode.volume, pages);
    error = to.error;
    if (error == 0) {
      rename_cluster(inode, start, false, to.addresses);
      for (Folio* folio : *folios) folio->blocks[0].dirty = false;
    }
  }
  for (Folio* folio : *folios) unlock_folio(inode, *folio);
  return error;
}

}  // namespace quire::ref::f2fs
