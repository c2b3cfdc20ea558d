// Access to the caller's memory through process_vm_readv(2) and process_vm_writev(2).
#include "ref/user_memory/user_memory.h"

#include "spec/geometry.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace quire::ref {
namespace {

std::uint64_t address_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

/// Bytes from `address` to the end of its page.
std::uint64_t left_in_page(std::uint64_t address) {
  return spec::kPageSize - address % spec::kPageSize;
}

iovec remote_piece(std::uint64_t address, std::uint64_t length) {
  return {reinterpret_cast<void*>(static_cast<std::uintptr_t>(address)), length};
}

/// The start of [address, address + n) in pieces that each lie in one page, as many as one call
/// takes. The kernel never splits a piece, so what a call moves is exact.
std::vector<iovec> page_pieces(std::uint64_t address, std::uint64_t n) {
  std::vector<iovec> pieces;
  while (n > 0 && pieces.size() < spec::kSegmentsMax) {
    const std::uint64_t length = std::min(n, left_in_page(address));
    pieces.push_back(remote_piece(address, length));
    address += length;
    n -= length;
  }
  return pieces;
}

std::uint64_t total_of(const std::vector<iovec>& pieces) {
  std::uint64_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  return total;
}

using Move =
    ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

/// Bytes moved between `mine` and the caller's memory at `theirs`.
std::uint64_t transfer(Move move, std::byte* mine, std::uint64_t theirs, std::uint64_t n) {
  std::uint64_t done = 0;
  while (done < n) {
    const std::vector<iovec> remote = page_pieces(theirs + done, n - done);
    const iovec local{mine + done, total_of(remote)};
    // A batch that fails in the middle answers what it moved; asking again meets the fault first.
    const ssize_t moved = move(::getpid(), &local, 1, remote.data(), remote.size(), 0);
    if (moved <= 0) break;
    done += static_cast<std::uint64_t>(moved);
  }
  return done;
}

}  // namespace

std::uint64_t copy_from_user(std::byte* to, const void* source, std::uint64_t n) {
  return transfer(::process_vm_readv, to, address_of(source), n);
}

std::uint64_t copy_to_user(void* target, const std::byte* from, std::uint64_t n) {
  return transfer(::process_vm_writev, const_cast<std::byte*>(from), address_of(target), n);
}

std::uint64_t fault_in_readable(const void* source, std::uint64_t n) {
  std::uint64_t done = 0;
  while (done < n) {
    std::byte scratch{};
    const iovec local{&scratch, 1};
    const iovec remote = remote_piece(address_of(source) + done, 1);
    if (::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) != 1) break;
    done += std::min(n - done, left_in_page(address_of(source) + done));
  }
  return n - done;
}

}  // namespace quire::ref
