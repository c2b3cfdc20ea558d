// Finding folios of a file whose cache may change at each wait.
#include "ref/cache/cached_file.h"

#include "ref/cache/folio_lock.h"
#include "spec/linux/page_cache.h"

namespace quire::ref {
namespace {

void note_found(
    const CachedFile& file, const Folio& folio, std::uint64_t pos, std::uint64_t size_max,
    bool made) {
  if (file.recorder == nullptr) return;
  file.recorder->step(spec::FoundFolio<std::uint64_t>{
      pos, size_max, folio.pos(), folio.size(), made, folio.locked,
      file.pages.find(pos) == &folio});
}

/// Waits for the lock of the folio at `pos`. Linux keeps the folio by a reference and checks that
/// it is still cached; here it is looked up again (PC-9).
Folio* lock_at(CachedFile& file, std::uint64_t pos) {
  file.owner.while_waiting_for(pos);
  Folio* const folio = file.pages.find(pos);
  if (folio == nullptr) return nullptr;
  lock_folio(file.recorder, *folio);
  return folio;
}

}  // namespace

Folio* find_locked(CachedFile& file, std::uint64_t pos) {
  if (file.pages.find(pos) == nullptr) return nullptr;
  Folio* const folio = lock_at(file, pos);
  if (folio != nullptr) note_found(file, *folio, pos, 0, false);
  return folio;
}

Folio* find_or_make_locked(CachedFile& file, std::uint64_t pos, std::uint64_t size_max) {
  while (true) {
    const bool made = file.pages.find(pos) == nullptr;
    if (file.pages.find_or_make(pos, size_max) == nullptr) return nullptr;
    Folio* const folio = lock_at(file, pos);
    if (folio == nullptr) continue;  // truncated meanwhile
    note_found(file, *folio, pos, size_max, made);
    return folio;
  }
}

void unlock(CachedFile& file, Folio& folio) { unlock_folio(file.recorder, folio); }

std::vector<std::uint64_t> folios_in(CachedFile& file, std::uint64_t lstart, std::uint64_t lend) {
  std::vector<std::uint64_t> found;
  for (const auto& [index, folio] : file.pages.folios()) {
    if (lstart < folio.end() && folio.pos() <= lend) found.push_back(folio.pos());
  }
  return found;
}

}  // namespace quire::ref
