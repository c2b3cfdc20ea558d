// The cache of one file, folio by folio.
#pragma once

#include "props/audit/block_set.h"
#include "spec/geometry.h"
#include "spec/recorder.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// A folio as an auditor finds it. Positions and sizes are bytes.
struct SeenFolio {
  std::uint64_t pos;
  std::uint64_t size;
  std::uint64_t found_at;                   ///< the first page under which its index finds it
  std::uint64_t found_bytes;                ///< of the pages in a row
  std::span<const std::uint64_t> uptodate;  ///< a bit for each block
  std::span<const std::uint64_t> dirty;
  std::uint64_t uptodate_counted;  ///< the folio's own counts; those of the bits if it has none
  std::uint64_t dirty_counted;
  std::span<const std::byte> bytes;
  bool locked;
  bool writeback;
  std::uint64_t users;  ///< references besides the index's
};

/// Reports each folio, and sums them up.
class CacheAudit {
 public:
  using Number = std::uint64_t;

  /// size: of the file; folio_max: the largest folio it may have. Bytes.
  CacheAudit(Number size, Number block_size, Number folio_max, spec::Recorder& recorder)
      : size_(size),
        zero_from_(size),
        block_size_(block_size),
        folio_max_(folio_max),
        recorder_(recorder) {}

  /// The rest of the last block may be as it lies on the device: the write of its zeroes has failed
  /// (WBK-3). Before the first folio.
  void spare_tail() { zero_from_ = (size_ + block_size_ - 1) / block_size_ * block_size_; }

  /// A truncate has just shrunk the file. Before the first folio.
  void was_cut() { was_cut_ = true; }
  /// The rest of the last page may hold what was stored there through a mapping. Before the first
  /// folio.
  void spare_page() {
    zero_from_ = (size_ + spec::kPageSize - 1) / spec::kPageSize * spec::kPageSize;
  }

  /// In ascending position.
  void see(const SeenFolio& folio);

  /// The dirty blocks so far, by number in the file.
  BlockSet dirty() const { return BlockSet(dirty_); }
  /// Bytes of the folios so far, and of the pages under which they were found.
  Number bytes() const { return bytes_; }
  Number found_bytes() const { return found_bytes_; }

 private:
  bool has_bytes_past(const SeenFolio& folio) const;

  Number size_, zero_from_, block_size_, folio_max_;
  spec::Recorder& recorder_;
  std::vector<BlockRun> dirty_;
  bool was_cut_ = false;
  Number bytes_ = 0;
  Number found_bytes_ = 0;
};

/// Whether block `block` of a folio has its bit set.
inline bool has_bit(std::span<const std::uint64_t> words, std::uint64_t block) {
  return (words[block / 64] >> (block % 64) & 1) != 0;
}

}  // namespace quire::props
