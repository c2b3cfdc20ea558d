// One bit for each block of a folio, 1 to 4096 of them, set and searched a word at a time.
#pragma once

#include "impl/bits/word_bits.h"
#include "spec/word.h"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>

namespace quire::impl {

/// The bits of word `index` of a bitmap that the range of bits [first, end) covers. A template, so
/// that proofs/ proves for any word the code that BlockBits runs.
template <spec::Word W>
constexpr W range_mask(const W& index, const W& first, const W& end) {
  using spec::ite, spec::lsh;
  const W base = lsh(index, W{6});
  const W every = ~W{0};
  const W from_first = ite(first <= base, every, lsh(every, first - base));
  const W below_end = ite(end <= base, W{0}, ~lsh(every, end - base));
  return from_first & below_end;
}

/// A fixed number of bits, with a count of those that are set. Not for two threads at once.
class BlockBits {
 public:
  explicit BlockBits(std::size_t bits) : words_((bits + 63) / 64, 0), bits_(bits) {}

  std::size_t size() const { return bits_; }
  std::size_t count() const { return count_; }
  bool all() const { return count_ == bits_; }
  bool none() const { return count_ == 0; }
  bool test(std::size_t bit) const { return (words_[bit / 64] >> (bit % 64) & 1) != 0; }

  /// How many bits of [first, end) are set.
  std::size_t count(std::size_t first, std::size_t end) const {
    if (all()) return end - first;
    std::size_t n = 0;
    each_word(first, end, [&](std::size_t i, std::uint64_t mask) { n += ones(words_[i] & mask); });
    return n;
  }

  void set(std::size_t first, std::size_t end) {
    each_word(first, end, [&](std::size_t i, std::uint64_t mask) {
      count_ += set_bits(words_[i], mask);
    });
  }

  void clear(std::size_t first, std::size_t end) {
    each_word(first, end, [&](std::size_t i, std::uint64_t mask) {
      count_ -= clear_bits(words_[i], mask);
    });
  }

  /// The end of the run of bits that equal bit `first`; at most `end`. first < end.
  std::size_t run_end(std::size_t first, std::size_t end) const {
    if (all() || none()) return end;
    const std::uint64_t flip = test(first) ? ~std::uint64_t{0} : 0;
    for (std::size_t i = first / 64; i <= (end - 1) / 64; ++i) {
      const std::uint64_t other = (words_[i] ^ flip) & range_mask<std::uint64_t>(i, first, end);
      if (other != 0) return lowest_in<std::uint64_t>(i, other);
    }
    return end;
  }

 private:
  friend struct Innards;

  template <class Visit>
  void each_word(std::size_t first, std::size_t end, Visit&& visit) const {
    if (first >= end) return;
    for (std::size_t i = first / 64; i <= (end - 1) / 64; ++i) {
      visit(i, range_mask<std::uint64_t>(i, first, end));
    }
  }

  boost::container::small_vector<std::uint64_t, 1> words_;
  std::size_t bits_;
  std::size_t count_ = 0;
};

}  // namespace quire::impl
