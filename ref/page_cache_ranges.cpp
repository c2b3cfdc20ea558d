// Cutting and dropping ranges of a file's page cache: folio by folio.
#include "ref/page_cache_ranges.h"

#include "ref/cut_witness.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>
#include <vector>

namespace quire::ref {
namespace {

using Number = std::uint64_t;

/// Drops a locked folio from the cache; its lock goes with it.
void drop(CachedFile& file, Folio& folio) {
  file.owner.drops(folio);
  unlock(file, folio);
  file.pages.drop(folio);
}

/// The last byte of the range and the folio.
Number last_byte(const Folio& folio, Number lend) { return std::min(folio.end() - 1, lend); }

/// Cuts [lstart, lend] out of the folio at `pos`, if it is still there.
void cut_folio(CachedFile& file, Number pos, Number lstart, Number lend) {
  Folio* folio = find_locked(file, pos);
  if (folio == nullptr) return;
  const Number from = std::max(folio->pos(), lstart);
  if (from == folio->pos() && last_byte(*folio, lend) == folio->end() - 1) {
    drop(file, *folio);
    return;
  }
  std::ranges::fill(folio->bytes(from, last_byte(*folio, lend) + 1), std::byte{0});
  const Number end = folio->end();
  unlock(file, *folio);
  if (folio->size() == spec::kPageSize || !file.pages.split(*folio)) return;
  // The pages that came of it and lie in the range go.
  const Number first = spec::round_up(from, Number{spec::kPageSize});
  for (Number page = first; page < end && page + spec::kPageSize - 1 <= lend;
       page += spec::kPageSize) {
    cut_folio(file, page, lstart, lend);
  }
}

/// The pages that lie in [lstart, lend] as a whole: [from, to).
struct WholePages {
  Number from, to;
};

WholePages whole_pages(Number lstart, Number lend) {
  const Number page = spec::kPageSize;
  return {spec::round_up(lstart, page), lend == kToEnd ? kToEnd : spec::round_down(lend + 1, page)};
}

void unmap_pages(CachedFile& file, const WholePages& pages) {
  if (pages.from < pages.to) file.users.unmap(pages.from, pages.to);
}

void cut(CachedFile& file, Number lstart, Number lend) {
  for (const Number pos : folios_in(file, lstart, lend)) cut_folio(file, pos, lstart, lend);
}

/// Unmaps the folio of the record, if it is still there, and drops it unless it is dirty.
void invalidate_folio(CachedFile& file, spec::FolioInvalidation<Number>& record) {
  Folio* const folio = find_locked(file, record.folio_pos);
  if (folio == nullptr) return;
  file.users.unmap(*folio);  // writeback of it has ended: it ends before its folio is unlocked
  record.busy = folio->dirty();
  if (folio->dirty()) {
    unlock(file, *folio);
  } else {
    drop(file, *folio);
  }
}

}  // namespace

void truncate_pagecache(CachedFile& file, Number new_size) {
  const CutWitness witness(file, new_size, kToEnd);
  const WholePages pages = whole_pages(new_size, kToEnd);
  unmap_pages(file, pages);
  cut(file, new_size, kToEnd);
  file.owner.while_dropping();
  unmap_pages(file, pages);
}

void truncate_pagecache_range(CachedFile& file, Number lstart, Number lend) {
  if (lend < lstart) return;
  const CutWitness witness(file, lstart, lend);
  unmap_pages(file, whole_pages(lstart, lend));
  cut(file, lstart, lend);
}

int invalidate_range2(CachedFile& file, Number lstart, Number lend) {
  std::vector<spec::FolioInvalidation<Number>> seen;
  for (const auto& [index, folio] : file.pages.folios()) {
    seen.push_back({lstart, lend, folio.pos(), folio.size(), 0, 0, 0, 0, 0});
  }
  int answer = 0;
  const std::vector<Number> inside = folios_in(file, lstart, lend);
  for (spec::FolioInvalidation<Number>& record : seen) {
    if (!std::ranges::binary_search(inside, record.folio_pos)) continue;
    record.visited = 1;
    invalidate_folio(file, record);
    if (record.busy != 0) answer = -EBUSY;
  }
  if (file.recorder == nullptr) return answer;
  for (spec::FolioInvalidation<Number>& record : seen) {
    record.dropped = file.pages.find(record.folio_pos) == nullptr;
    record.mapped_pages =
        file.users.mapped_pages(record.folio_pos, record.folio_pos + record.folio_size);
    record.answer = static_cast<Number>(std::int64_t{answer});
    file.recorder->step(record);
  }
  return answer;
}

}  // namespace quire::ref
