// An allocator that a user's shared object brings, under the concept.
#pragma once

#include <quire/allocator_table.h>
#include <quire/block_allocator.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

namespace quire::props {

/// The table of a shared object, which stays loaded until the program ends. The error is one line
/// that names the file and the cause: it cannot be loaded, defines no quire_allocator_table(), was
/// built with another version of the header, or leaves a function out.
std::expected<const quire_allocator_functions*, std::string> load_allocator_table(
    const std::string& path);

/// An allocator made by the table in use(). One thread at a time.
class TableAllocator {
 public:
  /// From here on allocators are made by this table; it must outlive them.
  static void use(const quire_allocator_functions* table) { in_use_ = table; }

  /// Throws std::runtime_error if the table makes none.
  explicit TableAllocator(std::uint64_t blocks);

  bool reserve(std::uint64_t n) { return table_->reserve(self_.get(), n) != 0; }
  void unreserve(std::uint64_t n) { table_->unreserve(self_.get(), n); }
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal);
  void free(Extent extent) { table_->release(self_.get(), extent.start, extent.length); }
  std::uint64_t blocks() const { return table_->blocks(self_.get()); }
  std::uint64_t free_blocks() const { return table_->free_blocks(self_.get()); }
  std::uint64_t reserved_blocks() const { return table_->reserved_blocks(self_.get()); }

 private:
  // The concept makes an allocator from a number of blocks alone.
  static inline const quire_allocator_functions* in_use_ = nullptr;

  const quire_allocator_functions* table_;
  std::unique_ptr<void, void (*)(void*)> self_;
};

static_assert(BlockAllocator<TableAllocator>);

}  // namespace quire::props
