// A buffered write: the hooks that move real bytes.
#include "ref/linux/f2fs/buffered_write.h"

#include "ref/linux/f2fs/write_begin.h"
#include "ref/linux/f2fs/write_end.h"
#include "ref/plain/recorded_write_loop.h"

namespace quire::ref::f2fs {
namespace {

using Number = std::uint64_t;

/// The hooks of the loop, on one file and one iterator.
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
  return recorded_write_loop(hooks, iter, pos, inode.volume.recorder);
}

}  // namespace quire::ref::f2fs
