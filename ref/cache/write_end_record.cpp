// The record of a write to one folio: block by block.
#include "ref/cache/write_end_record.h"

#include <algorithm>

namespace quire::ref {
namespace {

spec::BlockState<std::uint64_t> state(const Block& block) { return {block.uptodate, block.dirty}; }

/// Whether every block that the write touches was uptodate when it was prepared.
bool was_uptodate(const Folio& folio, const FolioWrite& write) {
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    const bool touched = folio.touches(i, write.pos, write.pos + write.length);
    if (touched && !write.before[i].uptodate) return false;
  }
  return true;
}

}  // namespace

std::vector<spec::WriteEnd<std::uint64_t>> write_end_records(
    const Folio& folio, const FolioWrite& write) {
  std::vector<spec::WriteEnd<std::uint64_t>> records;
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    records.push_back({
        .folio_pos = folio.pos(),
        .folio_size = folio.size(),
        .pos = write.pos,
        .begun = write.begun,
        .length = write.length,
        .copied = write.copied,
        .accepted = write.accepted,
        .range_uptodate = was_uptodate(folio, write),
        .folio_uptodate = folio.uptodate(),
        .all_uptodate = std::ranges::all_of(folio.blocks, &Block::uptodate),
        .folio_dirty = folio.dirty(),
        .block_pos = folio.block_pos(i),
        .block_size = folio.block_end(i) - folio.block_pos(i),
        .before = state(write.before[i]),
        .after = state(folio.blocks[i]),
    });
  }
  return records;
}

}  // namespace quire::ref
