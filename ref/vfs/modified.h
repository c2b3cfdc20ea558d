// The change of a file's attributes before the first byte of a write: privileges and times.
#pragma once

#include "ref/vfs/caller.h"
#include "spec/linux/file_checks.h"
#include "spec/recorder.h"
#include "spec/word.h"

#include <cerrno>
#include <cstdint>

namespace quire::ref::vfs {

using Attributes = spec::Attributes<std::uint64_t>;

/// Fills step.error and step.after from the rest of the record (CHK-5): a write drops set-uid,
/// set-gid and capabilities, and sets the times to the caller's clock.
///
///   EAGAIN  the call may not wait, and an attribute would have to change (it needs a transaction)
template <spec::Word W>
void file_modified(spec::ModifiedStep<W>& step) {
  using spec::ite;
  step.error = W{0};
  step.after = step.before;
  const auto must = must_drop_privileges(step) || must_set_times(step);
  if (step.nowait != 0) {
    if (must) {
      step.error = W{spec::error(EAGAIN)};
      return;
    }
  }
  const auto keeps = step.keeps_suid != 0;
  step.after.set_uid = ite(keeps, step.before.set_uid, W{0});
  step.after.set_gid = ite(keeps, step.before.set_gid, W{0});
  step.after.has_caps = W{0};
  step.after.modify_time = step.now;
  step.after.version = step.before.version + ite(must_set_times(step), W{1}, W{0});
}

/// The same on a file's attributes. moved: bytes the call has moved so far, which must be none.
/// Returns 0 or -EAGAIN.
inline int file_modified(
    Attributes& attributes, const Caller& caller, bool nowait, std::uint64_t moved,
    spec::Recorder* recorder) {
  spec::ModifiedStep<std::uint64_t> step{nowait, caller.keeps_suid, caller.now, moved,
                                         0,      attributes,        attributes};
  file_modified(step);
  attributes = step.after;
  if (recorder != nullptr) recorder->step(step);
  return static_cast<int>(step.error);
}

/// Whether a write by this caller drops privileges of the file, which needs the IOLOCK exclusive.
inline bool must_drop_privileges(const Attributes& attributes, const Caller& caller) {
  return spec::must_drop_privileges(spec::ModifiedStep<std::uint64_t>{
      0, caller.keeps_suid, caller.now, 0, 0, attributes, attributes});
}

}  // namespace quire::ref::vfs
