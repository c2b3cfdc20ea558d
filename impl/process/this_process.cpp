// The number of a process lies in a page that the system wipes in a child.
#include "impl/process/this_process.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace quire::impl {

constinit std::atomic<std::atomic<std::uint64_t>*> process_mark{nullptr};

namespace {

constinit std::atomic<std::uint64_t> last_number{0};   // a child goes on counting from here
constinit std::atomic<std::uint64_t> plain_number{0};  // used where no page can be wiped

/// A page of its own, zero now and in every child; null where the system has no such page to give.
std::atomic<std::uint64_t>* make_wiped_number() {
  const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (::madvise(page, bytes, MADV_WIPEONFORK) == 0) return new (page) std::atomic<std::uint64_t>(0);
  ::munmap(page, bytes);
  return nullptr;
}

std::atomic<std::uint64_t>& make_mark() {
  std::atomic<std::uint64_t>* mark = make_wiped_number();
  if (mark == nullptr) {
    mark = &plain_number;
    ::pthread_atfork(nullptr, nullptr, [] { plain_number.store(0); });
  }
  process_mark.store(mark, std::memory_order_release);
  return *mark;
}

}  // namespace

std::uint64_t number_this_process() noexcept {
  static std::atomic<std::uint64_t>& mark = make_mark();
  const std::uint64_t fresh = last_number.fetch_add(1) + 1;
  std::uint64_t taken = 0;
  return mark.compare_exchange_strong(taken, fresh) ? fresh : taken;
}

}  // namespace quire::impl
