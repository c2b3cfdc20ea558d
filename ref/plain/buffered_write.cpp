// A buffered write: the hooks that move real bytes.
#include "ref/plain/buffered_write.h"

#include "ref/plain/read_folio.h"
#include "ref/plain/recorded_write_loop.h"
#include "ref/plain/write_begin_end.h"

#include <cerrno>

namespace quire::ref {
namespace {

using Number = std::uint64_t;

/// The hooks of the loop, on one file and one iterator.
class FileHooks {
 public:
  using Folio = Prepared;

  FileHooks(Inode& inode, IovIter& iter, bool nowait)
      : inode_(inode), iter_(iter), nowait_(nowait) {}

  spec::IterState<Number> iter() const { return iter_.state(); }
  void throttle() {
    if (inode_.volume.throttle == nullptr) return;
    // The loop ignores the answer (GPW 3): write_begin reports it to a nowait call.
    must_sleep_ = inode_.volume.throttle->balance(nowait_) != 0;
  }
  Number fault_in(Number n) { return iter_.fault_in(n); }
  bool fatal_signal() { return false; }

  Folio write_begin(Number pos, Number want) {
    if (must_sleep_ || (nowait_ && reads_device(pos, want))) {
      Folio none;
      none.error = spec::error(EAGAIN);
      return none;
    }
    return ref::write_begin(inode_, pos, want);
  }

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
  bool reads_device(Number pos, Number want) {
    const ref::Folio* const folio = inode_.pages.find_or_make(pos);
    if (folio == nullptr) return false;  // write_begin reports it
    const bool overwrites_all = pos == folio->pos() && folio->end() <= pos + want;
    return !overwrites_all && needs_device(inode_, *folio, inode_.size);
  }

  Inode& inode_;
  IovIter& iter_;
  bool nowait_;
  bool must_sleep_ = false;  ///< a nowait call would have to wait for the throttle
};

}  // namespace

std::int64_t buffered_write(Inode& inode, IovIter& iter, std::uint64_t pos, bool nowait) {
  FileHooks hooks(inode, iter, nowait);
  return recorded_write_loop(hooks, iter, pos, inode.volume.recorder);
}

}  // namespace quire::ref
