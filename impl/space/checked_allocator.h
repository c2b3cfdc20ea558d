// An allocator of the program's as that of a volume: it may lie, and it may throw.
#pragma once

#include "impl/space/block_counts.h"
#include "impl/space/space_allocator.h"

#include <quire/allocator_table.h>

#include <memory_resource>

namespace quire::impl {

/// Keeps counts and marks of its own, by which the volume goes, and takes no extent that is not
/// free by these. The program's allocator may have fewer blocks reserved than the volume: after an
/// answer that was not believed, or a reserve() that it refused. Then it is asked for the
/// difference again before the next allocation. quire/volume_allocator.h has what a program is
/// told.
class CheckedAllocator final : public SpaceAllocator {
 public:
  /// self: made by the table for so many blocks, all free; destroyed here. The table has all its
  /// functions.
  CheckedAllocator(const quire_allocator_functions& table, void* self, Number blocks) noexcept
      : table_(table), self_(self), blocks_(blocks), counts_{blocks, 0} {}
  ~CheckedAllocator() override;

  bool reserve(Number n) noexcept override;
  void unreserve(Number n) noexcept override;
  std::optional<Extent> allocate(Number want, Number goal) override;
  void release(Extent extent) noexcept override;
  void release_and_reserve(Extent extent) noexcept override;

  Number free_blocks() const noexcept override { return counts_.free; }
  Number reserved_blocks() const noexcept override { return counts_.reserved; }
  const SparseBitmap& granted() const noexcept override { return granted_; }

 private:
  bool is_believed(const Extent& extent, Number most) const noexcept;
  Number release_granted(Extent extent) noexcept;
  void reserve_the_rest() noexcept;
  void note_reserved() noexcept;

  const quire_allocator_functions& table_;
  void* const self_;
  const Number blocks_;
  BlockCounts<Number> counts_;
  Number reserved_there_ = 0;  // by the program's allocator: at most counts_.reserved
  SparseBitmap granted_{*std::pmr::get_default_resource()};
};

}  // namespace quire::impl
