// A buffered write through iomap: the hooks that move real bytes.
#include "ref/linux/iomap/buffered_write.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/iter.h"
#include "ref/linux/iomap/write_begin.h"
#include "ref/linux/iomap/write_iter.h"
#include "spec/linux/iomap/tapped.h"

#include <algorithm>

namespace quire::ref::iomap {
namespace {

using Number = std::uint64_t;

/// The hooks of the body, on one iteration and one iterator.
class BodyHooks {
 public:
  using Folio = Prepared;

  BodyHooks(Iteration& iteration, IovIter& iter)
      : iteration_(iteration), file_(*iteration.file), iter_(iter) {}

  spec::IterState<Number> iter() const { return iter_.state(); }

  Number throttle() {
    const int error = file_.throttle ? file_.throttle(iteration_.request.nowait) : 0;
    return error == 0 ? 0 : spec::error(-error);
  }

  Number fault_in(Number n) { return iter_.fault_in(n); }

  Folio write_begin(Number pos, Number want) { return iomap::write_begin(iteration_, pos, want); }

  Number copy(Folio& prepared, Number pos, Number n) {
    return iter_.copy_from(prepared.folio->bytes(pos, pos + n).data(), n);
  }

  Number write_end(Folio& prepared, Number pos, Number n, Number copied) {
    const Number counted = iomap::write_end(iteration_, prepared, pos, n, copied);
    accepted_ += counted;
    return counted;
  }

  Number size() const { return file_.size; }
  void set_size(Number size) { file_.size = size; }
  void put_folio(Folio& prepared) { iomap::put_folio(iteration_, prepared); }
  void size_extended(Number from, Number to) { pagecache_isize_extended(file_, from, to); }

  /// Drops the cache past the size only: below it are older bytes of the file (IOM-5).
  void write_failed(Number pos, Number n) {
    const Number size = file_.size;
    truncate_pagecache_range(file_, std::max(pos, size), pos + n, [&](Number from, Number to) {
      if (file_.recorder == nullptr) return;
      file_.recorder->step(spec::IomapForget<Number>{pos, n, size, from, to});
    });
  }

  void revert(Number n) { iter_.revert(n); }
  void attempt_begins(const spec::IomapBody<Number>&) {}
  void attempt_ends(const spec::IomapBody<Number>&, bool) {}

  Number accepted() const { return accepted_; }

 private:
  Iteration& iteration_;
  File& file_;
  IovIter& iter_;
  Number accepted_ = 0;  ///< bytes that folios accepted, counted apart from the loop's own sums
};

Done write_into(BodyHooks& hooks, Iteration& iteration, Number pos, Number end) {
  const Number chunk_max = iteration.file->folio_size_max;
  spec::Recorder* const recorder = iteration.file->recorder;
  if (recorder == nullptr) return write_iter<Number>(hooks, pos, end, chunk_max);
  spec::TappedIomapWrite<Number, BodyHooks, spec::Recorder> tapped(
      hooks, *recorder, iteration.request.nowait);
  return write_iter<Number>(tapped, pos, end, chunk_max);
}

}  // namespace

std::int64_t file_buffered_write(
    File& file, Ops& ops, IovIter& iter, std::uint64_t pos, Request request) {
  request.write = true;
  const Number total = iter.left();
  const Number size_before = file.size;
  Number accepted = 0;
  const auto body = [&](Iteration& iteration, Number start, Number length) {
    BodyHooks hooks(iteration, iter);
    const Done done = write_into(hooks, iteration, start, start + length);
    accepted += hooks.accepted();
    return done;
  };
  const spec::IomapState<Number> last = for_each_mapping(file, ops, request, pos, total, body);
  const Number result = answer<Number>(last, pos);
  if (file.recorder != nullptr) {
    file.recorder->step(spec::IomapWrite<Number>{
        pos, total, request.nowait, accepted, last.status, result, iter.left(), size_before,
        file.size});
  }
  return static_cast<std::int64_t>(result);
}

}  // namespace quire::ref::iomap
