// Pages of one file that users have mapped into their memory.
//
// Part of a model that stands alone: no write or fsync of ref runs it (spec/README.md).
#pragma once

#include "ref/cache/folio.h"

#include <cstdint>
#include <iterator>
#include <map>

namespace quire::ref {

/// A page table entry.
struct UserPage {
  bool writable = false;  ///< a store needs no fault
  bool dirty = false;     ///< it was stored to
};

/// Positions are bytes of the file; any byte of a page names it.
class UserMappings {
 public:
  /// A user reads the page: maps it read-only.
  void load(std::uint64_t pos) { pages_.try_emplace(pos / spec::kPageSize); }

  /// A user stores into the page of a folio. The first store faults, and dirties the folio's
  /// blocks; later ones only mark the page table entry (PC-6).
  void store(Folio& folio, std::uint64_t pos, std::byte value) {
    UserPage& page = pages_[pos / spec::kPageSize];
    if (!page.writable) dirty_page(folio, pos / spec::kPageSize);
    page = {.writable = true, .dirty = true};
    folio.bytes(pos, pos + 1).front() = value;
  }

  /// Makes every page of the folio read-only; blocks that users stored to become dirty (Linux:
  /// page_mkclean).
  void protect(Folio& folio) {
    collect(folio);
    for_pages_of(folio, [](auto entry) { entry->second = {}; });
  }

  /// Unmaps every page of the folio; blocks that users stored to become dirty.
  void unmap(Folio& folio) {
    collect(folio);
    const auto [first, last] = pages_of(folio.pos(), folio.end());
    pages_.erase(first, last);
  }

  /// Unmaps the pages of [from, to), multiples of a page. Stores to them are lost.
  void unmap(std::uint64_t from, std::uint64_t to) {
    const auto [first, last] = pages_of(from, to);
    pages_.erase(first, last);
  }

  bool is_mapped(std::uint64_t pos) const { return pages_.contains(pos / spec::kPageSize); }

  /// Pages of [from, to) that are mapped.
  std::uint64_t mapped_pages(std::uint64_t from, std::uint64_t to) {
    const auto [first, last] = pages_of(from, to);
    return static_cast<std::uint64_t>(std::distance(first, last));
  }

  /// Pages of the folio that may be stored to without a fault.
  std::uint64_t writable_pages(const Folio& folio) {
    std::uint64_t count = 0;
    for_pages_of(folio, [&](auto entry) { count += entry->second.writable; });
    return count;
  }

 private:
  using Pages = std::map<std::uint64_t, UserPage>;  ///< by page index
  struct Run {
    Pages::iterator first, last;
  };

  /// The mapped pages of [from, to). to: 2^64 - 1 means no end.
  Run pages_of(std::uint64_t from, std::uint64_t to) {
    const auto last =
        to == ~std::uint64_t{0} ? pages_.end() : pages_.lower_bound(to / spec::kPageSize);
    return {pages_.lower_bound(from / spec::kPageSize), last};
  }

  template <class Visit>
  void for_pages_of(const Folio& folio, Visit&& visit) {
    const auto [first, last] = pages_of(folio.pos(), folio.end());
    for (auto entry = first; entry != last; ++entry) visit(entry);
  }

  static void dirty_page(Folio& folio, std::uint64_t index) {
    const std::uint64_t pos = index * spec::kPageSize;
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      if (folio.touches(i, pos, pos + spec::kPageSize)) folio.blocks[i].dirty = true;
    }
  }

  void collect(Folio& folio) {
    for_pages_of(folio, [&](auto entry) {
      if (entry->second.dirty) dirty_page(folio, entry->first);
    });
  }

  Pages pages_;
};

}  // namespace quire::ref
