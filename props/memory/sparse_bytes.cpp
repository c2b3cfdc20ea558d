#include "props/memory/sparse_bytes.h"

#include "props/memory/first_difference.h"

#include <algorithm>
#include <cstring>

namespace quire::props {

using Number = std::uint64_t;

template <class Visit>
void SparseBytes::each_part(Number start, Number end, Visit&& visit) const {
  auto next = pages_.lower_bound(start / kPageBytes);
  for (Number pos = start; pos < end;) {
    const std::byte* bytes = nullptr;
    Number n = end - pos;
    if (next != pages_.end()) {
      if (next->first == pos / kPageBytes) {
        bytes = next->second.bytes.data() + pos % kPageBytes;
        n = std::min(n, kPageBytes - pos % kPageBytes);
        ++next;
      } else {
        n = std::min(n, next->first * kPageBytes - pos);
      }
    }
    if (!visit(pos, bytes, n)) return;
    pos += n;
  }
}

void SparseBytes::write(Number pos, std::span<const std::byte> from) {
  while (!from.empty()) {
    const Number first = pos % kPageBytes;
    const std::size_t n = std::min<std::size_t>(from.size(), kPageBytes - first);
    const auto [page, is_new] = pages_.try_emplace(pos / kPageBytes);
    if (is_new && n < kPageBytes) page->second.bytes.fill(empty_);
    std::memcpy(page->second.bytes.data() + first, from.data(), n);
    from = from.subspan(n);
    pos += n;
  }
}

void SparseBytes::erase(Number start, Number end) {
  auto at = pages_.lower_bound(start / kPageBytes);
  while (at != pages_.end() && at->first * kPageBytes < end) {
    const Number begin = at->first * kPageBytes;
    if (start <= begin && begin + kPageBytes <= end) {
      at = pages_.erase(at);
      continue;
    }
    const Number first = std::max(start, begin) - begin;
    const Number last = std::min(end, begin + kPageBytes) - begin;
    std::memset(at->second.bytes.data() + first, static_cast<int>(empty_), last - first);
    ++at;
  }
}

std::byte SparseBytes::at(Number pos) const {
  const auto page = pages_.find(pos / kPageBytes);
  return page == pages_.end() ? empty_ : page->second.bytes[pos % kPageBytes];
}

void SparseBytes::read(Number pos, std::span<std::byte> to) const {
  each_part(pos, pos + to.size(), [&](Number at, const std::byte* bytes, Number n) {
    std::byte* const out = to.data() + (at - pos);
    if (bytes == nullptr) {
      std::memset(out, static_cast<int>(empty_), n);
    } else {
      std::memcpy(out, bytes, n);
    }
    return true;
  });
}

Number SparseBytes::equal_bytes(Number pos, std::span<const std::byte> got) const {
  Number equal = 0;
  each_part(pos, pos + got.size(), [&](Number at, const std::byte* bytes, Number n) {
    const auto part = got.subspan(at - pos, n);
    const Number same = bytes == nullptr ? first_other_than(part, empty_)
                                         : first_difference(part, std::span(bytes, n));
    equal += same;
    return same == n;
  });
  return equal;
}

Number SparseBytes::find_written(Number start, Number end) const {
  Number found = end;
  each_part(start, end, [&](Number at, const std::byte* bytes, Number n) {
    if (bytes == nullptr) return true;
    const Number empty = first_other_than(std::span(bytes, n), empty_);
    if (empty == n) return true;
    found = at + empty;
    return false;
  });
  return found;
}

std::vector<Range> SparseBytes::pages() const {
  std::vector<Range> runs;
  for (const auto& [number, page] : pages_) {
    const Number start = number * kPageBytes;
    if (!runs.empty() && runs.back().end == start) {
      runs.back().end += kPageBytes;
    } else {
      runs.push_back({start, start + kPageBytes});
    }
  }
  return runs;
}

}  // namespace quire::props
