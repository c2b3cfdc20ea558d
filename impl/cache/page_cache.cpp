#include "impl/cache/page_cache.h"

#include <algorithm>
#include <bit>
#include <new>

namespace quire::impl {
namespace {

constexpr std::uint64_t window_key(std::uint64_t pos) { return pos / spec::kFolioSizeMax; }
constexpr std::size_t slot_of(std::uint64_t pos) {
  return (pos % spec::kFolioSizeMax) / spec::kPageSize;
}

}  // namespace

PageCache::~PageCache() {
  while (const FolioPtr folio = first_from(0)) remove(*folio);
}

PageCache::Window* PageCache::window_of(std::uint64_t pos) {
  const std::uint64_t key = window_key(pos);
  if (last_ != nullptr && last_key_ == key) return last_;
  const auto found = windows_.find(key);
  if (found == windows_.end()) return nullptr;
  last_key_ = key;
  last_ = found->second.get();
  return last_;
}

FolioPtr PageCache::find(std::uint64_t pos) {
  const Lock lock(index_lock_);
  const Window* window = window_of(pos);
  return window == nullptr ? nullptr : FolioPtr(window->slots[slot_of(pos)]);
}

/// The largest order that fits: no larger than the write, aligned, and over empty slots only.
unsigned PageCache::order_for(std::uint64_t pos, std::uint64_t want) {
  const std::uint64_t page_pos = spec::round_down(pos, spec::kPageSize);
  const std::uint64_t pages = std::max<std::uint64_t>(1, (pos + want - page_pos) / spec::kPageSize);
  auto order = static_cast<unsigned>(
      std::min<std::uint64_t>(std::bit_width(pages) - 1, spec::kFolioOrderMax));
  const Window* window = window_of(pos);
  const auto fits = [&](unsigned n) {
    const std::uint64_t size = spec::kPageSize << n;
    if (page_pos % size != 0) return false;
    if (window == nullptr) return true;
    const auto* first = &window->slots[slot_of(page_pos)];
    return std::all_of(first, first + (std::size_t{1} << n), [](Folio* f) { return f == nullptr; });
  };
  while (order > 0 && !fits(order)) --order;
  return order;
}

FolioPtr PageCache::make(std::uint64_t pos, unsigned order) {
  for (unsigned n = order + 1; n-- > 0;) {
    try {
      const FolioPtr folio(
          new Folio(spec::round_down(pos, spec::kPageSize << n), n, block_size_, memory_));
      Window* window = window_of(pos);
      if (window == nullptr) {
        window = windows_.emplace(window_key(pos), std::make_unique<Window>()).first->second.get();
      }
      std::fill_n(&window->slots[slot_of(folio->pos())], std::size_t{1} << n, folio.get());
      window->pages += std::size_t{1} << n;
      intrusive_ptr_add_ref(folio.get());
      return folio;
    } catch (const std::bad_alloc&) {
      // A smaller folio may still fit.
    }
  }
  return nullptr;
}

FolioPtr PageCache::find_or_make(std::uint64_t pos, std::uint64_t want) {
  if (FolioPtr folio = find(pos); folio != nullptr) return folio;
  const Lock lock(index_lock_);
  const Window* window = window_of(pos);
  FolioPtr folio(window == nullptr ? nullptr : window->slots[slot_of(pos)]);
  return folio == nullptr ? make(pos, order_for(pos, want)) : folio;
}

FolioPtr PageCache::find_locked(std::uint64_t pos) {
  for (;;) {
    FolioPtr folio = find(pos);
    if (folio == nullptr) return nullptr;
    folio->lock();
    if (!folio->dropped) return folio;
    folio->unlock();
  }
}

FolioPtr PageCache::find_or_make_locked(std::uint64_t pos, std::uint64_t want) {
  for (;;) {
    FolioPtr folio = find_or_make(pos, want);
    if (folio == nullptr) return nullptr;
    folio->lock();
    if (!folio->dropped) return folio;
    folio->unlock();
  }
}

FolioPtr PageCache::first_from(std::uint64_t pos) {
  const Lock lock(index_lock_);
  std::size_t slot = slot_of(pos);
  for (auto at = windows_.lower_bound(window_key(pos)); at != windows_.end(); ++at) {
    if (at->first != window_key(pos)) slot = 0;
    for (; slot < kPages; ++slot) {
      if (Folio* folio = at->second->slots[slot]; folio != nullptr) return FolioPtr(folio);
    }
  }
  return nullptr;
}

void PageCache::remove(Folio& folio) {
  folio.dropped = true;
  const Lock lock(index_lock_);
  const auto at = windows_.find(window_key(folio.pos()));
  const std::size_t pages = folio.size() / spec::kPageSize;
  std::fill_n(&at->second->slots[slot_of(folio.pos())], pages, nullptr);
  at->second->pages -= pages;
  if (at->second->pages == 0) {
    if (last_ == at->second.get()) last_ = nullptr;
    windows_.erase(at);
  }
  intrusive_ptr_release(&folio);
}

}  // namespace quire::impl
