#include "props/memory/pattern.h"

#include "props/memory/scratch.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quire::props {
namespace {

void make_pattern(std::span<std::byte> to, std::uint64_t seed, std::uint64_t first) {
  std::size_t at = 0;
  while (at < to.size() && (first + at) % 8 != 0) {
    to[at] = pattern(seed, first + at);
    ++at;
  }
  for (; to.size() - at >= 8; at += 8) {
    std::uint64_t word = pattern_word(seed, (first + at) / 8);
    if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
    std::memcpy(to.data() + at, &word, 8);
  }
  for (; at < to.size(); ++at) to[at] = pattern(seed, first + at);
}

/// The first bytes of one pattern.
class Start {
 public:
  static constexpr std::size_t kMost = 8 << 20;  // as much as one command writes

  /// The first `n` bytes of the pattern of `seed`, at most kMost.
  std::span<const std::byte> of(std::uint64_t seed, std::size_t n) {
    if (seed != seed_) made_ = 0;
    seed_ = seed;
    const std::span<std::byte> all = memory_.bytes(kMost);
    if (made_ < n) make_pattern(all.subspan(made_, n - made_), seed, made_);
    made_ = std::max(made_, n);
    return all.first(n);
  }

 private:
  Scratch memory_;
  std::uint64_t seed_ = 0;
  std::size_t made_ = 0;
};

}  // namespace

void fill_pattern(std::span<std::byte> to, std::uint64_t seed, std::uint64_t first) {
  thread_local Start start;
  if (first > Start::kMost || to.size() > Start::kMost - first)
    return make_pattern(to, seed, first);
  if (to.empty()) return;
  std::memcpy(to.data(), start.of(seed, first + to.size()).data() + first, to.size());
}

}  // namespace quire::props
