// A file's cached folios.
#pragma once

#include "ref/cache/folio.h"

#include <cstdint>
#include <map>
#include <memory_resource>

namespace quire::ref {

/// The table from page index (file position / page size) to folio. Folios do not overlap. A folio
/// stays where it is in memory until it is dropped.
class AddressSpace {
 public:
  AddressSpace(std::uint64_t block_size, std::pmr::memory_resource* memory)
      : block_size_(block_size), memory_(memory) {}

  /// The folio that holds byte `pos` of the file, or null.
  Folio* find(std::uint64_t pos);

  /// The same; if there is none, a new stale one of the largest size of at most `size_max` that is
  /// aligned to itself and overlaps no other folio (PC-8). size_max: a page times a power of two.
  /// Null when there is no memory for it.
  Folio* find_or_make(std::uint64_t pos, std::uint64_t size_max = spec::kPageSize);

  /// Drops every folio that has no dirty block and that nobody works on: it is neither locked nor
  /// being written back.
  void drop_clean();

  /// Drops every folio that starts at or past byte `pos`, dirty or not.
  void drop_from(std::uint64_t pos);

  /// Drops one folio, which is of this cache.
  void drop(const Folio& folio);

  /// Replaces a folio of this cache, which must not be locked, by one for each of its pages, with
  /// the same bytes and marks. False, and nothing has changed: there is no memory for them.
  bool split(Folio& folio);

  /// The pages of all folios that have a dirty block.
  std::uint64_t dirty_pages() const;

  /// All folios, in ascending position, by the index of their first page.
  std::map<std::uint64_t, Folio>& folios() { return folios_; }
  const std::map<std::uint64_t, Folio>& folios() const { return folios_; }

 private:
  /// Whether no folio has a byte in common with [pos, end).
  bool is_free(std::uint64_t pos, std::uint64_t end) const;

  std::uint64_t block_size_;
  std::pmr::memory_resource* memory_;
  std::map<std::uint64_t, Folio> folios_;
};

}  // namespace quire::ref
