#include "props/guest/placed_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace quire::props::guest {
namespace {

/// A segment needs at most two pages besides those of its bytes, and the one behind it.
constexpr std::size_t kArenaBytes = kBytesMax + kSegmentsMax * 3 * kPage;

/// The pieces from `first` on that make up one segment.
std::span<const Piece> segment_from(std::span<const Piece> pieces, std::size_t first) {
  std::size_t end = first + 1;
  while (end < pieces.size() && pieces[end].is_first == 0) ++end;
  return pieces.subspan(first, end - first);
}

/// Why the pieces of a call are invalid, or null.
const char* wrong_with(std::span<const Piece> pieces) {
  if (!pieces.empty() && pieces[0].is_first != 1) return "the first piece begins no segment";
  std::uint64_t bytes = 0, segments = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& p = pieces[i];
    if (p.in_page >= kPage || p.is_first > 1 || p.is_there > 1) return "no such piece";
    if (p.bytes > kBytesMax || (bytes += p.bytes) > kBytesMax) return "too many bytes";
    if ((segments += p.is_first) > kSegmentsMax) return "too many segments";
    if (p.is_first == 1) continue;
    const Piece& before = pieces[i - 1];
    if (p.in_page != 0 || (before.in_page + before.bytes) % kPage != 0 || p.bytes == 0)
      return "pieces of one segment meet inside a page";
  }
  return nullptr;
}

void check(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

PlacedMemory::PlacedMemory() : arena_(kArenaBytes, PROT_READ | PROT_WRITE) {}

void PlacedMemory::clear() {
  if (arena_.used() != 0) {
    check(::mprotect(arena_.data(), arena_.used(), PROT_READ | PROT_WRITE) == 0, "mprotect");
  }
  arena_.give_back();
  segments_.clear();
  there_.clear();
  margins_.clear();
  bytes_ = 0;
}

const char* PlacedMemory::place(std::span<const Piece> pieces) {
  clear();
  if (const char* wrong = wrong_with(pieces)) return wrong;
  for (std::size_t i = 0; i < pieces.size();) {
    const auto segment = segment_from(pieces, i);
    i += segment.size();
    std::size_t length = 0;
    for (const Piece& p : segment) length += p.bytes;
    const std::size_t good = pages_of(segment[0].in_page + length);
    std::byte* const start = arena_.take(good + 1);
    std::byte* const data = start + segment[0].in_page;
    std::byte* const end = start + good * kPage;
    check(::mprotect(end, kPage, PROT_NONE) == 0, "mprotect");
    segments_.push_back({data, length});

    std::byte* at = data;
    for (const Piece& p : segment) {
      if (p.is_there == 1 && p.bytes != 0) {
        there_.emplace_back(at, p.bytes);
        bytes_ += p.bytes;
      } else if (p.bytes != 0) {
        std::byte* const page = at - p.in_page;
        check(::mprotect(page, pages_of(p.in_page + p.bytes) * kPage, PROT_NONE) == 0, "mprotect");
      }
      at += p.bytes;
    }
    if (length == 0) continue;
    if (segment.front().is_there == 1) margins_.emplace_back(start, data);
    if (segment.back().is_there == 1) margins_.emplace_back(data + length, end);
  }
  return nullptr;
}

void PlacedMemory::fill() {
  for (const auto piece : there_) std::ranges::fill(piece, kFill);
  for (const auto margin : margins_) std::ranges::fill(margin, kFill);
}

std::uint64_t PlacedMemory::changed(std::uint64_t count) const {
  std::uint64_t end = bytes_;
  for (std::size_t i = there_.size(); i-- > 0;) {
    for (std::size_t k = there_[i].size(); k-- > 0; --end) {
      if (end <= count || there_[i][k] != kFill) return end;
    }
  }
  return 0;
}

std::uint64_t PlacedMemory::strays() const {
  std::uint64_t n = 0;
  for (const auto margin : margins_) {
    n += static_cast<std::uint64_t>(
        std::ranges::count_if(margin, [](std::byte b) { return b != kFill; }));
  }
  return n;
}

}  // namespace quire::props::guest
