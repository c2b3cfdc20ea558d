// The pieces of folios that one call writes to the device.
#pragma once

#include "impl/cache/folio.h"
#include "impl/device/guarded_device.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::impl {

/// Dirty blocks in a row of one folio that are mapped to device blocks in a row.
struct Piece {
  FolioPtr folio;
  std::size_t first, end;  ///< blocks of the folio
  std::uint64_t device_pos;
  bool newly_allocated;  ///< the blocks were holes before this pass
  std::byte* memory;     ///< the folio's, or a copy
  int error = 0;         ///< after write(): 0, or why it was not written

  std::uint64_t bytes() const { return std::uint64_t{end - first} << folio->block_shift(); }
};

/// Allocates all of its memory at construction, so that a pass of writeback meets a lack of it
/// before anything has changed.
class WritebackBatch {
 public:
  /// pieces: at most so many, 1 or more. stable: the memory must not change while the device works
  /// on it, so a copy is written. Throws std::bad_alloc.
  WritebackBatch(std::size_t pieces, bool stable);
  WritebackBatch(const WritebackBatch&) = delete;
  WritebackBatch& operator=(const WritebackBatch&) = delete;
  ~WritebackBatch();

  bool empty() const { return pieces_.empty(); }
  bool full() const { return pieces_.size() == pieces_.capacity() || room() == 0; }
  /// Bytes that the next piece may have at most.
  std::uint64_t room() const;

  /// Adds blocks of a folio that the caller has locked. Requires !full(), and no more than room().
  void add(
      const FolioPtr& folio, std::size_t first, std::size_t end, std::uint64_t device_pos,
      bool newly_allocated);

  /// Writes all pieces in order of position, neighbours as one run; those of runs that fail once
  /// more, each by itself.
  void write(GuardedDevice& device);

  std::span<Piece> pieces() { return pieces_; }
  void clear();

 private:
  void write_runs(GuardedDevice& device);

  std::vector<Piece> pieces_;
  std::vector<iovec> segments_;  // one for each piece, in the order of the runs
  std::vector<DeviceRun> runs_;  // these point into segments_
  std::vector<int> results_;     // one for each run
  std::byte* copies_ = nullptr;
  std::uint64_t copied_ = 0;  // bytes of copies_ in use
};

}  // namespace quire::impl
