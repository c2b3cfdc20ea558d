// A buffered write: the hooks that move real bytes.
#include "ref/linux/f2fs/buffered_write.h"

#include "ref/linux/f2fs/write_begin.h"
#include "ref/linux/f2fs/write_end.h"
#include "ref/plain/write_loop.h"
#include "spec/tapped.h"

namespace quire::ref::f2fs {
namespace {

using Number = std::uint64_t;

/// What the loop asks for, answered from one file and one iterator.
class Hooks {
 public:
  using Folio = Prepared;

  Hooks(Inode& inode, IovIter& iter) : inode_(inode), iter_(iter) {}

  spec::IterState<Number> iter() const { return iter_.state(); }
  void throttle() {}
  Number fault_in(Number n) { return iter_.fault_in(n); }
  bool fatal_signal() { return false; }
  Folio write_begin(Number pos, Number want) { return f2fs::write_begin(inode_, pos, want); }

  Number copy(Folio& prepared, Number pos, Number n) {
    return iter_.copy_from(prepared.folio->bytes(pos, pos + n).data(), n);
  }

  Number write_end(Folio& prepared, Number pos, Number n, Number copied) {
    return f2fs::write_end(inode_, prepared, pos, n, copied);
  }

  void revert(Number n) { iter_.revert(n); }
  void attempt_begins(const spec::LoopState<Number>&) {}
  void attempt_ends(const spec::LoopState<Number>&, bool) {}

 private:
  Inode& inode_;
  IovIter& iter_;
};

}  // namespace

std::int64_t buffered_write(Inode& inode, IovIter& iter, Number pos) {
  Hooks hooks(inode, iter);
  spec::LoopState<Number> last{};
  spec::Recorder* recorder = inode.volume.recorder;
  if (recorder == nullptr) {
    return static_cast<std::int64_t>(generic_perform_write<Number>(hooks, pos, last));
  }
  const Number total = iter.left();
  spec::Tapped<Number, Hooks, spec::Recorder> tapped(hooks, *recorder);
  const Number result = generic_perform_write<Number>(tapped, pos, last);
  const Number position = pos + (spec::is_error(result) ? 0 : result);
  recorder->loop_call({pos, total, last, iter.left(), result, position});
  return static_cast<std::int64_t>(result);
}

}  // namespace quire::ref::f2fs
