// Memory that is poisoned when it is handed out and when it comes back, and that can run out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>

namespace quire::props {

/// What a PoisonResource has done since it was made.
struct MemoryCounts {
  std::uint64_t allocations = 0;
  std::uint64_t deallocations = 0;
  std::uint64_t refusals = 0;  // by this resource, not by the one above it
  std::uint64_t live_bytes = 0;
};

/// A memory resource that takes its memory from another and fills it with kPoison, so that a folio
/// which shows bytes that nobody wrote shows poison. It fills again what comes back, so that a use
/// after that shows too.
///
/// Any thread may call if any may call `upstream`. `upstream` must outlive this object.
class PoisonResource final : public std::pmr::memory_resource {
 public:
  explicit PoisonResource(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource());

  /// From now on allocations of more than `bytes` throw std::bad_alloc.
  void refuse_above(std::size_t bytes) { bytes_max_ = bytes; }
  /// From now on every allocation throws std::bad_alloc, also one of 0 bytes.
  void refuse_all() { refuses_all_ = true; }
  /// Takes back refuse_above() and refuse_all().
  void allow_all();

  /// Each figure is exact once the calls of other threads have returned.
  MemoryCounts counts() const;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  std::pmr::memory_resource* upstream_;
  std::atomic<std::size_t> bytes_max_ = kNoLimit;
  std::atomic<bool> refuses_all_ = false;
  std::atomic<std::uint64_t> allocations_ = 0;
  std::atomic<std::uint64_t> deallocations_ = 0;
  std::atomic<std::uint64_t> refusals_ = 0;
  std::atomic<std::uint64_t> live_bytes_ = 0;
};

}  // namespace quire::props
