// Cutting and dropping ranges of a file's page cache: folio by folio.
#include "ref/cache/page_cache_ranges.h"

#include "ref/cache/cut_recorder.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>
#include <optional>
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

/// Cuts [lstart, lend] out of the folio at byte `pos`, if there is one. Returns the byte to
/// continue from.
Number cut_folio(CachedFile& file, Number pos, Number lstart, Number lend) {
  Folio* const folio = find_locked(file, pos);
  if (folio == nullptr) return spec::round_up(pos + 1, Number{spec::kPageSize});
  const Number end = folio->end();
  const Number from = std::max(folio->pos(), lstart);
  if (from == folio->pos() && last_byte(*folio, lend) == end - 1) {
    drop(file, *folio);
    return end;
  }
  std::ranges::fill(folio->bytes(from, last_byte(*folio, lend) + 1), std::byte{0});
  unlock(file, *folio);
  // Its pages are cut one by one.
  return folio->size() != spec::kPageSize && file.pages.split(*folio) ? from : end;
}

/// The first byte of [from, lend] that is cached.
std::optional<Number> first_cached(CachedFile& file, Number from, Number lend) {
  for (const auto& [index, folio] : file.pages.folios()) {
    if (lend < from || lend < folio.pos()) break;
    if (from < folio.end()) return std::max(from, folio.pos());
  }
  return std::nullopt;
}

/// The pages that lie whole in [lstart, lend]: [from, to).
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
  // Looked up again at each step: during a wait another folio may take the position (PC-9).
  auto next = first_cached(file, lstart, lend);
  while (next) next = first_cached(file, cut_folio(file, *next, lstart, lend), lend);
}

/// The first byte that the folio of the record has in the range.
Number first_inside(const spec::FolioInvalidation<Number>& record) {
  return std::max(record.folio_pos, record.lstart);
}

/// Unmaps the folio at the position of the record's, and drops it unless it is dirty.
void invalidate_folio(CachedFile& file, spec::FolioInvalidation<Number>& record) {
  Folio* const folio = find_locked(file, first_inside(record));
  if (folio == nullptr) return;
  file.users.unmap(*folio);  // no writeback runs: it ends before unlock
  record.busy = folio->dirty();
  if (folio->dirty()) {
    unlock(file, *folio);
  } else {
    drop(file, *folio);
  }
}

}  // namespace

void truncate_pagecache(CachedFile& file, Number new_size) {
  const CutRecorder recorder(file.pages, &file.users, file.recorder, new_size, kToEnd);
  const WholePages pages = whole_pages(new_size, kToEnd);
  unmap_pages(file, pages);
  cut(file, new_size, kToEnd);
  file.owner.while_dropping();
  unmap_pages(file, pages);
}

void truncate_pagecache_range(CachedFile& file, Number lstart, Number lend) {
  if (lend < lstart) return;
  const CutRecorder recorder(file.pages, &file.users, file.recorder, lstart, lend);
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
    const Number byte = record.visited != 0 ? first_inside(record) : record.folio_pos;
    record.dropped = file.pages.find(byte) == nullptr;
    record.mapped_pages =
        file.users.mapped_pages(record.folio_pos, record.folio_pos + record.folio_size);
    record.answer = static_cast<Number>(std::int64_t{answer});
    file.recorder->step(record);
  }
  return answer;
}

}  // namespace quire::ref
