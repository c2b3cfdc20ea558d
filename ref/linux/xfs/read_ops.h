// XFS's answers to iomap about a range that is to be read, or searched for data.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Of one file: the data fork as it is. begin() reserves nothing, so end() does nothing.
class ReadOps : public iomap::Ops {
 public:
  explicit ReadOps(Inode& inode) : inode_(inode) {}

  int begin(
      std::uint64_t pos, std::uint64_t length, const iomap::Request& request,
      iomap::Mapping& mapping, iomap::Mapping& source) override;
  int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const iomap::Request& request,
      const iomap::Mapping& mapping) override;
  bool valid(const iomap::Mapping& mapping) override;

 protected:
  /// The mapping of a hole of the data fork, blocks [start, end) of the file. Under the ILOCK.
  virtual iomap::Mapping map_hole(std::uint64_t start, std::uint64_t end) const;

  Inode& inode_;
};

/// The same for SEEK_DATA and SEEK_HOLE: in a hole of the data fork, blocks of the CoW fork show as
/// unwritten. The page cache knows whether they are data.
class SeekOps final : public ReadOps {
 public:
  using ReadOps::ReadOps;

 private:
  iomap::Mapping map_hole(std::uint64_t start, std::uint64_t end) const override;
};

}  // namespace quire::ref::xfs
