// Hooks of iomap's loops whose every answer is a given word, from a Source of vectors.h: a vector
// of these loops is one run on them.
#pragma once

#include "spec/geometry.h"
#include "spec/linux/iomap/hooks.h"
#include "spec/vectors/vectors.h"
#include "spec/word.h"

#include <cerrno>
#include <utility>

namespace quire::spec {

/// The start of a write through iomap.
template <class W>
struct IomapVectorStart {
  VectorStart<W> write;
  W nowait;  ///< 1: it must not wait
  W size;    ///< the file's, bytes
};

/// The hooks of the body of a write. write_end answers by `accept`; iomap's does not fail (3.4).
template <Word W, class Source>
class IomapVectorHooks : public VectorHooks<W, Source, 1> {
  using Base = VectorHooks<W, Source, 1>;
  using Base::accept_, Base::source_;

 public:
  struct Folio : IomapBegun<W> {
    typename Base::Folio begun;
  };

  IomapVectorHooks(Source& source, const IomapVectorStart<W>& start, Accept<W> accept)
      : Base(source, start.write, accept), nowait_(start.nowait), size_(start.size) {}

  W throttle() {
    Base::throttle();
    const auto would_sleep = source_.word("would_sleep", 1) != 0;
    return ite(nowait_ != 0 && would_sleep, W{error(EAGAIN)}, W{0});
  }

  Folio write_begin(const W& pos, const W& want) {
    const typename Base::Folio begun = Base::write_begin(pos, want);
    const W stale = source_.word("stale", 1);
    source_.suppose(nowait_ != 0 || begun.error != error(EAGAIN));
    // A stale mapping has no error and no folio.
    if (stale != 0) return {{{W{0}, pos, pos}, stale}, begun};
    return {{begun, W{0}}, begun};
  }

  W copy(Folio& folio, const W& pos, const W& n) { return Base::copy(folio.begun, pos, n); }

  W write_end(Folio& folio, const W& pos, const W& n, const W& copied) {
    const W accepted = accept_(folio.begun.uptodate, n, copied);
    source_.asks("write_end", {pos, n, copied, accepted});
    return accepted;
  }

  W size() const { return size_; }
  void set_size(const W& size) {
    source_.asks("set_size", {size});
    size_ = size;
  }
  void put_folio(Folio&) { source_.asks("put_folio", {}); }
  void size_extended(const W& from, const W& to) { source_.asks("size_extended", {from, to}); }
  void write_failed(const W& pos, const W& n) { source_.asks("write_failed", {pos, n}); }

  void attempt_begins(const IomapBody<W>& body) { Base::attempt_begins(body.loop); }
  void attempt_ends(const IomapBody<W>&, bool goes_on) {
    source_.asks("attempt_ends", {W{goes_on}});
  }

 private:
  W nowait_, size_;
};

/// The hooks of the outer loop. Body: of (pos, length), a BodyDone<W>.
template <Word W, class Source, class Body>
class MappingVectorHooks {
 public:
  using Mapping = Mapped<W>;

  MappingVectorHooks(Source& source, Body body) : source_(source), body_(std::move(body)) {}

  Mapping begin(const W& pos, const W& left) {
    source_.asks("begin", {pos, left});
    const W map_errno = source_.word("map_errno", kErrnoWidth);
    const W room = source_.word("map_room", 63);
    const auto has_source = source_.word("has_source", 1) != 0;
    const W source_room = source_.word("source_room", 63);
    source_.suppose(room != 0);
    source_.suppose(source_room != 0);
    return {W{0} - map_errno, pos + room, ite(has_source, pos + source_room, W{kNoEnd})};
  }

  BodyDone<W> body(Mapping&, const W& pos, const W& length) {
    source_.asks("body", {pos, length});
    return body_(pos, length);
  }

  W end(Mapping&, const W& pos, const W& length, const W& advanced) {
    source_.asks("end", {pos, length, advanced});
    return W{0} - source_.word("end_errno", kErrnoWidth);
  }

  void iteration_begins(const IomapState<W>& iter) {
    source_.asks("iteration", {iter.pos, iter.left});
  }
  void iteration_ends(const IomapState<W>&, bool goes_on) {
    source_.asks("iteration_ends", {W{goes_on}});
  }

 private:
  Source& source_;
  Body body_;
};

/// A body of which only the outcome is given.
template <Word W, class Source>
struct OutcomeBody {
  Source& source;

  BodyDone<W> operator()(const W&, const W& length) {
    const W advanced = source.word("advanced", kCountWidth);
    source.suppose(advanced <= length);
    const W body_errno = source.word("body_errno", kErrnoWidth);
    return {advanced, W{0} - body_errno, source.word("body_stale", 1)};
  }
};

/// A write like `write`, into any file.
template <Word W, class Source>
IomapVectorStart<W> into_a_file(Source& source, const VectorStart<W>& write) {
  const W nowait = source.word("nowait", 1);
  return {write, nowait, source.word("size", 63)};
}

/// The body of a write, anywhere in front of the end of its mapping.
template <Word W, class Source>
IomapBody<W> within_a_mapping(Source& source, const LoopState<W>& loop) {
  const W mapped = source.word("mapped", 63);
  source.suppose(mapped != 0);
  return {loop, loop.pos + mapped, W{0}};
}

/// The largest folio of a file, bytes.
template <Word W, class Source>
W chunk_max(Source& source) {
  const W order = source.word("chunk_order", 4);
  source.suppose(order <= kFolioOrderMax);
  return lsh(W{kPageSize}, order);
}

/// The outer loop between any two iterations, with something left to do.
template <Word W, class Source>
IomapState<W> between_iterations(Source& source) {
  const W start = source.word("start", 63);
  const W total = source.word("total", kCountWidth);
  const W done = source.word("done", kCountWidth);
  source.suppose(start <= kFileSizeMax - total);
  source.suppose(done < total);
  return {start + done, total - done, W{0}};
}

}  // namespace quire::spec
