// The allocator of a volume's space, of whichever kind.
#pragma once

#include "impl/space/sparse_bitmap.h"

#include <quire/block_allocator.h>
#include <quire/error.h>
#include <quire/volume_allocator.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace quire::impl {

/// The calls of quire::BlockAllocator that a volume makes. One at a time.
class SpaceAllocator {
 public:
  using Number = std::uint64_t;

  SpaceAllocator() = default;
  SpaceAllocator(const SpaceAllocator&) = delete;
  SpaceAllocator& operator=(const SpaceAllocator&) = delete;
  virtual ~SpaceAllocator() = default;

  [[nodiscard]] virtual bool reserve(Number n) noexcept = 0;
  virtual void unreserve(Number n) noexcept = 0;
  /// One extent of at most `want` reserved blocks. Empty if nothing is reserved, or the allocator
  /// is the program's and failed. Throws std::bad_alloc, and has then changed nothing.
  virtual std::optional<Extent> allocate(Number want, Number goal) = 0;
  virtual void release(Extent extent) noexcept = 0;
  /// Releases an extent, and reserves its blocks.
  virtual void release_and_reserve(Extent extent) noexcept = 0;

  virtual Number free_blocks() const noexcept = 0;
  virtual Number reserved_blocks() const noexcept = 0;
  /// Bit b: block b is granted.
  virtual const SparseBitmap& granted() const noexcept = 0;
};

/// The allocator for a device of so many blocks.
///
/// Errors: EINVAL with the cause, ENOMEM, EIO (VolumeAllocator, Volume::open).
Result<std::unique_ptr<SpaceAllocator>> make_allocator(
    const VolumeAllocator& choice, std::uint64_t blocks);

}  // namespace quire::impl
