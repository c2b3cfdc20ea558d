// The word in which libquire keeps a file's errors, over a word type: proofs/ runs this text as it
// stands.
//
// From the low end: the errno, whether any handle has seen it, and the number of seen errors before
// it. The number has 51 bits: it does not wrap (ES-7). 0: there never was an error.
#pragma once

#include "spec/word.h"

#include <cstdint>

namespace quire::impl {

inline constexpr std::uint64_t kErrseqErrno = 0xfff;
inline constexpr std::uint64_t kErrseqSeen = 0x1000;
inline constexpr unsigned kErrseqNumberAt = 13;  ///< the number's lowest bit

/// The word after `code`, a positive errno, was recorded. It replaces an error that no handle has
/// seen (ES-5).
template <spec::Word W>
W errseq_next(const W& word, const W& code) {
  using spec::ite, spec::lsh, spec::rsh;
  const W seen_before = ite((word & kErrseqSeen) != 0, W{1}, W{0});
  return lsh(rsh(word, W{kErrseqNumberAt}) + seen_before, W{kErrseqNumberAt}) | code;
}

/// The cursor of a handle that is opened now: it lies before an error that no handle has seen
/// (ES-3).
template <spec::Word W>
W errseq_cursor(const W& word) {
  using spec::ite;
  return ite((word & kErrseqSeen) != 0, word, W{0});
}

/// The word after a handle has seen it; also the handle's cursor from then on.
template <spec::Word W>
W errseq_seen(const W& word) {
  return word | kErrseqSeen;
}

}  // namespace quire::impl
