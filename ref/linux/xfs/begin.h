// One call of begin for a buffered write, step by step.
#pragma once

#include "ref/linux/iomap/mapping.h"
#include "ref/linux/xfs/inode.h"
#include "spec/linux/xfs/begin.h"

#include <cstdint>
#include <optional>

namespace quire::ref::xfs {

/// The steps of BufferedWriteOps::begin() (5.1). Blocks unless said otherwise.
class Begin {
 public:
  /// pos, length: bytes. Requires length > 0, and a request to write or to zero.
  Begin(Inode& inode, std::uint64_t pos, std::uint64_t length, const iomap::Request& request);

  /// 0 and the mappings, or a negative errno.
  int run(iomap::Mapping& mapping, iomap::Mapping& source);

 private:
  int map(iomap::Mapping& mapping, iomap::Mapping& source);
  int look_up(iomap::Mapping& mapping, iomap::Mapping& source);
  std::optional<Extent> covering_cow() const;
  int reserve(Fork fork, std::uint64_t count, Extent& reserved);
  int allocate(iomap::Mapping& mapping);
  void answer(const Extent& extent, iomap::Mapping& mapping);
  void answer_cow(Extent extent, iomap::Mapping& mapping, iomap::Mapping& source);
  int convert_past_end(iomap::Mapping& mapping);
  bool lies_in_cow_fork(const iomap::Mapping& mapping) const;
  void note(const iomap::Mapping& mapping);

  Inode& inode_;
  Mount& mount_;
  const std::uint64_t pos_;  ///< bytes
  std::uint64_t length_;     ///< bytes; cut where a hole is filled
  const iomap::Request request_;
  const std::uint64_t start_;  ///< the block that holds pos_
  std::uint64_t end_;          ///< first block past the range
  bool at_end_ = false;        ///< the data fork has nothing at or past start_
  bool over_hole_ = false;     ///< it has a hole at start_
  Extent data_;                ///< its first extent at or past start_; unless at_end_
  Extent reserved_;            ///< the extent that this call added; count 0: none
  bool in_cow_fork_ = false;
  bool past_end_ = false;  ///< a delayed extent past the size is to be zeroed
  bool dquots_attached_ = false;
  bool cookie_under_ilock_ = false;
};

}  // namespace quire::ref::xfs
