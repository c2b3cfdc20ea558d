// A file's cached folios.
#pragma once

#include "ref/folio.h"

#include <cstdint>
#include <map>
#include <memory_resource>

namespace quire::ref {

/// The table from page index (file position / page size) to folio. A folio stays where it is in
/// memory until it is dropped.
class AddressSpace {
 public:
  AddressSpace(std::uint64_t block_size, std::pmr::memory_resource* memory)
      : block_size_(block_size), memory_(memory) {}

  /// The folio that holds byte `pos` of the file, or null.
  Folio* find(std::uint64_t pos);

  /// The same, made stale if there was none. Null when there is no memory for it.
  Folio* find_or_make(std::uint64_t pos);

  /// Drops every folio that has no dirty block.
  void drop_clean();

  /// Drops every folio that starts at or past byte `pos`, dirty or not.
  void drop_from(std::uint64_t pos);

  /// All folios, in ascending position.
  std::map<std::uint64_t, Folio>& folios() { return folios_; }

 private:
  std::uint64_t block_size_;
  std::pmr::memory_resource* memory_;
  std::map<std::uint64_t, Folio> folios_;
};

}  // namespace quire::ref
