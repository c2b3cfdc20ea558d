// What XFS answers iomap about a range that is to be read, or searched for data.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "ref/linux/xfs/inode.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Of one file: the data fork as it is. Nothing is reserved, so end() does nothing.
class ReadOps final : public iomap::Ops {
 public:
  explicit ReadOps(Inode& inode) : inode_(inode) {}

  int begin(
      std::uint64_t pos, std::uint64_t length, const iomap::Request& request,
      iomap::Mapping& mapping, iomap::Mapping& source) override;
  int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const iomap::Request& request,
      const iomap::Mapping& mapping) override;
  bool valid(const iomap::Mapping& mapping) override;

 private:
  Inode& inode_;
};

/// Of one file, for SEEK_DATA and SEEK_HOLE: where the data fork has a hole, what waits in the CoW
/// fork shows, as unwritten (whether it is data, the page cache knows).
class SeekOps final : public iomap::Ops {
 public:
  explicit SeekOps(Inode& inode) : inode_(inode) {}

  int begin(
      std::uint64_t pos, std::uint64_t length, const iomap::Request& request,
      iomap::Mapping& mapping, iomap::Mapping& source) override;
  int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const iomap::Request& request,
      const iomap::Mapping& mapping) override;
  bool valid(const iomap::Mapping& mapping) override;

 private:
  Inode& inode_;
};

}  // namespace quire::ref::xfs
