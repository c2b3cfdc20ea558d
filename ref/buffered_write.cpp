// A buffered write: the hooks that move real bytes.
#include "ref/buffered_write.h"

#include "ref/iov_iter.h"
#include "ref/write_begin_end.h"
#include "ref/write_loop.h"
#include "spec/tapped.h"

#include <utility>

namespace quire::ref {
namespace {

using Number = std::uint64_t;

/// What the loop asks for, answered from one file and one iterator.
class FileHooks {
 public:
  using Folio = Prepared;

  FileHooks(Inode& inode, IovIter& iter) : inode_(inode), iter_(iter) {}

  spec::IterState<Number> iter() const { return {iter_.left(), iter_.place()}; }
  void throttle() {
    // Its answer is for callers that must not wait, which this loop has none of.
    if (inode_.volume.throttle != nullptr) inode_.volume.throttle->balance(false);
  }
  Number fault_in(Number n) { return iter_.fault_in(n); }
  bool fatal_signal() { return false; }

  Folio write_begin(Number pos, Number want) { return ref::write_begin(inode_, pos, want); }

  Number copy(Folio& prepared, Number pos, Number n) {
    return iter_.copy_from(prepared.folio->bytes(pos, pos + n).data(), n);
  }

  Number write_end(Folio& prepared, Number pos, Number n, Number copied) {
    return ref::write_end(inode_, prepared, pos, n, copied);
  }

  void revert(Number n) { iter_.revert(n); }
  void attempt_begins(const spec::LoopState<Number>&) {}
  void attempt_ends(const spec::LoopState<Number>&, bool) {}

 private:
  Inode& inode_;
  IovIter& iter_;
};

}  // namespace

std::int64_t buffered_write(Inode& inode, std::vector<iovec> segments, std::uint64_t pos) {
  IovIter iter(std::move(segments));
  FileHooks hooks(inode, iter);
  spec::LoopState<Number> last{};

  spec::Recorder* recorder = inode.volume.recorder;
  if (recorder == nullptr) {
    return static_cast<std::int64_t>(generic_perform_write<Number>(hooks, pos, last));
  }
  const Number total = iter.left();
  spec::Tapped<Number, FileHooks, spec::Recorder> tapped(hooks, *recorder);
  const Number result = generic_perform_write<Number>(tapped, pos, last);
  const Number position = pos + (spec::is_error(result) ? 0 : result);
  recorder->loop_call({pos, total, last, iter.left(), result, position});
  return static_cast<std::int64_t>(result);
}

}  // namespace quire::ref
