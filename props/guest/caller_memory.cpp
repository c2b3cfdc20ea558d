#include "props/guest/caller_memory.h"

#include "props/memory/mapping.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace quire::props::guest {
namespace {

/// The most that process_vm_readv(2) takes.
constexpr std::size_t kPagesAtOnce = 1024;

std::size_t in_page(const std::byte* data) {
  return reinterpret_cast<std::uintptr_t>(data) % kPage;
}

/// Readable bytes from `data` on; 0 if the first is not. Probes kPagesAtOnce pages.
std::size_t readable(std::byte* data, std::size_t bytes) {
  std::array<iovec, kPagesAtOnce> probes;
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes && count < probes.size(); ++count) {
    probes[count] = {data + at, 1};
    at += kPage - in_page(data + at);
  }
  std::array<std::byte, kPagesAtOnce> seen;
  const iovec to{seen.data(), count};
  const ssize_t good = ::process_vm_readv(::getpid(), &to, 1, probes.data(), count, 0);
  if (good < 0 && errno == EFAULT) return 0;
  if (good < 0) throw std::system_error(errno, std::generic_category(), "process_vm_readv");
  if (good == 0) return 0;
  // A probe is one byte a page: the readable bytes end with a page.
  return std::min(bytes, static_cast<std::size_t>(good) * kPage - in_page(data));
}

}  // namespace

CallerMemory::CallerMemory(std::span<const iovec> segments) {
  for (const iovec& segment : segments) add(segment);
}

void CallerMemory::add(const iovec& segment) {
  std::byte* at = static_cast<std::byte*>(segment.iov_base);
  std::byte* const end = at + segment.iov_len;
  if (at == end) return add_piece(at, 0, true, false);
  bool is_first = true;
  while (at != end) {
    const std::size_t left = static_cast<std::size_t>(end - at);
    const std::size_t good = readable(at, left);
    const std::size_t step = good != 0 ? good : std::min(left, kPage - in_page(at));
    add_piece(at, step, std::exchange(is_first, false), good != 0);
    at += step;
  }
}

void CallerMemory::add_piece(std::byte* data, std::size_t bytes, bool is_first, bool is_there) {
  if (is_there) {
    there_.emplace_back(data, bytes);
    bytes_ += bytes;
  }
  if (!is_first && (pieces_.back().is_there == 1) == is_there) {
    pieces_.back().bytes += bytes;
    return;
  }
  Piece piece;
  piece.bytes = bytes;
  piece.in_page = static_cast<std::uint16_t>(in_page(data));
  piece.is_first = is_first ? 1 : 0;
  piece.is_there = is_there ? 1 : 0;
  pieces_.push_back(piece);
}

}  // namespace quire::props::guest
