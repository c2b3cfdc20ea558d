// A write loop in surroundings that are told answer by answer: what a vector is a run of.
//
// The words come from a Source, in the order in which the loop asks: from the path explorer, which
// leaves each open (proofs/vectors.cpp), or from a line of a file (props/vectors). It is the same
// text, so that a line means on numbers what it meant on symbols.
//
// A Source<W> has
//   W word(name, bits)      the next word of this name, below 2^bits
//   W word(name, bits, why, real)  the same; real() is what it is of real files and memory, and
//                           should be here where it can. why names that: the memory stands
//                           "still", folios end with "pages"
//   void suppose(truth)     what the surroundings promise; no run goes on where it does not hold
//   void prefer(make)       a truth, make(), that should be so here where it can
//   void real(make)         more that holds of real files, and need not hold here: make(holds)
//                           calls holds(why, truth). Called at each step, or never
//   void attempt_begins()
#pragma once

#include "spec/geometry.h"
#include "spec/hooks.h"
#include "spec/iov_iter.h"
#include "spec/vector_pages.h"
#include "spec/word.h"
#include "spec/write_loop.h"

#include <cstddef>
#include <string>
#include <vector>

namespace quire::spec {

/// What a loop asked of its hooks: "copy", and with which words.
template <class W>
struct HookCall {
  std::string what;
  std::vector<W> words;
};

/// All that can be seen of a run.
template <class W>
struct Observed {
  std::vector<HookCall<W>> asked;
  LoopState<W> after;
  W left;    ///< bytes that the iterator still has
  W answer;  ///< of one pass, whether another follows: 1 or 0; of a call, its result
};

/// Where a run starts.
template <class W>
struct VectorStart {
  LoopState<W> loop;
  W total, left;
  W good;  ///< bytes of the caller's memory that can be read, as far as it stands still
};

/// accept() of ref or impl: whether the range is uptodate, its length, what was copied.
template <class W>
using Accept = W (*)(const TruthOf<W>&, const W&, const W&);

/// The hooks. write_end fails with `end_errno` where that is not 0, else answers by `accept`.
template <Word W, class Source, std::size_t trip_folios>
class VectorHooks {
 public:
  struct Folio : Begun<W> {
    TruthOf<W> uptodate;
  };
  static constexpr std::size_t kTripFolios = trip_folios;

  VectorHooks(Source& source, const VectorStart<W>& start, Accept<W> accept)
      : source_(source),
        total_(start.total),
        left_(start.left),
        good_(start.good),
        accept_(accept),
        pages_(start.loop.pos) {}

  IterState<W> iter() const { return {left_, total_ - left_}; }
  void throttle() { note("throttle", {}); }

  W fault_in(const W& n) {
    note("fault_in", {n});
    const W unreadable =
        source_.word("unreadable", kFolioBits, "still", [&] { return n - min(n, readable()); });
    source_.suppose(unreadable <= n);
    return unreadable;
  }

  TruthOf<W> fatal_signal() {
    note("fatal_signal", {});
    const auto signal = source_.word("signal", 1) != 0;
    source_.real([&](auto holds) { holds("no signal", !signal); });
    return signal;
  }

  Folio write_begin(const W& pos, const W& want) {
    note("write_begin", {pos, want});
    const W room = source_.word("folio_room", kFolioBits, "pages", [&] {
      return W{kPageSize} - (pos & (W{kPageSize} - 1));
    });
    const W begin_errno = source_.word("begin_errno", kErrnoBits);
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
    note("copy", {pos, n});
    const W copied =
        source_.word("copied", kFolioBits, "still", [&] { return min(n, readable()); });
    source_.suppose(copied <= n);
    left_ = left_ - copied;
    return copied;
  }

  W write_end(Folio& folio, const W& pos, const W& length, const W& copied) {
    const W end_errno = source_.word("end_errno", kErrnoBits);
    const W counts = accept_(folio.uptodate, length, copied);
    const W status = ite(end_errno != 0, W{0} - end_errno, counts);
    source_.real([&](auto holds) {
      holds("no failing end", end_errno == 0);
      pages_.ends(pos, length, counts);
    });
    note("write_end", {pos, length, copied, status});
    return status;
  }

  void revert(const W& n) {
    note("revert", {n});
    left_ = left_ + n;
  }

  void attempt_begins(const LoopState<W>& loop) {
    source_.attempt_begins();
    note("attempt", {loop.pos, loop.chunk, loop.retry, loop.written});
  }
  void attempt_ends(const LoopState<W>&, bool) {}

  const std::vector<HookCall<W>>& asked() const { return asked_; }
  /// Of a Source whose real() is called.
  const VectorPages<W>& pages() const { return pages_; }

 private:
  static constexpr unsigned kFolioBits = 22, kErrnoBits = 12;

  void note(const char* what, std::vector<W> words) { asked_.push_back({what, std::move(words)}); }
  W readable() const {
    const W place = total_ - left_;
    return max(good_, place) - place;
  }

  Source& source_;
  W total_, left_, good_;
  Accept<W> accept_;
  VectorPages<W> pages_;
  std::vector<HookCall<W>> asked_;
};

/// Any state between two attempts, with something left to do: the loop's invariant (well_formed).
template <Word W, class Source>
VectorStart<W> between_attempts(Source& source) {
  constexpr unsigned kCountBits = 31;
  const W start = source.word("start", 63);
  const W total = source.word("total", kCountBits);
  const W written = source.word("written", kCountBits);
  const W retry = source.word("retry", kCountBits);
  const W order = source.word("chunk_order", 4);
  const W good = source.word("good", kCountBits);
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
  const W total = source.word("total", 31);
  const W good = source.word("good", 31);
  source.suppose(total != 0);
  source.suppose(total <= kReadWriteMax);
  source.suppose(start <= kFileSizeMax - total);
  source.suppose(good <= total);
  return {{start, W{0}, W{0}, W{0}, W{0}}, total, total, good};
}

}  // namespace quire::spec
