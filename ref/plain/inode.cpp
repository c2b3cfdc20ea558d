// The blocks of a file: mapped, reserved or neither.
#include "ref/plain/inode.h"

namespace quire::ref {
namespace {

bool is_mapped(const Inode& inode, const Folio& folio, std::size_t i) {
  return inode.blocks.find(folio.block_pos(i) / inode.volume.block_size).has_value();
}

}  // namespace

bool is_missing(const Inode& inode, const Folio& folio, std::size_t i) {
  return !folio.blocks[i].dirty && !is_mapped(inode, folio, i);
}

bool is_delayed(const Inode& inode, const Folio& folio, std::size_t i) {
  return folio.blocks[i].dirty && !is_mapped(inode, folio, i);
}

CountedFolio::~CountedFolio() {
  DirtyThrottle* const throttle = inode_.volume.throttle;
  if (throttle == nullptr || folio_.dirty() == was_dirty_) return;
  const std::uint64_t pages = folio_.size() / spec::kPageSize;
  if (was_dirty_) {
    throttle->cleaned(pages);
  } else {
    throttle->dirtied(pages);
  }
}

}  // namespace quire::ref
