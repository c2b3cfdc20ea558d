// Hooks of a write loop whose every answer is a given word: a vector is one run on them. Those of
// iomap's loops and of XFS's are in iomap.h and xfs.h.
//
// The words come from a Source, in the order in which the loop asks: from the path explorer, which
// leaves each open (proofs/vectors/vector_subject.h), or from a line of a file (props/vectors).
// Both use this code, so that a line means on numbers what it meant on symbols.
//
// A Source<W> has
//   W word(name, bits)      the next word of this name, below 2^bits
//   W word(name, bits, why, real)  the same; real() is its value with real files and memory, to
//                           be preferred here. why names that: the memory stays readable
//                           ("still"), folios end with "pages"
//   void suppose(truth)     an assumption about the hooks; a run ends where it does not hold
//   void prefer(make)       a truth, make(), to be preferred here
//   void real(make)         further truths of real files, which need not hold here: make(holds)
//                           calls holds(why, truth). Called at each step, or never
//   void attempt_begins()
//   void asks(what, words)  a call of the loop, "copy", before it is answered
#pragma once

#include "spec/geometry.h"
#include "spec/hooks.h"
#include "spec/reflect.h"
#include "spec/vectors/pages.h"
#include "spec/word.h"
#include "spec/write/iov_iter.h"
#include "spec/write/write_loop.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace quire::spec {

/// Bits of an errno, of a count within a folio, and of one of a whole call (MAX_RW_COUNT).
inline constexpr unsigned kErrnoWidth = 12, kFolioWidth = 22, kCountWidth = 31;

/// The outcome of a run, without the calls that it made.
template <class W>
struct Observed {
  std::vector<std::pair<std::string, W>> after;  ///< the loop's state: its fields by name
  W left;                                        ///< bytes that the iterator still has
  W answer;  ///< of one pass, 1 if another follows, else 0; of a call, its result
};

/// The fields of a loop's state.
template <class W, Reflected State>
std::vector<std::pair<std::string, W>> fields_of(const State& state) {
  std::vector<std::pair<std::string, W>> fields;
  for_each_leaf(
      state, [&](const std::string& name, const W& word) { fields.emplace_back(name, word); });
  return fields;
}

/// The start of a run.
template <class W>
struct VectorStart {
  LoopState<W> loop;
  W total, left;
  W good;  ///< bytes of the caller's memory that can be read, where "still" holds
};

/// accept() of ref or impl: whether the range is uptodate, its length, what was copied.
template <class W>
using Accept = W (*)(const TruthOf<W>&, const W&, const W&);

/// The hooks. write_end fails with `end_errno` where that is not 0, else answers by `accept`.
template <Word W, class Source, std::size_t batch_folios>
class VectorHooks {
 public:
  struct Folio : Begun<W> {
    TruthOf<W> uptodate;
  };
  static constexpr std::size_t kBatchFolios = batch_folios;

  VectorHooks(Source& source, const VectorStart<W>& start, Accept<W> accept)
      : source_(source),
        accept_(accept),
        total_(start.total),
        left_(start.left),
        good_(start.good),
        pages_(start.loop.pos) {}

  IterState<W> iter() const { return {left_, total_ - left_, left_}; }
  void throttle() { source_.asks("throttle", {}); }

  W fault_in(const W& n) {
    source_.asks("fault_in", {n});
    const W unreadable =
        source_.word("unreadable", kFolioWidth, "still", [&] { return n - min(n, readable()); });
    source_.suppose(unreadable <= n);
    return unreadable;
  }

  TruthOf<W> fatal_signal() {
    source_.asks("fatal_signal", {});
    const auto signal = source_.word("signal", 1) != 0;
    source_.real([&](auto holds) { holds("no signal", !signal); });
    return signal;
  }

  Folio write_begin(const W& pos, const W& want) {
    source_.asks("write_begin", {pos, want});
    const W room = source_.word("folio_room", kFolioWidth, "pages", [&] {
      return W{kPageSize} - (pos & (W{kPageSize} - 1));
    });
    const W begin_errno = source_.word("begin_errno", kErrnoWidth);
    const auto uptodate = source_.word("uptodate", 1) != 0;
    source_.suppose(room != 0);
    source_.prefer([&] { return ((pos + room) & (W{kPageSize} - 1)) == 0; });
    source_.real([&](auto holds) {
      const PageLaws<W> laws = pages_.begins({pos, pos + min(want, room), begin_errno, uptodate});
      holds("filled", laws.filled);
      holds("constant", laws.constant);
      holds("space", laws.space);
    });
    return {{W{0} - begin_errno, pos, pos + room}, uptodate};
  }

  W copy(Folio&, const W& pos, const W& n) {
    source_.asks("copy", {pos, n});
    const W copied =
        source_.word("copied", kFolioWidth, "still", [&] { return min(n, readable()); });
    source_.suppose(copied <= n);
    left_ = left_ - copied;
    return copied;
  }

  W write_end(Folio& folio, const W& pos, const W& length, const W& copied) {
    const W end_errno = source_.word("end_errno", kErrnoWidth);
    const W counts = accept_(folio.uptodate, length, copied);
    const W status = ite(end_errno != 0, W{0} - end_errno, counts);
    source_.real([&](auto holds) {
      holds("no failing end", end_errno == 0);
      pages_.ends(pos, length, counts);
    });
    source_.asks("write_end", {pos, length, copied, status});
    return status;
  }

  void revert(const W& n) {
    source_.asks("revert", {n});
    left_ = left_ + n;
  }

  void attempt_begins(const LoopState<W>& loop) {
    source_.attempt_begins();
    source_.asks("attempt", {loop.pos, loop.chunk, loop.retry, loop.written});
  }
  void attempt_ends(const LoopState<W>&, bool) {}

  /// Of a Source whose real() is called.
  const VectorPages<W>& pages() const { return pages_; }

 protected:
  Source& source_;
  Accept<W> accept_;

 private:
  W readable() const {
    const W consumed = total_ - left_;
    return max(good_, consumed) - consumed;
  }

  W total_, left_, good_;
  VectorPages<W> pages_;
};

/// Any state between two attempts, with something left to do: the loop's invariant (well_formed).
template <Word W, class Source>
VectorStart<W> between_attempts(Source& source) {
  const W start = source.word("start", 63);
  const W total = source.word("total", kCountWidth);
  const W written = source.word("written", kCountWidth);
  const W retry = source.word("retry", kCountWidth);
  const W order = source.word("chunk_order", 4);
  const W good = source.word("good", kCountWidth);
  const W left = total - written;
  source.suppose(total <= kReadWriteMax);
  source.suppose(start <= kFileSizeMax - total);
  source.suppose(written < total);
  source.suppose(retry <= left);
  source.suppose(order <= kFolioOrderMax);
  source.suppose(written <= good);
  source.suppose(good <= total);
  return {{start + written, lsh(W{kPageSize}, order), retry, written, W{0}}, total, left, good};
}

/// The start of a whole call.
template <Word W, class Source>
VectorStart<W> before_a_call(Source& source) {
  const W start = source.word("start", 63);
  const W total = source.word("total", kCountWidth);
  const W good = source.word("good", kCountWidth);
  source.suppose(total != 0);
  source.suppose(total <= kReadWriteMax);
  source.suppose(start <= kFileSizeMax - total);
  source.suppose(good <= total);
  return {{start, W{0}, W{0}, W{0}, W{0}}, total, total, good};
}

}  // namespace quire::spec
