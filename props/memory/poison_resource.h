// Memory that is poisoned on allocation and on deallocation, and that can run out.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory_resource>
#include <mutex>
#include <utility>
#include <vector>

namespace quire::props {

/// A memory resource that takes its memory from another and fills it with kPoison, so that a folio
/// which shows bytes that nobody wrote shows poison. It fills freed memory again, so that a use
/// after free shows, too, and keeps it for the next allocation of that size: folios come and go
/// with each case. With AddressSanitizer, which watches freed memory itself, it keeps none.
///
/// Any thread may call if any may call `upstream`. `upstream` must outlive this object.
class PoisonResource final : public std::pmr::memory_resource {
 public:
  explicit PoisonResource(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource());
  PoisonResource(const PoisonResource&) = delete;
  PoisonResource& operator=(const PoisonResource&) = delete;
  ~PoisonResource() override;

  /// From now on allocations of more than `bytes` throw std::bad_alloc.
  void refuse_above(std::size_t bytes) { bytes_max_ = bytes; }
  /// Asked before each other allocation; where it answers true, that throws std::bad_alloc. May be
  /// empty. Not while another thread allocates.
  void refuse_when(std::function<bool()> refuses) { refuses_ = std::move(refuses); }

  /// Bytes that are allocated now.
  std::size_t in_use() const { return in_use_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  struct Size {
    std::size_t bytes;
    std::size_t alignment;
    friend auto operator<=>(const Size&, const Size&) = default;
  };

  /// Kept memory of that size, all poison, or null.
  void* take_kept(const Size& size);
  /// False: enough is kept.
  bool keep(void* p, const Size& size);

  static constexpr std::size_t kKeptMax = std::size_t{64} << 20;
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  std::pmr::memory_resource* upstream_;
  std::atomic<std::size_t> bytes_max_ = kNoLimit;
  std::function<bool()> refuses_;
  std::atomic<std::size_t> in_use_ = 0;

  std::mutex mutex_;  // of those below
  std::map<Size, std::vector<void*>> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace quire::props
