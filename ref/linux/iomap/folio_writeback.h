// The writeback of one folio, from its first dirty block to the last completion.
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

  /// A dirty block was collected into a run.
  void collected(std::uint64_t bytes);
  /// A dirty block lies over a hole, and is not written.
  void over_hole();
  /// The file system could not map a dirty block. error: a negative errno.
  void map_failed(int error);
  /// All blocks are collected; the last call under the folio's lock.
  void all_collected();

  /// The writes of `bytes` of the folio are complete. error: 0 or a negative errno.
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
