// Maps the journals, so that a forked child and its parent see the same ones.
#include "props/watchdog/watched_process.h"

#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <new>
#include <system_error>

namespace quire::props {
namespace {

constexpr std::size_t kHead = 64;  // for the number of the first failure

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(alignof(Journal) <= kHead);

std::size_t bytes_of(std::size_t journals) { return kHead + journals * sizeof(Journal); }

}  // namespace

Board::Board(std::size_t journals) : count_(journals) {
  void* const memory = ::mmap(
      nullptr, bytes_of(journals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  first_failure_ = ::new (memory) std::atomic<std::uint64_t>(~std::uint64_t{0});
  journals_ = reinterpret_cast<Journal*>(static_cast<std::byte*>(memory) + kHead);
  std::uninitialized_value_construct_n(journals_, count_);
}

Board::~Board() { ::munmap(first_failure_, bytes_of(count_)); }

std::uint64_t Board::first_failure() const {
  return first_failure_->load(std::memory_order_relaxed);
}

void Board::failed(std::uint64_t number) {
  std::uint64_t seen = first_failure();
  while (number < seen && !first_failure_->compare_exchange_weak(seen, number)) {
  }
}

}  // namespace quire::props
