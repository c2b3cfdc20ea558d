// Access to the caller's memory through process_vm_readv(2) and process_vm_writev(2).
#include "ref/user_memory/user_memory.h"

#include "spec/geometry.h"

#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace quire::ref {
namespace {

thread_local bool memory_is_known = false;

std::uint64_t address_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

/// Bytes from `address` to the end of its page.
std::uint64_t left_in_page(std::uint64_t address) {
  return spec::kPageSize - address % spec::kPageSize;
}

constexpr std::size_t kPiecesMax = 64;

/// Pieces of the caller's memory that one call takes.
struct Pieces {
  std::array<iovec, kPiecesMax> pieces;
  std::size_t count = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t address, std::uint64_t length) {
    pieces[count++] = {reinterpret_cast<void*>(static_cast<std::uintptr_t>(address)), length};
    bytes += length;
  }
};

/// The start of [address, address + n) in pieces that each lie in one page. The kernel never splits
/// a piece, so what a call moves is exact.
void split_at_pages(std::uint64_t address, std::uint64_t n, Pieces& to) {
  while (n > 0 && to.count < kPiecesMax) {
    const std::uint64_t length = std::min(n, left_in_page(address));
    to.add(address, length);
    address += length;
    n -= length;
  }
}

/// This process. Asked once, and again in a child: a copy is a call for each page, and to ask costs
/// almost as much as to copy.
pid_t this_process() {
  static std::atomic<pid_t> self = ::getpid();
  static const int watched = ::pthread_atfork(nullptr, nullptr, [] { self = ::getpid(); });
  return watched == 0 ? self.load(std::memory_order_relaxed) : ::getpid();
}

using Move =
    ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

/// Bytes moved between `mine` and the caller's memory at `theirs`.
std::uint64_t transfer(Move move, std::byte* mine, std::uint64_t theirs, std::uint64_t n) {
  std::uint64_t done = 0;
  while (done < n) {
    Pieces remote;
    split_at_pages(theirs + done, n - done, remote);
    const iovec local{mine + done, remote.bytes};
    // A batch that fails in the middle answers what it moved; asking again meets the fault first.
    const ssize_t moved = move(this_process(), &local, 1, remote.pieces.data(), remote.count, 0);
    if (moved <= 0) break;
    done += static_cast<std::uint64_t>(moved);
  }
  return done;
}

std::uint64_t copy_known(void* to, const void* from, std::uint64_t n) {
  std::memcpy(to, from, n);
  return n;
}

}  // namespace

KnownMemory::KnownMemory(bool is_known)
    : before_(std::exchange(memory_is_known, memory_is_known || is_known)) {}
KnownMemory::~KnownMemory() { memory_is_known = before_; }

std::uint64_t copy_from_user(std::byte* to, const void* source, std::uint64_t n) {
  if (memory_is_known) return copy_known(to, source, n);
  return transfer(::process_vm_readv, to, address_of(source), n);
}

std::uint64_t copy_to_user(void* target, const std::byte* from, std::uint64_t n) {
  if (memory_is_known) return copy_known(target, from, n);
  return transfer(::process_vm_writev, const_cast<std::byte*>(from), address_of(target), n);
}

bool are_user_addresses(std::span<const iovec> segments) {
  if (memory_is_known) return true;
  // The call checks them as one that moves bytes does, and then has nothing to move.
  const auto answer =
      ::process_vm_readv(this_process(), segments.data(), segments.size(), nullptr, 0, 0);
  return 0 <= answer || errno != EFAULT;
}

std::uint64_t fault_in_readable(const void* source, std::uint64_t n) {
  if (memory_is_known) return 0;
  std::uint64_t done = 0;
  while (done < n) {
    // A byte of each page.
    std::array<std::byte, kPiecesMax> scratch;
    Pieces remote;
    std::uint64_t end = done;
    while (end < n && remote.count < kPiecesMax) {
      remote.add(address_of(source) + end, 1);
      end += std::min(n - end, left_in_page(address_of(source) + end));
    }
    const iovec local{scratch.data(), remote.count};
    const ssize_t read =
        ::process_vm_readv(this_process(), &local, 1, remote.pieces.data(), remote.count, 0);
    if (read <= 0) break;
    if (static_cast<std::size_t>(read) == remote.count) {
      done = end;
      continue;
    }
    for (ssize_t i = 0; i < read; ++i)
      done += std::min(n - done, left_in_page(address_of(source) + done));
    break;
  }
  return n - done;
}

}  // namespace quire::ref
