// Poisons at both ends of an allocation's life.
#include "props/memory/poison_resource.h"

#include "props/memory/poison.h"

#include <cstring>
#include <new>

namespace quire::props {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

}  // namespace

PoisonResource::PoisonResource(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

PoisonResource::~PoisonResource() {
  for (const auto& [size, all] : kept_) {
    for (void* const p : all) upstream_->deallocate(p, size.bytes, size.alignment);
  }
}

void* PoisonResource::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > bytes_max_ || (refuses_ && refuses_())) throw std::bad_alloc();
  void* p = take_kept({bytes, alignment});
  if (p == nullptr) {
    p = upstream_->allocate(bytes, alignment);
    std::memset(p, static_cast<int>(kPoison), bytes);
  }
  in_use_ += bytes;
  return p;
}

void PoisonResource::do_deallocate(void* p, std::size_t bytes, std::size_t alignment) {
  std::memset(p, static_cast<int>(kPoison), bytes);
  // The memory is about to be freed, and a compiler may drop stores that nobody can read in time.
  asm volatile("" : : "r"(p) : "memory");
  in_use_ -= bytes;
  if (!keep(p, {bytes, alignment})) upstream_->deallocate(p, bytes, alignment);
}

void* PoisonResource::take_kept(const Size& size) {
  const std::lock_guard lock(mutex_);
  const auto of_size = kept_.find(size);
  if (of_size == kept_.end() || of_size->second.empty()) return nullptr;
  void* const p = of_size->second.back();
  of_size->second.pop_back();
  kept_bytes_ -= size.bytes;
  return p;
}

bool PoisonResource::keep(void* p, const Size& size) {
  const std::lock_guard lock(mutex_);
  if (kAddressSanitizer || kKeptMax - kept_bytes_ < size.bytes) return false;
  kept_[size].push_back(p);
  kept_bytes_ += size.bytes;
  return true;
}

bool PoisonResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace quire::props
