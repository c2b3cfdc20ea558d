// Memory that is poisoned on allocation and on deallocation, and that can run out.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory_resource>

namespace quire::props {

/// A memory resource that takes its memory from another and fills it with kPoison, so that a folio
/// which shows bytes that nobody wrote shows poison. It fills freed memory again, so that a use
/// after free shows, too.
///
/// Any thread may call if any may call `upstream`. `upstream` must outlive this object.
class PoisonResource final : public std::pmr::memory_resource {
 public:
  explicit PoisonResource(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource());

  /// From now on allocations of more than `bytes` throw std::bad_alloc.
  void refuse_above(std::size_t bytes) { bytes_max_ = bytes; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  std::pmr::memory_resource* upstream_;
  std::atomic<std::size_t> bytes_max_ = kNoLimit;
};

}  // namespace quire::props
