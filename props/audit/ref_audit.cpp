#include "props/audit/ref_audit.h"

#include "props/audit/block_set.h"
#include "props/audit/error_parts.h"
#include "spec/geometry.h"

#include <utility>
#include <vector>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// The marks of a folio's blocks as bits, one for each block.
class Bits {
 public:
  void take(const std::vector<ref::Block>& blocks, bool ref::Block::*mark) {
    words_.assign((blocks.size() + 63) / 64, 0);
    for (std::size_t i = 0; i < blocks.size(); ++i)
      words_[i / 64] |= Number{blocks[i].*mark} << (i % 64);
  }
  const std::vector<Number>& words() const { return words_; }

 private:
  std::vector<Number> words_;
};

struct Sums {
  std::vector<BlockRun> mapped;  ///< blocks of the device
  Number unmapped = 0;           ///< dirty blocks without a mapping
  Number dirty = 0;              ///< bytes
  Number folio_bytes = 0;
};

void audit_file(const ref::Inode& inode, bool was_cut, Sums& sums, spec::Recorder& recorder) {
  const Number bs = inode.volume.block_size;
  CacheAudit cache(inode.size, bs, spec::kPageSize, recorder);
  if (inode.stale_tail) cache.spare_tail();
  if (was_cut) cache.was_cut();
  see_folios(inode.pages, bs, cache);
  std::vector<BlockRun> in_file;
  for (const auto& [block, mapping] : inode.blocks.mappings()) {
    append(in_file, {block, block + 1});
    append(sums.mapped, {mapping.device_block, mapping.device_block + 1});
  }
  const BlockSet mapped(std::move(in_file)), dirty = cache.dirty();
  sums.unmapped += dirty.outside(mapped);
  sums.dirty += dirty.count() * bs;
  sums.folio_bytes += cache.bytes();
  // It counts no dirty bytes and lists no files.
  recorder.step(spec::FileAudit<Number>{
      .size = inode.size,
      .size_max = spec::kFileSizeMax,
      .dirty = dirty.count() * bs,
      .dirty_counted = dirty.count() * bs,
      .listed = dirty.count() != 0,
      .pages = cache.found_bytes() / spec::kPageSize,
      .pages_counted = cache.found_bytes() / spec::kPageSize,
      .map_wrong = mapped.again(),
      .mapped_past = mapped.from((inode.size + bs - 1) / bs),
      .keeps_blocks = 1,
      .unflushed = 0,
      .first_write = 0,
      .last_write = 0,
      .flushes = 0,
  });
}

}  // namespace

void see_folios(const ref::AddressSpace& pages, Number block_size, CacheAudit& cache) {
  Bits uptodate, dirty;
  Number end_before = 0;
  for (const auto& [index, folio] : pages.folios()) {
    uptodate.take(folio.blocks, &ref::Block::uptodate);
    dirty.take(folio.blocks, &ref::Block::dirty);
    // Its index finds it from its first page on, up to the next folio. A folio that overlaps the
    // one before it is found under fewer pages than it has.
    const Number found_at = index * spec::kPageSize;
    const Number hidden = end_before > found_at ? end_before - found_at : 0;
    cache.see({
        .pos = folio.pos(),
        .size = folio.size(),
        .found_at = found_at,
        .found_bytes = folio.blocks.size() * block_size - std::min(hidden, folio.size()),
        .uptodate = uptodate.words(),
        .dirty = dirty.words(),
        .uptodate_counted = count_bits(uptodate.words()),
        .dirty_counted = count_bits(dirty.words()),
        .bytes = folio.bytes(),
        .locked = folio.locked,
        .writeback = folio.writeback,
        .users = 0,
    });
    end_before = folio.end();
  }
}

void audit_cursor(Number word, const ref::ErrorCursor& cursor, spec::Recorder& recorder) {
  const ErrorParts own(word), seen(cursor.since);
  recorder.step(
      spec::CursorAudit<Number>{own.code, own.seen, own.number, seen.code, seen.seen, seen.number});
}

void audit(
    const ref::Volume& volume, Number memory_bytes, spec::Recorder& recorder,
    std::optional<Number> cut) {
  Sums sums;
  for (const auto& [number, inode] : volume.inodes())
    audit_file(inode, number == cut, sums, recorder);
  const ref::FirstFit& space = volume.superblock().space;
  std::vector<BlockRun> used;
  space.for_each_run_in_use([&](Number start, Number end) { append(used, {start, end}); });
  const BlockSet mapped(std::move(sums.mapped)), granted(std::move(used));
  recorder.step(spec::VolumeAudit<Number>{
      .dirty = sums.dirty,
      .dirty_counted = sums.dirty,
      .order_broken = 0,
      .mapped = mapped.count(),
      .mapped_again = mapped.again(),
      .granted = granted.count(),
      .mapped_ungranted = mapped.outside(granted),
      .marks_wrong = 0,
      .ahead_wrong = 0,
      .folio_bytes = sums.folio_bytes,
      .memory_bytes = memory_bytes,
  });
  recorder.step(spec::Books<Number>{
      space.blocks(), space.free_blocks(), space.reserved_blocks(), mapped.count(), sums.unmapped});
}

}  // namespace quire::props
