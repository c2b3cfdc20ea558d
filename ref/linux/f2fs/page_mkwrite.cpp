// A page of a mapping of the file is about to be stored to: the steps.
#include "ref/linux/f2fs/page_mkwrite.h"

#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/linux/f2fs/read_page.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/noted_lock.h"
#include "spec/word.h"

#include <cerrno>

namespace quire::ref::f2fs {
namespace {

/// The folio is locked.
int make_writable(Inode& inode, Folio& folio) {
  if (!folio.uptodate()) {
    if (const int error = read_page(inode, folio); error != 0) return error;
  }
  const std::uint64_t index = folio.pos() / kBlockSize;
  if (inode.node.address(index) == kNullAddress) {  // a stored cluster has all of its addresses
    const NotedLock<spec::NodeChangeLock> node_change(inode.volume.recorder, 0);
    if (const int error = reserve_block(inode, index); error != 0) return error;
  }
  folio.zero_from(inode.node.size);
  folio.blocks[0].dirty = true;
  return 0;
}

}  // namespace

int page_mkwrite(Inode& inode, std::uint64_t pos) {
  if (inode.volume.cp_error || inode.node.is_released) return -EIO;
  if (inode.node.is_immutable) return -EPERM;
  if (!is_checkpoint_ready(inode.volume)) return -ENOSPC;
  if (const int error = convert_inline_inode(inode); error != 0) return error;
  if (needs_gc(inode.volume)) balance(inode.volume);
  const NotedLock<spec::InvalidateLock> invalidate_lock(inode.volume.recorder, inode.number);
  if (inode.node.size <= spec::round_down(pos, kBlockSize)) return -EFAULT;
  Folio* const folio = inode.pages.find_or_make(pos);
  if (folio == nullptr) return -ENOMEM;
  lock_folio(inode, *folio);
  const int error = make_writable(inode, *folio);
  unlock_folio(inode, *folio);
  return error;
}

}  // namespace quire::ref::f2fs
