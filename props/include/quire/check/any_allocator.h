// A kind of allocator behind one interface, so that its judge is compiled once for all.
#pragma once

#include <quire/check/declared_powers.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace quire::check {

/// The calls of quire::BlockAllocator and of its powers (quire/allocator_powers.h). Of the latter
/// only those are called that the kind declares. Since 0.1.
class AnyAllocator {
 public:
  virtual ~AnyAllocator() = default;

  virtual bool reserve(std::uint64_t n) = 0;
  virtual void unreserve(std::uint64_t n) = 0;
  virtual std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) = 0;
  virtual void release(Extent extent) = 0;
  virtual std::uint64_t blocks() const = 0;
  virtual std::uint64_t free_blocks() const = 0;
  virtual std::uint64_t reserved_blocks() const = 0;

  virtual bool mark_used(Extent) { return false; }
  virtual bool share(Extent) { return false; }
  virtual std::uint64_t owners(std::uint64_t) const { return 0; }
  virtual bool resize(std::uint64_t) { return false; }
  virtual std::size_t save(std::span<std::byte>) const { return 0; }
  virtual bool restore(std::span<const std::byte>) { return false; }
};

/// Allocators of one strategy. Since 0.1.
struct AllocatorKind {
  std::string name;          ///< in reports
  std::uint32_t powers = 0;  ///< AllocatorPower
  /// An allocator of so many blocks. Never null; may throw.
  std::function<std::unique_ptr<AnyAllocator>(std::uint64_t)> make = {};

  bool has(std::uint32_t power) const { return (powers & power) != 0; }
};

/// An allocator under the concept, behind the interface.
template <BlockAllocator A>
class JudgedAllocator final : public AnyAllocator {
 public:
  explicit JudgedAllocator(std::uint64_t blocks) : allocator_{blocks} {}

  bool reserve(std::uint64_t n) override { return allocator_.reserve(n); }
  void unreserve(std::uint64_t n) override { allocator_.unreserve(n); }
  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) override {
    return allocator_.allocate(request, extents);
  }
  void release(Extent extent) override { allocator_.release(extent); }
  std::uint64_t blocks() const override { return allocator_.blocks(); }
  std::uint64_t free_blocks() const override { return allocator_.free_blocks(); }
  std::uint64_t reserved_blocks() const override { return allocator_.reserved_blocks(); }

  bool mark_used(Extent extent) override {
    if constexpr (has(kMarksUsed)) return allocator_.mark_used(extent);
    return AnyAllocator::mark_used(extent);
  }
  bool share(Extent extent) override {
    if constexpr (has(kShares)) return allocator_.share(extent);
    return AnyAllocator::share(extent);
  }
  std::uint64_t owners(std::uint64_t block) const override {
    if constexpr (has(kShares)) return allocator_.owners(block);
    return AnyAllocator::owners(block);
  }
  bool resize(std::uint64_t n) override {
    if constexpr (has(kResizes)) return allocator_.resize(n);
    return AnyAllocator::resize(n);
  }
  std::size_t save(std::span<std::byte> image) const override {
    if constexpr (has(kPersists)) return allocator_.save(image);
    return AnyAllocator::save(image);
  }
  bool restore(std::span<const std::byte> image) override {
    if constexpr (has(kPersists)) return allocator_.restore(image);
    return AnyAllocator::restore(image);
  }

 private:
  static constexpr bool has(AllocatorPower power) { return (powers_of<A>() & power) != 0; }

  A allocator_;
};

/// Those of a class, with the powers that it declares. Since 0.1.
template <BlockAllocator A>
AllocatorKind kind_of(std::string name) {
  return {std::move(name), powers_of<A>(), [](std::uint64_t blocks) {
            return std::make_unique<JudgedAllocator<A>>(blocks);
          }};
}

}  // namespace quire::check
