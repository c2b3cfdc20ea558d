// Changing a file's size: what can fail, then what cannot.
#include "ref/linux/f2fs/truncate.h"

#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/linux/f2fs/read_page.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/noted_lock.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace quire::ref::f2fs {
namespace {

std::uint64_t first_page_past(std::uint64_t size) {
  return spec::round_up(size, kBlockSize) / kBlockSize;
}

/// Zeroes the cached page that holds byte `from`, from there on.
void zero_rest_of_page(Inode& inode, std::uint64_t from) {
  Folio* const folio = from % kBlockSize == 0 ? nullptr : inode.pages.find(from);
  if (folio == nullptr) return;
  lock_folio(inode, *folio);
  if (folio->uptodate()) folio->zero_from(from);
  unlock_folio(inode, *folio);
}

/// Zeroes the cached page from `length` on, so that writeback zeroes the device. 0, or a negative
/// errno with nothing changed.
int zero_last_block(Inode& inode, std::uint64_t length) {
  if (length % kBlockSize == 0) return 0;
  if (inode.node.is_stored_compressed(length / kBlockSize)) return 0;
  if (!is_block_address(inode.node.address(length / kBlockSize))) return 0;
  Folio* const folio = inode.pages.find_or_make(length);
  if (folio == nullptr) return -ENOMEM;
  lock_folio(inode, *folio);
  const int error = folio->uptodate() ? 0 : read_page(inode, *folio);
  if (error == 0) {
    folio->zero_from(length);
    folio->blocks[0].dirty = true;
  }
  unlock_folio(inode, *folio);
  return error;
}

void cut_inline_data(Inode& inode, std::uint64_t length) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  auto& bytes = inode.node.inline_bytes;
  if (length < bytes.size()) {
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(length), bytes.end(), std::byte{0});
  }
  if (length == 0) inode.node.data_exists = false;
}

void drop_past(Inode& inode, std::uint64_t length) {
  zero_rest_of_page(inode, length);
  inode.pages.drop_from(spec::round_up(length, kBlockSize));
  const OpLocked op_locked(inode.volume);
  release_from(inode, first_page_past(length));
}

int shrink(Inode& inode, std::uint64_t length) {
  if (inode.node.is_inline) {
    cut_inline_data(inode, length);
  } else if (length % kClusterSize != 0 && inode.node.is_stored_compressed(length / kBlockSize)) {
    if (const int error = cut_cluster(inode, length); error != 0) return error;
  } else if (const int error = zero_last_block(inode, length); error != 0) {
    return error;
  }
  drop_past(inode, length);
  return 0;
}

}  // namespace

int truncate(Inode& inode, std::uint64_t length) {
  // A cluster may have to move.
  if (needs_gc(inode.volume)) balance(inode.volume);
  if (kInlineMax < length) {
    if (const int error = convert_inline_inode(inode); error != 0) return error;
  }
  const NotedLock<spec::InodeGcLock> gc_lock(inode.volume.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> invalidate_lock(inode.volume.recorder, inode.number);
  if (length < inode.node.size) {
    if (const int error = shrink(inode, length); error != 0) return error;
  } else {
    // Blocks that a failed write left past the old end are released, too (F2-2).
    drop_past(inode, inode.node.size);
  }
  inode.node.size = length;
  return 0;
}

void truncate_past_size(Inode& inode) {
  const NotedLock<spec::InodeGcLock> gc_lock(inode.volume.recorder, inode.number);
  const NotedLock<spec::InvalidateLock> invalidate_lock(inode.volume.recorder, inode.number);
  drop_past(inode, inode.node.size);
}

void zero_post_eof_page(Inode& inode, std::uint64_t end) {
  const std::uint64_t size = inode.node.size;
  if (end <= size) return;
  const NotedLock<spec::InvalidateLock> invalidate_lock(inode.volume.recorder, inode.number);
  zero_rest_of_page(inode, size);
  // No folio past the end is dirty.
  inode.pages.drop_from(spec::round_up(size, kBlockSize));
}

std::uint64_t blocks_past_size(const Inode& inode) {
  const auto& addresses = inode.node.addresses;
  return static_cast<std::uint64_t>(
      std::distance(addresses.lower_bound(first_page_past(inode.node.size)), addresses.end()));
}

}  // namespace quire::ref::f2fs
