// Which allocator hands out the blocks of a volume.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <quire/allocator_table.h>
#include <quire/block_allocator.h>

#include <cstdint>

namespace quire {

/// The allocator of a volume (VolumeOptions::allocator): one of libquire's or one of the program's.
///
/// One of the program's needs two powers (allocator_powers.h): it releases parts of extents, and
/// several extents in a row. A volume asks it for one extent a call, with minimum 1 and alignment
/// 1. Its calls come one at a time, from any thread, and under a lock: they must not call into the
/// volume. It is destroyed with the volume, by the process that opened this.
///
/// The volume keeps books of its own, and believes a grant only if it is one extent that lies on
/// the device, has at most as many blocks as were wanted, and none that a file has. Any other
/// answer, and an exception, is a failed allocation: writeback meets -ENOSPC, after std::bad_alloc
/// -ENOMEM, the blocks stay dirty, and later writeback tries again. The volume takes no block of a
/// grant that it does not believe, and does not release it. What the other calls throw is ignored;
/// a reserve() that throws is refused. No answer makes a file lose bytes or a block belong to two.
/// A function that writes to memory which is not its own, or does not return, does harm.
///
/// Threads: any.
/// Since: 0.1.
class VolumeAllocator {
 public:
  enum class Kind { bitmap, extent, buddy, table };

  /// bitmap().
  constexpr VolumeAllocator() = default;

  /// First fit from the end of the file: one bit a block. The default.
  static constexpr VolumeAllocator bitmap() { return VolumeAllocator(Kind::bitmap, nullptr); }
  /// Best fit: the smallest free run that holds what is wanted. Keeps long runs for long extents.
  static constexpr VolumeAllocator extent() { return VolumeAllocator(Kind::extent, nullptr); }
  /// A buddy allocator: extents begin at multiples of powers of two.
  static constexpr VolumeAllocator buddy() { return VolumeAllocator(Kind::buddy, nullptr); }

  /// An A{n} of the program's.
  template <BlockAllocator A>
  requires(A::releases_parts&& A::releases_joined) static constexpr VolumeAllocator of() {
    return from_table(&kTableOf<A>);
  }

  /// The allocator that table->make returns. Volume::open() fails with EINVAL if the table is null,
  /// is not of version QUIRE_ALLOCATOR_TABLE_VERSION, lacks a function or does not declare both
  /// powers. table: must outlive the volume.
  static constexpr VolumeAllocator from_table(const quire_allocator_functions* table) {
    return VolumeAllocator(Kind::table, table);
  }

  constexpr Kind kind() const { return kind_; }
  /// Null unless kind() is Kind::table.
  constexpr const quire_allocator_functions* table() const { return table_; }

 private:
  constexpr VolumeAllocator(Kind kind, const quire_allocator_functions* table)
      : kind_(kind), table_(table) {}

  template <class A>
  static A& as(void* self) {
    return *static_cast<A*>(self);
  }
  template <class A>
  static const A& as(const void* self) {
    return *static_cast<const A*>(self);
  }
  /// Grants one extent a call.
  template <class A>
  static std::uint64_t allocate(
      void* self, const quire_allocation_request* request, quire_extent* extents, std::uint64_t) {
    Extent extent{};
    const std::uint64_t n = as<A>(self).allocate(
        AllocationRequest{request->want, request->goal, request->minimum, request->alignment},
        {&extent, 1});
    if (n != 0) *extents = {extent.start, extent.length};
    return n;
  }

  /// The calls of A, which may throw.
  template <class A>
  static constexpr quire_allocator_functions kTableOf = {
      QUIRE_ALLOCATOR_TABLE_VERSION,
      QUIRE_ALLOCATOR_RELEASES_PARTS | QUIRE_ALLOCATOR_RELEASES_JOINED,
      [](std::uint64_t n) -> void* { return new A{n}; },
      [](void* self) { delete &as<A>(self); },
      [](void* self, std::uint64_t n) { return as<A>(self).reserve(n) ? 1 : 0; },
      [](void* self, std::uint64_t n) { as<A>(self).unreserve(n); },
      &VolumeAllocator::allocate<A>,
      [](void* self, std::uint64_t start, std::uint64_t length) {
        as<A>(self).release(Extent{start, length});
      },
      [](const void* self) -> std::uint64_t { return as<A>(self).blocks(); },
      [](const void* self) -> std::uint64_t { return as<A>(self).free_blocks(); },
      [](const void* self) -> std::uint64_t { return as<A>(self).reserved_blocks(); },
      nullptr};

  Kind kind_ = Kind::bitmap;
  const quire_allocator_functions* table_ = nullptr;
};

}  // namespace quire

#endif  // QUIRE_CXX23
