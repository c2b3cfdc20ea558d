#include "ref/xfs/drop_cache.h"

#include <algorithm>

namespace quire::ref::xfs {

void drop_cache_past(Inode& inode, std::uint64_t pos) {
  if (Folio* const folio = inode.pages.find(pos); folio != nullptr && folio->pos() < pos) {
    const NotedLock<spec::FolioLock> lock(inode.recorder, folio->pos());
    std::ranges::fill(folio->bytes(pos, folio->end()), std::byte{0});
    for (std::size_t i = 0; i < folio->blocks.size(); ++i) {
      if (pos <= folio->block_pos(i)) folio->blocks[i] = {.uptodate = true, .dirty = false};
    }
  }
  inode.pages.drop_from(pos);
}

}  // namespace quire::ref::xfs
