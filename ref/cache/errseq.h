// A word of errors that each descriptor sees exactly once (Linux: errseq_t).
//
//   bit 31 .. 13   12     11 .. 0
//       counter    SEEN   errno
//
// 0: there never was an error. Each descriptor keeps the value it saw last; a value that differs
// from the word means that there is an error to report. The transitions are templates over a word
// type, so that the text that runs is the text that can be proven (spec/linux/errseq.h).
#pragma once

#include "spec/word.h"

#include <cstdint>

namespace quire::ref {

inline constexpr std::uint64_t kErrseqErrno = 0xfff;
inline constexpr std::uint64_t kErrseqSeen = 0x1000;
inline constexpr std::uint64_t kErrseqCounter = 0xffffe000;
inline constexpr std::uint64_t kErrseqCount = 0x2000;  ///< one more in the counter

/// The word after `error`, a positive errno, was recorded. The counter moves only if a descriptor
/// has seen the former error, else the two collapse into one (ES-5); it wraps after 2^19 (ES-7). 0
/// and numbers that are no errno leave the word as it is.
template <spec::Word W>
W errseq_set(const W& word, const W& error) {
  using spec::ite;
  const W counter = word & kErrseqCounter;
  const W counted =
      ite((word & kErrseqSeen) != 0, (counter + kErrseqCount) & kErrseqCounter, counter);
  return ite(error != 0 && error <= spec::kErrorsMax, counted | error, word);
}

/// The cursor of a new descriptor: it lies before an error that no descriptor has seen (ES-3).
template <spec::Word W>
W errseq_sample(const W& word) {
  using spec::ite;
  return ite((word & kErrseqSeen) != 0, word, W{0});
}

/// The error that a descriptor at `since` has not seen: 0 or a negative errno as a word.
template <spec::Word W>
W errseq_check(const W& word, const W& since) {
  using spec::ite;
  return ite(word == since, W{0}, W{0} - (word & kErrseqErrno));
}

/// The word after a descriptor at `since` has seen the error; also its cursor from then on.
template <spec::Word W>
W errseq_advance(const W& word, const W& since) {
  using spec::ite;
  return ite(word == since, word, word | kErrseqSeen);
}

/// The word of one file or volume. Errors are negative errno.
class ErrSeq {
 public:
  /// Records an error; ignores 0 and numbers that are no errno.
  void set(int error) {
    value_ = errseq_set(value_, static_cast<std::uint64_t>(-static_cast<std::int64_t>(error)));
  }

  /// The cursor of a descriptor that is opened now.
  std::uint64_t sample() const { return errseq_sample(value_); }

  /// 0, or the error recorded last if that was after `since`.
  int check(std::uint64_t since) const { return static_cast<int>(errseq_check(value_, since)); }

  /// The same, and marks the error as seen: the cursor moves, and a new descriptor need not see it.
  int check_and_advance(std::uint64_t& since) {
    const int error = check(since);
    value_ = errseq_advance(value_, since);
    since = value_;
    return error;
  }

  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace quire::ref
