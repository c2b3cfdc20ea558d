// A file of a traced file system, whose calls are noted in the trace.
#pragma once

#include "props/device/descriptor.h"
#include "props/memory/user_buffer.h"
#include "props/trace/mark.h"
#include "props/trace/tracefs.h"

#include <cstdint>
#include <string>

namespace quire::props::trace {

/// The mark of the XFS that `root` is in. Throws CannotRun (props/suites/suite.h)
/// if it is no XFS.
VolumeMark volume_of(int root);

/// Calls on one file, each between a mark of its arguments and a mark of its answer. Before a
/// write that makes the file grow, its extents are noted too. Errors of the calls under trace are
/// answers; where the notes themselves cannot be made, CannotRun is thrown.
class TracedFile {
 public:
  /// Makes the file `name` in `root`, new.
  TracedFile(const Tracefs& trace, int root, const std::string& name, std::uint64_t block_size);

  int descriptor() const { return file_.get(); }
  std::uint64_t size() const;

  /// pwrite(2) of the buffer at byte `pos`.
  void write(const UserBuffer& from, std::uint64_t pos);
  /// write(2) with O_APPEND.
  void append(const UserBuffer& from);
  void truncate(std::uint64_t size);
  void sync() const;
  /// Shares all blocks of `from` with this file (FICLONE).
  void clone(const TracedFile& from) const;

 private:
  template <class Call>
  void marked(CallMark mark, const Call& call);
  void mark_extents() const;

  const Tracefs* trace_;
  Descriptor file_, appending_;
  std::uint64_t ino_, block_size_;
};

}  // namespace quire::props::trace
