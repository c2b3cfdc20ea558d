// One folio between the moment that writeback looks at it and the last answer of the device.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "spec/linux/iomap/writeback.h"

#include <cstdint>

namespace quire::ref::iomap {

/// Keeps the folio's writeback flag, its count of bytes, and its first error, which is recorded
/// once, when the writeback ends (WBK-1, WBK-3). All numbers are bytes of whole blocks.
class FolioWriteback {
 public:
  /// Sets the flag. Requires the folio locked.
  FolioWriteback(File& file, Folio& folio);

  /// A dirty block was gathered to a run.
  void collected(std::uint64_t bytes);
  /// A dirty block has no place and needs none.
  void over_hole();
  /// The file system had no place for a dirty block, but a negative errno.
  void map_failed(int error);
  /// All blocks have been looked at; the last call under the folio's lock.
  void all_collected();

  /// The device has answered for `bytes` of the folio: 0 or a negative errno.
  void completed(std::uint64_t bytes, int error);

  /// 0 or the folio's first error.
  int error() const { return error_; }

 private:
  void note_step();
  void finish();

  File& file_;
  Folio& folio_;
  spec::WritebackCount<std::uint64_t> count_;
  spec::FolioWriteback<std::uint64_t> seen_{};
  std::uint64_t completed_ = 0;
  std::uint64_t uptodate_before_;
  bool collected_ = false;
  bool was_in_writeback_ = true;  ///< after the step that was noted last
  int error_ = 0;
};

}  // namespace quire::ref::iomap
