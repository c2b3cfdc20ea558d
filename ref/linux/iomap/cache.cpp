// iomap's operations on a file's cached folios: the steps.
#include "ref/linux/iomap/cache.h"

#include "ref/cache/cut_recorder.h"
#include "ref/cache/folio_lock.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <iterator>

namespace quire::ref::iomap {
namespace {

std::uint64_t pages_of(const Folio& folio) { return folio.size() / spec::kPageSize; }

/// The first cached folio that ends past `from`, in ascending position.
auto first_past(AddressSpace& pages, std::uint64_t from) {
  auto& folios = pages.folios();
  auto at = folios.upper_bound(from / spec::kPageSize);
  if (at != folios.begin() && from < std::prev(at)->second.end()) --at;
  return at;
}

/// Zeroes [from, to) of the folio, and cleans the blocks that lie in it.
void cut_folio(File& file, Folio& folio, std::uint64_t from, std::uint64_t to) {
  lock_folio(file, folio, false);
  const CountedFolio counted(file, folio);
  std::ranges::fill(folio.bytes(from, to), std::byte{0});
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    folio.blocks[i] = cut(folio.blocks[i], folio.block_range(i), {from, to});
  }
  unlock_folio(file, folio);
}

/// The folio at `pos`, or a new one. Null when there is no memory for a page.
Folio* get_folio(File& file, std::uint64_t pos, std::uint64_t want) {
  std::uint64_t size = std::clamp(std::bit_floor(want), spec::kPageSize, file.folio_size_max);
  while (true) {
    Folio* const folio = file.pages.find_or_make(pos, size);
    if (folio != nullptr || size == spec::kPageSize) return folio;
    size /= 2;
  }
}

void record_found(
    File& file, const Folio& folio, std::uint64_t pos, std::uint64_t want, bool made) {
  if (file.recorder == nullptr) return;
  const std::uint64_t size_max = std::clamp(want, spec::kPageSize, file.folio_size_max);
  file.recorder->step(spec::FoundFolio<std::uint64_t>{
      pos, size_max, folio.pos(), folio.size(), made, folio.locked,
      file.pages.find(pos) == &folio});
}

void wait_for(File& file, Folio& folio) {
  note_wait<spec::FolioLock>(file.recorder, folio.pos());
  file.wait_for_folio(folio);
}

/// Reports each byte of the gap in the folio of the old end.
void record_gap(File& file, Folio& folio, std::uint64_t from, std::uint64_t to) {
  if (file.recorder == nullptr) return;
  for (std::uint64_t pos = from; pos < std::min(to, folio.end()); ++pos) {
    const Block& block = folio.blocks[(pos - folio.pos()) / file.block_size];
    file.recorder->step(spec::IomapGap<std::uint64_t>{
        from, to, pos, block.uptodate,
        std::to_integer<std::uint64_t>(folio.bytes(pos, pos + 1)[0])});
  }
}

}  // namespace

bool lock_folio(File& file, Folio& folio, bool nowait) {
  if (nowait && folio.locked) return false;
  // A try does not wait, so it is not part of the order of waits.
  if (!nowait) note_wait<spec::FolioLock>(file.recorder, folio.pos());
  if (folio.locked && file.wait_for_folio) file.wait_for_folio(folio);
  require(!folio.locked, "a folio is locked twice");
  folio.locked = true;
  if (file.recorder != nullptr) {
    file.recorder->lock_taken(spec::rank_of<spec::FolioLock>, folio.pos());
  }
  return true;
}

void unlock_folio(File& file, Folio& folio) { ref::unlock_folio(file.recorder, folio); }

CountedFolio::~CountedFolio() {
  const bool dirty = folio_.dirty();
  if (file_.count_dirty && dirty != was_dirty_) file_.count_dirty(pages_of(folio_), dirty);
}

std::expected<Folio*, int> get_locked_folio(
    File& file, std::uint64_t pos, std::uint64_t want, bool nowait) {
  while (true) {
    const bool made = file.pages.find(pos) == nullptr;
    Folio* folio = get_folio(file, pos, want);
    if (folio == nullptr) return std::unexpected(nowait ? -EAGAIN : -ENOMEM);
    if (file.others_run) {
      file.others_run(Yield::folio_wanted);
      folio = file.pages.find(pos);
      if (folio == nullptr) continue;  // dropped meanwhile
    }
    if (folio->locked && !nowait && file.wait_for_folio) {
      wait_for(file, *folio);
      const Folio* const now = file.pages.find(pos);
      require(now == nullptr || !now->locked, "a folio is locked twice");
      continue;
    }
    if (!lock_folio(file, *folio, nowait)) return std::unexpected(-EAGAIN);
    record_found(file, *folio, pos, want, made);
    return folio;
  }
}

void for_each_folio(
    File& file, std::uint64_t from, std::uint64_t to, const std::function<void(Folio&)>& visit) {
  for (auto at = first_past(file.pages, from); at != file.pages.folios().end(); ++at) {
    if (to <= at->second.pos()) break;
    visit(at->second);
  }
}

void truncate_pagecache_range(
    File& file, std::uint64_t from, std::uint64_t to,
    const std::function<void(std::uint64_t from, std::uint64_t to)>& dropped) {
  if (to <= from) return;
  const CutRecorder recorder(file.pages, nullptr, file.recorder, from, to - 1);
  auto at = first_past(file.pages, from);
  while (at != file.pages.folios().end() && at->second.pos() < to) {
    Folio& folio = at->second;
    const std::uint64_t cut_from = std::max(from, folio.pos());
    const std::uint64_t cut_to = std::min(to, folio.end());
    if (dropped) dropped(cut_from, cut_to);
    if (cut_from == folio.pos() && cut_to == folio.end()) {
      lock_folio(file, folio, false);
      unlock_folio(file, folio);
      if (file.count_dirty && folio.dirty()) file.count_dirty(pages_of(folio), false);
      at = file.pages.folios().erase(at);
    } else {
      cut_folio(file, folio, cut_from, cut_to);
      ++at;
    }
  }
}

void pagecache_isize_extended(File& file, std::uint64_t from, std::uint64_t to) {
  Folio* const folio = file.pages.find(from);
  if (folio == nullptr) return;
  lock_folio(file, *folio, false);
  std::ranges::fill(folio->bytes(from, std::min(to, folio->end())), std::byte{0});
  record_gap(file, *folio, from, to);
  unlock_folio(file, *folio);
}

}  // namespace quire::ref::iomap
